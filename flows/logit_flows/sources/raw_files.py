"""A file before its contract: its columns with the types that the file gives them.

A text file gives texts, and so do the folders that name columns: these texts stand for values of
any type. The columns of Parquet are what their types say.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name, by_names
from logit_flows.sources.files import DataFile, Stamp, is_parquet_file
from logit_flows.sources.flow_text import flow_text
from logit_flows.sources.logical_types import Cast, cast_to, first_loss
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text.cell_values import cast_text
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.plain_text import record_line
from logit_flows.sources.text.scanning import column_names, distinct_names, scan_texts
from logit_flows.sources.type_names import LogicalType

Options = Mapping[str, tuple[LogicalType, ...]]  # the logical types that a column may have
Misfits = dict[tuple[str, LogicalType], int]  # by column and type: values that a cast would lose
PARQUET_MAGIC = b"PAR1"
NEVER = -1  # in place of a count: the file's type never becomes the logical type


class RawColumns(ABC):
    """Rows before their contract, wherever they are: a file, or a frame at hand."""

    __slots__ = ()
    types: Mapping[str, pl.DataType]

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the rows are, for a sentence."""

    @property
    @abstractmethod
    def advice(self) -> str:
        """What to do about a column that does not keep its contract."""

    def is_proven_by_reading(self, _name: str) -> bool:
        """Whether reading the rows proves the column's type, so that no look is needed for that."""
        return False

    @abstractmethod
    def is_parsed(self, name: str) -> bool:
        """Whether the column's values are texts that stand for values of any type."""

    @abstractmethod
    def scan(self) -> pl.LazyFrame:
        """The rows, lazily."""

    def cast(self, name: str, wanted: LogicalType, *, declared: bool) -> Cast | None:
        """How the column becomes a logical type; None: never without loss.

        declared: the config names the type, so that texts of Parquet are parsed too.
        """
        parsed = declared or self.is_parsed(name)
        return cast_to(wanted, by_name(name), self.types[name], parsed=parsed)

    def typed(self, types: Mapping[str, LogicalType]) -> pl.LazyFrame:
        """The rows with these columns alone, cast; every cast was found to lose nothing."""
        casts = {name: self.cast(name, wanted, declared=False) for name, wanted in types.items()}
        return self.scan().select(
            cast.values.alias(name) for name, cast in casts.items() if cast is not None
        )

    def misfits(self, options: Options, declared: Mapping[str, LogicalType]) -> Misfits:
        """What does not fit, by one pass over the columns whose casts may lose a value."""
        found: Misfits = {}
        bad: dict[tuple[str, LogicalType], pl.Expr] = {}
        for name, types in options.items():
            for wanted in types:
                cast = self.cast(name, wanted, declared=name in declared)
                if cast is None:
                    found[name, wanted] = NEVER
                elif cast.bad is not None:
                    bad[name, wanted] = cast.bad
        if bad:
            counts = [one.sum().alias(str(i)) for i, one in enumerate(bad.values())]
            row = self.scan().select(counts).collect(engine="streaming").row(0)
            found |= {key: int(n) for key, n in zip(bad, row, strict=True) if n}
        return found

    def row_words(self, _name: str, row: int) -> str:
        """Where a column's value in a data row, from 1, is to be found."""
        return f"data row {row:,}"

    def first_misfit(self, name: str, wanted: LogicalType, *, declared: bool) -> tuple[int, object]:
        """The data row, from 1, and the value of the first that a cast would lose."""
        cast = self.cast(name, wanted, declared=declared)
        assert cast is not None, "a type that never fits has no first misfit"
        assert cast.bad is not None, "a cast that loses nothing has no misfit"
        values = by_name(name)
        is_time = isinstance(self.types[name], pl.Datetime)  # Python's have no nanoseconds
        return first_loss(self.scan(), cast.bad, values.cast(pl.String) if is_time else values)


@dataclass(frozen=True, slots=True)
class RawFile(RawColumns):
    """A file and the types of its columns.

    partitions: the columns that its folders name and the file itself has not. dialect: how a text
    file is written; None for Parquet.
    """

    file: DataFile
    types: Mapping[str, pl.DataType]
    partitions: tuple[tuple[str, str | None], ...] = ()
    dialect: Dialect | None = None

    @property
    def place(self) -> str:
        """Its path."""
        return shown_path(self.file.path)

    @property
    def advice(self) -> str:
        """To repair it, or to learn anew."""
        return "write the file as before, or learn a new contract by --relearn"

    @property
    def is_text_file(self) -> bool:
        """Whether it is text."""
        return self.dialect is not None

    def is_proven_by_reading(self, name: str) -> bool:
        """Whether it is a column of a text file, and not one that folders name."""
        return self.is_text_file and name not in dict(self.partitions)

    def is_parsed(self, name: str) -> bool:
        """Whether it is a text file, or its folders name the column."""
        return self.dialect is not None or name in dict(self.partitions)

    def cast(self, name: str, wanted: LogicalType, *, declared: bool) -> Cast | None:
        """How the column becomes a logical type: texts of a text file as its dialect means them."""
        if self.dialect is None or name in dict(self.partitions):
            return RawColumns.cast(self, name, wanted, declared=declared)
        return cast_text(wanted, by_name(name), self.dialect)

    def row_words(self, name: str, row: int) -> str:
        """Where a value is: in a text file by its line too."""
        words = RawColumns.row_words(self, name, row)
        if self.dialect is None or name in dict(self.partitions):
            return words
        return f"line {record_line(self.file.path, self.dialect, row):,} ({words})"

    def row_count(self) -> int:
        """How many rows it has; of Parquet by its footer."""
        return int(self.scan().select(pl.len()).collect().item())

    def scan(self, files: Sequence[DataFile] = ()) -> pl.LazyFrame:
        """Its rows, lazily; or those of Parquet files that are alike, of which it is one."""
        own = [name for name in self.types if name not in dict(self.partitions)]
        if self.dialect is not None:
            rows = scan_texts(self.file.path, self.dialect, own)
        else:
            paths = tuple(file.path for file in files or [self.file])
            stamps = tuple(file.stamp for file in files or [self.file])
            rows = parquet_scan(paths, stamps).select(by_names(own))
        return rows.with_columns(
            pl.lit(value, dtype=pl.String).alias(name) for name, value in self.partitions
        )


@dataclass(frozen=True, slots=True)
class RawFrame(RawColumns):
    """A Polars frame at hand."""

    frame: pl.LazyFrame
    types: Mapping[str, pl.DataType]

    @property
    def place(self) -> str:
        """Its name in a sentence."""
        return "the frame"

    @property
    def advice(self) -> str:
        """To convert it."""
        return "convert the column"

    def is_parsed(self, name: str) -> bool:
        """Never: its columns are what their types say."""
        return False

    def scan(self) -> pl.LazyFrame:
        """Its rows."""
        return self.frame


def read_types(file: DataFile, dialect: Dialect | None) -> RawFile:
    """The file with the types of its columns.

    Raises DataError if it cannot be read, or names a column twice.
    """
    try:
        if dialect is not None:
            names = column_names(file.path, dialect)
            _refuse_repeated_names(file, names)
            types: dict[str, pl.DataType] = dict.fromkeys(names, pl.String())
        else:
            types = dict(parquet_scan((file.path,), (file.stamp,)).collect_schema())
    except pl.exceptions.PolarsError as error:
        raise unread_error(file.path, error) from error
    partitions = tuple(pair for pair in file.partitions if pair[0] not in types)
    named = {name: pl.String() for name, _ in partitions}
    return RawFile(file, {**types, **named}, partitions, dialect)


def unread_error(path: str | Path, error: Exception) -> DataError:
    """Why a file is not read: it is no Parquet file, it is damaged, or what Polars says."""
    with open(path, "rb") as file:
        head = file.read(len(PARQUET_MAGIC))
    if not is_parquet_file(str(path)):
        return DataError(f"{shown_path(path)} cannot be read: {str(error).splitlines()[0]}")
    if head != PARQUET_MAGIC:
        return DataError(
            f"{shown_path(path)} is no Parquet file, whatever its name says; if it is text, give "
            "it the ending .csv."
        )
    return DataError(
        f"{shown_path(path)} is damaged, or cut short ({str(error).splitlines()[0]}); get the file "
        "again."
    )


def _refuse_repeated_names(file: DataFile, names: Sequence[str]) -> None:
    twice = next((name for name, rows in Counter(names).items() if rows > 1), None)
    if twice is not None:
        raise DataError(
            f"{shown_path(file.path)} has the column '{twice}' more than once in its header; "
            "rename one of them in all files, or name the columns in their order:  "
            f"data: {{format: {{header: {flow_text(distinct_names(names))}}}}}"
        )


@lru_cache(maxsize=256)
def parquet_scan(paths: tuple[str, ...], _stamps: tuple[Stamp, ...]) -> pl.LazyFrame:
    """Parquet files, lazily: kept, so that their footers are read once."""
    return pl.scan_parquet(list(paths), glob=False, hive_partitioning=False)
