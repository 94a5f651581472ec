"""A model does not depend on the types of its columns; awkward types work in every verb."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.api import load_model
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.recipes.checking import check
from logit_flows.recipes.experimenting import experiment
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import train
from logit_flows.reports.page import report_html

from logit_engine.errors import DataError

Change = Callable[[pl.DataFrame], pl.DataFrame]


def plain_table(rows: int = 300) -> pl.DataFrame:
    """Rows in clusters of four over days, with whole numbers, texts and dates."""
    rng = np.random.default_rng(11)
    x, z = rng.integers(-40, 40, rows) / 8, rng.integers(0, 2, rows)
    city, hour = rng.choice(["b", "lev1", "x"], rows), rng.integers(0, 2, rows)
    eta = 0.3 * x - 0.5 * z + 0.5 * (city == "b")
    index = np.arange(rows)
    return pl.DataFrame(
        {
            "key": index + 1,
            "group": index // 4,
            "day": [datetime(2023, 11, 4) + timedelta(hours=int(i) // 4) for i in index],
            "city": city,
            "hour": hour,
            "x": x,
            "z": z,
            "y": (rng.random(rows) < 1.0 / (1.0 + np.exp(-eta))).astype(np.int64),
        }
    )


def config_of(folder: Path, method: str = "random") -> Config:
    """The config of data.parquet in a folder."""
    content: dict[str, Any] = {
        "name": "m",
        "data": {
            "source": "*.parquet",
            "target": {"column": "y", "positive": 1},
            "id": "key",
            "cluster": "group",
            "time": "day",
        },
        "features": {
            "numeric": ["x", "z"],
            "categorical": ["city", "hour"],
            "handle_unknown": "reference",
        },
        "split": {"method": method, "test_size": 0.25},
        "model": {"covariance": {"type": "cluster"}},
        "gate": {"margin": 10.0},
        "experiment": {"matrix": {"model.link": ["logit", "probit"]}, "folds": 2},
        "compute": {"threads": 1},
        "orchestrator": "none",
    }
    return from_mapping(content, folder)


def facts(folder: Path, method: str, change: Change, parts: int = 1) -> list[Any]:
    """What every verb says of the table with other types, in so many files."""
    folder.mkdir()
    frame = change(plain_table())
    size = -(-frame.height // parts)
    for i in range(parts):
        frame[i * size : (i + 1) * size].write_parquet(folder / f"{i}.parquet")
    config = config_of(folder, method)
    check(config)
    trained = train(config)
    cohort = folder / "cohorts"
    cohort.mkdir()
    frame.head(40).drop("y").write_parquet(cohort / "c.parquet")
    (scored,) = score(config, str(cohort / "c.parquet"))
    scores = pl.read_parquet(scored.path)
    predicted = load_model(folder / "store", "m").predict(frame.head(40))
    board = experiment(config)
    config = from_mapping({**config.content(), "model": {"link": "probit"}}, folder)
    assert "neither has seen" in retrain(config).decision.sentence
    assert "<html" in report_html(config, trained.run)
    return [
        trained.model.result.names,
        trained.model.result.estimates.tolist(),
        trained.model.result.covariance.tolist(),
        [m.value for m in trained.evaluation.metrics if m.value == m.value],
        scores["probability"].to_list(),
        scores["predicted_class"].to_list(),
        scores["key"].cast(pl.String).to_list(),
        predicted.rows(),
        board.table["log_loss"].to_list(),
    ]


def typed(**types: Any) -> Change:
    """Casts of columns."""
    return lambda frame: frame.with_columns(pl.col(n).cast(t) for n, t in types.items())


ZONE = "America/New_York"  # its clocks go back within the table's days
LOSSLESS: dict[str, Change] = {
    "narrow integers": typed(key=pl.Int16, group=pl.UInt8, hour=pl.Int8, y=pl.Int8, z=pl.UInt16),
    "wide integers": typed(key=pl.UInt64, group=pl.Int128, hour=pl.Int128, y=pl.UInt64),
    "floats": typed(key=pl.Float64, group=pl.Float32, hour=pl.Float64, y=pl.Float64),
    "decimals": typed(
        key=pl.Decimal(20, 2), hour=pl.Decimal(5, 0), x=pl.Decimal(12, 3), y=pl.Decimal(3, 0)
    ),
    "categories": typed(city=pl.Categorical, z=pl.Boolean),
    "an enum": typed(city=pl.Enum(["x", "none", "lev1", "b"])),
    "times of another unit": typed(day=pl.Datetime("ms")),
}


@pytest.mark.parametrize("method", ["random", "time"])
def test_a_model_does_not_depend_on_the_types_of_its_columns(tmp_path: Path, method: str) -> None:
    plain = facts(tmp_path / "plain", method, lambda frame: frame)
    for name, change in LOSSLESS.items():
        assert facts(tmp_path / name, method, change, parts=2) == plain, name


def in_zone(times: pl.Expr) -> pl.Expr:
    """UTC's times as moments of a zone."""
    return times.dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE)


AWKWARD: dict[str, Change] = {
    "ids of twenty digits": lambda f: f.with_columns(pl.col("key").cast(pl.Int128) + 10**19),
    "dates as ids": lambda f: f.with_columns(
        (pl.lit(date(2000, 1, 1)) + pl.duration(days=pl.col("key"))).alias("key")
    ),
    "times as clusters": lambda f: f.with_columns(
        (pl.lit(datetime(2000, 1, 1)) + pl.duration(hours=pl.col("group"))).alias("group")
    ),
    "dates as levels": lambda f: f.with_columns(
        (pl.lit(date(2000, 1, 1)) + pl.duration(days=pl.col("hour"))).alias("hour")
    ),
    "moments as clusters": lambda f: f.with_columns(in_zone(pl.col("day")).alias("group")),
    "moments as levels": lambda f: f.with_columns(
        in_zone(pl.lit(datetime(2000, 1, 1)) + pl.duration(hours=pl.col("hour"))).alias("hour")
    ),
    "booleans as levels": typed(hour=pl.Boolean),
    "durations as numbers": lambda f: f.with_columns(
        pl.duration(seconds=pl.col("x") * 8).alias("x")
    ),
    "dates as the time": typed(day=pl.Date),
    "numbers as the time": lambda f: f.with_columns(pl.col("day").dt.epoch("s") / 3600),
    "moments as the time": lambda f: f.with_columns(in_zone(pl.col("day"))),
}


@pytest.mark.parametrize("case", AWKWARD)
@pytest.mark.parametrize("method", ["random", "time"])
def test_awkward_types_work_in_every_verb(tmp_path: Path, case: str, method: str) -> None:
    names, estimates, *_ = facts(tmp_path / "data", method, AWKWARD[case])
    assert len(names) == len(estimates)


def test_a_duration_is_a_number_of_seconds(tmp_path: Path) -> None:
    seconds = facts(tmp_path / "plain", "random", lambda f: f.with_columns(pl.col("x") * 8.0))
    durations = facts(tmp_path / "durations", "random", AWKWARD["durations as numbers"])
    assert durations == seconds


NEVER: dict[str, tuple[Change, str]] = {
    "a list": (lambda f: f.with_columns(pl.concat_list("x").alias("x")), r"List\(Float64\)"),
    "a struct": (lambda f: f.with_columns(pl.struct("x").alias("city")), "no role can use these"),
    "bytes": (typed(city=pl.Binary), "Binary values: no role can use these"),
    "a date as a number": (
        lambda f: f.with_columns(pl.lit(date(2000, 1, 1)).alias("x")),
        "holds dates; a date is no number: list it under features.categorical",
    ),
    "fractions as levels": (
        lambda f: f.with_columns(pl.col("x").alias("city")),
        "its values are names: .*list it under features.numeric",
    ),
    "text as a number": (typed(x=pl.String), r"data: \{types: \{x: number\}\}"),
}


@pytest.mark.parametrize("case", NEVER)
def test_what_cannot_be_used_without_loss_is_refused_by_file_and_column(
    tmp_path: Path, case: str
) -> None:
    change, said = NEVER[case]
    change(plain_table()).write_parquet(tmp_path / "0.parquet")
    with pytest.raises(DataError, match=rf"0\.parquet: column '(x|city)' .*{said}"):
        train(config_of(tmp_path))
