"""Marginal effects: what a change of a column does to the probabilities, with standard errors by the delta method."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.inference.response import bend, predictors, slope, value
from logit_engine.likelihoods import Bernoulli, Likelihood

NUMBERS = 2**20  # of the largest array that a block of rows may need


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
class Margins:
    """Effects of m columns on C probabilities.

    effects: (m, C), or (n, m, C) at every row, then without inference. columns: (m,), which columns of X. covariance:
    (m C, m C), all columns of one probability after another.
    """

    effects: Array
    columns: NDArray[np.intp]
    covariance: Array | None

    @property
    def std_errors(self) -> Array:
        """(m, C). Raises UsageError for effects at every row."""
        if self.covariance is None:
            raise UsageError("effects at every row have no standard errors; choose at='overall' or one row.")
        return np.sqrt(np.diagonal(self.covariance)).reshape(self.effects.shape[::-1]).T

    @property
    def z(self) -> Array:
        """Effects over their standard errors, (m, C)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.effects / self.std_errors

    @property
    def p_values(self) -> Array:
        """Two-sided normal p-values of z, (m, C)."""
        return 2.0 * np.asarray(special.ndtr(-np.abs(self.z)))

    def interval(self, level: float = 0.95) -> Array:
        """Wald intervals, (m, C, 2)."""
        reach = special.ndtri(0.5 + 0.5 * level) * self.std_errors
        return np.stack([self.effects - reach, self.effects + reach], axis=-1)


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
) -> Margins:
    """Effects of every column of X, (n, p), that is not constant. params: (k p,); covariance: of params.

    fixed: values for some columns, for all rows. dummy: columns of zeros and ones by the change from 0 to 1; count: those of
    whole numbers by half the change from one less to one more. weight: (n,), how often a row counts. Raises UsageError
    where a discrete change is asked for in the logarithm of the column, or at the median or zero. Greene (2018), 17.3.
    """
    columns = np.flatnonzero((X[:1] != X).any(axis=0))
    steps = _steps(X, columns, dummy, count)
    if steps and (effect.log_x or at in (At.MEDIAN, At.ZERO)):
        what = f"method {effect}" if effect.log_x else f"at {at}"
        raise UsageError(
            f"{what} makes no sense for a change of a whole number; leave out dummy and count, or choose dydx."
        )
    rows, shift, weights = _points(X, offset, weight, at, fixed)
    blocks = _blocks(rows.shape[0], likelihood)
    outputs = likelihood.outputs
    if at is At.ALL:
        parts = [
            _effects(likelihood, rows[b], params, None if shift is None else shift[b], effect, columns, steps)
            for b in blocks
        ]
        return Margins(np.concatenate(parts), columns, None)
    share = np.full(rows.shape[0], 1.0 / rows.shape[0]) if weights is None else weights / weights.sum()
    classes = 1 if isinstance(likelihood, Bernoulli) else outputs + 1
    mean = np.zeros((columns.size, classes))
    jacobian = np.zeros((classes, columns.size, outputs, X.shape[1]))
    for b in blocks:
        local = None if shift is None else shift[b]
        mean += np.einsum("n,nmc->mc", share[b], _effects(likelihood, rows[b], params, local, effect, columns, steps))
        jacobian += _jacobian(likelihood, rows[b], params, local, share[b], effect, columns, steps)
    J = jacobian.reshape(classes * columns.size, -1)
    return Margins(mean, columns, J @ covariance @ J.T)


def _steps(X: Array, columns: NDArray[np.intp], dummy: bool, count: bool) -> dict[int, tuple[str, float]]:
    """Which columns change by steps, and how: between 0 and 1, or one down and up, with what divides the change."""
    found: dict[int, tuple[str, float]] = {}
    for j in columns.tolist() if dummy or count else ():
        x = X[:, j]
        whole = bool((x == np.floor(x)).all() and x.min() >= 0.0)
        binary = whole and x.min() == 0.0 and x.max() == 1.0
        if dummy and binary:
            found[j] = ("switch", 1.0)
        elif count and whole and not binary:
            found[j] = ("count", 2.0)
    return found


def _points(
    X: Array, offset: Array | None, weight: Array | None, at: At, fixed: Mapping[int, Array | float] | None
) -> tuple[Array, Array | None, Array | None]:
    """The rows at which effects are taken, their offsets and weights."""
    constant = (X[:1] == X).all(axis=0)
    if fixed:
        X = X.copy()
        for j, values in fixed.items():
            X[:, j] = values
    if at in (At.OVERALL, At.ALL):
        return X, offset, weight
    if at is At.ZERO:
        return np.where(constant, X[:1], 0.0), None, None
    center = _mean if at is At.MEAN else _median
    return center(X, weight)[None], None if offset is None else center(offset, weight)[None], None


def _mean(values: Array, weight: Array | None) -> Array:
    return np.asarray(np.average(values, axis=0, weights=weight))


def _median(values: Array, weight: Array | None) -> Array:
    """The median of each column; rows of weight two count twice."""
    if weight is None:
        return np.asarray(np.median(values, axis=0))
    table = values.reshape(values.shape[0], -1)
    out = np.empty(table.shape[1])
    for j, column in enumerate(table.T):
        order = np.argsort(column, kind="stable")
        reached = np.cumsum(weight[order])
        half = 0.5 * reached[-1]
        low, high = np.searchsorted(reached, half), np.searchsorted(reached, half, side="right")
        out[j] = 0.5 * (column[order[low]] + column[order[min(high, column.size - 1)]])
    return out.reshape(values.shape[1:])


def _blocks(n: int, likelihood: Likelihood) -> list[slice]:
    k = likelihood.outputs
    size = max(16, NUMBERS // ((k + 1) * k * k * 8)) if k > 1 else 4096
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def _stepped(X: Array, j: int, how: str) -> Iterator[tuple[float, Array]]:
    """The rows after and before the step of column j, with the sign of each."""
    for sign, to in ((1.0, 1.0), (-1.0, 0.0 if how == "switch" else -1.0)):
        moved = X.copy()
        moved[:, j] = to if how == "switch" else X[:, j] + to
        yield sign, moved


def _effects(
    likelihood: Likelihood,
    X: Array,
    params: Array,
    offset: Array | None,
    effect: Effect,
    columns: NDArray[np.intp],
    steps: Mapping[int, tuple[str, float]],
) -> Array:
    """The effect of each column at each row, (n, m, C)."""
    k = likelihood.outputs
    theta = params.reshape(k, -1)[:, columns]
    eta = predictors(X, params, offset, k)
    out = np.einsum("nck,km->nmc", slope(likelihood, eta, effect.log_y), theta)
    if effect.log_x:
        out *= X[:, columns, None]
    for position, j in enumerate(columns.tolist()):
        if j in steps:
            how, divisor = steps[j]
            out[:, position] = 0.0
            for sign, moved in _stepped(X, j, how):
                out[:, position] += (
                    sign / divisor * value(likelihood, predictors(moved, params, offset, k), effect.log_y)
                )
    return np.asarray(out)


def _jacobian(
    likelihood: Likelihood,
    X: Array,
    params: Array,
    offset: Array | None,
    share: Array,
    effect: Effect,
    columns: NDArray[np.intp],
    steps: Mapping[int, tuple[str, float]],
) -> Array:
    """The derivative of the weighted sum of the rows' effects in the parameters, (C, m, k, p)."""
    k = likelihood.outputs
    theta = params.reshape(k, -1)
    eta = predictors(X, params, offset, k)
    first, second = slope(likelihood, eta, effect.log_y), bend(likelihood, eta, effect.log_y)
    out = np.zeros((first.shape[1], columns.size, k, X.shape[1]))
    for position, j in enumerate(columns.tolist()):
        if j in steps:
            how, divisor = steps[j]
            for sign, moved in _stepped(X, j, how):
                local = slope(likelihood, predictors(moved, params, offset, k), effect.log_y)
                out[:, position] += sign / divisor * _summed(local, share, moved)
            continue
        scale = share * X[:, j] if effect.log_x else share
        out[:, position] = _summed(second @ theta[:, j], scale, X)
        out[:, position, :, j] += np.einsum("n,nck->ck", scale, first)
    return out


def _summed(curve: Array, share: Array, X: Array) -> Array:
    """The sum over rows of share * curve (n, C, k) times the row of X, (C, k, p)."""
    n, classes, k = curve.shape
    return np.asarray(((share[:, None] * curve.reshape(n, -1)).T @ X).reshape(classes, k, -1))
