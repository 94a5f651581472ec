"""The minimum of a quadratic model with kinks and bounds: g'd + d'Hd/2 + sum_j l1_j |theta_j + d_j| within bounds.

An active-set method guesses which coefficients stay at a kink or a bound, and the signs of the others, from where each would
go alone; solves for the others by a Cholesky factor; and guesses again until the guess repeats itself, which proves the
minimum. Where guesses go round in circles, a few sweeps of coordinate descent lead them out. Hintermueller, Ito
& Kunisch (2003).
"""

from math import copysign

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.penalties import ElasticNet
from logit_engine.triangles import cholesky_factor

GUESSES = 20  # before a few sweeps of coordinate descent, after which guesses start afresh
FEW = 5  # sweeps
ROUNDS = 10
SWEEPS = 200  # where guesses never settle
TIE = 1e-12  # a slope this close to its kink stays there


def model_step(g: Array, H: Array, theta: Array, kinks: ElasticNet) -> Array:
    """The d that minimizes the model, (q,); g, H: slope and curvature of the smooth part at theta."""
    diagonal = np.maximum(np.diagonal(H), np.finfo(float).tiny)
    safe, now, slope = theta, theta, g
    for _ in range(ROUNDS):
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
        safe = now = _descended(g + H @ (safe - theta), H, safe, kinks, diagonal, FEW)
        slope = g + H @ (now - theta)
    now = _descended(slope, H, safe, kinks, diagonal, SWEEPS)
    return np.where(now == 0.0, -theta, now - theta)


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


def _descended(slope: Array, H: Array, now: Array, kinks: ElasticNet, diagonal: Array, sweeps: int) -> Array:
    """Where so many sweeps of coordinate descent lead from a point, (q,), at which the smooth part has this slope."""
    point, slope = now.copy(), slope.copy()
    l1, open_ = kinks.l1.tolist(), np.full(now.size, np.inf)
    low = (-open_ if kinks.low is None else kinks.low).tolist()
    high = (open_ if kinks.high is None else kinks.high).tolist()
    size, columns = diagonal.tolist(), H.T
    for _ in range(sweeps):
        largest = 0.0
        for j in range(now.size):
            at = float(point[j])
            x = at - float(slope[j]) / size[j]
            new = min(max(copysign(max(abs(x) - l1[j] / size[j], 0.0), x), low[j]), high[j])
            if new != at:
                slope += columns[j] * (new - at)
                point[j] = new
                largest = max(largest, (new - at) ** 2 * size[j])
        if largest <= 1e-26:
            break
    return point
