"""Threads that compute parts of a pass, and stay alive between passes.

How. The thread that asks for a pass computes parts of it too, and the others help: each takes the
next part that nobody has taken. So a pass hands over work once, not once for each part, and a pass
that is over before a helper wakes up has waited for nobody.

To start a thread takes as long as some thousand rows of a pass, and a fit has dozens of passes, so
there is one pool for the whole process. A sum that is asked for within a part is computed there:
threads that wait for each other's work could all be waiting. A forked process has none of its
parent's threads, and makes its own. To hand work to the threads takes a lock: a signal's handler
that fits meanwhile computes alone.

Tried and dropped: a task for each part. The thread that asks woke up for each result, and passes
over blocks of ten columns took 1.1 to 1.7 times as long on two threads as on one.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache
from threading import local
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_HELPERS = 512  # of all fits of a process at once; each is started when it is first needed


class _Thread(local):
    """Whether the current thread has to compute passes alone, as each of ours."""

    computes_alone = False

    def start(self) -> None:
        self.computes_alone = True


_THREAD = _Thread()


def computes_alone() -> bool:
    """Whether the current thread is computing a part of a pass."""
    return _THREAD.computes_alone


@lru_cache(maxsize=1)
def _helper_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_HELPERS, "logit-engine", _THREAD.start)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helper_pool.cache_clear)


def results_in_order(
    fn: Callable[[Item], Result],
    items: Sequence[Item],
    threads: int,
) -> Generator[Result, None, None]:
    """fn of each item, in the order of items, by the current thread and threads - 1 helpers.

    To be closed: then, and after an error, no call is left running.
    """
    others = min(threads, len(items)) - 1
    if others < 1 or computes_alone():
        yield from map(fn, items)
        return
    found: dict[int, Result] = {}
    untaken = enumerate(items)  # no two threads get the same item of it

    def take_items() -> None:
        for i, item in untaken:
            found[i] = fn(item)

    helping: list[Future[None]] = []
    asked = 0
    try:
        _THREAD.computes_alone = True
        helping += (_helper_pool().submit(take_items) for _ in range(others))
        for i, item in untaken:
            found[i] = fn(item)
            while asked in found:
                yield found.pop(asked)
                asked += 1
        _dismiss_helpers(helping)
        for helper in helping:
            if not helper.cancelled():
                helper.result()  # raises what it met
        yield from (found[i] for i in range(asked, len(items)))
    finally:
        deque(untaken, maxlen=0)  # nobody takes another
        _dismiss_helpers(helping)
        _THREAD.computes_alone = False


def _dismiss_helpers(helping: Sequence[Future[None]]) -> None:
    """Let those who have begun end their part, and the others not begin."""
    for helper in helping:
        helper.cancel()
    wait(helping)
