"""Rows of a table that come a frame at a time, from memory or from files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.rows import BLOCK_ROWS
from logit_engine.rows.frame_columns import by_names

MEMORY_FRAME_ROWS = 64 * BLOCK_ROWS


class Frames(Protocol):
    """n rows in frames of whole blocks, but for the last frame; they can be read again."""

    @property
    def n(self) -> int: ...

    @property
    def schema(self) -> pl.Schema: ...

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The rows in order, with these columns, or all."""
        ...

    def filter(self, mask: NDArray[np.bool_]) -> Self:
        """Some of the rows, (n,), as rows of their own."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryFrames:
    """A frame in memory, in slices."""

    table: pl.DataFrame

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.table.height

    @property
    def schema(self) -> pl.Schema:
        """The types of the columns."""
        return self.table.schema

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Views of the rows; nothing is copied."""
        table = self.table if columns is None else self.table.select(by_names(columns))
        for start in range(0, self.n, MEMORY_FRAME_ROWS):
            yield table.slice(start, MEMORY_FRAME_ROWS)

    def filter(self, mask: NDArray[np.bool_]) -> "MemoryFrames":
        """Some of the rows, (n,), copied."""
        return MemoryFrames(self.table.filter(pl.Series(mask)))


def frames_of_multiples(frames: Iterable[pl.DataFrame], size: int) -> Iterator[pl.DataFrame]:
    """The same rows in frames whose lengths, but for the last, are multiples of size."""
    left: pl.DataFrame | None = None
    for frame in frames:
        whole = frame if left is None else pl.concat([left, frame])
        cut = whole.height // size * size
        if cut:
            yield whole.head(cut)
        left = whole.slice(cut)
    if left is not None and left.height:
        yield left
