"""The likelihood of a sample in memory, at any parameters: the terms of its rows, and their sums.

Parameters are (p,), or (k p,) for several classes, one linear predictor after another. Statistics
maximizes: the score is the gradient of the log-likelihood, the Hessian is negative definite.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Dense
from logit_engine.likelihoods import Bernoulli, Likelihood, weighted
from logit_engine.links.law import Terms
from logit_engine.objective.shapes import by_predictor, flat_coefficients, signed_gram


@dataclass(frozen=True, slots=True)
class SampleLikelihood:
    """A likelihood with its rows.

    X: (n, p). y: (n,). weight: the rows' whole weights, (n,), or None. offset: (n,) or (n, k), or
    None.
    """

    likelihood: Likelihood
    X: Array
    y: Array
    weight: Array | None = None
    offset: Array | None = None

    def predictors(self, params: Array) -> Array:
        """The linear predictor of each row, offset included, (n,) or (n, k)."""
        return linear_predictor(self.likelihood, self.X, params, self.offset)

    def terms(self, params: Array) -> Terms:
        """Weighted log-likelihood (n,), score (n[, k]) and curvature (n[, k, k]) of each row."""
        return self._weighted(self.likelihood.terms(self.predictors(params), self.y))

    def loglike(self, params: Array) -> float:
        """The log-likelihood."""
        return float(self.terms(params).loglik.sum())

    def score(self, params: Array) -> Array:
        """Its gradient, (q,)."""
        return flat_coefficients(self.X.T @ self.terms(params).score)

    def score_rows(self, params: Array) -> Array:
        """The score of each row, (n, q)."""
        factor = self.terms(params).score
        columns = factor[:, :, None] if factor.ndim == 2 else factor[:, None, None]
        return np.asarray((columns * self.X[:, None, :]).reshape(self.y.size, -1))

    def hessian(self, params: Array) -> Array:
        """The second derivative of the log-likelihood, (q, q)."""
        return -self._summed(self.terms(params).curvature)

    def information(self, params: Array) -> Array:
        """The Fisher information: minus the expected second derivative, (q, q)."""
        expected = self.likelihood.expected(self.predictors(params))
        return self._summed(expected if self.weight is None else weighted(self.weight, expected))

    def covariance(self, params: Array, among: NDArray[np.bool_]) -> Array:
        """The inverse of minus the Hessian among some parameters, as if the others were known.

        Nan for those, (q, q).
        """
        on = np.flatnonzero(among)
        out = np.full((among.size, among.size), np.nan)
        out[np.ix_(on, on)] = np.linalg.inv(-self.hessian(params)[np.ix_(on, on)])
        return out

    def information_ratio(self, params: Array) -> Array:
        """The inverse of minus the Hessian times the sum of squared scores, (q, q): the identity,
        were the model right.

        White (1982).
        """
        scores = self.score_rows(params)
        return np.asarray(np.linalg.solve(-self.hessian(params), scores.T @ scores))

    def _weighted(self, terms: Terms) -> Terms:
        if self.weight is None:
            return terms
        return Terms(*(weighted(self.weight, value) for value in terms))

    def _summed(self, curvature: Array) -> Array:
        X = Dense(self.X)
        if curvature.ndim == 1:
            return signed_gram(X, curvature)
        k = curvature.shape[1]
        return np.block([[signed_gram(X, curvature[:, a, b]) for b in range(k)] for a in range(k)])


def linear_predictor(
    likelihood: Likelihood, X: Array, params: Array, offset: Array | None = None
) -> Array:
    """X theta, and the offset if there is one, (n,) or (n, k).

    The same bits for X by rows as for X by columns.
    """
    eta = np.ascontiguousarray(X) @ by_predictor(params, likelihood.outputs)
    return np.asarray(eta if offset is None else eta + offset)


def variance(likelihood: Likelihood, eta: Array) -> Array:
    """Var(y) of a binary row, F (1 - F), (n,).

    Of each class's indicator for several, (n, k + 1).
    """
    if isinstance(likelihood, Bernoulli):
        return np.asarray(np.exp(likelihood.link.log_cdf(eta) + likelihood.link.log_sf(eta)))
    p = likelihood.probabilities(eta)
    return np.asarray(p * (1.0 - p))


def class_probabilities(likelihood: Likelihood, eta: Array) -> Array:
    """P(y = c), (n, 2) or (n, k + 1)."""
    return likelihood.probabilities(eta)
