"""The strengths between which a ridge matters: from the curvature of the loss at the null model.

A ridge of strength s keeps the share m / (m + s) of a direction in which the loss has m times the
ridge's curvature. So it crushes every direction well above the largest m, and leaves every one
alone well below the smallest. Directions along which the loss does not curve have no m: a ridge of
any strength decides them. Hastie, Tibshirani & Friedman (2009), 3.4.1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.fitting.preparation import Preparation, prepare
from logit_engine.likelihoods import Likelihood
from logit_engine.penalties import ElasticNet
from logit_engine.rows import Rows, cores, one_blas_thread

MAX_SPECTRUM_SIZE = 1000  # coefficients; of more, the curvature of each alone is looked at
MIN_CURVATURE_SHARE = 1e-12  # of the largest curvature; a smaller one is rounding


class RidgeRange(NamedTuple):
    """The multiples of a ridge, on the sum of the rows, that equal the loss's least curvature and
    its largest; one if the loss does not curve.
    """

    weakest: float
    strongest: float


def ridge_range(
    rows: Rows, likelihood: Likelihood, unit: ElasticNet, threads: int | None = None
) -> RidgeRange:
    """The range of multiples of a penalty without kinks, unit.

    Raises DataError and UsageError as `fit` does.
    """
    with one_blas_thread():
        begun = prepare(rows, likelihood, unit, threads or cores())
        scale = np.tile(begun.objective.coordinates.scale, likelihood.outputs)
        ridge = unit.in_units(scale)
        if scale.size > MAX_SPECTRUM_SIZE:
            own = ridge.curvature_diagonal
            return _range_of(_own_curvatures(begun)[own > 0.0] / own[own > 0.0])
        H = begun.objective.information(begun.start)
        return _spectrum_range(_curvature_left(H, ridge.penalized_curvature(np.zeros_like(H))))


def _curvature_left(H: Array, ridge: Array) -> Array:
    """A curvature, (q, q), along the directions of a ridge, in coordinates in which the ridge is
    the identity, (m, m).

    Constants, and all other directions that no ridge is on, give way.
    """
    own = np.diagonal(ridge)
    length = np.sqrt(np.where(own > 0.0, own, 1.0))
    share, directions = np.linalg.eigh(ridge / length / length[:, None])
    H = directions.T @ (H / length / length[:, None]) @ directions
    held = share > MIN_CURVATURE_SHARE
    cross, free = H[np.ix_(~held, held)], H[np.ix_(~held, ~held)]
    left = H[np.ix_(held, held)] - cross.T @ np.linalg.lstsq(free, cross, rcond=None)[0]
    root = np.sqrt(share[held])
    return np.asarray(left / root / root[:, None])


def _spectrum_range(curvature: Array) -> RidgeRange:
    """The range of the eigenvalues of a curvature, (m, m).

    If rounding hides the least one, because units differ or columns depend on each other, a bound
    from below stands in its place: the least eigenvalue among directions of one length, times the
    least curvature of a direction.
    """
    own = np.diagonal(curvature)
    curvature, own = curvature[np.ix_(own > 0.0, own > 0.0)], own[own > 0.0]
    spectrum = np.linalg.eigvalsh(curvature)
    found = _range_of(spectrum)
    if (spectrum > MIN_CURVATURE_SHARE * found.strongest).all():
        return found
    length = np.sqrt(own)
    of_one_length = _range_of(np.linalg.eigvalsh(curvature / length / length[:, None]))
    return RidgeRange(of_one_length.weakest * float(own.min()), found.strongest)


def _range_of(curvatures: NDArray[np.floating]) -> RidgeRange:
    """The least and the largest of what is no rounding."""
    largest = float(curvatures.max(initial=0.0))
    if largest <= 0.0:
        return RidgeRange(1.0, 1.0)
    return RidgeRange(float(curvatures[curvatures > MIN_CURVATURE_SHARE * largest].min()), largest)


def _own_curvatures(begun: Preparation) -> Array:
    """The loss's curvature at the null model along each coefficient, (q,), by columns' spreads."""
    objective, moments = begun.objective, begun.first.moments
    scale, likelihood = objective.coordinates.scale, objective.likelihood
    constants = begun.null.constants
    at_null = likelihood.expected(constants if constants.size == 1 else constants[None])
    of_row = np.diagonal(at_null.reshape(constants.size, constants.size))
    spread = moments.square / max(moments.n, 1) / np.square(scale)
    return np.outer(objective.weight * of_row, spread).reshape(-1)
