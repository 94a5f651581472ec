"""The classes of a target: its labels, each of one type, the base first."""

from typing import Any

import pytest
from logit_flows.config.sections import Target
from logit_flows.steps.classes import several_classes, two_classes


def classes_of(find: Any, values: list[Any], **target: Any) -> tuple[tuple[Any, ...], list[str]]:
    """The classes found, and the problems."""
    classes = find(values, Target(column="y", **target), True)
    assert all(problem.names == {"column": "y"} for problem in classes.problems)
    return classes.labels, [str(problem) for problem in classes.problems]


@pytest.mark.parametrize("base", [0, 1, 2])
def test_the_base_stands_first_and_the_others_in_their_order(base: int) -> None:
    found, problems = classes_of(several_classes, [0, 1, 2], base=base)
    assert found == (base, *(value for value in (0, 1, 2) if value != base))
    assert [type(label) for label in found] == [int] * 3
    assert problems == []


@pytest.mark.parametrize("wrong", [True, "1", "one"])
def test_a_base_of_another_type_is_no_class(wrong: Any) -> None:
    _, problems = classes_of(several_classes, [0, 1, 2], base=wrong)
    line = "data: {target: {base: 2}}" if wrong == "one" else "data: {target: {base: 1}}"
    assert len(problems) == 1
    assert problems[0].endswith(
        f"it is 0, 1, 2 (integers): write {'for example ' * (wrong == 'one')}{line}."
    )


@pytest.mark.parametrize("find", [several_classes, two_classes])
def test_numbers_that_are_not_whole_are_no_classes(find: Any) -> None:
    key = {"positive": 1} if find is two_classes else {"base": 1}
    _, problems = classes_of(find, [0.5, 1, 2], **key)
    assert problems == [
        "the target 'y' holds 0.5; its values are text, whole numbers, or true and false: name "
        "another column, or convert it."
    ]


@pytest.mark.parametrize(
    ("values", "positive", "classes"),
    [([False, True], False, (True, False)), ([0, 1], 1, (0, 1)), (["a", "b"], "a", ("b", "a"))],
)
def test_of_two_classes_the_positive_one_is_the_second(
    values: list[Any], positive: Any, classes: tuple[Any, ...]
) -> None:
    assert classes_of(two_classes, values, positive=positive) == (classes, [])


@pytest.mark.parametrize("find", [several_classes, two_classes])
def test_integers_of_more_than_64_bits_are_no_classes(find: Any) -> None:
    key = {"positive": 1} if find is two_classes else {"base": 1}
    _, problems = classes_of(find, [1, 2**63 - 1, 2**63], **key)
    assert problems == [
        "the target 'y' holds 9223372036854775808, more than 64 bits hold; convert it to text."
    ]
