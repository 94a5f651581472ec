"""The Gram matrix of columns written out as numbers, scaled a piece at a time."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Literal

import numpy as np

from logit_engine.columns.arrays import Array, Real

# scaled at a time for a Gram matrix: more would not stay in a core's cache, nor in its page table
MAX_SCALED_NUMBERS = 2**17


def written_gram(
    fill: Callable[[slice, Array, Any], None],
    w: Array,
    p: int,
    dtype: type[np.floating],
    order: Literal["C", "F"] = "C",
) -> Array:
    """X' diag(w) X, (p, p), by symmetric products of the rows scaled by sqrt(w).

    fill: writes some rows, times their shares, (m, 1), into an array, (m, p), of that order.
    """
    product, root = np.zeros((p, p)), np.sqrt(w)[:, None]
    size = max(2 * p, MAX_SCALED_NUMBERS // max(p, 1))
    room = np.empty((min(w.size, size), p), dtype, order)
    for start in range(0, w.size, size):
        share = root[start : start + size]
        scaled = room[: share.shape[0]]
        fill(slice(start, start + size), share, scaled)
        product += scaled.T @ scaled
    return product


def scaled_rows(parts: Sequence[Any], w: Array) -> Array:
    """Constants and dense columns side by side, each row times its w, (n, p), in units of one."""
    widths = [part.shape[1] for part in parts]
    out = np.empty((w.size, sum(widths)))
    for part, stop, width in zip(parts, accumulate(widths), widths, strict=True):
        into = out[:, stop - width : stop]
        part.fill_scaled(slice(None), w[:, None], into)
        unit = getattr(part, "unit", None)
        if unit is not None:
            into /= unit
    return out


def divide_by_units(product: Array, unit: Real | None, at: slice = slice(None)) -> None:
    """Divide some rows and columns of a Gram matrix, (p, p), by their units, None for ones."""
    if unit is not None:
        product[at] /= unit[:, None]
        product[:, at] /= unit
