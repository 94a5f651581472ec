"""Laws over the recipes: each step has a policy and a case, and nothing is done outside a step."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from tests.support.step_cases import CASES, ROOT

RECIPES = ROOT / "flows" / "logit_flows" / "recipes"
WIRING = {
    "attempt",
    "checked_config",
    "with_key",
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
PACKAGES = (
    "logit_flows.config.model",
    "logit_flows.config.remedies",
    "logit_flows.recipes.",
    "logit_flows.steps.",
)


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
    source = "from logit_flows.steps.rows import open_rows\nframe = run(open_rows, config)"
    assert read_recipe(source, set()) == Found({"open_rows"}, [])
