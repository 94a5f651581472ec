"""Sniffing: how a text file is written, found in the file, each finding with its reason.

The head of the file tells the shape (`shape.py`) and the marks of values (`marks.py`).
Which texts stand for missing is looked up in the whole file, by one pass over its columns of
numbers: a marker in 3 of a million rows makes the column no text.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text.dialect import Declared, Dialect
from logit_flows.sources.text.layout import Head, head_records, read_text_head, text_layout
from logit_flows.sources.text.markers import find_markers
from logit_flows.sources.text.marks import Marks, date_form, text_marks, with_dates
from logit_flows.sources.text.raw_bytes import (
    encoding_of,
    is_utf8,
    likely_encoding,
    read_head,
    refuse_wrong_bytes,
    wide_encoding,
)
from logit_flows.sources.text.scanning import scan_texts
from logit_flows.sources.text.shape import is_missing, is_number, text_shape

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
    found = sniff_head(path, declared, guess_encoding=guess_encoding)
    if "null_values" in declared:
        return found
    markers, reasons = look_for_markers(path, found.dialect, number_columns)
    dialect = replace(found.dialect, markers=markers)
    return Sniffed(dialect, (*found.reasons, *reasons))


def sniff_head(path: str | Path, declared: Declared, *, guess_encoding: bool = False) -> Sniffed:
    """How the file is written, as far as its head tells: all but what stands for missing."""
    encoding, said = _encoding(path, declared, guess_encoding)
    head = _sniffed_head(path, encoding)
    shape = text_shape(head, {**declared, "encoding": encoding})
    names, rows = _first_rows(path, head, shape.dialect)
    marks = _with_later_dates(path, text_marks(names, rows, shape.dialect, declared))
    return Sniffed(marks.dialect, (*said, *shape.reasons, *marks.reasons))


def look_for_markers(
    path: str | Path, dialect: Dialect, number_columns: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts that stand for missing among numbers, by a look at all rows, and a sentence each.

    number_columns: those that are looked at; none: those that hold numbers.
    """
    names, rows = _first_rows(path, _sniffed_head(path, dialect.encoding), dialect)
    columns = {name: [row[i] for row in rows if i < len(row)] for i, name in enumerate(names)}
    looked = [
        name
        for name, values in columns.items()
        if (name in number_columns if number_columns else _may_hold_numbers(values))
    ]
    return find_markers(path, dialect, looked, number_columns) if rows else ((), ())


def _encoding(
    path: str | Path, declared: Declared, guess_encoding: bool
) -> tuple[str, tuple[str, ...]]:
    """The declared encoding, that of a byte order mark, UTF-8, or a guess."""
    head = read_head(path)
    if "encoding" in declared:
        return declared["encoding"], ()
    marked = encoding_of(path, head, "utf-8")
    if not is_utf8(marked):
        return marked, (f"a byte order mark says {marked.upper()}",)
    if not guess_encoding:
        return "utf-8", ()
    if (wide := wide_encoding(head)) is not None:
        return wide, (f"zeros stand between its bytes, as in {wide.upper()}",)
    try:
        refuse_wrong_bytes(path, "utf-8")
    except DataError as error:
        guess = likely_encoding(head)
        place = str(error).removeprefix(f"{shown_path(path)}, ").partition(";")[0]
        return guess, (f"{place}: the text is read as {guess}",)
    return "utf-8", ()


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
