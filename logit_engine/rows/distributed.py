"""Rows on Dask workers: they keep the blocks; a pass sends one function and gets one sum.

How. Neighboring stripes form a unit, one per thread of the workers. The source cuts the units,
whatever the row groups of its files. A pass sums each unit where it lies; tasks add the sums in the
tree of `tree_of_sums.folded`. So neither the place of a unit nor its loss changes a bit.

Why so. A unit is the result of a Dask task on files or arrays: if its worker is lost, Dask makes
the unit anew on any other. No worker is preferred: distributed 2026.8 leaves a task with
`allow_other_workers` waiting for a worker that is gone, even if new ones come. Arrays that come out
of a message may start at any byte. NumPy copies such an array before a product, into another memory
order, and the last bit changes. So `WorkerBlocks` aligns its arrays on arrival, and functions
travel as bytes.
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
from logit_engine.rows.tree_of_sums import (
    Node,
    add_in_place,
    folded,
    leaf_nodes,
    root_sums,
    stripes,
    sum_in_order,
)

MAX_TASK_RETRIES = 5  # after an error, or the loss of the worker
SUMS_PER_TASK = 8  # of units, that one task adds up
MAX_WORKER_WAIT_SECONDS = 60  # for a first worker
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
KEPT_BYTES = 2**28  # of freed memory, at most, that a worker keeps for the next block
MAPPED_BYTES = 2**25  # of an array, from which memory of its own is mapped for it


class DivisibleRows(Rows, Protocol):
    """Rows of which a run of blocks can be taken as rows of their own, small enough to be sent."""

    def part(self, first: int, last: int) -> Rows: ...

    def select(self, which: NDArray[np.intp]) -> Self: ...


@dataclass(frozen=True, slots=True)
class WorkerBlocks:
    """The blocks of one unit, as a worker keeps them; first: the number of its first stripe."""

    first: int
    stripes: tuple[tuple[Block, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "stripes", _with_aligned_arrays(self.stripes))

    def __reduce__(self) -> tuple[type["WorkerBlocks"], tuple[Any, ...]]:
        return WorkerBlocks, (self.first, self.stripes)

    def __sizeof__(self) -> int:
        """The bytes of its arrays, by which Dask decides what to move and what to spill."""
        return _array_bytes(self.stripes)


@dataclass(frozen=True, slots=True)
class DistributedRows(RowsWrapper):
    """Rows whose blocks lie on the workers of a client, a future per unit.

    Made by `distributed_rows`.
    """

    rows: DivisibleRows
    client: Client
    units: tuple[Future[WorkerBlocks], ...]

    def blocks(self, first: int, last: int) -> Any:
        """The blocks, read here: for the few things that are no sum."""
        return self.rows.blocks(first, last)

    def select(self, which: NDArray[np.intp]) -> "DistributedRows":
        """The same rows with some of their columns, copied where they lie."""
        units = tuple(self._submit(_select_columns, unit, which) for unit in self.units)
        return DistributedRows(self.rows.select(which), self.client, units)

    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """`total` of fn, one stripe after another on each thread of the workers.

        Raises ClusterError if the workers or the scheduler are lost.
        """
        try:
            function = self._submit(_identity, cloudpickle.dumps(fn))
            count = len(stripes(self.n))
            parts = [self._submit(_unit_sums, function, unit, count) for unit in self.units]
            while len(parts) > 1:
                neighbors = [
                    parts[i : i + SUMS_PER_TASK] for i in range(0, len(parts), SUMS_PER_TASK)
                ]
                parts = [self._submit(_add_nodes, some, count) for some in neighbors]
            nodes = deepcopy(parts[0].result())  # aligned
        except KilledWorker as error:
            raise ClusterError(
                f"{error.allowed_failures + 1} workers ended one after the other over the same "
                "rows, "
                f"as a rule for want of memory, the last one {error.last_worker.address}: give "
                "each more, or start more of them."
            ) from None
        except (CancelledError, CommClosedError, ClosedClientError, TimeoutError):
            raise ClusterError(
                f"the Dask scheduler at {_address(self.client)} was lost in the middle of a pass. "
                "Start it again, with workers, and repeat the command: what a checkpoint holds is "
                "not summed again."
            ) from None
        return root_sums(nodes, count)

    def _submit(self, fn: Callable[..., Any], *args: Any) -> Any:
        return self.client.submit(fn, *args, pure=False, retries=MAX_TASK_RETRIES)


def distributed_rows(rows: DivisibleRows, client: Client) -> DistributedRows:
    """The rows, laid out over the workers: files are read there, rows in memory are sent.

    Raises ClusterError if there is no worker, or a worker has another version of this package.
    """
    runs = stripes(rows.n)
    count = min(_worker_threads(client), len(runs))
    units = []
    # Rows in memory go with their task, which Dask would warn of.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
        for low, high in pairwise(_unit_edges(len(runs), count)):
            part = rows.part(runs[low].start, runs[high - 1].stop)
            lengths = [len(stripe) for stripe in runs[low:high]]
            task = (_worker_blocks, part, low, lengths)
            units.append(client.submit(*task, pure=False, retries=MAX_TASK_RETRIES))
    return DistributedRows(rows, client, tuple(units))


def _worker_threads(client: Client) -> int:
    """The number of threads of the workers. Raises ClusterError as `distributed_rows` does."""
    address = _address(client)
    try:
        client.wait_for_workers(1, timeout=MAX_WORKER_WAIT_SECONDS)
    except TimeoutError:
        raise ClusterError(
            f"the Dask scheduler at {address} has no workers; start some by `dask worker "
            f"{address}`."
        ) from None
    for worker, found in client.run(_installed_version, on_error="return").items():
        if found != __version__:
            is_other = isinstance(found, str)
            what = (
                f"has logit-engine {found}" if is_other else f"cannot import logit-engine ({found})"
            )
            raise ClusterError(
                f"the Dask worker {worker} {what}; install {__version__} there, as here."
            )
    return sum(client.nthreads().values())


def _unit_edges(stripes: int, units: int) -> list[int]:
    """Where units of about equal length start and end.

    They end at whole branches of the tree, so that a unit has few nodes to send.
    """
    branch = 1 << max(0, (stripes // (8 * units)).bit_length() - 1)
    return [*(round(i * stripes / units / branch) * branch for i in range(units)), stripes]


def _address(client: Client) -> str:
    return str(client.scheduler.address) if client.scheduler is not None else "its address"


def _installed_version() -> str:
    return __version__


def _identity(value: Any) -> Any:
    return value


def _worker_blocks(part: Rows, first: int, lengths: Sequence[int]) -> WorkerBlocks:
    """The blocks of a unit, in stripes of these lengths.

    Raises DataError for a file that is not there.
    """
    try:
        edges = pairwise(accumulate(lengths, initial=0))
        return WorkerBlocks(first, tuple(tuple(part.blocks(*run)) for run in edges))
    except FileNotFoundError as error:
        raise DataError(
            f"the Dask worker {get_worker().address} cannot read {error.filename or error}: the "
            "files must be at the same place on all machines."
        ) from None


def _select_columns(unit: WorkerBlocks, which: NDArray[np.intp]) -> WorkerBlocks:
    chosen = (
        tuple(replace(block, X=block.X.select(which)) for block in run) for run in unit.stripes
    )
    return WorkerBlocks(unit.first, tuple(chosen))


def _unit_sums(function: bytes, unit: WorkerBlocks, count: int) -> list[Node]:
    """The sums of a unit, as few nodes of the tree over count stripes."""
    _keep_freed_memory()
    fn = pickle.loads(function)
    with one_blas_thread():
        sums = (sum_in_order(map(fn, stripe)) for stripe in unit.stripes)
        return folded(leaf_nodes(sums, unit.first), count, add_in_place)


@lru_cache(maxsize=1)
def _keep_freed_memory() -> None:
    """Let the C library keep what a block's arrays freed for the next block, up to 256 MB.

    Dask starts workers with MALLOC_TRIM_THRESHOLD_=65536, under which glibc gives all of it back at
    once: light passes took three times as long, passes with the information twice.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def _add_nodes(parts: list[list[Node]], count: int) -> list[Node]:
    """The nodes of some units added up, in copies: Dask keeps those it was given."""
    return folded((deepcopy(node) for part in parts for node in part), count, add_in_place)


def _with_aligned_arrays(value: Any) -> Any:
    """The same value, with each array in it copied that does not start where its items may."""
    if isinstance(value, np.ndarray):
        return value if value.flags.aligned else value.copy(order="K")
    if isinstance(value, tuple):
        return tuple(map(_with_aligned_arrays, value))
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: _with_aligned_arrays(getattr(value, f.name)) for f in fields(value)}
        return replace(value, **parts)
    if hasattr(value, "indptr"):
        arrays = (value.data, value.indices, value.indptr)
        return value if all(a.flags.aligned for a in arrays) else value.copy()
    return value


def _array_bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple):
        return sum(map(_array_bytes, value))
    if is_dataclass(value):
        return sum(_array_bytes(getattr(value, field.name)) for field in fields(value))
    if hasattr(value, "indptr"):
        return _array_bytes((value.data, value.indices, value.indptr))
    return 0
