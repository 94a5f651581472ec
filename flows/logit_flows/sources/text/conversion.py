"""The conversion of a text file to typed Parquet, and the first value that is not of its type.

Why and how. Polars parses the file once, straight into Parquet: numbers and texts as most files
write them come typed from its parser, other values from texts by the casts of `cell_values.py`,
which know where they fail. Its parser stops at a value without a place, and takes 1e400 for
infinite. So when it stops, or an infinite number was written, the same casts look for the value.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from logit_engine.errors import DataError, joint_error
from logit_flows.sources.logical_types import PHYSICAL_TYPES, Cast, first_loss
from logit_flows.sources.text.cell_values import cast_text, column_texts, missing_texts
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.misfit_sentences import Misfit, misfit_sentence
from logit_flows.sources.text.places import Place
from logit_flows.sources.text.plain_text import PlainText, parses_numbers, record_line
from logit_flows.sources.type_names import NUMBER_TYPES, LogicalType

ROW_GROUP_ROWS = 2**17


@dataclass(frozen=True, slots=True)
class Conversion:
    """A file, as regular text and as it is, and what its columns shall be."""

    path: str
    text: PlainText
    dialect: Dialect
    types: Mapping[str, LogicalType]

    def cast(self, name: str) -> Cast:
        """How the texts of a column become its values."""
        return cast_text(
            self.types[name], column_texts(self.text, name, self.dialect), self.dialect
        )

    def scan(self, parsed: Collection[str]) -> pl.LazyFrame:
        """The rows, with some columns parsed and texts in the others."""
        types: list[pl.DataType] = [pl.String()] * self.text.layout.width
        for name in parsed:
            types[int(self.text.column(name))] = PHYSICAL_TYPES[self.types[name]]
        missing: list[str] | dict[str, str] = missing_texts(self.dialect)
        if self.dialect.markers and parsed:
            marker = self.dialect.markers[0]
            missing = {str(i): "" if t == pl.String else marker for i, t in enumerate(types)}
        has_comma = self.dialect.decimal == ","
        return self.text.scan(types, missing, decimal_comma=has_comma)

    def sink(self, target: Path, parsed: Collection[str]) -> None:
        """Write the values of all columns."""
        values = [
            (self._parsed(name) if name in parsed else self.cast(name).values).alias(name)
            for name in self.types
        ]
        self.scan(parsed).select(values).sink_parquet(
            target, compression="snappy", row_group_size=ROW_GROUP_ROWS
        )

    def _parsed(self, name: str) -> pl.Expr:
        column = pl.col(self.text.column(name))
        return column.fill_nan(None) if self.types[name] in NUMBER_TYPES else column


def convert(conversion: Conversion, folder: Path) -> Path:
    """The file as Parquet, in the folder. Raises DataError for the first value not of its type.

    A second try writes another file, since Polars may still hold the first.
    """
    parsed = parsed_columns(conversion)
    refuse_misfits(conversion, [name for name in conversion.types if name not in parsed])
    made = folder / "parsed.parquet"
    try:
        conversion.sink(made, parsed)
        if not _has_infinite(made):
            return made
    except pl.exceptions.PolarsError:
        pass
    refuse_misfits(conversion, parsed)
    made = folder / "cast.parquet"
    conversion.sink(made, ())
    return made


def parsed_columns(conversion: Conversion) -> list[str]:
    """The columns whose values Polars' parser reads as the dialect means them.

    It takes one marker of missing values in a column, beside the empty text.
    """
    text, dialect, types = conversion.text, conversion.dialect, conversion.types
    if dialect.trim:
        return []
    right = {LogicalType.TEXT}
    if len(dialect.markers) > 1:
        return [name for name, one in types.items() if one in right]
    wanted = set(types.values())
    if dialect.thousands is None and LogicalType.INTEGER in wanted and not text.has_leading_zero():
        right.add(LogicalType.INTEGER)
    if wanted & set(NUMBER_TYPES) and parses_numbers(text, dialect):
        right.update(NUMBER_TYPES)
    return [name for name, one in types.items() if one in right]


def refuse_misfits(conversion: Conversion, names: Collection[str]) -> None:
    """Raises DataError if one of these columns has a value that is not of its type; it then tells
    the first such value of every column.
    """
    if not _wrong_columns(conversion, names):
        return
    rows = conversion.scan(())
    found = [
        _first_misfit(conversion, rows, name, bad)
        for name, bad in _wrong_columns(conversion, conversion.types).items()
    ]
    raise joint_error([DataError(misfit_sentence(m), names={"column": m.name}) for m in found])


def _wrong_columns(conversion: Conversion, names: Iterable[str]) -> dict[str, pl.Expr]:
    """The columns with a value that is not of its type, and where it is."""
    casts = {name: conversion.cast(name).bad for name in names}
    bads = {name: bad for name, bad in casts.items() if bad is not None}
    if not bads:
        return {}
    wanted = [bad.any().alias(str(i)) for i, bad in enumerate(bads.values())]
    row = conversion.scan(()).select(wanted).collect(engine="streaming").row(0)
    return {name: bads[name] for name, is_bad in zip(bads, row, strict=True) if is_bad}


def _first_misfit(conversion: Conversion, rows: pl.LazyFrame, name: str, bad: pl.Expr) -> Misfit:
    """The first value of a column that is not of its type."""
    texts = column_texts(conversion.text, name, conversion.dialect)
    row, value = first_loss(rows, bad, texts)
    place = Place(conversion.path, record_line(conversion.path, conversion.dialect, row), row)
    return Misfit(place, name, str(value), conversion.types[name], conversion.dialect)


def _has_infinite(path: Path) -> bool:
    """Whether the footer of a Parquet file tells of an infinite number."""
    footer = pq.ParquetFile(path).metadata
    infinite = (float("inf"), float("-inf"))
    pairs = product(range(footer.num_row_groups), range(footer.num_columns))
    found = (footer.row_group(group).column(column).statistics for group, column in pairs)
    return any(
        one.max in infinite or one.min in infinite
        for one in found
        if one is not None and one.has_min_max and one.physical_type == "DOUBLE"
    )
