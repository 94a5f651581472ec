"""Threads that compute parts of a pass, and stay alive between passes.

To start a thread takes as long as some thousand rows of a pass, and a fit has dozens of passes. A
sum that is asked for within such a thread is computed there: threads that wait for each other's
work could all be waiting. A forked process has none of its parent's threads, and makes its own.
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
    """Whether the current thread is one of ours."""

    computes_passes = False

    def start(self) -> None:
        self.computes_passes = True


_THREAD = _Thread()


def inside_pass_thread() -> bool:
    """Whether the current thread already computes a part of a pass."""
    return _THREAD.computes_passes


@lru_cache(maxsize=4)
def _pass_threads(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "logit-engine", _THREAD.start)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pass_threads.cache_clear)


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
            waiting.append(pool.submit(fn, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        wait(waiting)
