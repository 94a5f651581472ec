"""Guessing: from a file to the text of its first config, and to the sentences that explain it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import series_of
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.first_config.duplicates import duplicate_columns
from logit_flows.first_config.entries import (
    config_entries,
    left_out_sentences,
    outcome_sentences,
)
from logit_flows.first_config.features import Features, guess_features
from logit_flows.first_config.leaks import outcome_leaks, same_as_outcome
from logit_flows.first_config.outcomes import Outcome, guess_outcome
from logit_flows.first_config.profiles import Profile, profile_columns
from logit_flows.first_config.reading import Table, read_table
from logit_flows.first_config.roles import Roles, guess_roles
from logit_flows.first_config.sketch import Choice, Sketch
from logit_flows.first_config.source_files import SourceFiles, find_source
from logit_flows.first_config.stray_codes import stray_guesses
from logit_flows.first_config.strengths import pure_level_rows
from logit_flows.first_config.title import titled_text
from logit_flows.first_config.trial import fitting_sketch
from logit_flows.first_config.writing import content_of, text_of

TEST_SIZE = 0.2
MIN_SPLIT_ROWS = 100
# Beyond both a ridge is set at once: without it estimates hardly exist, and to prove so takes long.
MAX_FREE_COEFFICIENTS, MIN_ROWS_PER_COEFFICIENT = 100, 20
MIN_RANDOM_CLASS_ROWS = 50  # of the rarest class; of fewer a random split may take too many
MAX_OTHER_ROWS = 2  # of a level that may have one class alone among the training rows
MAX_POOLED_ROWS_SHARE = 0.01  # of all rows: a level with more is not pooled for being pure


@dataclass(frozen=True, slots=True)
class FirstConfig:
    """The YAML of a first config, and a sentence for each guess."""

    text: str
    said: tuple[str, ...]


def first_config(data: Path | SourceFiles, file: Path, target: str | None = None) -> FirstConfig:
    """A config for a data file, or several of one source, to be written to `file`.

    target: the outcome's column, if it is known. Raises DataError if no column can be the outcome,
    UsageError if the target cannot.
    """
    files = data if isinstance(data, SourceFiles) else find_source([data])
    sketch = sketch_table(read_table(files.paths), files.title, target)
    source, name = files.source_for(file), files.model_name

    def config_of(tried: Sketch) -> Config:
        return from_mapping(content_of(config_entries(tried, source, name)), file.resolve().parent)

    sketch, problem = fitting_sketch(sketch, config_of)
    text = titled_text(files.title, text_of(config_entries(sketch, source, name)))
    refusal = [f"train will refuse this: {problem}"] if problem else []
    several = f"{len(files.paths):,} files are one source: {source}"
    said = [several] if len(files.paths) > 1 else []
    return FirstConfig(text, (*said, *_sentences(sketch, files), *refusal))


def sketch_table(table: Table, file: str, target: str | None = None) -> Sketch:
    """All guesses about a table that need no fit."""
    frame, profiles = table.frame, profile_columns(table.frame)
    outcome = guess_outcome(profiles, target, file)
    roles = guess_roles(frame, profiles, outcome.column)
    rest = [n for n in profiles if n != outcome.column and n not in roles.columns]
    features = guess_features(frame, profiles, rest, outcome)
    features = features.without(duplicate_columns(frame, profiles, features.columns))
    features = features.without(same_as_outcome(frame, profiles, features, outcome))
    dropped, suspicious = outcome_leaks(frame, profiles, features, outcome)
    features = features.without(dropped)
    if not features.columns:
        raise DataError(_no_features_sentence(file, outcome, features))
    strays, cures = stray_guesses(frame, profiles, features, table.format, is_text=table.is_text)
    doubted = tuple(guess for guess in suspicious if guess.column in features.columns)
    sketch = Sketch(
        file=file,
        rows=frame.height,
        width=frame.width,
        format=Choice(table.format, table.reasons),
        outcome=outcome,
        missing_outcomes=profiles[outcome.column].missing,
        roles=roles,
        features=features,
        gaps=_missing_counts(profiles, features),
        suspicious=(*doubted, *strays),
        cures=tuple(cures),
        min_frequency=_min_frequency(frame, features, outcome),
        higher_min_frequency=_min_frequency(frame, features, outcome, MAX_OTHER_ROWS),
        split=_split(frame, roles, outcome),
    )
    many = _coefficient_count(profiles, features, outcome)
    if many > MAX_FREE_COEFFICIENTS and many * MIN_ROWS_PER_COEFFICIENT > frame.height:
        return sketch.with_ridge(f"{many:,} coefficients are many for {frame.height:,} rows")
    return sketch


def _coefficient_count(
    profiles: Mapping[str, Profile], features: Features, outcome: Outcome
) -> int:
    """How many coefficients the model has, the constants aside, at most."""
    levels = sum(
        sum(n >= features.min_frequency for n in profiles[guess.column].counts.values())
        for guess in features.categorical
    )
    outputs = 1 if outcome.is_binary else len(outcome.classes) - 1
    return outputs * (len(features.numeric) + levels)


def _no_features_sentence(file: str, outcome: Outcome, features: Features) -> str:
    found = "; ".join(f"{guess.column}: {guess.reason}" for guess in features.left_out[:3])
    left = f" ({found})" if found else ""
    return f"{file}: no column beside the outcome '{outcome.column}' can predict it{left}."


def _missing_counts(profiles: Mapping[str, Profile], features: Features) -> dict[str, int]:
    """How many features of each kind have missing values."""
    kinds = {"numeric": features.numeric, "categorical": features.categorical}
    counts = {
        kind: sum(profiles[guess.column].missing > 0 for guess in guesses)
        for kind, guesses in kinds.items()
    }
    return {kind: count for kind, count in counts.items() if count}


def _min_frequency(
    frame: pl.DataFrame, features: Features, outcome: Outcome, others: int = 0
) -> Choice:
    """So many rows that no rarer level stands alone with rows of one class.

    Such a level has no finite estimate. others: the rows of other classes that it may have besides;
    the test rows may take them.
    """
    least = features.min_frequency
    most = max(least, round(MAX_POOLED_ROWS_SHARE * frame.height))
    pure = [
        (rows, guess.column, level)
        for guess in features.categorical
        for level, rows in pure_level_rows(
            series_of(frame, guess.column), series_of(frame, outcome.column), others
        ).items()
        if least <= rows < most or not others
    ]
    said = "rarer levels are pooled; a note names them"
    found = [one for one in pure if one[0] >= least]
    rows, column, level = max(found, key=lambda one: one[0], default=(0, "", ""))
    if not least <= rows < most:
        return Choice.because(least, said)
    but = f" but {others} at most" if others else ""
    return Choice.because(
        rows + 1, f"{said}; {column} {level} has {rows} rows, all{but} of one class"
    )


def _split(frame: pl.DataFrame, roles: Roles, outcome: Outcome) -> Choice:
    """By time where times order the rows, else at random; none for a small table."""
    rarest = min(outcome.classes.values())
    if sum(outcome.classes.values()) < MIN_SPLIT_ROWS:
        return Choice.because({"method": "none"}, "too few rows to hold some out")
    if roles.time is not None and _both_sides(frame, roles.time.column, outcome):
        latest = "the latest fifth are test rows"
        return Choice.because({"method": "time", "test_size": TEST_SIZE}, latest)
    if rarest < MIN_RANDOM_CLASS_ROWS and roles.cluster is None:
        why = f"a fifth of each class are test rows; the rarest has {rarest} rows"
        return Choice.because({"method": "stratified", "test_size": TEST_SIZE}, why)
    kept = "" if roles.cluster is None else f"; rows of one {roles.cluster.column} stay together"
    fifth = f"a fifth are test rows{kept}"
    return Choice.because({"method": "random", "test_size": TEST_SIZE}, fifth)


def _both_sides(frame: pl.DataFrame, time: str, outcome: Outcome) -> bool:
    """Whether the earlier rows and the latest fifth have rows of each class."""
    ordered = frame.sort(time, maintain_order=True)[outcome.column]
    cut = round((1.0 - TEST_SIZE) * ordered.len())
    sides = ordered[:cut], ordered[cut:]
    return all(side.drop_nulls().n_unique() == len(outcome.classes) for side in sides)


def _sentences(sketch: Sketch, files: SourceFiles) -> list[str]:
    """Each guess, for a person to correct."""
    roles = sketch.roles
    said = [*sketch.format.reasons, *outcome_sentences(sketch)]
    if sketch.outcome.rival:
        line = shlex.join(
            ["logit", "init", *map(str, files.named), "--target", sketch.outcome.rival]
        )
        said.append(f"unsure: another column is as likely; {line}")
    for key in ("id", "time", "cluster"):
        guess = getattr(roles, key)
        if guess is not None:
            said.append(f"the {key} is '{guess.column}' ({guess.reason})")
    if roles.id is None and roles.cluster is None:
        said.append("no column is an id; equal rows stay on one side of the split")
    said += [f"left out: {sentence}" for sentence in left_out_sentences(sketch)]
    said += [f"suspicious: {guess.column}: {guess.reason}" for guess in sketch.suspicious]
    said += sketch.cures
    said += [f"missing values: {reason}" for reason in sketch.indicator.reasons]
    if sketch.penalty is not None:
        said.append(f"penalty: {sketch.penalty.reasons[0]}")
    return said
