"""Threads that compute parts of a pass, and stay alive between passes.

To start a thread takes as long as some thousand rows of a pass, and a fit has dozens of passes. A
sum that is asked for within such a thread is computed there: threads that wait for each other's
work could all be waiting. A forked process has none of its parent's threads, and makes its own. To
hand work to the threads takes a lock: a signal's handler that fits meanwhile computes alone.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache
from threading import local
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Thread(local):
    """Whether the current thread has to compute passes alone, as each of ours."""

    computes_alone = False

    def start(self) -> None:
        self.computes_alone = True


_THREAD = _Thread()


def computes_alone() -> bool:
    """Whether the current thread computes a part of a pass, or is handing one to the threads."""
    return _THREAD.computes_alone


@lru_cache(maxsize=4)
def _pass_threads(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "logit-engine", _THREAD.start)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pass_threads.cache_clear)


def _submitted(
    pool: ThreadPoolExecutor, fn: Callable[[Item], Result], item: Item
) -> Future[Result]:
    _THREAD.computes_alone = True
    try:
        return pool.submit(fn, item)
    finally:
        _THREAD.computes_alone = False


def results_in_order(
    fn: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int,
) -> Iterator[Result]:
    """fn of each item on so many threads, in the order of items.

    After an error no call is left running.

    At most `threads` results are computed before they are asked for.
    """
    pool = _pass_threads(threads)
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(_submitted(pool, fn, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        wait(waiting)
