"""Tables of metrics, runs and leaderboards within a width, and why a number is missing."""

import math

import pytest
from logit_flows.reports.leaderboard_text import leaderboard_text
from logit_flows.reports.metric_notes import metric_notes
from logit_flows.reports.printing import CELLS, metrics_text
from logit_flows.reports.runs_text import runs_text
from logit_flows.steps.crossvalidate import Validated
from logit_flows.steps.evaluate import Evaluation, Measured
from logit_flows.steps.leaderboard import Cell, Leaderboard
from logit_flows.steps.run_list import ListedRun
from rich.cells import cell_len

NAN = math.nan


def binary(value: float = 0.7, baseline: float = 0.5, lower: float = 0.6) -> Evaluation:
    """A few metrics on both sides."""
    found = []
    for side in ("train", "test"):
        for name in ("log_loss", "roc_auc", "precision", "calibration_slope"):
            own = NAN if name == "calibration_slope" else baseline
            found.append(Measured(side, name, value, 0.05, lower, 0.8, own))
        found += [Measured(side, name, 123456.0, NAN, NAN, NAN, NAN) for name in ("rows", *CELLS)]
    return Evaluation(0.5, tuple(found))


def several(classes: tuple[str, ...]) -> Evaluation:
    """The metrics of several classes on one side."""
    areas = [(f"roc_auc[{name}]", 0.7) for name in classes]
    pairs = [(f"confusion[{a}, {b}]", 1234.0) for a in classes for b in classes]
    found = [
        Measured("train", name, value, 0.05, 0.6, 0.8, 0.5)
        for name, value in (("log_loss", 0.7), *areas, *pairs, ("rows", 9999.0))
    ]
    return Evaluation(NAN, tuple(found), classes)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    "evaluation",
    [binary(), several(("Independent", "共和党の候補者", "a class with a long name 👍" * 2))],
    ids=["binary", "several"],
)
def test_metrics_fit_the_width(evaluation: Evaluation, width: int) -> None:
    text = metrics_text(evaluation, width)
    assert max(map(cell_len, text.split("\n"))) <= width
    assert "log_loss" in text


def test_narrow_metrics_say_what_has_gone_and_keep_those_of_test_rows() -> None:
    text = metrics_text(binary(), 70)
    assert "Left out to fit the width: interval on train, base rate on train." in text
    assert "rows               123,456  123,456" in text
    assert "Left out" not in metrics_text(binary())


def test_each_metric_without_a_value_says_why() -> None:
    said = metric_notes(binary(NAN, NAN, NAN))
    assert said == [
        "log_loss on train and test, base rate of log_loss on train and test: it is not defined on "
        "these rows.",
        "roc_auc on train and test, base rate of roc_auc on train and test: it needs both classes "
        "among the rows.",
        "precision on train and test, base rate of precision on train and test: no row is "
        "predicted positive.",
        "calibration_slope on train and test: no finite one exists: the rows have one class, are "
        "predicted perfectly or all alike.",
    ]
    assert all(note in metrics_text(binary(NAN, NAN, NAN), 500) for note in said)


def test_an_infinite_metric_and_a_missing_interval_say_why() -> None:
    infinite = metric_notes(binary(math.inf, NAN))
    assert infinite[0] == (
        "log_loss on train and test, roc_auc on train and test, precision on train and test, "
        "calibration_slope on train and test: an outcome happened that the model gave the "
        "probability zero."
    )
    (spread,) = metric_notes(binary(lower=NAN))
    assert spread.endswith("an interval needs two rows of each class, and two clusters.")
    assert metric_notes(binary()) == []


def listed(**changes: object) -> ListedRun:
    values = {
        "run": "0123456789ab",
        "created": "2026-11-27T23:30:00.000+02:00",
        "champion": True,
        "anchor": False,
        "train_rows": 195570.0,
        "test_rows": 49167.0,
        "measured_on": "test",
        "log_loss": 0.45,
        "roc_auc": 0.7,
        "accuracy": 0.8,
    }
    return ListedRun(**{**values, **changes})


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_list_of_runs_fits_the_width(width: int) -> None:
    table, _ = runs_text([listed(), listed(champion=False, anchor=True)], width)
    assert max(map(cell_len, table.split("\n"))) <= width


def test_the_list_of_runs_has_headings_dates_in_utc_metrics_and_marks() -> None:
    table, notes = runs_text([listed()])
    heading, _, row = table.split("\n")
    assert all(word in heading for word in ("run", "created (UTC)", "test rows", "roc_auc"))
    assert row.split() == [
        *("0123456789ab", "2026-11-27", "21:30", "195,570", "49,167"),
        *("0.4500", "0.7000", "0.8000", "test", "champion"),
    ]
    assert notes == ""


def test_a_number_that_a_run_lacks_is_a_dot_with_its_reason() -> None:
    runs = [
        listed(roc_auc=NAN),
        listed(measured_on="train", test_rows=0.0),
        listed(created=None),
        listed(measured_on=None, log_loss=NAN, roc_auc=NAN, accuracy=NAN, train_rows=NAN),
        listed(log_loss=math.inf),
    ]
    _, notes = runs_text(runs)
    assert [note.partition(":")[0] for note in notes.split("\n")] == [
        "on train",
        "roc_auc .",
        "log_loss inf",
        "on .",
        "created .",
    ]


def board(error: str | None = None) -> Leaderboard:
    penalty = {"type": "elastic_net", "l1_ratio": 0.5, "strength": 0.01, "folds": 5}
    first = Cell(
        (("model.link", "logit"), ("model.penalty", penalty)),
        "0123456789ab",
        Validated(0.5, 0.01),
        None,
    )
    cells = [first, Cell((("model.link", "probit"), ("model.penalty", {})), None, None, error)]
    return Leaderboard("e", "path", tuple(cells))


@pytest.mark.parametrize("width", [60, 80])
def test_a_leaderboard_fits_the_width_and_says_why_a_cell_failed(width: int) -> None:
    table, said = leaderboard_text(board("a sentence about 年齢"), width)
    assert max(map(cell_len, table.split("\n"))) <= width
    assert said.split("\n")[-1] == (
        "Failed: model.link=probit, model.penalty={}: a sentence about 年齢"
    )
