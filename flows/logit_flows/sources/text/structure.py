"""Whether every line of a text file has its number of fields, proven by one pass over the bytes.

Why. Polars reads a short line as if its last fields were missing. It skips the end of a long one if
no column of it is wanted, and takes a quote inside a field for the start of a quoted text. So the
bytes are looked at here before it reads, several times as fast as it reads.

How. A file is regular if it is written as RFC 4180 says, with any separator: a quote opens a field
right behind a separator or a line end and closes it right before one, a quote inside is doubled,
lines end in LF or CR LF, and no line is blank. Then a byte lies inside of quotes if an odd number
of quotes stands before it, and each w-th of the separators and line ends outside is a line end,
where w is the number of fields of a line. What is not regular may still be right: `records.py`
reads it slowly, and says which line is wrong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

CHUNK_BYTES = 2**17  # which stays in a cache
TAIL_BYTES = 2**16  # of blank lines at the end of a regular file, at most
LF, CR, ZERO = b"\n\r0"


@dataclass(frozen=True, slots=True)
class Structure:
    """What a regular file holds.

    blank_end: blank lines follow the last record. is_ascii: no byte is part of a longer character.
    """

    records: int
    blank_end: bool
    is_ascii: bool


def regular_structure(
    data: Bytes, separator: int, quote: int | None, width: int
) -> Structure | None:
    """The structure of data with `width` fields per line; None if it is not regular.

    One column is never regular: a blank line cannot be told from a missing value.
    """
    end, blank_end = _without_blank_end(data)
    data = data[:end]
    if end == 0:
        return Structure(0, blank_end, True)
    if width < 2:
        return None
    is_open, fields, records, largest = False, 0, 0, 0
    for first in range(0, end, CHUNK_BYTES):
        chunk = data[first : first + CHUNK_BYTES]
        if not chunk.min() or not _are_line_ends(data, chunk, first):
            return None
        largest = max(largest, int(chunk.max()))
        found = _field_ends(data, chunk, first, separator, quote, is_open)
        if found is None:
            return None
        ends, line_ends, is_open = found
        at = chunk[ends[(width - 1 - fields) % width :: width]]
        if len(at) != line_ends or not (at == LF).all():
            return None
        fields, records = (fields + ends.size) % width, records + line_ends
    last = int(data[-1] != LF)
    if is_open or (fields + last) % width:
        return None
    return Structure(records + last, blank_end, largest < 0x80)


def has_leading_zero(data: Bytes, separator: int, quote: int | None) -> bool:
    """Whether some field may be a number that is written with a zero in front, as 007."""
    if data[:1].tobytes() == b"0" and data[1:2].tobytes().isdigit():
        return True
    for first in range(0, data.size, CHUNK_BYTES):
        chunk = data[first : first + CHUNK_BYTES + 2]
        before, zero, digit = chunk[:-2], chunk[1:-1] == ZERO, (chunk[2:] - ZERO) < 10
        starts = (before == separator) | (before == LF)
        if quote is not None:
            starts |= before == quote
        if (starts & zero & digit).any():
            return True
    return False


def has_byte(data: Bytes, byte: int) -> bool:
    """Whether the byte stands somewhere."""
    chunks = (data[first : first + CHUNK_BYTES] for first in range(0, data.size, CHUNK_BYTES))
    return any((chunk == byte).any() for chunk in chunks)


def _without_blank_end(data: Bytes) -> tuple[int, bool]:
    """Where the last line ends that is not blank, and whether blank ones follow."""
    tail = bytes(data[-TAIL_BYTES:])
    kept = tail.rstrip(b"\r\n ")
    rest = tail[len(kept) :]
    if not kept:
        return (0, bool(tail)) if len(tail) == data.size else (data.size, False)
    line = rest.find(b"\n") + 1
    if not line or line == len(rest):
        return data.size, False
    return data.size - len(rest) + line, True


def _are_line_ends(data: Bytes, chunk: Bytes, first: int) -> bool:
    """Whether each carriage return of a chunk stands before a line feed."""
    returns = chunk == CR
    if not returns.any():
        return True
    at = np.flatnonzero(returns) + first + 1
    return int(at[-1]) < data.size and bool((data[at] == LF).all())


def _field_ends(
    data: Bytes, chunk: Bytes, first: int, separator: int, quote: int | None, is_open: bool
) -> tuple[NDArray[np.intp], int, bool] | None:
    """Where fields end in a chunk, how many lines do, and whether a quote is open behind it.

    None: a quote stands where it neither opens nor closes a field.
    """
    line_ends = chunk == LF
    marks = line_ends | (chunk == separator)
    quotes = None if quote is None else chunk == quote
    if quotes is None or not (is_open or quotes.any()):
        return np.flatnonzero(marks), int(np.count_nonzero(line_ends)), False
    at = np.flatnonzero(marks | quotes)
    is_quote = quotes[at]
    opened = (np.cumsum(is_quote, dtype=np.uint8) + np.uint8(is_open)) % 2 == 1
    if not _are_at_edges(data, at[is_quote] + first, opened[is_quote], separator):
        return None
    ends = at[~(is_quote | opened)]
    return ends, int(np.count_nonzero(line_ends[ends])), bool(opened[-1]) if at.size else is_open


def _are_at_edges(
    data: Bytes, at: NDArray[np.intp], opens: NDArray[np.bool_], separator: int
) -> bool:
    """Whether opening quotes begin a field, and closing ones end it, those of a pair aside."""
    if not at.size:
        return True
    quote = data[at[0]]
    opening, closing = at[opens], at[~opens]
    before = np.where(opening > 0, data[opening - 1], LF)
    after = np.where(closing + 1 < data.size, data[np.minimum(closing + 1, data.size - 1)], LF)
    return bool(
        np.isin(before, [separator, LF, quote]).all()
        and np.isin(after, [separator, LF, CR, quote]).all()
    )
