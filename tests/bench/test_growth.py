"""The benchmark finds a step in the time of a fit, and takes no noise for one."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import everyday
import growth
from goals import Goal, Section


def test_sizes_grow_by_the_factor() -> None:
    assert growth.geometric(100, 800, 2.0) == [100, 200, 400, 800]
    assert growth.geometric(100, 799, 2.0) == [100, 200, 400]


def test_the_worst_growth_is_told_with_its_place() -> None:
    seconds = {1: 1.0, 2: 1.5, 4: 2.0, 8: 6.0}
    assert growth.worst_growth(seconds, 1) == (3.0, 4)
    assert growth.worst_growth(seconds, 2) == (4.0, 2)


@pytest.mark.parametrize(("steady", "worst"), [(False, 2.0), (True, 20.0)])
def test_what_seems_a_step_is_measured_again(
    steady: bool, worst: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(growth, "least_time", lambda action: action())

    def action(size: int) -> Callable[[], float]:
        taken.append(size)
        disturbed = size == 4 and (steady or taken.count(4) == 1)
        return lambda: size * (10.0 if disturbed else 1.0)

    found = growth.least_seconds([1, 2, 4, 8], action, 1, 2.6)
    assert growth.worst_growth(found, 1)[0] == worst
    assert taken.count(1) == 1
    assert taken.count(4) == (growth.MAX_TRIALS if steady else 2)


def test_the_section_holds_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    names: Iterator[str] = iter("ab")

    def part(quick: bool) -> Section:
        name = next(names)
        return Section(name, [f"line {name}"], [Goal(name, "how much", 1.0, 2.0)])

    monkeypatch.setattr(everyday, "PARTS", (part, part))
    found = everyday.section(quick=True)
    assert found.lines == ["line a", "", "line b"]
    assert [goal.key for goal in found.goals] == ["a", "b"]
