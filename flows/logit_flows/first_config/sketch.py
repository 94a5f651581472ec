"""The sketch: all guesses about a table together, before they are written as a config."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from logit_flows.first_config.features import Features
from logit_flows.first_config.outcomes import Outcome
from logit_flows.first_config.roles import Guess, Roles


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of a key that is not about one column, and why: a sentence, or several."""

    value: Any
    reasons: tuple[str, ...]

    @staticmethod
    def because(value: Any, reason: str) -> "Choice":
        """A value with one reason."""
        return Choice(value, (reason,))


WITH_INDICATOR = Choice(True, ())
RARE_LEVEL = Choice.because("level", "rare levels share one level of their own")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is guessed of a table.

    file: its name; rows, width: its size. format: how its text is written. missing_outcomes: rows
    without an outcome. gaps: features with missing values, by kind. suspicious: features that are
    kept though they may be leaks, or hold stray codes. cures: lines that make these codes missing.
    higher_min_frequency: the setting to try if the training rows leave a level one class alone.
    min_frequency, split, indicator, pool_as, penalty: settings with their reasons.
    """

    file: str
    rows: int
    width: int
    format: Choice
    outcome: Outcome
    missing_outcomes: int
    roles: Roles
    features: Features
    gaps: Mapping[str, int]
    suspicious: tuple[Guess, ...]
    cures: tuple[str, ...]
    min_frequency: Choice
    higher_min_frequency: Choice
    split: Choice
    indicator: Choice = WITH_INDICATOR
    pool_as: Choice = RARE_LEVEL
    penalty: Choice | None = None

    def with_ridge(self, reason: str) -> "Sketch":
        """With the penalty of scikit-learn's default, C = 1: a strength of one over the rows."""
        strength = float(f"{1.0 / self.rows:.1g}")
        penalty = {"type": "l2", "strength": strength}
        return replace(self, penalty=Choice.because(penalty, f"a weak ridge; {reason}"))
