"""One fit, top to bottom: rows, a likelihood and options in, a frozen `FitResult` out.

This file is the order of the steps and holds no arithmetic: preparation, pilot or solver, verdict,
covariance, result.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from logit_engine.columns import Array, Coordinates
from logit_engine.columns.coordinates import constant_column
from logit_engine.constraints.equations import ChangeOfVariables, Equalities, Inequalities
from logit_engine.diagnostics.collinearity import aliases, explain_aliases
from logit_engine.diagnostics.direction_proofs import Proof
from logit_engine.diagnostics.recession import recession
from logit_engine.diagnostics.separation import Clause, perfect_predictors
from logit_engine.diagnostics.wording import PLAIN, Wording
from logit_engine.errors import RankError, SeparationError, UsageError
from logit_engine.fitting.constrained import (
    constrained_problem,
    constraint_notes,
    estimates_at_bounds,
    fixed_counts,
    held_coefficients,
)
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.preparation import First, Prepared, prepared
from logit_engine.fitting.result import (
    AppliedPenalty,
    Convergence,
    FitResult,
    FixedCounts,
    Separation,
    Verdict,
)
from logit_engine.fitting.verdict import (
    Judged,
    collinear_names,
    column_condition,
    judged_solution,
    notes,
    separated_status,
    separation_sentence,
)
from logit_engine.inference.covariance import (
    NONROBUST,
    Covariance,
    Estimated,
    covariance,
    without_infinite,
)
from logit_engine.inference.reliability import Size, reliability_notes
from logit_engine.likelihoods import Bernoulli, Likelihood
from logit_engine.links import LOGIT
from logit_engine.objective.loss import Objective
from logit_engine.penalties import NONE, Penalty
from logit_engine.rows import Rows, cores, one_blas_thread, total
from logit_engine.solvers.newton import Newton, newton_solution
from logit_engine.solvers.pilot import (
    MAX_PILOT_PASSES,
    Approach,
    estimates_only_solution,
    pilot_approach,
)
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

    covariance_type: None for estimates alone, which saves the last look at the information if the
        maximum is proved without it.
    allow_separation: return a separated fit, and let its status say so.
    threads: None for all cores.
    solver: None for the one that suits the penalty.
    naive: give standard errors after an l1 penalty as if its zeros had been known beforehand (nan
        for those).
    start: (q,), in the user's units; by default the constants that fit the shares of the classes.
    wording: what sentences call the outcome, its values and the rows.

    Raises DataError if a class is not there or there are more columns than rows, UsageError if the
    penalty is not made for the model's coefficients, RankError naming aliased columns, and, unless
    `allow_separation`, SeparationError naming what predicts perfectly.
    """
    options = FitOptions(
        penalty=penalty,
        covariance_type=covariance_type,
        equalities=equalities,
        inequalities=inequalities,
        allow_separation=allow_separation,
        threads=threads,
        solver=solver,
        naive=naive,
        start=start,
        wording=wording,
    )
    return fit_rows(rows, likelihood, options)


def fit_rows(rows: Rows, likelihood: Likelihood, options: FitOptions) -> FitResult:
    """`fit` with its options as one value."""
    _check_likelihood(rows, likelihood)
    options = options.simplified(likelihood)
    _check_solver(options)
    with one_blas_thread():
        begun = prepared(rows, likelihood, options.penalty, options.threads or cores())
        solved = _solved(begun, options)
        _check_rank(solved.objective, solved.solution, options.wording)
        judged = judged_solution(
            solved.objective, solved.solution, solved.perfect, begun.start, options.wording
        )
        if judged.status.verdict is Verdict.SEPARATED and not options.allow_separation:
            raise SeparationError(judged.status.sentence)
        estimated = _estimated(solved, judged, options, begun.first.observations)
        return _result(begun, solved, judged, estimated, options)


def _check_likelihood(rows: Rows, likelihood: Any) -> None:
    """Raises UsageError for what is no likelihood, or one of another number of classes."""
    if not hasattr(likelihood, "terms"):
        raise UsageError(
            f"likelihood is {likelihood!r}; it is a value, Bernoulli(LOGIT) or Multinomial(outputs) say."
        )
    if rows.classes and likelihood.outputs not in (len(rows.classes) - 1, len(rows.classes)):
        raise UsageError(
            f"the rows have {len(rows.classes)} classes, the likelihood {likelihood.outputs + 1}; "
            f"give Multinomial({len(rows.classes) - 1})."
        )


def _check_solver(options: FitOptions) -> None:
    """Raises UsageError where kinks or bounds meet a solver of smooth objectives, or linear constraints."""
    if options.penalty.differentiable:
        return
    if options.constrained:
        raise UsageError(
            "linear constraints go with smooth penalties only; this one has kinks, bounds or pins."
        )
    if not isinstance(options.used_solver, Proximal):
        raise UsageError(
            f"{type(options.used_solver).__name__} is for smooth penalties, and this one has kinks, bounds or pins; "
            "leave `solver` out."
        )


class Solved(NamedTuple):
    """What a solver found: its solution, the objective it was found on, and what predicts perfectly."""

    objective: Objective
    solution: Solution
    change: ChangeOfVariables | None
    perfect: list[Clause]


def _solved(begun: Prepared, options: FitOptions) -> Solved:
    """The solution by a pilot if one leads there, else by the solver from the start.

    Newton's method that lost its way from a given start tries once more from the constants.
    Raises SeparationError if one column or level predicts perfectly, unless separation is allowed.
    """
    objective, likelihood = begun.objective, begun.objective.likelihood
    if options.allows_pilot:
        approach = pilot_approach(objective, begun.start, options.estimates_only(likelihood))
        if approach is not None:
            solution = _from_approach(objective, approach, options.estimates_only(likelihood))
            return Solved(objective, solution, None, [])
    perfect = _perfect_clauses(objective, options)
    if perfect and not options.allow_separation:
        raise SeparationError(separation_sentence(perfect, len(perfect) > 1))
    solver, starts = options.used_solver, [begun.start]
    if options.start is not None:
        starts.insert(0, _inner_start(objective.coordinates, options.start, likelihood))
    for start in starts:
        problem = constrained_problem(objective, options, start)
        solution = solver.solve(problem.objective, problem.start)
        if not _lost_its_way(solver, solution):
            break
    return Solved(problem.objective, solution, problem.change, perfect)


def _from_approach(objective: Objective, approach: Approach, estimates_only: bool) -> Solution:
    """Newton's method from where a pilot led; no step if estimates suffice and the maximum is proved."""
    found = estimates_only_solution(objective, approach) if estimates_only else None
    if found is not None:
        return found
    basis = approach.basis(objective.likelihood.outputs)
    solution = newton_solution(
        objective, approach.theta, Newton(exact_decrement=approach.exact_decrement), basis
    )
    return replace(solution, passes=solution.passes + approach.passes)


def _lost_its_way(solver: Solver, solution: Solution) -> bool:
    """Whether Newton's method failed from its start. Few passes are a wish to stop early, no failure."""
    if not isinstance(solver, Newton):
        return False
    out_of_passes = (
        solution.termination is Termination.ITERATIONS and solver.max_passes >= MAX_PILOT_PASSES
    )
    return out_of_passes or solution.termination in (Termination.SINGULAR, Termination.NO_ASCENT)


def _perfect_clauses(objective: Objective, options: FitOptions) -> list[Clause]:
    """What predicts perfectly by itself: of a binary outcome whose likelihood nothing holds back."""
    if objective.likelihood.outputs > 1 or not objective.separable or options.constrained:
        return []
    (ranges,) = total(
        objective.rows, lambda block: (block.X.ranges(block.y, block.kept),), objective.threads
    )
    return perfect_predictors(
        ranges, objective.rows.names, objective.coordinates.constant, options.wording
    )


def _inner_start(coordinates: Coordinates, start: Array, likelihood: Likelihood) -> Array:
    """A start in inner coordinates, (q,).

    If every class has its own constant only differences count: the first is zero.
    """
    theta = coordinates.to_inner(start).reshape(likelihood.outputs, -1)
    if coordinates.constant is not None and not likelihood.identified:
        theta[:, coordinates.constant] -= theta[0, coordinates.constant]
    return theta.reshape(-1)


def _check_rank(objective: Objective, solution: Solution, wording: Wording) -> None:
    """Raises RankError naming aliased columns, or SeparationError if the outcomes are separated besides."""
    if solution.information is not None or objective.penalty.elastic_net is not None:
        return
    coordinates = objective.coordinates
    found = aliases(
        column_r_factor(objective), coordinates.resolution, objective.rows.names, coordinates
    )
    if not found:
        return
    away = recession(objective) if objective.separable else None
    if away is not None and away.proof is Proof.EXACT:
        raise SeparationError(
            f"{separated_status(objective, away, [], wording).sentence} Besides, {explain_aliases(found)}"
        )
    raise RankError(explain_aliases(found), tuple(found))


def _estimated(
    solved: Solved, judged: Judged, options: FitOptions, observations: float
) -> Estimated | None:
    """The covariance that is asked for; None if none is, or the fit has none to give."""
    objective, solution = solved.objective, judged.solution
    if options.covariance_type is None or solution.information is None:
        return None
    if not (objective.separable or options.naive):
        return None
    if judged.signs is not None and solution.termination is not Termination.SEPARATED:
        solution = replace(solution, termination=Termination.UNCERTIFIED)
    estimated = covariance(objective, solution, options.covariance_type, observations)
    if solved.change is not None:
        held = held_coefficients(solved.change)
        estimated.matrix[held], estimated.matrix[:, held] = 0.0, 0.0
    if judged.signs is not None:
        matrix = without_infinite(estimated.matrix, judged.signs, solution, objective.coordinates)
        estimated = replace(estimated, matrix=matrix)
    zero = objective.penalty.zeros(solution.theta)
    estimated.matrix[zero], estimated.matrix[:, zero] = np.nan, np.nan
    return estimated


def _result(
    begun: Prepared,
    solved: Solved,
    judged: Judged,
    estimated: Estimated | None,
    options: FitOptions,
) -> FitResult:
    """All that was found as one value."""
    objective, solution, first, penalty = (
        solved.objective,
        judged.solution,
        begun.first,
        options.penalty,
    )
    rows, likelihood, information = objective.rows, objective.likelihood, solution.information
    condition = column_condition(objective, information)
    if information is None and penalty.elastic_net is not None:
        condition = np.nan
    estimates = estimates_at_bounds(
        objective.coordinates.to_user(solution.theta), options.inequalities, solved.change
    )
    constants = np.tile(
        np.arange(len(rows.names)) == constant_column(first.moments), likelihood.outputs
    )
    fixed = fixed_counts(estimates, constants, penalty, solved.change)
    unknown = np.broadcast_to(np.nan, (estimates.size, estimates.size))
    return FitResult(
        names=rows.names,
        classes=rows.classes,
        estimates=estimates,
        covariance=unknown if estimated is None else estimated.matrix,
        covariance_type="none"
        if options.covariance_type is None
        else options.covariance_type.kind.value,
        clusters=() if estimated is None else estimated.clusters,
        link=likelihood.name,
        n=first.n,
        observations=first.observations,
        loglik=solution.loglik,
        null_loglik=begun.null.loglik,
        free=constants,
        convergence=Convergence(
            judged.status, solution.passes, solution.proof.decrement, judged.certificate, condition
        ),
        penalty=AppliedPenalty(penalty.strength, penalty.l1_ratio, penalty.grouped),
        constraints=fixed,
        separation=None if judged.signs is None else Separation(judged.signs),
        notes=(
            *constraint_notes(options, solved.change),
            *_size_notes(objective, first, estimated, fixed),
            *notes(
                objective.coordinates,
                condition,
                objective,
                options.naive,
                estimated is not None,
                bool(constants.any()),
                judged.signs,
                collinear_names(objective, information, condition),
            ),
        ),
    )


def _size_notes(
    objective: Objective, first: First, estimated: Estimated | None, fixed: FixedCounts
) -> tuple[str, ...]:
    """Whether there are too few rows or clusters for the standard errors, if there are any without a penalty."""
    if estimated is None or not objective.separable or np.isnan(estimated.matrix).any():
        return ()
    contrasts = first.classes.size - 1
    held = fixed.coefficients - fixed.constants
    slopes = -(-(int((~objective.free).sum()) - held) // contrasts)  # of one contrast, rounded up
    weight = float(first.classes.sum())
    rows = first.classes * (
        max(first.observations, weight) / weight
    )  # of shares of events the trials count
    pair = float(rows[0] + rows[1:].min())  # the base and the rarest other
    return reliability_notes(
        Size(slopes, pair, float(rows.min()), estimated.clusters, contrasts > 1)
    )
