"""What every kind of columns can do: three products, moments, ranges, inner coordinates, and cuts.

Linear algebra that touches rows goes through three products: `dot` is X theta, `transpose_dot` is
X' r, and `gram` is X' diag(w) X for w >= 0, in float32 where a rough one will do. Theta and r may
be matrices, one column for each product.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Real
from logit_engine.columns.moments import Moments, Ranges
from logit_engine.columns.written import WrittenColumns


class Columns(Protocol):
    """n rows of p columns.

    dot: (p[, k]) to (n[, k]); transpose_dot: (n[, k]) to (p[, k]); gram: (n,) to (p, p).
    """

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        ...

    def dot(self, theta: Array) -> Array:
        """X theta, (n[, k])."""
        ...

    def transpose_dot(self, r: Array) -> Array:
        """X' r, (p[, k])."""
        ...

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """X' diag(w) X, (p, p)."""
        ...

    def gram_diagonal(self, w: Array) -> Array:
        """The diagonal of X' diag(w) X, (p,)."""
        ...

    def group_sums(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group: r, groups: (n,), groups in 0..count-1; (count, p)."""
        ...

    def to_inner(self, center: Real, scale: Real) -> "Columns":
        """(X - center) / scale, (p,) each; codes are left alone.

        Its bits do not depend on X's memory order.
        """
        ...

    def select(self, which: NDArray[np.intp]) -> "Columns":
        """Some of the columns, (r,) rising, copied."""
        ...

    def squared_lengths(self) -> Array:
        """The sum of squares of each row, (n,)."""
        ...

    def row_forms(self, V: Array) -> Array:
        """x_i'V x_i of each row, (n,); V: symmetric, (p, p)."""
        ...

    @property
    def as_written(self) -> WrittenColumns | None:
        """Itself, if its numbers are there to be written out; None for codes and sparse columns."""
        ...

    @property
    def has_sparse(self) -> bool:
        """Whether any columns are sparse."""
        ...

    @property
    def unlocked_columns(self) -> int:
        """How many columns threads compute side by side, without the interpreter's lock."""
        ...

    @property
    def row_size(self) -> int:
        """How many numbers a row takes in memory, about."""
        ...

    @property
    def least_gram_rows(self) -> int:
        """So many rows are worth a Gram matrix: fewer are better summed with others."""
        ...

    def slice_rows(self, rows: slice) -> "Columns":
        """Some of the rows, as views."""
        ...

    def copy_rows(self, rows: slice | NDArray[np.intp]) -> "Columns":
        """Some of the rows, copied, in units of one."""
        ...

    def stack(self, others: Sequence[Any]) -> "Columns":
        """These rows and below them those of others, which are columns of the same kind."""
        ...

    def moments(self, keep: NDArray[np.bool_] | None) -> "Moments":
        """Mean and spread of each column; rows not kept, (n,), are left out, none where it is
        None.
        """
        ...

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> "Ranges":
        """The values that each column takes beside each outcome; rows not kept are left out."""
        ...


def dense_array(columns: Columns) -> Array:
    """The columns written out as an array, (n, p); for one block at a time."""
    return columns.dot(np.eye(columns.shape[1]))
