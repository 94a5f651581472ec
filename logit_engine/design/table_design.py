"""A Design is how the columns of a table become X, in training and in scoring.

It holds the constant and the terms of X in order. `encode` gives the columns of a frame for a fit,
and `linear_predictor` the same sum as one Polars expression for a score. A design is learnt by
`logit_engine.design.learning`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from logit_engine.columns import Array, Columns, Constant, Coordinates, SideBySide
from logit_engine.design.lookalikes import lookalikes
from logit_engine.design.terms.base import Audit, AuditCounts, Term
from logit_engine.design.terms.categorical import Categorical
from logit_engine.design.terms.levels import POOLED_LEVEL
from logit_engine.design.terms.naming import INTERCEPT
from logit_engine.design.terms.registry import TERM_KINDS
from logit_engine.design.unseen import many_unseen_error
from logit_engine.errors import DataError, LogitEngineError, joint_error


@dataclass(frozen=True, slots=True)
class Design:
    """The terms of X after its constant, in order. p: the number of columns of X.

    dropped: columns of the terms that are no part of X, by their positions among these columns. A
    level whose column is dropped counts as the reference. Made by `learn`.
    """

    terms: tuple[Term, ...]
    dropped: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the p columns of X."""
        categoricals = [term.name for term in self.of_kind(Categorical)]
        names = [(term.names_beside(categoricals), kept) for term, kept in self._kept_by_term]
        return (INTERCEPT, *(own[j] for own, kept in names for j in kept))

    @property
    def groups(self) -> tuple[int, ...]:
        """A label per column of X, (p,): the columns of a term share one; the intercept has -1."""
        return (-1, *(i for i, (_, kept) in enumerate(self._kept_by_term) for _ in kept))

    @property
    def _kept_by_term(self) -> list[tuple[Term, list[int]]]:
        """Each term, and which of its columns are columns of X, by position."""
        found, at, dropped = [], 0, set(self.dropped)
        for term in self.terms:
            m = len(term.column_names)
            found.append((term, [j for j in range(m) if at + j not in dropped]))
            at += m
        return found

    def without(self, columns: Collection[str]) -> "Design":
        """The design without some columns of X. A term that keeps no column is left out."""
        names, columns = iter(self.names[1:]), set(columns)
        left = [
            (term, [j for j in kept if next(names) not in columns])
            for term, kept in self._kept_by_term
        ]
        terms, dropped, at = [], [], 0
        for term, kept in left:
            if kept:
                m = len(term.column_names)
                terms.append(term)
                dropped += [at + j for j in sorted({*range(m)}.difference(kept))]
                at += m
        return Design(tuple(terms), tuple(dropped))

    @property
    def data_columns(self) -> tuple[str, ...]:
        """The data columns it reads."""
        inputs = [term.inputs for term in self.terms]
        return tuple(dict.fromkeys(name for one in inputs for name in (*one.numbers, *one.levels)))

    @property
    def number_columns(self) -> tuple[str, ...]:
        """The data columns that must hold numbers."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.inputs.numbers))

    @property
    def units(self) -> Coordinates:
        """The change from coefficients of columns of X to coefficients in original units."""
        units = [(*term.units, kept) for term, kept in self._kept_by_term]
        center = np.concatenate([np.zeros(1), *(centers[kept] for centers, _, kept in units)])
        scale = np.concatenate([np.ones(1), *(scales[kept] for _, scales, kept in units)])
        return Coordinates(center, scale, 0, 1.0, np.zeros(center.size))

    def of_kind(self, kind: type[Term]) -> tuple[Any, ...]:
        """Its terms of one kind."""
        return tuple(term for term in self.terms if type(term) is kind)

    def ordered_levels(self, name: str) -> tuple[str, ...]:
        """A categorical's levels in order, its reference among them.

        Raises KeyError if it has no such term.
        """
        return self._categorical(name)[1].levels_in_order

    def level_positions(self, name: str) -> tuple[int, ...]:
        """Where in X the levels of `ordered_levels` stand; -1 for the reference."""
        at, term, kept = self._categorical(name)
        place = {term.columns[j]: at + i for i, j in enumerate(kept)}
        return tuple(place.get(level, -1) for level in term.levels_in_order)

    def _categorical(self, name: str) -> tuple[int, Categorical, list[int]]:
        """The categorical of that name, the position of its first column in X, and its columns."""
        at = 1
        for term, kept in self._kept_by_term:
            if isinstance(term, Categorical) and term.name == name:
                return at, term, kept
            at += len(kept)
        raise KeyError(name)

    def encode(self, frame: pl.DataFrame) -> Columns:
        """X of these rows: dense numbers in Fortran order, categoricals as codes.

        Raises DataError where a value is missing, infinite or unseen and the design has no rule for
        it.
        """
        self.check(frame.lazy())
        return self.columns(frame)

    def columns(self, frame: pl.DataFrame) -> Columns:
        """X of rows that `check` has passed."""
        parts: list[Columns] = [Constant(frame.height)]
        encodings: list[Any] = [
            term.encoding(frame.schema).select(kept) for term, kept in self._kept_by_term
        ]
        for encoding_type, run in groupby(encodings, key=lambda encoding: type(encoding)):
            parts += encoding_type.parts(frame, list(run))
        return SideBySide(tuple(parts))

    def linear_predictor(self, estimates: Array) -> pl.Expr:
        """x'theta as one expression, estimates (p,) on the scale of X; null if no rule applies."""
        values = iter(estimates.tolist())
        total = pl.lit(next(values))
        for term, kept in self._kept_by_term:
            own = [0.0] * len(term.column_names)
            for j in kept:
                own[j] = next(values)
            total = total + term.contribution(own)
        return total

    def predictors(self, frame: pl.DataFrame, estimates: Array) -> Array:
        """x'theta of the rows for one predictor, (n,), or for several one after another, (n, k).

        estimates: (p,) or (k p,), on the scale of X. Raises DataError as `check` does.
        """
        if frame.height:
            self.check(frame.lazy())
        return self.linear_predictors(frame, estimates)

    def linear_predictors(self, frame: pl.DataFrame, estimates: Array) -> Array:
        """`predictors` of rows whose check is the caller's: nan wherever a term has no rule."""
        by_predictor = estimates.reshape(-1, len(self.names))
        columns = frame.select(
            self.linear_predictor(theta).alias(str(i)) for i, theta in enumerate(by_predictor)
        ).to_numpy()
        # without terms all rows have the constant, and a literal is one row
        columns = np.broadcast_to(columns, (frame.height, columns.shape[1]))
        return np.asarray(columns[:, 0] if columns.shape[1] == 1 else columns)

    def check(self, frame: pl.LazyFrame) -> Audit:
        """Counts what the rows hold that is missing or unseen.

        Raises DataError if a term has no rule for it.
        """
        return self.refuse(self.audit(frame))

    def audit(self, frame: pl.LazyFrame) -> Audit:
        """Counts what the rows hold that is missing, infinite, huge or unseen."""
        wanted: dict[str, dict[str, pl.Expr]] = {what.name: {} for what in fields(AuditCounts)}
        for counts in (term.audit_counts() for term in self.terms):
            for what, expressions in wanted.items():
                expressions |= getattr(counts, what)
        select = {f"{what} {name}": e for what, of in wanted.items() for name, e in of.items()}
        row = frame.select(pl.len().alias("rows"), **select).collect().row(0, named=True)
        unseen = {
            name: levels
            for name in wanted.pop("unseen")
            if (levels := _level_counts(row[f"unseen {name}"]))
        }
        rows_by_column = {
            what: {name: n for name in of if (n := int(row[f"{what} {name}"]))}
            for what, of in wanted.items()
        }
        return Audit(int(row["rows"]), unseen=unseen, **rows_by_column)

    def refuse(self, audit: Audit) -> Audit:
        """The audit itself. Raises DataError with all that it counts and no term has a rule for."""
        problems: dict[str, LogitEngineError] = {}
        for term in self.terms:
            try:
                term.refuse(audit)
            except DataError as error:
                problems.setdefault(str(error), error)
        if problems:
            raise joint_error(list(problems.values()))
        return audit

    def refuse_unseen(self, audit: Audit, at_most: float) -> None:
        """Raises DataError for columns of which more than this share of the values are unseen."""
        known = self.known_values
        errors = [
            many_unseen_error(
                name, unseen, audit.rows - audit.missing.get(name, 0), known.get(name, ()), at_most
            )
            for name, unseen in audit.unseen.items()
        ]
        problems = [error for error in errors if error is not None]
        if problems:
            raise joint_error(problems)

    @property
    def known_values(self) -> dict[str, tuple[str, ...]]:
        """By data column that is read as levels, the values that are seen."""
        return {name: known for term in self.terms for name, known in term.known_values.items()}

    @property
    def pools(self) -> dict[str, tuple[str, ...]]:
        """By the name of a column of X that rare levels share, these levels."""
        found: dict[str, tuple[str, ...]] = {}
        for term in self.of_kind(Categorical):
            at, _, kept = self._categorical(term.name)
            places = [i for i, j in enumerate(kept) if term.columns[j] == POOLED_LEVEL]
            found |= {self.names[at + i]: term.pooled_levels for i in places}
        return found

    def lookalikes(self, unseen: Mapping[str, Iterable[str]]) -> dict[str, dict[str, str]]:
        """By data column, the unseen values that look like a known one, each with that one."""
        known = self.known_values
        alike = {name: lookalikes(values, known[name]) for name, values in unseen.items()}
        return {name: pairs for name, pairs in alike.items() if pairs}

    def to_content(self) -> dict[str, Any]:
        """JSON-ready content, the terms by kind; `from_content` is its inverse."""
        terms = {
            key: [term.to_content() for term in self.of_kind(kind)]
            for key, kind in TERM_KINDS.items()
        }
        return {"terms": terms, "dropped": list(self.dropped)}

    @staticmethod
    def from_content(content: Mapping[str, Any]) -> "Design":
        """The design of that content."""
        return Design(
            tuple(
                kind.from_content(one)
                for key, kind in TERM_KINDS.items()
                for one in content["terms"].get(key, ())
            ),
            tuple(content["dropped"]),
        )


def _level_counts(found: list[dict[str, Any]] | None) -> dict[str, int]:
    """Rows by level, from the lists that Polars makes of value counts."""
    return {str(one["level"]): int(one["rows"]) for one in found or ()}
