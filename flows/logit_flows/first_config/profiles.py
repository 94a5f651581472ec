"""Profiles: what the values of each column look like, before anybody says what it is for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from logit_engine.rows.frame_columns import series_of

MAX_LISTED_VALUES = 2000


class Kind(StrEnum):
    """The type of a column's values."""

    INTEGER = "whole numbers"
    NUMBER = "numbers"
    BOOLEAN = "true and false"
    TIME = "dates or times"
    TEXT = "text"
    OTHER = "values of another type"


@dataclass(frozen=True, slots=True)
class Profile:
    """One column. distinct: of the values that are present. counts: the rows of each of the most
    frequent values, the most frequent first; of values of another type, as lists, none.

    low, high, mean: of numbers. letters: the mean length of texts; spaced: the share of texts
    with a blank within.
    """

    name: str
    place: int
    kind: Kind
    rows: int
    missing: int
    distinct: int
    counts: dict[Any, int]
    low: float = float("nan")
    high: float = float("nan")
    mean: float = float("nan")
    letters: float = 0.0
    spaced: float = 0.0

    @property
    def present(self) -> int:
        """The rows with a value."""
        return self.rows - self.missing

    @property
    def is_unique(self) -> bool:
        """Whether each row has a value of its own."""
        return self.rows > 1 and self.distinct == self.rows

    @property
    def is_constant(self) -> bool:
        """Whether there is at most one value."""
        return self.distinct < 2 and not (self.distinct and self.missing)

    @property
    def is_whole(self) -> bool:
        """Whether the values can be labels or codes: no fractions, no times."""
        return self.kind in (Kind.INTEGER, Kind.BOOLEAN, Kind.TEXT)

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers, whole or not."""
        return self.kind in (Kind.INTEGER, Kind.NUMBER)

    def rows_beyond(self, least: int) -> int:
        """The rows of the levels with at least so many rows, the most frequent level aside."""
        frequent = [n for n in [*self.counts.values(), self.missing] if n >= least]
        return sum(frequent) - max(frequent, default=0)


def profile_columns(frame: pl.DataFrame) -> dict[str, Profile]:
    """The profile of each typed column, in the order of the table."""
    return {
        name: _profile(name, series_of(frame, name), place)
        for place, name in enumerate(frame.columns)
    }


def _profile(name: str, column: pl.Series, place: int) -> Profile:
    present = column.drop_nulls()
    kind = _kind(present)
    distinct = present.n_unique()
    is_listed = kind is not Kind.OTHER and distinct <= MAX_LISTED_VALUES
    basis: dict[str, Any] = {
        "name": name,
        "place": place,
        "kind": kind,
        "rows": column.len(),
        "missing": column.null_count(),
        "distinct": distinct,
        "counts": _counts(present) if is_listed else {},
    }
    if kind in (Kind.INTEGER, Kind.NUMBER) and distinct:
        numbers = present.cast(pl.Float64).to_numpy()
        low, high, mean = float(numbers.min()), float(numbers.max()), float(numbers.mean())
        return Profile(**basis, low=low, high=high, mean=mean)
    if kind is Kind.TEXT and distinct:
        texts = present.cast(pl.String)
        letters = float(texts.str.len_chars().to_numpy().mean())
        blanks = texts.str.strip_chars().str.contains(" ", literal=True)
        return Profile(**basis, letters=letters, spaced=float(blanks.to_numpy().mean()))
    return Profile(**basis)


def _kind(present: pl.Series) -> Kind:
    dtype = present.dtype
    if dtype == pl.Boolean:
        return Kind.BOOLEAN
    if dtype.is_integer():
        return Kind.INTEGER
    if dtype.is_numeric():
        return Kind.NUMBER
    if dtype.is_temporal() and dtype != pl.Duration:
        return Kind.TIME
    return Kind.TEXT if dtype == pl.String else Kind.OTHER


def _counts(present: pl.Series) -> dict[Any, int]:
    """Rows by value."""
    table = present.alias("value").value_counts(name="rows")
    return dict(table.sort(["rows", "value"], descending=[True, False]).iter_rows())
