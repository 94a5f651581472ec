"""Outcomes: which column seems to be predicted, and which of its values is the event.

Each column that can be an outcome gets points: for its name, for its place, for its number of
values. The one with the most is the guess, and the next ones are told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from logit_engine.errors import DataError, UsageError
from logit_engine.rows.labels import quoted_label
from logit_flows.first_config.profiles import Kind, Profile
from logit_flows.first_config.words import (
    DESCRIBING_WORDS,
    FEATURE_STEMS,
    MONEY_NAMES,
    OUTCOME_NAMES,
    OUTCOME_STEMS,
    PAST_NAMES,
    WEAK_OUTCOME_NAMES,
    WHOLE_OUTCOME_NAMES,
    has_stem,
    has_word,
    is_calm_value,
    is_event_pair,
    is_event_value,
    is_named_like,
    is_row_name,
    last_word,
)

MAX_CLASSES, MAX_NAMED_CLASSES = 12, 100  # of a column that is not, or is, named like an outcome
MAX_RUNNERS_UP = 3
OUTCOME_NAME_POINTS, OUTCOME_STEM_POINTS = 6.0, 5.0
MIN_ROWS_PER_CLASS = 20  # on average, where there are many
MIN_CLASS_ROWS, MIN_CLASS_SHARE = 10, 0.001  # of the rarest class, which an outcome mostly has
MAX_FEW_CLASSES = 5
MIN_POINTS_LEAD = 1.0  # of the best column before the next one, to be sure of it
MIN_OTHERS_ALIKE = 3  # columns with the same values, which an outcome seldom has
GRADES_SHARE = 0.4  # of zero among whole numbers from zero on, which are grades of an event


@dataclass(frozen=True, slots=True)
class Outcome:
    """The column that is predicted. classes: its values with their rows, the most frequent first.

    events: the values that are the event; none where each class is predicted. base: the class that
    the others are compared with. reason: why this column; event_reason: why these values. rival:
    the first of the runners-up, if it is nearly as likely.
    """

    column: str
    classes: Mapping[Any, int]
    events: tuple[Any, ...]
    base: Any
    reason: str
    event_reason: str
    runners_up: tuple[str, ...]
    rival: str = ""

    @property
    def is_binary(self) -> bool:
        """Whether there is an event."""
        return bool(self.events)

    @property
    def event_share(self) -> float:
        """The share of the event among the rows that have an outcome."""
        return sum(self.classes[value] for value in self.events) / sum(self.classes.values())


def guess_outcome(profiles: Mapping[str, Profile], target: str | None, file: str) -> Outcome:
    """The outcome that is named, else the best guess.

    Raises UsageError if the named one cannot be an outcome, DataError if no column can.
    """
    if target is not None:
        _check_target(profiles, target, file)
        return _outcome(profiles[target], "named by --target", ())
    ranked = rank_outcomes(profiles)
    if not ranked:
        raise DataError(
            f"{file}: no column has exactly two values, and none holds text of 3 to {MAX_CLASSES}, "
            "so nothing looks like an outcome; name one by --target."
        )
    best, *others = ranked
    runners_up = tuple(name for name, _, _ in others[:MAX_RUNNERS_UP])
    near = [name for name, points, _ in others if points > best[1] - MIN_POINTS_LEAD]
    outcome = _outcome(profiles[best[0]], best[2], runners_up)
    return replace(outcome, rival=near[0]) if near else outcome


def rank_outcomes(profiles: Mapping[str, Profile]) -> list[tuple[str, float, str]]:
    """Name, points and reason of each column that can be an outcome, the best first.

    Of equal points the later column comes first.
    """
    ends = _first_place(profiles), len(profiles) - 1
    alike: dict[frozenset[Any], int] = {}
    for profile in profiles.values():
        values = frozenset(profile.counts)
        alike[values] = alike.get(values, 0) + 1
    found = []
    for profile in profiles.values():
        others = alike[frozenset(profile.counts)] - 1
        parts = _scored_reasons(profile, ends, others)
        points = sum(part for part, _ in parts)
        reason = ", ".join(words for part, words in parts if part > 0)
        if _may_be_outcome(profile, is_last=profile.place == ends[1]):
            found.append((profile.name, points, reason))
    return sorted(found, key=lambda one: (-one[1], -profiles[one[0]].place))


def _first_place(profiles: Mapping[str, Profile]) -> int:
    """The place of the first column that does not name the rows.

    Names of rows are unique, and have no heading, count the rows from 1, or follow such a column.
    """
    place = 0
    for profile in profiles.values():
        counts = profile.kind is Kind.INTEGER and (profile.low, profile.high) == (
            1.0,
            float(profile.rows),
        )
        is_name = counts or is_row_name(profile.name) or (place and profile.kind is Kind.INTEGER)
        if not (profile.is_unique and is_name):
            break
        place += 1
    return place


def _may_be_outcome(profile: Profile, *, is_last: bool) -> bool:
    """Two values, or a few of text; of whole numbers if its name or its place says so."""
    if not profile.is_whole or profile.is_unique or profile.distinct < 2:
        return False
    is_money = profile.kind is Kind.INTEGER and has_word(profile.name, MONEY_NAMES)
    if is_money and profile.distinct > 2:
        return False
    points = _name_points(profile.name)
    if profile.distinct == 2 or profile.distinct <= MAX_CLASSES:
        return profile.distinct == 2 or profile.kind is Kind.TEXT or points > 0 or is_last
    few = profile.distinct <= min(MAX_NAMED_CLASSES, profile.rows / MIN_ROWS_PER_CLASS)
    return few and points >= OUTCOME_STEM_POINTS and profile.kind is Kind.TEXT


def _scored_reasons(
    profile: Profile, ends: tuple[int, int], others_alike: int
) -> list[tuple[float, str]]:
    """The points of a column, each with its reason. ends: the first place and the last one."""
    parts = [(_name_points(profile.name), "its name")]
    if profile.place == ends[1]:
        parts.append((3.0, "the last column"))
    elif profile.place == ends[0]:
        parts.append((2.0, "the first column"))
    parts.append(_class_points(profile.distinct))
    if profile.place not in ends and not has_word(profile.name, OUTCOME_NAMES):
        parts.append((_inner_points(profile.distinct), ""))
    if others_alike >= MIN_OTHERS_ALIKE and parts[0][0] < OUTCOME_STEM_POINTS:
        parts.append((-2.0, ""))
    parts.append((-4.0 * profile.missing / profile.rows, ""))
    rarest = min(profile.counts.values(), default=0)
    if rarest < max(MIN_CLASS_ROWS, MIN_CLASS_SHARE * profile.present):
        parts.append((-2.0, ""))
    if profile.kind is Kind.INTEGER and profile.distinct > MAX_FEW_CLASSES and profile.low == 0.0:
        parts.append((-2.0, ""))  # a count
    return parts


def _class_points(classes: int) -> tuple[float, str]:
    """The points of a number of classes, and the reason."""
    if classes == 2:
        return 3.0, "two values"
    return (1.0 if classes <= MAX_FEW_CLASSES else 0.5), f"{classes} values"


def _inner_points(classes: int) -> float:
    """The points of a column at neither end: one of several classes is seldom the outcome."""
    if classes == 2:
        return 0.0
    return -1.0 if classes <= MAX_FEW_CLASSES else -3.0


def _name_points(name: str) -> float:
    """What the words of a name say: an outcome, perhaps one, a feature, or the past."""
    points, ending = 0.0, last_word(name)
    if has_word(name, OUTCOME_NAMES):
        points += OUTCOME_NAME_POINTS
    elif name.strip().lower() in WHOLE_OUTCOME_NAMES or (
        has_stem(name, OUTCOME_STEMS) and ending not in DESCRIBING_WORDS
    ):
        points += OUTCOME_STEM_POINTS
    elif ending in WEAK_OUTCOME_NAMES:
        points += 2.0
    if has_stem(name, FEATURE_STEMS):
        points -= 4.0
    if has_word(name, PAST_NAMES):
        points -= 5.0
    return points


def _check_target(profiles: Mapping[str, Profile], target: str, file: str) -> None:
    if target not in profiles:
        alike = {name.lower(): name for name in profiles}
        close = get_close_matches(target.lower(), alike, 1)
        meant = f" Did you mean {quoted_label(alike[close[0]])}?" if close else ""
        raise UsageError(
            f"--target {target}: {file} has no such column; it has {', '.join(profiles)}.{meant}"
        )
    profile = profiles[target]
    if not 2 <= profile.distinct <= MAX_NAMED_CLASSES or not profile.is_whole:
        raise UsageError(
            f"--target {target}: it holds {profile.distinct:,} values, {profile.kind}; an outcome "
            f"has 2 to {MAX_NAMED_CLASSES}: text, whole numbers, true and false."
        )


def _outcome(profile: Profile, reason: str, runners_up: tuple[str, ...]) -> Outcome:
    classes = profile.counts
    events, why = _events(list(classes), profile)
    commonest = next(iter(classes))
    return Outcome(profile.name, classes, events, commonest, reason, why, runners_up)


def _events(values: Sequence[Any], profile: Profile) -> tuple[tuple[Any, ...], str]:
    """The values that are the event, and why; none if each class is a class of its own."""
    if len(values) == 2:
        return _event_of_two(values[0], values[1], profile)
    rows = profile.counts
    calm = [value for value in values if is_calm_value(value)]
    early = [value for value in values if str(value).strip().startswith("<")]
    late = [value for value in values if str(value).strip().startswith(">")]
    if len(calm) == len(early) == len(late) == 1 and len(values) == 3:
        never, soon, later = map(quoted_label, (calm[0], early[0], late[0]))
        why = f"{never} is no event, {later} is a late one; for both write [{soon}, {later}]"
        return (early[0],), why
    if _are_grades(values, rows):
        return tuple(sorted(value for value in values if value)), "0 is none, the others are grades"
    return (), ""


def _event_of_two(common: Any, rare: Any, profile: Profile) -> tuple[tuple[Any, ...], str]:
    """The value that is named like its column or an event, else the rarer one.

    True is the event, and 1 of 0.
    """
    rows, column = profile.counts, profile.name
    if isinstance(rare, bool) or {common, rare} in ({0, 1}, {-1, 1}):
        low, high = sorted((common, rare))
        return (high,), f"of {quoted_label(low)} and {quoted_label(high)}"
    for event, other in ((rare, common), (common, rare)):
        if is_named_like(event, column) and not is_named_like(other, column):
            return (event,), f"named like the column; the other is {quoted_label(other)}"
    for event, other in ((rare, common), (common, rare)):
        named = is_event_value(event) and not is_event_value(other)
        opposite = is_calm_value(other) and not is_calm_value(event)
        if named or opposite or is_event_pair(event, other):
            return (event,), f"named like an event; the other is {quoted_label(other)}"
    if rows[common] == rows[rare]:
        first, last = sorted((common, rare), key=str)
        return (last,), f"as frequent as {quoted_label(first)}"
    return (rare,), f"rarer than {quoted_label(common)}"


def _are_grades(values: Sequence[Any], rows: Mapping[Any, int]) -> bool:
    """Whether whole numbers from 0 on become rarer one by one, from a frequent 0."""
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return False
    order = sorted(values)
    counts = [rows[value] for value in order]
    falling = all(a > b for a, b in pairwise(counts))
    whole = order == list(range(len(order)))
    return whole and falling and counts[0] >= GRADES_SHARE * sum(counts)
