"""A categorical column: a coefficient per level, and a rule for a level unseen in training.

Why and how. Levels are learnt from the training rows. The most frequent level is the reference,
unless one is chosen. Levels with fewer than `min_frequency` rows are pooled: they share the column
"(pooled)", or join the reference if even together they are too rare. A level unseen in training
(`Spec.unknown`) then

- is an error that names and counts it (the default; `refuse`),
- or counts as the reference level,
- or counts as pooled: as "(pooled)" if there is that column, else as the reference.

Whatever the rule, an `Audit` counts the rows of each unseen level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Self

import polars as pl

from logit_engine.design.spec import Impute, Spec, Unknown
from logit_engine.design.terms.base import (
    Audit,
    AuditCounts,
    Inputs,
    LevelCodes,
    Term,
    Training,
    missing_levels_error,
    unseen_rows,
)
from logit_engine.design.terms.naming import level_text, names_apart
from logit_engine.errors import DataError, Reason, UsageError
from logit_engine.rows.frame_columns import by_name

MISSING_LEVEL = "(missing)"
POOLED_LEVEL = "(pooled)"


@dataclass(frozen=True, slots=True)
class Categorical(Term):
    """The levels known from training, and the code of each.

    known: the levels in order. columns: the levels that have a coefficient, "(pooled)" among them
    if rare levels share one. codes: of each known level, its place in columns, or len(columns) for
    the reference. other: the code of a level unseen in training (None: an error). missing_as_level:
    a missing value is the level "(missing)".
    """

    name: str
    known: tuple[str, ...]
    codes: tuple[int, ...]
    columns: tuple[str, ...]
    reference: str
    other: int | None
    missing_as_level: bool

    @classmethod
    def inputs_of(cls, spec: Spec) -> Inputs:
        """The categorical columns."""
        return Inputs(levels=spec.categorical)

    @classmethod
    def learn(cls, training: Training) -> Sequence[Self]:
        """One term for each categorical column."""
        return training.by_column(training.spec.categorical, cls._learn_column)

    @classmethod
    def _learn_column(cls, training: Training, name: str) -> Self:
        spec = training.spec
        counts = _level_counts(training, name)
        known = _ordered_levels(counts, training.schema[name].is_integer())
        reference = _reference_level(name, known, counts, spec)
        rare = tuple(v for v in known if counts[v] < spec.min_frequency and v != reference)
        pooled_rows = sum(counts[v] for v in rare)
        has_pool = bool(rare) and pooled_rows >= spec.min_frequency
        columns = tuple(v for v in known if v not in rare and v != reference) + (
            (POOLED_LEVEL,) if has_pool else ()
        )
        if rare:
            fate = "pooled." if has_pool else _joining_sentence(len(rare), reference)
            training.notes.append(_pooling_note(name, rare, pooled_rows, spec.min_frequency, fate))
        if not columns:
            raise DataError(
                f"column '{name}' has one level ('{reference}') in the training rows; drop it.",
                names={"column": name},
            )
        position = {level: i for i, level in enumerate(columns)}
        pool = position[POOLED_LEVEL] if has_pool else len(columns)
        codes = tuple(
            len(columns) if v == reference else pool if v in rare else position[v] for v in known
        )
        other = {Unknown.ERROR: None, Unknown.REFERENCE: len(columns), Unknown.POOLED: pool}[
            spec.unknown
        ]
        return cls(
            name, known, codes, columns, reference, other, spec.impute_categorical is Impute.LEVEL
        )

    @property
    def column_names(self) -> tuple[str, ...]:
        """column[level] of each level with a coefficient."""
        return tuple(level_text(self.name, level) for level in self.columns)

    def names_beside(self, categoricals: Sequence[str]) -> tuple[str, ...]:
        """In backquotes where the column's name begins like a level of one of these."""
        return names_apart(self.column_names, self.name, categoricals)

    @property
    def inputs(self) -> Inputs:
        """The column, read as levels."""
        return Inputs(levels=(self.name,))

    @property
    def replaces_missing(self) -> bool:
        """Whether a missing value is a level."""
        return self.missing_as_level

    @property
    def levels_in_order(self) -> tuple[str, ...]:
        """The levels that have a rank, the reference among them.

        "(pooled)", "(missing)" and the levels that are pooled have none.
        """
        own = {*self.columns, self.reference} - {POOLED_LEVEL, MISSING_LEVEL}
        return tuple(level for level in self.known if level in own)

    def encoding(self, schema: pl.Schema) -> LevelCodes:
        """The code of each row."""
        return LevelCodes(
            self._look_up(self.codes, -1 if self.other is None else self.other, pl.Int32),
            len(self.columns),
        )

    def contribution(self, estimates: Sequence[float]) -> pl.Expr:
        """The estimate of the row's level, 0 for the reference."""
        by_code = [*estimates, 0.0]
        other = None if self.other is None else by_code[self.other]
        return self._look_up([by_code[code] for code in self.codes], other, pl.Float64)

    def _label(self) -> pl.Expr:
        """The level as text; null where it is missing and that is no level."""
        text = by_name(self.name).cast(pl.String)
        return text.fill_null(MISSING_LEVEL) if self.missing_as_level else text

    def _look_up(self, values: Sequence[Any], unseen: Any, dtype: type[pl.DataType]) -> pl.Expr:
        """values[i] for known level i, `unseen` for another level (None: null).

        A missing value that is no level gives null.
        """
        table = pl.Series(values, dtype=dtype)
        position = (
            self._label().cast(pl.Enum(self.known), strict=False).to_physical().cast(pl.UInt32)
        )
        found = pl.lit(table).gather(position)
        if unseen is not None:
            found = found.fill_null(unseen)
        return (
            found
            if self.missing_as_level
            else pl.when(by_name(self.name).is_null()).then(None).otherwise(found)
        )

    def audit_counts(self) -> AuditCounts:
        """Missing values, and the rows of each unseen level."""
        return replace(
            Term.audit_counts(self), unseen={self.name: unseen_rows(self._label(), self.known)}
        )

    def refuse(self, audit: Audit) -> None:
        """Raises DataError for missing values that are no level, and for levels without a rule."""
        Term.refuse(self, audit)
        if self.name in audit.unseen and self.other is None:
            unseen = list(audit.unseen[self.name].items())
            listed = ", ".join(f"{level} ({n:,} rows)" for level, n in unseen[:5])
            raise DataError(
                f"column '{self.name}' has levels that were not in the training rows: {listed}; "
                "set unknown to Unknown.REFERENCE or Unknown.POOLED, or learn the design again.",
                reason=Reason.UNSEEN_LEVELS,
                names={"column": self.name},
            )


def _level_counts(training: Training, name: str) -> dict[str, int]:
    """Training rows by level, missing ones as a level if asked.

    Raises DataError where there is no rule for them.
    """
    spec, missing, rows = training.spec, training.survey.nulls[name], training.survey.rows
    as_level = spec.impute_categorical is Impute.LEVEL
    counts = dict(training.survey.levels[name])
    if missing and not as_level:
        raise missing_levels_error(name, missing, rows)
    for taken, used in ((MISSING_LEVEL, as_level), (POOLED_LEVEL, spec.min_frequency > 1)):
        if used and taken in counts:
            raise DataError(
                f"column '{name}' has a level '{taken}', a name that the design gives itself; "
                "rename it.",
                names={"column": name},
            )
    if missing:
        counts[MISSING_LEVEL] = missing
        training.notes.append(
            f"{name}: {missing:,} of {rows:,} values were missing and became the level "
            f"{MISSING_LEVEL}."
        )
    return counts


def _ordered_levels(counts: Mapping[str, int], integers: bool) -> tuple[str, ...]:
    """Integers by value, texts by their letters, "(missing)" last."""
    if integers:
        return tuple(
            sorted(counts, key=lambda v: (v == MISSING_LEVEL, int(v) if v != MISSING_LEVEL else 0))
        )
    return tuple(sorted(counts, key=lambda v: (v == MISSING_LEVEL, v)))


def _reference_level(
    name: str, known: tuple[str, ...], counts: Mapping[str, int], spec: Spec
) -> str:
    """The level chosen, else the most frequent.

    Raises UsageError for one that is not in the rows.
    """
    most_frequent = max(known, key=lambda v: counts[v])
    chosen = spec.reference.get(name, most_frequent)
    if chosen not in counts:
        near = (get_close_matches(chosen, known, 1) or [most_frequent])[0]
        raise UsageError(
            f"'{chosen}' is not a level of '{name}' in the training rows, so it cannot be its "
            f"reference; did you mean '{near}'?",
            reason=Reason.UNKNOWN_REFERENCE,
            names={"column": name, "level": near},
        )
    return chosen


def _pooling_note(name: str, rare: tuple[str, ...], rows: int, least: int, fate: str) -> str:
    listed = ", ".join(rare[:8]) + (f" and {len(rare) - 8} more" if len(rare) > 8 else "")
    levels = "1 level" if len(rare) == 1 else f"{len(rare)} levels"
    verb = "is" if len(rare) == 1 else "are"
    return (
        f"{name}: {levels} with fewer than {least:,} rows ({listed}), {rows:,} rows in all, "
        f"{verb} {fate}"
    )


def _joining_sentence(levels: int, reference: str) -> str:
    join = "joins" if levels == 1 else "join"
    return f"too rare even when pooled and {join} the reference level {reference}."
