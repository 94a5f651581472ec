"""A categorical as the codes of its levels.

A categorical with L columns is its codes: code j < L is column j, code L is the reference level,
which has no column; it is never expanded to one-hot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Codes, Real
from logit_engine.columns.moments import (
    Moments,
    Ranges,
    no_quartiles,
    sides,
)
from logit_engine.columns.protocol import Columns
from logit_engine.columns.units import bincount


@dataclass(frozen=True, slots=True)
class Coded:
    """A categorical by its codes, (n,), 0..width; code `width` is the reference level and has no
    column.
    """

    codes: Codes
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.codes.size, self.width

    def dot(self, theta: Array) -> Array:
        """The coefficient of each row's level, zero for the reference."""
        return np.concatenate([theta, np.zeros_like(theta[:1])]).take(self.codes, axis=0)

    def transpose_dot(self, r: Array) -> Array:
        """Sums of r by level."""
        if r.ndim == 1:
            return bincount(self.codes, r, self.width + 1)[: self.width]
        from scipy.sparse import csc_array

        # column i has a one in row codes[i]: all columns of r are summed at once
        levels: Any = csc_array((self.width + 1, self.codes.size), dtype=np.float64)
        levels.data = np.ones(self.codes.size)
        levels.indices = self.codes
        levels.indptr = np.arange(self.codes.size + 1, dtype=self.codes.dtype)
        return np.asarray((levels @ r)[: self.width])

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """The diagonal matrix of the sums of w by level."""
        return np.diag(self.transpose_dot(w))

    def gram_diagonal(self, w: Array) -> Array:
        """The sums of w by level."""
        return self.transpose_dot(w)

    def group_sums(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """Sums of r by group and level, from their joint codes."""
        joint = groups * (self.width + 1) + self.codes
        return bincount(joint, r, count * (self.width + 1)).reshape(count, self.width + 1)[
            :, : self.width
        ]

    def to_inner(self, center: Real, scale: Real) -> "Coded":
        """Itself: codes are neither centered nor scaled."""
        return self

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the levels; all others join the reference, whose coefficient is zero."""
        code = np.full(self.width + 1, which.size, dtype=self.codes.dtype)
        code[which] = np.arange(which.size)
        return Coded(code[self.codes], which.size)

    def squared_lengths(self) -> Array:
        """One for a row with a column, zero for one at the reference, (n,)."""
        return (self.codes < self.width).astype(np.float64)

    def row_forms(self, V: Array) -> Array:
        """The diagonal number of each row's level."""
        return self.dot(np.diagonal(V))

    @property
    def as_written(self) -> None:
        """None."""
        return None

    @property
    def has_sparse(self) -> bool:
        """False."""
        return False

    @property
    def unlocked_columns(self) -> int:
        """0: `bincount` holds the interpreter's lock."""
        return 0

    @property
    def row_size(self) -> int:
        """1."""
        return 1

    @property
    def least_gram_rows(self) -> int:
        """As many as the matrix has numbers."""
        return self.width * self.width

    def slice_rows(self, rows: slice) -> "Coded":
        """Some of the codes, as a view."""
        return Coded(self.codes[rows], self.width)

    def copy_rows(self, rows: slice | NDArray[np.intp]) -> "Coded":
        """Some of the codes, copied."""
        return Coded(self.codes[rows].copy(), self.width)

    def stack(self, others: Sequence["Coded"]) -> "Coded":
        """All codes in one array."""
        return Coded(np.concatenate([self.codes, *(other.codes for other in others)]), self.width)

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """The share of each level's rows."""
        kept = np.ones(self.codes.size) if keep is None else keep.astype(np.float64)
        n = int(kept.sum())
        mean = self.transpose_dot(kept) / max(n, 1)
        codes = ((0, self.width),)
        dense = np.zeros(self.width, dtype=bool)
        return Moments(n, mean, n * mean * (1.0 - mean), codes, dense, no_quartiles(self.width))

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """Rows of each level by outcome."""
        both = sides(y, keep)
        total = np.array([side.sum() for side in both], dtype=np.float64)
        events = np.stack([self.transpose_dot(side.astype(np.float64)) for side in both])
        return Ranges(
            low=np.where(events < total[:, None], 0.0, np.where(events > 0.0, 1.0, np.inf)),
            high=np.where(events > 0.0, 1.0, np.where(total[:, None] > 0.0, 0.0, -np.inf)),
            events=events,
            total=total,
            level_spans=((0, self.width),),
        )
