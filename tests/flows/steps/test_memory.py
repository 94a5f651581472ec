"""Above compute.memory a run streams its rows, and publishes the bytes of a run that holds them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from logit_flows.config.checking import from_mapping, with_overrides
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.recipes.experimenting import experiment
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.training import train
from logit_flows.steps import evaluate as evaluating
from logit_flows.steps import load as loading
from logit_flows.steps import tune as tuning
from logit_flows.steps.load import distinct_count, load_dataset

from logit_engine.design import parquet_rows as parquet
from logit_engine.errors import DataError
from logit_engine.rows import BLOCK_ROWS

ROOT = Path(__file__).parents[3]
CODE = os.pathsep.join([str(ROOT), str(ROOT / "flows")])
CONTENT: dict[str, Any] = {
    "name": "t",
    "data": {
        "source": "data/*.parquet",
        "target": {"column": "y", "positive": "yes"},
        "id": "key",
        "time": "day",
        "missing_target": "drop",
    },
    "features": {
        "numeric": ["a", "b"],
        "categorical": ["city"],
        "impute": {
            "numeric": {"strategy": "mean", "add_indicator": True},
            "categorical": {"strategy": "level"},
        },
        "min_frequency": 50,
        "handle_unknown": "pooled",
    },
    "write": {"predictions": "all"},
}
TABLES = [f"{name}.parquet" for name in ("model", "predictions", "metrics", "trained_keys")]


def table(rows: int, seed: int = 3) -> pl.DataFrame:
    """Numbers, cities and a time, some of them missing, and a target of two or three classes
    that is missing at times.
    """
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(rows).astype(np.float32)
    gone = rng.random((3, rows)) < 0.04
    yes = rng.random(rows) < 1.0 / (1.0 + np.exp(-a))
    return pl.DataFrame(
        {
            "key": np.arange(rows),
            "day": rng.integers(0, 300, rows),
            "part": rng.choice(["early", "late"], rows),
            "a": pl.Series(a).set(pl.Series(gone[0]), None),
            "b": rng.exponential(30.0, rows),
            "city": pl.Series(rng.choice([*"abcdefgh"], rows))
            .set(pl.Series(gone[1]), None)
            .cast(pl.Categorical),
            "y": pl.Series(np.where(yes, "yes", "no")).set(pl.Series(gone[2]), None),
            "kind": rng.integers(0, 3, rows),
            "group": [f"g{code}" for code in rng.integers(0, rows // 20, rows)],
        }
    )


Make = Callable[..., Config]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A config over two files of ragged row groups, read in chunks of a few blocks where they
    are streamed.
    """
    monkeypatch.setattr(parquet, "CHUNK_BYTES", 700_000)
    (tmp_path / "data").mkdir()
    frame = table(90_000)
    frame[:23_456].write_parquet(tmp_path / "data" / "1.parquet", row_group_size=777)
    frame[23_456:].write_parquet(tmp_path / "data" / "2.parquet", row_group_size=9_999)
    frame[:100].write_csv(tmp_path / "data.csv")

    def config(memory: str, **overrides: Any) -> Config:
        asked = {"compute.memory": memory, "store": memory} | {
            k.replace("__", "."): v for k, v in overrides.items()
        }
        return with_overrides(from_mapping(CONTENT, tmp_path), asked)

    return config


CLUSTERED = {"data__cluster": "group"}
MULTINOMIAL = {"data__target": {"column": "kind", "base": 1}, "model__family": "multinomial"}


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"split__method": "time", "normalize": "robust", "model__covariance__type": "HC1"},
        {"split__method": "stratified", "features__impute__numeric__strategy": "median"},
        {
            "split": {"method": "column", "column": "part", "test": ["late"]},
            "model__link": "probit",
        },
        {
            "split__method": "none",
            "model__penalty": {"type": "elastic_net", "l1_ratio": 0.5, "strength": 0.01},
        },
        {"split__method": "none", "data__source": "data/1.parquet", "data__test": "data/2.parquet"},
        MULTINOMIAL,
        CLUSTERED,
        CLUSTERED | {"split": {"method": "time", "test_size": 0.8}},
    ],
    ids=[
        *("random", "time", "stratified", "column", "none", "file", "multinomial"),
        *("clusters", "clusters by time"),
    ],
)
def test_a_run_publishes_the_same_bytes_streamed_and_in_memory(
    make: Make, overrides: Mapping[str, Any]
) -> None:
    held, streamed = (train(make(memory, **overrides)) for memory in ("1GB", "1KB"))
    assert held.run == streamed.run
    for name in (*TABLES, "config.yaml"):
        assert (Path(held.folder) / name).read_bytes() == (
            Path(streamed.folder) / name
        ).read_bytes(), name
    rows = pl.read_parquet(Path(held.folder) / "predictions.parquet")
    assert rows.height == held.dataset.rows + (held.dataset.test.rows if held.dataset.test else 0)
    assert rows["key"].n_unique() == rows.height


TUNED = {"type": "l2", "strength": "cv", "folds": 3}


@pytest.mark.parametrize("fold_method", ["random", "stratified", "time"])
def test_a_strength_is_chosen_with_the_same_bytes_streamed_and_in_memory(
    make: Make, monkeypatch: pytest.MonkeyPatch, fold_method: str
) -> None:
    monkeypatch.setattr(tuning, "strength_grid", lambda *_: np.array([1.0, 0.1, 0.01, 1e-3]))
    clusters = {} if fold_method == "stratified" else CLUSTERED
    asked = {"model__penalty": TUNED | {"fold_method": fold_method}, **clusters}
    held, streamed = (train(make(memory, **asked)) for memory in ("1GB", "1KB"))
    for name in (*TABLES, "tuning.parquet", "path.parquet"):
        one, other = (Path(trained.folder) / name for trained in (held, streamed))
        assert one.read_bytes() == other.read_bytes(), name


def test_cells_are_ranked_alike_streamed_and_in_memory(make: Make) -> None:
    matrix = {"matrix": {"model.link": ["logit", "probit"]}, "folds": 3}
    held, streamed = (
        experiment(make(memory, experiment=matrix, compute__threads=1, **CLUSTERED))
        for memory in ("1GB", "1KB")
    )
    assert held.cells == streamed.cells
    assert [cell.error for cell in held.cells] == [None, None]


def test_the_gate_decides_alike_streamed_and_in_memory(make: Make) -> None:
    said = []
    for memory in ("1GB", "1KB"):
        retrain(make(memory, features__numeric=["b"], **CLUSTERED))
        outcome = retrain(make(memory, **CLUSTERED))
        assert outcome.decision.promote
        said.append(outcome.decision.sentence)
    assert said[0] == said[1]
    assert re.search(r"on [\d,]+ rows \([\d,]+ clusters\) that neither has seen", said[0])


def test_ids_are_counted_by_shares(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_HELD_VALUES", 1_000)
    frame = table(5_000)
    for column in ("key", "day", "city"):
        assert distinct_count(frame.lazy(), column, 5_000) == frame[column].n_unique()
    config = make("1KB")
    pl.concat([frame, frame[:7]]).write_parquet(config.folder / "data" / "1.parquet")
    (config.folder / "data" / "2.parquet").unlink()
    with pytest.raises(
        DataError, match=r"column 'key' \(data.id\) is not unique: 7 of 5,007 rows repeat an id"
    ):
        load_dataset(config)


def test_of_very_many_rows_the_metrics_are_of_evenly_spread_blocks(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluating, "MAX_MEASURED_ROWS", 30_000)
    held, streamed = (train(make(memory)) for memory in ("1GB", "1KB"))
    assert held.evaluation == streamed.evaluation
    for side in ("train", "test"):
        rows = pl.read_parquet(Path(held.folder) / "predictions.parquet").filter(split=side)
        blocks = [rows[start : start + BLOCK_ROWS] for start in range(0, rows.height, BLOCK_ROWS)]
        some = pl.concat(blocks[:: -(-rows.height // 30_000)])
        assert (some.height < rows.height) == (side == "train")
        assert held.evaluation.value("rows", side) == some.height
        brier = ((some["target"] == "yes") - some["probability"]).pow(2).mean()
        assert held.evaluation.value("brier", side) == pytest.approx(brier, rel=1e-12)


def test_a_size_is_a_number_with_a_unit(make: Make) -> None:
    for text, size in (("1.5GB", 3 * 2**29), ("2 TB", 2**41), ("64KB", 2**16)):
        assert make(text).compute.memory_bytes == size
    assert 2**27 < make("auto").compute.memory_bytes < 2**50
    for wrong in ("2", "2 gigabytes", 2, "-1GB", ""):
        with pytest.raises(ConfigError, match="expected auto or a size such as 2GB, found"):
            make("1GB", compute__memory=wrong)


# A run in a process that may not hold its data ----------------------------------------------------

ROWS, NUMBERS, LIMIT = 2_000_000, 20, 1_300 * 2**20

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]), int(sys.argv[1])))
from logit_flows.cli import main
sys.argv[1:] = sys.argv[2:]
main()
"""


def limited(folder: Path, memory: str) -> subprocess.CompletedProcess[str]:
    """`logit train` in a process of its own that may hold LIMIT bytes of data; allocators
    reserve none ahead.
    """
    words = [
        "train",
        "--no-prefect",
        "--config",
        str(folder / "c.yaml"),
        "--set",
        f"compute.memory={memory}",
    ]
    plain = {
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
        "POLARS_MAX_THREADS": "2",
    }
    environment = os.environ | plain | {"PYTHONPATH": CODE, "OPENBLAS_NUM_THREADS": "2"}
    command = [sys.executable, "-c", LIMITED, str(LIMIT), *words, "--set", "compute.threads=2"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of a process's data is Linux's")
def test_two_million_rows_are_trained_in_a_process_that_cannot_hold_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    names = [f"x{j}" for j in range(NUMBERS)]
    frame = pl.DataFrame(rng.standard_normal((100_000, NUMBERS)), names)
    eta = frame.to_numpy() @ np.linspace(-0.3, 0.3, NUMBERS)
    with pq.ParquetWriter(tmp_path / "t.parquet", rows_of(frame, eta, 0, rng).schema) as writer:
        for start in range(0, ROWS, frame.height):
            writer.write_table(rows_of(frame, eta, start, rng))
    data = {"source": "t.parquet", "target": {"column": "y", "positive": True}, "id": "key"}
    config = {"name": "t", "data": data, "features": {"numeric": names}, "store": "store"}
    (tmp_path / "c.yaml").write_text(json.dumps(config))
    held = limited(tmp_path, "100GB")
    assert held.returncode != 0
    assert "MemoryError" in held.stderr or "allocat" in held.stderr or held.returncode < 0, (
        held.stderr
    )
    streamed = limited(tmp_path, "100MB")
    assert streamed.returncode == 0, streamed.stderr


def rows_of(frame: pl.DataFrame, eta: np.ndarray, start: int, rng: np.random.Generator) -> pa.Table:
    """The frame with keys from start on and an outcome."""
    y = rng.random(frame.height) < 1.0 / (1.0 + np.exp(-eta))
    return frame.with_columns(key=np.arange(start, start + frame.height), y=y).to_arrow()
