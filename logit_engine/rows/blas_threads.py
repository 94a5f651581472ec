"""The cores of this process, and BLAS on one thread while blocks are summed.

Threads of BLAS would compete with ours, and would change the bits. threadpoolctl's limit holds for
the whole process: a limit set by one thread and lifted by another would be lifted under a third. So
there is one limit here; the first to enter sets it, the last to leave lifts it. Its lock may be
taken again by a signal's handler, and is a new one in a forked process, where nobody would free it.
"""

import os
from contextlib import AbstractContextManager
from functools import lru_cache
from threading import RLock
from typing import Any

from threadpoolctl import ThreadpoolController


def cores() -> int:
    """The number of cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _blas() -> list[Any]:
    """threadpoolctl's controller of each BLAS that is loaded."""
    import scipy.linalg  # noqa: F401  (its own BLAS is only found once it is loaded)

    found = ThreadpoolController().lib_controllers
    return [library for library in found if library.user_api == "blas"]


def blas_builds() -> list[str]:
    """Each BLAS loaded, with its version and the CPU whose kernels it took.

    Two machines give the same bits only if these are the same.
    """
    found = (library.info() for library in _blas())
    return sorted(
        {f"{b['internal_api']} {b['version']} {b.get('architecture', 'unknown')}" for b in found}
    )


class _OneThreadLimit:
    """The limit of BLAS to one thread, shared by all who are inside."""

    def __init__(self) -> None:
        self.make_lock()
        self.users = 0
        self.limited: list[tuple[Any, int]] = []  # each BLAS with its own number of threads

    def make_lock(self) -> None:
        """Put a free lock in place of any other."""
        self.lock = RLock()

    def __enter__(self) -> None:
        with self.lock:
            if self.users == 0:
                self.limited = [(library, library.get_num_threads()) for library in _blas()]
                for library, threads in self.limited:
                    if threads != 1:
                        library.set_num_threads(1)
            self.users += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                for library, threads in self.limited:
                    if threads != 1:
                        library.set_num_threads(threads)


_limit = _OneThreadLimit()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_limit.make_lock)


def one_blas_thread() -> AbstractContextManager[None]:
    """A context in which every loaded BLAS runs on one thread; it may be nested."""
    return _limit
