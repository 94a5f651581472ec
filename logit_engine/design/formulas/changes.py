"""How the matrix of a formula changes with its variables: along a number, or between levels.

A variable is a column of numbers that the formula reads, wherever it stands, or a level of a
categorical factor against the factor's first one. Along a number the matrix moves by the product
rule: for each factor that reads the column, the terms of this factor with its slope
(`derivatives.py`) in its place. Categorical factors are held along a number, as they do not move
but in jumps, and numbers along a level.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from formulaic.parser.types import Factor

from logit_engine.columns import Array
from logit_engine.design.formulas.derivatives import expression_slope
from logit_engine.design.formulas.matrices import (
    NO_HELD_FACTORS,
    HeldFactors,
    factor_columns,
    held_matrix,
)
from logit_engine.errors import DataError


@dataclass(frozen=True, slots=True)
class Variable:
    """What an effect is of.

    name: in tables; column: of numbers; else a level against a reference: of a column of
    categories, which all factors that read it follow (`categories`), or of a factor such as I(x >
    3) alone.
    """

    name: str
    column: str | None = None
    categories: str | None = None
    factor: str = ""
    level: Any = None
    reference: Any = None


@dataclass(frozen=True, slots=True)
class FormulaChanges:
    """A learnt formula by its variables. spec: a `FormulaSpec`; held: factors held throughout."""

    spec: Any
    held: HeldFactors = field(default=NO_HELD_FACTORS)

    def _factors(self, kind: Factor.Kind) -> list[str]:
        """The texts of the factors of a kind, in the order of their columns."""
        found = dict.fromkeys(f.expr for term in self.spec.model.term_indices for f in term.factors)
        states = self.spec.model.encoder_state
        return [expr for expr in found if expr in states and states[expr][0] is kind]

    @property
    def numeric(self) -> dict[str, tuple[str, ...]]:
        """The numeric factors, with the columns that each reads."""
        return {
            expr: factor_columns(expr, self.spec.columns)
            for expr in self._factors(Factor.Kind.NUMERICAL)
        }

    @property
    def categorical(self) -> dict[str, tuple[str, ...]]:
        """The categorical factors, with the columns that each reads."""
        return {
            expr: factor_columns(expr, self.spec.columns)
            for expr in self._factors(Factor.Kind.CATEGORICAL)
        }

    @property
    def is_plain(self) -> bool:
        """Whether each column of the matrix is a data column, or codes a single category."""
        terms = [
            [f.expr for f in t.factors if f.expr in self.spec.model.encoder_state]
            for t in self.spec.model.term_indices
        ]
        return all(len(term) <= 1 for term in terms) and all(
            columns == (expr,) for expr, columns in self.numeric.items()
        )

    def variables(self, rows: pd.DataFrame) -> list[Variable]:
        """All that vary, in the order of the matrix's columns."""
        found: dict[str, Variable] = {}
        numeric, categorical = self.numeric, self.categorical
        for expr in self._factors_in_order():
            for column in numeric.get(expr, ()):
                if pd.api.types.is_numeric_dtype(rows[column]) and not pd.api.types.is_bool_dtype(
                    rows[column]
                ):
                    varies = rows[column].nunique() > 1
                    found |= (
                        {column: Variable(column, column)} if varies and column not in found else {}
                    )
                elif (column,) not in categorical.values():
                    levels = sorted(rows[column].unique())
                    found |= {v.name: v for v in _against_reference(levels, column, "", column)}
            if expr in categorical:
                found |= {v.name: v for v in self._levels(expr, rows) if v.name not in found}
        return list(found.values())

    def _factors_in_order(self) -> list[str]:
        """The texts of the factors by the first column of X that they are in."""
        position = {column: i for i, column in enumerate(self.spec.chosen)}
        first: dict[str, int] = {}
        for term, at in self.spec.model.term_indices.items():
            places = [position[column] for column in at if column in position]
            for factor in term.factors if places else ():
                first[factor.expr] = min(places[0], first.get(factor.expr, places[0]))
        return sorted(first, key=lambda expr: first[expr])

    def _levels(self, factor: str, rows: pd.DataFrame) -> list[Variable]:
        """The levels of a factor without its reference.

        That is the level that treatment coding leaves out, else the first.
        """
        levels = list(self.spec.model.encoder_state[factor][1]["categories"])
        printed = {part for name in self.spec.names for part in name.split(":")}
        coded = [level for level in levels if f"{factor}[T.{level}]" in printed]
        levels = [*(level for level in levels if level not in coded), *coded] if coded else levels
        columns = self.categorical[factor]
        own = len(columns) == 1 and set(levels) <= set(rows[columns[0]].unique())
        return _against_reference(levels, factor, factor, columns[0] if own else None, bool(coded))

    def matrix(self, rows: pd.DataFrame, held: HeldFactors | None = None) -> Array:
        """X of complete rows, (n, p)."""
        return held_matrix(self.spec.model, rows, self.held if held is None else held)[0][
            :, self.spec.chosen
        ]

    def slope(self, rows: pd.DataFrame, variable: Variable) -> Array:
        """dX/dx of a number x, or what a level has beyond its reference, (n, p)."""
        if variable.column is None:
            return self.at_level(rows, variable, variable.level) - self.at_level(
                rows, variable, variable.reference
            )
        model = self.spec.model
        out = np.zeros((len(rows), len(model.column_names)))
        for expr, columns in self.numeric.items():
            if variable.column not in columns:
                continue
            own = (
                expression_slope(expr, variable.column, rows, model.transform_state)
                if columns != (expr,)
                else None
            )
            own = np.ones(len(rows)) if own is None else own
            bad = ~np.isfinite(own if own.ndim == 1 else own.sum(axis=1))
            if bad.any():
                raise DataError(
                    f"the derivative of '{expr}' in '{variable.column}' is not finite in "
                    f"{bad.sum():,} of {bad.size:,} rows "
                    f"(first: row {rows.index[bad.argmax()]}); there is no effect of "
                    f"'{variable.column}' there."
                )
            moved = held_matrix(model, rows, replace(self.held, slopes={expr: own}))[0]
            for term, at in model.term_indices.items():
                if expr in (f.expr for f in term.factors):
                    out[:, at] += moved[:, at]
        return out[:, self.spec.chosen]

    def at_level(self, rows: pd.DataFrame, variable: Variable, level: Any) -> Array:
        """X with a category at a level in every row, (n, p)."""
        if variable.categories is None:
            codes = {
                key: code for key, code in self.held.codes.items() if key[0] != variable.factor
            }
            return self.matrix(
                rows, replace(self.held, levels={variable.factor: level}, codes=codes)
            )
        reading = {
            expr for expr, columns in self.categorical.items() if variable.categories in columns
        }
        codes = {key: code for key, code in self.held.codes.items() if key[0] not in reading}
        return self.matrix(
            rows.assign(**{variable.categories: level}), replace(self.held, codes=codes)
        )

    def at_value(self, rows: pd.DataFrame, column: str, values: Any) -> Array:
        """X with other values of a column of numbers, (n, p)."""
        return self.matrix(rows.assign(**{column: values}))

    def where(self, rows: pd.DataFrame, variable: Variable) -> Array:
        """1 where a row is at the variable's level, else 0, (n,)."""
        if variable.categories is not None:
            values: Any = rows[variable.categories]
        else:
            values = (
                held_matrix(self.spec.model, rows, NO_HELD_FACTORS)[1]
                .factor_cache[variable.factor]
                .values
            )
        return np.asarray(
            np.asarray(getattr(values, "__wrapped__", values)) == variable.level, dtype=np.float64
        )

    def centered(
        self, rows: pd.DataFrame, center: Callable[[Array], Array], fixed: Collection[str]
    ) -> tuple[pd.DataFrame, "FormulaChanges"]:
        """One row at the center of the rows: numbers and codes of categories at their centers.

        fixed: columns that keep the value they have in rows, the same in all.
        """
        one = rows.iloc[[0]].copy()
        for column in dict.fromkeys(
            column for columns in self.numeric.values() for column in columns
        ):
            if column not in fixed:
                one[column] = float(center(rows[column].to_numpy(dtype=np.float64)))
        made = held_matrix(self.spec.model, rows, NO_HELD_FACTORS)[1]
        codes = {}
        for (expr, reduced), columns in made.codings.items():
            if not set(self.categorical[expr]) & set(fixed):
                codes[expr, reduced] = {
                    name: float(center(np.asarray(c, dtype=np.float64)))
                    for name, c in columns.items()
                }
        return one, replace(self, held=replace(self.held, codes=codes))


def _against_reference(
    levels: list[Any], title: str, factor: str, column: str | None, treated: bool = True
) -> list[Variable]:
    """All levels but the first, each against it."""
    mark = "T." if treated else ""
    return [
        Variable(f"{title}[{mark}{level}]", None, column, factor, level, levels[0])
        for level in levels[1:]
    ]
