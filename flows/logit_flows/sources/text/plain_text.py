"""A text file as Polars reads it without a doubt: regular UTF-8, the file itself or a copy."""

import io
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, TextIO

import numpy as np
import polars as pl

from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.layout import Layout, text_layout
from logit_flows.sources.text.raw_bytes import (
    copy_text,
    encoding_of,
    is_compressed,
    is_utf8,
    open_bytes,
    read_head,
    refuse_wrong_bytes,
)
from logit_flows.sources.text.records import COPY_DIALECT, checked_records, write_regular
from logit_flows.sources.text.structure import (
    Bytes,
    has_byte,
    has_leading_zero,
    regular_structure,
)

BOM_BYTES = 3  # of UTF-8


@dataclass(frozen=True, slots=True)
class PlainText:
    """Regular UTF-8: a file, or bytes of it that are held in memory.

    dialect: how this text is written, values aside; another than the file's if it is a copy.
    start, skipped_lines: what stands before the data. records: how many there are.
    """

    source: Path | bytes
    dialect: Dialect
    layout: Layout
    start: int
    skipped_lines: int
    records: int
    blank_end: bool

    def scan(
        self,
        types: Sequence[pl.DataType],
        null_values: Sequence[str] | dict[str, str],
        *,
        decimal_comma: bool = False,
        ignore_errors: bool = False,
    ) -> pl.LazyFrame:
        """Its rows, lazily, the columns named "0", "1", ... and of these types.

        null_values: what stands for missing, in all columns or by column. ignore_errors: a value
        that is not of its type is null.
        """
        schema = {str(i): dtype for i, dtype in enumerate(types)}
        if not self.records:
            return pl.LazyFrame(schema=schema)
        return pl.scan_csv(
            self.source,
            has_header=False,
            skip_lines=self.skipped_lines,
            separator=self.dialect.separator,
            quote_char=self.dialect.quote,
            schema=schema,
            null_values=null_values if isinstance(null_values, dict) else list(null_values),
            decimal_comma=decimal_comma,
            ignore_errors=ignore_errors,
            n_rows=self.records if self.blank_end else None,
            glob=False,
        )

    def column(self, name: str) -> str:
        """What the scan calls the column of that name: its place."""
        return str(self.layout.places[name])

    def data(self) -> Bytes:
        """The bytes of the data."""
        return _bytes_of(self.source)[self.start :]

    def has_leading_zero(self) -> bool:
        """Whether some field may be a number that is written as 007."""
        quote = None if self.dialect.quote is None else ord(self.dialect.quote)
        return has_leading_zero(self.data(), ord(self.dialect.separator), quote)

    def has_point(self) -> bool:
        """Whether a point stands somewhere in the data."""
        return has_byte(self.data(), ord("."))


def parses_numbers(text: PlainText, dialect: Dialect) -> bool:
    """Whether Polars parses numbers as the dialect means them."""
    if dialect.trim or dialect.thousands is not None:
        return False
    return dialect.decimal == "." or not text.has_point()


def plain_text(path: str | Path, dialect: Dialect, folder: Path | None = None) -> PlainText:
    """A file as regular UTF-8.

    A file that is another is copied: into the folder, or into memory without one. Raises DataError
    for the first line that is wrong.
    """
    path = Path(path)
    found = path.stat()
    stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    # what values mean is left out: it does not change how the file is regular
    dialect = replace(
        dialect, decimal=".", thousands=None, null_values=("",), markers=(), dates=None
    )
    if folder is None:
        return _text_in_memory(path, dialect, stamp)
    return _regular_file(path, dialect, stamp) or _regular_copy(path, dialect, folder)


@lru_cache(maxsize=1)
def _text_in_memory(path: Path, dialect: Dialect, stamp: tuple[int, ...]) -> PlainText:
    """Kept, since a look scans a file more than once."""
    return _regular_file(path, dialect, stamp) or _regular_copy(path, dialect, None)


@lru_cache(maxsize=64)
def _regular_file(path: Path, dialect: Dialect, stamp: tuple[int, ...]) -> PlainText | None:
    """The file itself if it is regular UTF-8; kept as long as the file is the same."""
    head = read_head(path)
    encoding = encoding_of(path, head, dialect.encoding)
    if is_compressed(path) or not is_utf8(encoding):
        return None
    return _regular_text(path, dialect, text_layout(path, dialect), encoding == "utf-8-sig")


def _regular_text(
    source: Path | bytes, dialect: Dialect, layout: Layout, has_bom: bool
) -> PlainText | None:
    start = len(layout.prefix.encode()) + BOM_BYTES * has_bom
    quote = None if dialect.quote is None else ord(dialect.quote)
    if "\r" in layout.prefix.replace("\r\n", ""):
        return None
    data = _bytes_of(source)[start:]
    found = regular_structure(data, ord(dialect.separator), quote, layout.width)
    if found is None:
        return None
    if isinstance(source, Path) and not (found.is_ascii and layout.prefix.isascii()):
        refuse_wrong_bytes(source, "utf-8")
    skipped = layout.prefix.count("\n")
    return PlainText(source, dialect, layout, start, skipped, found.records, found.blank_end)


def _regular_copy(path: Path, dialect: Dialect, folder: Path | None) -> PlainText:
    """A copy that is regular."""
    encoding = encoding_of(path, read_head(path), dialect.encoding)
    layout = text_layout(path, dialect)
    with _new_file(folder) as file:
        copy_text(path, encoding, file)
        copy = _written_source(file)
    regular = _regular_text(copy, dialect, layout, has_bom=False)
    return regular or _written_anew(path, copy, dialect, layout, folder)


def _written_anew(
    path: Path, copy: Path | bytes, dialect: Dialect, layout: Layout, folder: Path | None
) -> PlainText:
    """The records of a copy that is not regular, as one that is. Raises DataError."""
    with _new_file(folder) as file, open_text(copy) as text:
        target = io.TextIOWrapper(file, "utf-8", newline="")
        records = checked_records(str(path), text, dialect, layout)
        count = write_regular(records, target, dialect)
        target.flush()
        source = _written_source(file)
        target.detach()
    if isinstance(copy, Path):
        copy.unlink()
    return PlainText(source, COPY_DIALECT, layout, 0, 0, count, blank_end=False)


@contextmanager
def open_decoded(path: str | Path, dialect: Dialect) -> Iterator[TextIO]:
    """A file as text, decompressed, with its line ends as they are."""
    encoding = encoding_of(path, read_head(path), dialect.encoding)
    with open_bytes(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        yield text


def record_line(path: str | Path, dialect: Dialect, row: int) -> int:
    """The line of a file where a data row begins, both counted from 1."""
    layout = text_layout(path, dialect)
    with open_decoded(path, dialect) as text:
        records = checked_records(str(path), text, dialect, layout)
        line, _ = next(islice(records, row - 1, None))
    return line


def open_text(source: Path | bytes) -> TextIO:
    """UTF-8 text with its line ends as they are."""
    if isinstance(source, bytes):
        return io.TextIOWrapper(io.BytesIO(source), "utf-8", newline="")
    return source.open(encoding="utf-8", newline="")


def _new_file(folder: Path | None) -> BinaryIO:
    if folder is None:
        return io.BytesIO()
    return NamedTemporaryFile(dir=folder, suffix=".csv", delete=False)  # type: ignore[return-value]


def _written_source(file: BinaryIO) -> Path | bytes:
    if isinstance(file, io.BytesIO):
        return file.getvalue()
    file.flush()
    return Path(file.name)


def _bytes_of(source: Path | bytes) -> Bytes:
    if isinstance(source, bytes):
        return np.frombuffer(source, np.uint8)
    with open(source, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return np.zeros(0, np.uint8)
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
