"""The markers of missing values in the columns of numbers of a text file, looked up in all rows.

Why and how. A marker in 3 of a million rows makes a column of numbers no text, so the head does not
tell. First Polars parses the columns as numbers, where it reads them as the dialect means them: a
column that it parses whole has no markers. Only what is left is looked at as text.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from logit_flows.sources.text.cell_values import cast_text, column_texts, missing_texts
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.plain_text import PlainText, parses_numbers, plain_text
from logit_flows.sources.text.shape import MARKERS
from logit_flows.sources.type_names import LogicalType


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """A column of texts: how many are numbers, and how often each other text stands there."""

    numbers: int
    others: Mapping[str, int]

    def markers(self, *, is_certain: bool) -> dict[str, int]:
        """The markers among numbers, with their counts; is_certain: it is a column of numbers."""
        held = {text: count for text, count in self.others.items() if text in MARKERS}
        is_numeric = self.numbers and (is_certain or len(held) == len(self.others))
        return held if is_numeric else {}


def find_markers(
    path: str | Path, dialect: Dialect, columns: Sequence[str], certain: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The markers, in the order of `MARKERS`, and a sentence for each.

    certain: columns of numbers, even if some value is none. Raises DataError for a wrong line.
    """
    text = plain_text(path, dialect)
    held: dict[str, dict[str, int]] = {}
    for name in _doubtful_columns(text, dialect, columns):
        look = _column_look(text, dialect, name)
        for marker, count in look.markers(is_certain=name in certain).items():
            held.setdefault(marker, {})[name] = count
    markers = tuple(sorted(held, key=MARKERS.index))
    return markers, tuple(_marker_sentence(one, held[one], text.records) for one in markers)


def _doubtful_columns(text: PlainText, dialect: Dialect, columns: Sequence[str]) -> list[str]:
    """The columns that hold more than numbers, or may do so."""
    if not (columns and parses_numbers(text, dialect)):
        return list(columns)
    types: list[pl.DataType] = [pl.String()] * text.layout.width
    places = [text.column(name) for name in columns]
    for place in places:
        types[int(place)] = pl.Float64()
    has_comma = dialect.decimal == ","
    rows = text.scan(types, [], decimal_comma=has_comma, ignore_errors=True)
    strange = [(pl.col(at).is_null() | pl.col(at).is_nan()).any() for at in places]
    found = rows.select(strange).collect(engine="streaming").row(0)
    return [name for name, is_strange in zip(columns, found, strict=True) if is_strange]


def _column_look(text: PlainText, dialect: Dialect, name: str) -> ColumnLook:
    """A column as texts, those that are no numbers counted one by one."""
    rows = text.scan([pl.String()] * text.layout.width, missing_texts(dialect))
    texts = column_texts(text, name, dialect)
    cast = cast_text(LogicalType.NUMBER, texts, dialect)
    is_number = cast.values.is_not_null()
    looked = rows.select(texts.alias("text"), is_number.alias("is_number"))
    others = looked.filter(pl.col("text").is_not_null() & ~pl.col("is_number"))
    counted = others.group_by(pl.col("text").str.strip_chars()).len()
    numbers, found = pl.collect_all(
        [looked.select(pl.col("is_number").sum()), counted], engine="streaming"
    )
    return ColumnLook(int(numbers.item()), {text: n for text, n in found.rows() if text})


def _marker_sentence(marker: str, columns: Mapping[str, int], rows: int) -> str:
    """Where a marker stands among numbers, and that it is read as missing."""
    name = max(columns, key=lambda one: columns[one])
    place = f"column '{name}' holds {marker!r} in {columns[name]:,} of {rows:,} rows"
    others = len(columns) - 1
    if others:
        place += f", and {others} other column{'s' * (others > 1)} of numbers hold it"
    return f"{place}: it is read as missing"
