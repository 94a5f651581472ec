"""Rows of Parquet files, decoded a chunk at a time, however long the files.

Why. A pass over files longer than memory must not hold them, and must give the bits of a table in
memory.

How. A counting pass notes which rows are kept, one bit per row. Blocks are cut from the kept rows
as if all files were one table, across row groups and files, so these change no bit of a result. A
pass decodes a chunk of about 64 MB, encodes it 16 blocks at a time, and decodes the next chunk on a
thread meanwhile. Row groups that are small are decoded together, large ones in parts.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import add
from typing import TypeVar

import numpy as np
import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from logit_engine.design.frame_rows import ClusterCodes, Outcome, column_clusters
from logit_engine.design.table_design import Design
from logit_engine.errors import DataError
from logit_engine.rows import BLOCK_ROWS, Block, arrays, block_count
from logit_engine.rows.frame_columns import by_names
from logit_engine.rows.memory import MemoryRows
from logit_engine.rows.table_frames import frames_of_multiples

ENCODED_ROWS = 16 * BLOCK_ROWS  # at once: few enough to stay in a cache
CHUNK_BYTES = 2**26  # of decoded columns, eight bytes a value
DECODED_COLUMNS = 64  # in whose products threads spend about as long as in decoding a row

Mask = NDArray[np.bool_]
OpenFile = Callable[[str], pl.LazyFrame]
Item = TypeVar("Item")


def scan_file(path: str) -> pl.LazyFrame:
    """A Parquet file as it is, lazily."""
    return _cached_scan(path, os.stat(path).st_mtime_ns)


@lru_cache(maxsize=256)
def _cached_scan(path: str, _changed: int) -> pl.LazyFrame:
    """The file, lazily: kept, so that its footer is read once."""
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


@dataclass(frozen=True, slots=True)
class FileChunk:
    """Rows of a file that are decoded together.

    length: of rows from start on. kept: how many of them are kept. mask: which, a bit a row; None:
    all. open_file: the rows of a path, lazily.
    """

    path: str
    start: int
    length: int
    kept: int
    mask: bytes | None = None
    open_file: OpenFile = scan_file

    def read(self, columns: Sequence[str], low: int = 0, high: int | None = None) -> pl.DataFrame:
        """The kept rows low..high - 1, or all; what lies before and after them is not decoded."""
        high = self.kept if high is None else high
        if self.mask is None:
            return self._decode(columns, low, high)
        bits = _mask_bits(self.mask, self.length)
        is_whole = (low, high) == (0, self.kept)
        first, last = (0, self.length) if is_whole else _kept_span(bits, low, high)
        return self._decode(columns, first, last).filter(pl.Series(bits[first:last]))

    def cut(self, low: int, high: int) -> "FileChunk":
        """The kept rows low..high - 1 alone."""
        if self.mask is None:
            size = high - low
            return replace(self, start=self.start + low, length=size, kept=size)
        bits = _mask_bits(self.mask, self.length)
        first, last = _kept_span(bits, low, high)
        size = last - first
        cut = replace(self, start=self.start + first, length=size, kept=size, mask=None)
        return _with_mask(cut, bits[first:last])

    def filter(self, wanted: Mask) -> "FileChunk":
        """Those of the kept rows that are wanted, (kept,)."""
        if self.mask is None:
            return _with_mask(self, wanted)
        bits = _mask_bits(self.mask, self.length)
        bits[bits] = wanted
        return _with_mask(self, bits)

    def _decode(self, columns: Sequence[str], first: int, last: int) -> pl.DataFrame:
        return (
            self.open_file(self.path)
            .select(by_names(columns))
            .slice(self.start + first, last - first)
            .collect()
        )


def _mask_bits(mask: bytes, length: int) -> Mask:
    """Which rows are kept, (length,)."""
    return np.unpackbits(np.frombuffer(mask, dtype=np.uint8), count=length).view(np.bool_)


def _kept_span(bits: Mask, low: int, high: int) -> tuple[int, int]:
    """The first row and the end of the kept rows low..high - 1."""
    places = np.flatnonzero(bits)
    return int(places[low]), int(places[high - 1]) + 1


@dataclass(frozen=True, slots=True)
class ParquetFrames:
    """The kept rows of some files with some of their columns; made by `parquet_frames`."""

    parts: tuple[FileChunk, ...]
    columns: tuple[str, ...]

    @property
    def n(self) -> int:
        """The number of kept rows."""
        return sum(part.kept for part in self.parts)

    @property
    def schema(self) -> pl.Schema:
        """The types of the columns."""
        first = self.parts[0]
        return first.open_file(first.path).select(by_names(self.columns)).collect_schema()

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """All kept rows in order, in frames of whole blocks but for the last, decoded one ahead."""
        yield from read_ahead(self.cut(0, block_count(self.n), columns))

    def cut(
        self, first: int, last: int, columns: Sequence[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """The rows of the blocks first..last - 1 in frames of whole blocks, but for the last."""
        wanted = self.columns if columns is None else columns
        return frames_of_multiples(
            (
                part.read(wanted, low, high)
                for part, low, high in self._chunks_of_blocks(first, last)
            ),
            BLOCK_ROWS,
        )

    def part(self, first: int, last: int) -> "ParquetFrames":
        """The rows of the blocks first..last - 1 as rows of their own, which know no other's."""
        return replace(
            self,
            parts=tuple(
                part.cut(low, high) for part, low, high in self._chunks_of_blocks(first, last)
            ),
        )

    def filter(self, mask: Mask) -> "ParquetFrames":
        """Some of the kept rows, (n,); nothing is decoded for that."""
        ends = np.cumsum([part.kept for part in self.parts])[:-1]
        parts = zip(self.parts, np.split(mask, ends), strict=True)
        return replace(self, parts=tuple(part.filter(wanted) for part, wanted in parts))

    def _chunks_of_blocks(self, first: int, last: int) -> Iterator[tuple[FileChunk, int, int]]:
        """The chunks that hold the blocks first..last - 1, and the rows low..high - 1 of each."""
        start, stop, edge = first * BLOCK_ROWS, min(last * BLOCK_ROWS, self.n), 0
        for part in self.parts:
            low, high = max(start - edge, 0), min(stop - edge, part.kept)
            edge += part.kept
            if low < high:
                yield part, low, high


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """Rows for a fit, encoded by a design that has a rule for all they hold.

    Made by `parquet_rows`. clusters: of rows that depend on each other.
    """

    frames: ParquetFrames
    design: Design
    outcome: Outcome
    classes: tuple[str, ...] = ()
    clusters: ClusterCodes | None = None
    intercept: bool = True
    which: tuple[int, ...] | None = None

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.frames.n

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of X."""
        names = self.design.names
        return names if self.which is None else tuple(names[j] for j in self.which)

    @property
    def unlocked_columns(self) -> int:
        """How many columns threads compute side by side: files are decoded without the lock."""
        return max(DECODED_COLUMNS, len(self.names))

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """The blocks, decoded one chunk ahead, encoded a few at a time."""
        for chunk in read_ahead(self.frames.cut(first, last)):
            for start in range(0, chunk.height, ENCODED_ROWS):
                frame = chunk.slice(start, ENCODED_ROWS)
                X = self.design.columns(frame)
                if self.which is not None:
                    X = X.select(np.array(self.which))
                codes = None if self.clusters is None else self.clusters(frame)[:, None]
                y = self.outcome(frame)
                rows = MemoryRows(X, y, self.names, cluster=codes, classes=self.classes)
                yield from rows.blocks(0, block_count(rows.n))

    def part(self, first: int, last: int) -> "ParquetRows":
        """The rows of the blocks first..last - 1 as rows of their own."""
        return replace(self, frames=self.frames.part(first, last))

    def select(self, which: NDArray[np.intp]) -> "ParquetRows":
        """The same rows with some of their columns."""
        return replace(self, which=tuple(which.tolist()))


def parquet_rows(
    design: Design,
    paths: Sequence[str],
    outcome: Outcome,
    *,
    keep: Callable[[pl.DataFrame], Mask] | None = None,
    reads: Sequence[str] = (),
    cluster: str | None = None,
    classes: tuple[str, ...] = (),
) -> ParquetRows:
    """The rows of Parquet files for a fit: those that have an outcome and that `keep` keeps.

    keep: which rows of a frame, (n,), given its columns `reads`. cluster: a column; rows of equal
    values depend on each other, and its different values are held in memory.

    Raises DataError as `Design.check` does, if the outcome is no such outcome, and for a row
    without a cluster.
    """
    named = () if cluster is None else (cluster,)
    columns = tuple(dict.fromkeys((*design.data_columns, outcome.column, *named)))

    def is_kept(frame: pl.DataFrame) -> Mask:
        present = outcome.is_present(frame)
        return present if keep is None else present & keep(frame)

    frames = parquet_frames(paths, columns, is_kept, (outcome.column, *reads))
    if frames.n == 0:
        raise DataError(f"{', '.join(list(paths)[:3])}: no rows are left to read.")
    _check_rows(frames, design, outcome, classes)
    clusters = None if cluster is None else column_clusters(frames, cluster)
    return ParquetRows(frames, design, outcome, classes, clusters)


def _check_rows(
    frames: ParquetFrames, design: Design, outcome: Outcome, classes: tuple[str, ...]
) -> None:
    """Raises DataError as `parquet_rows` does."""
    audits, values = [], []
    for frame in frames.frames():
        audits.append(design.audit(frame.lazy()))
        values.append(np.unique(outcome(frame)))
    design.refuse(reduce(add, audits))
    seen = np.unique(np.concatenate(values))
    if classes:
        arrays.class_codes(seen, seen.size, len(classes))
    else:  # the range of the outcome; the fit checks that both classes are there
        arrays.binary_outcome(np.append(seen, (0.0, 1.0)), seen.size + 2)


def parquet_frames(
    paths: Sequence[str],
    columns: Sequence[str],
    keep: Callable[[pl.DataFrame], Mask] | None = None,
    reads: Sequence[str] = (),
    open_file: OpenFile = scan_file,
) -> ParquetFrames:
    """The rows that `keep`, given frames of the columns it reads, keeps; one pass over those.

    open_file: the rows of a path, lazily; by default as the file has them.
    """
    limit = max(BLOCK_ROWS, CHUNK_BYTES // (8 * max(1, len(columns))))
    parts = [
        FileChunk(path, start, length, length, open_file=open_file)
        for path in paths
        for start, length in _chunk_limits(path, limit)
    ]
    if keep is not None:
        counted = read_ahead((part, keep(part.read(list(dict.fromkeys(reads))))) for part in parts)
        parts = [_with_mask(part, mask) for part, mask in counted]
    return ParquetFrames(tuple(parts), tuple(columns))


def _with_mask(part: FileChunk, mask: Mask) -> FileChunk:
    count = int(mask.sum())
    packed = None if count == part.length else np.packbits(mask).tobytes()
    return replace(part, kept=count, mask=packed)


def _chunk_limits(path: str, limit: int) -> Iterator[tuple[int, int]]:
    """Start and length of each chunk: small row groups are joined, large ones cut evenly."""
    with pq.ParquetFile(path) as file:
        metadata = file.metadata
        sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    start, length = 0, 0
    for size in sizes:
        if length and length + size > limit:
            yield start, length
            start, length = start + length, 0
        length += size
        while length > limit:
            piece = -(-length // -(-length // limit))
            yield start, piece
            start, length = start + piece, length - piece
    if length:
        yield start, length


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items in order; while one is used, the next is made on a thread."""
    nothing = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, nothing)
        while (item := coming.result()) is not nothing:
            coming = pool.submit(next, items, nothing)
            yield item  # type: ignore[misc]
            del item
