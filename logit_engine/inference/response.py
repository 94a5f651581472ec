"""What is predicted, a probability or its logarithm, and its derivatives in the linear predictors, for the delta method.

C is how many probabilities a row has: one for a binary outcome (of the event), all of them for several classes.
"""

import numpy as np

from logit_engine.columns import Array
from logit_engine.likelihoods import Bernoulli, Likelihood


def predictors(X: Array, params: Array, offset: Array | None, outputs: int) -> Array:
    """The linear predictors of each row, (n, k). X: (n, p); params: (k p,); offset: (n,) or (n, k)."""
    eta = X @ params.reshape(outputs, -1).T
    return np.asarray(eta if offset is None else eta + offset.reshape(eta.shape[0], -1))


def value(likelihood: Likelihood, eta: Array, log: bool = False) -> Array:
    """The probabilities, or their logarithms, (n, C). eta: (n, k)."""
    if isinstance(likelihood, Bernoulli):
        return likelihood.link.log_cdf(eta) if log else likelihood.link.cdf(eta)
    return likelihood.log_probabilities(eta) if log else likelihood.probabilities(eta)


def slope(likelihood: Likelihood, eta: Array, log: bool = False) -> Array:
    """The derivative of `value` in the predictors, (n, C, k)."""
    if isinstance(likelihood, Bernoulli):
        return _density(likelihood, eta, log)[:, :, None]
    p = likelihood.probabilities(eta)
    inner = _identity(likelihood) - p[:, None, 1:]
    return np.asarray(inner if log else p[:, :, None] * inner)


def bend(likelihood: Likelihood, eta: Array, log: bool = False) -> Array:
    """The second derivative of `value` in the predictors, (n, C, k, k)."""
    if isinstance(likelihood, Bernoulli):
        first = _density(likelihood, eta, log)
        fall = likelihood.link.dlog_pdf(eta)
        return np.asarray((first * ((fall - first) if log else fall))[:, :, None, None])
    p = likelihood.probabilities(eta)
    inner = _identity(likelihood) - p[:, None, 1:]
    own = p[:, 1:, None] * (np.eye(likelihood.outputs) - p[:, None, 1:])
    if log:
        return np.asarray(np.broadcast_to(-own[:, None], (eta.shape[0], likelihood.outputs + 1, *own.shape[1:])))
    return np.asarray(p[:, :, None, None] * (inner[:, :, :, None] * inner[:, :, None, :] - own[:, None]))


def _density(likelihood: Bernoulli, eta: Array, log: bool) -> Array:
    link = likelihood.link
    return np.exp(link.log_pdf(eta) - link.log_cdf(eta) if log else link.log_pdf(eta))


def _identity(likelihood: Likelihood) -> Array:
    """Which class each predictor is of, (1, k + 1, k): none is of the base."""
    return np.eye(likelihood.outputs + 1)[None, :, 1:]
