"""Stray codes: 99, 999 or -9 among the numbers of a column, which may mean that there is no answer.

Why and how. A mean that counts 99 as an age is wrong, and so is a slope. What the number means only
a person knows, so nothing is changed: it is said. A code of surveys (nines, eights, sevens, or a
negative number) is a stray if it lies as far from the other values as these lie apart, or if it
lies apart and more rows have it than three values have on average. A zero is one if all others
are further from it than their own standard deviation, as a blood pressure of 0 is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.rows.frame_columns import series_of
from logit_flows.first_config.features import Features
from logit_flows.first_config.profiles import Kind, Profile
from logit_flows.first_config.roles import Guess

HIGH_CODES = frozenset(
    float(f"{lead * (size - 1)}{last}")
    for size in range(1, 7)
    for lead, last in (("7", "7"), ("8", "8"), ("9", "7"), ("9", "8"), ("9", "9"))
)
LOW_CODES = frozenset(-code for code in HIGH_CODES) | frozenset(-float(n) for n in range(1, 10))
MAX_CODES = 3  # at one end of a column
MAX_LEVELS = 12  # of a column that may as well be levels
MAX_ONE_DIGIT = 9.0
MIN_CODE_ROWS, MIN_ONE_DIGIT_SHARE = 2, 0.01
HEAP_ROWS, HEAP_GAP, MIN_HEAP_VALUES = 3.0, 2.0, 10  # rows of values on average; others' distance
MIN_ZERO_VALUES = 20  # other values of a column whose zero is looked at


@dataclass(frozen=True, slots=True)
class StrayCodes:
    """Values that may mean no answer, with their rows; low and high: the ends of the others."""

    codes: tuple[float, ...]
    rows: int
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """What is to be asked."""
        codes = ", ".join(f"{code:g}" for code in self.codes)
        verb = "lies" if len(self.codes) == 1 else "lie"
        return (
            f"{codes} in {self.rows:,} rows {verb} far from the other values ({self.low:g} to "
            f"{self.high:g}): no answer?"
        )


def find_stray_codes(column: pl.Series) -> StrayCodes | None:
    """The stray codes of a column of numbers; None if there are none."""
    numbers = pl.DataFrame({"value": column.cast(pl.Float64)}).drop_nulls()
    table = numbers.group_by("value").len().sort("value")
    values, rows = table["value"].to_numpy(), table["len"].cast(pl.Float64).to_numpy()
    upper = _end_codes(-values[::-1], rows[::-1], [-code for code in HIGH_CODES])
    end = values.size - upper
    lower = _end_codes(values[:end], rows[:end], LOW_CODES)
    lower = lower or int(_has_stray_zero(values[:end], rows[:end]))
    if not upper + lower:
        return None
    codes, others = (*values[:lower], *values[end:]), values[lower:end]
    count = int(rows.sum() - rows[lower:end].sum())
    return StrayCodes(tuple(map(float, codes)), count, float(others[0]), float(others[-1]))


def _end_codes(
    values: NDArray[np.float64],
    rows: NDArray[np.float64],
    codes: Sequence[float] | frozenset[float],
) -> int:
    """How many values at the low end are stray codes."""
    known = set(codes)
    found = 0
    while found < min(MAX_CODES, values.size) and float(values[found]) in known:
        found += 1
    for count in range(found, 0, -1):
        if _is_apart(values, rows, count):
            return count
    return 0


def _is_apart(values: NDArray[np.float64], rows: NDArray[np.float64], count: int) -> bool:
    """Whether the first values, codes by their look, lie apart from the others."""
    others, held = values[count:], rows[:count].sum()
    if others.size < 2 or held < MIN_CODE_ROWS:
        return False
    gap, spread = others[0] - values[count - 1], others[-1] - others[0]
    if np.abs(values[:count]).max() <= MAX_ONE_DIGIT and held < MIN_ONE_DIGIT_SHARE * rows.sum():
        return False
    is_heap = rows[:count].max() >= HEAP_ROWS * rows[count:].mean() and gap >= HEAP_GAP
    return bool(gap >= max(spread, HEAP_GAP) or (is_heap and others.size >= MIN_HEAP_VALUES))


def _has_stray_zero(values: NDArray[np.float64], rows: NDArray[np.float64]) -> bool:
    """Whether the lowest value is a zero that no other value comes near."""
    if values.size <= MIN_ZERO_VALUES or values[0] != 0.0 or rows[0] < MIN_CODE_ROWS:
        return False
    others, weight = values[1:], rows[1:] / rows[1:].sum()
    spread = np.sqrt((weight * np.square(others - (weight * others).sum())).sum())
    return bool(others[0] > spread)


def stray_guesses(
    frame: pl.DataFrame,
    profiles: Mapping[str, Profile],
    features: Features,
    format_keys: Mapping[str, Any],
    *,
    is_text: bool,
) -> tuple[list[Guess], list[str]]:
    """The features with stray codes, each with its question, and the line that makes them missing.

    That line is about all columns, so a code that is a plain value of another column is not in it.
    """
    found = {
        name: stray
        for name in features.columns
        if profiles[name].kind in (Kind.INTEGER, Kind.NUMBER)
        and (stray := find_stray_codes(series_of(frame, name))) is not None
    }
    codes = sorted({code for stray in found.values() for code in stray.codes})
    plain = {
        code
        for code in codes
        for name in features.columns
        if (name not in found or code not in found[name].codes) and _column_holds(frame, name, code)
    }
    levels = {guess.column for guess in features.categorical}
    guesses = []
    for name, stray in found.items():
        is_shared = not plain.isdisjoint(stray.codes)
        cure = ""
        if name in levels:
            cure = " Here it is a level of its own"
        elif is_shared or not is_text:
            cure = _cure_by_hand(profiles[name], is_shared=is_shared)
        guesses.append(Guess(name, stray.sentence + cure))
    safe = [f"{code:g}" for code in codes if code not in plain]
    if not safe or not is_text:
        return guesses, []
    markers = json.dumps([*format_keys.get("null_values", []), *safe])
    return guesses, [f"if these mean no answer:  data: {{format: {{null_values: {markers}}}}}"]


def _cure_by_hand(profile: Profile, *, is_shared: bool) -> str:
    """What to do with codes that the line for all columns cannot make missing.

    is_shared: another column has one of them as a plain value.
    """
    if is_shared and profile.distinct <= MAX_LEVELS:
        return " If so, list it under features.categorical, as other columns hold that too"
    return " If so, empty these cells"


def _column_holds(frame: pl.DataFrame, name: str, code: float) -> bool:
    """Whether a column holds the number, as it is or as text."""
    column = series_of(frame, name)
    if column.dtype.is_numeric():
        return bool((column == code).any())
    return column.dtype == pl.String and bool((column == f"{code:g}").any())
