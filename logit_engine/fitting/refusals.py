"""What a fit refuses: values that do not fit together, aliased columns, perfect predictors."""

from dataclasses import dataclass
from typing import Any

from logit_engine.diagnostics.collinearity import aliases, explain_aliases
from logit_engine.diagnostics.direction_proofs import Proof
from logit_engine.diagnostics.recession import recession
from logit_engine.diagnostics.separation import Clause, perfect_predictors
from logit_engine.diagnostics.wording import Wording
from logit_engine.errors import RankError, Reason, SeparationError, UsageError
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.status import separated_status, separation_sentence
from logit_engine.objective.loss import Objective
from logit_engine.rows import Block, Rows, Sums, total
from logit_engine.solvers.proximal import Proximal
from logit_engine.solvers.solution import Residual, Solution
from logit_engine.solvers.tsqr import column_r_factor


def check_likelihood(rows: Rows, likelihood: Any) -> None:
    """Raises UsageError for what is no likelihood, or one of another number of classes."""
    if not hasattr(likelihood, "terms"):
        raise UsageError(
            f"likelihood is {likelihood!r}; it is a value, Bernoulli(LOGIT) or "
            "Multinomial(outputs) say."
        )
    classes = len(rows.classes)
    if rows.classes and likelihood.classes != classes:
        raise UsageError(
            f"the rows have {classes} classes, the likelihood {likelihood.classes}; "
            f"give Multinomial({classes - 1})."
        )


def check_solver(options: FitOptions) -> None:
    """Raises UsageError if kinks or bounds meet linear constraints, or a solver of smooth ones."""
    if options.penalty.differentiable:
        return
    if options.constrained:
        raise UsageError(
            "linear constraints go with smooth penalties only; this one has kinks, bounds or pins."
        )
    if not isinstance(options.used_solver, Proximal):
        raise UsageError(
            f"{type(options.used_solver).__name__} is for smooth penalties, and this one has "
            "kinks, bounds or pins; leave `solver` out."
        )


def check_rank(objective: Objective, solution: Solution, wording: Wording) -> None:
    """Raises RankError naming aliased columns, if the information is singular by them.

    Raises SeparationError, which names them too, if the outcomes are separated besides.
    """
    if solution.information is not None or isinstance(solution.proof, Residual):
        return
    coordinates, names = objective.coordinates, objective.rows.names
    found = aliases(column_r_factor(objective), coordinates.resolution, names, coordinates)
    if not found:
        return
    direction = recession(objective) if objective.separable else None
    if direction is not None and direction.proof is Proof.EXACT:
        status = separated_status(objective, direction, [], wording)
        sentence = f"{status.sentence} Besides, {explain_aliases(found)}"
        raise SeparationError(sentence, aliases=found)
    raise RankError(explain_aliases(found), reason=Reason.ALIASED, aliases=found)


def separation_reason(perfect: list[Clause]) -> Reason:
    """What cures a separation; perfect: the columns and levels that separate by themselves."""
    is_pool = bool(perfect) and all(clause.is_pool for clause in perfect)
    return Reason.SEPARATED_POOL if is_pool else Reason.SEPARATION


@dataclass(slots=True)
class PerfectSearch:
    """The search for what predicts perfectly: one pass, made once, when it is first asked for.

    A proof is worth more than the search: where something predicts perfectly no certificate fires.
    So it is asked for before a fit only if that is likely, and else if a fit is slow or unproved.
    """

    objective: Objective
    options: FitOptions
    found: list[Clause] | None = None

    def clauses(self) -> list[Clause]:
        """The columns and levels that predict a binary outcome perfectly by themselves."""
        if self.found is None:
            self.found = perfect_clauses(self.objective, self.options)
        return self.found

    def refuse(self) -> None:
        """Raise SeparationError if something predicts perfectly, unless separation is allowed."""
        perfect = self.clauses()
        if perfect and not self.options.allow_separation:
            sentence = separation_sentence(perfect, len(perfect) > 1)
            raise SeparationError(sentence, reason=separation_reason(perfect))


def perfect_clauses(objective: Objective, options: FitOptions) -> list[Clause]:
    """The columns and levels that predict a binary outcome perfectly by themselves.

    None are looked for if a penalty or a constraint may hold the estimate.
    """
    if objective.likelihood.outputs > 1 or not objective.separable or options.constrained:
        return []

    def block_ranges(block: Block) -> Sums:
        return (block.X.ranges(block.y, block.kept),)

    (ranges,) = total(objective.rows, block_ranges, objective.threads)
    constant = objective.coordinates.constant
    return perfect_predictors(ranges, objective.rows.names, constant, options.wording)
