"""A strength has one name and one unit wherever it is shown: those of the config."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.cli.tables import print_run
from logit_flows.recipes.training import Trained, train
from logit_flows.reports.page import write_report
from logit_flows.reports.printing import penalty_text

from tests.support.pipeline import Make, city_table

L1 = {"type": "l1", "strength": "cv", "folds": 3}


def terminal(trained: Trained, capsys: pytest.CaptureFixture[str]) -> str:
    print_run(trained.model, trained.evaluation, "t", wide=True)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("penalty", "name"),
    [
        ({"type": "l2", "strength": 0.02}, "l2"),
        ({"type": "elastic_net", "strength": 0.02, "l1_ratio": 0.4}, "elastic net, l1 ratio 0.4"),
        ({"type": "group_lasso", "strength": 0.02}, "group lasso"),
        ({"type": "l1", "strength": 0.02, "smooth": ["city"]}, "l1, neighboring levels of city"),
    ],
)
def test_terminal_and_report_show_the_strength_of_the_config(
    make: Make, capsys: pytest.CaptureFixture[str], penalty: dict[str, Any], name: str
) -> None:
    config = make(model__penalty=penalty)
    trained = train(config)
    C = 1.0 / (0.02 * trained.model.result.n)
    text = f"{name}, strength 0.020000 (C {C:.5f})"
    assert penalty_text(trained.model.origin["penalty"]) == text
    assert re.search(rf"Penalty: +{re.escape(text)}\s", terminal(trained, capsys))
    assert f"<dt>Penalty</dt><dd>{text}</dd>" in write_report(config, trained.run).read_text()


def test_a_strength_that_was_chosen_is_the_one_to_write_into_the_config(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make(model__penalty=L1)
    trained = train(config)
    table = pl.read_parquet(Path(trained.folder) / "tuning.parquet")
    strength = table.filter("chosen")["strength"].item()
    path = pl.read_parquet(Path(trained.folder) / "path.parquet")
    assert trained.model.origin["penalty"]["strength"] == strength
    assert path["strength"].unique().sort(descending=True).to_list() == table["strength"].to_list()
    shown = re.search(r"Penalty: +l1, strength (\S+) \(C ", terminal(trained, capsys))
    assert shown is not None
    assert float(shown[1]) == pytest.approx(strength, rel=1e-4)
    page = write_report(config, trained.run).read_text()
    assert f"Chosen was {shown[1]} (rule: best)" in page
    assert f"The penalty&#39;s strength {shown[1]} was chosen among 30" in page
    again = train(make(model__penalty={"type": "l1", "strength": strength}))
    np.testing.assert_array_equal(again.model.result.estimates, trained.model.result.estimates)


def test_no_penalty_is_none(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    trained = train(make())
    assert trained.model.origin["penalty"] == {"type": "none"}
    assert "Penalty:      none " in terminal(trained, capsys)


def test_a_best_strength_at_an_end_is_told_in_model_terminal_and_report(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = pl.Series(np.random.default_rng(3).random(600) < 0.4)
    penalty = {"type": "l2", "strength": "cv", "folds": 3}
    config = make(city_table().with_columns(y=chance), model__penalty=penalty)
    trained = train(config)
    (told,) = [note for note in trained.model.notes if note.startswith("The lowest log-loss")]
    assert told.startswith("The lowest log-loss is at the strongest strength that was tried, ")
    assert told in terminal(trained, capsys).replace("\n", " ")
    assert f"<li>{told}</li>" in write_report(config, trained.run).read_text()
