"""Row blocks and their ordered sum: a fit is a sum over rows, folded in an order that no thread or machine can change.

Blocks are 16384 rows; stripes of blocks are a function of the number of blocks alone. Each stripe is summed block by
block, and stripes are added in one fixed binary tree, whoever ran them: the same bits for any number of threads or workers.
"""

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from threading import Lock
from typing import Any, NamedTuple, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from logit_engine.columns import Array, Columns
from logit_engine.columns.slicing import held, row_slice

BLOCK = 16384
IN_CACHE = 2**20  # numbers of a piece of a block, at most, unless it has
NARROWEST = 1024  # rows
SHARED = 4096  # rows of a piece of a block that is not full, if it is much work: it may be the only one
MUCH = 2**18  # numbers
STRIPES = 64  # about so many, until they reach LONGEST blocks
LONGEST = 64  # blocks of a stripe, about a million rows, until there are MOST of them
MOST = 1024

Sums = tuple[Any, ...]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: X (n, p), outcome y (n,), and where there are any weight (n,), offset and cluster codes.

    weight: what the row's terms are multiplied by. precision: the part of the weight that is not a count of equal rows,
    (n,): weight / precision is how many rows this one stands for. offset: (n,), or (n, k) where there are k linear
    predictors. cluster: (n, 1), or (n, 2) for two ways. fold: (n,), of a cross-validation.
    """

    X: Columns
    y: Array
    weight: Array | None = None
    offset: Array | None = None
    cluster: NDArray[np.int64] | None = None
    precision: Array | None = None
    fold: NDArray[np.int64] | None = None

    def cut(self, rows: slice) -> "Block":
        """Some of the rows, as views."""
        return Block(
            row_slice(self.X, rows),
            self.y[rows],
            None if self.weight is None else self.weight[rows],
            None if self.offset is None else self.offset[rows],
            None if self.cluster is None else self.cluster[rows],
            None if self.precision is None else self.precision[rows],
            None if self.fold is None else self.fold[rows],
        )

    def pieces(self) -> Iterator["Block"]:
        """The block itself, or where its rows are wide, parts of it that stay in a cache while all is done with them.

        A block that is not full is cut as well where it is much work: it may be alone, and all threads want a part.
        """
        n = self.y.size
        if n <= NARROWEST:
            yield self
            return
        size = SHARED if n < BLOCK and n * held(self.X) > MUCH else BLOCK
        while size > NARROWEST and size * held(self.X) > IN_CACHE:
            size //= 2
        if n <= size:
            yield self
        else:
            yield from (self.cut(slice(start, start + size)) for start in range(0, n, size))

    @property
    def weights(self) -> Array:
        """The weight of each row, one where none is given, (n,)."""
        return np.ones(self.y.size) if self.weight is None else self.weight

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which rows have weight, (n,)."""
        return self.weights > 0.0

    def largest(self, values: Array) -> float:
        """The largest of values, (n,), over the rows with weight; minus infinity without any."""
        return float((values if self.weight is None else values[self.kept]).max(initial=-np.inf))


def coefficient_names(names: tuple[str, ...], classes: tuple[str, ...]) -> tuple[str, ...]:
    """A name for each coefficient, (q,): of the term, and with several classes of the class as well."""
    return tuple(f"{name} ({c})" for c in classes[1:] for name in names) if classes else names


@runtime_checkable
class Rows(Protocol):
    """A source of rows: their number, the names of the p columns, and their blocks.

    Block b holds rows b * BLOCK on, BLOCK of them or what is left; `blocks(first, last)` gives those first..last - 1 in
    order, and may be called from several threads. intercept: whether the first column is the model's own constant, which
    no penalty touches. classes: the names of an outcome's classes by code, the base first; none for a binary outcome.
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


class Summing(ABC):
    """Rows that sum a function of their blocks themselves, with the bits of `total`: elsewhere, or from a checkpoint.

    A class to be a base, not a protocol: to ask a value whether it fits a protocol takes longer than to sum a small block.
    """

    __slots__ = ()

    @abstractmethod
    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """`total` of fn."""


class Within(Summing):
    """A base of those that sum over other rows, and have their shape."""

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
        """The names of an outcome's classes, none where it is binary."""
        return self.rows.classes


def block_count(n: int) -> int:
    """How many blocks hold n rows."""
    return -(-n // BLOCK)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a function of blocks carries in the place of the rows it is summed over: who sums it brings its own."""

    n: int
    names: tuple[str, ...]
    intercept: bool
    classes: tuple[str, ...]

    @classmethod
    def of(cls, rows: Rows) -> "Elsewhere":
        """The name tag of rows."""
        return cls(rows.n, rows.names, rows.intercept, rows.classes)

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """There are none here."""
        raise TypeError("these rows are elsewhere: only their sums travel.")

    def select(self, which: NDArray[np.intp]) -> "Elsewhere":
        """The tag of the same rows with some of their columns, (r,) rising."""
        return replace(self, names=tuple(self.names[j] for j in which.tolist()))


@dataclass(frozen=True, slots=True)
class Quiet:
    """A function of a block that overflows without a word; a value, unlike NumPy's own decorator, which cannot travel."""

    fn: Callable[[Block], Sums]

    def __call__(self, block: Block) -> Sums:
        """fn of the block."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self.fn(block)


@dataclass(frozen=True, slots=True)
class InPieces:
    """A function of a block by way of its pieces."""

    fn: Callable[[Block], Sums]

    def __call__(self, block: Block) -> Sums:
        """The sums of fn over the pieces."""
        return added_up(map(self.fn, block.pieces()))


@dataclass(slots=True)
class Largest:
    """A maximum that adds up: `+=` keeps the larger. For the few things a pass wants beside its sums."""

    value: float

    def __iadd__(self, other: "Largest") -> "Largest":
        self.value = max(self.value, other.value)
        return self


def total(rows: Rows, fn: Callable[[Block], Sums], threads: int = 1) -> Sums:
    """The sums of fn over all blocks of rows, in the fixed order.

    fn returns a tuple of things that add in place by `+=` (fresh arrays, floats, `Largest`, `Moments`).
    threads: how many stripes run at once; each runs BLAS on one thread, and beside theirs log2(stripes) partial sums at
    most are alive.
    """
    by_piece = InPieces(fn)
    if isinstance(rows, Summing):
        return rows.sums(by_piece, threads)
    runs = stripes(rows.n)

    def stripe_sums(stripe: range) -> Sums:
        return added_up(map(by_piece, rows.blocks(stripe.start, stripe.stop)))

    with one_blas_thread():
        if threads == 1 or rows.n <= NARROWEST:
            return whole(leaves(map(stripe_sums, runs)), len(runs))
        with ThreadPoolExecutor(threads) as pool:
            if len(runs) == 1:
                pieces = (piece for block in rows.blocks(0, 1) for piece in block.pieces())
                return added_up(_in_order(pool, fn, pieces, threads))
            return whole(leaves(_in_order(pool, stripe_sums, runs, threads)), len(runs))


def stripes(n: int) -> list[range]:
    """The runs of blocks that are summed one block after another, of n rows."""
    blocks = block_count(n)
    size = max(-(-blocks // MOST), min(-(-blocks // STRIPES), LONGEST))
    return [range(start, min(start + size, blocks)) for start in range(0, blocks, size)]


class Node(NamedTuple):
    """The sums of the stripes start..stop - 1."""

    start: int
    stop: int
    sums: Any


def folded(nodes: Iterable[Node], stripes: int, add: Callable[[Any, Any], Any]) -> list[Node]:
    """Neighboring nodes, in order, added up as far as they are siblings in the tree over so many stripes.

    The tree halves: its root is the first 2^k stripes and the others, 2^k the largest power below their number, and so on
    down. Of all stripes one node is left, at most log2 of them are alive at once; what a few nodes leave can be folded
    with what others left, to the same bits.
    """
    done: list[Node] = []
    for node in nodes:
        done.append(node)
        while len(done) > 1 and _siblings(done[-2], done[-1], stripes):
            right, left = done.pop(), done.pop()
            done.append(Node(left.start, right.stop, add(left.sums, right.sums)))
    return done


def _siblings(left: Node, right: Node, stripes: int) -> bool:
    length = right.stop - left.start
    full = 1 << (length - 1).bit_length()
    whole = length == full or right.stop == stripes
    return whole and left.start % full == 0 and 2 * (right.start - left.start) == full


def leaves(sums: Iterable[Sums], first: int = 0) -> Iterator[Node]:
    """The sums of one stripe each, from the first on, as nodes."""
    return (Node(i, i + 1, value) for i, value in enumerate(sums, first))


def whole(nodes: Iterable[Node], stripes: int) -> Sums:
    """The sums of all stripes from nodes that cover them; those of the nodes are added to in place."""
    (root,) = folded(nodes, stripes, added)
    return cast(Sums, root.sums)


def added_up(parts: Iterable[Sums]) -> Sums:
    """The sums one after another; the first is added to in place."""
    return reduce(added, parts)


@np.errstate(over="ignore", invalid="ignore")  # sums at a step too far may overflow, as their terms may
def added(sums: Sums, more: Sums) -> Sums:
    """The sums with more added to them in place."""
    out = list(sums)
    for i, part in enumerate(more):
        out[i] += part
    return tuple(out)


def _in_order(
    pool: ThreadPoolExecutor, fn: Callable[[Item], Sums], items: Iterable[Item], ahead: int
) -> Iterator[Sums]:
    waiting: deque[Future[Sums]] = deque()
    for item in items:
        waiting.append(pool.submit(fn, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  (with a BLAS of its own, which is only found once it is loaded)

    return ThreadpoolController()


def blas_builds() -> list[str]:
    """Each BLAS loaded, with its version and the CPU whose kernels it took: bits are the same only where these are."""
    found = {
        f"{b['internal_api']} {b['version']} {b.get('architecture', 'unknown')}"
        for b in _blas().info()
        if b["user_api"] == "blas"
    }
    return sorted(found)


class _Limit:
    """The limit is one for the whole process: the first to enter sets it, the last to leave lifts it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.users = 0
        self.limiter: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if self.users == 0:
                self.limiter = _blas().limit(limits=1, user_api="blas")
            self.users += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.limiter.restore_original_limits()


_limit = _Limit()


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_blas_thread() -> AbstractContextManager[None]:
    """Every loaded BLAS on one thread inside: more would fight with ours and change the bits. May be nested."""
    return _limit
