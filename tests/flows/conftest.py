"""Configs over written tables, for tests of the pipeline."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.checking import from_mapping, with_overrides
from logit_flows.config.model import Config
from logit_flows.recipes import experimenting, retraining, training

from tests.support.check_law import lawful
from tests.support.pipeline import Make, city_table


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A config over a written table, with dotted overrides; `data` is a frame or the text of a
    CSV file.
    """

    def config(
        data: pl.DataFrame | str | None = None, store: str = "store", **overrides: Any
    ) -> Config:
        source = "table.csv" if isinstance(data, str) else "table.parquet"
        if isinstance(data, str):
            (tmp_path / source).write_text(data)
        elif data is not None or not (tmp_path / source).exists():
            (city_table() if data is None else data).write_parquet(tmp_path / source)
        content: dict[str, Any] = {
            "name": "t",
            "data": {"source": source, "target": {"column": "y", "positive": True}, "id": "key"},
            "features": {"numeric": ["x", "z"], "categorical": ["city"]},
            "split": {"method": "random", "test_size": 0.3},
            "store": store,
        }
        return with_overrides(
            from_mapping(content, tmp_path), {k.replace("__", "."): v for k, v in overrides.items()}
        )

    return config


@pytest.fixture
def dated_config(tmp_path: Path) -> Path:
    """400 rows of 40 clusters over 40 days, with an outcome that follows x, and a config beside
    them.
    """
    rng = np.random.default_rng(5)
    x = rng.standard_normal(400)
    frame = pl.DataFrame(
        {
            "id": np.arange(400),
            "group": np.arange(400) // 10,
            "day": np.arange(400) // 10,
            "x": x,
            "z": rng.standard_normal(400),
            "y": (rng.random(400) < 1 / (1 + np.exp(-2 * x))).astype(int),
        }
    )
    frame.write_parquet(tmp_path / "table.parquet")
    (tmp_path / "config.yaml").write_text(
        "name: t\ndata: "
        "{source: table.parquet, target: {column: y, positive: 1}, id: id, time: day}\nfeatures: "
        "{numeric: [x, z]}\nsplit: {method: random, test_size: 0.4}\n"
    )
    return tmp_path / "config.yaml"


@pytest.fixture(scope="module")
def tasks(prefect_server: None) -> Any:
    """logit_flows.orchestration.tasks, imported once the harness stands."""
    from logit_flows.orchestration import tasks

    return tasks


@pytest.fixture(autouse=True)
def train_and_check_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every config that a test trains in this process is checked first: the law of both holds."""
    law = lawful(training.train_run)
    for recipe in (training, retraining, experimenting):
        monkeypatch.setattr(recipe, "train_run", law)
