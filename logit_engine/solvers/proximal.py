"""Proximal Newton for the lasso and the elastic net: a quadratic model of the smooth part, minimized with the kinks.

Each step minimizes g'd + d'Hd/2 + sum_j a_j |theta_j + d_j| exactly: an active-set method guesses which coefficients are
zero and the signs of the others from where each would go alone, solves for those by a Cholesky factor, and guesses again;
where the guesses go round in circles, coordinate descent takes over. Lee, Sun & Saunders (2014); Hintermueller, Ito &
Kunisch (2003); Friedman, Hastie & Tibshirani (2010).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.objective import Objective, smallest_pivot
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.newton import SMALLEST_STEP, Outcome, Solution
from logit_engine.solvers.triangular import cholesky_factor

GUESSES = 40
SWEEPS = 1000


@dataclass(frozen=True, slots=True)
class Proximal:
    """Settings: tolerance on the squared length of the step in standard errors, and the largest number of passes."""

    tolerance: float = 1e-24
    max_passes: int = 100

    def solve(self, objective: Objective, start: Array) -> Solution:
        """Minimize from start, (q,). The solution is free to move along the coefficients that are not zero."""
        penalty = objective.penalty
        if not isinstance(penalty, ElasticNet) or objective.fixed is not None:
            raise UsageError("this solver is for an elastic net, which does not go with linear constraints.")
        weights = penalty.l1 / np.tile(objective.coordinates.scale, objective.likelihood.outputs)
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
    """The d that minimizes the model, (q,)."""
    diagonal = np.maximum(np.diagonal(H), np.finfo(float).tiny)
    now, slope = theta, g
    for _ in range(GUESSES):
        alone = now - slope / diagonal
        signs = np.where(np.abs(alone) > weights / diagonal, np.sign(alone), 0.0)
        d = _with_signs(g, H, theta, weights, signs)
        if d is None:
            break
        now, slope = theta + d, g + H @ d
        if _optimal(now, slope, weights, signs):
            return d
    return _descended(g, H, theta, weights, diagonal)


def _with_signs(g: Array, H: Array, theta: Array, weights: Array, signs: Array) -> Array | None:
    """The minimum of the model among coefficients with these signs, zeros where they are zero; None if it is not unique."""
    on = np.flatnonzero(signs)
    d = np.where(signs == 0.0, -theta, 0.0)
    if on.size == 0:
        return d
    factor = cholesky_factor(H[np.ix_(on, on)])
    if factor is None or smallest_pivot(factor) < 1e-7:
        return None
    moved = np.flatnonzero(d)
    pull = g[on] + H[np.ix_(on, moved)] @ d[moved] + weights[on] * signs[on]
    half = solve_triangular(factor, pull, trans="T", check_finite=False)
    d[on] = -solve_triangular(factor, half, check_finite=False)
    return d


def _optimal(now: Array, slope: Array, weights: Array, signs: Array) -> bool:
    """Whether the signs were right, and no zero wants to move."""
    kinked = weights > 0.0
    agree = (np.sign(now) == signs) | ~kinked
    zero = signs == 0.0
    still = np.abs(slope[zero]) <= weights[zero] * (1.0 + 1e-12) + 1e-14 * np.abs(slope).max(initial=0.0)
    return bool(agree.all() and still.all())


def _descended(g: Array, H: Array, theta: Array, weights: Array, diagonal: Array) -> Array:
    """The same by coordinate descent, with the exact solution for its signs as soon as they are right."""
    d, slope = np.zeros_like(theta), g.copy()  # the slope of the smooth part at theta + d
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
        signs = np.sign(theta + d)
        exact = _with_signs(g, H, theta, weights, signs)
        if exact is not None and _optimal(theta + exact, g + H @ exact, weights, signs):
            return exact
        if largest <= 1e-26:
            break
    return np.where(theta + d == 0.0, -theta, d)
