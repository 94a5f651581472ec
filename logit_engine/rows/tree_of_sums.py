"""The tree of sums: rows are summed in one order that no thread, worker or file can change.

Why. Floating-point addition is not associative: (a + b) + c and a + (b + c) differ in the last bit.
A sum whose order depends on the number of threads, or on which worker is faster, has other bits on
every run. A fit is nothing but sums over rows, so a fixed order gives equal bits everywhere.

How. Rows are cut into blocks of 16,384, and blocks into stripes: runs of neighboring blocks.
Stripes are a function of the number of blocks alone. One thread sums a stripe block after block,
front to back (`sum_in_order`). The sums of stripes are the leaves of one binary tree that halves at
powers of two (`folded`): siblings are added as soon as both are there, so about log2(stripes)
partial sums are alive at once. A worker that holds some neighboring stripes folds as far as it can
and sends the remaining nodes; folded with the nodes of others they give the same bits. Inside, each
BLAS runs on one thread: its own threads would add in an order of theirs.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from itertools import chain, islice
from typing import Any, NamedTuple, cast

import numpy as np

from logit_engine.rows.blas_threads import one_blas_thread
from logit_engine.rows.block import BLOCK_ROWS, MIN_PART_NUMBERS, Block, block_count
from logit_engine.rows.pass_threads import results_in_order
from logit_engine.rows.protocol import Rows, SummingRows, Sums

USUAL_STRIPES = 64  # until a stripe has USUAL_STRIPE_BLOCKS
USUAL_STRIPE_BLOCKS = 64  # about a million rows, until there are MAX_STRIPES
MAX_STRIPES = 1024
MAX_SHARED_BLOCKS = 4  # of which threads share the pieces: each is a stripe, all are held at once


@dataclass(frozen=True, slots=True)
class QuietFunction:
    """A function of a block without NumPy's warnings of overflow.

    It is a value and can travel to a worker; a function under NumPy's own decorator cannot.
    compiled: whether it is a compiled loop, which never holds the interpreter's lock.
    """

    fn: Callable[[Block], Sums]
    compiled: bool = False

    def __call__(self, block: Block) -> Sums:
        """fn of the block."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self.fn(block)


@dataclass(frozen=True, slots=True)
class SumOverPieces:
    """A function of a block as the sum of fn over the pieces of the block."""

    fn: Callable[[Block], Sums]

    def __call__(self, block: Block) -> Sums:
        """The sums of fn over the pieces."""
        return sum_in_order(map(self.fn, block.pieces()))


@dataclass(slots=True)
class Maximum:
    """A maximum among sums: `+=` keeps the larger value."""

    value: float

    def __iadd__(self, other: "Maximum") -> "Maximum":
        self.value = max(self.value, other.value)
        return self


def total(rows: Rows, fn: Callable[[Block], Sums], threads: int = 1) -> Sums:
    """The sums of fn over all blocks of rows, in the fixed order.

    fn returns a tuple of values that add in place by `+=`: fresh arrays, floats, `Maximum`,
    `Moments`. threads: how many may compute, each with BLAS on one thread; those that the pass
    repays do.
    """
    by_piece = SumOverPieces(fn)
    if isinstance(rows, SummingRows):
        return rows.sums(by_piece, threads)
    with one_blas_thread():
        if rows.n <= MAX_SHARED_BLOCKS * BLOCK_ROWS:
            return _shared_sums(rows, fn, threads)
        runs = stripes(rows.n)

        def stripe_sums(stripe: range) -> Sums:
            return sum_in_order(map(by_piece, rows.blocks(stripe.start, stripe.stop)))

        useful = useful_threads(rows.n, BLOCK_ROWS, _unlocked_columns(rows, fn), threads)
        with closing(results_in_order(stripe_sums, runs, useful)) as sums:
            return root_sums(leaf_nodes(sums), len(runs))


def _shared_sums(rows: Rows, fn: Callable[[Block], Sums], threads: int) -> Sums:
    """The sums of fn over few blocks, each a stripe, whose pieces threads share."""
    blocks = [list(block.pieces()) for block in rows.blocks(0, block_count(rows.n))]
    pieces = list(chain.from_iterable(blocks))
    if len(pieces) == 1:
        return fn(pieces[0])
    useful = useful_threads(rows.n, pieces[0].y.size, _unlocked_columns(rows, fn), threads)
    with closing(results_in_order(fn, pieces, useful)) as sums:
        block_sums = (sum_in_order(islice(sums, len(block))) for block in blocks)
        return root_sums(leaf_nodes(block_sums), len(blocks))


def useful_threads(rows: int, part_rows: int, columns: int, threads: int) -> int:
    """How many of the threads a pass over so many rows repays, at least one.

    part_rows: what a thread computes at once. columns: those that threads compute side by side.
    """
    part = part_rows * columns
    if part < MIN_PART_NUMBERS:
        return 1
    return min(threads, 1 + (rows * columns - part) // MIN_PART_NUMBERS)


def _unlocked_columns(rows: Rows, fn: Callable[[Block], Sums]) -> int:
    """How many columns threads compute side by side, without the interpreter's lock.

    NumPy holds the lock between two calls. Compiled loops never hold it, so to them even narrow
    rows count as wide enough for threads.
    """
    columns: int = getattr(rows, "unlocked_columns", len(rows.names))
    is_compiled = isinstance(fn, QuietFunction) and fn.compiled
    return max(len(rows.names), MIN_PART_NUMBERS // BLOCK_ROWS) if is_compiled else columns


def stripes(n: int) -> list[range]:
    """The stripes of n rows: runs of blocks, each summed block after block."""
    blocks = block_count(n)
    usual = min(-(-blocks // USUAL_STRIPES), USUAL_STRIPE_BLOCKS)
    size = max(-(-blocks // MAX_STRIPES), usual)
    return [range(start, min(start + size, blocks)) for start in range(0, blocks, size)]


class Node(NamedTuple):
    """The sums of the stripes start..stop - 1."""

    start: int
    stop: int
    sums: Any


def folded(nodes: Iterable[Node], stripes: int, add: Callable[[Any, Any], Any]) -> list[Node]:
    """Neighboring nodes, in order, added up as far as they are siblings in the tree of all stripes.

    The tree halves: the root adds the first 2^k stripes and the rest, 2^k the largest power below
    the number of stripes, and so on down. All stripes fold to one node.
    """
    done: list[Node] = []
    for node in nodes:
        done.append(node)
        while len(done) > 1 and _are_siblings(done[-2], done[-1], stripes):
            right, left = done.pop(), done.pop()
            done.append(Node(left.start, right.stop, add(left.sums, right.sums)))
    return done


def _are_siblings(left: Node, right: Node, stripes: int) -> bool:
    length = right.stop - left.start
    full = 1 << (length - 1).bit_length()
    is_branch = length == full or right.stop == stripes
    return is_branch and left.start % full == 0 and 2 * (right.start - left.start) == full


def leaf_nodes(sums: Iterable[Sums], first: int = 0) -> Iterator[Node]:
    """The sums of one stripe each, from the first on, as nodes."""
    return (Node(i, i + 1, value) for i, value in enumerate(sums, first))


def root_sums(nodes: Iterable[Node], stripes: int) -> Sums:
    """The sums of all stripes from nodes that cover them; the nodes' sums are added to in place."""
    (root,) = folded(nodes, stripes, add_in_place)
    return cast(Sums, root.sums)


def sum_in_order(parts: Iterable[Sums]) -> Sums:
    """The sums one after another; the first is added to in place."""
    return reduce(add_in_place, parts)


@np.errstate(over="ignore", invalid="ignore")  # sums at a step too far may overflow
def add_in_place(sums: Sums, more: Sums) -> Sums:
    """The sums with more added to them in place."""
    out = list(sums)
    for i, part in enumerate(more):
        out[i] += part
    return tuple(out)
