"""Sums over blocks by threads that stay alive between passes."""

import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from logit_engine import array_rows
from logit_engine.columns import Coded, Constant, Dense, SideBySide
from logit_engine.rows import BLOCK_ROWS, Block, QuietFunction, one_blas_thread, total
from logit_engine.rows.memory import MemoryRows

ROWS = 40_000  # three blocks
X = np.random.default_rng(5).standard_normal((ROWS, 2))
SAMPLE = array_rows(X, X[:, 0] > 0.0)

pytestmark = pytest.mark.usefixtures("all_threads")


def _column_sums(block: Block) -> tuple[np.ndarray]:
    return (block.X.gram(block.weights),)


def _sum_to(queue: "multiprocessing.Queue[np.ndarray]") -> None:
    queue.put(total(SAMPLE, _column_sums, threads=2)[0])


def test_sum_within_a_sum_does_not_wait_for_its_own_threads() -> None:
    def nested(block: Block) -> tuple[np.ndarray]:
        return total(SAMPLE, _column_sums, threads=2)

    once = total(SAMPLE, _column_sums, threads=2)[0]
    assert total(SAMPLE, nested, threads=2)[0] == pytest.approx(3.0 * once, rel=1e-14)


def test_forked_process_has_threads_of_its_own() -> None:
    here = total(SAMPLE, _column_sums, threads=2)[0]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_sum_to, args=(queue,))
    child.start()
    there = queue.get(timeout=30)
    child.join(30)
    assert (here == there).all()


def test_a_handler_computes_alone_while_work_is_handed_to_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once = total(SAMPLE, _column_sums, threads=2)[0]
    submit = ThreadPoolExecutor.submit
    handled: list[np.ndarray] = []

    def interrupted(pool: ThreadPoolExecutor, *work: Any) -> Any:
        assert not handled, "the handler hands work to the threads too"
        handled.append(once)
        handled[-1] = total(SAMPLE, _column_sums, threads=2)[0]  # as a signal's handler would
        return submit(pool, *work)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    assert (total(SAMPLE, _column_sums, threads=2)[0] == once).all()
    assert len(handled) == 1
    assert all((sums == once).all() for sums in handled)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this platform")
def test_the_lock_of_the_blas_limit_is_free_in_a_handler_and_in_a_fork() -> None:
    limit: Any = one_blas_thread()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    with ThreadPoolExecutor(1) as other:
        other.submit(limit.lock.acquire).result()  # held by a thread the fork does not have
        child = context.Process(target=_sum_to, args=(queue,))
        child.start()
        there = queue.get(timeout=30)
        child.join(30)
        other.submit(limit.lock.release).result()
    with limit.lock:  # as a signal's handler would find it
        here = total(SAMPLE, _column_sums, threads=2)[0]
    assert (here == there).all()


def test_nothing_goes_on_after_an_error() -> None:
    running: list[int] = []

    def failing(block: Block) -> tuple[float]:
        running.append(1)
        try:
            if block.y.size < 16384:
                raise ValueError("the last block")
            time.sleep(0.05)
        finally:
            running.pop()
        return (0.0,)

    with pytest.raises(ValueError, match="the last block"):
        total(SAMPLE, failing, threads=2)
    assert not running
    assert total(SAMPLE, _column_sums, threads=2)[0].shape == (3, 3)


def _computing_threads(columns: int, rows: int, compiled: bool = False) -> int:
    """How many threads take part in a pass of up to four."""
    seen: set[int] = set()

    def looking(block: Block) -> tuple[float]:
        seen.add(threading.get_ident())
        time.sleep(0.01)
        return (0.0,)

    wide = np.broadcast_to(np.float32(1.0), (rows, columns))
    sample = MemoryRows(Dense(wide), np.zeros(rows), tuple(map(str, range(columns))))
    total(sample, QuietFunction(looking, compiled), threads=4)
    return len(seen)


def test_threads_are_as_many_as_the_numbers_repay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert _computing_threads(columns=2, rows=1_000_000) == 1  # short calls: the lock is in the way
    assert _computing_threads(columns=30, rows=4_000) == 1
    assert _computing_threads(columns=30, rows=17_000) == 1  # the second block is next to nothing
    assert _computing_threads(columns=30, rows=2 * BLOCK_ROWS) == 2
    assert _computing_threads(columns=100, rows=8_192) == 2  # of one block
    assert _computing_threads(columns=30, rows=10 * BLOCK_ROWS) == 4
    assert _computing_threads(columns=2, rows=1_000_000, compiled=True) == 4


def test_codes_are_summed_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their sums hold the interpreter's lock."""
    monkeypatch.undo()
    n = 10 * BLOCK_ROWS
    codes, numbers = Coded(np.arange(n) % 90, 89), Dense(np.zeros((n, 8)))
    mixed = SideBySide((Constant(n), numbers, codes))
    assert MemoryRows(mixed, np.zeros(n), tuple(map(str, range(98)))).unlocked_columns == 9


def test_the_pass_of_another_thread_takes_nobody_away() -> None:
    """Helpers of one fit are not those of the next, and nobody waits for a helper to begin."""
    with ThreadPoolExecutor(3) as callers:
        once = total(SAMPLE, _column_sums, threads=2)[0]
        sums = callers.map(lambda _: total(SAMPLE, _column_sums, threads=3)[0], range(30))
        assert all((found == once).all() for found in sums)
