"""Errors are a tree by whose fault they are, with fixed reasons and the engine's words."""

import ast
import pickle
import re
from pathlib import Path

import pytest

from logit_engine import errors
from logit_engine.errors import (
    DataError,
    LogitEngineError,
    RankError,
    Reason,
    SeparationError,
    UsageError,
    joint_error,
    placed_error,
)

ROOT = Path(__file__).parents[2] / "logit_engine"
CONFIG_KEY = re.compile(
    r"\b(features|model|split|compute|gate|experiment)\.[a-z]+_?[a-z]*\b.*;|config\.yaml|\{strategy:"
)
CLASSES = [
    one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda one: one.__name__)
def test_the_tree_in_the_docstring_names_each_class(error: type) -> None:
    assert error.__name__ in (errors.__doc__ or "")


def test_a_reason_is_kept_by_a_pickle_and_cannot_be_set_again() -> None:
    made = DataError("no.", reason=Reason.UNSEEN_LEVELS, names={"column": "x"})
    error = pickle.loads(pickle.dumps(made))
    assert (str(error), error.reason, error.names) == ("no.", Reason.UNSEEN_LEVELS, {"column": "x"})
    with pytest.raises(AttributeError):
        error.reason = Reason.SEPARATION  # type: ignore[misc]


def test_errors_found_together_are_one_error_of_all_their_sentences() -> None:
    first, second = UsageError("one.", reason=Reason.UNKNOWN_REFERENCE), RankError("two.", ("x",))
    third = SeparationError("three.")
    error = pickle.loads(pickle.dumps(joint_error([joint_error([first, second]), third])))
    assert isinstance(error, DataError)
    assert str(error) == "one.\ntwo.\nthree."
    assert [type(part) for part in error.parts] == [UsageError, RankError, SeparationError]
    assert error.parts[0].reason is Reason.UNKNOWN_REFERENCE


def test_an_error_found_alone_is_itself() -> None:
    error = RankError("no.", ("x",))
    assert joint_error([error]) is error
    assert error.parts == (error,)


def test_an_error_with_a_place_says_it_before_each_sentence_and_keeps_the_reasons() -> None:
    missing = DataError("one.", reason=Reason.MISSING_NUMBERS, names={"column": "x"})
    placed = placed_error(joint_error([missing, DataError("two.")]), "cohort march")
    assert str(placed) == "cohort march: one.\ncohort march: two."
    assert [part.reason for part in placed.parts] == [Reason.MISSING_NUMBERS, None]
    assert placed.parts[0].names == {"column": "x"}


def test_reasons_by_default() -> None:
    assert LogitEngineError("no.").reason is None
    assert SeparationError("no.").reason is Reason.SEPARATION
    assert RankError("no.", ("x",)).columns == ("x",)


def test_no_text_of_the_engine_names_a_key_of_the_config() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if " " in node.value and CONFIG_KEY.search(node.value)
    ]
    assert not found
