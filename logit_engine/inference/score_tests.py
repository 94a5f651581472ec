"""Score tests: whether restrictions hold, judged by the slope of the likelihood at the restricted estimate alone."""

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.linalg import cho_solve

from logit_engine.blocks import BLOCK
from logit_engine.columns import Array
from logit_engine.errors import DataError, RankError, UsageError
from logit_engine.inference.covariance import Kind
from logit_engine.inference.hypotheses import Test, wald
from logit_engine.likelihoods import Bernoulli, Likelihood, weighted
from logit_engine.triangles import aliased, cholesky_factor, r_factor, triangular_inverse


@dataclass(frozen=True, slots=True)
class ScoreTest:
    """The joint test of m restrictions, and the z of lifting each one alone, (m,), signed as R theta - q would move."""

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
    offset: Array | None = None,
    weight: Array | None = None,
) -> ScoreTest:
    """Rao's test of R theta = q, or of leaving out the columns `extra`, (n, e), at the constrained estimate, (k*p,).

    With R, (m, k*p), X and the estimate are the full model's; with extra they are the smaller model's, and the m = k*e
    restrictions are in class-major order. The information is the observed one; HC0 takes the scores' own covariance,
    centered and over n - 1 as in statsmodels. Raises UsageError unless one of R (of full rank) and extra is given, RankError
    if columns are collinear, DataError if the information is not definite. Rao (1948); Boos (1992).
    """
    if kind not in (Kind.NONROBUST, Kind.HC0):
        raise UsageError(f"a score test has no {kind.value} covariance; choose nonrobust or HC0.")
    k = likelihood.outputs
    theta = np.asarray(constrained, dtype=np.float64).reshape(k, -1)
    if R is None and extra is not None:
        e = extra.shape[1]
        X, theta = np.column_stack([X, extra]), np.pad(theta, ((0, 0), (0, e)))
        R = np.eye(theta.size).reshape(k, -1, theta.size)[:, -e:]
    elif R is None or extra is not None:
        raise UsageError(
            "a score test needs either R, the rows of the restrictions, or extra columns; give one of them."
        )

    inverse = triangular_inverse(_factor(X))
    score, information, meat = _sums(likelihood, X, y, theta, inverse, offset, weight)
    root = cholesky_factor(information)
    if root is None:
        raise DataError("the information is not definite at the constrained estimate; no score test can be made there.")
    bread = np.asarray(cho_solve((root, False), np.eye(score.size)))
    covariance = bread if kind is Kind.NONROBUST else bread @ meat @ bread
    rows = (np.reshape(R, (-1, k, X.shape[1])) @ inverse).reshape(-1, theta.size)

    step = bread @ score  # to the unrestricted maximum, whose Wald test this is to first order
    joint = wald(step, covariance, rows)
    if joint.dropped:
        raise UsageError(f"row {joint.dropped[0]} of R depends on the others; give each restriction once.")
    lift = np.linalg.solve(rows @ bread @ rows.T, rows)
    multipliers, spread = lift @ step, np.einsum("ij,ij->i", lift @ covariance, lift)
    return ScoreTest(joint, multipliers / np.sqrt(spread))


def _factor(X: Array) -> Array:
    """The triangular factor of X, (p, p), block by block; rows in it are near-orthonormal, so that no digits are lost."""
    factor = np.zeros((0, X.shape[1]))
    for start in range(0, X.shape[0], BLOCK):
        factor = r_factor(np.vstack([factor, X[start : start + BLOCK]]))
    if factor.shape[0] < X.shape[1]:
        raise RankError(f"there are {X.shape[1]} columns for {X.shape[0]} rows; drop some.")
    bad = np.flatnonzero(aliased(factor, np.zeros(X.shape[1])))
    if bad.size:
        raise RankError(f"column {bad[0]} (extra ones last) is a linear combination of those before it; drop it.")
    return factor


def _sums(
    likelihood: Likelihood, X: Array, y: Array, theta: Array, inverse: Array, offset: Array | None, weight: Array | None
) -> tuple[Array, Array, Array]:
    """Score, information and covariance of the scores in the rows X T^-1. theta: (k, p); all class-major."""
    size, k = theta.size, theta.shape[0]
    score, information, outer = np.zeros(size), np.zeros((k, X.shape[1], size)), np.zeros((size, size))
    for start in range(0, y.size, BLOCK):
        at = slice(start, start + BLOCK)
        eta, Y = X[at] @ theta.T, X[at] @ inverse
        w = np.ones(len(Y)) if weight is None else weight[at]
        if offset is not None:
            eta = eta + offset[at].reshape(eta.shape)
        with np.errstate(over="ignore", invalid="ignore"):  # of rows without weight
            terms = likelihood.terms(eta[:, 0] if isinstance(likelihood, Bernoulli) else eta, y[at])
        s, c = terms.score.reshape(-1, k, 1), terms.curvature.reshape(-1, k, k, 1)
        scores = (np.where(w[:, None, None] > 0.0, s, 0.0) * Y[:, None, :]).reshape(-1, size)
        score += w @ scores
        outer += (scores * w[:, None]).T @ scores
        for a in range(k):
            bend = weighted(np.broadcast_to(w[:, None, None], c[:, a].shape), c[:, a])
            information[a] += Y.T @ (bend * Y[:, None, :]).reshape(-1, size)
    n = float(y.size if weight is None else weight.sum())
    return score, information.reshape(size, size), (outer - np.outer(score, score) / n) * (n / (n - 1.0))
