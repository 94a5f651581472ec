"""Casts to logical types: what is taken, from which types of files, and what is never lost."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from logit_flows.sources.logical_types import PHYSICAL_TYPES, cast_to
from logit_flows.sources.type_names import LogicalType

NEW_YORK = ZoneInfo("America/New_York")
MOMENT = datetime(2023, 11, 5, 1, 30, tzinfo=NEW_YORK, fold=1)
LOST = "lost"
T = LogicalType

# From a column of a file, by logical type: the values that it becomes, LOST where one would be.
TAKEN: dict[str, tuple[pl.Series, LogicalType, list[Any]]] = {
    "narrow integers": (pl.Series([1, -2], dtype=pl.Int8), T.INTEGER, [1, -2]),
    "unsigned integers": (pl.Series([2**63], dtype=pl.UInt64), T.INTEGER, [2**63]),
    "integers of 128 bits": (pl.Series([10**19], dtype=pl.Int128), T.INTEGER, [10**19]),
    "floats": (pl.Series([1.0, 2.5, None, float("nan")]), T.INTEGER, [1, LOST, None, None]),
    "floats beyond 2^53": (pl.Series([2.0**54]), T.INTEGER, [LOST]),
    "floats of 32 bits beyond 2^24": (
        pl.Series([2.0**24, 2.0**24 + 2.0], dtype=pl.Float32),
        T.INTEGER,
        [2**24, LOST],
    ),
    "what is no number": (pl.Series([1.0, float("nan"), None]), T.NUMBER, [1.0, None, None]),
    "decimals": (
        pl.Series([Decimal("3.00"), Decimal("3.50")], dtype=pl.Decimal(10, 2)),
        T.INTEGER,
        [3, LOST],
    ),
    "booleans as integers": (pl.Series([True, False]), T.INTEGER, [1, 0]),
    "zeros and ones": (pl.Series([0, 1, 2]), T.BOOLEAN, [False, True, LOST]),
    "integers as numbers": (pl.Series([1, None], dtype=pl.UInt8), T.NUMBER, [1.0, None]),
    "decimals as numbers": (pl.Series([Decimal("1.25")]), T.NUMBER, [1.25]),
    "an enum": (pl.Series(["b"], dtype=pl.Enum(["a", "b"])), T.TEXT, ["b"]),
    "a categorical": (pl.Series(["b"], dtype=pl.Categorical), T.TEXT, ["b"]),
    "midnights": (
        pl.Series([datetime(2020, 1, 2), datetime(2020, 1, 2, 3)]),
        T.DATE,
        [date(2020, 1, 2), LOST],
    ),
    "dates as times": (pl.Series([date(2020, 1, 2)]), T.DATETIME, [datetime(2020, 1, 2)]),
    "nanoseconds": (
        pl.Series([1_000, 1_001]).cast(pl.Datetime("ns")),
        T.DATETIME,
        [datetime(1970, 1, 1, 0, 0, 0, 1), LOST],
    ),
    "another zone": (
        pl.Series([MOMENT]),
        T.ZONED,
        [datetime(2023, 11, 5, 6, 30, tzinfo=UTC)],
    ),
    "durations": (pl.Series([timedelta(minutes=1, microseconds=1)]), T.DURATION, [60.000001]),
    "nothing": (pl.Series([None]), T.INTEGER, [None]),
}


@pytest.mark.parametrize("case", TAKEN)
def test_a_cast_takes_each_value_or_says_that_it_would_be_lost(case: str) -> None:
    column, wanted, expected = TAKEN[case]
    assert cast_values(column, wanted, parsed=False) == expected


# Of a text file, or of a column whose type the config declares.
PARSED: dict[str, tuple[list[str | None], LogicalType, list[Any]]] = {
    "integers": (
        ["1", "1.0", "-3", "007", "x", "1.5", None, "-0"],
        T.INTEGER,
        [
            1,
            1,
            -3,
            LOST,
            LOST,
            LOST,
            None,
            LOST,
        ],
    ),
    "integers of twenty digits": (["10000000000000000007"], T.INTEGER, [LOST]),
    "numbers": (["1e3", " 2 ", "x", "-.5"], T.NUMBER, [1000.0, 2.0, LOST, -0.5]),
    "booleans": (["true", "False", "TRUE", "yes"], T.BOOLEAN, [True, False, True, LOST]),
    "dates": (["2020-01-31", "2020-02-30"], T.DATE, [date(2020, 1, 31), LOST]),
    "times": (
        ["2020-01-31T05:00", "2020-01-31 05:00:01.5", "2020-01-31", "2020-01-31T05:00Z"],
        T.DATETIME,
        [
            datetime(2020, 1, 31, 5),
            datetime(2020, 1, 31, 5, 0, 1, 500_000),
            datetime(2020, 1, 31),
            LOST,
        ],
    ),
    "fractions of a second": (
        [
            "2020-01-31 05:00:01.123456",
            "2020-01-31 05:00:01.1234560",
            "2020-01-31 05:00:01.1234567",
        ],
        T.DATETIME,
        [
            datetime(2020, 1, 31, 5, 0, 1, 123_456),
            datetime(2020, 1, 31, 5, 0, 1, 123_456),
            LOST,
        ],
    ),
    "fractions of a second of a moment": (
        ["2020-01-31T05:00:01.1234560Z", "2020-01-31T05:00:01.1234567Z"],
        T.ZONED,
        [datetime(2020, 1, 31, 5, 0, 1, 123_456, tzinfo=UTC), LOST],
    ),
    "moments": (
        [
            "2023-11-05T01:30-05:00",
            "2023-11-05T01:30-0400",
            "2023-11-05 05:30Z",
            "2023-11-05 05:30",
        ],
        T.ZONED,
        [
            datetime(2023, 11, 5, 6, 30, tzinfo=UTC),
            datetime(2023, 11, 5, 5, 30, tzinfo=UTC),
            datetime(2023, 11, 5, 5, 30, tzinfo=UTC),
            LOST,
        ],
    ),
}


@pytest.mark.parametrize("case", PARSED)
def test_a_text_is_parsed_or_would_be_lost(case: str) -> None:
    texts, wanted, expected = PARSED[case]
    assert cast_values(pl.Series(texts, dtype=pl.String), wanted, parsed=True) == expected


NEVER = {
    "text as integer": (pl.Series(["1"]), T.INTEGER),
    "text as number": (pl.Series(["1"]), T.NUMBER),
    "integers as text": (pl.Series([7]), T.TEXT),
    "dates as numbers": (pl.Series([date(2020, 1, 1)]), T.NUMBER),
    "naive as zoned": (pl.Series([datetime(2020, 1, 1)]), T.ZONED),
    "zoned as naive": (pl.Series([MOMENT]), T.DATETIME),
    "durations as numbers": (pl.Series([timedelta(1)]), T.NUMBER),
    "numbers as durations": (pl.Series([1.0]), T.DURATION),
    "lists": (pl.Series([[1]]), T.TEXT),
    "bytes": (pl.Series([b"x"]), T.TEXT),
}


@pytest.mark.parametrize("case", NEVER)
def test_what_a_type_never_becomes_without_loss_has_no_cast(case: str) -> None:
    column, wanted = NEVER[case]
    assert cast_to(wanted, pl.col("x"), column.dtype, parsed=False) is None


def test_declared_text_is_the_text_of_whole_numbers() -> None:
    assert cast_values(pl.Series([7, 10]), T.TEXT, parsed=True) == ["7", "10"]


@pytest.mark.parametrize("wanted", LogicalType)
def test_the_cast_of_a_physical_type_changes_nothing(wanted: LogicalType) -> None:
    column = pl.Series("x", [None], dtype=PHYSICAL_TYPES[wanted])
    if wanted is T.DURATION:
        return  # its physical type is that of numbers, which are no durations
    cast = cast_to(wanted, pl.col("x"), column.dtype, parsed=False)
    assert cast is not None
    assert column.to_frame().select(cast.values).to_series().dtype == column.dtype


def cast_values(column: pl.Series, wanted: LogicalType, *, parsed: bool) -> list[Any]:
    """The values that the cast gives, LOST where it says that one would be."""
    cast = cast_to(wanted, pl.col("x"), column.dtype, parsed=parsed)
    assert cast is not None
    bad = pl.lit(False) if cast.bad is None else cast.bad.fill_null(False)
    table = column.alias("x").to_frame().select(value=cast.values, bad=bad)
    return [LOST if lost else value for value, lost in table.rows()]
