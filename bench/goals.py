"""Goals: what was asked, what was measured, and the sentence on why where it is missed; knows no
case.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: a measured value, and the bound it must not exceed (with at_least: not fall short
    of). nan: unmeasured.

    key names its sentence among those on misses. beyond: the value is a bound itself, as with a
    peer that was cut off.
    """

    key: str
    text: str
    value: float
    bound: float
    at_least: bool = False
    unit: str = "x"
    beyond: bool = False

    @property
    def met(self) -> bool:
        """Whether the value is on the right side of the bound; an unmeasured one is not."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def shown(self) -> str:
        """The value with its unit."""
        if self.value != self.value:
            return "not measured"
        return f"{'over ' if self.beyond else ''}{self.value:.3g} {self.unit}"

    @property
    def asked(self) -> str:
        """The bound with its unit."""
        return f"at {'least' if self.at_least else 'most'} {self.bound:g} {self.unit}"


class Section(NamedTuple):
    """One part of the report: its name among the markers, the lines of its text, its goals, and
    what took part in it.
    """

    name: str
    lines: list[str]
    goals: list[Goal]


def unexplained(goals: Iterable[Goal], sentences: Mapping[str, str]) -> list[Goal]:
    """The goals that are missed without a sentence on why."""
    return [goal for goal in goals if not goal.met and not sentences.get(goal.key, "").strip()]


def goal_table(goals: Iterable[Goal], sentences: Mapping[str, str]) -> list[str]:
    """A Markdown table of the goals, each met or missed, a missed one with its sentence."""
    goals = list(goals)
    if not goals:
        return []
    lines = ["| goal | asked | measured | |", "|---|---|---|---|"]
    for goal in goals:
        why = (
            "met"
            if goal.met
            else f"**missed**: {sentences.get(goal.key, '').strip() or 'no sentence says why.'}"
        )
        lines.append(f"| {goal.text} | {goal.asked} | {goal.shown} | {why} |")
    return lines


def between(page: str, name: str, lines: Iterable[str]) -> str:
    """The page with the text between the markers of that name replaced.

    Raises ValueError if they are not there.
    """
    start, end = f"<!-- bench:{name} -->\n", f"<!-- /bench:{name} -->"
    head, found, rest = page.partition(start)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise ValueError(
            f"the page has no markers {start.strip()} and {end}; add them where the text belongs."
        )
    return f"{head}{start}{chr(10).join(lines)}\n{end}{tail}"


def section_main(
    section: Callable[[bool], Section],
    description: str | None,
    quick: str,
    sentences: Mapping[str, str],
) -> None:
    """A section by itself, as a command: its table, then its goals. quick: what --quick spares."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help=quick)
    found = section(parser.parse_args().quick)
    print("\n".join(["", *goal_table(found.goals, sentences)]))
