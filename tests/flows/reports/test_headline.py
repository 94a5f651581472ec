"""The headline says in words what the metrics are, and the doubts what is wrong with a model."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.reading import read_config
from logit_flows.first_config.guessing import first_config
from logit_flows.recipes.training import Trained, train
from logit_flows.reports.headline import headline_sentences, run_doubts
from logit_flows.reports.page import report_html

ROWS = 1200
RANDOM = np.random.default_rng(21)
Y = RANDOM.integers(0, 2, ROWS)


def run_of(folder: Path, *overrides: str, **columns: Any) -> Trained:
    """A run of a table with an outcome y."""
    pl.DataFrame({**columns, "y": Y[: len(next(iter(columns.values())))]}).write_parquet(
        folder / "table.parquet"
    )
    made = first_config(folder / "table.parquet", folder / "config.yaml")
    (folder / "config.yaml").write_text(made.text, encoding="utf-8")
    return train(read_config(folder / "config.yaml", ["orchestrator=none", *overrides]))


def test_headline_tells_the_metrics_of_the_test_rows_in_words(tmp_path: Path) -> None:
    run = run_of(tmp_path, x=Y + RANDOM.normal(size=ROWS), z=RANDOM.normal(size=ROWS))
    value = run.evaluation.value
    first, accuracy, area, skill, slope = headline_sentences(run.model, run.evaluation, 0.95)
    rows = f"{value('rows'):,.0f} test rows that the fit has not seen, with 95% intervals"
    assert first == f"Predicts whether y is 1. On {rows}:"
    assert accuracy.startswith(f"Right in {value('accuracy'):.1%} of the rows (")
    assert f"in {value('roc_auc'):.1%} of all pairs (AUC {value('roc_auc'):.3f} within" in area
    assert skill.startswith(f"It takes away {value('skill'):.1%} of the log-loss")
    assert f"Calibration slope {value('calibration_slope'):.3f}" in slope
    assert run_doubts(run.model, run.evaluation) == []
    page = report_html(read_config(tmp_path / "config.yaml", ["orchestrator=none"]), run.run)
    assert first in page
    assert "To look at first" not in page


def test_noise_is_no_better_than_the_base_rate(tmp_path: Path) -> None:
    run = run_of(tmp_path, x=RANDOM.normal(size=ROWS), z=RANDOM.normal(size=ROWS))
    doubts = run_doubts(run.model, run.evaluation)
    assert doubts[0].startswith("It may be no better than the base rate (skill ")
    page = report_html(read_config(tmp_path / "config.yaml", ["orchestrator=none"]), run.run)
    assert "To look at first" in page


def test_leak_is_seen_at_train(tmp_path: Path) -> None:
    run = run_of(tmp_path, x=RANDOM.normal(size=ROWS), leak=4.5 * Y + RANDOM.normal(size=ROWS))
    doubt = run_doubts(run.model, run.evaluation)[0]
    assert "is seldom honest: is a column known only after the outcome?" in doubt
    assert doubt.endswith("The largest effects are leak, x.")


def test_numbers_of_training_rows_are_said_to_be_hopeful(tmp_path: Path) -> None:
    run = run_of(tmp_path, "split={method: none}", x=Y + RANDOM.normal(size=ROWS))
    assert "that it was fitted on" in headline_sentences(run.model, run.evaluation, 0.9)[0]
    assert run_doubts(run.model, run.evaluation) == [
        "No test rows were held out, so these numbers are too hopeful."
    ]


def test_few_test_rows_are_told(tmp_path: Path) -> None:
    run = run_of(tmp_path, x=Y[:150] + RANDOM.normal(size=150))
    value = run.evaluation.value
    events = value("true_positive") + value("false_negative")
    rarest = min(events, value("rows") - events)
    assert f"Only {rarest:.0f} test rows are of the rarer class" in str(
        run_doubts(run.model, run.evaluation)
    )


@pytest.mark.parametrize("metric", ["accuracy", "skill"])
def test_classes_have_a_headline_too(metric: str, tmp_path: Path) -> None:
    classes = RANDOM.integers(0, 3, ROWS)
    frame = {"x": classes + RANDOM.normal(size=ROWS), "kind": [f"k{c}" for c in classes]}
    pl.DataFrame(frame).write_parquet(tmp_path / "table.parquet")
    made = first_config(tmp_path / "table.parquet", tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text(made.text, encoding="utf-8")
    run = train(read_config(tmp_path / "config.yaml", ["orchestrator=none"]))
    said = headline_sentences(run.model, run.evaluation, 0.95)
    assert said[0].startswith("Predicts one of 3 classes of kind.")
    assert any(f"{run.evaluation.value(metric):.1%}" in sentence for sentence in said)
    assert any(sentence.startswith("AUC of each class against all others") for sentence in said)
