"""The information of rows that come in blocks, where its matrix is much larger than a block.

The problem: with thousands of levels a Gram matrix has millions of numbers, and a block 16,384
rows. To make a matrix for each block, and to add them, takes ten times as long as the sums.

The idea: rows wait, columns as views, until they are worth a matrix (`Columns.least_gram_rows`).

Invariants: what waits, and how long, depends on the numbers of rows in the tree of sums and on the
columns alone. So the bits are the same on any number of threads and wherever rows come from.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, dense_array
from logit_engine.objective.shapes import information_blocks, signed_gram


@dataclass(slots=True)
class GramSum:
    """A sum of information, (q, q); `+=` adds that of the next rows.

    columns, curvature: of the rows that wait, part by part, (n,) or (n, k, k) each; least_rows: so
    many do not wait longer. matrix: of the rows before them, or None. some_columns: as in
    `Objective.information`.
    """

    columns: list[Columns]
    curvature: list[Array]
    least_rows: int
    matrix: Array | None = None
    some_columns: NDArray[np.intp] | None = None

    def __iadd__(self, other: "GramSum") -> "GramSum":
        self.columns += other.columns
        self.curvature += other.curvature
        self._add_matrix(other.matrix)
        if sum(part.shape[0] for part in self.curvature) >= self.least_rows:
            self._sum_waiting_rows()
        return self

    def whole(self) -> Array:
        """The sum, with the rows that still wait."""
        if self.columns:
            self._sum_waiting_rows()
        assert self.matrix is not None
        return self.matrix

    def _sum_waiting_rows(self) -> None:
        first, *others = self.columns
        self._add_matrix(
            _gram_matrix(
                first.stack(others), np.concatenate(self.curvature), some_columns=self.some_columns
            )
        )
        self.columns, self.curvature = [], []

    def _add_matrix(self, matrix: Array | None) -> None:
        if self.matrix is None:
            self.matrix = matrix
        elif matrix is not None:
            self.matrix += matrix


Gram = Array | GramSum


def gram_sum(
    X: Columns,
    curvature: Array,
    dtype: type[np.floating] = np.float64,
    some_columns: NDArray[np.intp] | None = None,
) -> Gram:
    """The information of a block's rows, which may wait if there are codes.

    curvature: (n,), or (n, k, k). some_columns: as in `Objective.information`.
    """
    least_rows = X.least_gram_rows
    if some_columns is not None:  # a row of the matrix for each column, and few columns
        least_rows = min(least_rows, X.shape[1])
    if X.shape[0] < least_rows:
        return GramSum([X], [curvature], least_rows, some_columns=some_columns)
    matrix = _gram_matrix(X, curvature, dtype, some_columns)
    return GramSum([], [], least_rows, matrix, some_columns) if least_rows else matrix


def whole_gram(found: Gram) -> Array:
    """The information of all rows, (q, q)."""
    return found.whole() if isinstance(found, GramSum) else np.asarray(found)


def _gram_matrix(
    X: Columns,
    curvature: Array,
    dtype: type[np.floating] = np.float64,
    some_columns: NDArray[np.intp] | None = None,
) -> Array:
    if some_columns is None:
        return information_blocks(curvature, partial(signed_gram, X, dtype=dtype))
    return np.column_stack(
        [_column_products(X, curvature, some_columns), X.gram_diagonal(curvature)]
    )


def _column_products(X: Columns, w: Array, some_columns: NDArray[np.intp]) -> Array:
    """X' diag(w) times some of the columns, (p, s)."""
    if not some_columns.size:
        return np.zeros((X.shape[1], 0))
    written = dense_array(X.select(some_columns))
    written *= w[:, None]
    return X.transpose_dot(written)
