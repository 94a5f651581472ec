"""Marginal effects: what a change of a column does to the probabilities, with standard errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.inference.delta import (
    delta_covariance,
    row_blocks,
    standard_errors,
    two_sided_p_values,
    wald_interval,
    weighted_sums,
)
from logit_engine.inference.response import (
    linear_predictors,
    response_count,
    response_curvature,
    response_slope,
    response_value,
)
from logit_engine.likelihoods import Likelihood

# Rows, their offsets, and the share of each in the average.
Part = tuple[Array, Array | None, Array]


class At(StrEnum):
    """Where: averaged over the rows, at one row of means, medians or zeros, or at every row."""

    OVERALL = "overall"
    MEAN = "mean"
    MEDIAN = "median"
    ZERO = "zero"
    ALL = "all"


class Effect(StrEnum):
    """Of what on what: the probability or its logarithm (ey), the column or its logarithm (ex)."""

    DYDX = "dydx"
    EYEX = "eyex"
    DYEX = "dyex"
    EYDX = "eydx"

    @property
    def log_y(self) -> bool:
        """Whether it is of the logarithm of the probability."""
        return self.startswith("ey")

    @property
    def log_x(self) -> bool:
        """Whether it is in the logarithm of the column."""
        return self.endswith("ex")


@dataclass(frozen=True, slots=True)
class Step:
    """A discrete change of a column x, from keep x + low to keep x + high.

    Its effect is counted per unit.
    """

    keep: float
    low: float
    high: float


SWITCH_STEP, COUNT_STEP = Step(0.0, 0.0, 1.0), Step(1.0, -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Margins:
    """Effects of m columns on C probabilities.

    effects: (m, C), or (n, m, C) at every row, then without inference. columns: (m,), positions in
    X. covariance: (m C, m C), all columns of one probability after another. df: of Student's t, or
    None for the normal distribution.
    """

    effects: Array
    columns: NDArray[np.intp]
    covariance: Array | None
    df: float | None = None

    @property
    def std_errors(self) -> Array:
        """(m, C). Raises UsageError for effects at every row."""
        if self.covariance is None:
            raise UsageError(
                "effects at every row have no standard errors; choose at='overall' or one row."
            )
        return standard_errors(np.diagonal(self.covariance)).reshape(self.effects.shape[::-1]).T

    @property
    def z(self) -> Array:
        """Effects over their standard errors, (m, C)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.effects / self.std_errors

    @property
    def p_values(self) -> Array:
        """Two-sided p-values of z, (m, C)."""
        return two_sided_p_values(self.z, self.df)

    def interval(self, level: float = 0.95) -> Array:
        """Wald intervals, (m, C, 2). Raises UsageError unless 0 < level < 1."""
        return wald_interval(self.effects, self.std_errors, level, self.df)


def given_effects(effects: Array, covariance: Array, separated: bool) -> Array:
    """The effects, (m, C), nan where they rest on an infinite estimate of a separated fit.

    There the variance is nan too. covariance: (m C, m C).
    """
    rest = np.isnan(np.diagonal(covariance)).reshape(effects.shape[::-1]).T
    return np.where(rest & separated, np.nan, effects)


def margins(
    likelihood: Likelihood,
    X: Array,
    params: Array,
    covariance: Array,
    *,
    offset: Array | None = None,
    weight: Array | None = None,
    at: At = At.OVERALL,
    effect: Effect = Effect.DYDX,
    fixed: Mapping[int, Array | float] | None = None,
    dummy: bool = False,
    count: bool = False,
    infinite: NDArray[np.bool_] | None = None,
) -> Margins:
    """Effects of every column of X, (n, p), that is not constant. covariance: of params, (k p,).

    offset, weight: (n,); a row counts weight times, and one of weight zero is not there. fixed:
    values of some columns for all rows. dummy: columns of zeros and ones change from 0 to 1; count:
    those of whole numbers from one less to one more. infinite: (k p,), which params have no finite
    estimate: effects along them are nan, but a discrete change has a limit. At the mean and the
    median the offset is at its own, at zero it is zero. Raises UsageError for a discrete change in
    the logarithm of the column, or at the median or zero. Greene (2018), 17.3.
    """
    seen = X if weight is None or weight.all() else X[weight > 0.0]
    varies = (seen[:1] != seen).any(axis=0)
    columns = np.flatnonzero(varies)
    steps = _column_steps(seen, columns, dummy, count)
    if steps:
        refuse_steps(effect, at)
    lacks_limit = _lacks_limit(infinite, X.shape[1], columns, steps)
    separated = infinite is not None and bool(infinite.any())
    fitted = _ColumnEffects(likelihood, params, effect, columns, steps, lacks_limit, separated)
    if at not in (At.OVERALL, At.ALL):
        zero = np.where(varies, 0.0, seen[0]) if at is At.ZERO else None
        return fitted.average(
            iter([_center_point(X, offset, weight, fixed or {}, at, zero)]), covariance
        )
    parts = _row_parts(X, offset, weight, fixed or {}, row_blocks(X.shape[0], fitted.width))
    return fitted.by_row(parts, X.shape[0]) if at is At.ALL else fitted.average(parts, covariance)


def _column_steps(X: Array, columns: NDArray[np.intp], dummy: bool, count: bool) -> dict[int, Step]:
    """The steps of the columns that change by steps, by position among the columns."""
    found = {
        position: step_of(X[:, j], dummy, count) for position, j in enumerate(columns.tolist())
    }
    return {position: step for position, step in found.items() if step is not None}


def _lacks_limit(
    infinite: NDArray[np.bool_] | None, p: int, columns: NDArray[np.intp], steps: Mapping[int, Step]
) -> NDArray[np.bool_]:
    """Which columns have effects without a limit, (m,): slopes along infinite estimates."""
    if infinite is None:
        return np.zeros(columns.size, dtype=bool)
    lacks_limit = np.asarray(infinite.reshape(-1, p).any(axis=0))[columns]
    lacks_limit[list(steps)] = False
    return lacks_limit


def step_of(x: Array, dummy: bool, count: bool) -> Step | None:
    """The step by which a column of whole numbers changes; None if it changes smoothly."""
    if not (dummy or count) or x.min() < 0.0 or not (x == np.floor(x)).all():
        return None
    binary = x.min() == 0.0 and x.max() == 1.0
    return (SWITCH_STEP if dummy else None) if binary else (COUNT_STEP if count else None)


def refuse_steps(effect: Effect, at: At) -> None:
    """Raises UsageError for steps in the logarithm of a column, or at the median or zero."""
    if effect.log_x or at in (At.MEDIAN, At.ZERO):
        what = f"method {effect}" if effect.log_x else f"at {at}"
        raise UsageError(
            f"{what} makes no sense for a change of a whole number; leave out dummy and count, or "
            "choose dydx."
        )


def center_at(at: At, weight: Array | None) -> Callable[[Array], Array]:
    """The function from values, (n, ...), to their mean, median or zero over the first axis."""
    if at is At.ZERO:
        return lambda values: np.zeros(values.shape[1:])
    return partial(_column_medians if at is At.MEDIAN else _column_means, weight=weight)


def _row_parts(
    X: Array,
    offset: Array | None,
    weight: Array | None,
    fixed: Mapping[int, Array | float],
    blocks: Iterable[slice],
) -> Iterator[Part]:
    """The rows block by block, with the fixed values in place."""
    n = X.shape[0]
    share = np.broadcast_to(1.0 / n, n) if weight is None else weight / weight.sum()
    values = {j: np.broadcast_to(np.asarray(v, dtype=np.float64), n) for j, v in fixed.items()}
    for b in blocks:
        rows = X[b].copy() if fixed else X[b]
        for j, v in values.items():
            rows[:, j] = v[b]
        yield rows, None if offset is None else offset[b], share[b]


def _center_point(
    X: Array,
    offset: Array | None,
    weight: Array | None,
    fixed: Mapping[int, Array | float],
    at: At,
    zero: Array | None,
) -> Part:
    """The one row of means or medians, or the given row `zero`, with the fixed values in place."""
    center = _column_medians if at is At.MEDIAN else _column_means
    row = center(X, weight) if zero is None else zero
    for j, v in fixed.items():
        values = np.asarray(v, dtype=np.float64)
        row[j] = center(values, weight) if values.ndim else values
    shift = None if offset is None or zero is not None else center(offset, weight)[None]
    return row[None], shift, np.ones(1)


def _column_means(values: Array, weight: Array | None) -> Array:
    return np.asarray(values.mean(axis=0) if weight is None else weight @ values / weight.sum())


def _column_medians(values: Array, weight: Array | None) -> Array:
    """The median of each column; rows of weight two count twice."""
    columns = values.reshape(values.shape[0], -1).T
    if weight is None:
        found = [float(np.median(column)) for column in columns]
    else:
        found = [_weighted_median(column, weight) for column in columns]
    return np.array(found).reshape(values.shape[1:])


def _weighted_median(values: Array, weight: Array) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    half = 0.5 * reached[-1]
    low, high = np.searchsorted(reached, half), np.searchsorted(reached, half, side="right")
    return float(0.5 * (values[order[low]] + values[order[high]]))


@dataclass(frozen=True, slots=True)
class _ColumnEffects:
    """The effects of m columns on C probabilities, at the estimates of a fit.

    steps: by position among the columns. lacks_limit: (m,), whose effects have no limit. separated:
    whether some params have no finite estimate.
    """

    likelihood: Likelihood
    params: Array
    effect: Effect
    columns: NDArray[np.intp]
    steps: Mapping[int, Step]
    lacks_limit: NDArray[np.bool_]
    separated: bool

    @property
    def width(self) -> int:
        """How many numbers a row needs."""
        return (
            response_count(self.likelihood) * self.columns.size * self.likelihood.outputs
            + self.params.size
        )

    def average(self, parts: Iterator[Part], covariance: Array) -> Margins:
        """The sum of the effects over all rows by their shares, with its covariance."""
        m, k, classes = self.columns.size, self.likelihood.outputs, response_count(self.likelihood)
        mean, jacobian = np.zeros((m, classes)), np.zeros((classes, m, k, self.params.size // k))
        for X, offset, share in parts:
            mean += np.tensordot(share, self.effects(X, offset), 1)
            jacobian += self.jacobian(X, offset, share)
        jacobian[:, self.lacks_limit] = np.nan
        J = jacobian.reshape(classes * m, self.params.size)
        V = delta_covariance(J, covariance, self.params)
        return Margins(given_effects(mean, V, self.separated), self.columns, V)

    def by_row(self, parts: Iterable[Part], n: int) -> Margins:
        """The effects at every row, without inference."""
        effects = np.empty((n, self.columns.size, response_count(self.likelihood)))
        start = 0
        for X, offset, _ in parts:
            effects[start : start + X.shape[0]] = self.effects(X, offset)
            start += X.shape[0]
        return Margins(effects, self.columns, None)

    def effects(self, X: Array, offset: Array | None) -> Array:
        """The effect of each column at each row, (n, m, C)."""
        theta = self.params.reshape(self.likelihood.outputs, -1)[:, self.columns]
        out = np.swapaxes(
            response_slope(self.likelihood, self._predictors(X, offset), self.effect.log_y) @ theta,
            1,
            2,
        )
        out[:, self.lacks_limit] = np.nan
        if self.effect.log_x:
            return np.asarray(out * X[:, self.columns, None])
        for position, sign, moved in self._moved_rows(X):
            after = response_value(
                self.likelihood, self._predictors(moved, offset), self.effect.log_y
            )
            out[:, position] = sign * after if sign > 0.0 else out[:, position] + sign * after
        return out

    def jacobian(self, X: Array, offset: Array | None, share: Array) -> Array:
        """The derivative of `average` in the parameters: the part of these rows, (C, m, k, p)."""
        theta = self.params.reshape(self.likelihood.outputs, -1)[:, self.columns]
        eta, log = self._predictors(X, offset), self.effect.log_y
        first, second = (
            response_slope(self.likelihood, eta, log),
            response_curvature(self.likelihood, eta, theta, log),
        )
        scale = np.broadcast_to(share[:, None], (share.size, self.columns.size))
        if self.effect.log_x:
            scale = scale * X[:, self.columns]
            second = second * X[:, None, self.columns, None]
        out = weighted_sums(second, share, X)
        own = (scale.T @ first.reshape(share.size, -1)).reshape(-1, *first.shape[1:])
        out[:, np.arange(self.columns.size), :, self.columns] += own
        for position, sign, moved in self._moved_rows(X):
            change = sign * weighted_sums(
                response_slope(self.likelihood, self._predictors(moved, offset), log), share, moved
            )
            out[:, position] = change if sign > 0.0 else out[:, position] + change
        return out

    def _predictors(self, X: Array, offset: Array | None) -> Array:
        return linear_predictors(X, self.params, offset, self.likelihood.outputs)

    def _moved_rows(self, X: Array) -> Iterator[tuple[int, float, Array]]:
        """The rows after each step, then those before it: position, factor, rows."""
        for position, step in self.steps.items():
            j, share = self.columns[position], 1.0 / (step.high - step.low)
            for to, sign in ((step.high, share), (step.low, -share)):
                moved = X.copy()
                moved[:, j] = step.keep * X[:, j] + to
                yield position, sign, moved
