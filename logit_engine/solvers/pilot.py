"""A pilot: the fit of a few rows, from which the fit of all rows needs only light passes and one
look at the information.

The problem: Newton's method asks for the information of all rows in every pass, and that is nearly
all of its time. Far from the maximum a rough information would do.

The idea: one row in two to thirty-two, evenly spread, has nearly the same curvature as all
rows.
1. Fit the pilot's rows by Newton's method, from the fit of a pilot of its own.
2. Go on with light passes over all rows. Each step is by the pilot's curvature, which learns from
   the gradients, and leaves a steady share of the distance.
3. If that share is large, one pass takes the information of all rows. A step by it leaves a share
   as small as the distance itself (solvers/information_pass.py weighs its cost).
4. Newton's method takes one last look at the information, unless estimates alone are wanted and the
   way there has proved that the maximum exists.

Invariants: nothing rests on the pilot. Whatever it leads to is judged by the last pass over all
rows. If it leads nowhere, Newton's method starts afresh.

Tried and dropped: whitened rows in these passes (a plain Gram matrix keeps the promised digits up
to a condition number of 100); one row in thirty-two always (rare levels were missed, and the pilot
was thrown away); a pilot for classes or levels with few rows (0.8 of 1.3 s went into one for
nothing); 50 rows for each coefficient (no pilot then for 1,000 columns of 100,000 rows, and six
passes for the information in place of one).
"""

from dataclasses import replace
from math import exp, inf
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array, Dense
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import (
    cholesky_factor,
    length,
    plain_condition,
    smallest_pivot,
    triangular_inverse,
    triangular_solve,
)
from logit_engine.penalties import ElasticNet
from logit_engine.rows import total
from logit_engine.rows.memory import every_nth_row
from logit_engine.solvers.curvature_models import LimitedMemoryModel, TriangularFactor
from logit_engine.solvers.factored_pass import MIN_CHOLESKY_PIVOT
from logit_engine.solvers.information_pass import information_cost, information_pays
from logit_engine.solvers.newton import EXACT_BOUND, MAX_PLAIN_CONDITION
from logit_engine.solvers.solution import (
    MAX_CERTIFICATE,
    Certificate,
    FactoredInformation,
    Solution,
    Termination,
)
from logit_engine.solvers.whitening import shared_basis
from logit_engine.solvers.working_set import MAX_FULL_COLUMNS, WorkingSet

MIN_PILOT_ROWS = 2048
PILOT_STRIDE = 16  # a pilot takes one row in so many
MIN_STRIDE = 2  # a pilot of more rows saves nothing
MAX_PENALIZED_SHARE = 0.22  # of all rows: a larger penalized pilot costs what its start saves
MAX_AMPLE_STRIDE = 32  # one row in so many, if that leaves AMPLE_ROWS
AMPLE_ROWS = 2**14  # with fewer, rare levels would be missed
ROWS_PER_COEFFICIENT = 20  # of a pilot, at least; a rougher curvature costs some more light passes
MIN_STAGE_ROWS = 2048  # of a pilot's own pilot, which only gives it a start
MAX_STAGE_STRIDE = 8  # of a pilot's own pilot
MAX_PILOT_COEFFICIENTS = 2000
MAX_PILOT_NUMBERS = 2**26
MIN_CLASS_ROWS = 50  # that a pilot's first block must hold of each class
# to the median: a column with less curvature has too few rows in a pilot
MIN_CURVATURE_RATIO = 1e-2
# of a pilot's own standard errors: a smaller step changes nothing that its rows know
PILOT_DECREMENT = 0.1
NEAR_DECREMENT = 1e-6  # if rounding stops the steps there, Newton's method does the rest
MIN_SINGLE_PRECISION_PIVOT = 1e-2  # above it the next curvature may be in single precision
REACH_ROWS = 2048  # that tell how long rows are
MIN_LIGHT_DECREMENT = 1e-13  # light passes go no further, because of rounding
REACH_FACTOR = 2.0  # times the longest row of a pilot: about the longest of all rows
PILOT_RESIDUAL = 3e-3  # of a penalized pilot: its few rows put the start of all rows further off
MAX_PENALIZED_PILOT_PASSES = 50
MAX_PILOT_PASSES = 20  # of each pilot
MAX_LIGHT_PASSES = 50  # that follow


def pilot_stride(n: int, coefficients: int) -> int | None:
    """A pilot takes one of so many of n rows.

    None if it would take too many, or has too many coefficients.
    """
    stride = max(
        PILOT_STRIDE,
        min(MAX_AMPLE_STRIDE, n // AMPLE_ROWS),
        -(-n * coefficients // MAX_PILOT_NUMBERS),
    )
    stride = min(n // max(MIN_PILOT_ROWS, ROWS_PER_COEFFICIENT * coefficients), stride)
    pays = stride >= MIN_STRIDE and coefficients <= MAX_PILOT_COEFFICIENTS
    return stride if pays else None


def penalized_start(
    loss: Objective, start: Array, penalty: ElasticNet
) -> tuple[Array, Array | None]:
    """Where a penalized pilot would start the fit of all rows, (q,), and about the curvature there,
    (q, q).

    Nothing rests on it. If the rows are few, or a class is hardly there, it is the start itself and
    None.
    """
    pilot = _pilot_objective(loss)
    if pilot is None or start.size > MAX_FULL_COLUMNS:
        return start, None
    share = pilot.rows.n / loss.rows.n
    if share > MAX_PENALIZED_SHARE:
        return start, None
    first = pilot.information(start)
    if not _shows_all_columns(first):
        return start, None
    own_penalty = penalty.multiplied(share)
    fits = WorkingSet(pilot, start[None].copy(), (-1,), own_penalty, first, for_start=True)
    if fits.fit_under(own_penalty, PILOT_RESIDUAL, MAX_PENALIZED_PILOT_PASSES) > PILOT_RESIDUAL:
        return start, None
    curvature = pilot.information(fits.thetas[0]) / share
    return (fits.thetas[0], curvature) if _shows_all_columns(curvature) else (start, None)


def _pilot_objective(loss: Objective) -> Objective | None:
    """The loss on the pilot's rows alone; None if there are none, or a class is hardly there."""
    if loss.sample is None:
        return None
    block = next(loss.sample.blocks(0, 1))
    if loss.likelihood.class_weights(block.y, block.kept.astype(np.float64)).min() < MIN_CLASS_ROWS:
        return None
    return replace(loss, rows=loss.sample, sample=None)


def _shows_all_columns(curvature: Array) -> bool:
    """Whether the pilot has enough rows of every column: the coefficients of rare levels would be
    far off.
    """
    diagonal = np.diagonal(curvature)
    return bool((diagonal > MIN_CURVATURE_RATIO * float(np.median(diagonal))).all())


class Approach(NamedTuple):
    """A point near the maximum, (q,), with about the triangle of the information there, (q, q), and
    the passes so far.

    exact_decrement: a distance in standard errors that changes no row's curvature, by the pilot's
    rows. proof: times the distance that is left it is a certificate, from a look at the information
    on the way; infinite without one.
    """

    theta: Array
    factor: Array
    exact_decrement: float
    proof: float
    passes: int

    def basis(self, outputs: int) -> Array | None:
        """A triangle, (p, p), that whitens the rows for all predictors, if they are far from it."""
        far = plain_condition(self.factor) > 2.0 * MAX_PLAIN_CONDITION
        return shared_basis(self.factor, None, outputs) if far else None


def pilot_approach(objective: Objective, start: Array, estimates_only: bool) -> Approach | None:
    """The maximum to rounding, by light passes; None if a pilot does not lead there.

    estimates_only: no look at the information follows but a light pass, whose step counts.
    """
    begun = _pilot_end(objective, start)
    if begun is None:
        return None
    nothing = ElasticNet(np.zeros_like(start), np.zeros_like(start))
    here, rate = begun
    target, reach, before = max(MIN_LIGHT_DECREMENT, here.exact_decrement), inf, inf
    model = LimitedMemoryModel(TriangularFactor(here.factor), nothing)
    curvature_change, cost = model.curvature_change, information_cost(start.size)
    gradient = objective.gradient(here.theta)
    for passes in range(1, MAX_LIGHT_PASSES):
        here = here._replace(passes=passes)
        step, decrement = model.step(gradient, here.theta, nothing)
        if reach < inf and here.proof == inf:
            here = here._replace(proof=reach * exp(min(1.1 * decrement * reach, 100.0)))
        if not decrement < 0.5 * before:
            return here if decrement < NEAR_DECREMENT else None
        rate = rate if before == inf else decrement / before
        here, before = here._replace(theta=here.theta + step), decrement
        left = decrement * rate  # of the distance, after this step
        one_more_step = estimates_only and here.proof * decrement * rate < MAX_CERTIFICATE
        if left * (rate if one_more_step else 1.0) <= target:
            return here
        if reach < inf or not information_pays(left, rate, curvature_change, target, cost):
            last_gradient, gradient = gradient, objective.gradient(here.theta)
            model.update(step, gradient - last_gradient)
        else:
            found = objective.steering_pass(here.theta, _single_precision_suffices(here.factor))
            whole = cholesky_factor(found.curvature)
            if whole is None:
                return None
            here, gradient, reach = here._replace(factor=whole), found.gradient, found.reach
            model = LimitedMemoryModel(TriangularFactor(whole), nothing)
            rate, before = left * curvature_change, inf
    return None


def _pilot_end(objective: Objective, start: Array) -> tuple[Approach, float] | None:
    """Where the pilot's own fit leads, with the share of the distance that a step by its curvature
    leaves; None if it leads nowhere.
    """
    pilot_loss = _pilot_objective(objective)
    smooth = objective.penalty.absent and objective.fixed is None
    if pilot_loss is None or not smooth or not objective.likelihood.log_concave:
        return None
    pilot = _pilot_fit(pilot_loss, start)
    if pilot is None:
        return None
    root_share = float(np.sqrt(pilot_loss.rows.n / objective.rows.n))
    exact = EXACT_BOUND / (REACH_FACTOR * root_share * _pilot_reach(pilot_loss, pilot.factor))
    approach = Approach(pilot.theta, pilot.factor / root_share, exact, proof=inf, passes=0)
    return approach, float(np.sqrt(start.size / pilot_loss.rows.n))


def estimates_only_solution(objective: Objective, approach: Approach) -> Solution | None:
    """The maximum with no last look at the information, if the approach can prove that it exists.

    Else None.
    """
    last = objective.light_pass(approach.theta)
    half = triangular_solve(approach.factor, last.gradient, transposed=True)
    step, decrement = -triangular_solve(approach.factor, half), length(half)
    if not decrement * approach.proof < MAX_CERTIFICATE or decrement > NEAR_DECREMENT:
        return None
    return Solution(
        theta=approach.theta + step,
        loglik=-last.loss,
        termination=Termination.CONVERGED,
        passes=approach.passes + 1,
        proof=Certificate(decrement, decrement * approach.proof, step),
        information=FactoredInformation(approach.factor),
    )


def _single_precision_suffices(factor: Array | None) -> bool:
    """Whether single precision will do for the next curvature, by the last one."""
    return factor is not None and smallest_pivot(factor) > MIN_SINGLE_PRECISION_PIVOT


def _pilot_reach(pilot: Objective, factor: Array) -> float:
    """The largest change of a row's predictor by a move of one standard error: the longest of some
    rows.
    """
    outputs = pilot.likelihood.outputs
    p = factor.shape[0] // outputs
    inverse = triangular_inverse(factor)

    first = next(pilot.rows.blocks(0, 1))
    (block,) = every_nth_row(first, -(-first.y.size // REACH_ROWS)).blocks
    X = pilot.columns(block)
    rows = [Dense(X.dot(inverse[a * p : (a + 1) * p])).squared_lengths() for a in range(outputs)]
    longest = block.maximum(np.max(rows, axis=0))
    return float(np.sqrt(longest)) if longest > 0.0 else inf


class PilotFit(NamedTuple):
    """Where the pilot's rows have their maximum, (q,), and the triangle of their information."""

    theta: Array
    factor: Array


def _pilot_fit(pilot: Objective, theta: Array) -> PilotFit | None:
    """Newton's steps on a pilot's rows, until they are small beside its own standard errors.

    The start is the fit of a pilot's own pilot, if there are rows enough for one.
    """
    before, rows, factor = inf, pilot.rows, None
    stride = min(rows.n // max(MIN_STAGE_ROWS, 12 * theta.size), MAX_STAGE_STRIDE)
    if stride >= 3:
        (some,) = total(rows, lambda block: (every_nth_row(block, stride),))
        stage = replace(pilot, rows=some.rows(rows.names, rows.intercept, rows.classes))
        found = _pilot_fit(stage, theta)
        if found is not None:
            theta, factor = found
    for _ in range(MAX_PILOT_PASSES):
        steering = pilot.steering_pass(theta, _single_precision_suffices(factor))
        factor = cholesky_factor(steering.curvature)
        if (
            factor is None
            or smallest_pivot(factor) < MIN_CHOLESKY_PIVOT
            or not _shows_all_columns(steering.curvature)
        ):
            return None
        half = triangular_solve(factor, steering.gradient, transposed=True)
        theta, decrement = theta - triangular_solve(factor, half), length(half)
        next_decrement = decrement if before == inf else decrement * min(1.0, decrement / before)
        if next_decrement <= PILOT_DECREMENT * np.sqrt(theta.size):
            return PilotFit(theta, factor)
        if decrement > before:
            return None
        before = decrement
    return None
