"""Columns written out as an array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Real
from logit_engine.columns.moments import (
    Moments,
    Ranges,
    mean_and_square,
    sample_quartiles,
    sides,
)
from logit_engine.columns.protocol import Columns
from logit_engine.columns.units import SAFE_UNITS, bincount, in_units
from logit_engine.columns.written import written_gram


@dataclass(frozen=True, slots=True)
class Dense:
    """A plain array, (n, p), of any numeric type and memory order, in units (p,): X / unit, powers
    of two.

    The division is made on the small side of each product, which is exact, and leaves X where it
    is.
    """

    X: NDArray[np.floating | np.integer]
    unit: Real | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.X.shape[0], self.X.shape[1]

    def dot(self, theta: Array) -> Array:
        """X theta."""
        return np.asarray(self.X @ in_units(theta, self.unit))

    def transpose_dot(self, r: Array) -> Array:
        """X' r."""
        return in_units(np.asarray(self.X.T @ r), self.unit)

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """X' diag(w) X by symmetric products of the rows scaled by sqrt(w)."""
        order: Literal["C", "F"] = "C" if self.X.flags.c_contiguous else "F"
        return written_gram(self, w, dtype, order)

    def fill_scaled(self, rows: slice, share: Array, out: NDArray[np.floating]) -> None:
        """Write some rows of X, in its own units, each times its share, (m, 1), into out, (m,
        p).
        """
        np.multiply(self.X[rows], share, out=out, casting="same_kind")

    def gram_diagonal(self, w: Array) -> Array:
        """Sums of w x^2, (p,)."""
        return in_units(in_units(np.einsum("ij,ij,i->j", self.X, self.X, w), self.unit), self.unit)

    def group_sums(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group, a column at a time."""
        return in_units(
            np.stack([bincount(groups, r * column, count) for column in self.X.T]), self.unit
        ).T

    def to_inner(self, center: Real, scale: Real) -> Columns:
        """Centered and scaled; written out, row by row in the center's type, unless X is that
        already.
        """
        mild = bool(((scale > SAFE_UNITS[0]) & (scale < SAFE_UNITS[1])).all())
        unit = None if (scale == 1.0).all() else scale
        if mild and not center.any() and self.X.dtype == center.dtype and self.X.flags.c_contiguous:
            return Dense(self.X, unit)
        out: Array = np.empty(self.shape, dtype=center.dtype)
        # column after column in memory: twice as fast as all at once
        if self.X.strides[0] < self.X.strides[1]:
            for j, column in enumerate(self.X.T):
                np.subtract(column, center[j], out=out[:, j])
        else:
            np.subtract(self.X, center, out=out)
        if mild:
            return Dense(out, unit)
        out /= scale
        return Dense(out)

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the columns, copied."""
        return Dense(self.X[:, which], None if self.unit is None else self.unit[which])

    def squared_lengths(self) -> Array:
        """Sums of squares by row, (n,), in the columns' units."""
        if self.unit is None:
            return np.asarray(np.einsum("ij,ij->i", self.X, self.X))
        return np.asarray(np.einsum("ij,ij,j->i", self.X, self.X, 1.0 / np.square(self.unit)))

    def row_forms(self, V: Array) -> Array:
        """Each row times its product with V."""
        V = in_units(in_units(V, self.unit).T, self.unit)
        return np.asarray(np.einsum("ij,ij->i", self.X @ V, self.X))

    @property
    def as_written(self) -> "Dense":
        """Itself."""
        return self

    @property
    def has_sparse(self) -> bool:
        """False."""
        return False

    @property
    def unlocked_columns(self) -> int:
        """All."""
        return self.shape[1]

    @property
    def row_size(self) -> int:
        """One for each column."""
        return self.shape[1]

    @property
    def least_gram_rows(self) -> int:
        """0."""
        return 0

    def slice_rows(self, rows: slice) -> "Dense":
        """Some of the rows, as a view."""
        return Dense(self.X[rows], self.unit)

    def copy_rows(self, rows: slice | NDArray[np.intp]) -> "Dense":
        """Some of the rows of X, copied in C order."""
        return Dense(np.array(self.X[rows], order="C"))

    def stack(self, others: Sequence["Dense"]) -> "Dense":
        """All rows in one array, in the units of the first."""
        return Dense(np.concatenate([self.X, *(other.X for other in others)]), self.unit)

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """Mean and spread of each column."""
        # one order: sums of another would differ in their last bit
        X = np.asarray(self.X, dtype=np.float64, order="C")
        rows = X if keep is None else X[keep]
        mean, square = mean_and_square(rows)
        return Moments(
            rows.shape[0], mean, square, (), np.zeros(mean.size, dtype=bool), sample_quartiles(rows)
        )

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """The range of each column beside each outcome."""
        parts = [
            np.take(self.X, np.flatnonzero(side), axis=0).astype(np.float64)
            for side in sides(y, keep)
        ]
        counts = np.array([part.shape[0] for part in parts], dtype=np.float64)
        return Ranges(
            low=np.stack([part.min(axis=0, initial=np.inf) for part in parts]),
            high=np.stack([part.max(axis=0, initial=-np.inf) for part in parts]),
            events=np.repeat(counts[:, None], self.X.shape[1], axis=1),
            total=counts,
            level_spans=(),
        )
