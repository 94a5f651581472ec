"""Rows on a Dask cluster: workers keep the blocks, a pass sends them one function and brings back one sum.

Each thread of the workers has a unit of neighboring stripes, cut by the source whatever the row groups; a pass is summed
there and added in the tree of `folded`, so that where a unit lies, and how often it was lost, changes no bit. A unit
is what a task makes of files or arrays: Dask makes it anew where its worker is lost, on any other. No worker is preferred:
distributed 2026.8 leaves a task with `allow_other_workers` waiting for a worker that is gone, even when new ones come.
Arrays that come out of a message may start at any byte; NumPy copies such arrays before a product, in another order, so
they are put right on arrival.
"""

import ctypes
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, Protocol, Self

import cloudpickle  # type: ignore[import-untyped]
import dask
import numpy as np
from distributed import Client, Future, KilledWorker, TimeoutError, get_worker
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError
from numpy.typing import NDArray

from logit_engine._version import __version__
from logit_engine.errors import ClusterError, DataError
from logit_engine.rows import Block, Rows, RowsWrapper, Sums, one_blas_thread
from logit_engine.rows.tree_of_sums import Node, add_in_place, folded, leaf_nodes, root_sums, stripes, sum_in_order

RETRIES = 5  # of a task that fails or whose worker is lost
FAN = 8  # units whose sums one task adds up
PATIENCE = 60  # seconds for a first worker
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


class Divisible(Rows, Protocol):
    """Rows of which a run of blocks can be taken as rows of their own, small enough to be sent."""

    def part(self, first: int, last: int) -> Rows: ...

    def select(self, which: NDArray[np.intp]) -> Self: ...


@dataclass(frozen=True, slots=True)
class Held:
    """The blocks of some stripes, as a worker keeps them; first: which of all the stripes is the first of these."""

    first: int
    stripes: tuple[tuple[Block, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "stripes", _aligned(self.stripes))

    def __reduce__(self) -> tuple[type["Held"], tuple[Any, ...]]:
        return Held, (self.first, self.stripes)

    def __sizeof__(self) -> int:
        """The bytes of its arrays, by which Dask decides what to move and what to spill."""
        return _bytes(self.stripes)


@dataclass(frozen=True, slots=True)
class ClusterRows(RowsWrapper):
    """Rows whose blocks lie on the workers of a client, a future for each unit; made by `cluster_rows`."""

    rows: Divisible
    client: Client
    units: tuple[Future[Held], ...]

    def blocks(self, first: int, last: int) -> Any:
        """The blocks, read here: for the few things that are no sum."""
        return self.rows.blocks(first, last)

    def select(self, which: NDArray[np.intp]) -> "ClusterRows":
        """The same rows with some of their columns, copied where they lie."""
        units = [self._task(_selected, unit, which) for unit in self.units]
        return ClusterRows(self.rows.select(which), self.client, tuple(units))

    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """`total` of fn, a stripe after the other on each thread of the workers. Raises ClusterError where they are lost."""
        try:
            asked, count = self._task(_itself, cloudpickle.dumps(fn)), len(stripes(self.n))
            parts = [self._task(_unit_sums, asked, unit, count) for unit in self.units]
            while len(parts) > 1:
                parts = [self._task(_added, parts[i : i + FAN], count) for i in range(0, len(parts), FAN)]
            found = deepcopy(parts[0].result())  # aligned
        except KilledWorker as error:
            raise ClusterError(
                f"{error.allowed_failures + 1} workers ended one after the other over the same rows, as a rule for want of "
                f"memory, the last one {error.last_worker.address}: give each more, or start more of them."
            ) from None
        except (CancelledError, CommClosedError, ClosedClientError, TimeoutError):
            raise ClusterError(
                f"the Dask scheduler at {_address(self.client)} was lost in the middle of a pass. Start it again, with "
                "workers, and repeat the command: what a checkpoint holds is not summed again."
            ) from None
        return root_sums(found, count)

    def _task(self, fn: Callable[..., Any], *args: Any) -> Any:
        return self.client.submit(fn, *args, pure=False, retries=RETRIES)


def cluster_rows(rows: Divisible, client: Client) -> ClusterRows:
    """The rows, laid out over the workers there are: those of files are read there, those in memory are sent.

    Raises ClusterError if there is no worker, or one of another version of this package.
    """
    runs = stripes(rows.n)
    count = min(_threads(client), len(runs))
    units = []
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):  # rows in memory go with a task
        for low, high in pairwise(_edges(len(runs), count)):
            part = rows.part(runs[low].start, runs[high - 1].stop)
            lengths = [len(stripe) for stripe in runs[low:high]]
            units.append(client.submit(_held, part, low, lengths, pure=False, retries=RETRIES))
    return ClusterRows(rows, client, tuple(units))


def _threads(client: Client) -> int:
    """How many threads the workers have."""
    address = _address(client)
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise ClusterError(
            f"the Dask scheduler at {address} has no workers; start some by `dask worker {address}`."
        ) from None
    for worker, found in client.run(_version, on_error="return").items():
        if found != __version__:
            what = f"has logit-engine {found}" if isinstance(found, str) else f"cannot import logit-engine ({found})"
            raise ClusterError(f"the Dask worker {worker} {what}; install {__version__} there, as here.")
    return sum(client.nthreads().values())  # type: ignore[no-untyped-call]


def _edges(stripes: int, units: int) -> list[int]:
    """Where units of about equal length start and end: at whole branches of the tree, so that a unit has few sums."""
    even = 1 << max(0, (stripes // (8 * units)).bit_length() - 1)
    return [*(round(i * stripes / units / even) * even for i in range(units)), stripes]


def _address(client: Client) -> str:
    return str(client.scheduler.address) if client.scheduler is not None else "its address"


def _version() -> str:
    return __version__


def _itself(value: Any) -> Any:
    return value


def _held(part: Rows, first: int, lengths: Sequence[int]) -> Held:
    """The blocks of the part, in stripes of these lengths."""
    try:
        return Held(first, tuple(tuple(part.blocks(*edges)) for edges in pairwise(accumulate(lengths, initial=0))))
    except FileNotFoundError as error:
        raise DataError(
            f"the Dask worker {get_worker().address} cannot read {error.filename or error}: the files must be at the same "
            "place on all machines."
        ) from None


def _selected(held: Held, which: NDArray[np.intp]) -> Held:
    return Held(
        held.first,
        tuple(tuple(replace(block, X=block.X.select(which)) for block in stripe) for stripe in held.stripes),
    )


def _unit_sums(asked: bytes, held: Held, count: int) -> list[Node]:
    _keep_freed_memory()
    fn = pickle.loads(asked)
    with one_blas_thread():
        sums = (sum_in_order(map(fn, stripe)) for stripe in held.stripes)
        return folded(leaf_nodes(sums, held.first), count, add_in_place)


@lru_cache(maxsize=1)
def _keep_freed_memory() -> None:
    """Let the C library keep what a block's arrays freed for the next block, up to 256 MB.

    Dask starts workers with MALLOC_TRIM_THRESHOLD_=65536, under which glibc gives all of it back at once: light passes took
    three times as long, passes with the information twice.
    """
    if adjust := getattr(ctypes.CDLL(None), "mallopt", None):
        adjust(M_MMAP_THRESHOLD, 2**25)
        adjust(M_TRIM_THRESHOLD, 2**28)


def _added(parts: list[list[Node]], count: int) -> list[Node]:
    """The sums added up; those that Dask keeps are left as they are."""
    return folded((deepcopy(node) for part in parts for node in part), count, add_in_place)


def _aligned(value: Any) -> Any:
    """The same value, with each array in it copied that does not start where its items may."""
    if isinstance(value, np.ndarray):
        return value if value.flags.aligned else value.copy(order="K")
    if isinstance(value, tuple):
        return tuple(map(_aligned, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _aligned(getattr(value, field.name)) for field in fields(value)})
    if hasattr(value, "indptr"):
        return value if all(a.flags.aligned for a in (value.data, value.indices, value.indptr)) else value.copy()
    return value


def _bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple):
        return sum(map(_bytes, value))
    if is_dataclass(value):
        return sum(_bytes(getattr(value, field.name)) for field in fields(value))
    return _bytes((value.data, value.indices, value.indptr)) if hasattr(value, "indptr") else 0
