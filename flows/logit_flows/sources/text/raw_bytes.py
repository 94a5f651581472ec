"""The bytes of a text file: decompressed, in which encoding, and what is no text file at all."""

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from logit_engine.errors import DataError
from logit_flows.sources.shown_paths import shown_path

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".data")
COMPRESSED_ENDINGS = (".gz", ".zst")
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
HEAD_BYTES = 2**20
COPY_BYTES = 2**22

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAVE_AS_CSV = "save the sheet as CSV"
UNPACK = "unpack it, and name the file in it"
# by ending: what it is, and what to do
OTHER_ENDINGS = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb"), ("an Excel file", SAVE_AS_CSV)),
    ".ods": ("an OpenDocument sheet", SAVE_AS_CSV),
    ".numbers": ("a Numbers sheet", SAVE_AS_CSV),
    **dict.fromkeys((".zip", ".7z", ".rar", ".tar", ".tgz"), ("an archive", UNPACK)),
    **dict.fromkeys((".bz2", ".xz"), ("compressed in a way that is not read", UNPACK)),
    ".sas7bdat": ("a SAS table", "export it as CSV"),
    ".sav": ("an SPSS table", "export it as CSV"),
    ".dta": ("a Stata table", "export it as CSV"),
    ".rds": ("an R object", "write it by write.csv"),
    ".feather": ("an Arrow file", "write it as Parquet"),
    ".arrow": ("an Arrow file", "write it as Parquet"),
    ".json": ("JSON", "write it as CSV or Parquet"),
    ".jsonl": ("JSON", "write it as CSV or Parquet"),
    ".html": ("a web page", "save the table as CSV"),
}
# by the first bytes, whatever the ending
MAGICS = (
    (b"PK\x03\x04", "an Excel file or an archive", "save the sheet as CSV, or unpack the file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", SAVE_AS_CSV),
    (b"PAR1", "a Parquet file", "give it the ending .parquet"),
    (b"ARROW1", "an Arrow file", "write it as Parquet"),
    (b"BZh", "compressed in a way that is not read", UNPACK),
    (b"\xfd7zXZ", "compressed in a way that is not read", UNPACK),
    (b"7z\xbc\xaf", "an archive", UNPACK),
    (b"Rar!", "an archive", UNPACK),
    (b"%PDF", "a PDF", "export the table as CSV"),
    (b"SQLite format 3", "a database", "export the table as CSV"),
    (b"$FL2", "an SPSS table", "export it as CSV"),
    (b"\x89HDF", "an HDF file", "write it as Parquet"),
)
WEB_STARTS = (b"<!doctype", b"<html", b"<?xml", b"<table")
JSON_STARTS = (b'{"', b"[{", b"[[", b'["')
ANY_ORDER = ("utf-16", "utf-32")  # whose bytes may stand in either order
WIDE_BYTES = 4096  # of a text that tell UTF-16
NO_WINDOWS_SIGNS = frozenset(b"\x81\x8d\x8f\x90\x9d")  # bytes that cp1252 does not have


def is_text_file(path: str | Path) -> bool:
    """Whether the ending is that of a text file, compressed or not, in any case."""
    name = Path(path).name.lower()
    for ending in COMPRESSED_ENDINGS:
        name = name.removesuffix(ending)
    return name.endswith(TEXT_ENDINGS)


def other_kind(path: str | Path) -> str | None:
    """A sentence on a file that is known not to be read, by its ending; None: unknown."""
    found = OTHER_ENDINGS.get(Path(path).suffix.lower())
    return None if found is None else f"{shown_path(path)} is {found[0]}; {found[1]}."


def refuse_other_kinds(path: str | Path, head: bytes) -> None:
    """Raises DataError if the first bytes are not those of a text file."""
    for magic, kind, remedy in MAGICS:
        if head.startswith(magic):
            raise DataError(f"{shown_path(path)} is {kind}, whatever its name says; {remedy}.")
    start = head[:1024].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    joined = b"".join(start.split())
    if start.startswith(WEB_STARTS):
        raise DataError(
            f"{shown_path(path)} is a web page, whatever its name says; download the file itself, "
            "or save the table as CSV."
        )
    if joined.startswith(JSON_STARTS):
        raise DataError(
            f"{shown_path(path)} is JSON, whatever its name says; write it as CSV or Parquet."
        )


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BinaryIO]:
    """The file's bytes, decompressed if its first bytes say that they are compressed.

    Raises DataError if they cannot be decompressed to the end.
    """
    with open(path, "rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        try:
            if magic.startswith(GZIP_MAGIC):
                with gzip.open(raw) as file:
                    yield file  # type: ignore[misc]  # it has all that is used of BinaryIO
            elif magic == ZSTD_MAGIC:
                yield io.BufferedReader(_ZstdFile(raw), COPY_BYTES)
            else:
                yield raw
        except (EOFError, gzip.BadGzipFile, zlib.error, TruncatedStream) as error:
            raise DataError(
                f"{shown_path(path)} is compressed, and damaged ({error}); get the file again."
            ) from None


def is_compressed(path: str | Path) -> bool:
    """Whether the first bytes are those of gzip or Zstandard."""
    with open(path, "rb") as file:
        magic = file.read(4)
    return magic.startswith(GZIP_MAGIC) or magic == ZSTD_MAGIC


def read_head(path: str | Path, size: int = HEAD_BYTES) -> bytes:
    """The first bytes, decompressed. Raises DataError if they are not those of a text file."""
    with open_bytes(path) as file:
        head = file.read(size)
    refuse_other_kinds(path, head)
    return head


def encoding_of(path: str | Path, head: bytes, declared: str) -> str:
    """The encoding of a text: that of its byte order mark, else the declared one.

    A declared utf-16 or utf-32 may begin with either byte: the text tells. Raises DataError if it
    does not.
    """
    for bom, name in BOMS:
        if head.startswith(bom):
            return name
    if declared not in ANY_ORDER:
        return declared
    found = wide_encoding(head)
    if found is None or not found.startswith(declared):
        raise DataError(
            f"{shown_path(path)} is not {declared.upper()}: it has no byte order mark, and its "
            f"bytes are those of another encoding; correct data.format.encoding."
        )
    return found


def wide_encoding(head: bytes) -> str | None:
    """UTF-32 or UTF-16 without a byte order mark, by the first bytes; None: it is neither.

    Digits, separators and line ends have zeros in all bytes but their lowest, where few letters
    have one. Of UTF-32 two more bytes are zero in nearly all characters.
    """
    sample = head[:WIDE_BYTES]
    for width, names in ((4, ("utf-32-le", "utf-32-be")), (2, ("utf-16-le", "utf-16-be"))):
        count = len(sample) // width
        zeros = [sample[place::width].count(0) for place in range(width)]
        for name, (lowest, second, *others) in zip(names, (zeros, zeros[::-1]), strict=True):
            is_wide = second >= max(2, count // 32) and second >= 2 * lowest
            if is_wide and all(2 * one >= count for one in others):
                return name
    return None


def is_utf8(encoding: str) -> bool:
    """Whether text in the encoding is UTF-8 as it is."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def copy_text(path: str | Path, encoding: str, target: BinaryIO) -> None:
    """Write the text as UTF-8, without a byte order mark.

    Raises DataError for bytes that are no text in the encoding, with their line.
    """
    decoder = codecs.getincrementaldecoder("utf-8" if is_utf8(encoding) else encoding)()
    lines, is_first = 1, True
    with open_bytes(path) as file:
        while chunk := file.read(COPY_BYTES):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n")
                raise wrong_bytes(path, line, error) from None
            lines += text.count("\n")
            target.write((text.removeprefix("\ufeff") if is_first else text).encode())
            is_first = False
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise wrong_bytes(path, lines, error) from None


def refuse_wrong_bytes(path: str | Path, encoding: str) -> None:
    """Raises DataError for the first bytes that are no text in the encoding."""
    with open(os.devnull, "wb") as nowhere:
        copy_text(path, encoding, nowhere)


def wrong_bytes(path: str | Path, line: int, error: UnicodeDecodeError) -> DataError:
    """What is said of bytes that are no text."""
    found = f"0x{error.object[error.start]:02X}"
    sentence = (
        f"{shown_path(path)}, line {line:,}: the byte {found} is not {error.encoding.upper()}"
    )
    if not is_utf8(error.encoding):
        return DataError(f"{sentence}; correct data.format.encoding.")
    guess = likely_encoding(error.object)
    return DataError(f"{sentence}; name the encoding:  data: {{format: {{encoding: {guess}}}}}")


def likely_encoding(data: bytes) -> str:
    """A guess at the encoding of a text that is not UTF-8: UTF-16, or that of Windows, which is
    latin-1 with signs where latin-1 has none, so that a later file may hold a euro sign.
    """
    if (wide := wide_encoding(data)) is not None:
        return wide
    return "latin-1" if NO_WINDOWS_SIGNS.intersection(data) else "cp1252"


class TruncatedStream(Exception):
    """A Zstandard stream cannot be read to its end."""


class _ZstdFile(io.RawIOBase):
    """The bytes of a Zstandard stream, by pyarrow."""

    def __init__(self, raw: BinaryIO) -> None:
        import pyarrow as pa  # type: ignore[import-untyped]

        self._stream = pa.CompressedInputStream(raw, "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        try:
            found = self._stream.read(len(target))
        except OSError as error:
            raise TruncatedStream(error) from None
        target[: len(found)] = found
        return len(found)
