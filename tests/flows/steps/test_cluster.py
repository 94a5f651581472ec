"""A run on a cluster publishes the bytes of one machine, also after its scheduler was lost."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from distributed import LocalCluster
from logit_flows.config.checking import from_mapping, with_overrides
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.recipes.experimenting import experiment
from logit_flows.recipes.training import Trained, train
from logit_flows.steps import cluster as placing
from logit_flows.steps.opening import open_store

from logit_engine.errors import ClusterError
from logit_engine.rows import distributed as sources
from logit_engine.rows.distributed import DistributedRows

FILES = ("model.parquet", "predictions.parquet", "metrics.parquet", "config.yaml", "manifest.json")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two processes."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


Make = Callable[..., Config]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A config over two files of ragged row groups."""
    rng = np.random.default_rng(11)
    rows = 60_000
    a = rng.standard_normal(rows)
    frame = pl.DataFrame(
        {
            "key": np.arange(rows),
            "day": np.arange(rows) // 100,
            "a": a,
            "b": rng.exponential(30.0, rows),
            "city": rng.choice(["x", "y", "z"], rows),
            "y": rng.random(rows) < 1.0 / (1.0 + np.exp(1.0 - a)),
        }
    )
    (tmp_path / "data").mkdir()
    frame[:23_456].write_parquet(tmp_path / "data" / "1.parquet", row_group_size=777)
    frame[23_456:].write_parquet(tmp_path / "data" / "2.parquet", row_group_size=9_999)
    content = {
        "name": "t",
        "data": {
            "source": "data/*.parquet",
            "target": {"column": "y", "positive": True},
            "id": "key",
        },
        "features": {"numeric": ["a", "b"], "categorical": ["city"]},
    }

    def config(**overrides: Any) -> Config:
        return with_overrides(
            from_mapping(content, tmp_path), {k.replace("__", "."): v for k, v in overrides.items()}
        )

    return config


def content(run: Trained) -> dict[str, bytes]:
    """The bytes of what was published."""
    return {name: (Path(run.folder) / name).read_bytes() for name in FILES}


@pytest.mark.parametrize(
    "overrides",
    [{}, {"data__cluster": "day", "model__covariance__type": "cluster"}],
    ids=["files, read by the workers", "rows, sent to them"],
)
def test_a_run_on_a_cluster_publishes_the_bytes_of_one_machine(
    make: Make, scheduler: str, overrides: dict[str, Any]
) -> None:
    here = train(make(store="here", **overrides))
    there = train(
        make(store="there", compute__backend="dask", compute__scheduler=scheduler, **overrides)
    )
    assert here.run == there.run
    assert content(here) == content(there)


def test_without_a_scheduler_a_cluster_of_processes_is_started_for_the_run(make: Make) -> None:
    here = train(make(store="here"))
    there = train(make(store="there", compute__backend="dask", compute__threads=1))
    assert content(here) == content(there)


HOST = """
import sys, threading
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


def test_a_run_that_lost_its_scheduler_goes_on_from_its_checkpoint(
    make: Make, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "host.py").write_text(HOST)
    host = subprocess.Popen(
        [sys.executable, tmp_path / "host.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert host.stdin is not None
    assert host.stdout is not None
    lost, passes, sums = host.stdout.readline().strip(), [0, 0], DistributedRows.sums

    def counted(rows: DistributedRows, *asked: Any) -> Any:
        passes[0] += 1
        if passes[0] == 4:
            host.send_signal(signal.SIGKILL)
        return sums(rows, *asked)

    monkeypatch.setattr(DistributedRows, "sums", counted)
    dask = {"store": "there", "compute__backend": "dask"}
    sentence = re.escape(
        f"the Dask scheduler at {lost} was lost in the middle of a pass. Start it again, with "
        "workers,"
    )
    with host, pytest.raises(ClusterError, match=sentence):
        train(make(compute__scheduler=lost, **dask))
    config = make(compute__scheduler=scheduler, **dask)
    (checkpoint,) = (open_store(config).folder / "checkpoints").iterdir()
    assert len(list(checkpoint.glob("*.npz"))) == 3
    resumed = train(config)
    after, passes[0] = passes[0] - 4, 0
    assert not checkpoint.exists()
    whole = train(make(store="whole", compute__backend="dask", compute__scheduler=scheduler))
    assert after == passes[0] - 3
    assert content(resumed) == content(whole) == content(train(make(store="here")))


def test_a_cluster_that_is_not_there_is_told_with_what_to_do(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "SCHEDULER_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(sources, "MAX_WORKER_WAIT_SECONDS", 0.2)
    with pytest.raises(
        ClusterError,
        match=r"no Dask scheduler answers at tcp://127.0.0.1:9 \(compute.scheduler\); start",
    ):
        train(make(compute__backend="dask", compute__scheduler="tcp://127.0.0.1:9"))
    with LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        address = empty.scheduler_address
        with pytest.raises(
            ClusterError,
            match=f"at {address} has no workers; start some by `dask worker {address}`",
        ):
            train(make(compute__backend="dask", compute__scheduler=address))


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        (
            {"compute__scheduler": "tcp://a:1"},
            "compute.scheduler: a scheduler goes with Dask; write compute: {backend: dask}.",
        ),
        (
            {"compute__backend": "dask", "compute__scheduler": "a:1"},
            "compute.scheduler: expected the address of a Dask scheduler such as tcp://host:8786, "
            "found 'a:1'.",
        ),
        (
            {"compute__engine": "dask"},
            "compute.engine: where rows are summed is compute.backend: threads or dask.",
        ),
    ],
    ids=["without dask", "no address", "engine"],
)
def test_keys_of_the_cluster_that_make_no_sense_are_told(
    make: Make, overrides: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError) as told:
        make(**overrides)
    assert told.value.problems == (problem,)


@pytest.mark.prefect
def test_the_cells_of_an_experiment_run_on_the_workers_of_the_cluster(
    make: Make, scheduler: str, prefect_server: None
) -> None:
    from logit_flows.orchestration.tasks import experiment_flow

    matrix = {"model.link": ["logit", "probit"], "features.numeric": [["a"], ["nothing"]]}
    asked = {"experiment": {"matrix": matrix, "folds": 2}}
    there = make(store="there", compute__backend="dask", compute__scheduler=scheduler, **asked)
    board = experiment_flow(there.content(), str(there.folder))
    here = experiment(make(store="here", compute__threads=1, **asked))
    assert [cell.run for cell in board.cells] == [cell.run for cell in here.cells]
    assert board.table.equals(here.table)
    assert [cell.error is None for cell in board.cells] == [True, True, False, False]
