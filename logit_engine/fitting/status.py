"""The word and the sentence on how a fit ended: converged, not converged, or separated."""

from logit_engine.diagnostics.recession import Recession
from logit_engine.diagnostics.separation import Clause, empty_cells, moves_level, separation_remedy
from logit_engine.diagnostics.wording import DEFAULT_WORDING, Wording, first_names
from logit_engine.fitting.result import Status, Verdict
from logit_engine.fitting.uneven_sizes import uneven_names
from logit_engine.objective.loss import Objective
from logit_engine.solvers.descent import PENALTY_RATIO
from logit_engine.solvers.solution import Residual, Solution, Termination

MAX_CLAUSES = 5  # that a sentence shows

# The caller stopped the solver: it does not go on.
STOPPED_BY_CALLER = (Termination.ITERATIONS, Termination.EVALUATIONS, Termination.HALTED)
STOPPED_ADVICE = "Allow more passes, or scale or drop columns."
OTHER_ADVICE = "Scale or drop columns, set a penalty, or use a log-concave link."


def solver_status(objective: Objective, solution: Solution) -> Status:
    """Converged, or why not, as the solver saw it."""
    passes, proof = solution.passes, solution.proof
    if solution.termination is not Termination.CONVERGED:
        reason = solution.termination.value
        sentence = f"not converged after {passes} passes: {reason}. {_advice(objective, solution)}"
        return Status(Verdict.NOT_CONVERGED, sentence)
    if isinstance(proof, Residual):
        sentence = (
            f"Converged after {passes} passes; no coefficient is further from optimal than "
            f"{PENALTY_RATIO * proof.bound:.1e} of its penalty, nor {proof.bound:.1e} of the "
            "gradient's size."
        )
        return Status(Verdict.CONVERGED, sentence)
    sentence = arrival_sentence(passes, proof.decrement)
    if not objective.likelihood.log_concave:
        sentence += (
            f" The {objective.likelihood.name} log-likelihood is not concave: this is a local "
            "maximum."
        )
    return Status(Verdict.CONVERGED, sentence)


def arrival_sentence(passes: int, decrement: float) -> str:
    """How a maximum was reached. decrement: length of the last step, in standard errors."""
    return f"Converged after {passes} passes; the last step was {decrement:.1e} standard errors."


def _advice(objective: Objective, solution: Solution) -> str:
    """What may be done about a fit that did not converge."""
    if solution.termination in STOPPED_BY_CALLER:
        return STOPPED_ADVICE
    if solution.termination is not Termination.UNCERTIFIED:
        return OTHER_ADVICE
    uneven = first_names(uneven_names(objective))
    look = f"Look for numbers of very different size in {uneven}; drop" if uneven else "Drop"
    return (
        "No direction separates the outcomes, so a maximum exists, but it lies so far out that "
        f"rounding hides the way. {look} columns, or set a penalty."
    )


def unproved_status(
    objective: Objective,
    solution: Solution,
    unproved: Recession | None,
    wording: Wording,
) -> Status:
    """The status of a fit that reached no maximum.

    unproved: a direction that separates but for rounding, or None.
    """
    if unproved is None:
        return solver_status(objective, solution)
    clause = unproved.clause(objective.coefficient_names, objective.free, wording)
    remedy = separation_remedy(moves_level(objective, unproved.signs))
    return Status(
        Verdict.NOT_CONVERGED,
        f"not converged after {solution.passes} passes: {unproved.proof.value}, {clause}. {remedy}",
    )


def separated_status(
    objective: Objective,
    direction: Recession,
    perfect: list[Clause],
    wording: Wording = DEFAULT_WORDING,
) -> Status:
    """The status of a fit whose estimate does not exist.

    perfect: the columns and levels that predict perfectly by themselves, if any.
    """
    signs = direction.signs
    cells = empty_cells(objective, signs) if objective.rows.classes else []
    texts = [*cells, direction.clause(objective.coefficient_names, objective.free, wording)]
    is_level = not perfect and moves_level(objective, signs)
    clauses = perfect or [Clause(text, is_level) for text in texts]
    infinite_slopes = len(perfect) or int((signs != 0)[~objective.free].sum())
    several = len(clauses) > 1 or infinite_slopes > 1
    return Status(Verdict.SEPARATED, separation_sentence(clauses, several))


def separation_sentence(clauses: list[Clause], several: bool) -> str:
    """What separates and what to do. several: whether more than one coefficient is infinite."""
    listed = "; ".join(clause.text for clause in clauses[:MAX_CLAUSES])
    if len(clauses) > MAX_CLAUSES:
        listed += f"; and {len(clauses) - MAX_CLAUSES} more"
    subject = "their coefficients have" if several else "its coefficient has"
    remedy = separation_remedy(
        any(clause.is_level for clause in clauses), all(clause.is_pool for clause in clauses)
    )
    return f"{listed}, so {subject} no finite estimate. {remedy}"
