"""Distributed rows give the bits of one machine, also when workers are killed meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import string
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import numpy as np
import polars as pl
import pytest
from distributed import Client, LocalCluster

from logit_engine.constraints import Equalities
from logit_engine.design.frame_rows import Outcome, frame_rows
from logit_engine.design.learning import learn
from logit_engine.design.parquet_rows import parquet_rows
from logit_engine.design.spec import Spec
from logit_engine.errors import DataError
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import CLUSTER, HC3
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import PROBIT
from logit_engine.penalties import L2, ElasticNet
from logit_engine.rows import BLOCK_ROWS, Block, Rows, SummingRows, Sums, total
from logit_engine.rows.distributed import distributed_rows
from logit_engine.rows.memory import array_rows
from logit_engine.rows.tree_of_sums import Node, folded, leaf_nodes, stripes
from tests.support.fit_bits import bits

ROWS = 9 * BLOCK_ROWS + 777


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two workers, processes of one thread each, and a client of theirs."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def table(rows: int = ROWS, seed: int = 3) -> pl.DataFrame:
    """Numbers of two kinds, a category, groups, and outcomes of two and of three classes."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(rows)
    late = rng.random(rows) < 1.0 / (1.0 + np.exp(1.0 - x))
    return pl.DataFrame(
        {
            "x": x,
            "small": rng.standard_normal(rows).astype(np.float32),
            "city": rng.choice(["a", "b", "c"], rows),
            "group": np.arange(rows) // 50,
            "late": late,
            "kind": rng.integers(0, 3, rows),
        }
    )


SPEC = Spec(numeric=("x", "small"), categorical=("city",))
LATE = Outcome("late", (False, True))


def test_sums_are_added_in_one_tree_whoever_has_a_part_of_it() -> None:
    def added(nodes: list[Node], count: int) -> list[Node]:
        return folded(nodes, count, lambda a, b: f"({a}{b})")

    (root,) = added(list(leaf_nodes("abcdefg")), 7)
    assert root == Node(0, 7, "(((ab)(cd))((ef)g))")
    for count in range(1, 40):
        every = list(leaf_nodes(string.printable[:count]))
        for size in range(1, count + 1):
            parts = [added(every[i : i + size], count) for i in range(0, count, size)]
            assert added([node for part in parts for node in part], count) == added(every, count)


def test_stripes_are_a_function_of_n_alone_and_stay_small_and_few() -> None:
    for n in (1, BLOCK_ROWS, BLOCK_ROWS + 1, 10**6, 10**7, 10**8, 10**9, 10**12):
        runs = stripes(n)
        assert [r.start for r in runs] == [0, *(r.stop for r in runs[:-1])]
        assert runs[-1].stop == -(-n // BLOCK_ROWS)
        assert len(runs) <= 1024
    assert [len(stripes(n)) for n in (10**6, 10**7, 10**8, 10**9)] == [62, 62, 96, 954]


@dataclass(frozen=True, slots=True)
class Watched(SummingRows):
    """Rows that do something before some pass, and note how large the function of each was when
    it travelled.
    """

    rows: Any
    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rows, name)

    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """Those of the rows."""
        self.before.get(len(self.sent), lambda: None)()
        self.sent.append(len(cloudpickle.dumps(fn)))
        return total(self.rows, fn, threads)


@pytest.mark.usefixtures("all_threads")
def test_arrays_and_files_in_memory_and_on_a_cluster_give_the_same_bits(
    client: Client, tmp_path: Path
) -> None:
    frame = table()
    keep = frame["group"].to_numpy() % 7 != 3
    kept = frame.filter(pl.Series(keep))
    design, _ = learn(kept, SPEC)
    memory = frame_rows(design, kept, LATE(kept))
    expected = bits(fit(memory, covariance_type=HC3, threads=1))
    rows: list[Rows] = [distributed_rows(memory, client)]
    for row_group, files in ((777, 3), (50_000, 1)):
        paths = []
        for i in range(files):
            paths.append(str(tmp_path / f"{row_group}-{i}.parquet"))
            part = frame[i * frame.height // files : (i + 1) * frame.height // files]
            part.write_parquet(paths[-1], row_group_size=row_group)
        files_rows = parquet_rows(
            design, paths, LATE, keep=lambda f: f["group"].to_numpy() % 7 != 3, reads=["group"]
        )
        rows += [files_rows, distributed_rows(files_rows, client)]
    for source in rows:
        assert bits(fit(source, covariance_type=HC3)) == expected
    for threads in (2, 4):
        assert bits(fit(memory, covariance_type=HC3, threads=threads)) == expected


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "probit": ("late", {"likelihood": Bernoulli(PROBIT)}),
    "multinomial": ("kind", {"likelihood": Multinomial(2)}),
    "l2": ("late", {"penalty": L2(50.0)}),
    "elastic net": (
        "late",
        {"penalty": ElasticNet(np.r_[0.0, np.full(4, 900.0)], np.r_[0.0, np.full(4, 100.0)])},
    ),
    "clustered": ("late", {"covariance_type": CLUSTER}),
    "equality": (
        "late",
        {"equalities": Equalities(np.array([[0.0, 1.0, 0.0, 0.0, 0.0]]), np.ones(1), ("x = 1",))},
    ),
    "offset": ("late", {}),
    "fortran order": ("late", {}),
    "collinear": ("late", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_fit_has_the_same_bits(client: Client, case: str) -> None:
    outcome, asked = CASES[case]
    frame = table(5 * BLOCK_ROWS + 11)
    X = np.column_stack(
        [frame["x"], frame["small"], frame["x"] * 0.5 + frame["group"] * 1e-3, frame["city"] == "a"]
    )
    if case == "fortran order":
        X = np.asfortranarray(X)
    if case == "collinear":
        X[:, 2] = X[:, 0] + 1e-7 * np.sin(1e3 * X[:, 0])
    rows = array_rows(
        X,
        frame[outcome].to_numpy().astype(float),
        classes=("0", "1", "2") if outcome == "kind" else (),
        cluster=frame["group"].to_numpy(),
        offset=0.1 * frame["x"].to_numpy() if case == "offset" else None,
    )
    assert bits(fit(distributed_rows(rows, client), **asked)) == bits(fit(rows, **asked))


def test_a_pilot_leads_a_fit_on_a_cluster_and_its_sample_travels_once(client: Client) -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((60_000, 3))
    rows = array_rows(
        X, (rng.random(60_000) < 1.0 / (1.0 + np.exp(-X @ [1.0, -1.0, 0.5]))).astype(float)
    )
    watched = Watched(distributed_rows(rows, client))
    here, there = fit(rows), fit(watched)
    assert bits(here) == bits(there)
    assert here.passes == there.passes
    assert max(watched.sent) < 30_000


def kill(client: Client, how_many: int) -> list[int]:
    """Kill workers as a machine does that runs out of memory; their process ids."""
    struck = list(client.run(os.getpid, on_error="ignore").values())[:how_many]
    for pid in struck:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return struck


@pytest.mark.parametrize("in_a_pass", [False, True], ids=["between passes", "in a pass"])
def test_a_killed_worker_and_then_all_of_them_killed_change_nothing(
    tmp_path: Path, in_a_pass: bool
) -> None:
    frame = table()
    design, _ = learn(frame, SPEC)
    frame.write_parquet(path := tmp_path / "rows.parquet", row_group_size=7_000)
    rows = parquet_rows(design, [str(path)], LATE)
    struck: list[int] = []
    with (
        dask.config.set(
            {"distributed.deploy.lost-worker-timeout": "1 hour"}
        ),  # or it gives up who was killed twice
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):

        def strike(how_many: int) -> None:
            timer = threading.Timer(0.02 * in_a_pass, lambda: struck.extend(kill(client, how_many)))
            timer.start()
            if not in_a_pass:
                timer.join()

        before = {2: lambda: strike(1), 4: lambda: strike(2)}
        watched = Watched(distributed_rows(rows, client), before)
        found = bits(fit(watched))
    assert found == bits(fit(rows))
    assert len(watched.sent) > 4
    assert len(set(struck)) >= 2


def test_files_that_a_worker_cannot_read_are_named(client: Client, tmp_path: Path) -> None:
    frame = table(2_000)
    design, _ = learn(frame, SPEC)
    frame.write_parquet(path := tmp_path / "rows.parquet")
    rows = parquet_rows(design, [str(path)], LATE)
    path.rename(tmp_path / "elsewhere.parquet")
    with pytest.raises(
        DataError,
        match=r"the Dask worker tcp://.* cannot read .*rows.parquet: the files must be at the",
    ):
        fit(distributed_rows(rows, client))
