"""The Gram matrix of columns written out as numbers, scaled a piece at a time."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from logit_engine.columns.arrays import Array

# scaled at a time for a Gram matrix: more would not stay in a core's cache, nor in its page table
MAX_SCALED_NUMBERS = 2**17


def written_gram(parts: Sequence[Any], w: Array, dtype: type[np.floating]) -> Array:
    """X' diag(w) X of constants and dense columns side by side, (p, p), by symmetric products.

    parts: each with `fill_scaled`, which writes rows times sqrt(w) into one piece after another.
    """
    widths = [part.shape[1] for part in parts]
    p, root = sum(widths), np.sqrt(w)
    product = np.zeros((p, p))
    size = max(p // 2, MAX_SCALED_NUMBERS // max(p, 1))
    room = np.empty((min(w.size, size), p), dtype=dtype)
    for start in range(0, w.size, size):
        rows = slice(start, start + size)
        share = root[rows, None]
        scaled = room[: share.size]
        for part, stop, width in zip(parts, accumulate(widths), widths, strict=True):
            into = scaled[:, stop - width : stop]
            part.fill_scaled(rows, share, into)
        product += scaled.T @ scaled
    units = [getattr(part, "unit", None) for part in parts]
    for unit, stop, width in zip(units, accumulate(widths), widths, strict=True):
        if unit is not None:
            product[stop - width : stop] /= unit[:, None]
            product[:, stop - width : stop] /= unit
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
