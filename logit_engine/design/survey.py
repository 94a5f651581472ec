"""A survey of training rows in one pass: what terms learn from.

The sums are over blocks of rows numbered from the first row on, so they have the same bits however
the rows come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError
from logit_engine.rows import BLOCK_ROWS
from logit_engine.rows.frame_columns import by_name
from logit_engine.rows.table_frames import Frames


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """A numeric column: rows, present and infinite ones, mean, centered square sum, range."""

    rows: int
    present: int
    infinite: int
    mean: float
    square: float
    low: float
    high: float

    @property
    def missing(self) -> int:
        """How many rows have no number."""
        return self.rows - self.present

    def filled(self, fill: float) -> "NumberSummary":
        """With a number in place of each missing one."""
        if not self.missing:
            return self
        share, shift = self.missing / self.rows, fill - self.mean
        square = self.square + shift * shift * (self.present * share)
        low, high = min(self.low, fill), max(self.high, fill)
        return NumberSummary(
            self.rows, self.rows, self.infinite, self.mean + shift * share, square, low, high
        )


@dataclass(slots=True)
class Survey:
    """What one pass counts.

    numbers: by column. missing_together: columns missing in the same rows. levels: rows by level.
    nulls: rows without a level.
    """

    rows: int = 0
    numbers: dict[str, NumberSummary] = field(default_factory=dict)
    missing_together: tuple[tuple[str, ...], ...] = ()
    levels: dict[str, dict[str, int]] = field(default_factory=dict)
    nulls: dict[str, int] = field(default_factory=dict)


def survey_rows(rows: Frames, numeric: Sequence[str], categorical: Sequence[str]) -> Survey:
    """Count it. Raises DataError for a numeric column that is infinite somewhere."""
    found = Survey(levels={name: {} for name in categorical}, nulls=dict.fromkeys(categorical, 0))
    sums = _no_statistics(len(numeric))
    pattern = [0] * len(numeric)
    for frame in rows.frames([*numeric, *categorical]):
        found.rows += frame.height
        for blocks in _statistics_by_block(frame, numeric):
            sums += blocks
        pattern = _split_patterns(pattern, frame, numeric)
        for name in categorical:
            _count_levels(frame[name], found.levels[name])
            found.nulls[name] += frame[name].null_count()
    for i, name in enumerate(numeric):
        numbers = NumberSummary(
            found.rows,
            *(v[i].item() for v in (sums.n, sums.infinite, sums.mean, sums.square, *sums.range)),
        )
        if numbers.infinite:
            raise DataError(
                f"column '{name}' is infinite in {numbers.infinite:,} of {found.rows:,} rows."
            )
        found.numbers[name] = numbers
    gone = [
        (key, name)
        for key, name in zip(pattern, numeric, strict=True)
        if found.numbers[name].missing
    ]
    keys = dict.fromkeys(key for key, _ in gone)
    found.missing_together = tuple(tuple(name for key, name in gone if key == own) for own in keys)
    return found


def missing_values(name: str) -> pl.Expr:
    """Where a column is null, or not a number."""
    return by_name(name).is_null() | by_name(name).cast(pl.Float64).is_nan().fill_null(False)


def column_values(rows: Frames, name: str) -> Array:
    """One column as numbers, NaN for a missing one, (n,): for a median, which needs all at once."""
    parts = [_number_array(frame[name]) for frame in rows.frames([name])]
    return np.concatenate(parts) if parts else np.empty(0)


def _number_array(column: pl.Series) -> Array:
    return np.asarray(column.cast(pl.Float64).fill_null(np.nan).to_numpy())


@dataclass(slots=True)
class _BlockStatistics:
    """Statistics of some blocks of p columns, (p,) each; range: (2, p).

    `+=` adds the next block: Chan, Golub & LeVeque (1983).
    """

    n: NDArray[np.int64]
    infinite: NDArray[np.int64]
    mean: Array
    square: Array
    range: Array

    def __iadd__(self, block: "_BlockStatistics") -> "_BlockStatistics":
        n = self.n + block.n
        share = block.n / np.maximum(n, 1)
        shift = np.where(block.n > 0, block.mean - self.mean, 0.0)
        self.mean = self.mean + shift * share
        self.square = self.square + (block.square + shift * shift * (self.n * share))
        self.n, self.infinite = n, self.infinite + block.infinite
        self.range[0] = np.minimum(self.range[0], block.range[0])
        self.range[1] = np.maximum(self.range[1], block.range[1])
        return self


def _no_statistics(p: int) -> _BlockStatistics:
    none = np.zeros(p, dtype=np.int64)
    return _BlockStatistics(
        none, none, np.zeros(p), np.zeros(p), np.array([[np.inf], [-np.inf]]).repeat(p, axis=1)
    )


def _statistics_by_block(frame: pl.DataFrame, numeric: Sequence[str]) -> list[_BlockStatistics]:
    """The statistics of each block of a frame that starts where a block does."""
    if not numeric:
        return []
    whole = frame.height // BLOCK_ROWS * BLOCK_ROWS
    columns = [_number_array(frame[name]) for name in numeric]
    tables = [
        [x[:whole].reshape(-1, BLOCK_ROWS) for x in columns],
        [x[whole:].reshape(1, -1) for x in columns],
    ]
    found = []
    for table in tables:
        if table[0].size:
            by_column = [_block_statistics(x) for x in table]
            n, infinite, mean, square, low, high = (
                np.stack(part, axis=1) for part in zip(*by_column, strict=True)
            )
            ranges = np.stack([low, high], axis=1)
            found += [
                _BlockStatistics(*parts)
                for parts in zip(n, infinite, mean, square, ranges, strict=True)
            ]
    return found


def _block_statistics(x: Array) -> tuple[np.ndarray, ...]:
    """Count, infinities, mean, centered square sum, minimum, maximum of each block, (blocks,).

    x: (blocks, m); its NaNs are left out.
    """
    absent = np.isnan(x)
    some = bool(absent.any())
    n = x.shape[1] - absent.sum(axis=1)
    low, high = (np.where(absent, end, x) if some else x for end in (np.inf, -np.inf))
    low, high = low.min(axis=1), high.max(axis=1)
    infinite = np.zeros(n.size, dtype=np.int64)
    # The range of a block without numbers is infinite too.
    if np.isinf(low).any() or np.isinf(high).any():
        infinite = np.isinf(x).sum(axis=1)
        x = np.where(np.isinf(x), 0.0, x)  # refused in the end; until then sums stay quiet
    mean = (np.where(absent, 0.0, x) if some else x).sum(axis=1) / np.maximum(n, 1)
    rest = x - mean[:, None]
    if some:
        rest[absent] = 0.0
    return n, infinite, mean, np.square(rest).sum(axis=1), low, high


def _split_patterns(pattern: list[int], frame: pl.DataFrame, numeric: Sequence[str]) -> list[int]:
    """Classes of columns missing in the same rows up to now, split where they differ in a frame."""
    if not numeric:
        return pattern
    masks = frame.select(missing_values(name).alias(name) for name in numeric)
    keys: dict[tuple[int, bytes], int] = {}
    own = [
        (old, np.packbits(masks[name].to_numpy()).tobytes())
        for old, name in zip(pattern, numeric, strict=True)
    ]
    return [keys.setdefault(key, len(keys)) for key in own]


def _count_levels(column: pl.Series, counts: dict[str, int]) -> None:
    table = column.cast(pl.String).drop_nulls().alias("level").value_counts(name="rows")
    for level, n in table.iter_rows():
        counts[level] = counts.get(level, 0) + n
