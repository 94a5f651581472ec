"""The parts of the delta method: sums of derivatives over rows, standard errors and intervals."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.columns import Array
from logit_engine.errors import UsageError

MAX_UNKNOWN_SHARE = 1e-6  # of the largest derivative: above it an unknown coefficient counts
MAX_BLOCK_NUMBERS = 2**17  # of the largest array that a block of rows may need: one megabyte


def row_blocks(n: int, width: int) -> Iterator[slice]:
    """Slices of n rows, each of so many that an array of `width` numbers a row stays small."""
    size = max(16, MAX_BLOCK_NUMBERS // width)
    return (slice(start, start + size) for start in range(0, n, size))


def weighted_sums(curve: Array, share: Array, X: Array) -> Array:
    """The sum over rows of share, (n,), times curve, (n, ...), times the row of X: (..., p)."""
    flat = share[:, None] * curve.reshape(curve.shape[0], -1)
    return np.asarray((flat.T @ X).reshape(*curve.shape[1:], X.shape[1]))


def known_covariance(covariance: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The covariance with zeros in place of nan, and which variances are nan, (q,)."""
    unknown = np.isnan(np.diagonal(covariance))
    return (
        np.where(unknown[:, None] | unknown, 0.0, covariance) if unknown.any() else covariance
    ), unknown


def delta_covariance(J: Array, covariance: Array, params: Array) -> Array:
    """J V J', (m, m), of derivatives J, (m, q), at params, (q,).

    It is nan where a row of J moves with a coefficient whose variance is nan: where the derivative
    in its logarithm is over a millionth of the largest. Along a coefficient that separation sends
    to infinity the probabilities have stopped moving.
    """
    V, unknown = known_covariance(covariance)
    size = np.abs(J * params)
    moves = size[:, unknown].max(axis=1, initial=0.0) > MAX_UNKNOWN_SHARE * size.max(
        axis=1, initial=0.0
    )
    out = J @ V @ J.T
    out[moves], out[:, moves] = np.nan, np.nan
    return np.asarray(out)


def standard_errors(variances: Array) -> Array:
    """Standard errors; a variance of zero may have been rounded below it."""
    return np.sqrt(np.maximum(variances, 0.0))


def two_sided_p_values(z: Array, df: float | None = None) -> Array:
    """P-values of z on both sides, of Student's t with df, or normal."""
    tail = -np.abs(z)
    return np.asarray(2.0 * (special.ndtr(tail) if df is None else special.stdtr(df, tail)))


def wald_interval(center: Array, std_errors: Array, level: float, df: float | None = None) -> Array:
    """Intervals around estimates of any shape, (..., 2), of Student's t with df, or normal.

    Raises UsageError unless 0 < level < 1.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(
            f"the level of an interval is {level:g}; give a number between 0 and 1, such as 0.95."
        )
    tail = 0.5 - 0.5 * level
    reach = -(special.ndtri(tail) if df is None else special.stdtrit(df, tail)) * std_errors
    return np.stack([center - reach, center + reach], axis=-1)
