"""Cluster: under compute.backend dask the fit's rows are summed by the workers of a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from logit_engine.errors import ClusterError, UsageError
from logit_engine.rows import Rows, cores
from logit_engine.storage.checkpoint import CheckpointedRows, Journal
from logit_engine.storage.publish import canonical_json
from logit_flows.config.model import Config
from logit_flows.steps.identity import identify, versions
from logit_flows.steps.load import Dataset
from logit_flows.steps.opening import open_store

if TYPE_CHECKING:
    from distributed import Client

SCHEDULER_TIMEOUT_SECONDS = 20
DASK_IS_MISSING = (
    "compute.backend: dask needs the extra [dask]; install it by `pip install "
    "'logit-engine[dask]'`."
)


@contextmanager
def rows_for_backend(config: Config, dataset: Dataset, rows: Any) -> Iterator[Rows]:
    """The rows where the config wants them summed: as they are, or laid out over the workers of a
    Dask cluster.

    There the sums of each pass are kept in the store until the run is published: a run that lost
    its scheduler, or was killed, goes on from them when it is started again. Raises ClusterError
    where a cluster is not there or was lost.
    """
    if config.compute.backend == "threads":
        yield rows
        return
    store = open_store(config)
    journal = Journal(
        store.checkpoint_folder(identify(config, dataset)),
        store.staging,
        canonical_json({"versions": versions()}),
    )
    with dask_client(config) as client:
        from logit_engine.rows.distributed import distributed_rows

        yield CheckpointedRows(distributed_rows(rows, client), journal)


@contextmanager
def dask_client(config: Config) -> Iterator["Client"]:
    """A client of the config's scheduler, or of a cluster of processes on this machine."""
    refuse_missing_dask(config)
    from distributed import Client, LocalCluster

    address = config.compute.scheduler
    if address is None:
        with (
            LocalCluster(**local_cluster(config)) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=SCHEDULER_TIMEOUT_SECONDS, set_as_default=False)
    except OSError:
        raise ClusterError(
            f"no Dask scheduler answers at {address} (compute.scheduler); start one by `dask "
            "scheduler`, and workers by "
            f"`dask worker {address}`, or leave the key out for a cluster on this machine."
        ) from None
    with client:
        yield client


def refuse_missing_dask(config: Config) -> None:
    """Raises UsageError if the config asks for Dask, and its extra is not installed."""
    if config.compute.backend == "dask" and find_spec("distributed") is None:
        raise UsageError(DASK_IS_MISSING)


def local_cluster(config: Config) -> dict[str, Any]:
    """What a cluster on this machine is made of: a process for each thread asked for."""
    return {
        "n_workers": config.compute.thread_count or cores(),
        "threads_per_worker": 1,
        "dashboard_address": ":0",
    }
