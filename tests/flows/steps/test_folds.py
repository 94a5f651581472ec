"""Folds keep together what belongs together, and hold out what they say."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.model import Config
from logit_flows.steps.crossvalidate import cross_validate
from logit_flows.steps.folds import fold_key, validation_folds
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import split_rows
from logit_flows.steps.tune import tune_penalty

from logit_engine.errors import DataError
from logit_engine.rows.table_frames import MemoryFrames
from tests.support.pipeline import Make, city_table
from tests.support.times import TIMES

CV = {"type": "l1", "strength": "cv", "folds": 3}


def folds_of(config: Config, frame: pl.DataFrame) -> np.ndarray:
    """The fold that holds out each row, -1 for none, (n,)."""
    codes = np.full(frame.height, -1)
    y = frame["y"].to_numpy().astype(float)
    found = validation_folds(config, load_dataset(config).contract, MemoryFrames(frame), y)
    for k, fold in enumerate(found):
        assert not (fold.train & fold.held).any()
        assert (codes[fold.held] == -1).all()
        codes[fold.held] = k
    return codes


@pytest.mark.parametrize(
    ("settings", "together"),
    [
        ({"data__id": None}, ["x", "z", "city"]),
        ({"split__by": "row"}, ["x", "z", "city"]),
        (
            {"data__id": None, "model__penalty": CV | {"fold_method": "stratified"}},
            ["x", "z", "city", "y"],
        ),
        ({"data__cluster": "group"}, ["group"]),
        ({"split": {"method": "group", "column": "group"}}, ["group"]),
        ({"data__time": "day", "model__penalty": CV | {"fold_method": "time"}}, ["day"]),
    ],
)
def test_a_fold_cuts_nothing_that_belongs_together(
    make: Make, settings: dict[str, Any], together: list[str]
) -> None:
    once = city_table().with_columns(x=pl.col("x").round(1), z=pl.col("z").round(0))
    config = make(once, **{"model__penalty": CV} | settings)
    codes = folds_of(config, once)
    alike = once.with_columns(pl.Series("fold", codes)).group_by(together)
    assert alike.agg(pl.col("fold").n_unique())["fold"].max() == 1
    assert set(codes) >= {0, 1, 2}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_folds_by_time_follow_the_times_of_any_type(make: Make, times: pl.Series) -> None:
    frame = city_table().with_columns(day=times)
    config = make(frame, data__time="day", model__penalty=CV | {"fold_method": "time"})
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=4)
    codes = folds_of(config, shuffled)
    in_time = codes[np.argsort(shuffled["key"].to_numpy())]
    assert in_time.tolist() == np.repeat([-1, 0, 1, 2], 150).tolist()


def test_a_penalty_is_tuned_and_an_experiment_validated_without_an_id(make: Make) -> None:
    tuned = make(data__id=None, model__penalty=CV)
    dataset = load_dataset(tuned)
    split = split_rows(tuned, dataset)
    assert split.key == fold_key(tuned, dataset.contract)
    assert tune_penalty(tuned, dataset, split).folds == 3
    cells = make(data__id=None, experiment={"matrix": {"model.link": ["logit"]}, "folds": 3})
    assert 0.3 < cross_validate(cells, dataset, split).log_loss < 0.7


def test_a_fold_without_rows_is_refused(make: Make) -> None:
    config = make(data__cluster="part", model__penalty=CV)
    with pytest.raises(DataError, match=r"^fold \d of 3 has no rows; use fewer model"):
        folds_of(config, city_table())
