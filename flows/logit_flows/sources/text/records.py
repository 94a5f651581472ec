"""The slow reading of a text file: record by record, and each wrong line by its number.

It takes over where the bytes are not regular (`structure.py`). Some of these files are right:
blank lines between records, lines that end in CR, quotes inside a field, blanks before a quote.
Those are written anew as a regular text. In the others a line is wrong, and named.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TextIO

from logit_engine.errors import DataError
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.layout import Layout, cleaned, csv_options
from logit_flows.sources.text.places import Place
from logit_flows.sources.text.raw_bytes import read_head, wide_encoding

COPY_DIALECT = Dialect()


def checked_records(
    path: str, text: TextIO, dialect: Dialect, layout: Layout
) -> Iterator[tuple[int, list[str]]]:
    """The first line and the fields of each record; text: the whole file, line ends as they are.

    Raises DataError for the first line that is wrong.
    """
    csv.field_size_limit(sys.maxsize)
    before = layout.line - 1
    lines = _without_nul(path, islice(text, before, None), layout.line)
    reader = csv.reader(lines, strict=True, **csv_options(dialect))
    line, row = layout.line, 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = before + reader.line_num
            raise _wrong_quote(Place(path, line, row), last, error) from None
        if len(fields) == layout.width and (layout.width > 1 or fields[0].strip()):
            yield line, fields
            row += 1
        elif not is_blank(fields):
            raise _wrong_width(Place(path, line, row), len(fields), layout, dialect)
        line = before + reader.line_num + 1


def write_regular(
    records: Iterable[tuple[int, list[str]]], target: TextIO, dialect: Dialect
) -> int:
    """Write records so that they are regular, in the dialect that a copy has; returns how many."""
    writer = csv.writer(target, lineterminator="\r\n")
    count = 0
    for _, fields in records:
        writer.writerow(cleaned(fields, dialect))
        count += 1
    return count


def is_blank(fields: list[str]) -> bool:
    """Whether a record is a line without anything but blanks."""
    return not fields or (len(fields) == 1 and not fields[0].strip())


def _without_nul(path: str, lines: Iterable[str], first: int) -> Iterator[str]:
    for number, line in enumerate(lines, first):
        if "\0" in line:
            raise _nul_error(path, number)
        yield line


def _nul_error(path: str, line: int) -> DataError:
    said = f"{shown_path(path)}, line {line:,}: a NUL character, which no text holds"
    wide = wide_encoding(read_head(path))
    if wide is None:
        return DataError(f"{said}; the file is damaged: get it again, or remove the character.")
    return DataError(f"{said}; name the encoding:  data: {{format: {{encoding: {wide}}}}}")


def _wrong_quote(place: Place, last: int, error: csv.Error) -> DataError:
    remedy = (
        "correct the line, or if quotes mean nothing in the file:  data: {format: {quote: none}}"
    )
    if "end of data" in str(error):
        return DataError(f"{place}: a quote opens a field and is never closed; {remedy}")
    if last > place.line:
        return DataError(
            f"{place}: a quote opens a field, and on line {last:,} text follows the quote that "
            f"closes it; {remedy}"
        )
    return DataError(f"{place}: text follows the quote that closes a field; {remedy}")


def _wrong_width(place: Place, found: int, layout: Layout, dialect: Dialect) -> DataError:
    fields = "1 field" if found == 1 else f"{found} fields"
    sentence = f"{place}: {fields}, but the file has {layout.width} columns"
    if found < layout.width:
        return DataError(f"{sentence}; the line was cut short, or lacks a separator.")
    return DataError(
        f"{sentence}; put quotes around a field that holds {dialect.separator!r}, or correct the "
        "line."
    )
