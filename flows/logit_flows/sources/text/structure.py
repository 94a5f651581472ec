"""Whether every line of a text file has its number of fields, proven by one pass over the bytes.

Why. Polars reads a short line as if its last fields were missing. It skips the end of a long one if
no column of it is wanted, and takes a quote inside a field for the start of a quoted text. So the
bytes are looked at here before it reads, many times as fast as it reads.

How. A file is regular if it is written as RFC 4180 says, with any separator: a quote opens a field
right behind a separator or a line end and closes it right before one, a quote inside is doubled,
lines end in LF or CR LF, and no line is blank. Then a byte lies inside of quotes if an odd number
of quotes stands before it, and k (w - 1) of the separators outside stand before the k-th line end
outside, where w is the number of fields of a line. A mark is a bit, and a word holds 64 of them, so
that most of the work is an eighth of the bytes: Langdale & Lemire (2019), Parsing gigabytes of JSON
per second. Threads mark chunks side by side; what a chunk leaves to the next is counted in order.

What is not regular may still be right: `records.py` reads it slowly, and says which line is wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from logit_engine.rows.blas_threads import cores
from logit_engine.rows.pass_threads import results_in_order

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]  # bit i of word j is for byte 64 j + i of a chunk
Counts = NDArray[np.int64]

CHUNK_BYTES = 2**18  # which stays in a cache
TAIL_BYTES = 2**16  # of blank lines at the end of a regular file, at most
PART_CHUNKS = 16  # that a thread marks one after another
WORD, WORD_BITS = np.dtype("<u8"), 64
LAST_BIT, ALL_BITS = WORD.type(WORD_BITS - 1), WORD.type(2**WORD_BITS - 1)
LF, CR, ZERO = b"\n\r0"


@dataclass(frozen=True, slots=True)
class Structure:
    """What a regular file holds.

    blank_end: blank lines follow the last record. is_ascii: no byte is part of a longer character.
    """

    records: int
    blank_end: bool
    is_ascii: bool


@dataclass(frozen=True, slots=True)
class Quotes:
    """The quotes of a chunk. cannot_open, cannot_close: those at whose side a field goes on."""

    words: Words
    cannot_open: Words
    cannot_close: Words


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a chunk, inside of quotes and outside. quotes: None if it has none."""

    separators: Words
    line_ends: Words
    quotes: Quotes | None
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
    is_open, is_ascii, records, separators = False, True, 0, 0
    for marks in _all_marks(data, separator, quote):
        inside = None if marks is None else _inside_quotes(marks, is_open)
        if marks is None or inside is None:
            return None
        line_ends, found = marks.line_ends & ~inside, marks.separators & ~inside
        for rank, before in _separators_before(line_ends, found):
            if (separators + before != (width - 1) * (records + rank)).any():
                return None
        is_open, is_ascii = bool(inside[-1] >> LAST_BIT), is_ascii and marks.is_ascii
        records, separators = records + _bit_count(line_ends), separators + _bit_count(found)
    last = int(data[-1] != LF)
    if is_open or separators != (width - 1) * (records + last):
        return None
    return Structure(records + last, blank_end, is_ascii)


def has_leading_zero(data: Bytes, separator: int, quote: int | None) -> bool:
    """Whether some field may be a number that is written with a zero in front, as 007."""

    def is_in_chunk(first: int) -> bool:
        chunk = data[first : first + CHUNK_BYTES + 2]
        before = chunk[:-2]
        found = before == separator
        found |= before == LF
        if quote is not None:
            found |= before == quote
        found &= chunk[1:-1] == ZERO
        found &= (chunk[2:] - ZERO) < 10
        return bool(found.any())

    if data[:1].tobytes() == b"0" and data[1:2].tobytes().isdigit():
        return True
    return any(results_in_order(is_in_chunk, range(0, data.size, CHUNK_BYTES), cores()))


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


def _all_marks(data: Bytes, separator: int, quote: int | None) -> Iterator[Marks | None]:
    """The marks of each chunk, in order; None of one that is not regular, whatever is around it."""

    def marks_of_part(first: int) -> list[Marks | None]:
        scratch = np.empty(CHUNK_BYTES, np.bool_)
        starts = range(first, min(first + PART_CHUNKS * CHUNK_BYTES, data.size), CHUNK_BYTES)
        return [_chunk_marks(data, start, separator, quote, scratch) for start in starts]

    parts = range(0, data.size, PART_CHUNKS * CHUNK_BYTES)
    return chain.from_iterable(results_in_order(marks_of_part, parts, cores()))


def _chunk_marks(
    data: Bytes, first: int, separator: int, quote: int | None, scratch: Mask
) -> Marks | None:
    """The marks of a chunk; None if a NUL stands in it, or a carriage return before no LF."""
    chunk = data[first : first + CHUNK_BYTES]
    mask, last = scratch[: chunk.size], first + chunk.size
    next_byte = int(data[last]) if last < data.size else None
    line_ends = _words(np.equal(chunk, LF, out=mask))
    separators = _words(np.equal(chunk, separator, out=mask))
    returns = np.zeros_like(line_ends)
    if np.equal(chunk, CR, out=mask).any():
        returns = _words(mask)
        if (returns & ~_from_behind(line_ends, chunk.size, next_byte == LF)).any():
            return None
    if not chunk.min():
        return None
    quotes = None
    if quote is not None and np.equal(chunk, quote, out=mask).any():
        words, edges = _words(mask), (separator, LF, quote)
        here = separators | line_ends | words
        before = _from_before(here, first == 0 or int(data[first - 1]) in edges)
        behind = _from_behind(here | returns, chunk.size, next_byte in (None, CR, *edges))
        quotes = Quotes(words, words & ~before, words & ~behind)
    return Marks(separators, line_ends, quotes, bool(chunk.max() < 0x80))


def _inside_quotes(marks: Marks, is_open: bool) -> Words | None:
    """The bytes of a chunk that an odd number of quotes has opened, from the quote that opens on.

    is_open: a quote is open before the chunk. None: one stands where it neither opens nor closes a
    field.
    """
    quotes = marks.quotes
    if quotes is None:
        return np.full_like(marks.line_ends, ALL_BITS if is_open else 0)
    inside = quotes.words.copy()
    for step in (1, 2, 4, 8, 16, 32):
        inside ^= inside << WORD.type(step)
    is_odd = np.roll(inside >> LAST_BIT, 1)
    is_odd[0] = is_open
    inside ^= np.where(np.bitwise_xor.accumulate(is_odd), ALL_BITS, WORD.type(0))
    misplaced = (quotes.cannot_open & inside) | (quotes.cannot_close & ~inside)
    return None if misplaced.any() else inside


def _separators_before(line_ends: Words, separators: Words) -> Iterator[tuple[Counts, Counts]]:
    """The rank of each line end in a chunk, from 1, and how many separators stand before it.

    First the first line end of each word, then the second of those that have one, and so on.
    """
    at = np.flatnonzero(line_ends)
    ends, own = line_ends[at], separators[at]
    counts = np.bitwise_count(ends)
    rank = np.cumsum(counts, dtype=np.int64) - counts
    before = np.bitwise_count(separators).astype(np.int64).cumsum()[at] - np.bitwise_count(own)
    while ends.size:
        lowest = ends & -ends
        rank = rank + 1
        yield rank, before + np.bitwise_count(own & (lowest - WORD.type(1)))
        ends = ends ^ lowest
        left = ends != 0
        if not left.all():
            ends, own, rank, before = ends[left], own[left], rank[left], before[left]


def _words(mask: Mask) -> Words:
    """A mask of bytes as bits; those behind its end are zero."""
    words = np.zeros(-(-mask.size // WORD_BITS), WORD)
    packed = np.packbits(mask, bitorder="little")
    words.view(np.uint8)[: packed.size] = packed
    return words


def _from_before(words: Words, first: bool) -> Words:
    """To each byte the bit of the byte before it; first: that of the byte before the chunk."""
    moved: Words = words << WORD.type(1)
    moved[1:] |= words[:-1] >> LAST_BIT
    moved[0] |= WORD.type(first)
    return moved


def _from_behind(words: Words, size: int, last: bool) -> Words:
    """To each byte the bit of the byte behind it; last: that of the byte behind the chunk."""
    moved: Words = words >> WORD.type(1)
    moved[:-1] |= words[1:] << LAST_BIT
    word, bit = divmod(size - 1, WORD_BITS)
    moved[word] |= WORD.type(int(last) << bit)
    return moved


def _bit_count(words: Words) -> int:
    return int(np.bitwise_count(words).sum(dtype=np.int64))
