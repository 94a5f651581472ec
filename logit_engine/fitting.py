"""Fitting: rows, likelihood, penalty and covariance in, a frozen `FitResult` out; the order of the steps, no arithmetic."""

import os
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from logit_engine.blocks import Block, Rows, Sums, one_blas_thread, total
from logit_engine.columns import Array, Dense, Moments
from logit_engine.coordinates import Coordinates, inner_coordinates
from logit_engine.diagnostics.collinearity import aliases, explain_aliases
from logit_engine.diagnostics.separation import REMEDY, perfect_predictors, separating_direction, witness
from logit_engine.errors import DataError, RankError, SeparationError
from logit_engine.inference.covariance import Covariance, covariance
from logit_engine.likelihoods import Bernoulli, constant_predictor
from logit_engine.links import LOGIT
from logit_engine.objective import Objective
from logit_engine.penalties import L2, NONE, Penalty
from logit_engine.result import FitResult, Status, Verdict
from logit_engine.solvers.newton import CERTIFIED, Newton, Outcome, Solution, solve
from logit_engine.solvers.triangular import condition_number, weighted_r_factor

FLAGGED = 1e12  # a condition number above it is said
WIDEST = 2000  # columns; above it whitening a block of codes costs too much


def fit(
    rows: Rows,
    likelihood: Bernoulli = Bernoulli(LOGIT),  # noqa: B008  (a frozen value)
    *,
    penalty: Penalty = NONE,
    covariance_type: Covariance = Covariance.NONROBUST,
    allow_separation: bool = False,
    threads: int | None = None,
    solver: Newton | None = None,
) -> FitResult:
    """Fit by maximum (penalized) likelihood.

    Raises DataError if y has one class or there are more columns than rows, RankError naming aliased columns, and
    SeparationError naming what predicts perfectly, unless `allow_separation`: then the result says it instead.
    """
    with one_blas_thread():
        return _fit(
            rows, likelihood, penalty, covariance_type, allow_separation, threads or cores(), solver or Newton()
        )


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fit(
    rows: Rows,
    likelihood: Bernoulli,
    penalty: Penalty,
    kind: Covariance,
    allow_separation: bool,
    threads: int,
    solver: Newton,
) -> FitResult:
    moments, weight, events = _first_pass(rows, threads)
    _check_counts(moments, len(rows.names), penalty)
    coordinates = inner_coordinates(moments, centered=penalty is NONE or rows.intercept)
    free = np.zeros(len(rows.names), dtype=bool)
    if coordinates.constant is not None:
        free[coordinates.constant] = True
    objective = Objective(rows, likelihood, coordinates, free, penalty, threads)

    perfect = perfect_predictors(moments, rows.names, coordinates.constant) if objective.separable else []
    if perfect and not allow_separation:
        raise SeparationError(_separation_sentence(perfect))
    start = _start(coordinates, likelihood, events / weight)
    solution = solve(objective, start, solver)
    if solution.outcome is Outcome.SINGULAR and solution.passes == 1:
        found = aliases(weighted_r_factor(objective, start, flat=True), coordinates.resolution, rows.names)
        raise RankError(explain_aliases(found)) if found else DataError(_flat_sentence(likelihood))
    status, proof = _status(objective, solution, perfect)
    if status.verdict is Verdict.SEPARATED and not allow_separation:
        raise SeparationError(status.sentence)

    if objective.separable:
        estimated, clusters = covariance(objective, solution.theta, solution.factor, kind)
    else:
        estimated, clusters = np.full_like(solution.factor, np.nan), None
    condition = condition_number(solution.factor)
    return FitResult(
        names=rows.names,
        estimates=coordinates.to_user(solution.theta),
        covariance=estimated,
        covariance_type=kind.value,
        clusters=clusters,
        link=likelihood.link.name,
        penalty_strength=penalty.strength if isinstance(penalty, L2) else 0.0,
        n=moments.n,
        weight=weight,
        loglik=solution.loglik,
        null_loglik=_null_loglik(rows, likelihood, weight, events, threads),
        free=free,
        passes=solution.passes,
        decrement=solution.decrement,
        certificate=proof,
        condition=condition,
        status=status,
        notes=_notes(coordinates, condition, objective),
    )


def _first_pass(rows: Rows, threads: int) -> tuple[Moments, float, float]:
    """The moments of the columns, the total weight, and the weight of events."""

    def block_sums(block: Block) -> Sums:
        keep = np.ones(block.y.size, dtype=bool) if block.weight is None else block.weight > 0.0
        w = np.ones(block.y.size) if block.weight is None else block.weight
        return block.X.moments(block.y, keep), float(w.sum()), float(w @ block.y)

    moments, weight, events = total(rows, block_sums, threads)
    return moments, weight, events


def _check_counts(moments: Moments, p: int, penalty: Penalty) -> None:
    for outcome in (0, 1):
        if moments.total[outcome] == 0:
            raise DataError(f"no row has y = {outcome}; a model needs both classes.")
    if p > moments.n and penalty is NONE:
        raise DataError(f"there are {p:,} columns for {moments.n:,} rows; drop columns or set an l2 penalty.")


def _start(coordinates: Coordinates, likelihood: Bernoulli, rate: float) -> Array:
    """Zero, but for the constant that fits the overall rate."""
    theta = np.zeros(coordinates.scale.size)
    if coordinates.constant is not None:
        k = coordinates.constant
        theta[k] = constant_predictor(likelihood.link, rate) * coordinates.scale[k] / coordinates.value
    return theta


def _flat_sentence(likelihood: Bernoulli) -> str:
    return (
        f"the offsets put most rows so far out that the {likelihood.link.name} likelihood is flat there to rounding, and "
        "no step can start. Use the logit link, or smaller offsets."
    )


def _separation_sentence(clauses: list[str]) -> str:
    shown = "; ".join(clauses[:5]) + (f"; and {len(clauses) - 5} more" if len(clauses) > 5 else "")
    what = "its coefficient has" if len(clauses) == 1 else "their coefficients have"
    return f"{shown}, so {what} no finite estimate. {REMEDY}"


def _status(objective: Objective, solution: Solution, perfect: list[str]) -> tuple[Status, float]:
    """The verdict and its sentence, and the certificate that it rests on."""
    if objective.likelihood.link is not LOGIT:  # lambda * reach of other terms than the logit's proves nothing
        solution = replace(solution, certificate=np.inf)
    if perfect:
        return Status(Verdict.SEPARATED, _separation_sentence(perfect)), solution.certificate
    arrived = solution.outcome is Outcome.CONVERGED
    proof = witness(objective, solution) if arrived and objective.separable else solution
    if objective.separable and proof.certificate >= CERTIFIED:
        # where nothing certifies the maximum, the last direction or the point itself may show why
        for direction in (proof.direction, proof.theta):
            clause = separating_direction(objective, direction, objective.rows.names)
            if clause:
                return Status(Verdict.SEPARATED, _separation_sentence([clause])), proof.certificate
        if arrived:
            sentence = (
                f"the steps settled after {solution.passes} passes, but nothing certifies that the maximum exists "
                f"({proof.certificate:.2g}; below {CERTIFIED:g} is needed). Look for separation, or set an l2 penalty."
            )
            return Status(Verdict.NOT_CONVERGED, sentence), proof.certificate
    if not arrived:
        sentence = (
            f"not converged after {solution.passes} passes: {solution.outcome.value}. "
            "Scale or drop columns, set an l2 penalty, or use a log-concave link."
        )
        return Status(Verdict.NOT_CONVERGED, sentence), proof.certificate
    sentence = f"Converged after {solution.passes} passes; the last step was {solution.decrement:.1e} standard errors."
    if not objective.likelihood.link.log_concave:
        sentence += f" The {objective.likelihood.link.name} log-likelihood is not concave: this is a local maximum."
    return Status(Verdict.CONVERGED, sentence), proof.certificate


def _notes(coordinates: Coordinates, condition: float, objective: Objective) -> tuple[str, ...]:
    notes = []
    if coordinates.constant is None:
        notes.append("There is no constant column, so columns were not centered: shifted columns cost digits.")
    if condition > FLAGGED:
        notes.append(f"The condition number is {condition:.1e}: few digits of the estimates are real.")
    if not objective.separable:
        notes.append("Standard errors are not given after a penalized fit: the penalty biases the estimates.")
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class _ConstantPiece:
    block: Block

    def load(self) -> Block:
        return replace(self.block, X=Dense(np.ones((self.block.y.size, 1))))


@dataclass(frozen=True, slots=True)
class _ConstantOnly:
    """The same rows with the constant as their only column: the null model's."""

    rows: Rows
    names: tuple[str, ...] = ("intercept",)
    intercept: bool = True

    @property
    def n(self) -> int:
        return self.rows.n

    def pieces(self) -> list[_ConstantPiece]:
        return [_ConstantPiece(piece.load()) for piece in self.rows.pieces()]


def _null_loglik(rows: Rows, likelihood: Bernoulli, weight: float, events: float, threads: int) -> float:
    """The log-likelihood of the constant alone: in closed form, or by a fit of its own where rows carry offsets."""
    if rows.pieces()[0].load().offset is None:
        return float(special.xlogy(events, events / weight) + special.xlogy(weight - events, 1.0 - events / weight))
    null = _ConstantOnly(rows)
    (moments,) = total(null, lambda b: (b.X.moments(b.y, np.ones(b.y.size, dtype=bool)),), threads)
    coordinates = inner_coordinates(moments)
    objective = Objective(null, likelihood, coordinates, np.ones(1, dtype=bool), NONE, threads)
    return solve(objective, _start(coordinates, likelihood, events / weight)).loglik
