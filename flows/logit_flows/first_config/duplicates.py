"""Duplicates: columns that say the same as another one, in other words or in other units."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from logit_engine.rows.frame_columns import series_of
from logit_flows.first_config.profiles import Profile

MULTIPLE_CORRELATION, MAX_COMPARED_ROWS = 0.99999, 50_000
MAX_MAPPED_SHARE = 0.5  # of different values: of nearly unique columns any pair maps one to one


def duplicate_columns(
    frame: pl.DataFrame, profiles: Mapping[str, Profile], names: Sequence[str]
) -> dict[str, str]:
    """The columns that say the same as another feature, each with its reason.

    Of two the number stays, which needs one coefficient; else the one that stands first.
    """
    found: dict[str, str] = {}
    for a, b in combinations(names, 2):
        if a not in found and b not in found and _map_one_to_one(frame, profiles[a], profiles[b]):
            swap = profiles[b].is_number and not profiles[a].is_number
            kept, dropped = (b, a) if swap else (a, b)
            found[dropped] = f"says the same as {kept}, value by value"
    numbers = [n for n in names if n not in found and profiles[n].is_number]
    return {**found, **_columns_in_other_units(frame, numbers)}


def _map_one_to_one(frame: pl.DataFrame, a: Profile, b: Profile) -> bool:
    """Whether each value of a column has one value of the other, and the other way round.

    Of two numbers one has to rise or fall with the other besides, as an income with its logarithm.
    """
    if (a.distinct, a.missing) != (b.distinct, b.missing):
        return False
    both = pl.DataFrame({"a": series_of(frame, a.name), "b": series_of(frame, b.name)})
    numbers = a.is_number and b.is_number
    if a.distinct > MAX_MAPPED_SHARE * a.rows and not numbers:
        return False
    pairs = both.unique().sort("a")
    if pairs.height != both["a"].n_unique():
        return False
    order = pairs["b"].drop_nulls()
    return not numbers or order.is_sorted() or order.is_sorted(descending=True)


def _columns_in_other_units(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """The numbers that are another one in other units, rounded perhaps."""
    if len(names) < 2:
        return {}
    step = -(-frame.height // MAX_COMPARED_ROWS)
    columns = [series_of(frame, name).cast(pl.Float64).gather_every(step) for name in names]
    values = np.array([column.fill_null(strategy="mean").to_numpy() for column in columns])
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.abs(np.corrcoef(values))
    found: dict[str, str] = {}
    for i, j in zip(*np.nonzero(np.triu(alike > MULTIPLE_CORRELATION, 1)), strict=True):
        if names[i] not in found:
            found[names[j]] = f"is {names[i]} in other units (correlation {alike[i, j]:.6f})"
    return found
