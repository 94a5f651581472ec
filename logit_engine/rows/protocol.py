"""What a source of rows is: the protocol that arrays, files, workers and checkpoints fulfill."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from logit_engine.rows.block import Block

Sums = tuple[Any, ...]


@runtime_checkable
class Rows(Protocol):
    """A source of rows: their number, the names of the p columns, and their blocks.

    Block b holds rows b * BLOCK_ROWS on, BLOCK_ROWS of them or the rest. `blocks(first, last)`
    gives the blocks first..last - 1 in order, and may be called from several threads. intercept:
    whether the first column is the model's own constant, which no penalty touches. classes: the
    names of an outcome's classes by code, the base first; none for a binary outcome. If not all
    columns are computed without the interpreter's lock, `unlocked_columns` says how many are.
    """

    @property
    def n(self) -> int: ...

    @property
    def intercept(self) -> bool: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    def blocks(self, first: int, last: int) -> Iterator[Block]: ...

    def select(self, which: NDArray[np.intp]) -> "Rows":
        """The same rows with some of their columns alone, (r,) rising."""
        ...


class SummingRows(ABC):
    """Rows that sum a function of their blocks themselves: on workers, or from a checkpoint.

    A base class and no protocol: `isinstance` of a protocol takes longer than to sum a small block.
    """

    __slots__ = ()

    @abstractmethod
    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """`total` of fn, to the same bits."""


class RowsWrapper(SummingRows):
    """A base of rows that sum over other rows and have their shape."""

    __slots__ = ()

    rows: Rows

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.rows.n

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of X."""
        return self.rows.names

    @property
    def intercept(self) -> bool:
        """Whether the first column is the model's own constant."""
        return self.rows.intercept

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of an outcome's classes, none for a binary one."""
        return self.rows.classes


@dataclass(frozen=True, slots=True)
class RowsShape:
    """The shape of rows without their blocks, which a function carries to other rows."""

    n: int
    names: tuple[str, ...]
    intercept: bool
    classes: tuple[str, ...]

    @classmethod
    def of(cls, rows: Rows) -> "RowsShape":
        """The shape of rows."""
        return cls(rows.n, rows.names, rows.intercept, rows.classes)

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """Raises TypeError: there are no blocks here."""
        raise TypeError("these rows are elsewhere: only their sums travel.")

    def select(self, which: NDArray[np.intp]) -> "RowsShape":
        """The shape of the same rows with some of their columns, (r,) rising."""
        return replace(self, names=tuple(self.names[j] for j in which.tolist()))


def coefficient_names(names: tuple[str, ...], classes: tuple[str, ...]) -> tuple[str, ...]:
    """A name per coefficient, (q,): of the term, and with several classes of the class as well."""
    return tuple(f"{name} ({c})" for c in classes[1:] for name in names) if classes else names
