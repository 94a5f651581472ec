"""Reading: the files of a source as typed columns, and how its text is written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name, by_names
from logit_flows.first_config.text_format import FormatGuess, format_keys, with_markers
from logit_flows.sources.files import is_parquet_file, partitions_of, refuse_other_ending
from logit_flows.sources.raw_files import unread_error
from logit_flows.sources.text.cell_values import cast_text
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.scanning import column_names, distinct_names, scan_texts
from logit_flows.sources.text.sniffing import Sniffed, sniff_dialect
from logit_flows.sources.type_names import LogicalType
from logit_flows.sources.type_words import file_type_words

LEADING_ZERO = r"^\s*0\d+\s*$"
# What texts may be, the most telling first; a look at the first values rules most of it out.
TYPES = (
    LogicalType.NUMBER,
    LogicalType.BOOLEAN,
    LogicalType.DATE,
    LogicalType.DATETIME,
    LogicalType.ZONED,
)
FIRST_VALUES = 100  # of a column


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, and how its text is written: the keys of data.format, and why."""

    frame: pl.DataFrame
    format: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    is_text: bool = False


def read_table(files: Sequence[Path]) -> Table:
    """All rows of the files of one source, which are text or Parquet.

    The columns are those that all files have, and those that Hive's folders name. Raises DataError
    if a file cannot be read, or there are no rows.
    """
    refuse_other_ending(str(files[0]))
    if is_parquet_file(str(files[0])):
        table = Table(_joined_frame(files, pl.read_parquet))
    else:
        table = _text_table(files)
    if table.frame.is_empty():
        raise DataError(f"{files[0]} has no rows.")
    return replace(table, frame=each_column(table.frame, typed_column))


@contextmanager
def _named_errors(file: Path) -> Iterator[None]:
    """Raises DataError with the file's name for what Polars or the system cannot read in here."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise unread_error(file, error) from error
    except OSError as error:
        raise DataError(f"{file} cannot be read: {str(error).splitlines()[0]}") from error


def _text_table(files: Sequence[Path]) -> Table:
    with _named_errors(files[0]):
        sniffed = _with_distinct_names(files[0], sniff_dialect(files[0], None, guess_encoding=True))
    texts = _joined_frame(files, lambda file: scan_texts(file, sniffed.dialect).collect())
    parsed = each_column(texts, lambda column: parsed_column(column, sniffed.dialect))
    words = texts.select(by_names(n for n, kind in parsed.schema.items() if kind == pl.String))
    found = with_markers(words, FormatGuess(sniffed.dialect, sniffed.reasons))
    again = each_column(found.texts(words), lambda column: parsed_column(column, found.dialect))
    frame = pl.DataFrame([again[c.name] if c.name in again.columns else c for c in parsed])
    return Table(frame, format_keys(found.dialect), found.reasons, is_text=True)


def _with_distinct_names(file: Path, sniffed: Sniffed) -> FormatGuess:
    """How the text is written, with names of its own for columns that the header names alike."""
    names = column_names(file, sniffed.dialect)
    distinct = distinct_names(names)
    if distinct == names:
        return FormatGuess(sniffed.dialect, sniffed.reasons)
    pairs = [(old, new) for old, new in zip(names, distinct, strict=True) if old != new]
    again = ", ".join(f"'{old}' is there again, and called '{new}'" for old, new in pairs)
    reason = f"the header is written out, so all files need its order of columns: {again}"
    return FormatGuess(replace(sniffed.dialect, names=distinct), (*sniffed.reasons, reason))


def _joined_frame(files: Sequence[Path], read: Callable[[Path], pl.DataFrame]) -> pl.DataFrame:
    """The rows of all files in their order, the columns of their folders behind their own."""
    frames = []
    for file in files:
        with _named_errors(file):
            own = read(file)
        parts = [
            pl.Series(name, [value] * own.height, dtype=pl.String)
            for name, value in partitions_of(str(file))
            if name not in own.columns
        ]
        frames.append(own.hstack(parts) if parts else own)
    shared = [n for n in frames[0].columns if all(n in frame.columns for frame in frames)]
    columns = [_joined_column(files, frames, name) for name in shared]
    return pl.concat(columns, how="horizontal") if len(files) > 1 else frames[0]


def _joined_column(
    files: Sequence[Path], frames: Sequence[pl.DataFrame], name: str
) -> pl.DataFrame:
    """A column of all frames. Raises DataError if their types have no type in common."""
    parts = [frame.select(by_name(name)) for frame in frames]
    try:
        return pl.concat(parts, how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        types = [frame.schema[name] for frame in frames]
        other = next(i for i, held in enumerate(types) if held != types[0])
        held, before = map(file_type_words, (types[other], types[0]))
        if held == before:
            held, before = f"{types[other]} values", f"{types[0]} values"
        raise DataError(
            f"{files[other]}: column '{name}' holds {held}, but {before} in {files[0]}; write it "
            "alike in all files."
        ) from error


def each_column(frame: pl.DataFrame, change: Callable[[pl.Series], pl.Series]) -> pl.DataFrame:
    """The frame with each column changed.

    A change gets no name to read: Polars takes that of a series for a pattern too.
    """
    return pl.DataFrame([change(column.alias("values")).alias(column.name) for column in frame])


def typed_column(column: pl.Series) -> pl.Series:
    """A column as whole numbers, numbers, truth values, dates or text. The name does not matter.

    Numbers that are all whole become so; NaN is missing; categories are text.
    """
    dtype = column.dtype
    if dtype.is_float() or dtype.is_decimal():
        numbers = column.cast(pl.Float64).fill_nan(None)
        whole = numbers.cast(pl.Int64, strict=False)
        return whole if (whole.cast(pl.Float64) == numbers).all() else numbers
    return column.cast(pl.String) if dtype in (pl.Categorical, pl.Enum) else column


def parsed_column(column: pl.Series, dialect: Dialect) -> pl.Series:
    """A column of texts as numbers, truth values or dates, where all its texts are.

    Digits with a leading zero stay text, as postcodes do.
    """
    present = column.drop_nulls()
    if present.is_empty() or present.str.contains(LEADING_ZERO).any():
        return column
    for wanted in TYPES:
        if _is_of_type(present.head(FIRST_VALUES), wanted, dialect) and _is_of_type(
            present, wanted, dialect
        ):
            return _cast(column, cast_text(wanted, pl.col("values"), dialect).values)
    return column


def _is_of_type(present: pl.Series, wanted: LogicalType, dialect: Dialect) -> bool:
    """Whether all texts become the type."""
    bad = cast_text(wanted, pl.col("values"), dialect).bad
    return bad is None or not _cast(present, bad).any()


def _cast(column: pl.Series, expression: pl.Expr) -> pl.Series:
    return column.to_frame().select(expression.alias("values")).to_series()
