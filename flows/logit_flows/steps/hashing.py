"""Hashing: a number for each value of a column, or for each whole row, made from canonical text.

A value has one canonical text, whatever type a file gives it: the integer 7, the text "7" and the
category "7" are alike. So equal values have equal hashes on every machine, in every version and
under every change of type, and a hash may decide which side of a split a row is on.

A text is hashed by folding its UTF-8 bytes into its length, eight at a time, by splitmix64 (Steele,
Lea & Flood 2014). The bytes of all texts lie one after another, as Arrow has them: word k of every
text is read at once, by the texts that still have one. A very long text would keep the others
waiting, so its digest (BLAKE2b) stands for its bytes.

A whole row is hashed column by column, in the order of the columns' names, each by a salt of its
name. Its numbers go by their bits, which are as stable as their text and sooner had: one for both
zeros, one for all that is no number.

A row is also known again after a file rounded its numbers, or wrote its texts in another case: its
rounded hashes take each number by the cell in which it lies, a thousandth of its size wide, and
texts without case and blanks around them. There are two such hashes, by cells that are shifted
against each other, so a number that a small change moves out of its cell in one stays inside in the
other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.errors import DataError
from logit_engine.rows import cores
from logit_engine.rows.frame_columns import series_of
from logit_engine.rows.pass_threads import results_in_order
from logit_flows.sources.logical_types import is_text

Words = NDArray[np.uint64]

MAX_FOLDED_BYTES = 1024  # of a text; a longer one goes by its digest
DIGEST_BYTES = 16
WORD_BYTES = 8
SLICE_ROWS = 2**16  # hashed at once, in a core's cache
LEVEL_ROWS = 4  # on average, from which on different texts are hashed once
ALL_BITS = np.uint64(2**64 - 1)
NULL_WORD = np.uint64(0x6E75_6C6C)  # the value of no value, beside no text's and no number's
DROPPED_BITS = np.uint64(42)  # of a double's 52 after the point: cells of 2^-10 of a number's size
# no simple fractions of a cell: round numbers lie on no edge
CELL_SHIFTS = (np.uint64(0x0E7_13AB_52D1), np.uint64(0x2E5_9C01_37F3))


@dataclass(frozen=True, slots=True)
class RowKey:
    """The columns whose values make a whole row: numbers by their value, texts by their text."""

    numbers: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, in the order in which they are hashed."""
        return tuple(sorted({*self.numbers, *self.texts}))


Key = str | RowKey
"""What is hashed: a column's values, or whole rows."""


def key_columns(key: Key) -> tuple[str, ...]:
    """The columns that a hash of the key reads."""
    return (key,) if isinstance(key, str) else key.columns


def hashed_keys(frame: pl.DataFrame, key: Key, salt: int) -> NDArray[np.float64]:
    """A number in [0, 1) for each row of a frame, (n,), equal for rows with an equal key.

    Raises DataError for a column that is missing somewhere, or that is of no type with a text.
    """
    return (
        hashed_values(frame[key], salt) if isinstance(key, str) else hashed_rows(frame, key, salt)
    )


def hashed_values(column: pl.Series, salt: int) -> NDArray[np.float64]:
    """A number in [0, 1) for each value, (n,), equal for values of an equal canonical text.

    Raises DataError for missing values, and for numbers that are not whole by their type.
    """
    if column.null_count():
        raise DataError(
            f"column '{column.name}' is missing in {column.null_count():,} rows; a split cannot "
            "hash these."
        )
    if column.dtype.is_float():
        raise _no_text_error(column)
    return _unit_share(_text_hashes(canonical_text(column), np.uint64(salt)))


def hashed_rows(frame: pl.DataFrame, key: RowKey, salt: int) -> NDArray[np.float64]:
    """A number in [0, 1) for each row, (n,), equal for rows with equal values in the key's columns.

    A missing value is a value of its own.
    """
    return _unit_share(_row_words(frame, key, salt, [None])[0])


def rounded_row_hashes(
    frame: pl.DataFrame, key: RowKey, salt: int
) -> tuple[NDArray[np.float64], ...]:
    """Two numbers in [0, 1) for each row of a frame, (n,) each, by numbers rounded to three digits
    and by texts without case and blanks around them.

    Rows whose numbers differ by far less than a thousandth of their size share both of the two, but
    for one row in thousands, and at least one, but for one in millions.
    """
    return tuple(map(_unit_share, _row_words(frame, key, salt, CELL_SHIFTS)))


def _row_words(
    frame: pl.DataFrame, key: RowKey, salt: int, shifts: Sequence[np.uint64 | None]
) -> list[Words]:
    """The words of all rows, (n,), for each shift of the cells; exact ones where it is None.

    Numbers are hashed in slices that stay in a core's cache, on all cores.
    """
    exact, values = None in shifts, []
    for name in key.columns:
        column = frame[name]
        own_salt = _text_hashes(pl.Series([name]), np.uint64(salt))[0]
        is_number = name in key.numbers or column.dtype.is_float()
        own = _number_bits(column) if is_number else _level_hashes(column, own_salt, exact=exact)
        missing = series_of(frame, name).is_null().to_numpy()
        values.append((own, own_salt, is_number, missing))

    def slice_words(first: int) -> list[Words]:
        rows = slice(first, min(first + SLICE_ROWS, frame.height))
        mixed = [np.full(rows.stop - first, salt, dtype=np.uint64) for _ in shifts]
        for own, own_salt, is_number, missing in values:
            null_word = _splitmix(np.array([NULL_WORD ^ own_salt]))[0]
            for i, shift in enumerate(shifts):
                words = own[rows]
                if is_number:
                    cells = words if shift is None else _number_cells(words, shift)
                    words = _splitmix(cells ^ own_salt)
                mixed[i] = _splitmix(mixed[i] ^ np.where(missing[rows], null_word, words))
        return mixed

    starts = range(0, max(frame.height, 1), SLICE_ROWS)
    parts = list(results_in_order(slice_words, starts, cores()))
    return [np.concatenate(words) for words in zip(*parts, strict=True)]


def _level_hashes(column: pl.Series, salt: np.uint64, *, exact: bool) -> Words:
    """A number for each value's text, (n,); of few different texts each is hashed once.

    exact: whether case and outer blanks count.
    """
    texts = canonical_text(column).fill_null("")
    levels = texts.unique()
    are_few = LEVEL_ROWS * levels.len() <= texts.len()
    hashed = levels if are_few else texts
    plain = hashed if exact else hashed.str.strip_chars().str.to_lowercase()
    words = _text_hashes(plain, salt)
    return words[texts.cast(pl.Enum(levels)).to_physical().to_numpy()] if are_few else words


def _number_cells(bits: Words, shift: np.uint64) -> Words:
    """The cell of each number on a scale of doubles, (n,)."""
    return (bits + shift) >> DROPPED_BITS


def canonical_text(column: pl.Series) -> pl.Series:
    """The one text of each value, whatever type a file gives it.

    Whole numbers have no point, times have microseconds, times with a zone are in UTC. Raises
    DataError for a type without such a text.
    """
    kind, values = column.dtype, column.alias("")  # a name may be read as a pattern
    if isinstance(kind, pl.Datetime):
        zoned = values if kind.time_zone is None else values.dt.convert_time_zone("UTC")
        return zoned.dt.cast_time_unit("us").cast(pl.String)
    if kind.is_float():
        whole = (values == values.round()) & (values.abs() <= 2.0**53)
        integers = values.set(~whole.fill_null(False), None).cast(pl.Int64)
        return integers.cast(pl.String).zip_with(whole.fill_null(False), values.cast(pl.String))
    if isinstance(kind, pl.Decimal):
        text = values.cast(pl.String)
        return text.str.replace(r"\.?0+$", "") if kind.scale else text
    if kind.is_integer() or is_text(kind) or kind in (pl.Boolean, pl.Date, pl.Time, pl.Null):
        return values.cast(pl.String)
    raise _no_text_error(column)


def _no_text_error(column: pl.Series) -> DataError:
    return DataError(
        f"column '{column.name}' holds {column.dtype} values; a split hashes integers, text or "
        "dates."
    )


def _number_bits(column: pl.Series) -> Words:
    """The bits of each number as a double, (n,): one for both zeros, one for all NaNs; of a null
    any.
    """
    numbers = column.alias("").cast(pl.Float64)
    values = numbers.fill_null(0.0).to_numpy() + 0.0
    values[np.isnan(values)] = np.nan
    return values.view(np.uint64)


def _text_hashes(texts: pl.Series, salt: np.uint64) -> Words:
    """A number for each text, (n,): its length, then its bytes, mixed in eight at a time."""
    parts = [
        _slice_hashes(texts.slice(first, SLICE_ROWS), salt)
        for first in range(0, texts.len(), SLICE_ROWS)
    ]
    return np.concatenate([np.empty(0, dtype=np.uint64), *parts])


def _slice_hashes(texts: pl.Series, salt: np.uint64) -> Words:
    data, starts, lengths = _utf8_bytes(texts)
    mixed = _splitmix(lengths.astype(np.uint64) ^ salt)
    data, starts, lengths = _with_digests(data, starts, lengths)
    padded = np.concatenate([data, np.zeros(WORD_BYTES, dtype=np.uint8)])
    # the word that begins at any byte: a view of the bytes, eight at each
    words = np.ndarray(padded.size - WORD_BYTES + 1, dtype="<u8", buffer=padded, strides=(1,))
    for first in range(0, int(lengths.max(initial=0)), WORD_BYTES):
        left = np.flatnonzero(lengths > first)
        at = slice(None) if left.size == lengths.size else left
        beyond = WORD_BYTES - np.minimum(lengths[at] - first, WORD_BYTES)
        inside = ALL_BITS >> (8 * beyond).astype(np.uint64)
        mixed[at] = _splitmix(mixed[at] ^ (words[starts[at] + first] & inside))
    return mixed


def _utf8_bytes(
    texts: pl.Series,
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """The bytes of all texts one after another, and where each begins and how many it has, (n,)."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    edges = np.frombuffer(offsets, dtype=np.int64)[array.offset :][: len(array) + 1]
    found = np.empty(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
    return found, edges[:-1], np.diff(edges)


def _with_digests(
    data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """The same with the digests of very long texts in place of their bytes."""
    long = np.flatnonzero(lengths > MAX_FOLDED_BYTES)
    if long.size == 0:
        return data, starts, lengths
    digests = b"".join(
        blake2b(data[first : first + length].data, digest_size=DIGEST_BYTES).digest()
        for first, length in zip(starts[long].tolist(), lengths[long].tolist(), strict=True)
    )
    starts, lengths = starts.copy(), lengths.copy()
    starts[long] = data.size + DIGEST_BYTES * np.arange(long.size)
    lengths[long] = DIGEST_BYTES
    return np.concatenate([data, np.frombuffer(digests, dtype=np.uint8)]), starts, lengths


def _splitmix(x: Words) -> Words:
    """One step of splitmix64 from each number, (n,)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def _unit_share(words: Words) -> NDArray[np.float64]:
    """The first 53 bits of each word, as a share in [0, 1)."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
