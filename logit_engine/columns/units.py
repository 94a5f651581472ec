"""Units of columns, powers of two, and sums by code."""

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Real

# sums of products in units between these cannot overflow, so the division waits for their end
SAFE_UNITS = (2.0**-200, 2.0**200)


def in_units(values: Array, unit: Real | None) -> Array:
    """values / unit along the first axis; (p[, k]), unit: (p,) or None for ones."""
    return values if unit is None else np.asarray((values.T / unit).T)


def bincount(codes: NDArray[np.integer], w: Array, size: int) -> Array:
    """Sums of w, (n,), by code, (size,)."""
    return np.asarray(np.bincount(codes, w, size), dtype=np.float64)
