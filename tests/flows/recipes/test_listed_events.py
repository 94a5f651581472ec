"""Several values of a target may be the event: the others are none, whatever they are."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.config.reading import read_config
from logit_flows.recipes.checking import check
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import train
from logit_flows.reports.page import report_html
from logit_flows.steps.stored_run import read_run

from logit_engine.errors import DataError

ROOT = Path(__file__).parents[3]
FEATURES = ["left_right", "age", "education", "income", "tv_news", "log_population"]


def of_party(store: Path, positive: str, *overrides: str) -> Config:
    """The voters with some of the parties as the event."""
    binary = ["model={family: binary}", "data.target={column: party, base: null}"]
    listed = f"data.target.positive={positive}"
    settings = [f"store={store}", *binary, listed, *overrides]
    return read_config(ROOT / "data/voters/config.yaml", settings)


@pytest.mark.parametrize(
    ("positive", "names", "classes"),
    [
        ("[Democrat]", ["Democrat"], ("not Democrat", "Democrat")),
        (
            "[Republican, Democrat]",
            ["Democrat", "Republican"],
            ("not Republican or Democrat", "Republican or Democrat"),
        ),
    ],
)
def test_estimates_are_those_of_statsmodels_on_the_event(
    positive: str, names: list[str], classes: tuple[str, str], tmp_path: Path
) -> None:
    run = train(of_party(tmp_path, positive, "split={method: none}"))
    frame = pl.read_parquet(ROOT / "data/voters/voters.parquet")
    event = frame["party"].is_in(names).to_numpy().astype(float)
    peer = sm.Logit(event, sm.add_constant(frame.select(FEATURES).to_numpy())).fit(
        disp=0, tol=1e-14
    )
    np.testing.assert_allclose(run.model.original.estimates, peer.params, rtol=1e-8)
    assert run.model.target.classes == classes


def test_predictions_hold_the_values_and_scores_the_classes(tmp_path: Path) -> None:
    config = of_party(tmp_path, "[Democrat, Republican]")
    run = train(config)
    table = pl.read_parquet(Path(run.folder) / "predictions.parquet")
    assert set(table["target"]) == {"Democrat", "Independent", "Republican"}
    assert set(table["predicted_class"]) <= {
        "Democrat or Republican",
        "not Democrat or Republican",
    }
    page = report_html(config, run.run)
    assert "Calibration: Democrat or Republican" in page
    assert 'aria-label="ROC curve"' in page  # drawn where both classes are there
    (scored,) = score(config, [str(ROOT / "data/voters/voters.parquet")])
    assert scored.rows == 944
    assert read_run(config, run.run).model.target == run.model.target


def test_values_that_no_list_names_are_no_event_in_the_gate_too(tmp_path: Path) -> None:
    config = of_party(tmp_path, "[Democrat]")
    train(config)
    changed = of_party(tmp_path, "[Democrat]", "model.link=probit")
    assert "log-loss" in retrain(changed).decision.sentence
    other = of_party(tmp_path, "[Republican]")
    assert "predicts other classes (not Democrat, Democrat)" in retrain(other).decision.sentence


@pytest.mark.parametrize(
    ("positive", "sentence"),
    [
        ("[Democrat, Green]", r"is never 'Green' \(data.target.positive\); it is 'Democrat', 'Ind"),
        ("[Democrat, Independent, Republican]", "in all rows; a model needs others too"),
        ("[1]", r"is never 1 \(data.target.positive\)"),
    ],
)
def test_lists_that_the_target_does_not_hold_are_refused_by_check(
    positive: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=sentence):
        check(of_party(tmp_path, positive))


def test_empty_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a label or several, found an empty list"):
        of_party(tmp_path, "[]")
