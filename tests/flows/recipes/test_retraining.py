"""Retraining keeps the champion unless the challenger is proved no worse, and says why."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from logit_flows.config.reading import read_config
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.training import train
from logit_flows.steps.gate import compare
from logit_flows.steps.load import load_dataset
from logit_flows.steps.opening import open_store
from logit_flows.steps.score import load_stored_model
from logit_flows.store.locks import Busy

from tests.support.pipeline import Make, city_table


def test_a_worse_challenger_keeps_the_champion_and_is_told_by_how_much(make: Make) -> None:
    config = make()
    first = retrain(config)
    assert (first.champion, first.decision.promote) == (None, True)
    worse_config = make(features={"numeric": ["z"], "categorical": []})
    worse = retrain(worse_config)
    pair = [load_stored_model(config, run) for run in (worse.trained.run, first.trained.run)]
    lost = compare(config, load_dataset(config), *pair).mean
    assert lost > 0.05
    assert (
        f"the challenger's log-loss is {lost:.5f} higher than the champion's"
        in worse.decision.sentence
    )
    store = open_store(config)
    assert store.champion().run == first.trained.run
    assert store.attempts()[-1]["decision"] == worse.decision.sentence


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t.drop("z"), "column 'z' is not in the data"),
        (
            lambda t: t.with_columns(
                city=pl.when(pl.col("key") % 3 == 0).then(pl.lit("new")).otherwise("city")
            ),
            "column 'city' has levels that were not in the training rows: new (",
        ),
        (
            lambda t: t.with_columns(z=pl.when(pl.col("key") % 3 > 0).then("z")),
            "column 'z' is missing in ",
        ),
    ],
    ids=["a column less", "a new level", "missing values"],
)
def test_a_champion_that_cannot_score_the_rows_is_kept_and_it_is_said_why(
    make: Make, change: Callable[[pl.DataFrame], pl.DataFrame], why: str
) -> None:
    first = retrain(make())
    numeric = ["x"] if "missing" in why or "not in the data" in why else ["x", "z"]
    again = retrain(make(change(city_table(seed=6)), features__numeric=numeric))
    assert not again.decision.promote
    said = again.decision.sentence
    assert said.startswith(f"Kept the champion: run {first.trained.run} cannot score these rows (")
    assert why in said
    assert said.endswith(
        f"if the new model is right, promote it by hand: logit promote {again.trained.run}."
    )
    assert open_store(make()).champion().run == first.trained.run


def test_a_better_challenger_takes_the_place_and_the_first_stays_the_anchor(make: Make) -> None:
    poor = retrain(make(features={"numeric": ["z"], "categorical": []}))
    better = retrain(make())
    champion = open_store(make()).champion()
    assert better.decision.promote
    assert (champion.run, champion.anchor, champion.previous) == (
        better.trained.run,
        poor.trained.run,
        poor.trained.run,
    )
    assert champion.reason == better.decision.sentence


def test_unchanged_data_are_said(make: Make) -> None:
    retrain(make())
    again = retrain(make())
    assert again.trained.reused
    assert again.decision.sentence == (
        "Kept the champion: neither the data nor the config has changed, so the champion is this "
        "very run."
    )


def test_a_worse_challenger_is_kept_out_and_unchanged_data_are_said(dated_config: Path) -> None:
    first = retrain(read_config(dated_config))
    assert first.decision.promote
    again = retrain(read_config(dated_config))
    assert "neither the data nor the config has changed" in again.decision.sentence
    worse = retrain(read_config(dated_config, ["features.numeric=[z]"]))
    assert not worse.decision.promote
    assert worse.champion == first.trained.run
    assert "higher than the champion's" in worse.decision.sentence


def test_models_without_a_held_out_row_are_never_compared(dated_config: Path) -> None:
    train(read_config(dated_config, ["split={method: none}"]))
    outcome = retrain(read_config(dated_config))
    assert not outcome.decision.promote
    assert "no row is provably unseen by both models" in outcome.decision.sentence


def test_a_second_retrain_at_once_is_told_so(dated_config: Path) -> None:
    from logit_flows.steps.opening import open_store

    config = read_config(dated_config)
    with open_store(config).lock("retrain"), pytest.raises(Busy, match=r"is in use by .*retrain"):
        retrain(config)
