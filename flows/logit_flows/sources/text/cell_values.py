"""Texts of a file as values: how the dialect writes numbers and dates."""

import re

import polars as pl

from logit_flows.sources.logical_types import (
    Cast,
    cast_to,
    datetime_of,
    moment_of,
    times_of,
    with_whole_years,
)
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.plain_text import PlainText
from logit_flows.sources.type_names import NUMBER_TYPES, LogicalType

TIME_CODES = re.compile(r"%[-#]?[HIMSTRXrp]")
TIME_FORMS = ("%H:%M:%S%.f", "%H:%M")


def cast_text(wanted: LogicalType, texts: pl.Expr, dialect: Dialect) -> Cast:
    """How texts of a file become the logical type. A blank text of a number is missing."""
    if dialect.markers and wanted is not LogicalType.TEXT:
        texts = pl.when(~texts.str.strip_chars().is_in(dialect.markers)).then(texts)
    if wanted in NUMBER_TYPES:
        return _number_cast(texts, dialect)
    if wanted is LogicalType.INTEGER:
        texts = present(plain_numbers(texts, dialect))
    elif wanted is LogicalType.DATE and dialect.dates:
        return _of_parsed(texts, date_of(texts, dialect))
    elif wanted is LogicalType.DATETIME and dialect.dates:
        return _of_parsed(texts, datetime_in(texts, dialect))
    elif wanted is LogicalType.ZONED and dialect.dates:
        return _of_parsed(texts, moment_in(texts, dialect))
    cast = cast_to(wanted, texts, pl.String(), parsed=True)
    assert cast is not None, f"texts always become {wanted}, or say where they cannot"
    return cast


def missing_texts(dialect: Dialect) -> list[str]:
    """The texts that stand for a missing value."""
    return list(dict.fromkeys(("", *dialect.null_values)))


def column_texts(text: PlainText, name: str, dialect: Dialect) -> pl.Expr:
    """The texts of a column. Without its blanks a text may be a marker that Polars has not seen."""
    texts = pl.col(text.column(name))
    if not dialect.trim:
        return texts
    plain = texts.str.strip_chars()
    return pl.when(~plain.is_in(missing_texts(dialect))).then(plain)


def present(texts: pl.Expr) -> pl.Expr:
    """The texts, with null for those that are empty."""
    return pl.when(texts != "").then(texts)


def plain_numbers(texts: pl.Expr, dialect: Dialect) -> pl.Expr:
    """Numbers as programs write them; a text that is no number of the dialect stays none."""
    plain = texts.str.strip_chars()
    marks = dialect.thousands or ""
    if marks:
        is_grouped = plain.str.contains(grouped_pattern(dialect))
        without = plain.str.replace_all(marks, "", literal=True)
        plain = pl.when(is_grouped).then(without).otherwise(plain)
    if dialect.decimal == ".":
        return plain
    is_other = plain.str.contains(".", literal=True)
    return pl.when(is_other).then(pl.lit("?")).otherwise(plain.str.replace(",", ".", literal=True))


def grouped_pattern(dialect: Dialect) -> str:
    """What a number looks like that has marks between its thousands."""
    thousands, decimal = re.escape(dialect.thousands or ""), re.escape(dialect.decimal)
    return rf"^[+-]?\d{{1,3}}(?:{thousands}\d{{3}})+(?:{decimal}\d*)?$"


def date_of(texts: pl.Expr, dialect: Dialect) -> pl.Expr:
    """Dates as the dialect or ISO writes them; null for what is none."""
    times = datetime_in(texts, dialect)
    return pl.when(times.dt.time() == pl.time(0)).then(times.dt.date())


def datetime_in(texts: pl.Expr, dialect: Dialect) -> pl.Expr:
    """Times without a zone as the dialect or ISO writes them; null for what is none."""
    parsed = [times_of(texts, form) for form in _time_forms(dialect, "")]
    if dialect.dates and not TIME_CODES.search(dialect.dates):
        days = texts.str.to_date(dialect.dates, strict=False)
        parsed.append(days.cast(pl.Datetime("us")))
    return with_whole_years(pl.coalesce(*parsed, datetime_of(texts)))


def moment_in(texts: pl.Expr, dialect: Dialect) -> pl.Expr:
    """Times with a zone as the dialect or ISO writes them, in UTC; null for what is none."""
    parsed = [times_of(texts, form, zone="UTC") for form in _time_forms(dialect, "%#z")]
    return with_whole_years(pl.coalesce(*parsed, moment_of(texts)))


def _time_forms(dialect: Dialect, zone: str) -> list[str]:
    if not dialect.dates:
        return []
    if TIME_CODES.search(dialect.dates):
        has_zone = "%z" in dialect.dates or "%#z" in dialect.dates
        return [dialect.dates] if has_zone == bool(zone) else []
    return [f"{dialect.dates} {form}{zone}" for form in TIME_FORMS]


def _number_cast(texts: pl.Expr, dialect: Dialect) -> Cast:
    """Polars computes an expression as often as it stands here: the numbers once for `bad`."""
    numbers = plain_numbers(texts, dialect).cast(pl.Float64, strict=False)
    is_wrong = numbers.is_infinite().fill_null(True)
    return Cast(numbers.fill_nan(None), (texts.str.strip_chars() != "") & is_wrong)


def _of_parsed(texts: pl.Expr, parsed: pl.Expr) -> Cast:
    return Cast(parsed, texts.is_not_null() & parsed.is_null())
