"""How well single columns tell the outcome: for leaks, and for numbers that are codes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import chdtrc

from logit_flows.first_config.profiles import Kind, Profile

MAX_RANKED_ROWS = 50_000  # a rank of single columns needs no more
MAX_RANKED_LEVELS = 300


def event_flags(column: pl.Series, events: Sequence[Any]) -> NDArray[np.bool_]:
    """Which rows have the event, (n,)."""
    return np.asarray(column.is_in(list(events)).fill_null(False).to_numpy())


def single_auc(column: pl.Series, profile: Profile, event: NDArray[np.bool_]) -> float:
    """The area under the ROC curve of one column, at least one half; of levels by their shares.

    Missing values are a level, and a number below all others. 0.5 for a column that cannot be
    ranked.
    """
    step = -(-column.len() // MAX_RANKED_ROWS)
    values, flags = column.gather_every(step), event[::step]
    events = int(flags.sum())
    if not 0 < events < flags.size:
        return 0.5
    if profile.kind in (Kind.INTEGER, Kind.NUMBER):
        numbers = values.cast(pl.Float64).fill_null(profile.low - 1.0)
    elif profile.distinct <= MAX_RANKED_LEVELS:
        numbers = _level_shares(values, flags)
    else:
        return 0.5
    rank_sum = numbers.rank("average").to_numpy()[flags].sum()
    others = flags.size - events
    area = (rank_sum - events * (events + 1) / 2.0) / (events * others)
    return float(max(area, 1.0 - area))


def _level_shares(values: pl.Series, flags: NDArray[np.bool_]) -> pl.Series:
    """The share of the event in each row's level, (n,)."""
    frame = pl.DataFrame({"level": values.cast(pl.String), "event": flags})
    return frame.select(pl.col("event").mean().over("level"))["event"]


def tells_exactly(column: pl.Series, target: pl.Series) -> bool:
    """Whether each level of a column has one class of the target; missing is a level."""
    pairs = pl.DataFrame({"level": column, "class": target}).filter(pl.col("class").is_not_null())
    return bool(pairs.unique().height == pairs["level"].n_unique())


def pure_level_rows(column: pl.Series, target: pl.Series, others: int = 0) -> dict[Any, int]:
    """The rows of each level that has one class of the target alone, but for so many other rows."""
    pairs = pl.DataFrame({"level": column, "class": target}).filter(pl.col("class").is_not_null())
    counts = pairs.group_by("level", "class").len()
    table = counts.group_by("level").agg(pl.col("len").sum().alias("rows"), pl.col("len").max())
    pure = table.filter(pl.col("rows") - pl.col("len") <= others)
    return dict(pure.select("level", "rows").iter_rows())


def bends_back(counts: Mapping[int, tuple[int, int]], least: float, level: float) -> bool:
    """Whether the share of the event neither rises nor falls steadily with a whole number.

    counts: rows and events by value. The departure from a line has to be significant at the level,
    and at least so large a share of the rows' variance. Cochran (1954) and Armitage (1955).
    """
    values = np.array(sorted(counts), dtype=np.float64)
    rows, events = np.array([counts[int(v)] for v in values], dtype=np.float64).T
    share = events.sum() / rows.sum()
    noise = share * (1.0 - share)
    if values.size < 3 or not noise:
        return False
    shares = events / rows
    steps = np.diff(shares)
    if (steps >= 0.0).all() or (steps <= 0.0).all():
        return False
    between = float((rows * np.square(shares - share)).sum())
    centered = values - (rows * values).sum() / rows.sum()
    along = float((rows * centered * shares).sum()) ** 2 / float((rows * centered**2).sum())
    departure = (between - along) / noise
    return bool(departure >= least * rows.sum() and chdtrc(values.size - 2, departure) < level)
