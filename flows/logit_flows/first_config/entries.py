"""Entries: a sketch as the keys of a config in reading order, each guess with its reason."""

from collections.abc import Iterable, Iterator
from typing import Any

from logit_engine.rows.labels import quoted_label, quoted_labels
from logit_flows.first_config.outcomes import Outcome
from logit_flows.first_config.roles import Guess
from logit_flows.first_config.sketch import Sketch
from logit_flows.first_config.writing import Entry

MAX_SHOWN_COLUMNS = 8
ORCHESTRATOR_REASON = "Prefect if its profile names a server, else plain functions"
UNSEEN_REASON = "a level that is in no training row counts as a rare level"
LATER_GAPS = "later files may have missing values"
DROPS = {
    "aliased": "a column that is a combination of others is left out, with a note",
    "constant": "a column with one value in the training rows is left out, with a note",
}


def config_entries(sketch: Sketch, source: str | list[str], name: str) -> list[Entry]:
    """The entries of a first config. source: the data as the config names it."""
    return [
        Entry(("name",), name),
        *_data_entries(sketch, source),
        *_feature_entries(sketch),
        *_model_entries(sketch),
        Entry(("orchestrator",), "auto", (ORCHESTRATOR_REASON,)),
        Entry(("store",), "store"),
    ]


def _data_entries(sketch: Sketch, source: str | list[str]) -> Iterator[Entry]:
    size = f"{sketch.rows:,} rows, {sketch.width} columns"
    yield Entry(("data", "source"), source, (size,))
    if sketch.format.value:
        yield Entry(("data", "format"), sketch.format.value, sketch.format.reasons)
    yield Entry(("data", "target"), target_of(sketch.outcome), tuple(outcome_sentences(sketch)))
    if sketch.missing_outcomes:
        without = f"{sketch.missing_outcomes:,} rows have no {sketch.outcome.column}"
        yield Entry(("data", "missing_target"), "drop", (without,))
    for key in ("id", "time", "cluster"):
        guess = getattr(sketch.roles, key)
        if guess is not None:
            yield Entry(("data", key), guess.column, (guess.reason,))


def target_of(outcome: Outcome) -> dict[str, Any]:
    """The config's target."""
    if not outcome.is_binary:
        return {"column": outcome.column, "base": outcome.base}
    several = len(outcome.classes) > 2
    positive = list(outcome.events) if several else outcome.events[0]
    return {"column": outcome.column, "positive": positive}


def outcome_sentences(sketch: Sketch) -> Iterator[str]:
    """Why this outcome, why this event, and what else it may be."""
    outcome = sketch.outcome
    if outcome.is_binary:
        events = quoted_labels(outcome.events)
        yield (
            f"the outcome is '{outcome.column}' ({outcome.reason}); the event is {events}, "
            f"{outcome.event_share:.1%} of the rows ({outcome.event_reason})"
        )
    else:
        yield (
            f"the outcome is '{outcome.column}' ({outcome.reason}); {len(outcome.classes)} "
            f"classes, each compared with {quoted_label(outcome.base)}"
        )
    if outcome.runners_up:
        others = ", ".join(f"'{name}'" for name in outcome.runners_up)
        yield f"other columns that may be the outcome, the likeliest first: {others}"


def _feature_entries(sketch: Sketch) -> Iterator[Entry]:
    features = sketch.features
    if features.numeric:
        yield _kind_entry("numeric", features.numeric, sketch)
    if features.categorical:
        yield _kind_entry("categorical", features.categorical, sketch)
    left_out = left_out_sentences(sketch)
    if left_out:
        yield Entry(("features", ""), None, ("left out:", *(f"  {line}" for line in left_out)))
    yield _impute_entry(sketch)
    least = sketch.min_frequency
    if features.categorical or "numeric" in sketch.gaps:
        yield Entry(("features", "min_frequency"), least.value, least.reasons)
    if features.categorical:
        yield Entry(("features", "pool_as"), sketch.pool_as.value, sketch.pool_as.reasons)
        yield Entry(("features", "handle_unknown"), "pooled", (UNSEEN_REASON,))
    for key, reason in DROPS.items():
        yield Entry(("features", key), "drop", (reason,))


def _kind_entry(kind: str, guesses: tuple[Guess, ...], sketch: Sketch) -> Entry:
    """The features of a kind, with what was guessed of each and what is suspicious."""
    names = [guess.column for guess in guesses]
    doubted = [guess for guess in sketch.suspicious if guess.column in names]
    cures = sketch.cures if doubted else ()
    return Entry(("features", kind), names, (*_by_reason(guesses), *_by_reason(doubted), *cures))


def _impute_entry(sketch: Sketch) -> Entry:
    """What stands in for missing values: those of today, and those of later files."""
    impute: dict[str, Any] = {}
    if sketch.features.numeric:
        indicator = {"add_indicator": sketch.indicator.value} if "numeric" in sketch.gaps else {}
        impute["numeric"] = {"strategy": "mean", **indicator}
    if sketch.features.categorical:
        impute["categorical"] = {"strategy": "level"}
    counts = ", ".join(f"{kind} columns: {n}" for kind, n in sketch.gaps.items())
    reason = f"with missing values: {counts}" if counts else "none is missing"
    return Entry(
        ("features", "impute"), impute, (f"{reason}; {LATER_GAPS}", *sketch.indicator.reasons)
    )


def _by_reason(guesses: Iterable[Guess]) -> Iterator[str]:
    """A comment for each reason, with the columns it holds for."""
    grouped: dict[str, list[str]] = {}
    for guess in guesses:
        if guess.reason:
            grouped.setdefault(guess.reason, []).append(guess.column)
    for reason, columns in grouped.items():
        shown = columns[:MAX_SHOWN_COLUMNS]
        more = len(columns) - len(shown)
        yield f"{', '.join(shown)}{f' and {more} more' if more else ''}: {reason}"


def left_out_sentences(sketch: Sketch) -> list[str]:
    """A sentence for each reason to leave columns out."""
    return list(_by_reason((*sketch.roles.others, *sketch.features.left_out)))


def _model_entries(sketch: Sketch) -> Iterator[Entry]:
    yield Entry(("split",), sketch.split.value, sketch.split.reasons)
    if not sketch.outcome.is_binary:
        yield Entry(("model", "family"), "multinomial", (f"{len(sketch.outcome.classes)} classes",))
    if sketch.penalty is not None:
        yield Entry(("model", "penalty"), sketch.penalty.value, sketch.penalty.reasons)
    elif sketch.roles.cluster is not None:
        why = f"rows of one {sketch.roles.cluster.column} depend on each other"
        yield Entry(("model", "covariance"), {"type": "cluster"}, (why,))
