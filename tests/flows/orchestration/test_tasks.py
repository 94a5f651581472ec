"""The flows in Prefect's own harness: retries, states, and the bytes of a plain run."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from logit_flows.config.checking import with_overrides
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.training import train
from logit_flows.steps.evaluate import Evaluation, Measured
from logit_flows.steps.gate import Decision

from logit_engine.errors import DataError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def exam(tmp_path: Path) -> Config:
    """The two-feature exam, copied, with a random split, so that a gate has rows that neither
    model has seen.
    """
    shutil.copytree(
        ROOT / "data" / "exam", tmp_path / "exam", ignore=shutil.ignore_patterns("store")
    )
    changes = ["data.test=null", "split={method: random, test_size: 0.3}"]
    return read_config(tmp_path / "exam" / "two_features.yaml", changes)


@pytest.fixture(scope="module")
def tasks(prefect_server: None) -> Any:
    """logit_flows.orchestration.tasks, imported once the harness stands."""
    from logit_flows.orchestration import tasks

    return tasks


@pytest.mark.prefect
def test_artifacts_show_the_control_characters_of_data(
    tasks: Any, exam: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Any] = []
    monkeypatch.setattr(tasks, "create_table_artifact", lambda rows, **_: kept.append(rows))
    monkeypatch.setattr(tasks, "create_markdown_artifact", lambda text, **_: kept.append(text))
    area = Measured("test", "roc_auc[\x1b[31m]", 0.7, 0.1, 0.6, 0.8, 0.5)
    tasks._metrics_artifact(exam, Evaluation(0.5, (area,)))
    tasks._decision_artifact(exam, Decision(False, ("level \x1b[31m is new",)))
    assert [kept[0][0]["metric"], "\x1b" in kept[1]] == [r"roc_auc[\x1b[31m]", False]


@pytest.mark.prefect
def test_an_error_of_the_data_is_not_retried_and_a_transient_one_is(
    tasks: Any, exam: Config
) -> None:
    from prefect import flow

    calls: list[str] = []

    def load_badly(config: Config) -> None:
        calls.append("data")
        raise DataError("the data are wrong.")

    def load_late(config: Config) -> str:
        calls.append("late")
        if calls.count("late") < 2:
            raise OSError("the disk is not there yet")
        return "there"

    bad = tasks.as_task(tasks.TaskPolicy(load_badly, (0.0, 0.0)))
    late = tasks.as_task(tasks.TaskPolicy(load_late, (0.0, 0.0)))

    @flow
    def both() -> str:
        with pytest.raises(DataError, match=r"the data are wrong\."):
            bad(exam)
        return late(exam)  # type: ignore[no-any-return]

    assert both() == "there"
    assert calls == ["data", "late", "late"]


@pytest.mark.prefect
def test_orchestrated_and_plain_runs_publish_the_same_bytes(
    tasks: Any, exam: Config, tmp_path: Path
) -> None:
    plain = train(exam)
    other = with_overrides(exam, {"store": str(tmp_path / "other")})
    orchestrated = tasks.train_flow(other.content(), str(other.folder))
    assert orchestrated.run == plain.run
    files = sorted(path.name for path in Path(plain.folder).iterdir())
    assert files == [
        "config.yaml",
        "manifest.json",
        "metrics.parquet",
        "model.parquet",
        "predictions.parquet",
        "trained_keys.parquet",
    ]
    for name in files:
        assert (Path(plain.folder) / name).read_bytes() == (
            Path(orchestrated.folder) / name
        ).read_bytes(), name


@pytest.mark.prefect
def test_a_kept_champion_is_a_completed_run_named_so(tasks: Any, exam: Config) -> None:
    train(exam)
    worse = with_overrides(exam, {"features.numeric": ["previous_courses"]})
    state = tasks.retrain_flow(worse.content(), str(worse.folder), return_state=True)
    assert (state.name, state.is_completed()) == ("KeptChampion", True)
    assert "the challenger's log-loss is" in state.message
    assert "higher than the champion's" in state.message


@pytest.mark.prefect
def test_a_flow_raises_the_sentence_of_its_step(tasks: Any, exam: Config) -> None:
    wrong = with_overrides(exam, {"features.numeric": ["hourz"]})
    with pytest.raises(
        DataError, match=r"column 'hourz' is not in the data; did you mean 'hours'\?"
    ):
        tasks.train_flow(wrong.content(), str(wrong.folder))


@pytest.mark.prefect
def test_an_experiment_runs_its_cells_as_tasks_and_one_fails_alone(
    tasks: Any, exam: Config
) -> None:
    matrix = {
        "model.link": ["logit", "probit", "cloglog"],
        "features.numeric": [["hours", "previous_courses"], ["hourz"]],
    }
    asked = with_overrides(exam, {"experiment": {"matrix": matrix, "folds": 3}})
    board = tasks.experiment_flow(asked.content(), str(asked.folder))
    assert [cell.error is None for cell in board.cells] == [True] * 3 + [False] * 3
    assert all("column 'hourz' is not in the data" in str(cell.error) for cell in board.cells[3:])


def test_the_tasks_are_thin_and_plain_functions_need_no_prefect(exam: Config) -> None:
    assert retrain(exam).decision.promote


def test_the_readme_of_the_flows_lists_them(tasks: Any) -> None:
    from logit_flows.orchestration.listing import listing

    assert (ROOT / "flows" / "README.md").read_text() == listing()
