"""A column of ones that takes no memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Real
from logit_engine.columns.dense import Dense
from logit_engine.columns.moments import (
    Moments,
    Ranges,
    no_quartiles,
)
from logit_engine.columns.protocol import Columns
from logit_engine.columns.units import bincount


@dataclass(frozen=True, slots=True)
class Constant:
    """A column of ones, (n, 1), which takes no memory."""

    rows: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, one."""
        return self.rows, 1

    def dot(self, theta: Array) -> Array:
        """Theta, for every row."""
        return np.repeat(theta, self.rows, axis=0)

    def transpose_dot(self, r: Array) -> Array:
        """The sums of r, pairwise: of rows sorted by outcome a running sum would lose three
        digits.
        """
        if r.ndim == 1:
            return np.asarray(r.sum(keepdims=True))
        return np.asarray(np.ascontiguousarray(r.T).sum(axis=1)[None])

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """The sum of w, (1, 1)."""
        return np.array([[w.sum()]])

    def fill_scaled(self, rows: slice, share: Array, out: NDArray[np.floating]) -> None:
        """Write some rows, each times its share, (m, 1), into out, (m, 1)."""
        out[:] = share

    def gram_diagonal(self, w: Array) -> Array:
        """The sum of w, (1,)."""
        return np.array([w.sum()])

    def group_sums(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """Sums of r by group, (count, 1)."""
        return bincount(groups, r, count)[:, None]

    def to_inner(self, center: Real, scale: Real) -> Columns:
        """Itself, in its own units."""
        own = center[0] == 0.0 and scale[0] == 1.0
        return self if own else Dense(np.ones((self.rows, 1))).to_inner(center, scale)

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Itself, or nothing of it."""
        return self if which.size else Dense(np.empty((self.rows, 0)))

    def squared_lengths(self) -> Array:
        """Ones, (n,)."""
        return np.ones(self.rows)

    def row_forms(self, V: Array) -> Array:
        """V's only number, for every row."""
        return np.full(self.rows, V[0, 0])

    @property
    def unit(self) -> None:
        """None: ones are in units of one."""
        return None

    @property
    def as_written(self) -> "Constant":
        """Itself."""
        return self

    @property
    def has_sparse(self) -> bool:
        """False."""
        return False

    @property
    def unlocked_columns(self) -> int:
        """1."""
        return 1

    @property
    def row_size(self) -> int:
        """0."""
        return 0

    @property
    def least_gram_rows(self) -> int:
        """0."""
        return 0

    def slice_rows(self, rows: slice) -> "Constant":
        """Fewer ones."""
        return Constant(len(range(*rows.indices(self.rows))))

    def copy_rows(self, rows: slice | NDArray[np.intp]) -> "Constant":
        """Fewer ones."""
        return self.slice_rows(rows) if isinstance(rows, slice) else Constant(rows.size)

    def stack(self, others: Sequence["Constant"]) -> "Constant":
        """More ones."""
        return Constant(self.rows + sum(other.rows for other in others))

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """Those of ones."""
        n = self.rows if keep is None else int(keep.sum())
        return Moments(n, np.ones(1), np.zeros(1), (), np.zeros(1, dtype=bool), no_quartiles(1))

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """Those of ones."""
        return Dense(np.ones((self.rows, 1))).ranges(y, keep)
