"""Proximal Newton for the lasso: a quadratic model of the likelihood, minimized with the penalty by coordinate descent.

Each step minimizes g'd + d'Hd/2 + sum_j a_j |theta_j + d_j| exactly: coordinate descent finds which coefficients are zero
and the signs of the others, and a Cholesky factor solves for those. Lee, Sun & Saunders (2014); Friedman, Hastie &
Tibshirani (2010).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.objective import Objective
from logit_engine.penalties import L1
from logit_engine.solvers.newton import SMALLEST_STEP, Outcome, Solution
from logit_engine.solvers.triangular import cholesky_factor

SWEEPS = 1000


@dataclass(frozen=True, slots=True)
class Proximal:
    """Settings: tolerance on the squared length of the step in standard errors, and the largest number of passes."""

    tolerance: float = 1e-24
    max_passes: int = 100

    def solve(self, objective: Objective, start: Array) -> Solution:
        """Minimize from start, (q,). The solution is free to move along the coefficients that are not zero."""
        penalty = objective.penalty
        if not isinstance(penalty, L1) or objective.fixed is not None:
            raise UsageError("this solver is for an l1 penalty, which does not go with linear constraints.")
        weights = penalty.strength / np.tile(objective.coordinates.scale, objective.likelihood.outputs)
        theta, evaluation = start, objective.evaluate(start)
        decrement = np.inf
        outcome = Outcome.ITERATIONS
        passes = 0
        while passes < self.max_passes:
            passes += 1
            d = _step(evaluation.gradient, evaluation.curvature, theta, weights)
            before, decrement = decrement, float(np.sqrt(max(0.0, float(d @ evaluation.curvature @ d))))
            small = decrement**2 <= self.tolerance
            stalled = decrement <= 1e-6 and decrement > 0.5 * before
            if small or stalled:
                outcome = Outcome.CONVERGED
                break
            value, target, share = evaluation.value, theta + d, 1.0
            ahead = objective.evaluate(target)
            while not ahead.value <= value + 1e-12 * abs(value) and share > SMALLEST_STEP:
                share *= 0.5
                ahead = objective.evaluate(theta + share * d)
            if share <= SMALLEST_STEP:
                outcome = Outcome.NO_ASCENT
                break
            theta, evaluation = (target if share == 1.0 else theta + share * d), ahead
        support = np.flatnonzero(theta)
        free = np.eye(theta.size)[:, support]
        factor = cholesky_factor(evaluation.curvature[np.ix_(support, support)])
        return Solution(
            theta=theta,
            factor=np.full((support.size, support.size), np.nan) if factor is None else factor,
            basis=None,
            free=free,
            next_basis=None,
            loglik=evaluation.loglik,
            decrement=decrement,
            certificate=np.inf,
            direction=np.zeros_like(theta),
            outcome=outcome if factor is not None else Outcome.SINGULAR,
            passes=passes + 1,  # not one: that would say the columns are aliased
            observed=True,
        )


def _step(g: Array, H: Array, theta: Array, weights: Array) -> Array:
    """The d that minimizes the model, (q,): by coordinate descent, then exactly where that keeps every sign."""
    d = np.zeros_like(theta)
    slope = g.copy()  # of the smooth part at theta + d
    diagonal = np.maximum(np.diagonal(H), np.finfo(float).tiny)
    for _ in range(SWEEPS):
        largest = 0.0
        for j in range(theta.size):
            at = theta[j] + d[j]
            aim = at - slope[j] / diagonal[j]
            new = np.sign(aim) * max(abs(aim) - weights[j] / diagonal[j], 0.0)
            change = new - at
            if change != 0.0:
                slope += H[:, j] * change
                d[j] += change
                largest = max(largest, change * change * diagonal[j])
        exact = _exact(g, H, theta, weights, theta + d)
        if exact is not None:
            return exact
        if largest <= 1e-20:
            break
    return np.where(theta + d == 0.0, -theta, d)


def _exact(g: Array, H: Array, theta: Array, weights: Array, now: Array) -> Array | None:
    """The minimum of the model with the signs of `now`, if it has them and no zero wants to move; else None."""
    on: NDArray[np.intp] = np.flatnonzero(now)
    sign = np.sign(now[on])
    factor = cholesky_factor(H[np.ix_(on, on)]) if on.size else np.zeros((0, 0))
    if factor is None:
        return None
    off = now == 0.0
    d = np.where(off, -theta, 0.0)
    pull = g[on] + H[np.ix_(on, np.flatnonzero(off))] @ d[off] + weights[on] * sign
    half = solve_triangular(factor, pull, trans="T", check_finite=False)
    d[on] = -solve_triangular(factor, half, check_finite=False)
    kept = np.sign(theta[on] + d[on]) == np.where(weights[on] > 0.0, sign, np.sign(theta[on] + d[on]))
    slope = np.abs(g + H @ d)[off]
    still = slope <= weights[off] + 1e-12 * np.abs(g[off]).max(initial=0.0)
    return d if bool(kept.all() and still.all()) else None
