"""Sniffing: how a text file is written, found in the file, each finding with its reason.

The head of the file tells the shape (`text_shape.py`) and the marks of values (`text_marks.py`).
Which texts stand for missing is looked up in the whole file, by one pass over its columns of
numbers: a marker in 3 of a million rows makes the column no text.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_flows.sources.dialect import Declared, Dialect
from logit_flows.sources.logical_types import LogicalType
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text_bytes import (
    encoding_of,
    is_utf8,
    likely_encoding,
    read_head,
    refuse_wrong_bytes,
)
from logit_flows.sources.text_files import scan_texts
from logit_flows.sources.text_layout import Head, head_records, read_text_head, text_layout
from logit_flows.sources.text_marks import Marks, date_form, text_marks, with_dates
from logit_flows.sources.text_shape import MARKERS, is_missing, is_number, text_shape
from logit_flows.sources.text_values import cast_text

SNIFFED_BYTES, MIN_SNIFFED_RECORDS, MAX_SNIFFED_BYTES = 2**18, 50, 2**24


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A dialect, and a sentence for each of its parts that is not what most files have."""

    dialect: Dialect
    reasons: tuple[str, ...]


def sniff_dialect(
    path: str | Path,
    declared: Declared | None,
    number_columns: Collection[str] = (),
    *,
    guess_encoding: bool = False,
) -> Sniffed:
    """How the file is written; what is declared stands.

    number_columns: those whose markers are looked for; none: those that hold numbers.
    guess_encoding: what is not UTF-8 is taken for latin-1 or its like, and said; else it is left
    to the reading, which refuses it. Raises DataError if it is no text file, or a line is wrong.
    """
    declared = declared or {}
    encoding, said = _encoding(path, declared, guess_encoding)
    head = _sniffed_head(path, encoding)
    shape = text_shape(head, {**declared, "encoding": encoding})
    names, rows = _first_rows(path, head, shape.dialect)
    marks = _with_later_dates(path, text_marks(names, rows, shape.dialect, declared))
    found = Sniffed(marks.dialect, (*said, *shape.reasons, *marks.reasons))
    if "null_values" in declared or not rows:
        return found
    columns = {name: [row[i] for row in rows if i < len(row)] for i, name in enumerate(names)}
    looked = [
        name
        for name, values in columns.items()
        if (name in number_columns if number_columns else _may_hold_numbers(values))
    ]
    return _with_markers(path, found, looked, set(number_columns))


def _encoding(
    path: str | Path, declared: Declared, guess_encoding: bool
) -> tuple[str, tuple[str, ...]]:
    """The declared encoding, that of a byte order mark, UTF-8, or a guess."""
    head = read_head(path)
    if "encoding" in declared:
        return declared["encoding"], ()
    marked = encoding_of(head, "utf-8")
    if not is_utf8(marked):
        return marked, (f"a byte order mark says {marked.upper()}",)
    if not guess_encoding:
        return "utf-8", ()
    if (wide := _wide_encoding(head)) is not None:
        return wide, (f"every second byte is zero, as in {wide.upper()}",)
    try:
        refuse_wrong_bytes(path, "utf-8")
    except DataError as error:
        guess = likely_encoding(head)
        place = str(error).removeprefix(f"{shown_path(path)}, ").partition(";")[0]
        return guess, (f"{place}: the text is read as {guess}",)
    return "utf-8", ()


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: every second byte of plain text is zero."""
    sample = head[:4096]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = sample[first::2].count(0), sample[1 - first :: 2].count(0)
        if sample and zeros > len(sample) // 4 and not others:
            return name
    return None


def _sniffed_head(path: str | Path, encoding: str) -> Head:
    """The first lines: enough of them, unless they are very long."""
    size = SNIFFED_BYTES
    while True:
        head = read_text_head(path, encoding, size)
        if head.is_whole or head.text.count("\n") >= MIN_SNIFFED_RECORDS:
            return head
        if size >= MAX_SNIFFED_BYTES:
            return head
        size *= 8


def _first_rows(
    path: str | Path, head: Head, dialect: Dialect
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The names of the columns, and the first rows of data."""
    if not head.text.strip():
        return (), []
    layout = text_layout(path, dialect)
    return layout.names, [record.fields for record in head_records(head, layout.line, dialect)]


def _with_later_dates(path: str | Path, marks: Marks) -> Marks:
    """The marks, with the days of all rows where those of the first may be months."""
    if marks.unsure_dates is None:
        return marks
    name, value = marks.unsure_dates
    days = by_name(name).str.extract(r"^\s*(\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4})").drop_nulls()
    found = scan_texts(path, marks.dialect, [name]).select(days.unique())
    values = found.collect(engine="streaming").to_series().sort().to_list()
    return with_dates(marks, date_form(values) or "", name, value)


def _may_hold_numbers(values: Collection[str]) -> bool:
    """Whether the first values of a column are numbers, or all missing."""
    return all(is_number(value) for value in dict.fromkeys(values) if not is_missing(value))


def _with_markers(
    path: str | Path, found: Sniffed, columns: Collection[str], certain: Collection[str]
) -> Sniffed:
    """The dialect with the markers that stand in columns of numbers, by one pass over the file.

    certain: columns of numbers, even if some value is none.
    """
    if not columns:
        return found
    looks = scan_texts(path, found.dialect, list(columns)).select(
        expression.alias(f"{what} {i}")
        for i, name in enumerate(columns)
        for what, expression in _marker_look(by_name(name), found.dialect).items()
    )
    row = looks.collect(engine="streaming").row(0, named=True)
    held: dict[str, dict[str, int]] = {}
    for i, name in enumerate(columns):
        if row[f"numbers {i}"] and (name in certain or not row[f"others {i}"]):
            for marker, count in zip(row[f"markers {i}"], row[f"counts {i}"], strict=True):
                held.setdefault(marker, {})[name] = count
    markers = sorted(held, key=MARKERS.index)
    reasons = tuple(_marker_sentence(marker, held[marker], row["rows 0"]) for marker in markers)
    dialect = replace(found.dialect, null_values=("", *markers))
    return Sniffed(dialect, (*found.reasons, *reasons))


def _marker_look(texts: pl.Expr, dialect: Dialect) -> dict[str, pl.Expr]:
    """What is to be known of a column: its rows, its numbers, its markers, its other texts."""
    cast = cast_text(LogicalType.NUMBER, texts, dialect)
    assert cast.bad is not None, "a text may be no number"
    is_marker = texts.is_in(MARKERS)
    held = texts.filter(is_marker)
    return {
        "rows": pl.len(),
        "numbers": (cast.values.is_not_null() & ~is_marker).sum(),
        "others": (cast.bad & ~is_marker).sum(),
        "markers": held.unique(maintain_order=True).implode(),
        "counts": held.unique_counts().implode(),
    }


def _marker_sentence(marker: str, columns: Mapping[str, int], rows: int) -> str:
    """Where a marker stands among numbers, and that it is read as missing."""
    name = max(columns, key=lambda one: columns[one])
    place = f"column '{name}' holds {marker!r} in {columns[name]:,} of {rows:,} rows"
    others = len(columns) - 1
    if others:
        place += f", and {others} other column{'s' * (others > 1)} of numbers hold it"
    return f"{place}: it is read as missing"
