"""Each step on its own, as a function and as its Prefect task, to the same bytes.

CASES holds one case per task policy: how the step is called, and a claim about what it returns.
Laws over the source of the recipes fail if a recipe calls a step without a policy or a case, or
does something that is outside a step.
"""

import ast
import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
from logit_flows.config.checking import with_overrides
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.recipes.experimenting import run_cell
from logit_flows.recipes.training import train
from logit_flows.steps.crossvalidate import Validated, cross_validate
from logit_flows.steps.evaluate import Evaluation, evaluate_model
from logit_flows.steps.fit import fit_model
from logit_flows.steps.gate import first_decision, judge_challenger
from logit_flows.steps.leaderboard import Cell, plan_experiment, publish_leaderboard
from logit_flows.steps.learn import Learned, learn_design
from logit_flows.steps.load import Dataset, load_dataset
from logit_flows.steps.promotion import promote_first, promote_run, read_champion
from logit_flows.steps.publish import build_model, publish_run
from logit_flows.steps.score import Cohort, find_cohorts, load_model, score_cohort
from logit_flows.steps.split import Split, split_rows
from logit_flows.steps.stored_run import find_run
from logit_flows.steps.tune import tune_penalty

from logit_engine.fitting.result import FitResult
from logit_engine.storage.model_file import StoredModel

ROOT = Path(__file__).parents[3]
RECIPES = ROOT / "flows" / "logit_flows" / "recipes"


@dataclass(frozen=True)
class Prepared:
    """What steps are called with: the exam's data in a folder with a store, and the values that
    come before a step.
    """

    config: Config
    dataset: Dataset
    split: Split
    learned: Learned
    result: FitResult
    evaluation: Evaluation
    model: StoredModel

    @property
    def run(self) -> str:
        """The id of the published run, which is champion."""
        return str(self.model.origin["run"])

    @property
    def unpublished(self) -> Config:
        """The config with a store of its own, in which nothing is published."""
        return with_overrides(self.config, {"store": "empty"})

    @property
    def tuned(self) -> Config:
        """The config with a penalty whose strength is chosen by cross-validation."""
        return with_overrides(
            self.config, {"model.penalty": {"type": "l1", "strength": "cv", "folds": 3}}
        )

    @property
    def matrix(self) -> Config:
        """The config with an experiment of two cells."""
        matrix = {"model.link": ["logit", "probit"]}
        return with_overrides(
            self.config, {"experiment": {"matrix": matrix, "folds": 2}, "compute.threads": 1}
        )

    @property
    def cohort(self) -> Cohort:
        """The data as a cohort."""
        return Cohort("two_features_train", self.dataset.paths[0])


class Case(NamedTuple):
    """How a step is called, and what holds of its result."""

    arguments: Callable[[Prepared], tuple[Any, ...]]
    claim: Callable[[Prepared, Any], bool]


BAD, GOOD = (
    Cell((("link", "x"),), None, None, "no"),
    Cell((("link", "logit"),), "a", Validated(0.5, 0.1), None),
)

CASES: dict[Callable[..., Any], Case] = {
    load_dataset: Case(
        lambda p: (p.config,), lambda p, data: (data.rows, data.classes) == (200, (0, 1))
    ),
    find_run: Case(lambda p: (p.config, p.dataset), lambda p, found: found.run == p.run),
    split_rows: Case(
        lambda p: (p.config, p.dataset),
        lambda p, split: (split.method, split.threshold) == ("hash", 0.3),
    ),
    learn_design: Case(
        lambda p: (p.config, p.dataset, p.split),
        lambda p, learned: learned.design.names == ("intercept", "hours", "previous_courses"),
    ),
    tune_penalty: Case(
        lambda p: (p.tuned, p.dataset, Split("none")),
        lambda p, tuning: tuning.strength in [point.strength for point in tuning.points],
    ),
    fit_model: Case(
        lambda p: (p.config, p.dataset, p.split, p.learned), lambda p, result: result.converged
    ),
    evaluate_model: Case(
        lambda p: (p.config, p.dataset, p.split, p.learned, p.result),
        lambda p, evaluation: (
            evaluation.value("rows", "train") + evaluation.value("rows", "test") == 200
        ),
    ),
    build_model: Case(
        lambda p: (p.config, p.dataset, p.split, p.learned, p.result, p.evaluation),
        lambda p, model: (model.target.column, model.origin["run"]) == ("passed", p.run),
    ),
    publish_run: Case(
        lambda p: (p.unpublished, p.dataset, p.split, p.model, p.evaluation),
        lambda p, stored: (Path(stored.folder) / "manifest.json").exists(),
    ),
    read_champion: Case(
        lambda p: (p.config,), lambda p, champion: champion.run == champion.anchor == p.run
    ),
    promote_first: Case(lambda p: (p.config, p.run), lambda p, champion: champion is True),
    promote_run: Case(
        lambda p: (p.config, p.run, "a test", p.run),
        lambda p, nothing: nothing is None and read_champion(p.config).run == p.run,
    ),
    load_model: Case(
        lambda p: (p.config, "champion"), lambda p, model: model.design == p.model.design
    ),
    first_decision: Case(lambda p: (p.config, p.evaluation), lambda p, decision: decision.promote),
    judge_challenger: Case(
        lambda p: (p.config, p.dataset, p.model, p.evaluation, p.model, p.model),
        lambda p, decision: decision.promote and "log-loss is 0.00000" in decision.sentence,
    ),
    find_cohorts: Case(
        lambda p: (p.config, p.dataset.paths), lambda p, cohorts: cohorts == (p.cohort,)
    ),
    score_cohort: Case(
        lambda p: (p.config, p.model, p.cohort),
        lambda p, scored: pl.read_parquet(scored.path).height == scored.rows == 200,
    ),
    plan_experiment: Case(
        lambda p: (p.matrix, p.dataset),
        lambda p, plan: (
            [settings for settings, _ in plan.jobs]
            == [{"model.link": "logit"}, {"model.link": "probit"}]
        ),
    ),
    cross_validate: Case(
        lambda p: (p.matrix, p.dataset, p.split), lambda p, found: 0.0 < found.log_loss < 2.0
    ),
    run_cell: Case(
        lambda p: (plan_experiment(p.matrix, p.dataset).jobs[1],),
        lambda p, cell: cell.error is None and cell.run not in (None, p.run),
    ),
    publish_leaderboard: Case(
        lambda p: (p.config, "cells", [BAD, GOOD]),
        lambda p, board: pl.read_parquet(board.path)["rank"].to_list() == [1, None],
    ),
}
EACH_STEP = pytest.mark.parametrize("step", CASES, ids=lambda step: step.__name__)


@pytest.fixture(scope="module")
def tasks(prefect_server: None) -> Any:
    """logit_flows.orchestration.tasks, imported once the harness stands."""
    from logit_flows.orchestration import tasks

    return tasks


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A folder in which the exam is trained: each test copies it back to the same place."""
    folder = tmp_path_factory.mktemp("steps") / "exam"
    shutil.copytree(ROOT / "data" / "exam", folder, ignore=shutil.ignore_patterns("store"))
    changes = ["data.test=null", "split={method: random, test_size: 0.3}"]
    config = read_config(folder / "two_features.yaml", changes)
    train(config)
    dataset = load_dataset(config)
    split = split_rows(config, dataset)
    learned = learn_design(config, dataset, split)
    result = fit_model(config, dataset, split, learned)
    evaluation = evaluate_model(config, dataset, split, learned, result)
    model = build_model(config, dataset, split, learned, result, evaluation)
    shutil.copytree(folder, folder.with_name("as prepared"))
    return Prepared(config, dataset, split, learned, result, evaluation, model)


Outcome = tuple[bytes, dict[str, bytes]]


def outcome(prepared: Prepared, step: Callable[..., Any], call: Callable[..., Any]) -> Outcome:
    """The bytes of what the call returns, once the step's claim holds of it, and of all files in
    the folder after it.
    """
    folder = prepared.config.folder
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("as prepared"), folder)
    found = call(*CASES[step].arguments(prepared))
    assert CASES[step].claim(prepared, found)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return canonical(found), {str(path): without_times(path.read_bytes()) for path in files}


def without_times(content: bytes) -> bytes:
    """The content with a word in place of each time of day, which no two runs share."""
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*\+00:00", b"a time", content)


def canonical(value: Any) -> bytes:
    """The bytes of a result: of numbers all bits, of values all fields."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".encode() + (
            canonical(value.tolist()) if value.dtype == object else value.tobytes()
        )
    if isinstance(value, Config):
        return canonical([value.content(), str(value.folder)])
    if is_dataclass(value) and not isinstance(value, type):
        parts: list[Any] = [
            type(value).__name__,
            *((f.name, getattr(value, f.name)) for f in fields(value)),
        ]
        return canonical(parts)
    if isinstance(value, dict):
        return canonical(list(value.items()))
    if isinstance(value, list | tuple):
        return b"[" + b",".join(canonical(part) for part in value) + b"]"
    if isinstance(value, np.generic):
        return canonical(value.item())
    assert value is None or isinstance(value, bool | int | float | str | Enum), (
        f"no bytes of {type(value)}"
    )
    return without_times((value.hex() if isinstance(value, float) else repr(value)).encode())


@pytest.fixture(scope="module")
def by_task(tasks: Any, prepared: Prepared) -> dict[Callable[..., Any], Outcome | Exception]:
    """Each step's outcome as a task, or its error; all in one flow, which takes a second to end."""
    from prefect import flow

    @flow
    def each_step() -> dict[Callable[..., Any], Outcome | Exception]:
        found: dict[Callable[..., Any], Outcome | Exception] = {}
        for step in CASES:
            try:
                found[step] = outcome(prepared, step, tasks.TASKS[step])
            except Exception as error:
                found[step] = error
        return found

    return each_step()


@EACH_STEP
def test_a_step_is_a_function_of_its_arguments(
    prepared: Prepared, step: Callable[..., Any]
) -> None:
    assert outcome(prepared, step, step) == outcome(prepared, step, step)


@pytest.mark.prefect
@EACH_STEP
def test_a_step_gives_the_same_bytes_as_its_task(
    by_task: dict[Callable[..., Any], Any], prepared: Prepared, step: Callable[..., Any]
) -> None:
    assert by_task[step] == outcome(prepared, step, step)


@pytest.mark.prefect
@EACH_STEP
def test_a_task_has_what_its_policy_says(tasks: Any, step: Callable[..., Any]) -> None:
    from prefect.cache_policies import NO_CACHE

    (policy,) = [policy for policy in tasks.TASK_POLICIES if policy.step is step]
    task = tasks.TASKS[step]
    assert task.name == step.__name__
    assert task.retries == len(policy.retry_delays)
    assert task.timeout_seconds == policy.limit
    assert (task.cache_policy, task.persist_result) == (NO_CACHE, False)


@pytest.mark.prefect
@pytest.mark.parametrize("key", ["metrics-exam-two-features", "gate-exam-two-features"])
def test_a_task_leaves_its_artifact(by_task: Any, key: str) -> None:
    from prefect.artifacts import Artifact

    assert Artifact.get(key) is not None


# Laws over the recipes ----------------------------------------------------------------------------

WIRING = {
    "attempt",
    "hold_name",
    "field",
    "replace",
    "str",
    "tuple",
    "list",
}  # beside steps and recipes
MODULES = (
    "dataclasses",
    "collections.abc",
    "typing",
    "logit_engine.errors",
    "logit_engine.storage.model_file",
)
PACKAGES = ("logit_flows.config.model", "logit_flows.recipes.", "logit_flows.steps.")


class Found(NamedTuple):
    """What the source of a recipe calls through a `Run`, and what it does outside a step."""

    steps: set[str]
    outside: list[str]


def read_recipe(source: str, recipes: set[str]) -> Found:
    """The steps that a recipe calls, and a sentence for everything else it does; recipes:
    functions it may call.
    """
    tree = ast.parse(source)
    steps, outside, allowed = set(), [], WIRING | recipes
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) or (
            isinstance(node, ast.ImportFrom)
            and not str(node.module).startswith((*MODULES, *PACKAGES))
        ):
            outside.append(f"line {node.lineno} imports {ast.unparse(node)}")
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(PACKAGES):
            values = vars(import_module(str(node.module)))
            allowed |= {alias.name for alias in node.names if inspect.isclass(values[alias.name])}
        if isinstance(node, ast.ClassDef):
            allowed.add(node.name)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func)
        if called in ("run", "run.each") and call.args and isinstance(call.args[0], ast.Name):
            steps.add(call.args[0].id)
        elif called not in allowed and called not in ("dataclass", "settings.items"):
            outside.append(f"line {call.lineno} calls {called}")
    return Found(steps, outside)


def sources() -> Iterator[tuple[str, str]]:
    """Name and source of each recipe."""
    for path in sorted(RECIPES.glob("*.py")):
        if path.name not in ("__init__.py", "running.py"):
            yield path.name, path.read_text()


def recipe_functions() -> set[str]:
    """The names of the functions that recipes consist of."""
    return {
        node.name
        for _, source in sources()
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }


def test_each_step_of_a_recipe_has_a_policy_and_a_case(tasks: Any) -> None:
    called = set().union(
        *(read_recipe(source, recipe_functions()).steps for _, source in sources())
    )
    policies = [policy.step.__name__ for policy in tasks.TASK_POLICIES]
    assert called == set(policies)
    assert len(policies) == len(set(policies))
    assert [policy.step for policy in tasks.TASK_POLICIES] == list(CASES)


def test_a_recipe_does_nothing_outside_a_step() -> None:
    for name, source in sources():
        assert read_recipe(source, recipe_functions()).outside == [], name


def test_steps_live_in_the_folder_of_steps() -> None:
    elsewhere = [
        step.__name__ for step in CASES if not step.__module__.startswith("logit_flows.steps.")
    ]
    assert elsewhere == ["run_cell"]  # a recipe that runs whole, as one task of an experiment


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("import polars as pl", "imports import polars as pl"),
        (
            "from logit_flows.store.layout import Store",
            "imports from logit_flows.store.layout import Store",
        ),
        (
            "from logit_flows.steps.load import load_dataset; load_dataset(config)",
            "calls load_dataset",
        ),
        ("open_store(config).champion()", "calls open_store(config).champion"),
        ("run(lambda: 1)", "calls run"),
    ],
)
def test_the_law_sees_what_is_outside_a_step(line: str, sentence: str) -> None:
    outside = read_recipe(line, {"train_run"}).outside
    assert any(found.endswith(sentence) for found in outside), outside


def test_the_law_sees_a_step_without_a_policy() -> None:
    source = "from logit_flows.steps.rows import read_rows\nframe = run(read_rows, config)"
    assert read_recipe(source, set()) == Found({"read_rows"}, [])
