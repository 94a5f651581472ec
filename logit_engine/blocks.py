"""Row blocks and their ordered sum: a fit is a sum over rows, folded in an order that no thread can change.

Blocks are 16384 rows; stripes of blocks are a function of the number of blocks alone. Each stripe is summed block by
block, and stripes are added in order, whoever ran them: the same bits for any number of threads.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from logit_engine.columns import Array, Columns

BLOCK = 16384
STRIPES = 64

Sums = tuple[Any, ...]


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


def block_count(n: int) -> int:
    """How many blocks hold n rows."""
    return -(-n // BLOCK)


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
    threads: how many stripes run at once; each runs BLAS on one thread, and at most threads + 1 partial sums are alive.
    """
    stripes = list(_stripes(block_count(rows.n)))

    def stripe_sums(stripe: range) -> Sums:
        return _add_up(map(fn, rows.blocks(stripe.start, stripe.stop)))

    with one_blas_thread():
        if threads == 1 or len(stripes) == 1:
            return _add_up(map(stripe_sums, stripes))
        with ThreadPoolExecutor(threads) as pool:
            return _add_up(_in_order(pool, stripe_sums, stripes, threads))


def _stripes(blocks: int) -> Iterator[range]:
    size = -(-blocks // STRIPES)
    for start in range(0, blocks, size):
        yield range(start, min(start + size, blocks))


def _in_order(
    pool: ThreadPoolExecutor, fn: Callable[[range], Sums], stripes: Sequence[range], ahead: int
) -> Iterator[Sums]:
    waiting: deque[Future[Sums]] = deque()
    for stripe in stripes:
        waiting.append(pool.submit(fn, stripe))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _add_up(parts: Iterator[Sums]) -> Sums:
    sums = list(next(parts))
    for part in parts:
        for i, value in enumerate(part):
            sums[i] += value
    return tuple(sums)


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


class _Limit:
    """The limit is one for the whole process: the first to enter sets it, the last to leave lifts it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.users = 0
        self.limiter: Any = None

    def enter(self) -> None:
        with self.lock:
            if self.users == 0:
                self.limiter = _blas().limit(limits=1, user_api="blas")
            self.users += 1

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.limiter.restore_original_limits()


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Every loaded BLAS on one thread inside: more would fight with ours and change the bits. May be nested."""
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()
