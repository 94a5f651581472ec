"""A pilot: the fit of a few rows, from which the fit of all needs only light passes and a last look at the information."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective import Objective, smallest_pivot
from logit_engine.penalties import NONE, ElasticNet, NoPenalty
from logit_engine.solvers.newton import SAFE_PIVOT
from logit_engine.solvers.triangular import cholesky_factor
from logit_engine.solvers.working_set import NARROW, WorkingSet

PILOT = 8192  # rows of a pilot fit, at least
RARE = 50  # rows of a class that a pilot's first block must hold
LEAST = 1e-2  # of the median: a column whose curvature is less has too few rows in a pilot
NEAR = 1e-9  # the residual at which Newton's method takes over
PATIENCE = 12  # light passes that may take


def sampled(n: int, coefficients: int) -> int | None:
    """Every how many-th of n rows a pilot takes; None where it would take too many, or the columns are too many."""
    every = n // max(PILOT, 50 * coefficients)
    return every if every >= 4 and coefficients <= NARROW else None


def piloted(loss: Objective, start: Array, kinks: ElasticNet) -> tuple[Array, Array | None]:
    """Where a fit of a few rows would start the fit of all, (q,), and about the curvature there, (q, q).

    Nothing rests on it: where the rows are few, or a class hardly there, it is the start itself.
    """
    few = loss.sample
    if few is None:
        return start, None
    small = replace(loss, rows=few, sample=None)
    block = next(few.blocks(0, 1))
    if loss.likelihood.class_weights(block.y, block.kept.astype(np.float64)).min() < RARE:
        return start, None
    share = few.n / loss.rows.n
    fits = WorkingSet(small, start[None].copy(), (-1,), kinks.times(share))
    if fits.settle(kinks.times(share), 1e-4, 50) > 1e-4:
        return start, None
    curvature = small.information(fits.thetas[0]) / share
    seen = np.diagonal(curvature) > LEAST * float(np.median(np.diagonal(curvature)))
    return (fits.thetas[0], curvature) if seen.all() else (start, None)  # rare levels would be far off


class Approach(NamedTuple):
    """A point near the maximum, (q,), a triangle that whitens the rows there, (p, p), and the passes it took."""

    theta: Array
    basis: Array
    passes: int


def approached(objective: Objective, start: Array) -> Approach | None:
    """Near the maximum by light passes; None where a pilot does not lead there, as with rare levels or separated classes."""
    likelihood = objective.likelihood
    smooth = isinstance(objective.penalty, NoPenalty) and objective.fixed is None
    if not smooth or likelihood.outputs > 1 or not likelihood.log_concave:
        return None
    nothing = ElasticNet(np.zeros_like(start), np.zeros_like(start))
    loss = replace(objective, penalty=NONE)
    theta, curvature = piloted(loss, start, nothing)
    if curvature is None:
        return None
    basis = cholesky_factor(curvature)
    if basis is None or smallest_pivot(basis) < SAFE_PIVOT:
        return None
    fits = WorkingSet(loss, theta[None].copy(), (-1,), nothing, curvature)
    if fits.settle(nothing, NEAR, PATIENCE) > NEAR:
        return None
    return Approach(fits.thetas[0], basis, fits.passes)
