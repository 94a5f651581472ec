"""A block of rows: the unit of every sum and of memory; and its pieces.

A block has 16,384 rows. With fewer, the 0.1 ms of Python that a block costs would show; with more,
blocks that are decoded from files would fill a small machine. A piece is a part of a block whose
numbers stay in a core's cache while all is done with them. Blocks and pieces depend on the number
of rows and on the columns alone, so they are the same wherever rows come from and whoever sums
them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns

BLOCK_ROWS = 16384
MAX_PIECE_NUMBERS = 2**20  # of a piece, unless it has MIN_PIECE_ROWS
MIN_PIECE_ROWS = 1024
# of X that a thread computes at once, and that another adds: with fewer, threads wait for each
# other between NumPy's calls
MIN_PART_NUMBERS = 2**18


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: X (n, p), outcome y (n,), and if there are any weight (n,), offset, cluster codes.

    weight: what the row's terms are multiplied by. precision: the part of the weight that is not a
    count of equal rows, (n,): a row stands for weight / precision rows. offset: (n,), or (n, k) for
    k linear predictors. cluster: (n, 1), or (n, 2) for two ways. fold: (n,), of a cross-validation.
    """

    X: Columns
    y: Array
    weight: Array | None = None
    offset: Array | None = None
    cluster: NDArray[np.int64] | None = None
    precision: Array | None = None
    fold: NDArray[np.int64] | None = None

    def cut(self, rows: slice) -> "Block":
        """Some of the rows, as views."""
        return Block(
            self.X.slice_rows(rows),
            self.y[rows],
            None if self.weight is None else self.weight[rows],
            None if self.offset is None else self.offset[rows],
            None if self.cluster is None else self.cluster[rows],
            None if self.precision is None else self.precision[rows],
            None if self.fold is None else self.fold[rows],
        )

    def pieces(self) -> Iterator["Block"]:
        """The block itself, or parts of it, if its rows are wide, that stay in a cache."""
        n = self.y.size
        size = n if n <= MIN_PIECE_ROWS else self._piece_rows()
        if n <= size:
            yield self
        else:
            yield from (self.cut(slice(start, start + size)) for start in range(0, n, size))

    def _piece_rows(self) -> int:
        """How many rows a piece has.

        A block that is not full may be the only one: its pieces are about the least that repay
        another thread.
        """
        is_full = self.y.size == BLOCK_ROWS
        most = MAX_PIECE_NUMBERS if is_full else 2 * MIN_PART_NUMBERS
        size = BLOCK_ROWS
        while size > MIN_PIECE_ROWS and size * self.X.row_size > most:
            size //= 2
        return size

    @property
    def weights(self) -> Array:
        """The weight of each row, one if none is given, (n,)."""
        return np.ones(self.y.size) if self.weight is None else self.weight

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which rows have weight, (n,)."""
        return self.weights > 0.0

    def maximum(self, values: Array) -> float:
        """The maximum of values, (n,), over the rows with weight; -inf if there is none."""
        return float((values if self.weight is None else values[self.kept]).max(initial=-np.inf))


def block_count(n: int) -> int:
    """How many blocks hold n rows."""
    return -(-n // BLOCK_ROWS)
