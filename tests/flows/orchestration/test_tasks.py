"""The tasks and flows in Prefect's own harness: each contract of the table, and the two ways of running, compared."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.running import DIRECT
from logit_flows.recipes.training import train

from logit_engine.errors import DataError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def exam(tmp_path: Path) -> Config:
    """The two-feature exam, copied, with a random split, so that a gate has rows that neither model has seen."""
    shutil.copytree(ROOT / "data" / "exam", tmp_path / "exam", ignore=shutil.ignore_patterns("store"))
    changes = ["data.test=null", "split={method: random, test_size: 0.3}"]
    return read_config(tmp_path / "exam" / "two_features.yaml", changes)


@pytest.fixture(scope="module")
def tasks(prefect_server: None) -> Any:
    """logit_flows.orchestration.tasks, imported once the harness stands."""
    from logit_flows.orchestration import tasks

    return tasks


def steps_of(config: Config) -> dict[str, tuple[Any, ...]]:
    """Arguments with which each task of the table can be run on its own, by the step's name."""
    from logit_flows.recipes.experimenting import one_thread
    from logit_flows.steps.evaluate import evaluate_model
    from logit_flows.steps.fit import fit_model
    from logit_flows.steps.learn import learn_design
    from logit_flows.steps.load import load_dataset
    from logit_flows.steps.publish import build_model
    from logit_flows.steps.score import Cohort
    from logit_flows.steps.split import split_rows

    dataset = load_dataset(config)
    split = split_rows(config, dataset)
    learned = learn_design(config, dataset, split)
    result = fit_model(config, dataset, split, learned)
    evaluation = evaluate_model(config, dataset, split, learned, result)
    model = build_model(config, dataset, split, learned, result, evaluation)
    run = train(config).run
    cell = config.with_overrides({"experiment": {"matrix": {}, "folds": 2}})
    tuned = config.with_overrides({"model.penalty": {"type": "l1", "strength": "cv"}})
    return {
        "load": (config,),
        "split_rows": (config, dataset),
        "learn_design": (config, dataset, split),
        "tune_penalty": (tuned, dataset, split),
        "fit_model": (config, dataset, split, learned),
        "evaluate_model": (config, dataset, split, learned, result),
        "publish_run": (config, dataset, split, model, evaluation),
        "crown": (config, run, "a test", run),
        "load_model": (config, "champion"),
        "judge": (config, dataset, model, evaluation, model, model),
        "score_cohort": (config, model, Cohort("test", dataset.paths[0])),
        "run_cell": (({}, one_thread(cell)),),
    }


@pytest.mark.prefect
def test_every_task_runs_in_the_harness_under_its_contract(tasks: Any, exam: Config) -> None:
    from prefect import flow
    from prefect.artifacts import Artifact
    from prefect.cache_policies import NO_CACHE

    arguments = steps_of(exam)
    assert {contract.step.__name__ for contract in tasks.CONTRACTS} == set(arguments)

    @flow
    def all_tasks() -> dict[str, Any]:
        return {
            contract.step.__name__: tasks.TASKS[contract.step](*arguments[contract.step.__name__], return_state=True)
            for contract in tasks.CONTRACTS
        }

    states = all_tasks()
    for contract in tasks.CONTRACTS:
        task, name = tasks.TASKS[contract.step], contract.step.__name__
        assert states[name].is_completed(), f"{name}: {states[name].message}"
        assert task.name == name
        assert task.retries == len(contract.retry_delays)
        assert task.timeout_seconds == contract.timeout
        assert task.cache_policy == NO_CACHE
        assert task.persist_result is False
    assert Artifact.get("metrics-exam-two-features") is not None
    assert Artifact.get("gate-exam-two-features") is not None


@pytest.mark.prefect
def test_a_contract_error_is_not_retried_and_a_transient_one_is(tasks: Any, exam: Config) -> None:
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

    bad = tasks._as_task(tasks.Contract(load_badly, (0.0, 0.0)))
    late = tasks._as_task(tasks.Contract(load_late, (0.0, 0.0)))

    @flow
    def both() -> str:
        with pytest.raises(DataError, match=r"the data are wrong\."):
            bad(exam)
        return late(exam)  # type: ignore[no-any-return]

    assert both() == "there"
    assert calls == ["data", "late", "late"]


@pytest.mark.prefect
def test_orchestrated_and_plain_runs_publish_the_same_bytes(tasks: Any, exam: Config, tmp_path: Path) -> None:
    plain = train(exam)
    other = exam.with_overrides({"store": str(tmp_path / "other")})
    orchestrated = tasks.train_flow(other.content(), str(other.folder))
    assert orchestrated.run == plain.run
    files = sorted(path.name for path in Path(plain.folder).iterdir())
    assert files == ["config.yaml", "manifest.json", "metrics.parquet", "model.parquet", "predictions.parquet"]
    for name in files:
        assert (Path(plain.folder) / name).read_bytes() == (Path(orchestrated.folder) / name).read_bytes(), name


@pytest.mark.prefect
def test_a_kept_champion_is_a_completed_run_named_so(tasks: Any, exam: Config) -> None:
    train(exam)
    worse = exam.with_overrides({"features.numeric": ["previous_courses"]})
    state = tasks.retrain_flow(worse.content(), str(worse.folder), return_state=True)
    assert (state.name, state.is_completed()) == ("KeptChampion", True)
    assert "the challenger's log-loss is" in state.message
    assert "higher than the champion's" in state.message


@pytest.mark.prefect
def test_a_flow_raises_the_sentence_of_its_step(tasks: Any, exam: Config) -> None:
    wrong = exam.with_overrides({"features.numeric": ["hourz"]})
    with pytest.raises(DataError, match=r"column 'hourz' is not in the data; did you mean 'hours'\?"):
        tasks.train_flow(wrong.content(), str(wrong.folder))


@pytest.mark.prefect
def test_an_experiment_runs_its_cells_as_tasks_and_one_fails_alone(tasks: Any, exam: Config) -> None:
    matrix = {
        "model.link": ["logit", "probit", "cloglog"],
        "features.numeric": [["hours", "previous_courses"], ["hourz"]],
    }
    asked = exam.with_overrides({"experiment": {"matrix": matrix, "folds": 3}})
    board = tasks.experiment_flow(asked.content(), str(asked.folder))
    assert [cell.error is None for cell in board.cells] == [True] * 3 + [False] * 3
    assert all("column 'hourz' is not in the data" in str(cell.error) for cell in board.cells[3:])


def test_the_tasks_are_thin_and_plain_functions_need_no_prefect(exam: Config) -> None:
    assert retrain(exam, DIRECT).decision.promote


def test_the_readme_of_the_flows_lists_them(tasks: Any) -> None:
    from logit_flows.orchestration.listing import listing

    assert (ROOT / "flows" / "README.md").read_text() == listing()
