"""What a pass over rows tells of their columns before any fit: mean and spread, and the ranges
beside each outcome.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array

LONG_ROW_ROWS = 64  # rows summed as one long row
MIN_QUARTILE_ROWS = 64  # at least, if there are as many, of the first block, evenly spread
MIN_SQUARABLE_SIZE = 1e-150  # magnitude of a column whose squares are still numbers
# of its square sum: a column whose spread is less is summed again, about its first value
CANCELED_SQUARE_SHARE = 1e-8


@dataclass(slots=True)
class Moments:
    """Count, mean and centered square sum of p columns; `+=` merges the next rows in.

    A column of one value has a square sum of exactly 0. level_spans: where the columns of each
    categorical start and stop. sparse: (p,), which columns keep their zeros. quartiles: (2, p), the
    lower and the upper one of a few rows, nan if none is looked for: one large value moves the
    mean, but not these. Means merge as in Chan, Golub & LeVeque (1983).
    """

    n: int
    mean: Array
    square: Array
    level_spans: tuple[tuple[int, int], ...]
    sparse: NDArray[np.bool_]
    quartiles: Array

    def __iadd__(self, other: "Moments") -> "Moments":
        n = self.n + other.n
        if self.n == 0:
            self.quartiles = other.quartiles
        if other.n:
            shift = other.mean - self.mean
            self.mean += shift * (other.n / n)
            self.square += other.square + shift * shift * (self.n * (other.n / n))
        self.n = n
        return self

    @property
    def coded(self) -> NDArray[np.bool_]:
        """Which columns are codes, (p,)."""
        return _inside(self.level_spans, self.mean.size)

    @property
    def vanishing(self) -> NDArray[np.bool_]:
        """Which columns hold numbers, all of them too small to be squared, (p,)."""
        sizes = np.abs(np.vstack([self.mean, np.nan_to_num(self.quartiles)]))
        small = np.sqrt(self.square / max(self.n, 1)) < MIN_SQUARABLE_SIZE
        return np.asarray(
            small & (sizes < MIN_SQUARABLE_SIZE).all(axis=0) & (sizes > 0.0).any(axis=0)
        )


@dataclass(slots=True)
class Ranges:
    """What p columns hold beside y = 0 and y = 1, a row each; `+=` merges the next rows in.

    low, high: (2, p), over the rows with y < 1 and the rows with y > 0. events: (2, p), for a code
    column the number of its rows with either outcome, for others of all rows; total: (2,), of all
    rows. level_spans: as in `Moments`.
    """

    low: Array
    high: Array
    events: Array
    total: Array
    level_spans: tuple[tuple[int, int], ...]

    def __iadd__(self, other: "Ranges") -> "Ranges":
        np.minimum(self.low, other.low, out=self.low)
        np.maximum(self.high, other.high, out=self.high)
        self.events += other.events
        self.total += other.total
        return self

    @property
    def coded(self) -> NDArray[np.bool_]:
        """Which columns are codes, (p,)."""
        return _inside(self.level_spans, self.low.shape[1])


def _inside(level_spans: tuple[tuple[int, int], ...], size: int) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    for start, stop in level_spans:
        mask[start:stop] = True
    return mask


def sides(y: Array, keep: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The kept rows that speak for y = 0, and those for y = 1: a share of events is both."""
    return keep & (y < 1.0), keep & (y > 0.0)


@np.errstate(over="ignore", invalid="ignore")
def mean_and_square(X: Array) -> tuple[Array, Array]:
    """Mean and centered square sum of each column, (p,), of rows in C order.

    By plain sums, many rows side by side; columns far from zero, whose squares would cancel, about
    their first value.
    """
    n, p = X.shape
    if n == 0:
        return np.zeros(p), np.zeros(p)
    whole = n - n % LONG_ROW_ROWS
    sums, squares = _sums_and_squares(X[whole:])
    if whole:
        long_sums, long_squares = _sums_and_squares(X[:whole].reshape(-1, LONG_ROW_ROWS * p))
        sums += long_sums.reshape(-1, p).sum(axis=0)
        squares += long_squares.reshape(-1, p).sum(axis=0)
    mean = sums / n
    square = squares - sums * mean
    near = square > CANCELED_SQUARE_SHARE * squares
    if not near.all():
        far = np.flatnonzero(~near & (squares != 0.0))
        first = X[0, far]
        away = X[:, far] - first
        shift = away.mean(axis=0)
        mean[far], square[far] = first + shift, np.square(away - shift).sum(axis=0)
    return mean, square


def _sums_and_squares(X: Array) -> tuple[Array, Array]:
    """The sum and the sum of squares of each column."""
    return np.ones(X.shape[0]) @ X, np.einsum("ij,ij->j", X, X)


def sample_quartiles(X: Array) -> Array:
    """The lower and the upper quartile of each column over evenly spread rows, (2, p), without
    interpolation.
    """
    if X.shape[0] == 0:
        return no_quartiles(X.shape[1])
    spread_rows = np.sort(X[:: max(X.shape[0] // MIN_QUARTILE_ROWS, 1)], axis=0)
    last = spread_rows.shape[0] - 1
    return np.asarray(spread_rows[[last // 4, last - last // 4]])


def no_quartiles(p: int) -> Array:
    """Those of columns that are not looked at, (2, p)."""
    return np.full((2, p), np.nan)


def sparse_range(rows: Any) -> tuple[Array, Array]:
    """The least and the largest value of each column of CSR rows, zeros included; infinite
    without rows.
    """
    n, p = rows.shape
    by_column = rows.tocsc()
    filled = np.diff(by_column.indptr)
    low, high = np.full(p, np.inf), np.full(p, -np.inf)
    some = np.flatnonzero(filled)
    if some.size:
        starts = by_column.indptr[some]
        low[some] = np.minimum.reduceat(by_column.data, starts)
        high[some] = np.maximum.reduceat(by_column.data, starts)
    gaps = filled < n
    low[gaps], high[gaps] = np.minimum(low[gaps], 0.0), np.maximum(high[gaps], 0.0)
    return low, high
