"""Margins of a formula's variables: the total derivative, where statsmodels takes each column of the matrix for itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.inference.margins import At, Effect, Margins, Step, center_at, refuse_steps, step_of
from logit_engine.inference.margins_of_changes import Change, Place, margins_of_changes
from logit_engine.objective.sample import Sample

BLOCK_ROWS = 2**15  # formulaic takes milliseconds for a matrix of however few rows


def wants_variables(design: Any, atexog: Any, dummy: bool) -> bool:
    """Whether margins are of variables, not of columns: for terms of more than a column, and for changes of categories."""
    if design is None or design.rows is None:
        return False
    names = design.spec.names
    by_variable = isinstance(atexog, Mapping) and not set(atexog) <= {*names, *range(len(names))}
    return by_variable or not design.changes.is_plain or (dummy and bool(design.changes.categorical))


def formula_margins(
    results: Any, at: At, effect: Effect, atexog: Any, dummy: bool, count: bool
) -> tuple[Margins, list[str]]:
    """The effects of a formula's variables, and their names. Raises UsageError as `margins` does, and for atexog."""
    sample, design = results.model.sample, results.model.design
    seen = design.rows if sample.weight is None or sample.weight.all() else design.rows[sample.weight > 0.0]
    variables = design.changes.variables(seen)
    numbers = {v.name: seen[v.column].to_numpy(dtype=np.float64) for v in variables if v.column is not None}
    steps = {name: step for name, x in numbers.items() if (step := step_of(x, dummy, count)) is not None}
    if steps or (dummy and any(v.column is None for v in variables)):
        refuse_steps(effect, at)
    asked = _Asked(sample, design.changes, variables, steps, dummy)
    fixed = _fixed(atexog, design, sample.y.size)
    found = margins_of_changes(
        results.model.likelihood,
        asked.places(design.rows, fixed) if at in (At.OVERALL, At.ALL) else [asked.center(design.rows, fixed, at)],
        results._at,
        results._known,
        effect=effect,
        infinite=results._are_infinite,
        every=at is At.ALL,
    )
    return found, [v.name for v in variables]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which changes of which variables; changes: the learnt formula, steps: by name, dummy: whether categories step."""

    sample: Sample
    changes: Any
    variables: list[Any]
    steps: Mapping[str, Step]
    dummy: bool

    def places(self, rows: Any, fixed: Mapping[str, Any]) -> Iterator[Place]:
        """The rows block by block, with the fixed values in place."""
        n, offset, weight = self.sample.y.size, self.sample.offset, self.sample.weight
        share = np.full(n, 1.0 / n) if weight is None else weight / weight.sum()
        rows = rows.assign(**fixed)
        for start in range(0, n, BLOCK_ROWS):
            b = slice(start, start + BLOCK_ROWS)
            some, shift = rows.iloc[b], None if offset is None else offset[b]
            found = map(partial(self._change_of, some), self.variables)
            yield Place(self.changes.matrix(some), shift, share[b], found)

    def _change_of(self, rows: Any, variable: Any) -> Change:
        return self._change(self.changes, rows, variable, self._own(rows, variable))

    def center(self, rows: Any, fixed: Mapping[str, Any], at: At) -> Place:
        """The one row of means, medians or zeros of the variables, with the fixed values, or their centers, in place."""
        center = center_at(at, self.sample.weight)
        middle = center_at(At.MEAN, self.sample.weight) if at is At.ZERO else center
        plain = {name: _centered(value, middle) for name, value in fixed.items()}
        rows, offset = rows.assign(**plain), self.sample.offset
        one, changes = self.changes.centered(
            rows, center, [name for name, value in plain.items() if not np.ndim(value)]
        )
        X = changes.matrix(one)
        whole = {v.name: self._own(rows, v) for v in self.variables if v.column is None}
        found = [
            self._change(changes, one, v, self._own(one, v) if v.column else np.atleast_1d(center(whole[v.name])))
            for v in self.variables
        ]
        shift = None if offset is None or at is At.ZERO else center(offset)[None]
        return Place(X, shift, np.ones(1), found)

    def _own(self, rows: Any, variable: Any) -> Array:
        """The variable's own values, of a level 1 and 0, (n,)."""
        if variable.column is None:
            return np.asarray(self.changes.where(rows, variable))
        return np.asarray(rows[variable.column].to_numpy(dtype=np.float64))

    def _change(self, changes: Any, rows: Any, variable: Any, x: Array) -> Change:
        """How rows change with a variable of values x, (n,)."""
        if variable.column is None and self.dummy:
            low, high = (changes.at_level(rows, variable, level) for level in (variable.reference, variable.level))
            return Change(x, None, low, high)
        if variable.name not in self.steps:
            return Change(x, changes.slope(rows, variable))
        step = self.steps[variable.name]
        low, high = (changes.at_value(rows, variable.column, step.keep * x + to) for to in (step.low, step.high))
        return Change(x, None, low, high, step.high - step.low)


def _centered(value: Any, center: Callable[[Array], Array]) -> Any:
    """A value for each row as one of the center; categories stay as they are."""
    return (
        float(center(np.asarray(value, dtype=np.float64))) if np.ndim(value) and value.dtype.kind in "biuf" else value
    )


def _fixed(atexog: Any, design: Any, n: int) -> dict[str, Any]:
    """Values by the data's column, of a mapping by its name, or by the position of an exog column that is one.

    Raises UsageError for anything else.
    """
    if atexog is None:
        return {}
    names, columns = list(design.spec.names), list(design.spec.columns)
    if not isinstance(atexog, Mapping):
        raise UsageError(
            f"atexog of a formula's margins names variables, as in {{'{columns[0]}': ...}}; an array of exog's columns "
            "would tear their terms apart."
        )
    found: dict[str, Any] = {}
    for key, given in atexog.items():
        name = names[key] if isinstance(key, int | np.integer) and 0 <= key < len(names) else key
        if name not in columns:
            raise UsageError(f"atexog: {name!r} is no variable of the formula: {', '.join(columns)}.")
        if np.ndim(given) and len(given) != n:
            raise UsageError(f"atexog '{name}' has {len(given):,} values; give one, or one for each of the {n:,} rows.")
        found[name] = np.asarray(given) if np.ndim(given) else given
    return found
