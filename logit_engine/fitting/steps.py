"""Fitting: rows, likelihood, penalty and covariance in, a frozen `FitResult` out; the order of the steps, no
arithmetic.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Coordinates
from logit_engine.columns.coordinates import constant_column
from logit_engine.constraints.equations import (
    ChangeOfVariables,
    Equalities,
    Inequalities,
    change_of_variables,
    independent,
)
from logit_engine.diagnostics.collinearity import aliases, explain_aliases
from logit_engine.diagnostics.direction_proofs import Proof
from logit_engine.diagnostics.recession import recession
from logit_engine.diagnostics.separation import Clause, perfect_predictors
from logit_engine.diagnostics.wording import PLAIN, Wording
from logit_engine.errors import RankError, SeparationError, UsageError
from logit_engine.fitting.preparation import First, prepared
from logit_engine.fitting.result import AppliedPenalty, Convergence, FitResult, FixedCounts, Separation, Verdict
from logit_engine.fitting.verdict import (
    collinear_names,
    column_condition,
    judged_solution,
    notes,
    separated_status,
    separation_sentence,
)
from logit_engine.inference.covariance import NONROBUST, Covariance, Estimated, covariance, without_infinite
from logit_engine.inference.reliability import Size, reliability_notes
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT
from logit_engine.objective.loss import Objective
from logit_engine.penalties import NONE, Penalty
from logit_engine.rows.blocks import Rows, cores, one_blas_thread, total
from logit_engine.solvers.active_inequalities import active_set
from logit_engine.solvers.newton import Newton, solve
from logit_engine.solvers.pilot import MAX_PILOT_PASSES, Approach, approached, without_errors
from logit_engine.solvers.proximal import Proximal
from logit_engine.solvers.solution import Solution, Solver, Termination
from logit_engine.solvers.tsqr import column_r_factor


def fit(
    rows: Rows,
    likelihood: Likelihood = Bernoulli(LOGIT),  # noqa: B008  (a frozen value)
    *,
    penalty: Penalty = NONE,
    covariance_type: Covariance | None = NONROBUST,
    equalities: Equalities | None = None,
    inequalities: Inequalities | None = None,
    allow_separation: bool = False,
    threads: int | None = None,
    solver: Solver | None = None,
    naive: bool = False,
    start: Array | None = None,
    wording: Wording = PLAIN,
) -> FitResult:
    """Fit by maximum (penalized) likelihood, under linear equalities and inequalities if there are any.

    start: (q,), in the user's units; by default the constant that fits the overall shares. naive: standard errors
    after an l1 penalty as if its zeros had been known beforehand (nan for those). covariance_type: None for
    estimates alone, which saves the last look at the information where the maximum is proved without it. wording:
    what sentences call the outcome, its values and the rows. Raises DataError if a
    class is not there or there are more columns than rows, UsageError if the penalty is not made for the model's
    coefficients, RankError naming aliased columns, and SeparationError naming what predicts perfectly, unless
    `allow_separation`: then the result says it instead.
    """
    _check_kinds(likelihood, penalty, covariance_type)
    if rows.classes and likelihood.outputs not in (len(rows.classes) - 1, len(rows.classes)):
        raise UsageError(
            f"the rows have {len(rows.classes)} classes, the likelihood {likelihood.outputs + 1}; "
            f"give Multinomial({len(rows.classes) - 1})."
        )
    penalty, solver = _effective(likelihood, penalty, solver)
    with one_blas_thread():
        asked = Asked(
            likelihood,
            penalty,
            covariance_type,
            equalities,
            inequalities,
            allow_separation,
            solver,
            naive,
            start,
            wording,
        )
        return _fit(rows, asked, threads or cores())


def _check_kinds(likelihood: Any, penalty: Any, covariance_type: Any) -> None:
    """Raises UsageError for texts and other things where the engine takes values."""
    if not (covariance_type is None or isinstance(covariance_type, Covariance)):
        raise UsageError(
            f"covariance_type is {covariance_type!r}; it is a value of logit_engine, NONROBUST, HC0, HC1, HC2, HC3 or "
            "CLUSTER, or None for estimates alone."
        )
    if not hasattr(likelihood, "terms"):
        raise UsageError(f"likelihood is {likelihood!r}; it is a value, Bernoulli(LOGIT) or Multinomial(outputs) say.")
    if not isinstance(penalty, Penalty):
        raise UsageError(f"penalty is {penalty!r}; it is a value, NONE, L2(strength) or ElasticNet(l1, l2) say.")


def _effective(likelihood: Likelihood, penalty: Penalty, solver: Solver | None) -> tuple[Penalty, Solver | None]:
    """Penalty and solver of a fit: a penalty of zero strength is none, but where classes are only known up to a shift."""
    identified = isinstance(likelihood, Bernoulli) or likelihood.base
    if penalty.absent or not (penalty.idle and identified):
        return penalty, solver
    return NONE, Newton(max_passes=solver.max_passes) if isinstance(solver, Proximal) else solver


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a fit; see `fit`."""

    likelihood: Likelihood
    penalty: Penalty
    covariance: Covariance | None
    equalities: Equalities | None
    inequalities: Inequalities | None
    allow_separation: bool
    solver: Solver | None
    naive: bool
    start: Array | None
    wording: Wording

    @property
    def plainly(self) -> bool:
        """Whether any way to the maximum will do, and nothing constrains it."""
        method = self.method
        free = isinstance(method, Newton) and method.watch is None and method.max_passes >= MAX_PILOT_PASSES
        return free and all(one is None for one in (self.start, self.equalities, self.inequalities))

    @property
    def alone(self) -> bool:
        """Whether estimates are asked for without standard errors, where they can be proved to exist without them."""
        return self.covariance is None and self.likelihood == Bernoulli(LOGIT)

    @property
    def method(self) -> Solver:
        """The solver asked for, else the one for the penalty."""
        constrained = self.equalities is not None or self.inequalities is not None
        smooth = self.penalty.elastic_net is None or (constrained and self.penalty.differentiable)
        solver = self.solver or (Newton() if smooth else Proximal())
        return replace(solver, informed=self.naive) if isinstance(solver, Proximal) else solver


def _check_solver(asked: Asked) -> None:
    """Raises UsageError where kinks or bounds meet a solver of smooth objectives, or linear constraints."""
    if asked.penalty.differentiable:
        return
    if asked.equalities is not None or asked.inequalities is not None:
        raise UsageError("linear constraints go with smooth penalties only; this one has kinks, bounds or pins.")
    if not isinstance(asked.method, Proximal):
        raise UsageError(
            f"{type(asked.method).__name__} is for smooth penalties, and this one has kinks, bounds or pins; "
            "leave `solver` out."
        )


def _fit(rows: Rows, asked: Asked, threads: int) -> FitResult:
    likelihood, penalty = asked.likelihood, asked.penalty
    _check_solver(asked)
    first, null, objective, flat_start = prepared(rows, likelihood, penalty, threads)
    coordinates = objective.coordinates
    start = flat_start if asked.start is None else _inner_start(coordinates, asked.start, likelihood)
    ahead = approached(objective, flat_start, asked.alone) if asked.plainly else None
    perfect = [] if ahead is not None else _perfect(objective, asked)
    if perfect and not asked.allow_separation:
        raise SeparationError(separation_sentence(perfect, len(perfect) > 1))
    objective, start, constrained = _constrained(objective, asked, start)
    solution = asked.method.solve(objective, start) if ahead is None else _finished(objective, ahead, asked)
    if asked.start is not None and _too_far_out(asked.method, solution):
        objective, start, constrained = _constrained(objective, asked, flat_start)
        solution = asked.method.solve(objective, start)
    _check_rank(objective, solution, asked.wording)
    judged = judged_solution(objective, solution, perfect, flat_start, asked.wording)
    solution = judged.solution
    information = solution.information
    if judged.status.verdict is Verdict.SEPARATED and not asked.allow_separation:
        raise SeparationError(judged.status.sentence)

    if judged.signs is not None and solution.termination is not Termination.SEPARATED:
        solution = replace(solution, termination=Termination.UNCERTIFIED)
    estimated, given = Estimated(np.broadcast_to(np.nan, (start.size, start.size))), False
    if asked.covariance is not None and (objective.separable or asked.naive) and information is not None:
        estimated, given = covariance(objective, solution, asked.covariance, first.observations), True
    if given and constrained is not None:
        held = _held(constrained)
        estimated.matrix[held], estimated.matrix[:, held] = 0.0, 0.0
    if judged.signs is not None:
        estimated = replace(estimated, matrix=without_infinite(estimated.matrix, judged.signs, solution, coordinates))
    if given:
        zero = penalty.zeros(solution.theta)
        estimated.matrix[zero], estimated.matrix[:, zero] = np.nan, np.nan
    condition = column_condition(objective, information)
    if information is None and penalty.elastic_net is not None:
        condition = np.nan
    estimates = _at_bounds(coordinates.to_user(solution.theta), asked.inequalities, constrained)
    constants = np.tile(np.arange(len(rows.names)) == constant_column(first.moments), likelihood.outputs)
    fixed = _fixed_counts(estimates, constants, penalty, constrained)
    collinear = collinear_names(objective, information, condition)
    said = notes(coordinates, condition, objective, asked.naive, given, bool(constants.any()), judged.signs, collinear)
    return FitResult(
        names=rows.names,
        classes=rows.classes,
        estimates=estimates,
        covariance=estimated.matrix,
        covariance_type="none" if asked.covariance is None else asked.covariance.kind.value,
        clusters=estimated.clusters,
        link=likelihood.name,
        n=first.n,
        observations=first.observations,
        loglik=solution.loglik,
        null_loglik=null.loglik,
        free=constants,
        convergence=Convergence(
            judged.status, solution.passes, solution.proof.decrement, judged.certificate, condition
        ),
        penalty=_applied(penalty),
        constraints=fixed,
        separation=None if judged.signs is None else Separation(judged.signs),
        notes=_constraint_notes(asked, constrained) + _size_notes(objective, first, estimated, fixed) + said,
    )


def _too_far_out(method: Solver, solution: Solution) -> bool:
    """Whether Newton's method lost its way from a start, with passes enough to find it: few are asked for to stop
    early.
    """
    lost = solution.termination in (Termination.SINGULAR, Termination.NO_ASCENT)
    return isinstance(method, Newton) and (
        lost or (solution.termination is Termination.ITERATIONS and method.max_passes >= MAX_PILOT_PASSES)
    )


def _finished(objective: Objective, ahead: Approach, asked: Asked) -> Solution:
    """Newton's method from where a pilot led; nothing more where nothing more is asked for and the maximum is proved."""
    found = without_errors(objective, ahead) if asked.alone else None
    if found is not None:
        return found
    basis = ahead.basis(objective.likelihood.outputs)
    solution = solve(objective, ahead.theta, Newton(enough=ahead.enough), basis)
    return replace(solution, passes=solution.passes + ahead.passes)


def _applied(penalty: Penalty) -> AppliedPenalty:
    """The penalty in numbers."""
    return AppliedPenalty(penalty.strength, penalty.l1_ratio, penalty.grouped)


def _constrained(objective: Objective, asked: Asked, start: Array) -> tuple[Objective, Array, ChangeOfVariables | None]:
    """The objective with what linear constraints fix, and a start that meets them; of inequalities the active ones."""
    fixed = asked.equalities
    objective, start = _fixed(objective, fixed, start)
    if asked.inequalities is not None:
        bounds = asked.inequalities.rows
        G = objective.coordinates.pull_back(bounds.R.T).T
        start, active = active_set(objective, start, G, bounds.q)
        parts = ([] if fixed is None else [fixed]) + [Equalities(bounds.R[active], bounds.q[active], bounds.names)]
        R, q = (np.concatenate([getattr(part, name) for part in parts]) for name in ("R", "q"))
        fixed = Equalities(R, q, bounds.names) if q.size else None
        objective, start = _fixed(objective, fixed, start)
    return objective, start, None if fixed is None else change_of_variables(fixed)


def _at_bounds(estimates: Array, asked: Inequalities | None, constrained: ChangeOfVariables | None) -> Array:
    """The estimates, (q,), exactly at the bounds that hold them, where rounding would leave them beside: signs are
    kept.
    """
    if asked is None or constrained is None:
        return estimates
    held = _held(constrained)
    for bound in (asked.lower, asked.upper):
        near = held & np.isfinite(bound) & (np.abs(estimates - bound) <= 1e-9 * (1.0 + np.abs(estimates)))
        estimates = np.where(near, bound, estimates)
    return estimates


def _held(constrained: ChangeOfVariables) -> NDArray[np.bool_]:
    """Which coefficients the constraints leave no direction, (q,): their variance is zero, not what rounding leaves."""
    return np.asarray(np.abs(constrained.basis).max(axis=1, initial=0.0) < 1e-12)


def _fixed(objective: Objective, equalities: Equalities | None, start: Array) -> tuple[Objective, Array]:
    """The objective under equalities, and the nearest start that meets them."""
    if equalities is None:
        return replace(objective, fixed=None), start
    R, q, _ = independent(equalities)
    rows = objective.coordinates.pull_back(R.T).T
    nearest = start + np.linalg.lstsq(rows, q - rows @ start)[0]
    return replace(objective, fixed=rows), nearest


def _perfect(objective: Objective, asked: Asked) -> list[Clause]:
    """What predicts perfectly by itself: of a binary outcome whose likelihood nothing holds back."""
    constrained = asked.equalities is not None or asked.inequalities is not None
    if objective.likelihood.outputs > 1 or not objective.separable or constrained:
        return []
    (ranges,) = total(objective.rows, lambda block: (block.X.ranges(block.y, block.kept),), objective.threads)
    return perfect_predictors(ranges, objective.rows.names, objective.coordinates.constant, asked.wording)


def _inner_start(coordinates: Coordinates, start: Array, likelihood: Likelihood) -> Array:
    """A start in inner units, (q,). Where every class has its own constant only differences count: the first is zero."""
    theta = coordinates.to_inner(start).reshape(likelihood.outputs, -1)
    if coordinates.constant is not None and isinstance(likelihood, Multinomial) and not likelihood.base:
        theta[:, coordinates.constant] -= theta[0, coordinates.constant]
    return theta.reshape(-1)


def _check_rank(objective: Objective, solution: Solution, wording: Wording) -> None:
    """Raises RankError naming aliased columns, or SeparationError if the outcomes are separated besides."""
    if solution.information is not None or objective.penalty.elastic_net is not None:
        return
    names = objective.rows.names
    coordinates = objective.coordinates
    found = aliases(column_r_factor(objective), coordinates.resolution, names, coordinates)
    if not found:
        return
    away = recession(objective) if objective.separable else None
    if away is not None and away.proof is Proof.EXACT:
        raise SeparationError(
            f"{separated_status(objective, away, [], wording).sentence} Besides, {explain_aliases(found)}"
        )
    raise RankError(explain_aliases(found), tuple(found))


def _constraint_notes(asked: Asked, constrained: ChangeOfVariables | None) -> tuple[str, ...]:
    """What followed from what, and which inequalities hold with equality."""
    if asked.inequalities is None:
        return () if constrained is None else constrained.notes
    bounds = asked.inequalities.rows
    met = np.zeros(0) if constrained is None else np.abs(bounds.R @ constrained.basis).max(axis=1, initial=0.0) < 1e-12
    active = [bounds.text(i).replace(" = ", " >= ") for i in np.flatnonzero(met).tolist()]
    if not active:
        return ("No inequality is active: the estimates are those without them.",)
    return (f"Active inequalities, as if known: {'; '.join(active)}. Standard errors are conditional on them.",)


def _fixed_counts(
    estimates: Array, constants: NDArray[np.bool_], penalty: Penalty, constrained: ChangeOfVariables | None
) -> FixedCounts:
    """How many coefficients are held, and how many of these are constants."""
    held = penalty.fixes(estimates)
    alone = held.copy()
    count = int(held.sum())
    if constrained is not None:
        alone |= _held(constrained)
        count += constrained.count
    return FixedCounts(count, int((alone & constants).sum()))


def _size_notes(objective: Objective, first: First, estimated: Estimated, fixed: FixedCounts) -> tuple[str, ...]:
    """Whether there are too few rows or clusters for the standard errors, where there are any without a penalty."""
    if not objective.separable or np.isnan(estimated.matrix).any():
        return ()
    contrasts = first.classes.size - 1
    held = fixed.coefficients - fixed.constants
    slopes = -(-(int((~objective.free).sum()) - held) // contrasts)  # of one contrast, rounded up
    weight = float(first.classes.sum())
    rows = first.classes * (max(first.observations, weight) / weight)  # of shares of events the trials count
    pair = float(rows[0] + rows[1:].min())  # the base and the rarest other
    return reliability_notes(Size(slopes, pair, float(rows.min()), estimated.clusters, contrasts > 1))
