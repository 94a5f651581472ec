"""Each step on its own, as a function and as its Prefect task, to the same bytes."""

import re
import shutil
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.recipes.training import train
from logit_flows.steps.evaluate import evaluate_model
from logit_flows.steps.fit import fit_model
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import load_dataset
from logit_flows.steps.publish import build_model
from logit_flows.steps.split import split_rows

from tests.support.step_cases import CASES, ROOT, Prepared

EACH_STEP = pytest.mark.parametrize("step", CASES, ids=lambda step: step.__name__)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A folder in which the exam is trained: each test copies its store back to the same place."""
    folder = tmp_path_factory.mktemp("steps") / "exam"
    shutil.copytree(ROOT / "data" / "exam", folder, ignore=shutil.ignore_patterns("store"))
    changes = ["data.test=null", "split={method: random, test_size: 0.3}"]
    config = read_config(folder / "two_features.yaml", changes)
    train(config)
    dataset = load_dataset(config)
    split = split_rows(config, dataset)
    learned = learn_design(config, dataset, split)
    result = fit_model(config, dataset, split, learned).result
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
    for made in folder.iterdir():
        if made.is_dir():
            shutil.rmtree(made)
    # The data stay: a file that is put in place anew is another file.
    shutil.copytree(folder.with_name("as prepared") / "store", folder / "store")
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
    if isinstance(value, frozenset):
        return canonical(sorted(value))
    if isinstance(value, list | tuple):
        return b"[" + b",".join(canonical(part) for part in value) + b"]"
    if isinstance(value, np.generic):
        return canonical(value.item())
    if isinstance(value, pl.DataType):
        return str(value).encode()
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
