"""Times of a column, comparable with a cut that was stored: dates, naive times, moments, numbers.

A time with a zone is a moment: it is compared, and stored, in UTC, where no hour comes twice. A
naive time and a moment never compare.
"""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_flows.sources.type_names import LogicalType
from logit_flows.sources.type_words import COLUMN_WORDS, file_type_words

MOMENT = COLUMN_WORDS[LogicalType.ZONED]
NAIVE = COLUMN_WORDS[LogicalType.DATETIME]
DATE = COLUMN_WORDS[LogicalType.DATE]
NUMBER = COLUMN_WORDS[LogicalType.NUMBER]


def first_times(column: str, cluster: str | None, dtype: pl.DataType) -> pl.Expr:
    """The first time of each row's cluster, or of the row itself without clusters."""
    times = _plain_times(by_name(column), dtype)
    return times if cluster is None else times.min().over(by_name(cluster))


def from_cut_on(column: str, cluster: str | None, dtype: pl.DataType, cut: Any) -> pl.Expr:
    """Whether the first time of a row's cluster is the cut or later.

    Raises DataError for a column whose times do not compare with the cut.
    """
    first, found, wanted = first_times(column, cluster, dtype), _kind(dtype), _kind_of_cut(cut)
    if found == wanted == NUMBER:
        exact = pl.Float64() if dtype.is_float() or isinstance(cut, float) else pl.Int128()
        return first.cast(exact) >= pl.lit(cut, dtype=exact)
    if found == wanted:
        return first >= pl.lit(cut)
    if {found, wanted} == {DATE, NAIVE}:
        naive = pl.Datetime("us")
        return first.cast(naive) >= pl.lit(cut).cast(naive)
    raise DataError(
        f"column '{column}' holds {found}, but the split cuts {wanted} at {stored_cut(cut)[1]}; "
        "these do not compare: convert the column."
    )


def plain_cut(cut: Any) -> Any:
    """A time of a frame as it is stored: a moment in UTC."""
    return cut.astimezone(UTC) if isinstance(cut, datetime) and cut.tzinfo is not None else cut


def stored_cut(cut: Any) -> tuple[str, Any]:
    """The cut as JSON has it: its kind, and its ISO text or its number."""
    if isinstance(cut, date):
        return type(cut).__name__, plain_cut(cut).isoformat()
    return type(cut).__name__, cut


def cut_of(kind: str, stored: Any) -> Any:
    """The cut that was stored."""
    read = {"datetime": datetime.fromisoformat, "date": date.fromisoformat}.get(kind)
    return stored if read is None else read(stored)


def _plain_times(times: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The times in a type that compares: moments in UTC, microseconds, Decimals as doubles."""
    if isinstance(dtype, pl.Datetime):
        zoned = times if dtype.time_zone is None else times.dt.convert_time_zone("UTC")
        return zoned.dt.cast_time_unit("us")
    return times.cast(pl.Float64) if isinstance(dtype, pl.Decimal) else times


def _kind(dtype: pl.DataType) -> str:
    return NUMBER if dtype.is_numeric() else file_type_words(dtype)


def _kind_of_cut(cut: Any) -> str:
    if isinstance(cut, datetime):
        return NAIVE if cut.tzinfo is None else MOMENT
    return DATE if isinstance(cut, date) else NUMBER
