"""What every kind of term answers: what it reads, learns and refuses, and how its columns are made.

A term is a frozen dataclass of plain values (numbers, texts, tuples of them), so that it can be
stored as JSON. It makes its columns twice, as arrays for a fit (`encoding`) and as one Polars
expression for a score (`contribution`): both must give the same numbers. The laws of
`tests/laws/test_terms.py` run over every kind in `registry.TERM_KINDS`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self, TypeVar

import numpy as np
import polars as pl

from logit_engine.columns import Array, Coded, Columns, Dense
from logit_engine.design.spec import Redundant, Spec
from logit_engine.design.survey import Survey, missing_values
from logit_engine.design.terms.naming import column_text
from logit_engine.errors import DataError, LogitEngineError, Reason, UsageError
from logit_engine.rows.arrays import MAX_MAGNITUDE
from logit_engine.rows.frame_columns import by_name
from logit_engine.rows.table_frames import Frames

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Training:
    """What a term is learnt from: the training rows, one survey of them, and what is asked.

    survey: counts of the columns that `Term.inputs_of` names. notes: `learn` adds a sentence for
    each choice it makes. problems: what forbids a term, raised when all terms are learnt.
    """

    rows: Frames
    schema: pl.Schema
    survey: Survey
    spec: Spec
    notes: list[str] = field(default_factory=list)
    problems: list[LogitEngineError] = field(default_factory=list)

    def by_column(
        self, names: Iterable[str], learn_column: Callable[["Training", str], T | None]
    ) -> list[T]:
        """The terms of these columns, learnt one by one; a column's error joins the problems."""
        terms = []
        for name in names:
            try:
                term = learn_column(self, name)
            except (DataError, UsageError) as error:
                self.problems.append(error)
            else:
                terms += [] if term is None else [term]
        return terms

    def note(self, column: str, clause: str) -> None:
        """Note what was done with a column."""
        self.notes.append(f"{column_text(column)}: {clause}")

    def drop_constant(self, name: str, clause: str) -> None:
        """Note that a column that does not vary is dropped.

        clause: what it holds. Raises DataError if it is not to be dropped.
        """
        if self.spec.constant_columns is Redundant.ERROR:
            raise DataError(
                f"column '{name}' {clause}; drop it.",
                reason=Reason.CONSTANT,
                names={"column": name},
            )
        self.notes.append(f"column '{name}' {clause}; it is dropped.")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Data columns by what is read of them: numbers, or levels."""

    numbers: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberColumns:
    """Columns of numbers, an expression each; neighbors in a design share one dense matrix."""

    expressions: tuple[pl.Expr, ...]

    def select(self, which: Sequence[int]) -> "NumberColumns":
        """Some of the columns, by position."""
        return NumberColumns(tuple(self.expressions[j] for j in which))

    @staticmethod
    def parts(frame: pl.DataFrame, run: Sequence["NumberColumns"]) -> list[Columns]:
        """The columns of some neighbors as one matrix in Fortran order."""
        expressions = [e for encoding in run for e in encoding.expressions]
        table = frame.select(e.alias(str(j)) for j, e in enumerate(expressions))
        return [Dense(table.to_numpy(order="fortran"))]


@dataclass(frozen=True, slots=True)
class LevelCodes:
    """The columns of levels as one code per row: j for column j, `levels` for the reference."""

    code: pl.Expr
    levels: int

    def select(self, which: Sequence[int]) -> "LevelCodes":
        """The columns of some levels, by position; the others have the code of the reference."""
        if len(which) == self.levels:
            return self
        codes = np.full(self.levels + 1, len(which), dtype=np.int32)
        codes[list(which)] = np.arange(len(which))
        return LevelCodes(pl.lit(pl.Series(codes)).gather(self.code), len(which))

    @staticmethod
    def parts(frame: pl.DataFrame, run: Sequence["LevelCodes"]) -> list[Columns]:
        """The codes of each neighbor."""
        table = frame.select(encoding.code.alias(str(j)) for j, encoding in enumerate(run))
        return [Coded(table[:, j].to_numpy(), encoding.levels) for j, encoding in enumerate(run)]


@dataclass(frozen=True, slots=True)
class Audit:
    """What some rows hold that a design must replace or refuse: counts by data column.

    missing: rows without a value; unseen: rows by level that was not in training; infinite: rows;
    huge: rows with a number beyond MAX_MAGNITUDE. Audits of rows one after another add up.
    """

    rows: int
    missing: dict[str, int]
    unseen: dict[str, dict[str, int]]
    infinite: dict[str, int] = field(default_factory=dict)
    huge: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: "Audit") -> "Audit":
        names = self.unseen | other.unseen
        unseen = {
            name: _added_counts(self.unseen.get(name, {}), other.unseen.get(name, {}))
            for name in names
        }
        return Audit(
            self.rows + other.rows,
            _added_counts(self.missing, other.missing),
            {
                name: dict(sorted(levels.items(), key=lambda pair: -pair[1]))
                for name, levels in unseen.items()
            },
            _added_counts(self.infinite, other.infinite),
            _added_counts(self.huge, other.huge),
        )


def _added_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return {key: left.get(key, 0) + right.get(key, 0) for key in left | right}


@dataclass(frozen=True, slots=True)
class AuditCounts:
    """The expressions of an audit by data column.

    missing, infinite, huge: a number of rows. unseen: rows by level, from `unseen_rows`.
    """

    missing: dict[str, pl.Expr] = field(default_factory=dict)
    infinite: dict[str, pl.Expr] = field(default_factory=dict)
    huge: dict[str, pl.Expr] = field(default_factory=dict)
    unseen: dict[str, pl.Expr] = field(default_factory=dict)


class Term(ABC):
    """A term of a design, as learnt: a frozen dataclass whose fields are stored in the model."""

    __slots__ = ()

    @classmethod
    def inputs_of(cls, spec: Spec) -> Inputs:
        """The data columns to survey before terms of this kind can be learnt."""
        return Inputs()

    @classmethod
    @abstractmethod
    def learn(cls, training: Training) -> Sequence[Self]:
        """All terms of this kind that the spec asks for.

        Raises DataError or UsageError where the rows forbid one.
        """

    @property
    @abstractmethod
    def column_names(self) -> tuple[str, ...]:
        """The names of its m columns of X."""

    def names_beside(self, categoricals: Sequence[str]) -> tuple[str, ...]:
        """These names in a design with some categoricals, told apart from those of their levels."""
        return self.column_names

    @property
    @abstractmethod
    def inputs(self) -> Inputs:
        """The data columns it reads."""

    @abstractmethod
    def encoding(self, schema: pl.Schema) -> NumberColumns | LevelCodes:
        """Its columns of X, for rows of this schema that `refuse` has passed."""

    @abstractmethod
    def contribution(self, estimates: Sequence[float]) -> pl.Expr:
        """The sum of its columns times estimates, (m,); null for a value without a rule."""

    @property
    def replaces_missing(self) -> bool:
        """Whether it has a rule for a missing value; else such rows are refused."""
        return False

    @property
    def known_values(self) -> Mapping[str, tuple[str, ...]]:
        """By data column, the values that are seen if levels are read of it."""
        return {}

    def audit_counts(self) -> AuditCounts:
        """What is to be counted of its data columns: missing, infinite and huge values."""
        numbers, levels = self.inputs.numbers, self.inputs.levels
        values = {name: by_name(name).cast(pl.Float64) for name in numbers}
        return AuditCounts(
            missing={name: missing_values(name).sum() for name in numbers}
            | {name: by_name(name).is_null().sum() for name in levels},
            infinite={name: value.is_infinite().sum() for name, value in values.items()},
            huge={
                name: (value.is_finite() & (value.abs() > MAX_MAGNITUDE)).sum()
                for name, value in values.items()
            },
        )

    def refuse(self, audit: Audit) -> None:
        """Raises DataError if the rows hold infinite or huge numbers, or missing values without a
        rule.
        """
        for name in self.inputs.numbers:
            if name in audit.infinite:
                raise infinite_numbers_error(name, audit.infinite[name], f"{audit.rows:,} rows")
            if name in audit.huge:
                raise huge_numbers_error(name, audit.huge[name], f"{audit.rows:,} rows")
        for names, missing_error in (
            (self.inputs.numbers, missing_numbers_error),
            (self.inputs.levels, missing_levels_error),
        ):
            for name in names:
                if name in audit.missing and not self.replaces_missing:
                    raise missing_error(name, audit.missing[name], audit.rows)

    @property
    def units(self) -> tuple[Array, Array]:
        """Centers and scales of its columns, (m,) each: a column is (value - center) / scale."""
        m = len(self.column_names)
        return np.zeros(m), np.ones(m)

    def to_content(self) -> dict[str, Any]:
        """Its fields, JSON-ready."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """The inverse of `to_content`: JSON makes lists of tuples."""
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in content.items()
            }
        )


def infinite_numbers_error(name: str, infinite: int, where: str) -> DataError:
    """The error for infinite numbers. where: of how many rows, and which."""
    return DataError(
        f"column '{name}' is infinite in {infinite:,} of {where}; make these values missing or "
        "finite.",
        names={"column": name},
    )


def huge_numbers_error(name: str, huge: int, where: str) -> DataError:
    """The error for numbers beyond MAX_MAGNITUDE. where: of how many rows, and which."""
    return DataError(
        f"column '{name}' holds numbers beyond {MAX_MAGNITUDE:g} in {huge:,} of {where}, too "
        "large to be squared; make these values missing, or divide the column by a power of ten.",
        names={"column": name},
    )


def missing_numbers_error(name: str, missing: int, rows: int) -> DataError:
    """The error for missing numbers that no rule replaces."""
    return DataError(
        f"column '{name}' is missing in {missing:,} of {rows:,} rows; impute its missing "
        "numbers, or drop these rows.",
        reason=Reason.MISSING_NUMBERS,
        names={"column": name},
    )


def missing_levels_error(name: str, missing: int, rows: int) -> DataError:
    """The error for missing levels that no rule replaces."""
    return DataError(
        f"column '{name}' is missing in {missing:,} of {rows:,} rows; impute its missing "
        "values as a level, or drop these rows.",
        reason=Reason.MISSING_LEVELS,
        names={"column": name},
    )


def unseen_rows(text: pl.Expr, known: Sequence[str]) -> pl.Expr:
    """The texts neither known nor missing, each with its rows: for `AuditCounts.unseen`."""
    unseen = text.filter(~text.is_in(known)).alias("level")
    return unseen.value_counts(sort=True, name="rows").implode()
