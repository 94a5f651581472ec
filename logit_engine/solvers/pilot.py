"""A pilot: the fit of a few rows, from which the fit of all needs only light passes and a last look at the information."""

from dataclasses import replace
from math import exp, inf
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array, Dense
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import (
    cholesky_factor,
    condition_number,
    length,
    smallest_pivot,
    triangular_inverse,
    triangular_solve,
)
from logit_engine.penalties import ElasticNet
from logit_engine.rows import total
from logit_engine.rows.memory import every_nth_row
from logit_engine.solvers.curvature_models import Factored
from logit_engine.solvers.factored_pass import MIN_CHOLESKY_PIVOT
from logit_engine.solvers.information_pass import information_cost, information_pays
from logit_engine.solvers.newton import CERTIFIED, PLAIN_DIGITS, POLISHED
from logit_engine.solvers.solution import Certificate, Information, Solution, Termination
from logit_engine.solvers.whitening import shared_basis
from logit_engine.solvers.working_set import NARROW, WorkingSet

PILOT = 8192  # rows of a pilot, at least
SHARE = 16  # one row in so many, where that is more
THINNEST = 32  # one row in so many, where that leaves AMPLE
AMPLE = 2**14  # rows: with fewer, rare levels would be missed
FEWEST = 2048  # rows of a pilot's own pilot, which only gives it a start
STAGE = 8  # times as few as its own, at most
WIDE = 1000  # coefficients above which there is no pilot
VALUES = 2**26  # numbers in a pilot, at most
RARE = 50  # rows of a class that a pilot's first block must hold
LEAST = 1e-2  # of the median: a column whose curvature is less has too few rows in a pilot
SETTLED = 0.1  # of a pilot's own standard errors: a step as small changes nothing that its rows know
NEAR = 1e-6  # standard errors: steps that rounding stops there are near enough for Newton's method
ROUGH = 1e-2  # the smallest pivot at which a curvature may be in single precision
FEW = 2048  # rows that tell how long rows are
FLOOR = 1e-13  # standard errors: light passes go no further, for rounding's sake
BEYOND = 2.0  # times the longest row of a pilot: about the longest of all
PILOT_RESIDUAL = 3e-3  # of a penalized pilot: its few rows put the start of all rows further off
MAX_PENALIZED_PILOT_PASSES = 50
MAX_PILOT_PASSES = 20  # passes that the whole may take


def sampled(n: int, coefficients: int) -> int | None:
    """Every how many-th of n rows a pilot takes; None where it would take too many, or the columns are too many."""
    share = max(SHARE, min(THINNEST, n // AMPLE), -(-n * coefficients // VALUES))
    every = min(n // max(PILOT, 50 * coefficients), share)
    return every if every >= 4 and coefficients <= WIDE else None


def piloted(loss: Objective, start: Array, kinks: ElasticNet) -> tuple[Array, Array | None]:
    """Where a penalized fit of a few rows would start the fit of all, (q,), and about the curvature there, (q, q).

    Nothing rests on it: where the rows are few, or a class hardly there, it is the start itself.
    """
    small = _small(loss)
    if small is None or start.size > NARROW:
        return start, None
    first = small.information(start)
    if not _seen(first):
        return start, None
    share = small.rows.n / loss.rows.n
    fits = WorkingSet(small, start[None].copy(), (-1,), kinks.multiplied(share), first, steers=True)
    if fits.settle(kinks.multiplied(share), PILOT_RESIDUAL, MAX_PENALIZED_PILOT_PASSES) > PILOT_RESIDUAL:
        return start, None
    curvature = small.information(fits.thetas[0]) / share
    return (fits.thetas[0], curvature) if _seen(curvature) else (start, None)


def _small(loss: Objective) -> Objective | None:
    """The loss on the pilot's rows alone; None where there are none, or a class is hardly there."""
    few = loss.sample
    if few is None:
        return None
    block = next(few.blocks(0, 1))
    if loss.likelihood.class_weights(block.y, block.kept.astype(np.float64)).min() < RARE:
        return None
    return replace(loss, rows=few, sample=None)


def _seen(curvature: Array) -> bool:
    """Whether the pilot's rows tell of every column: rare levels would be far off."""
    diagonal = np.diagonal(curvature)
    return bool((diagonal > LEAST * float(np.median(diagonal))).all())


class Approach(NamedTuple):
    """A point near the maximum, (q,), and the triangle of about the information there, (q, q), with the passes so far.

    enough: the way in standard errors that changes no row's curvature any more, judged by the pilot's rows. proof: what
    times the way that is left certifies that the maximum exists, from a look at the information on the way, else infinite.
    """

    theta: Array
    factor: Array
    enough: float
    proof: float
    passes: int

    def basis(self, outputs: int) -> Array | None:
        """A triangle, (p, p), that whitens the rows for all predictors, where they are far from white."""
        far = condition_number(self.factor) > 2.0 * PLAIN_DIGITS
        return shared_basis(self.factor, None, outputs) if far else None


def approached(objective: Objective, start: Array, alone: bool = False) -> Approach | None:
    """The maximum to rounding, by light passes; None where a pilot does not lead there, as with rare levels.

    alone: no last look at the information is to come but one more light pass, whose step is counted on.

    A step by the pilot's curvature, which learns from the gradients, leaves a steady share of the way; one by the curvature
    of all rows leaves a share that is as small as the way itself. `information_pays` weighs a pass for that against the
    light ones it saves.
    """
    small = _small(objective)
    smooth = objective.penalty.absent and objective.fixed is None
    if small is None or not smooth or not objective.likelihood.log_concave:
        return None
    pilot = _settled(small, start)
    if pilot is None:
        return None
    share = float(np.sqrt(small.rows.n / objective.rows.n))
    enough = POLISHED / (BEYOND * share * _reach(small, pilot.factor))
    target = max(FLOOR, enough)
    nothing = ElasticNet(np.zeros_like(start), np.zeros_like(start))
    theta, factor, reach, proof = pilot.theta, pilot.factor / share, inf, inf
    bend = 1.0 / float(np.sqrt(np.median(np.square(factor).sum(axis=0))))  # of the curvature, by a way of one
    model, rate, before = Factored(factor, nothing), float(np.sqrt(start.size / small.rows.n)), inf
    gradient = objective.gradient(theta)
    for passes in range(1, MAX_PILOT_PASSES):
        step, way = model.step(gradient, theta, nothing)
        if reach < inf and proof == inf:
            proof = reach * exp(min(1.1 * way * reach, 100.0))
        if not way < 0.5 * before:
            return Approach(theta, factor, enough, proof, passes) if way < NEAR else None
        rate = rate if before == inf else way / before
        theta, before = theta + step, way
        counted = alone and proof * way * rate < CERTIFIED
        if way * rate * (rate if counted else 1.0) <= target:
            return Approach(theta, factor, enough, proof, passes)
        if reach < inf or not information_pays(way * rate, rate, bend, target, information_cost(start.size)):
            ahead = objective.gradient(theta)
            model.learn(step, ahead - gradient)
        else:
            found = objective.steering_pass(theta, _rough(factor))
            whole = cholesky_factor(found.curvature)
            if whole is None:
                return None
            factor, ahead, reach = whole, found.gradient, found.reach
            model, rate, before = Factored(factor, nothing), way * rate * bend, inf
        gradient = ahead
    return None


def without_errors(objective: Objective, ahead: Approach) -> Solution | None:
    """The maximum with no last look at the information, where the approach can prove that it exists; else None."""
    last = objective.light_pass(ahead.theta)
    half = triangular_solve(ahead.factor, last.gradient, transposed=True)
    step, decrement = -triangular_solve(ahead.factor, half), length(half)
    if not decrement * ahead.proof < CERTIFIED or decrement > NEAR:
        return None
    return Solution(
        theta=ahead.theta + step,
        loglik=-last.loss,
        termination=Termination.CONVERGED,
        passes=ahead.passes + 1,
        proof=Certificate(decrement, decrement * ahead.proof, step),
        information=Information(ahead.factor),
    )


def _rough(factor: Array | None) -> bool:
    """Whether single precision will do for the next curvature, by the last one."""
    return factor is not None and smallest_pivot(factor) > ROUGH


def _reach(small: Objective, factor: Array) -> float:
    """The largest change of a row's predictor by a way of one standard error: the longest of some rows in its metric."""
    outputs = small.likelihood.outputs
    p = factor.shape[0] // outputs
    inverse = triangular_inverse(factor)

    first = next(small.rows.blocks(0, 1))
    (block,) = every_nth_row(first, -(-first.y.size // FEW)).blocks
    X = small.columns(block)
    rows = [Dense(X.dot(inverse[a * p : (a + 1) * p])).squared_lengths() for a in range(outputs)]
    longest = block.maximum(np.max(rows, axis=0))
    return float(np.sqrt(longest)) if longest > 0.0 else inf


class Pilot(NamedTuple):
    """Where the pilot's rows have their maximum, (q,), and the triangle of their information."""

    theta: Array
    factor: Array


def _settled(small: Objective, theta: Array) -> Pilot | None:
    """Newton's steps on a pilot's rows, until they are small beside its own standard errors; from a pilot's own pilot."""
    before, rows, factor = inf, small.rows, None
    every = min(rows.n // max(FEWEST, 12 * theta.size), STAGE)
    if every >= 3:
        (some,) = total(rows, lambda block: (every_nth_row(block, every),))
        fewer = _settled(replace(small, rows=some.rows(rows.names, rows.intercept, rows.classes)), theta)
        if fewer is not None:
            theta, factor = fewer
    for _ in range(MAX_PILOT_PASSES):
        found = small.steering_pass(theta, _rough(factor))
        factor = cholesky_factor(found.curvature)
        if factor is None or smallest_pivot(factor) < MIN_CHOLESKY_PIVOT or not _seen(found.curvature):
            return None
        half = triangular_solve(factor, found.gradient, transposed=True)
        theta, way = theta - triangular_solve(factor, half), length(half)
        next_way = way if before == inf else way * min(1.0, way / before)
        if next_way <= SETTLED * np.sqrt(theta.size):
            return Pilot(theta, factor)
        if way > before:
            return None
        before = way
    return None
