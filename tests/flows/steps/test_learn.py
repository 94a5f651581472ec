"""What a design learns of the training rows by the config's features, and what it refuses."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.checking import from_mapping, with_overrides
from logit_flows.config.model import Config
from logit_flows.config.remedies import remedies_of
from logit_flows.recipes.training import train
from logit_flows.steps.crossvalidate import cross_validate
from logit_flows.steps.folds import hashed_folds
from logit_flows.steps.learn import Learned, learn_design
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import split_rows
from logit_flows.steps.tune import tune_penalty
from ruamel.yaml import YAML

from logit_engine.errors import DataError, LogitEngineError, Reason
from logit_engine.rows.table_frames import MemoryFrames
from logit_engine.storage.model_file import read_model
from tests.support.pipeline import Make, city_table


def learned(config: Config) -> Learned:
    """The design of the config's training rows."""
    dataset = load_dataset(config)
    return learn_design(config, dataset, split_rows(config, dataset))


def test_every_problem_of_the_features_is_said_at_once_with_data_rows_and_ids(make: Make) -> None:
    row = pl.int_range(pl.len())
    frame = city_table().with_columns(
        x=pl.when(row == 77).then(np.inf).otherwise(pl.col("x")),
        z=pl.when(row % 50 == 0).then(None).otherwise(pl.col("z")),
        same=pl.lit("a"),
    )
    config = make(
        frame, split__method="none", features__categorical=["city", "same"], data__id="key"
    )
    with pytest.raises(DataError) as caught:
        learned(config)
    key = frame["key"][77]
    assert [str(part) for part in caught.value.parts] == [
        f"column 'x' is infinite in 1 of 600 rows (data rows 78 (key {key})); make these values "
        "missing or finite.",
        "column 'z' is missing in 12 of 600 rows; impute its missing numbers, or drop these rows.",
        "column 'same' has one level ('a') in the training rows; drop it.",
    ]
    reasons = [None, Reason.MISSING_NUMBERS, Reason.CONSTANT]
    assert [part.reason for part in caught.value.parts] == reasons


def test_a_recode_merges_levels_in_training_and_in_scores(make: Make, tmp_path: Path) -> None:
    config = make(
        city_table().with_columns(floor=pl.int_range(pl.len()) % 4),
        features__categorical=["city", "floor"],
        features__recode={"city": {"coast": ["a", "b"]}, "floor": {1: [1, 2], "ground": [0]}},
        features__reference={"floor": "ground"},
    )
    run = train(config)
    assert run.model.design.names == ("intercept", "x", "z", "city[c]", "floor[1]", "floor[3]")
    assert any(
        re.fullmatch(r"city: a, b count as 'coast', \d+ rows in all\.", note)
        for note in run.model.notes
    )
    rows = pl.DataFrame({"x": 0.5, "z": 0.0, "city": ["a", "b", "c"], "floor": [1, 2, 3]})
    model = read_model(Path(run.folder, "model.parquet"))
    p = model.select_outputs(rows.lazy(), ["probability"]).collect().to_series()
    assert p[0] == p[1] != p[2]
    assert from_mapping(config.content(), tmp_path) == config


@pytest.mark.parametrize(
    ("changes", "sentence", "yaml"),
    [
        (
            {"features__recode": {"city": {"b": ["a"]}}},
            "'b' is to be a new level of column 'city', but training rows have it already",
            'features: {recode: {city: {b: ["a", "b"]}}}',
        ),
        (
            {"features__min_frequency": 200, "features__pool_as": "error"},
            "column 'city' has 2 levels with fewer than 200 training rows: b (",
            "features: {pool_as: level}",
        ),
        (
            {"features__numeric": ["x", "same"]},
            "column 'same' is 3 in all 600 training rows; drop it.",
            "features: {constant: drop}",
        ),
    ],
)
def test_a_column_that_is_refused_has_the_line_that_mends_it(
    make: Make, changes: dict[str, Any], sentence: str, yaml: str
) -> None:
    frame = city_table().with_columns(same=3.0)
    config = make(frame, split__method="none", **changes)
    with pytest.raises(LogitEngineError) as caught:
        learned(config)
    assert str(caught.value).startswith(sentence)
    (remedy,) = remedies_of(caught.value)
    assert remedy.yaml == yaml
    pasted = YAML(typ="safe").load(yaml)["features"]
    mended = learned(with_overrides(config, {f"features.{k}": v for k, v in pasted.items()}))
    assert mended.notes


def test_an_ordered_categorical_that_is_constant_is_dropped_from_the_penalty_too(
    make: Make,
) -> None:
    config = make(
        city_table().with_columns(one=pl.lit("a")),
        features__categorical=["city", "one"],
        features__constant="drop",
        model__penalty={"type": "l2", "strength": 0.01, "smooth": ["one", "city"]},
    )
    run = train(config)
    assert "column 'one' has one level ('a') in the training rows; it is dropped." in (
        run.model.notes
    )
    assert run.model.result.converged


@pytest.mark.parametrize("strength", ["cv", None])
def test_what_is_rare_unseen_or_constant_in_a_fold_alone_does_not_stop_it(
    make: Make, strength: str | None
) -> None:
    """Two levels of twelve rows, one of them and a column of ones within one fold of three."""
    frame = city_table()
    fold = hashed_folds(MemoryFrames(frame), "key", 3)
    first, all_folds = np.flatnonzero(fold == 0)[:12], np.arange(200, 212)
    city = frame["city"].to_list()
    for i in first:
        city[i] = "alone"
    for i in all_folds:
        city[i] = "rare"
    in_first = np.isin(np.arange(frame.height), first)
    frame = frame.with_columns(city=pl.Series(city), flag=pl.Series(in_first.astype(float)))
    config = make(
        frame,
        split__method="none",
        features__numeric=["x", "z", "flag"],
        features__min_frequency=12,
        features__pool_as="error",
        model__penalty={"type": "l2", "strength": strength or 0.01}
        | ({"folds": 3} if strength else {}),
        experiment={"matrix": {"model.link": ["logit"]}, "folds": 3},
    )
    dataset = load_dataset(config)
    split = split_rows(config, dataset)
    if strength:
        assert tune_penalty(config, dataset, split).strength > 0.0
    else:
        assert 0.0 < cross_validate(config, dataset, split).log_loss < 1.0


def test_what_only_test_rows_hold_is_refused_as_theirs(make: Make) -> None:
    late = pl.col("part") == "late"
    frame = city_table().with_columns(
        x=pl.when(late & (pl.col("key") < 8)).then(np.inf).otherwise("x"),
        city=pl.when(late & (pl.col("key") < 8)).then(pl.lit("zz")).otherwise("city"),
    )
    config = make(frame, split={"method": "column", "column": "part", "test": ["late"]})
    with pytest.raises(DataError) as caught:
        train(config)
    assert [str(part).split(";")[0] for part in caught.value.parts] == [
        "test rows: column 'x' is infinite in 2 of 150 rows",
        "test rows: column 'city' has levels that were not in the training rows: zz (2 rows)",
    ]
