"""Cuts: how exactly one rule on one column tells a binary outcome, to find leaks.

Why. A column that is known only after the outcome tells it by one rule: below a cut or above it, by
its level, or by being filled at all. The classes overlap in an honest column.

How. A rule says "event" of some rows. It is measured by Youden's index (1950): the share of the
event's rows of which it says so, less the share of the other rows of which it says so. The index is
1 for a rule without an error, and 0 for a useless one. An amount that is paid only after the event
has one value in all other rows, its zero; so what is most frequent counts as not filled.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

MIN_CLASS_ROWS = 20  # of each class: of fewer an honest column may be exact
MIN_LEVEL_ROWS = 10  # rarer levels tell nothing

Flags = NDArray[np.bool_]


def youden_by_cut(column: pl.Series, event: Flags) -> float:
    """Youden's index of the best cut of a column of numbers; missing values are on neither side."""
    if not _has_both(event):
        return 0.0
    rows, events = _counts_by_value(column, event)
    others = rows - events
    ahead = np.cumsum(events) / event.sum() - np.cumsum(others) / (~event).sum()
    behind = np.cumsum(others[::-1]) / (~event).sum() - np.cumsum(events[::-1]) / event.sum()
    return float(max(np.abs(ahead).max(initial=0.0), np.abs(behind).max(initial=0.0)))


def youden_by_levels(column: pl.Series, event: Flags) -> float:
    """Youden's index of the rule that gives each frequent level its commoner class.

    Rows of rarer levels count as errors if they are not the event's.
    """
    if not _has_both(event):
        return 0.0
    rows, events = _counts_by_value(column, event)
    frequent = rows >= MIN_LEVEL_ROWS
    share, others = events / event.sum(), (rows - events) / (~event).sum()
    says_event = frequent & (share > others)
    return float((share - others)[says_event].sum() - others[~frequent].sum())


def youden_by_filled(column: pl.Series, event: Flags) -> float:
    """Youden's index of the rule that the event is where the column is filled, or where it is not.

    Not filled is a missing value, and of three numbers or more the most frequent one, as the zero
    of an amount that is spent after the event.
    """
    if not _has_both(event):
        return 0.0
    filled = column.is_not_null()
    if column.dtype.is_numeric() and column.drop_nulls().n_unique() > 2:
        filled &= (column != column.drop_nulls().mode().sort()[0]).fill_null(False)
    flags = filled.to_numpy()
    return float(abs(flags[event].mean() - flags[~event].mean()))


def _has_both(event: Flags) -> bool:
    return min(int(event.sum()), int((~event).sum())) >= MIN_CLASS_ROWS


def _counts_by_value(
    column: pl.Series, event: Flags
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows and the events of each value, in the order of the values; missing ones aside."""
    pairs = pl.DataFrame({"value": column, "event": event}).drop_nulls()
    table = pairs.group_by("value").agg(pl.len().alias("rows"), pl.col("event").sum()).sort("value")
    return table["rows"].cast(pl.Int64).to_numpy(), table["event"].cast(pl.Int64).to_numpy()
