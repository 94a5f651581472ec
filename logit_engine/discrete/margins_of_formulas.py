"""Margins of a formula's variables: the total derivative of the probability in each variable.

statsmodels takes each column of the matrix separately, so that x and x**2 move apart.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.estimates import Estimates
from logit_engine.errors import UsageError
from logit_engine.inference.margins import (
    At,
    Effect,
    Margins,
    Step,
    center_at,
    refuse_steps,
    step_of,
)
from logit_engine.inference.margins_of_changes import Change, Place, margins_of_changes
from logit_engine.objective.sample import SampleLikelihood

if TYPE_CHECKING:
    import pandas as pd

    from logit_engine.design.formulas.changes import FormulaChanges, Variable
    from logit_engine.discrete.formulas import FormulaView

FixedValues = Mapping[str, object]  # one, or (n,), by column

BLOCK_ROWS = 2**15  # formulaic takes milliseconds for a matrix, however few its rows are


def has_variable_margins(design: "FormulaView | None", atexog: object, dummy: bool) -> bool:
    """Whether margins are of a formula's variables, not of columns.

    They are for terms of several columns, for atexog by variables, and for changes of categories.
    """
    if design is None or design.rows is None:
        return False
    names = design.spec.names
    columns = {*names, *range(len(names))}
    is_by_variable = isinstance(atexog, Mapping) and not set(atexog) <= columns
    changes = design.changes
    return is_by_variable or not changes.is_plain or (dummy and bool(changes.categorical))


def formula_margins(
    estimates: Estimates,
    at: At,
    effect: Effect,
    atexog: object,
    dummy: bool,
    count: bool,
) -> tuple[Margins, list[str]]:
    """The margins of a formula's variables, and the names of the variables.

    Raises UsageError as `margins` does, and for an atexog that names no variables.
    """
    sample, design = estimates.model.sample, estimates.model.design
    assert design is not None  # see `has_variable_margins`
    assert design.rows is not None
    changes, rows, weight = design.changes, design.rows, sample.weight
    with_weight = rows if weight is None or weight.all() else rows[weight > 0.0]
    variables = changes.variables(with_weight)
    steps = _discrete_steps(variables, with_weight, dummy, count)
    if steps or (dummy and any(v.column is None for v in variables)):
        refuse_steps(effect, at)
    fixed = _fixed_values(atexog, design, sample.y.size)
    of_variables = _VariableChanges(sample, changes, variables, steps, dummy)
    if at in (At.OVERALL, At.ALL):
        places: Iterable[Place] = of_variables.row_places(rows, fixed)
    else:
        places = [of_variables.center_place(rows, fixed, at)]
    found = margins_of_changes(
        estimates.model.likelihood,
        places,
        estimates.prediction_params,
        estimates.prediction_covariance,
        effect=effect,
        infinite=estimates.is_infinite,
        every=at is At.ALL,
    )
    return found, [v.name for v in variables]


def _discrete_steps(
    variables: "list[Variable]",
    rows: "pd.DataFrame",
    dummy: bool,
    count: bool,
) -> dict[str, Step]:
    """The steps of the variables that have a discrete change, by name."""
    steps = {}
    for variable in variables:
        if variable.column is not None:
            x = rows[variable.column].to_numpy(dtype=np.float64)
            step = step_of(x, dummy, count)
            if step is not None:
                steps[variable.name] = step
    return steps


@dataclass(frozen=True, slots=True)
class _VariableChanges:
    """How the rows of X change with each variable.

    changes: of the formula. steps: by the variable's name, of those with a discrete change. dummy:
    whether categories change from the reference to a level.
    """

    sample: SampleLikelihood
    changes: "FormulaChanges"
    variables: "list[Variable]"
    steps: Mapping[str, Step]
    dummy: bool

    def row_places(self, rows: "pd.DataFrame", fixed: FixedValues) -> Iterator[Place]:
        """The rows block by block, with the fixed values in place."""
        n, offset, weight = self.sample.y.size, self.sample.offset, self.sample.weight
        share = np.full(n, 1.0 / n) if weight is None else weight / weight.sum()
        rows = rows.assign(**fixed)
        for start in range(0, n, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            some = rows.iloc[block]
            offsets = None if offset is None else offset[block]
            found = map(partial(self._change_in_rows, some), self.variables)
            yield Place(self.changes.matrix(some), offsets, share[block], found)

    def center_place(self, rows: "pd.DataFrame", fixed: FixedValues, at: At) -> Place:
        """The one row of means, medians or zeros of the variables.

        Fixed values, or their centers, are in place.
        """
        center = center_at(at, self.sample.weight)
        center_of_fixed = center_at(At.MEAN, self.sample.weight) if at is At.ZERO else center
        held = {name: _center_value(value, center_of_fixed) for name, value in fixed.items()}
        rows, offset = rows.assign(**held), self.sample.offset
        constants = [name for name, value in held.items() if not np.ndim(value)]
        one, changes = self.changes.centered(rows, center, constants)
        X = changes.matrix(one)
        of_levels = {
            v.name: self._variable_values(rows, v) for v in self.variables if v.column is None
        }
        found = [
            self._change_of(
                changes,
                one,
                v,
                self._variable_values(one, v)
                if v.column
                else np.atleast_1d(center(of_levels[v.name])),
            )
            for v in self.variables
        ]
        offsets = None if offset is None or at is At.ZERO else np.asarray(center(offset))[None]
        return Place(X, offsets, np.ones(1), found)

    def _change_in_rows(self, rows: "pd.DataFrame", variable: "Variable") -> Change:
        return self._change_of(self.changes, rows, variable, self._variable_values(rows, variable))

    def _variable_values(self, rows: "pd.DataFrame", variable: "Variable") -> Array:
        """The variable's values, of a level 1 and 0, (n,)."""
        if variable.column is None:
            return np.asarray(self.changes.where(rows, variable))
        return np.asarray(rows[variable.column].to_numpy(dtype=np.float64))

    def _change_of(
        self,
        changes: "FormulaChanges",
        rows: "pd.DataFrame",
        variable: "Variable",
        x: Array,
    ) -> Change:
        """How rows change with a variable of values x, (n,)."""
        if variable.column is None and self.dummy:
            low = changes.at_level(rows, variable, variable.reference)
            high = changes.at_level(rows, variable, variable.level)
            return Change(x, None, low, high)
        if variable.name not in self.steps or variable.column is None:
            return Change(x, changes.slope(rows, variable))
        step = self.steps[variable.name]
        low = changes.at_value(rows, variable.column, step.keep * x + step.low)
        high = changes.at_value(rows, variable.column, step.keep * x + step.high)
        return Change(x, None, low, high, step.high - step.low)


def _center_value(value: Any, center: Callable[[Array], Array]) -> Any:
    """A value for each row as one value at the center; categories stay as they are."""
    is_numeric = np.ndim(value) and value.dtype.kind in "biuf"
    return float(center(np.asarray(value, dtype=np.float64))) if is_numeric else value


def _fixed_values(atexog: object, design: "FormulaView", n: int) -> FixedValues:
    """Values in place of those of the data's columns, by column: one, or (n,).

    atexog: a mapping by a column's name, or by the position of a column of exog that is a column of
    the data. Raises UsageError for anything else.
    """
    if atexog is None:
        return {}
    names, columns = list(design.spec.names), list(design.spec.columns)
    if not isinstance(atexog, Mapping):
        raise UsageError(
            f"atexog of a formula's margins names variables, as in {{'{columns[0]}': ...}}; "
            "an array of exog's columns would tear their terms apart."
        )
    found: dict[str, object] = {}
    for key, given in atexog.items():
        is_position = isinstance(key, int | np.integer) and 0 <= key < len(names)
        name = names[int(key)] if is_position else key
        if name not in columns:
            raise UsageError(
                f"atexog: {name!r} is no variable of the formula: {', '.join(columns)}."
            )
        if np.ndim(given) and len(given) != n:
            raise UsageError(
                f"atexog '{name}' has {len(given):,} values; give one, or one for each of the "
                f"{n:,} rows."
            )
        found[name] = np.asarray(given) if np.ndim(given) else given
    return found
