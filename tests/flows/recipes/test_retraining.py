"""Retraining keeps the champion unless the challenger is proved no worse, and says why."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.recipes.experimenting import experiment
from logit_flows.recipes.retraining import Retrained, retrain
from logit_flows.recipes.training import train
from logit_flows.steps.gate import compare
from logit_flows.steps.load import load_dataset
from logit_flows.steps.opening import open_store
from logit_flows.steps.score import load_stored_model
from logit_flows.store.locks import Busy

from logit_engine.errors import DataError
from logit_engine.storage.model_file import StoredModel
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


def noted(config: Config) -> tuple[StoredModel, Retrained]:
    """What a retrain makes of the config, and its model."""
    outcome = retrain(config)
    return load_stored_model(config, outcome.trained.run), outcome


def test_whole_rows_stay_those_of_the_first_train(make: Make) -> None:
    first, _ = noted(make(data__id=None))
    fewer, kept = noted(make(data__id=None, features__numeric=["x"]))
    more, promoted = noted(make(data__id=None, model__link="probit"))
    assert first.origin["split"] == fewer.origin["split"] == more.origin["split"]
    assert first.origin["split"]["row"] == {"numbers": ["x", "z"], "texts": ["city"]}
    assert "that neither has seen" in kept.decision.sentence
    assert "that neither has seen" in promoted.decision.sentence


def test_a_new_feature_moves_no_whole_row(make: Make) -> None:
    first, _ = noted(make(data__id=None, features__numeric=["x"]))
    more, outcome = noted(make(data__id=None))
    assert more.origin["split"]["row"] == {"numbers": ["x"], "texts": ["city"]}
    assert more.origin["split"] == first.origin["split"]
    assert outcome.decision.promote or "that neither has seen" in outcome.decision.sentence


def test_the_order_in_which_a_config_names_columns_moves_no_whole_row(make: Make) -> None:
    first, _ = noted(make(data__id=None))
    again, outcome = noted(make(data__id=None, features__numeric=["z", "x"]))
    new, _ = noted(make(data__id=None, features__numeric=["z", "x"], store="new"))
    assert first.origin["split"] == again.origin["split"] == new.origin["split"]
    assert "that neither has seen" in outcome.decision.sentence


def test_a_column_of_whole_rows_that_is_gone_is_told(make: Make) -> None:
    retrain(make(data__id=None))
    gone = make(city_table().drop("z"), data__id=None, features__numeric=["x"])
    with pytest.raises(DataError) as caught:
        retrain(gone)
    assert str(caught.value).endswith(
        "column 'z' is not in the data; there are key, group, day, part, x, city, y.\n"
        "the split hashes the columns of the first train, z among them; --relearn takes those of "
        "this config."
    )
    dataset = load_dataset(gone, relearn=True)
    assert dataset.contract.row == ("x", "city")


def test_a_run_of_the_same_rows_is_the_same_run_in_a_new_store(make: Make) -> None:
    old, new = (make(data__id=None, store=store) for store in ("old", "new"))
    assert train(old).run == train(new).run
    wider = {"data__id": None, "features__numeric": ["x"]}
    assert train(make(store="old", **wider)).run != train(make(store="other", **wider)).run


def test_cells_of_an_experiment_hash_the_same_whole_rows(make: Make) -> None:
    matrix = {"features.numeric": [["x"], ["z"], ["x", "z"]]}
    config = make(data__id=None, experiment={"matrix": matrix, "folds": 2}, compute__threads=1)
    board = experiment(config)
    rules = [load_stored_model(config, str(cell.run)).origin["split"] for cell in board.cells]
    assert rules[0] == rules[1] == rules[2]
    assert rules[0]["row"] == {"numbers": ["x", "z"], "texts": ["city"]}
