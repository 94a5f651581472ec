"""Score tests: whether restrictions hold, from the score at the restricted estimate alone.

An unrestricted fit is not needed, and may not exist. Rows are taken as X T^-1, with T the
triangular factor of X, so that no digits are lost. The test is the Wald test of one step from the
restricted estimate: Rao's statistic, for any covariance of the scores. Rao (1948); robust forms:
Boos (1992).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.linalg import cho_solve, solve_triangular

from logit_engine.columns import Array
from logit_engine.errors import DataError, RankError, UsageError
from logit_engine.inference.covariance import CLUSTERING_SIGNS, Kind, SmallSample, clusterings
from logit_engine.inference.hypotheses import Test, wald
from logit_engine.likelihoods import Likelihood, weighted
from logit_engine.objective.triangles import aliased, cholesky_factor, r_factor, triangular_inverse
from logit_engine.rows import BLOCK_ROWS


@dataclass(frozen=True, slots=True)
class ScoreTest:
    """The joint test of m restrictions, and the z of lifting each restriction alone, (m,).

    A z has the sign in which R theta - q would move.
    """

    joint: Test
    z: Array

    @property
    def p_values(self) -> Array:
        """Two-sided p-values of z, (m,)."""
        return 2.0 * np.asarray(special.ndtr(-np.abs(self.z)))


def score_test(
    likelihood: Likelihood,
    X: Array,
    y: Array,
    constrained: Array,
    *,
    R: Array | None = None,
    extra: Array | None = None,
    kind: Kind = Kind.NONROBUST,
    observed: bool = True,
    groups: NDArray[np.int64] | None = None,
    small_sample: SmallSample = SmallSample.GROUPS,
    offset: Array | None = None,
    weight: Array | None = None,
    precision: Array | None = None,
) -> ScoreTest:
    """Rao's test of R theta = q, or of leaving out the columns `extra`, at constrained estimates.

    R: (m, k*p), with X and constrained, (k*p,), of the full model. extra: (n, e), with those of the
    smaller model: m = k*e restrictions in class-major order. kind: HC0 takes the scores' own
    covariance, centered and over n - 1 as in statsmodels; cluster that of their sums by group,
    (n, 1 or 2). weight: (n,), a row's whole weight; precision: (n,), the part that counts no rows.
    Raises UsageError for other kinds and for both or none of R (of full rank) and extra, RankError
    if columns are collinear, DataError if the information is not definite. Rao (1948); Boos (1992).
    """
    _check_kind(kind)
    X, theta, R = _full_model(likelihood, X, constrained, R, extra)
    inverse = triangular_inverse(_column_factor(X))
    at = _ScoredPoint(likelihood, X, y, theta, inverse, offset, weight, precision, observed)
    score, information, meat = _score_sums(at)
    root = _information_factor(information)
    if kind is Kind.CLUSTER:
        meat = _cluster_sums(at, groups, small_sample)
    bread = np.asarray(cho_solve((root, False), np.eye(score.size)))
    covariance = bread if kind is Kind.NONROBUST else bread @ meat @ bread
    rows = (np.reshape(R, (-1, theta.shape[0], X.shape[1])) @ inverse).reshape(-1, theta.size)
    return _restrictions_test(score, bread, covariance, rows)


def _check_kind(kind: Kind) -> None:
    if kind not in (Kind.NONROBUST, Kind.HC0, Kind.CLUSTER):
        raise UsageError(
            f"a score test has no {kind.value} covariance; choose nonrobust, HC0 or cluster."
        )


def _full_model(
    likelihood: Likelihood, X: Array, constrained: Array, R: Array | None, extra: Array | None
) -> tuple[Array, Array, Array]:
    """X, theta (k, p) and R of the full model, whichever of R and extra is given."""
    k = likelihood.outputs
    theta = np.asarray(constrained, dtype=np.float64).reshape(k, -1)
    if R is not None and extra is None:
        return X, theta, R
    if R is not None or extra is None:
        raise UsageError(
            "a score test needs either R, the rows of the restrictions, or extra columns; give one "
            "of them."
        )
    e = extra.shape[1]
    X, theta = np.column_stack([X, extra]), np.pad(theta, ((0, 0), (0, e)))
    return X, theta, np.eye(theta.size).reshape(k, -1, theta.size)[:, -e:]


def _restrictions_test(score: Array, bread: Array, covariance: Array, rows: Array) -> ScoreTest:
    """The test of the rows of R, (m, q), by the score, (q,), both in the rows X T^-1.

    bread: (q, q), the inverse information; covariance: (q, q), that of the estimates.
    """
    step = bread @ score  # to the unrestricted maximum, whose Wald test this is to first order
    joint = wald(step, covariance, rows)
    if joint.dropped:
        raise UsageError(
            f"row {joint.dropped[0]} of R depends on the others; give each restriction once."
        )
    lift = np.linalg.solve(rows @ bread @ rows.T, rows)
    multipliers, spread = lift @ step, np.einsum("ij,ij->i", lift @ covariance, lift)
    return ScoreTest(joint, multipliers / np.sqrt(spread))


def whole_score_test(
    likelihood: Likelihood,
    X: Array,
    y: Array,
    constrained: Array,
    count: int,
    *,
    observed: bool = True,
    offset: Array | None = None,
    weight: Array | None = None,
) -> ScoreTest:
    """Rao's test by the whole score at an estimate under `count` restrictions.

    The restrictions need not be known. X: (n, p), the full model's; constrained: (k*p,), its
    maximum under the restrictions. z: (k*p,), of each coefficient's score by itself, in its own
    information. Raises as `score_test`.
    """
    k = likelihood.outputs
    theta = np.asarray(constrained, dtype=np.float64).reshape(k, -1)
    inverse = triangular_inverse(_column_factor(X))
    score, information, _ = _score_sums(
        _ScoredPoint(likelihood, X, y, theta, inverse, offset, weight, None, observed)
    )
    half = solve_triangular(_information_factor(information), score, trans="T")
    statistic = float(half @ half)
    T = np.kron(np.eye(k), np.linalg.inv(inverse))
    scores, curvature = T.T @ score, np.diagonal(T.T @ information @ T)
    return ScoreTest(
        Test(statistic, float(special.chdtrc(count, statistic)), count), scores / np.sqrt(curvature)
    )


def _information_factor(information: Array) -> Array:
    root = cholesky_factor(information)
    if root is None:
        raise DataError(
            "the information is not definite at the constrained estimate; no score test can be "
            "made there."
        )
    return root


def _column_factor(X: Array) -> Array:
    """The triangular factor of X, (p, p), block by block.

    Raises RankError if a column is a combination of those before it.
    """
    factor = np.zeros((0, X.shape[1]))
    for start in range(0, X.shape[0], BLOCK_ROWS):
        factor = r_factor(np.vstack([factor, X[start : start + BLOCK_ROWS]]))
    if factor.shape[0] < X.shape[1]:
        raise RankError(f"there are {X.shape[1]} columns for {X.shape[0]} rows; drop some.")
    bad = np.flatnonzero(aliased(factor, np.zeros(X.shape[1])))
    if bad.size:
        raise RankError(
            f"column {bad[0]} (extra ones last) is a linear combination of those before it; drop "
            "it."
        )
    return factor


class _ScoredPoint(NamedTuple):
    """Where sums are taken: rows, theta (k, p), and which information.

    inverse: T^-1, (p, p), with which the rows are near-orthonormal.
    """

    likelihood: Likelihood
    X: Array
    y: Array
    theta: Array
    inverse: Array
    offset: Array | None
    weight: Array | None
    precision: Array | None
    observed: bool

    @property
    def observations(self) -> float:
        """How many rows the weights stand for."""
        if self.weight is None:
            return float(self.y.size)
        return float(
            (self.weight if self.precision is None else self.weight / self.precision).sum()
        )


def _score_sums(at: _ScoredPoint) -> tuple[Array, Array, Array]:
    """Score, information and covariance of the scores in the rows X T^-1; all class-major."""
    size, k, p = at.theta.size, at.theta.shape[0], at.X.shape[1]
    score, information, outer = np.zeros(size), np.zeros((k, p, size)), np.zeros((size, size))
    for rows, Y, scores, curvature, w in _block_terms(at):
        score += w @ scores
        squared = w if at.precision is None else w * at.precision[rows]
        outer += (scores * squared[:, None]).T @ scores
        for a in range(k):
            row_curvature = weighted(
                np.broadcast_to(w[:, None, None], curvature[:, a].shape), curvature[:, a]
            )
            information[a] += Y.T @ (row_curvature * Y[:, None, :]).reshape(-1, size)
    n = at.observations
    return (
        score,
        information.reshape(size, size),
        (outer - np.outer(score, score) / n) * (n / (n - 1.0)),
    )


def _cluster_sums(
    at: _ScoredPoint, groups: NDArray[np.int64] | None, small_sample: SmallSample
) -> Array:
    """The covariance of the scores' sums by cluster, about their mean, (q, q)."""
    if groups is None:
        raise UsageError(
            "a clustered score test needs the clusters of the rows: cov_kwds={'groups': labels}."
        )
    n = at.observations
    meat = np.zeros((at.theta.size, at.theta.size))
    for codes, sign in zip(clusterings(groups), CLUSTERING_SIGNS, strict=False):
        present, local = np.unique(codes, return_inverse=True)
        if present.size < 2:
            raise DataError("a clustered score test needs at least two clusters; there is one.")
        sums = np.zeros((present.size, at.theta.size))
        for rows, _, scores, _, w in _block_terms(at):
            np.add.at(sums, local[rows], scores * w[:, None])
        factor = 1.0 if small_sample is SmallSample.NONE else present.size / (present.size - 1)
        if small_sample is SmallSample.STATA:
            factor *= (n - 1.0) / (n - at.theta.size)
        sums -= sums.mean(axis=0)
        meat += sign * factor * (sums.T @ sums)
    return meat


def _block_terms(at: _ScoredPoint) -> Iterator[tuple[slice, Array, Array, Array, Array]]:
    """Per block: rows, X T^-1 (n, p), scores (n, q), curvatures (n, k, k, 1), weights (n,)."""
    k = at.theta.shape[0]
    for start in range(0, at.y.size, BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        eta, Y = at.X[rows] @ at.theta.T, at.X[rows] @ at.inverse
        w = np.ones(len(Y)) if at.weight is None else at.weight[rows]
        if at.offset is not None:
            eta = eta + at.offset[rows].reshape(eta.shape)
        plain = eta[:, 0] if at.likelihood.outputs == 1 else eta
        with np.errstate(over="ignore", invalid="ignore"):  # of rows without weight
            terms = at.likelihood.terms(plain, at.y[rows])
            curvature = terms.curvature if at.observed else at.likelihood.expected(plain)
        s = terms.score.reshape(-1, k, 1)
        scores = (np.where(w[:, None, None] > 0.0, s, 0.0) * Y[:, None, :]).reshape(
            -1, k * Y.shape[1]
        )
        yield rows, Y, scores, curvature.reshape(-1, k, k, 1), w
