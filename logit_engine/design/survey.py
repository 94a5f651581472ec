"""A survey of training rows in one pass: what terms learn from.

The sums are over blocks of rows numbered from the first row on, so they have the same bits however
the rows come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.rows import BLOCK_ROWS
from logit_engine.rows.arrays import MAX_MAGNITUDE
from logit_engine.rows.frame_columns import by_name, series_of
from logit_engine.rows.row_names import MAX_SHOWN_ROWS
from logit_engine.rows.table_frames import Frames

SPREAD_ROWS = 1024  # first rows of a column, whose quartiles show how large most of its values are


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """A numeric column: rows, present ones, mean, centered square sum, range.

    infinite, huge: rows with a number that is infinite, or beyond MAX_MAGNITUDE; statistics take
    it as zero. unusable: the positions of the first of these rows. spread: the distance of the
    quartiles of the first values, nan without any.
    """

    rows: int
    present: int
    infinite: int
    huge: int
    mean: float
    square: float
    low: float
    high: float
    unusable: tuple[int, ...] = ()
    spread: float = np.nan

    @property
    def missing(self) -> int:
        """How many rows have no number."""
        return self.rows - self.present

    def filled(self, fill: float) -> "NumberSummary":
        """The summary after each missing number has become `fill`."""
        if not self.missing:
            return self
        share, shift = self.missing / self.rows, fill - self.mean
        square = self.square + shift * shift * (self.present * share)
        return replace(
            self,
            present=self.rows,
            mean=self.mean + shift * share,
            square=square,
            low=min(self.low, fill),
            high=max(self.high, fill),
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
    """What one pass over the rows counts of these columns."""
    found = Survey(levels={name: {} for name in categorical}, nulls=dict.fromkeys(categorical, 0))
    sums = _no_statistics(len(numeric))
    pattern = [0] * len(numeric)
    unusable: dict[str, list[int]] = {name: [] for name in numeric}
    spreads: dict[str, float] = {}
    for frame in rows.frames([*numeric, *categorical]):
        spreads = spreads or {name: _first_spread(series_of(frame, name)) for name in numeric}
        for blocks in _statistics_by_block(frame, numeric):
            sums += blocks
        if (sums.infinite + sums.huge).any():
            _note_unusable(frame, found.rows, unusable)
        pattern = _split_patterns(pattern, frame, numeric)
        for name in categorical:
            levels = series_of(frame, name)
            _count_levels(levels, found.levels[name])
            found.nulls[name] += levels.null_count()
        found.rows += frame.height
    for i, name in enumerate(numeric):
        of_column = (sums.n, sums.infinite, sums.huge, sums.mean, sums.square, *sums.range)
        numbers = NumberSummary(found.rows, *(v[i].item() for v in of_column))
        found.numbers[name] = replace(
            numbers, unusable=tuple(unusable[name]), spread=spreads.get(name, np.nan)
        )
    found.missing_together = _missing_together(found, pattern)
    return found


def _missing_together(found: Survey, pattern: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """The columns of each pattern that has missing rows."""
    gone = [
        (key, name)
        for key, (name, numbers) in zip(pattern, found.numbers.items(), strict=True)
        if numbers.missing
    ]
    keys = dict.fromkeys(key for key, _ in gone)
    return tuple(tuple(name for key, name in gone if key == own) for own in keys)


def _note_unusable(frame: pl.DataFrame, start: int, unusable: dict[str, list[int]]) -> None:
    """Add the positions of a frame's unusable numbers, as far as a sentence shows them.

    start: the position of the frame's first row.
    """
    for name, positions in unusable.items():
        if len(positions) <= MAX_SHOWN_ROWS:
            here = np.flatnonzero(_is_unusable(_number_array(series_of(frame, name)))) + start
            positions += here[: MAX_SHOWN_ROWS + 1 - len(positions)].tolist()


def _first_spread(column: pl.Series) -> float:
    """The distance of the quartiles of the first values that are usable; nan without any."""
    x = _number_array(column.head(SPREAD_ROWS))
    x = x[np.abs(x) <= MAX_MAGNITUDE]
    if not x.size:
        return np.nan
    lower, upper = np.percentile(x, (25.0, 75.0))
    return float(upper - lower)


def missing_values(name: str) -> pl.Expr:
    """Where a column is null, or not a number."""
    return by_name(name).is_null() | by_name(name).cast(pl.Float64).is_nan().fill_null(False)


def column_values(rows: Frames, name: str) -> Array:
    """One column as numbers, NaN for a missing one, (n,): for a median, which needs all at once."""
    parts = [_number_array(series_of(frame, name)) for frame in rows.frames([name])]
    return np.concatenate(parts) if parts else np.empty(0)


def _is_unusable(x: Array) -> NDArray[np.bool_]:
    """Where a number is infinite or huge."""
    return np.asarray(np.abs(x) > MAX_MAGNITUDE)


def _number_array(column: pl.Series) -> Array:
    return np.asarray(column.cast(pl.Float64).fill_null(np.nan).to_numpy())


@dataclass(slots=True)
class _BlockStatistics:
    """Statistics of some blocks of p columns, (p,) each; range: (2, p).

    `+=` adds the next block: Chan, Golub & LeVeque (1983).
    """

    n: NDArray[np.int64]
    infinite: NDArray[np.int64]
    huge: NDArray[np.int64]
    mean: Array
    square: Array
    range: Array

    def __iadd__(self, block: "_BlockStatistics") -> "_BlockStatistics":
        n = self.n + block.n
        share = block.n / np.maximum(n, 1)
        shift = np.where(block.n > 0, block.mean - self.mean, 0.0)
        self.mean = self.mean + shift * share
        self.square = self.square + (block.square + shift * shift * (self.n * share))
        self.n = n
        self.infinite, self.huge = self.infinite + block.infinite, self.huge + block.huge
        self.range[0] = np.minimum(self.range[0], block.range[0])
        self.range[1] = np.maximum(self.range[1], block.range[1])
        return self


def _no_statistics(p: int) -> _BlockStatistics:
    none = np.zeros(p, dtype=np.int64)
    no_range = np.array([[np.inf], [-np.inf]]).repeat(p, axis=1)
    return _BlockStatistics(none, none, none, np.zeros(p), np.zeros(p), no_range)


def _statistics_by_block(frame: pl.DataFrame, numeric: Sequence[str]) -> list[_BlockStatistics]:
    """The statistics of each block of a frame that starts where a block does."""
    if not numeric:
        return []
    whole = frame.height // BLOCK_ROWS * BLOCK_ROWS
    columns = [_number_array(series_of(frame, name)) for name in numeric]
    tables = [
        [x[:whole].reshape(-1, BLOCK_ROWS) for x in columns],
        [x[whole:].reshape(1, -1) for x in columns],
    ]
    found = []
    for table in tables:
        if table[0].size:
            by_column = [_block_statistics(x) for x in table]
            *sums, low, high = (np.stack(part, axis=1) for part in zip(*by_column, strict=True))
            ranges = np.stack([low, high], axis=1)
            found += [_BlockStatistics(*parts) for parts in zip(*sums, ranges, strict=True)]
    return found


def _block_statistics(x: Array) -> tuple[np.ndarray, ...]:
    """Count, infinite and huge ones, mean, centered square sum, minimum, maximum, (blocks,) each.

    x: (blocks, m); its NaNs are left out.
    """
    absent = np.isnan(x)
    some = bool(absent.any())
    n = x.shape[1] - absent.sum(axis=1)
    low, high = (np.where(absent, end, x) if some else x for end in (np.inf, -np.inf))
    low, high = low.min(axis=1), high.max(axis=1)
    infinite = huge = np.zeros(n.size, dtype=np.int64)
    if (low < -MAX_MAGNITUDE).any() or (high > MAX_MAGNITUDE).any():
        infinite = np.isinf(x).sum(axis=1)
        unusable = _is_unusable(x)
        huge = unusable.sum(axis=1) - infinite
        x = np.where(unusable, 0.0, x)  # refused in the end; until then sums stay quiet
    mean = (np.where(absent, 0.0, x) if some else x).sum(axis=1) / np.maximum(n, 1)
    rest = x - mean[:, None]
    if some:
        rest[absent] = 0.0
    return n, infinite, huge, mean, np.square(rest).sum(axis=1), low, high


def _split_patterns(pattern: list[int], frame: pl.DataFrame, numeric: Sequence[str]) -> list[int]:
    """Classes of columns missing in the same rows up to now, split where they differ in a frame."""
    if not numeric:
        return pattern
    masks = frame.select(missing_values(name).alias(str(i)) for i, name in enumerate(numeric))
    keys: dict[tuple[int, bytes], int] = {}
    own = [
        (old, np.packbits(mask.to_numpy()).tobytes())
        for old, mask in zip(pattern, masks, strict=True)
    ]
    return [keys.setdefault(key, len(keys)) for key in own]


def _count_levels(column: pl.Series, counts: dict[str, int]) -> None:
    table = column.cast(pl.String).drop_nulls().alias("level").value_counts(name="rows")
    for level, n in table.iter_rows():
        counts[level] = counts.get(level, 0) + n
