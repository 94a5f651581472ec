"""Columns that are mostly zeros, as a scipy.sparse array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Real
from logit_engine.columns.dense import Dense
from logit_engine.columns.moments import (
    Moments,
    Ranges,
    no_quartiles,
    sides,
    sparse_range,
)
from logit_engine.columns.protocol import Columns
from logit_engine.columns.units import bincount, in_units

# of a sparse array that keeps a dense copy; making the copy takes as long as using it
MAX_DENSE_NUMBERS = 2**18
DENSE_GRAM_SHARE = 0.08  # of entries that are not zero: above it a dense Gram matrix is faster


@dataclass(frozen=True, slots=True)
class Sparse:
    """A scipy.sparse CSR array, (n, p), in units as `Dense` has them; it is not centered, so that
    its zeros stay zero.

    T: its transpose, if it is at hand: SciPy would make a new one, and would copy a view.
    dense_copy: its numbers as an array for Gram matrices, if they are at hand.
    """

    X: Any
    unit: Real | None = None
    T: Any = None
    dense_copy: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.X.shape[0], self.X.shape[1]

    def dot(self, theta: Array) -> Array:
        """X theta."""
        return np.asarray(self.X @ in_units(theta, self.unit))

    def transpose_dot(self, r: Array) -> Array:
        """X' r."""
        return in_units(np.asarray((self.X.T if self.T is None else self.T) @ r), self.unit)

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """X' diag(w) X, by a sparse product where that is the cheaper one."""
        if is_filled(self.X):
            return Dense(
                self.X.toarray() if self.dense_copy is None else self.dense_copy, self.unit
            ).gram(w, dtype)
        product = np.asarray((self.X.T @ self.X.multiply(w[:, None]).tocsr()).toarray())
        return in_units(in_units(product, self.unit).T, self.unit)

    def gram_diagonal(self, w: Array) -> Array:
        """Sums of w x^2, (p,)."""
        return in_units(in_units(np.asarray(self.X.power(2).T @ w), self.unit), self.unit)

    def group_sums(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group."""
        return Dense(self.X.toarray(), self.unit).group_sums(r, groups, count)

    def to_inner(self, center: Real, scale: Real) -> Columns:
        """Scaled; written out only where centers or extended precision ask for it."""
        if center.any() or center.dtype != self.X.dtype:
            return Dense(self.X.toarray()).to_inner(center, scale)
        return Sparse(self.X, scale, self.T, self.dense_copy)

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the columns, copied."""
        return Sparse(self.X[:, which], None if self.unit is None else self.unit[which])

    def squared_lengths(self) -> Array:
        """Sums of squares by row, (n,)."""
        squared = self.X.power(2)
        return np.asarray(
            squared.sum(axis=1) if self.unit is None else squared @ (1.0 / np.square(self.unit))
        )

    def row_forms(self, V: Array) -> Array:
        """Each row times its product with V."""
        V = in_units(in_units(V, self.unit).T, self.unit)
        return np.asarray(self.X.multiply(self.X @ V).sum(axis=1))

    @property
    def as_written(self) -> None:
        """None."""
        return None

    @property
    def has_sparse(self) -> bool:
        """True."""
        return True

    @property
    def unlocked_columns(self) -> int:
        """All."""
        return self.shape[1]

    @property
    def row_size(self) -> int:
        """The mean number of entries of a row."""
        return int(self.X.nnz) // max(1, int(self.X.shape[0]))

    @property
    def least_gram_rows(self) -> int:
        """0."""
        return 0

    def slice_rows(self, rows: slice) -> "Sparse":
        """Some of the rows and their transpose as views, where SciPy's own slices are copies; in
        units of one.
        """
        from scipy.sparse import csc_array, csr_array

        start, stop, _ = rows.indices(self.X.shape[0])
        first, last = self.X.indptr[start], self.X.indptr[stop]
        shape = (stop - start, self.X.shape[1])
        cut, transposed = (
            csr_array(shape, dtype=self.X.dtype),
            csc_array(shape[::-1], dtype=self.X.dtype),
        )
        for part in (cut, transposed):
            part.data, part.indices, part.indptr = (
                self.X.data[first:last],
                self.X.indices[first:last],
                self.X.indptr[start : stop + 1] - first,
            )
        few = self.X.shape[0] * self.X.shape[1] <= MAX_DENSE_NUMBERS
        return Sparse(
            cut, T=transposed, dense_copy=cut.toarray() if few and is_filled(cut) else None
        )

    def copy_rows(self, rows: slice | NDArray[np.intp]) -> "Sparse":
        """Some of the rows of X, copied."""
        return Sparse(self.X[rows])

    def stack(self, others: Sequence["Sparse"]) -> "Sparse":
        """All rows in one array, in the units of the first."""
        from scipy.sparse import vstack

        return Sparse(vstack([self.X, *(other.X for other in others)], format="csr"), self.unit)

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """Mean and spread of each column, zeros included."""
        rows = self.X if keep is None else self.X[keep]
        n, p = rows.shape
        mean = bincount(rows.indices, rows.data, p) / max(n, 1)
        filled = bincount(rows.indices, np.ones(rows.nnz), p)
        away = bincount(rows.indices, np.square(rows.data - mean[rows.indices]), p)
        square = away + (n - filled) * np.square(mean)
        # one value, but for rounding
        square[square <= n * np.square(4.0 * np.finfo(float).eps * mean)] = 0.0
        return Moments(n, mean, square, (), np.ones(p, dtype=bool), no_quartiles(p))

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """The range of each column beside each outcome, zeros included."""
        parts = [self.X[side] for side in sides(y, keep)]
        found = [sparse_range(part) for part in parts]
        counts = np.array([part.shape[0] for part in parts], dtype=np.float64)
        return Ranges(
            low=np.stack([low for low, _ in found]),
            high=np.stack([high for _, high in found]),
            events=np.repeat(counts[:, None], self.X.shape[1], axis=1),
            total=counts,
            level_spans=(),
        )


def is_filled(X: Any) -> bool:
    """Whether a sparse array has so few zeros that its Gram matrix is quicker to compute from a
    dense copy.
    """
    return bool(X.nnz > DENSE_GRAM_SHARE * X.shape[0] * X.shape[1])
