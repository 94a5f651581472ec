"""Sums over blocks by threads that stay alive between passes."""

import multiprocessing
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from logit_engine import array_rows
from logit_engine.rows import Block, one_blas_thread, total

ROWS = 40_000  # three blocks
X = np.random.default_rng(5).standard_normal((ROWS, 2))
SAMPLE = array_rows(X, X[:, 0] > 0.0)


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
        assert len(handled) < 4, "the handler hands work to the threads too"
        handled.append(once)
        handled[-1] = total(SAMPLE, _column_sums, threads=2)[0]  # as a signal's handler would
        return submit(pool, *work)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    assert (total(SAMPLE, _column_sums, threads=2)[0] == once).all()
    assert len(handled) == 3
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
