"""Logical types of columns: what a column means, whatever type a file gives it.

Each logical type has one physical Polars type. The text of a value is its cast from there to
String: hashes, clusters and levels are made from that text, so no change of a file's type changes
them. A cast that would lose something says which rows it cannot take.
"""

import re
from dataclasses import dataclass

import polars as pl

from logit_flows.sources.type_names import SECONDS_FRACTION, LogicalType

PHYSICAL_TYPES: dict[LogicalType, pl.DataType] = {
    LogicalType.TEXT: pl.String(),
    LogicalType.INTEGER: pl.Int64(),
    LogicalType.NUMBER: pl.Float64(),
    LogicalType.BOOLEAN: pl.Boolean(),
    LogicalType.DATE: pl.Date(),
    LogicalType.DATETIME: pl.Datetime("us"),
    LogicalType.ZONED: pl.Datetime("us", "UTC"),
    LogicalType.DURATION: pl.Float64(),  # seconds
}

OWN_TYPES = {
    pl.Boolean: LogicalType.BOOLEAN,
    pl.Date: LogicalType.DATE,
    pl.Duration: LogicalType.DURATION,
}

MIN_INT64, MAX_INT64 = -(2**63), 2**63 - 1
# a whole number above it may have been another one before it was made a float
MAX_EXACT_WHOLE: dict[pl.DataType, int] = {
    pl.Float16(): 2**11,
    pl.Float32(): 2**24,
    pl.Float64(): 2**53,
}
WHOLE_TEXT = r"^(0|-?[1-9][0-9]*)(\.0*)?$"
MAX_INTEGER_BYTES = 18  # of a text that fits 64 bits whatever its digits
TRUE_TEXTS = ("true", "True", "TRUE")
FALSE_TEXTS = ("false", "False", "FALSE")
DATE_TEXT = "%Y-%m-%d"
MIN_YEAR, MAX_YEAR = 1000, 9999  # of four digits
FINE_FRACTION = r"\.\d{6}\d*[1-9]"  # of a second: Polars cuts it at the microsecond


@dataclass(frozen=True, slots=True)
class Cast:
    """How values become a logical type: the expression, and where it cannot take a value.

    bad: rows whose value would be lost; None: no value is.
    """

    values: pl.Expr
    bad: pl.Expr | None = None


def first_loss(rows: pl.LazyFrame, bad: pl.Expr, values: pl.Expr) -> tuple[int, object]:
    """The data row, from 1, and the value of the first that a cast would lose; there is one."""
    marked = rows.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row"),
        bad.fill_null(False).alias("bad"),
        values.alias("value"),
    )
    row, _, value = marked.filter(pl.col("bad")).head(1).collect().row(0)
    return int(row), value


def physical_type(wanted: LogicalType, found: pl.DataType) -> pl.DataType:
    """The Polars type of a logical type; integers of more than 64 bits stay as wide as they are."""
    if wanted is not LogicalType.INTEGER:
        return PHYSICAL_TYPES[wanted]
    if found == pl.UInt64:
        return pl.UInt64()
    many_digits = isinstance(found, pl.Decimal) and (found.precision or 38) > MAX_INTEGER_BYTES
    return pl.Int128() if found in (pl.Int128, pl.UInt128) or many_digits else pl.Int64()


def is_text(found: pl.DataType) -> bool:
    """Whether values of the type are texts."""
    return found in (pl.String, pl.Categorical, pl.Enum)


def is_plain(found: pl.DataType) -> bool:
    """Whether values of the type have one text: whole numbers, booleans, dates."""
    return found.is_integer() or found in (pl.Boolean, pl.Date)


def is_zoned(found: pl.DataType) -> bool:
    """Whether values of the type are moments of a known zone."""
    return isinstance(found, pl.Datetime) and found.time_zone is not None


def own_type(found: pl.DataType) -> LogicalType | None:
    """What values of a file's type mean by themselves; None: no logical type is like them."""
    if is_text(found):
        return LogicalType.TEXT
    if isinstance(found, pl.Datetime):
        return LogicalType.ZONED if is_zoned(found) else LogicalType.DATETIME
    if found.is_numeric():
        return LogicalType.INTEGER if found.is_integer() else LogicalType.NUMBER
    return OWN_TYPES.get(found.base_type())


def cast_to(
    wanted: LogicalType, values: pl.Expr, found: pl.DataType, *, parsed: bool
) -> Cast | None:
    """How values of a file's type become the logical type; None: never without loss.

    parsed: text may be read as other types, and whole numbers, dates and booleans written as text:
    of text files, and where a config declares the type.
    """
    if found == pl.Null:
        return Cast(values.cast(PHYSICAL_TYPES[wanted]))
    if not parsed and is_text(found) and wanted is not LogicalType.TEXT:
        return None
    if parsed and wanted is LogicalType.TEXT and is_plain(found):
        return Cast(values.cast(pl.String))
    return CASTS[wanted](values, found)


def _to_text(values: pl.Expr, found: pl.DataType) -> Cast | None:
    return Cast(values.cast(pl.String)) if is_text(found) or found == pl.Time else None


def _to_integer(values: pl.Expr, found: pl.DataType) -> Cast | None:
    physical = physical_type(LogicalType.INTEGER, found)
    if found.is_integer() or found == pl.Boolean:
        return Cast(values.cast(physical))
    if found.is_float():
        numbers = values.fill_nan(None)
        whole = (numbers == numbers.round()) & (numbers.abs() <= MAX_EXACT_WHOLE[found])
        return Cast(numbers.cast(physical, strict=False), ~whole)
    if found.is_decimal():
        integers = values.cast(physical, strict=False)
        return Cast(integers, (integers.cast(pl.Float64) != values.cast(pl.Float64)))
    if is_text(found):
        texts = values.cast(pl.String)
        return Cast(
            texts.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False),
            ~texts.str.contains(WHOLE_TEXT) | texts.str.len_bytes().gt(MAX_INTEGER_BYTES),
        )
    return None


def _to_number(values: pl.Expr, found: pl.DataType) -> Cast | None:
    if found.is_numeric() or found == pl.Boolean:
        numbers = values.cast(pl.Float64)
        return Cast(numbers.fill_nan(None) if found.is_float() else numbers)
    if is_text(found):
        numbers = values.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
        return Cast(numbers.fill_nan(None), values.is_not_null() & numbers.is_null())
    return None


def _to_boolean(values: pl.Expr, found: pl.DataType) -> Cast | None:
    if found == pl.Boolean:
        return Cast(values)
    if found.is_numeric():
        numbers = values.cast(pl.Float64).fill_nan(None)
        return Cast(numbers == 1.0, ~numbers.is_in([0.0, 1.0]))
    if is_text(found):
        texts = values.cast(pl.String)
        return Cast(texts.is_in(TRUE_TEXTS), ~texts.is_in([*TRUE_TEXTS, *FALSE_TEXTS]))
    return None


def _to_date(values: pl.Expr, found: pl.DataType) -> Cast | None:
    if found == pl.Date:
        return Cast(values)
    if isinstance(found, pl.Datetime) and not is_zoned(found):
        return Cast(values.cast(pl.Date), values.dt.time() != pl.time(0))
    if is_text(found):
        dates = with_whole_years(values.cast(pl.String).str.to_date(DATE_TEXT, strict=False))
        return Cast(dates, values.is_not_null() & dates.is_null())
    return None


def _to_datetime(values: pl.Expr, found: pl.DataType) -> Cast | None:
    if found == pl.Date:
        return Cast(values.cast(pl.Datetime("us")))
    if isinstance(found, pl.Datetime) and not is_zoned(found):
        return Cast(values.dt.cast_time_unit("us"), _below_microseconds(values, found))
    if is_text(found):
        times = datetime_of(values.cast(pl.String))
        return Cast(times, values.is_not_null() & times.is_null())
    return None


def _to_zoned(values: pl.Expr, found: pl.DataType) -> Cast | None:
    if is_zoned(found):
        assert isinstance(found, pl.Datetime)
        moments = values.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
        return Cast(moments, _below_microseconds(values, found))
    if is_text(found):
        moments = moment_of(values.cast(pl.String))
        return Cast(moments, values.is_not_null() & moments.is_null())
    return None


def _to_duration(values: pl.Expr, found: pl.DataType) -> Cast | None:
    return Cast(values.dt.total_seconds(fractional=True)) if found == pl.Duration else None


def datetime_of(texts: pl.Expr) -> pl.Expr:
    """Naive ISO times, `2013-01-31 05:00` with a T or a blank, seconds and fraction or not; else
    null.
    """
    plain = texts.str.replace("T", " ", literal=True)
    parsed = [times_of(plain, form) for form in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")]
    days = texts.str.to_date(DATE_TEXT, strict=False).cast(pl.Datetime("us"))
    return with_whole_years(pl.coalesce(*parsed, days))


def moment_of(texts: pl.Expr) -> pl.Expr:
    """ISO times with Z or an offset as moments in UTC; else null."""
    plain = texts.str.replace("T", " ", literal=True).str.replace("Z$", "+00:00")
    parsed = [
        times_of(plain, form, zone="UTC")
        for form in ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z")
    ]
    return with_whole_years(pl.coalesce(*parsed))


def times_of(texts: pl.Expr, form: str, *, zone: str | None = None) -> pl.Expr:
    """The times of texts in one form; null for what is none, or has a part of a microsecond."""
    times = texts.str.to_datetime(form, time_unit="us", time_zone=zone, strict=False)
    if SECONDS_FRACTION not in form:
        return times
    return pl.when(~texts.str.contains(FINE_FRACTION)).then(times)


def is_too_fine(text: str) -> bool:
    """Whether the text of a time has a part of a microsecond."""
    return re.search(FINE_FRACTION, text) is not None


def with_whole_years(times: pl.Expr) -> pl.Expr:
    """Times whose year has four digits, others null: %Y takes the 13 of 31/01/13 for the year 13,
    a century or twenty too early.
    """
    return pl.when(times.dt.year().is_between(MIN_YEAR, MAX_YEAR)).then(times)


def _below_microseconds(values: pl.Expr, found: pl.Datetime) -> pl.Expr | None:
    if found.time_unit != "ns":
        return None
    return values.dt.timestamp("ns") % 1000 != 0


CASTS = {
    LogicalType.TEXT: _to_text,
    LogicalType.INTEGER: _to_integer,
    LogicalType.NUMBER: _to_number,
    LogicalType.BOOLEAN: _to_boolean,
    LogicalType.DATE: _to_date,
    LogicalType.DATETIME: _to_datetime,
    LogicalType.ZONED: _to_zoned,
    LogicalType.DURATION: _to_duration,
}
