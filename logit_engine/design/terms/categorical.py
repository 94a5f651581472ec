"""A categorical column: a coefficient per level, and a rule for a level unseen in training.

Why and how. Levels are learnt from the training rows (`levels.py`). The most frequent level is the
reference, unless one is chosen. Levels with fewer than `min_frequency` rows are pooled: they share
the column "(pooled)", however few their rows are, or join the reference, or are an error
(`Spec.pool_as`). A value unseen in training (`Spec.unknown`) then

- is an error that names and counts it (the default; `refuse`),
- or counts as the reference level,
- or counts as pooled: as "(pooled)" if there is that column, else as the reference.

Whatever the rule, an `Audit` counts the rows of each unseen value. A missing value is missing, and
never unseen besides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import polars as pl

from logit_engine.design.lookalikes import alike_clause, lookalikes
from logit_engine.design.spec import Impute, PoolAs, Spec, Unknown
from logit_engine.design.terms.base import (
    Audit,
    AuditCounts,
    Inputs,
    LevelCodes,
    Term,
    Training,
    unseen_rows,
)
from logit_engine.design.terms.levels import (
    MISSING_LEVEL,
    POOLED_LEVEL,
    learn_levels,
    reference_level,
    shown_levels,
)
from logit_engine.design.terms.naming import level_text, names_apart
from logit_engine.design.unseen import unseen_clause
from logit_engine.errors import DataError, Reason
from logit_engine.rows.frame_columns import by_name


@dataclass(frozen=True, slots=True)
class Categorical(Term):
    """The values known from training, and the level and code of each.

    known: the values in order. levels: the level of each, itself unless it is recoded. columns: the
    levels that have a coefficient, "(pooled)" among them if rare levels share one. codes: of each
    known value, its place in columns, or len(columns) for the reference. other: the code of a value
    unseen in training (None: an error). missing_as_level: a missing value is the level "(missing)".
    """

    name: str
    known: tuple[str, ...]
    levels: tuple[str, ...]
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
    def _learn_column(cls, training: Training, name: str) -> Self | None:
        spec = training.spec
        levels = learn_levels(training, name)
        reference = reference_level(name, levels, spec)
        rare = _rare_levels(training, name, levels.rows, reference)
        apart = {reference, *rare}
        own = [level for level in levels.rows if level not in apart]
        has_pool = bool(rare) and spec.pool_as is PoolAs.LEVEL
        columns = (*own, POOLED_LEVEL) if has_pool else tuple(own)
        if not columns:
            training.drop_constant(name, f"has one level ('{reference}') in the training rows")
            return None
        code_of = {level: i for i, level in enumerate(columns)}
        pool = code_of.get(POOLED_LEVEL, len(columns))
        code_of |= {reference: len(columns)} | dict.fromkeys(rare, pool)
        other = {Unknown.ERROR: None, Unknown.REFERENCE: len(columns), Unknown.POOLED: pool}
        return cls(
            name,
            known=tuple(levels.level_of),
            levels=tuple(levels.level_of.values()),
            codes=tuple(code_of[level] for level in levels.level_of.values()),
            columns=columns,
            reference=reference,
            other=other[spec.unknown],
            missing_as_level=spec.impute_categorical is Impute.LEVEL,
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
        """Whether a missing value is a level, or counts as one: training may have had none."""
        return self.missing_as_level and (MISSING_LEVEL in self.known or self.other is not None)

    @property
    def known_values(self) -> Mapping[str, tuple[str, ...]]:
        """The values known from training."""
        return {self.name: self.known}

    @property
    def levels_in_order(self) -> tuple[str, ...]:
        """The levels that have a rank, the reference among them.

        "(pooled)", "(missing)" and the levels that are pooled have none.
        """
        own = {*self.columns, self.reference} - {POOLED_LEVEL, MISSING_LEVEL}
        return tuple(level for level in dict.fromkeys(self.levels) if level in own)

    @property
    def pooled_levels(self) -> tuple[str, ...]:
        """The levels that share the column "(pooled)"."""
        pairs = zip(self.levels, self.codes, strict=True)
        pooled = [level for level, code in pairs if POOLED_LEVEL in self.columns[code : code + 1]]
        return tuple(dict.fromkeys(pooled))

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
        """Missing values, and the rows of each unseen one."""
        text = by_name(self.name).cast(pl.String)
        return replace(Term.audit_counts(self), unseen={self.name: unseen_rows(text, self.known)})

    def refuse(self, audit: Audit) -> None:
        """Raises DataError if the rows hold missing or unseen values without a rule."""
        missing = audit.missing.get(self.name)
        if missing and self.missing_as_level and not self.replaces_missing:
            raise DataError(
                f"column '{self.name}' is missing in {missing:,} of {audit.rows:,} rows, and was "
                "in no training row; set unknown to Unknown.REFERENCE or Unknown.POOLED, or learn "
                "the design again.",
                reason=Reason.UNSEEN_LEVELS,
                names={"column": self.name},
            )
        Term.refuse(self, audit)
        unseen = audit.unseen.get(self.name)
        if self.other is None and unseen:
            raise DataError(
                f"column '{self.name}' has levels that were not in the training rows: "
                f"{unseen_clause(unseen, self.known)}; set unknown to Unknown.REFERENCE or "
                "Unknown.POOLED, or learn the design again.",
                reason=Reason.UNSEEN_LEVELS,
                names={"column": self.name},
            )


def _rare_levels(
    training: Training, name: str, rows: Mapping[str, int], reference: str
) -> tuple[str, ...]:
    """The levels that are too rare to stand alone; a note says what becomes of them.

    Raises DataError if that is an error.
    """
    spec = training.spec
    rare = tuple(v for v, n in rows.items() if n < spec.min_frequency and v != reference)
    if not rare:
        return rare
    count = "1 level" if len(rare) == 1 else f"{len(rare)} levels"
    few = f"{count} with fewer than {spec.min_frequency:,}"
    if spec.pool_as is PoolAs.ERROR:
        few_levels = set(rare)
        alike = lookalikes(rare, [level for level in rows if level not in few_levels])
        hint = f" ({alike_clause(alike)})" if alike else ""
        raise DataError(
            f"column '{name}' has {few} training rows: {shown_levels(rare, rows)}{hint}; set "
            "pool_as to PoolAs.LEVEL or PoolAs.REFERENCE, recode them, or lower min_frequency.",
            reason=Reason.RARE_LEVELS,
            names={"column": name},
        )
    is_one, total = len(rare) == 1, sum(rows[level] for level in rare)
    fate = (
        f"{'is' if is_one else 'are'} pooled"
        if spec.pool_as is PoolAs.LEVEL
        else f"{'joins' if is_one else 'join'} the reference level {reference}"
    )
    training.note(name, f"{few} rows ({shown_levels(rare)}), {total:,} rows in all, {fate}.")
    return rare
