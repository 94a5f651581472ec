"""The layout of a text file: its first lines as records, its columns, and where the data begin."""

import codecs
import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from logit_engine.errors import DataError
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.raw_bytes import HEAD_BYTES, encoding_of, is_utf8, read_head

MAX_HEAD_RECORDS = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of a line, or of several if a quoted field holds line ends.

    line, end: the first line, from 1, and the first line behind.
    """

    line: int
    end: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The first characters of a text. is_whole: there are no others."""

    text: str
    is_whole: bool

    def lines(self, first: int) -> list[str]:
        """Its lines from that one on, with their ends."""
        return list(islice(io.StringIO(self.text, newline=""), first - 1, None))


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a text file, and where its data begin.

    names: one for each field of a line. places: of names among the fields; of a name that stands
    twice the first. line: the first line of data, from 1. prefix: the text before it.
    """

    names: tuple[str, ...]
    places: Mapping[str, int]
    line: int
    prefix: str

    @property
    def width(self) -> int:
        """The number of fields of a line."""
        return len(self.names)


def read_text_head(path: str | Path, encoding: str, size: int = HEAD_BYTES) -> Head:
    """The first characters, without a byte order mark.

    Bytes that are no text are replaced; whoever reads all of it refuses them.
    """
    data = read_head(path, size)
    found = encoding_of(path, data, encoding)
    decoder = codecs.getincrementaldecoder("utf-8" if is_utf8(found) else found)("replace")
    is_whole = len(data) < size
    return Head(decoder.decode(data, final=is_whole).removeprefix("\ufeff"), is_whole)


def text_records(lines: Sequence[str], first: int, dialect: Dialect) -> Iterator[Record]:
    """Records of lines, blank ones left out, as csv reads them: nothing is refused.

    first: the number of the first of the lines.
    """
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(lines, **csv_options(dialect))
    line = 0
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            return
        if fields and not (len(fields) == 1 and not fields[0].strip()):
            yield Record(first + line, first + reader.line_num, cleaned(fields, dialect))
        line = reader.line_num


def csv_options(dialect: Dialect) -> dict[str, Any]:
    """What Python's csv reads the dialect by."""
    quoting = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
    return {
        "delimiter": dialect.separator,
        "quotechar": dialect.quote or '"',
        "quoting": quoting,
        "skipinitialspace": dialect.trim,
    }


def cleaned(fields: Sequence[str], dialect: Dialect) -> tuple[str, ...]:
    """The fields, without blanks around them if the dialect leaves these out."""
    return tuple(field.strip() for field in fields) if dialect.trim else tuple(fields)


def head_records(head: Head, first: int, dialect: Dialect) -> list[Record]:
    """The first records from a line on; the last one of a head may be cut, and is left out."""
    found = list(islice(text_records(head.lines(first), first, dialect), MAX_HEAD_RECORDS))
    is_cut = not head.is_whole and len(found) < MAX_HEAD_RECORDS
    return found[:-1] if is_cut else found


def text_layout(path: str | Path, dialect: Dialect) -> Layout:
    """The layout of a file in a dialect.

    Raises DataError if the header line is not there, or the names are too few.
    """
    size = HEAD_BYTES
    while True:
        head = read_text_head(path, dialect.encoding, size)
        first = dialect.header or dialect.skip_rows + 1
        records = head_records(head, first, dialect)
        if head.is_whole or len(records) >= 2:
            return _layout(path, head, records, dialect)
        size *= 8


def _layout(path: str | Path, head: Head, records: list[Record], dialect: Dialect) -> Layout:
    if not head.text.strip():
        what = "holds nothing but blank lines" if head.text else "is empty"
        raise DataError(f"{shown_path(path)} {what}; there is nothing to read.")
    header = None
    line = dialect.skip_rows + 1
    if dialect.header is not None:
        if not records:
            raise DataError(
                f"{shown_path(path)} has no line {dialect.header:,} or behind it, where "
                "data.format.header says the names are."
            )
        header = records[0]
        _refuse_wrong_quotes(path, head, header, dialect)
        line = max(line, header.end)
    data = [record.fields for record in records if record.line >= line]
    names = _names(path, header, data, dialect)
    prefix = "".join(head.lines(1)[: line - 1])
    places = {name: i for i, name in reversed(list(enumerate(names)))}
    return Layout(names, places, line, prefix)


def _refuse_wrong_quotes(path: str | Path, head: Head, header: Record, dialect: Dialect) -> None:
    """Raises DataError if the names are in quotes that do not close, or close amid a name."""
    try:
        next(csv.reader(head.lines(header.line), strict=True, **csv_options(dialect)))
    except csv.Error:
        raise DataError(
            f"{shown_path(path)}, line {header.line:,}: a quote in the names of the columns is not "
            "closed, or text follows the quote that closes a name; correct the line, or if quotes "
            "mean nothing in the file:  data: {format: {quote: none}}"
        ) from None


def _refuse_other_order(path: str | Path, header: Record, dialect: Dialect) -> None:
    """Raises DataError if the header has a declared name in another place than the config."""
    fields = [field.strip() for field in header.fields]
    for place, name in enumerate(dialect.names):
        if name in fields and fields.index(name) != place:
            raise DataError(
                f"{shown_path(path)}, line {header.line:,}: column {fields.index(name) + 1} is "
                f"'{name}', which data.format.header names as column {place + 1}; put the columns "
                "in that order, or correct the list."
            )


def _names(
    path: str | Path, header: Record | None, data: list[tuple[str, ...]], dialect: Dialect
) -> tuple[str, ...]:
    """A name for each field of a line."""
    if dialect.names:
        width = usual_width(data) or len(dialect.names)
        if len(dialect.names) != width:
            raise DataError(
                f"data.format.header names {len(dialect.names)} columns, but the lines of "
                f"{shown_path(path)} have {width} fields."
            )
        if header is not None:
            _refuse_other_order(path, header, dialect)
        return dialect.names
    if header is None:
        return tuple(f"column_{i}" for i in range(1, usual_width(data) + 1))
    written = aligned_names(header.fields, data)
    return tuple(name or f"unnamed_{i}" for i, name in enumerate(written, 1))


def aligned_names(written: tuple[str, ...], data: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The names of a header, and an empty one more where all lines have one field more than it.

    The field more is first if it names rows, as R writes them, and last if lines end with a
    separator. An empty last name is left out if no line has a field for it.
    """
    widths = {len(fields) for fields in data}
    if widths == {len(written) - 1} and not written[-1]:
        return written[:-1]
    if widths != {len(written) + 1}:
        return written
    if not any(fields[-1] for fields in data):
        return (*written, "")
    are_row_names = len({fields[0] for fields in data}) == len(data) > 1
    return ("", *written) if are_row_names else written


def usual_width(records: Sequence[tuple[str, ...]]) -> int:
    """The number of fields that most records have; 0 of none."""
    counts = Counter(len(fields) for fields in records)
    return counts.most_common(1)[0][0] if counts else 0
