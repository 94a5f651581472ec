"""Suspicions: columns that say the same as another one, and leaks of the outcome."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from logit_engine.rows.frame_columns import series_of
from logit_flows.first_config.features import Features
from logit_flows.first_config.outcomes import Outcome
from logit_flows.first_config.profiles import Kind, Profile
from logit_flows.first_config.roles import Guess
from logit_flows.first_config.strengths import event_flags, single_auc, tells_exactly
from logit_flows.first_config.words import (
    AFTER_NAMES,
    AFTER_STEMS,
    PLAIN_NAMES,
    has_stem,
    has_word,
    words_of,
)

LEAK_AUC, EXACT_AUC = 0.99, 1.0 - 1e-9  # of one column alone
MIN_EXACT_ROWS = 500  # in a shorter table an honest column may rank perfectly
AFTER_AUC, AFTER_LEAD = 0.7, 0.03  # of a column that is named like something known afterwards
MULTIPLE_CORRELATION, MAX_COMPARED_ROWS = 0.99999, 50_000
MAX_EXACT_SHARE = 0.1  # of different values: nearly unique columns tell any outcome exactly
MAX_MAPPED_SHARE = 0.5  # of different values: of nearly unique columns any pair maps one to one


def duplicate_columns(
    frame: pl.DataFrame, profiles: Mapping[str, Profile], names: Sequence[str]
) -> dict[str, str]:
    """The columns that say the same as another feature, each with its reason.

    Of two the number stays, which needs one coefficient; else the one that stands first.
    """
    found: dict[str, str] = {}
    for a, b in combinations(names, 2):
        if a not in found and b not in found and _map_one_to_one(frame, profiles[a], profiles[b]):
            swap = _is_number(profiles[b]) and not _is_number(profiles[a])
            kept, dropped = (b, a) if swap else (a, b)
            found[dropped] = f"says the same as {kept}, value by value"
    numbers = [n for n in names if n not in found and _is_number(profiles[n])]
    return {**found, **_multiples(frame, numbers)}


def _is_number(profile: Profile) -> bool:
    return profile.kind in (Kind.INTEGER, Kind.NUMBER)


def _map_one_to_one(frame: pl.DataFrame, a: Profile, b: Profile) -> bool:
    """Whether each value of a column has one value of the other, and the other way round.

    Of two numbers one has to rise or fall with the other besides, as an income with its logarithm.
    """
    if (a.distinct, a.missing) != (b.distinct, b.missing):
        return False
    both = pl.DataFrame({"a": series_of(frame, a.name), "b": series_of(frame, b.name)})
    numbers = _is_number(a) and _is_number(b)
    if a.distinct > MAX_MAPPED_SHARE * a.rows and not numbers:
        return False
    pairs = both.unique().sort("a")
    if pairs.height != both["a"].n_unique():
        return False
    order = pairs["b"].drop_nulls()
    return not numbers or order.is_sorted() or order.is_sorted(descending=True)


def _multiples(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """The numbers that are another one in other units, rounded perhaps."""
    if len(names) < 2:
        return {}
    step = -(-frame.height // MAX_COMPARED_ROWS)
    columns = [series_of(frame, name).cast(pl.Float64).gather_every(step) for name in names]
    values = np.array([column.fill_null(strategy="mean").to_numpy() for column in columns])
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.abs(np.corrcoef(values))
    found: dict[str, str] = {}
    for i, j in zip(*np.nonzero(np.triu(alike > MULTIPLE_CORRELATION, 1)), strict=True):
        if names[i] not in found:
            found[names[j]] = f"is {names[i]} in other units (correlation {alike[i, j]:.6f})"
    return found


def same_as_outcome(
    frame: pl.DataFrame, profiles: Mapping[str, Profile], features: Features, outcome: Outcome
) -> dict[str, str]:
    """The features of few values that tell each row's class exactly, each with its reason."""
    target = series_of(frame, outcome.column)
    return {
        name: _exact_reason(outcome)
        for name in features.columns
        if profiles[name].is_whole
        and profiles[name].distinct <= MAX_EXACT_SHARE * profiles[name].present
        and tells_exactly(series_of(frame, name), target)
    }


def _exact_reason(outcome: Outcome) -> str:
    return f"tells {outcome.column} exactly: the outcome in other words, or known only after it"


def outcome_leaks(
    frame: pl.DataFrame, profiles: Mapping[str, Profile], features: Features, outcome: Outcome
) -> tuple[dict[str, str], list[Guess]]:
    """The columns to leave out as known only after the outcome, and those that are only suspicious.

    Left out are numbers that rank the rows without an error, and the strongest single column if its
    name says that it comes after the event, or that it is about the outcome.
    """
    if not outcome.is_binary:
        return {}, []
    present = frame.filter(pl.Series(series_of(frame, outcome.column).is_not_null()))
    event = event_flags(series_of(present, outcome.column), outcome.events)
    areas = {
        name: single_auc(series_of(present, name), profiles[name], event)
        for name in features.columns
    }
    ranked = sorted(areas, key=lambda name: -areas[name])
    dropped: dict[str, str] = {}
    suspicious = []
    for place, name in enumerate(ranked):
        following = areas[ranked[place + 1]] if place + 1 < len(ranked) else 0.5
        if areas[name] >= EXACT_AUC and frame.height >= MIN_EXACT_ROWS:
            dropped[name] = _exact_reason(outcome)
            continue
        leads = place == len(dropped) and areas[name] >= max(AFTER_AUC, following + AFTER_LEAD)
        if leads and _is_afterwards(name, outcome.column):
            dropped[name] = (
                f"ranks the rows best by far (AUC {areas[name]:.2f} alone), and is named like "
                "something known only after the outcome"
            )
        elif areas[name] >= LEAK_AUC:
            alone = f"ranks the rows almost perfectly alone (AUC {areas[name]:.3f})"
            suspicious.append(Guess(name, f"{alone}: is it known only after the outcome?"))
    return dropped, suspicious


def _is_afterwards(name: str, outcome: str) -> bool:
    """Whether a name speaks of what follows the event, or of the outcome itself."""
    telling = {word for word in words_of(outcome) if len(word) > 3} - PLAIN_NAMES
    return has_stem(name, AFTER_STEMS) or has_word(name, AFTER_NAMES | telling)
