"""Predictions with their uncertainty: linear predictors and probabilities, row by row or averaged."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.inference.response import predictors, slope, value
from logit_engine.likelihoods import Bernoulli, Likelihood
from logit_engine.links import Link

ROWS = 4096


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted values with standard errors, (n,), (n, k) or (n, C); averages have one row.

    link and linear: of a binary probability, whose interval is that of its linear predictor carried over; else None.
    """

    predicted: Array
    std_errors: Array
    link: Link | None = None
    linear: "Prediction | None" = None

    def interval(self, level: float = 0.95, delta: bool = False) -> Array:
        """Intervals, (..., 2): of a binary probability by its end points, which never leave (0, 1), or by the delta method.

        Raises UsageError unless 0 < level < 1.
        """
        if not 0.0 < level < 1.0:
            raise UsageError(f"the level of an interval is {level:g}; give a number between 0 and 1, such as 0.95.")
        if self.link is not None and self.linear is not None and not delta:
            return self.link.cdf(self.linear.interval(level))
        reach = special.ndtri(0.5 + 0.5 * level) * self.std_errors
        return np.stack([self.predicted - reach, self.predicted + reach], axis=-1)


def predict_linear(
    likelihood: Likelihood, X: Array, params: Array, covariance: Array, offset: Array | None = None
) -> Prediction:
    """The linear predictors of rows X, (n, p), with standard errors, (n,) or (n, k). covariance: (k p, k p) of params."""
    k = likelihood.outputs
    eta = predictors(X, params, offset, k)
    squares = np.einsum("naa->na", _quadratic(X, covariance, k))
    errors = np.sqrt(np.maximum(squares, 0.0))
    return Prediction(eta[:, 0], errors[:, 0]) if k == 1 else Prediction(eta, errors)


def predict_mean(
    likelihood: Likelihood, X: Array, params: Array, covariance: Array, offset: Array | None = None
) -> Prediction:
    """The probabilities of rows X with delta-method standard errors, (n,) or, of every class, (n, C)."""
    k = likelihood.outputs
    eta = predictors(X, params, offset, k)
    probabilities = value(likelihood, eta)
    errors = np.empty_like(probabilities)
    for start in range(0, X.shape[0], ROWS):
        b = slice(start, start + ROWS)
        first = slope(likelihood, eta[b])
        squares = np.einsum("nca,nab,ncb->nc", first, _quadratic(X[b], covariance, k), first, optimize=True)
        errors[b] = np.sqrt(np.maximum(squares, 0.0))
    if isinstance(likelihood, Bernoulli):
        linear = predict_linear(likelihood, X, params, covariance, offset)
        return Prediction(probabilities[:, 0], errors[:, 0], likelihood.link, linear)
    return Prediction(probabilities, errors)


def average(
    likelihood: Likelihood,
    X: Array,
    params: Array,
    covariance: Array,
    offset: Array | None = None,
    weights: Array | None = None,
    linear: bool = False,
) -> Prediction:
    """The mean over the rows of the probabilities, or of the linear predictors, with its standard error, (1,) or (C,).

    weights: (n,), multiplied as they are: a mean needs weights that sum to n.
    """
    k, n = likelihood.outputs, X.shape[0]
    share = np.full(n, 1.0 / n) if weights is None else weights / n
    eta = predictors(X, params, offset, k)
    values = eta if linear else value(likelihood, eta)
    jacobian = np.zeros((values.shape[1], k, X.shape[1]))
    for start in range(0, n, ROWS):
        b = slice(start, start + ROWS)
        first = np.broadcast_to(np.eye(k), (eta[b].shape[0], k, k)) if linear else slope(likelihood, eta[b])
        jacobian += np.einsum("n,nck,np->ckp", share[b], first, X[b], optimize=True)
    J = jacobian.reshape(values.shape[1], -1)
    return Prediction(share @ values, np.sqrt(np.einsum("cq,qr,cr->c", J, covariance, J, optimize=True)))


def _quadratic(X: Array, covariance: Array, k: int) -> Array:
    """x'V_ab x of each row for every pair of predictors, (n, k, k)."""
    p = X.shape[1]
    V = covariance.reshape(k, p, k, p)
    return np.asarray(np.einsum("np,apbr,nr->nab", X, V, X, optimize=True))
