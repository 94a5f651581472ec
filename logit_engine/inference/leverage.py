"""Rows of leverage near one: what HC2 and HC3 add for them, without the cancellation in 1 - h.

A row whose leverage h is near one decides some combination of the coefficients alone. HC2 and HC3
divide its score by 1 - h, and both are differences of nearly equal numbers: at h = 1 - 1e-12 four
digits are left. So such rows are taken out. With R'R the information of the other rows and a =
R'^-1 x, Sherman and Morrison give, without a difference, 1 - h = 1 / (1 + w a'a) and H^-1 x / (1 -
h) = R^-1 a. The score equation sum_i w_i s_i x_i = 0 gives the row's score by those of the others,
w s = -(a' R'^-1 g) / (a'a), with g the sum of w_j s_j x_j over them. Coordinates are those of the
other rows, as one far row would spoil the means. If R is singular, the row has a parameter of its
own: h is one, and neither HC2 nor HC3 exists.

At most p / NEAR_ONE_LEVERAGE rows have such a leverage: one pass gathers them. Belsley, Kuh &
Welsch (1980), 2.1.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from logit_engine.columns import Array, Columns, Coordinates, dense_array
from logit_engine.columns.coordinates import constant_column, inner_coordinates
from logit_engine.errors import DataError
from logit_engine.likelihoods import weighted
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import aliased, cholesky_factor, r_factor, triangular_solve
from logit_engine.rows import Block, total

NEAR_ONE_LEVERAGE = 0.9  # a leverage above it would cost HC2 and HC3 a digit
# A curvature below it is that of a row which separation predicts perfectly: it counts no more.
VANISHED_CURVATURE = 1e-6


class RowTerms(NamedTuple):
    """Score and curvature of rows in their predictor, without weight, and their leverage, (n,)."""

    score: Array
    curvature: Array
    leverage: Array
    precision: Array


def row_terms(
    objective: Objective, theta: Array, block: Block, X: Columns, directions: Array, expected: bool
) -> RowTerms:
    """Score, curvature and leverage of rows of one predictor.

    directions: X times a root of the inverse information.
    """
    eta = objective.predictors(block, X, theta)
    precision = np.ones(block.y.size) if block.precision is None else block.precision
    with np.errstate(over="ignore", invalid="ignore"):  # of rows without weight
        terms = objective.likelihood.terms(eta, block.y)
        w = objective.likelihood.expected(eta) if expected else terms.curvature
    seen = (block.weights > 0.0).astype(np.float64)
    score, w = weighted(seen, terms.score), weighted(seen, w)
    return RowTerms(
        score, w, precision * w * np.einsum("ij,ij->i", directions, directions), precision
    )


@dataclass(slots=True)
class SortedFactor:
    """An R factor that adds up by `+=`, of rows sorted by size.

    So one far row takes no digits from the rows beside it. Powell & Reid (1969).
    """

    R: Array

    @staticmethod
    def of(rows: Array) -> "SortedFactor":
        """The factor of rows, (m, r), made (r, r) with rows of zeros."""
        order = np.argsort(-np.abs(rows).max(axis=1, initial=0.0), kind="stable")
        r = rows.shape[1]
        return SortedFactor(r_factor(np.vstack([rows[order], np.zeros((r, r))]))[:r])

    def __iadd__(self, other: "SortedFactor") -> "SortedFactor":
        self.R = SortedFactor.of(np.vstack([self.R, other.R])).R
        return self


@dataclass(slots=True)
class NearRows:
    """The m rows near one that a pass meets.

    rows: of X, (m, r); terms: (m, 4); weights, at (positions): (m,); n: how many rows were passed.
    """

    rows: Array
    terms: Array
    weights: Array
    at: NDArray[np.intp]
    n: int

    def __iadd__(self, other: "NearRows") -> "NearRows":
        self.rows = np.vstack([self.rows, other.rows])
        self.terms = np.vstack([self.terms, other.terms])
        self.weights = np.r_[self.weights, other.weights]
        self.at = np.r_[self.at, other.at + self.n]
        self.n += other.n
        return self


def near_row_contributions(
    objective: Objective,
    theta: Array,
    root: Array,
    expected: bool,
    power: float,
    score_vanishes: bool,
) -> Array:
    """The columns, (p, m), that rows near one add to the covariance's root in the user's units.

    power: 0.5 for HC2, 1 for HC3; score_vanishes: whether the score equation holds at theta. Raises
    DataError naming a row without which some coefficient is not determined.
    """
    own = _coordinates_of_others(objective, theta, root, expected)
    free = _free_directions(objective, own)

    def gathered(block: Block) -> tuple[Any, ...]:
        terms = _block_terms(objective, theta, block, root, expected)
        return _split_block(
            block, terms, dense_array(block.X.to_inner(own.center, own.scale)) @ free
        )

    plus, minus, gradient, near = total(objective.rows, gathered, objective.threads)
    found = []
    for i in range(near.at.size):
        if near.terms[i, 1] < VANISHED_CURVATURE and not score_vanishes:
            continue
        others = _OtherRows(plus.R, minus.R, gradient, near, i)
        found.append(_row_contribution(others, objective, own, power, score_vanishes))
    return own.to_user(free @ np.array(found).reshape(len(found), free.shape[1]).T)


def _split_block(
    block: Block, terms: RowTerms, rows: Array
) -> tuple[SortedFactor, SortedFactor, Array, NearRows]:
    """The rows of a block, (n, r), that are near one, after the sums over its other rows.

    The sums: factors of the rows of positive and of negative curvature, and the score, (r,).
    """
    near = terms.leverage > NEAR_ONE_LEVERAGE
    part = NearRows(
        rows[near],
        np.stack(terms, axis=1)[near],
        block.weights[near],
        np.flatnonzero(near),
        near.size,
    )
    weight = np.where(near, 0.0, block.weights)
    plus, minus = (
        SortedFactor.of(size[size > 0.0, None] * rows[size > 0.0])
        for size in (
            np.sqrt(weight * np.maximum(sign * terms.curvature, 0.0)) for sign in (1.0, -1.0)
        )
    )
    return plus, minus, rows.T @ (weight * terms.score), part


def _block_terms(
    objective: Objective, theta: Array, block: Block, root: Array, expected: bool
) -> RowTerms:
    X = objective.columns(block)
    return row_terms(objective, theta, block, X, X.dot(root), expected)


def _coordinates_of_others(
    objective: Objective, theta: Array, root: Array, expected: bool
) -> Coordinates:
    """Inner coordinates by the moments of the rows that are not near one."""

    def moments(block: Block) -> tuple[Any]:
        near = _block_terms(objective, theta, block, root, expected).leverage > NEAR_ONE_LEVERAGE
        return (block.X.moments(block.kept & ~near),)

    (found,) = total(objective.rows, moments, objective.threads)
    whole = objective.coordinates
    own = inner_coordinates(found, None if whole.constant is None else constant_column(found))
    if own.constant == whole.constant:
        return own
    # a column varies in the near rows alone
    return replace(own, center=np.zeros_like(own.center), constant=None)


def _free_directions(objective: Objective, own: Coordinates) -> Array:
    """An orthonormal basis, (p, r), of the steps in `own` that keep `objective.fixed`."""
    if objective.fixed is None:
        return np.eye(own.scale.size)
    fixed = objective.fixed @ objective.coordinates.to_inner(own.to_user(np.eye(own.scale.size)))
    rows = np.linalg.norm(fixed, axis=1, keepdims=True)
    return np.asarray(qr((fixed / rows).T)[0][:, fixed.shape[0] :])


@dataclass(frozen=True, slots=True)
class _OtherRows:
    """One row near one, row i of `near`, and all other rows.

    plus, minus: (r, r), factors of the rows not near one, by the sign of their curvature; gradient:
    (r,), the sum of their scores.
    """

    plus: Array
    minus: Array
    gradient: Array
    near: NearRows
    i: int

    @property
    def row(self) -> Array:
        """The row itself, (r,)."""
        return np.asarray(self.near.rows[self.i])

    @property
    def counts(self) -> Array:
        """The weights of the rows near one, (m,), with one copy of the row itself taken out."""
        out = self.near.weights.copy()
        out[self.i] -= self.near.terms[self.i, 3]
        return out

    @property
    def score(self) -> Array:
        """The sum of the others' scores, (r,), with no copy of the row itself."""
        weight = self.near.weights.copy()
        weight[self.i] = 0.0
        return np.asarray(self.gradient + self.near.rows.T @ (weight * self.near.terms[:, 0]))

    def factor(self) -> Array | None:
        """Upper R, (r, r), R'R the information without one copy of the row.

        None where it is not positive definite.
        """
        signed = self.counts * self.near.terms[:, 1]
        sizes = np.sqrt(np.abs(signed))[:, None] * self.near.rows
        R = SortedFactor.of(np.vstack([self.plus, sizes[signed > 0.0]])).R
        if aliased(R, np.zeros(R.shape[0])).any():
            return None
        against = np.vstack([self.minus, sizes[signed < 0.0]])
        if not against.any():
            return R
        B = triangular_solve(R, against.T, transposed=True)
        rest = cholesky_factor(np.eye(R.shape[0]) - B @ B.T)
        return None if rest is None else rest @ R


def _row_contribution(
    others: _OtherRows, objective: Objective, own: Coordinates, power: float, score_vanishes: bool
) -> Array:
    """The score times H^-1 x over (1 - h)^power of row i, (r,), from the other rows."""
    R = others.factor()
    score, curvature, _, precision = others.near.terms[others.i]
    if R is None:
        raise DataError(_own_parameter(others, objective, own, power))
    a = triangular_solve(R, others.row, transposed=True)
    weight = others.near.weights[others.i]
    if score_vanishes:
        score = -(a @ triangular_solve(R, others.score, transposed=True)) / (a @ a * weight)
    rest = 1.0 / (1.0 + precision * curvature * (a @ a))
    return np.asarray(
        triangular_solve(R, a)
        * (np.sqrt(weight) * np.sqrt(precision) * score * rest ** (1.0 - power))
    )


def _own_parameter(others: _OtherRows, objective: Objective, own: Coordinates, power: float) -> str:
    """The sentence on a row that alone determines something."""
    kind = "HC2" if power < 1.0 else "HC3"
    where = f"row {int(others.near.at[others.i])}"
    R = SortedFactor.of(
        np.vstack([others.plus, others.near.rows[np.arange(others.near.at.size) != others.i]])
    ).R
    lost = (
        np.flatnonzero(aliased(R, own.resolution))
        if objective.fixed is None
        else np.zeros(0, dtype=np.intp)
    )
    if not lost.size and not objective.likelihood.log_concave:
        return (
            f"{where} has a leverage of {others.near.terms[others.i, 2]:.3g}: the "
            f"{objective.likelihood.name} "
            "log-likelihood is not concave, and without the row its information is not positive. "
            f"{kind}, which divides "
            "by 1 less the leverage, does not exist. Choose HC0 or HC1."
        )
    what = (
        f"the coefficient of '{objective.rows.names[int(lost[0])]}'"
        if lost.size
        else "some coefficient"
    )
    return (
        f"{where} alone determines {what}: its leverage is 1, and {kind}, which divides by 1 less "
        "the leverage, does not "
        "exist. Drop the row or the column, or choose HC0 or HC1."
    )
