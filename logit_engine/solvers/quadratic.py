"""The minimum of a quadratic model with kinks and bounds: g'd + d'Hd/2 + sum_j l1_j |theta_j + d_j| within bounds.

An active-set method guesses which coefficients stay at a kink or a bound, and the signs of the others, from where each would
go alone; solves for the others by a Cholesky factor; and guesses again until the guess repeats itself, which proves the
minimum. Where guesses go round in circles, coordinate descent takes over. Hintermueller, Ito & Kunisch (2003).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.penalties import ElasticNet
from logit_engine.triangles import cholesky_factor

GUESSES = 40
SWEEPS = 200
TIE = 1e-12  # a slope this close to its kink stays there


def model_step(g: Array, H: Array, theta: Array, kinks: ElasticNet) -> Array:
    """The d that minimizes the model, (q,); g, H: slope and curvature of the smooth part at theta."""
    diagonal = np.maximum(np.diagonal(H), np.finfo(float).tiny)
    now, slope = theta, g
    before: Array | None = None
    for _ in range(GUESSES):
        alone = kinks.nearest(now - slope / diagonal, diagonal, TIE)
        held = kinks.holds(alone)
        guess = np.where(held, alone, np.copysign(np.inf, alone))
        if before is not None and np.array_equal(guess, before):
            return now - theta
        before = guess
        d = _given(g, H, theta, kinks, held, alone)
        now, slope = theta + d, g + H @ d
    return _descended(g, H, theta, kinks, diagonal)


def _given(g: Array, H: Array, theta: Array, kinks: ElasticNet, held: NDArray[np.bool_], alone: Array) -> Array:
    """The minimum of the model where some coefficients are held at their values in alone and the others keep their signs."""
    d = np.where(held, alone - theta, 0.0)
    on = np.flatnonzero(~held)
    if on.size == 0:
        return d
    pull = (g + kinks.pull(alone))[on]
    moved = np.flatnonzero(d)
    if moved.size:
        pull = pull + H[np.ix_(on, moved)] @ d[moved]
    inner = H if on.size == theta.size else H[np.ix_(on, on)]
    factor = cholesky_factor(inner)
    if factor is None:  # more columns than rows, or curvature lost: a little ridge makes the guess unique
        factor = cholesky_factor(inner + np.diag(1e-8 * np.diagonal(inner) + np.finfo(float).tiny))
    if factor is not None:
        half = solve_triangular(factor, pull, trans="T", check_finite=False)
        d[on] = -solve_triangular(factor, half, check_finite=False)
    return d


def _descended(g: Array, H: Array, theta: Array, kinks: ElasticNet, diagonal: Array) -> Array:
    """The same by coordinate descent."""
    d, slope = np.zeros_like(theta), g.copy()  # the slope of the smooth part at theta + d
    for _ in range(SWEEPS):
        largest = 0.0
        for j in range(theta.size):
            at = theta[j] + d[j]
            change = (
                float(kinks.some(np.array([j])).nearest(np.array([at - slope[j] / diagonal[j]]), diagonal[[j]])[0]) - at
            )
            if change != 0.0:
                slope += H[:, j] * change
                d[j] += change
                largest = max(largest, change * change * diagonal[j])
        if largest <= 1e-26:
            break
    return np.where(theta + d == 0.0, -theta, d)
