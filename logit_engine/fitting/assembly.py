"""From a judged solution to the result of a fit: covariance, estimates, groups of facts, notes."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from logit_engine.constraints.equations import NullSpace
from logit_engine.fitting.condition import collinear_names, column_condition
from logit_engine.fitting.constrained import (
    constraint_notes,
    estimates_at_bounds,
    fixed_counts,
    held_coefficients,
)
from logit_engine.fitting.notes import (
    condition_notes,
    constant_notes,
    error_notes,
    separation_notes,
    size_notes,
)
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.preparation import Preparation, constant_coefficients
from logit_engine.fitting.refusals import PerfectSearch
from logit_engine.fitting.result import AppliedPenalty, Convergence, FitResult, Separation
from logit_engine.fitting.verdict import Judgment
from logit_engine.inference.covariance import (
    CovarianceEstimate,
    covariance,
    covariance_under_separation,
)
from logit_engine.objective.loss import Objective
from logit_engine.solvers.solution import Residual, Solution, Termination


class SolvedProblem(NamedTuple):
    """A solution and the objective it is of.

    free_space: what constraints leave free, None without any. perfect: the search for columns and
    levels that predict perfectly by themselves.
    """

    objective: Objective
    solution: Solution
    free_space: NullSpace | None
    perfect: PerfectSearch


def covariance_estimate(
    problem: SolvedProblem,
    judgment: Judgment,
    options: FitOptions,
    observations: float,
) -> CovarianceEstimate | None:
    """The covariance that is asked for; None if none is, or the fit has none to give.

    It is zero for coefficients that constraints hold, and nan for infinite ones and for those that
    a penalty set to zero.
    """
    objective, solution, signs = problem.objective, judgment.solution, judgment.signs
    if options.covariance_type is None or solution.information is None:
        return None
    if not (objective.separable or options.naive):
        return None
    if signs is not None and solution.termination is not Termination.SEPARATED:
        solution = replace(solution, termination=Termination.UNCERTIFIED)
    estimated = covariance(objective, solution, options.covariance_type, observations)
    if problem.free_space is not None:
        held = held_coefficients(problem.free_space)
        estimated.matrix[held], estimated.matrix[:, held] = 0.0, 0.0
    if signs is not None:
        matrix = covariance_under_separation(
            estimated.matrix, signs, solution, objective.coordinates
        )
        estimated = replace(estimated, matrix=matrix)
    zero = objective.penalty.zeros(solution.theta)
    if zero.any():
        estimated.matrix[zero], estimated.matrix[:, zero] = np.nan, np.nan
    return estimated


def fit_result(
    begun: Preparation,
    problem: SolvedProblem,
    judgment: Judgment,
    estimated: CovarianceEstimate | None,
    options: FitOptions,
) -> FitResult:
    """All that was found, as one value."""
    objective, solution, penalty = problem.objective, judgment.solution, options.penalty
    rows, likelihood, kind = objective.rows, objective.likelihood, options.covariance_type
    user = objective.coordinates.to_user(solution.theta)
    estimates = estimates_at_bounds(user, options.inequalities, problem.free_space)
    free = constant_coefficients(begun.constant, len(rows.names), likelihood.outputs)
    convergence, shape = _convergence(objective, judgment), (free.size, free.size)
    constraints = fixed_counts(estimates, free, penalty, problem.free_space)
    return FitResult(
        names=rows.names,
        classes=rows.classes,
        estimates=estimates,
        covariance=np.broadcast_to(np.nan, shape) if estimated is None else estimated.matrix,
        covariance_type="none" if kind is None else kind.kind.value,
        clusters=() if estimated is None else estimated.clusters,
        link=likelihood.name,
        n=begun.first.n,
        observations=begun.first.observations,
        loglik=solution.loglik,
        null_loglik=begun.null.loglik,
        free=free,
        convergence=convergence,
        penalty=AppliedPenalty(penalty.strength, penalty.l1_ratio, penalty.grouped),
        constraints=constraints,
        separation=None if judgment.signs is None else Separation(judgment.signs),
        notes=(
            *constraint_notes(options, problem.free_space),
            *size_notes(objective, begun.first, estimated, constraints),
            *separation_notes(objective, judgment.signs),
            *constant_notes(objective, begun.constant is not None),
            *_precision_notes(problem, judgment, convergence.condition, options, estimated),
        ),
    )


def _convergence(objective: Objective, judgment: Judgment) -> Convergence:
    """How the fit ended; the condition is nan if a penalty that needs no information holds it."""
    solution = judgment.solution
    condition = column_condition(objective, solution.information)
    if solution.information is None and isinstance(solution.proof, Residual):
        condition = np.nan
    return Convergence(
        status=judgment.status,
        passes=solution.passes,
        decrement=solution.proof.decrement,
        certificate=judgment.certificate,
        condition=condition,
    )


def _precision_notes(
    problem: SolvedProblem,
    judgment: Judgment,
    condition: float,
    options: FitOptions,
    estimated: CovarianceEstimate | None,
) -> tuple[str, ...]:
    """The notes on digits and on standard errors; condition: as in `Convergence`."""
    objective, has_errors = problem.objective, estimated is not None
    collinear = collinear_names(objective, judgment.solution.information, condition)
    return (
        *condition_notes(condition, collinear),
        *objective.penalty.notes(objective.free, objective.likelihood.outputs, has_errors),
        *error_notes(objective, condition, options.naive, has_errors),
    )
