"""The levels of a categorical column: what each value of the training rows counts as.

A value stands in a row, a level has a coefficient. `Spec.recode` merges values under a new level
before anything is counted; any other value is a level by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from json import dumps

from logit_engine.design.lookalikes import (
    alike_clause,
    earlier_lookalikes,
    lookalikes,
    quoted_blanks,
)
from logit_engine.design.spec import Impute, Spec
from logit_engine.design.terms.base import Training, missing_levels_error
from logit_engine.errors import DataError, Reason, UsageError

MISSING_LEVEL = "(missing)"
POOLED_LEVEL = "(pooled)"
MAX_SHOWN_LEVELS = 8  # in a sentence


@dataclass(frozen=True, slots=True)
class Levels:
    """level_of: the level of each value, both in order. rows: training rows by level, in order."""

    level_of: dict[str, str]
    rows: dict[str, int]


def learn_levels(training: Training, name: str) -> Levels:
    """The levels of a column; notes say what was missing, merged or looks alike.

    Raises DataError for missing values without a rule and for a level with a name that the design
    gives itself, UsageError for a recode that does not fit the values.
    """
    value_rows = _value_rows(training, name)
    level_of = _recoded(training, name, value_rows)
    if POOLED_LEVEL in level_of.values() and training.spec.min_frequency > 1:
        raise _taken_name_error(name, POOLED_LEVEL)
    level_of = _in_order(level_of, training.schema[name].is_integer())
    rows = dict.fromkeys(level_of.values(), 0)
    for value, level in level_of.items():
        rows[level] += value_rows.get(value, 0)
    alike = earlier_lookalikes(rows)
    if alike:
        training.note(name, f"the levels {alike_clause(alike)}; recode can merge them.")
    return Levels(level_of, rows)


def reference_level(name: str, levels: Levels, spec: Spec) -> str:
    """The level chosen, else the most frequent.

    Raises UsageError for one that is not in the rows.
    """
    most_frequent = max(levels.rows, key=lambda level: levels.rows[level])
    chosen = spec.reference.get(name, most_frequent)
    if chosen not in levels.rows:
        near = levels.level_of.get(chosen) or _nearest(chosen, levels.rows) or most_frequent
        raise UsageError(
            f"'{chosen}' is not a level of '{name}' in the training rows, so it cannot be its "
            f"reference; did you mean '{near}'?",
            reason=Reason.UNKNOWN_REFERENCE,
            names={"column": name, "level": near},
        )
    return chosen


def check_recode(spec: Spec) -> None:
    """Raises UsageError for a value that is recoded twice."""
    for name, groups in spec.recode.items():
        seen: dict[str, str] = {}
        for level, values in groups.items():
            for value in values:
                if value in seen:
                    raise UsageError(
                        f"the value '{value}' of column '{name}' is recoded twice, to "
                        f"'{seen[value]}' and to '{level}'; list it once."
                    )
                seen[value] = level


def shown_levels(levels: Sequence[str], rows: Mapping[str, int] | None = None) -> str:
    """The first levels, and how many more there are. rows: by level, to stand beside each."""
    shown = [
        quoted_blanks(level) + (f" ({rows[level]:,} rows)" if rows else "")
        for level in levels[:MAX_SHOWN_LEVELS]
    ]
    more = len(levels) - MAX_SHOWN_LEVELS
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _value_rows(training: Training, name: str) -> dict[str, int]:
    """Training rows by value, missing ones as "(missing)" if that is asked."""
    missing, rows = training.survey.nulls[name], training.survey.rows
    as_level = training.spec.impute_categorical is Impute.LEVEL
    found = dict(training.survey.levels[name])
    if missing and not as_level:
        raise missing_levels_error(name, missing, rows)
    if as_level and MISSING_LEVEL in found:
        raise _taken_name_error(name, MISSING_LEVEL)
    if missing:
        found[MISSING_LEVEL] = missing
        training.note(
            name,
            f"{missing:,} of {rows:,} values were missing and became the level {MISSING_LEVEL}.",
        )
    return found


def _taken_name_error(name: str, level: str) -> DataError:
    return DataError(
        f"column '{name}' has a level '{level}', a name that the design gives itself; rename it.",
        names={"column": name},
    )


def _recoded(training: Training, name: str, value_rows: Mapping[str, int]) -> dict[str, str]:
    """The level of each value. A listed value that is in no row has a level if another one does."""
    level_of = {value: value for value in value_rows}
    groups = training.spec.recode.get(name, {})
    listed = {value for values in groups.values() for value in values}
    for level, values in groups.items():
        there = [value for value in values if value in value_rows]
        if level in value_rows and level not in listed:
            raise _unlisted_level_error(name, level, values)
        for value in values:
            if value not in value_rows:
                near = _nearest(value, [known for known in value_rows if known not in listed])
                hint = f"; did you mean '{near}'?" if near else "."
                training.note(
                    name, f"'{value}', which is recoded to '{level}', is in no training row{hint}"
                )
        if there:
            level_of |= dict.fromkeys(values, level)
            rows = sum(value_rows[value] for value in there)
            verb = "counts" if len(there) == 1 else "count"
            training.note(name, f"{shown_levels(there)} {verb} as '{level}', {rows:,} rows in all.")
    return level_of


def _unlisted_level_error(name: str, level: str, values: Sequence[str]) -> UsageError:
    return UsageError(
        f"'{level}' is to be a new level of column '{name}', but training rows have it already; "
        "list it among the values that it joins, or choose another name.",
        reason=Reason.RECODE_MEETS_LEVEL,
        names={
            "column": name,
            "level": level,
            "levels": dumps([*values, level], ensure_ascii=False),
        },
    )


def _in_order(level_of: Mapping[str, str], integers: bool) -> dict[str, str]:
    """The values in the order of their levels: integers by value, texts by their letters.

    "(missing)" comes last. A merged level of integers stands where the least of them does.
    """

    def value_key(value: str) -> tuple[bool, float, str]:
        return value == MISSING_LEVEL, _number(value) if integers else 0.0, value

    level_key = {level: value_key(level) for level in level_of.values()}
    if integers:
        for value in sorted(level_of, key=value_key, reverse=True):
            level_key[level_of[value]] = value_key(value)
    ordered = sorted(level_of, key=lambda value: (level_key[level_of[value]], value_key(value)))
    return {value: level_of[value] for value in ordered}


def _number(value: str) -> float:
    """The integer in a text; infinity where there is none, as a user may list any text."""
    try:
        return int(value)
    except ValueError:
        return float("inf")


def _nearest(value: str, known: Sequence[str] | Mapping[str, int]) -> str | None:
    """The known value that looks most like this one, or None."""
    alike = lookalikes([value], known).get(value)
    return alike or next(iter(get_close_matches(value, list(known), 1)), None)
