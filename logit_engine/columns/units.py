"""Units of columns, powers of two, and sums by code."""

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Codes, Real

# sums of products in units between these cannot overflow, so the division waits for their end
SAFE_UNITS = (2.0**-200, 2.0**200)


def in_units(values: Array, unit: Real | None) -> Array:
    """values / unit along the first axis; (p[, k]), unit: (p,) or None for ones."""
    return values if unit is None else np.asarray((values.T / unit).T)


def joint_codes(left: Codes, right: Codes, widths: tuple[int, int]) -> Codes:
    """left * widths[1] + right, (n,): a code of each pair; in the codes' own type if that holds it,
    which is three times as fast.
    """
    own = widths[0] * widths[1] <= np.iinfo(left.dtype).max
    return (left if own else left.astype(np.int64)) * left.dtype.type(widths[1]) + right


def bincount(codes: NDArray[np.integer], w: Array, size: int) -> Array:
    """Sums of w, (n,), by code, (size,)."""
    return np.asarray(np.bincount(codes, w, size), dtype=np.float64)
