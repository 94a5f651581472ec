"""Predictions with standard errors: predictors and probabilities, by row or averaged."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.inference.delta import (
    delta_covariance,
    known_covariance,
    row_blocks,
    standard_errors,
    wald_interval,
    weighted_sums,
)
from logit_engine.inference.response import (
    linear_predictors,
    response_count,
    response_slope,
    response_value,
)
from logit_engine.likelihoods import Bernoulli, Likelihood
from logit_engine.links import Link


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted values with standard errors, (n,), (n, k) or (n, C); averages have one row.

    link, linear: of a binary probability, whose interval comes from its predictor; else None.
    df: of Student's t, or None for the normal distribution.
    """

    predicted: Array
    std_errors: Array
    link: Link | None = None
    linear: "Prediction | None" = None
    df: float | None = None

    def with_df(self, df: float | None) -> "Prediction":
        """The same with Student's t of df in place of the normal distribution."""
        return replace(self, df=df, linear=None if self.linear is None else self.linear.with_df(df))

    def interval(self, level: float = 0.95, delta: bool = False) -> Array:
        """Intervals, (..., 2). Raises UsageError unless 0 < level < 1.

        A binary probability takes the ends of its linear predictor's interval through the link, so
        its interval never leaves [0, 1]. delta: by the delta method instead.
        """
        if self.link is not None and self.linear is not None and not delta:
            return self.link.cdf(self.linear.interval(level))
        return wald_interval(self.predicted, self.std_errors, level, self.df)


def predict_linear(
    likelihood: Likelihood, X: Array, params: Array, covariance: Array, offset: Array | None = None
) -> Prediction:
    """The linear predictors of rows X, (n, p), with standard errors, (n,) or (n, k).

    covariance: (k p, k p), of params. Standard errors are nan where a row involves a coefficient
    whose variance is nan.
    """
    k, p = likelihood.outputs, X.shape[1]
    eta = linear_predictors(X, params, offset, k)
    covariance, unknown = known_covariance(covariance)
    own = [covariance[a : a + p, a : a + p] for a in range(0, k * p, p)]
    errors = np.empty_like(eta)
    for b in row_blocks(X.shape[0], p):
        for a, V in enumerate(own):
            errors[b, a] = standard_errors(np.einsum("np,np->n", X[b] @ V, X[b]))
    for a in range(k):
        errors[_involves(X, unknown[a * p : (a + 1) * p]), a] = np.nan
    return Prediction(eta[:, 0], errors[:, 0]) if k == 1 else Prediction(eta, errors)


def predict_mean(
    likelihood: Likelihood, X: Array, params: Array, covariance: Array, offset: Array | None = None
) -> Prediction:
    """The probabilities of rows X with delta-method standard errors, (n,) or (n, C)."""
    if isinstance(likelihood, Bernoulli):
        linear = predict_linear(likelihood, X, params, covariance, offset)
        density = np.exp(likelihood.link.log_pdf(linear.predicted))
        probability = likelihood.mean(linear.predicted)
        return Prediction(probability, density * linear.std_errors, likelihood.link, linear)
    (n, p), k, classes = X.shape, likelihood.outputs, response_count(likelihood)
    covariance, unknown = known_covariance(covariance)
    probabilities, errors = np.empty((n, classes)), np.empty((n, classes))
    for b in row_blocks(n, k * max(p, classes)):
        eta = linear_predictors(X[b], params, None if offset is None else offset[b], k)
        first = response_slope(likelihood, eta)
        probabilities[b] = response_value(likelihood, eta)
        errors[b] = standard_errors(
            (first @ _quadratic_forms(X[b], covariance, k) * first).sum(axis=2)
        )
    errors[_involves(X, np.asarray(unknown.reshape(k, p).any(axis=0)))] = np.nan
    return Prediction(probabilities, errors)


def average_prediction(
    likelihood: Likelihood,
    X: Array,
    params: Array,
    covariance: Array,
    offset: Array | None = None,
    weights: Array | None = None,
    linear: bool = False,
) -> Prediction:
    """The mean over rows of the probabilities, or of the linear predictors, (1,) or (C,).

    weights: (n,), multiplied as they are: a mean needs weights that sum to n.
    """
    (n, p), k = X.shape, likelihood.outputs
    rows = k if linear else response_count(likelihood)
    mean, jacobian = np.zeros(rows), np.zeros((rows, k, p))
    for b in row_blocks(n, max(p, k * rows)):
        eta = linear_predictors(X[b], params, None if offset is None else offset[b], k)
        share = np.full(eta.shape[0], 1.0 / n) if weights is None else weights[b] / n
        mean += share @ (eta if linear else response_value(likelihood, eta))
        first = (
            np.broadcast_to(np.eye(k), (eta.shape[0], k, k))
            if linear
            else response_slope(likelihood, eta)
        )
        jacobian += weighted_sums(first, share, X[b])
    J = jacobian.reshape(rows, -1)
    return Prediction(mean, standard_errors(np.diagonal(delta_covariance(J, covariance, params))))


def _involves(X: Array, unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows have a part in a coefficient whose variance is unknown, (n,)."""
    return np.asarray((X[:, unknown] != 0.0).any(axis=1))


def _quadratic_forms(X: Array, covariance: Array, k: int) -> Array:
    """x'V_ab x of each row for every pair of predictors, (n, k, k)."""
    n, p = X.shape
    out = np.empty((n, k, k))
    for a in range(k):
        out[:, a] = ((X @ covariance[a * p : (a + 1) * p]).reshape(n, k, p) @ X[:, :, None])[
            :, :, 0
        ]
    return out
