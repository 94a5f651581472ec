"""A numeric column: (x - center) / scale, and what replaces a missing x."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.design.spec import Impute, Normalize, Spec
from logit_engine.design.survey import NumberSummary, column_values
from logit_engine.design.terms.base import (
    Inputs,
    NumberColumns,
    Term,
    Training,
    missing_numbers_error,
)
from logit_engine.design.terms.naming import column_text, names_apart
from logit_engine.errors import DataError, Reason
from logit_engine.rows.frame_columns import by_name


@dataclass(frozen=True, slots=True)
class Numeric(Term):
    """(x - center) / scale; fill: what replaces a missing x (None: a missing x is an error)."""

    name: str
    fill: float | None
    center: float
    scale: float

    @classmethod
    def inputs_of(cls, spec: Spec) -> Inputs:
        """The numeric columns."""
        return Inputs(numbers=spec.numeric)

    @classmethod
    def learn(cls, training: Training) -> Sequence[Self]:
        """One term for each numeric column."""
        return training.by_column(training.spec.numeric, cls._learn_column)

    @classmethod
    def _learn_column(cls, training: Training, name: str) -> Self | None:
        found = _fill_center_scale(training, name)
        return None if found is None else cls(name, *found)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The column's own name, in backquotes where it could be read as another term."""
        return (column_text(self.name),)

    def names_beside(self, categoricals: Sequence[str]) -> tuple[str, ...]:
        """In backquotes where the column's name begins like a level of one of these."""
        return names_apart(self.column_names, self.name, categoricals)

    @property
    def inputs(self) -> Inputs:
        """The column, read as numbers."""
        return Inputs(numbers=(self.name,))

    @property
    def replaces_missing(self) -> bool:
        """Whether there is a fill."""
        return self.fill is not None

    @property
    def units(self) -> tuple[Array, Array]:
        """Its center and scale, (1,) each."""
        return np.array([self.center]), np.array([self.scale])

    def encoding(self, schema: pl.Schema) -> NumberColumns:
        """The column as it is in X; it stays in single precision if nothing is done to it."""
        unchanged = (self.center, self.scale) == (0.0, 1.0)
        if unchanged and self.fill is None and schema[self.name] == pl.Float32:
            return NumberColumns((by_name(self.name),))
        value = by_name(self.name).cast(pl.Float64) if self.fill is None else self._filled_value()
        return NumberColumns((value if unchanged else (value - self.center) / self.scale,))

    def contribution(self, estimates: Sequence[float]) -> pl.Expr:
        """(x - center) * (estimate / scale)."""
        return (self._filled_value() - self.center) * (estimates[0] / self.scale)

    def _filled_value(self) -> pl.Expr:
        """The value before center and scale: null where it is missing and there is no fill."""
        value = by_name(self.name).cast(pl.Float64).fill_nan(None)
        return value if self.fill is None else value.fill_null(self.fill)


def _fill_center_scale(training: Training, name: str) -> tuple[float | None, float, float] | None:
    """Fill, center and scale of a column; the fill counts as a value of the rows that lack one.

    None if the column is constant and to be dropped.
    """
    spec, numbers = training.spec, training.survey.numbers[name]
    if numbers.present == 0:
        training.drop_constant(name, f"is missing in all {numbers.rows:,} training rows")
        return None
    needs_values = spec.impute_numeric is Impute.MEDIAN or spec.normalize is Normalize.ROBUST
    x = column_values(training.rows, name) if needs_values else np.empty(0)
    fill = _fill(x, numbers, spec)
    if numbers.missing:
        if fill is None:
            raise missing_numbers_error(name, numbers.missing, numbers.rows)
        training.note(
            name,
            f"{numbers.missing:,} of {numbers.rows:,} values were missing and became "
            f"{fill:.6g} ({spec.impute_numeric}).",
        )
        numbers = numbers.filled(fill)
        x[np.isnan(x)] = fill
    if numbers.low == numbers.high:
        clause = f"is {numbers.low:g} in all {numbers.rows:,} training rows"
        training.drop_constant(name, clause)
        return None
    return fill, *_center_scale(x, numbers, spec.normalize, name)


def _fill(x: Array, numbers: NumberSummary, spec: Spec) -> float | None:
    match spec.impute_numeric:
        case Impute.MEAN:
            return numbers.mean
        case Impute.MEDIAN:
            return float(np.nanmedian(x))
        case Impute.CONSTANT:
            return spec.constant
    return None


def _center_scale(
    x: Array, numbers: NumberSummary, normalize: Normalize, name: str
) -> tuple[float, float]:
    match normalize:
        case Normalize.STANDARD:
            center, scale = numbers.mean, math.sqrt(numbers.square / numbers.rows)
        case Normalize.MINMAX:
            center, scale = numbers.low, numbers.high - numbers.low
        case Normalize.ROBUST:
            first, center, third = (float(q) for q in np.percentile(x, [25, 50, 75]))
            scale = third - first
            if scale == 0.0 and numbers.low < numbers.high:
                raise DataError(
                    f"column '{name}' has the same first and third quartile ({first:g}), so "
                    "Normalize.ROBUST has no scale for it; use STANDARD or MINMAX.",
                    reason=Reason.NO_ROBUST_SCALE,
                    names={"column": name},
                )
        case _:
            center, scale = 0.0, 1.0
    return center, scale
