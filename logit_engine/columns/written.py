"""Columns written out as numbers: rows scaled, and the Gram matrix of rows scaled a piece at a
time.
"""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Real

# scaled at a time for a Gram matrix: more would not stay in a core's cache, nor in its page table
MAX_SCALED_NUMBERS = 2**17


class WrittenColumns(Protocol):
    """Columns whose numbers are there to be written out. unit: (p,), powers of two, None for
    ones.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        ...

    @property
    def unit(self) -> Real | None:
        """What the numbers are in."""
        ...

    def fill_scaled(self, rows: slice, share: Array, out: NDArray[np.floating]) -> None:
        """Write some rows, in their own units, each times its share, (m, 1), into out, (m, p)."""
        ...


def written_gram(
    columns: WrittenColumns, w: Array, dtype: type[np.floating], order: Literal["C", "F"] = "C"
) -> Array:
    """X' diag(w) X, (p, p), by symmetric products of the rows scaled by sqrt(w).

    order: of the scaled rows in memory; that of X is the fastest.
    """
    p = columns.shape[1]
    product, root = np.zeros((p, p)), np.sqrt(w)[:, None]
    size = max(2 * p, MAX_SCALED_NUMBERS // max(p, 1))
    room = np.empty((min(w.size, size), p), dtype, order)
    for start in range(0, w.size, size):
        share = root[start : start + size]
        scaled = room[: share.shape[0]]
        columns.fill_scaled(slice(start, start + size), share, scaled)
        product += scaled.T @ scaled
    if columns.unit is not None:
        product /= columns.unit[:, None]
        product /= columns.unit
    return product


def scaled_rows(columns: WrittenColumns, w: Array, order: Literal["C", "F"] = "C") -> Array:
    """Each row times its w, (n, p), in units of one."""
    out = np.empty(columns.shape, order=order)
    columns.fill_scaled(slice(None), w[:, None], out)
    if columns.unit is not None:
        out /= columns.unit
    return out
