"""Probabilities or their logarithms, and their derivatives in the linear predictors.

The delta method takes them. C is the number of probabilities of a row: one for a binary outcome (of
the event), one per class for several classes.
"""

import numpy as np

from logit_engine.columns import Array
from logit_engine.likelihoods import Bernoulli, Likelihood, weighted
from logit_engine.links.law import event_terms


def linear_predictors(X: Array, params: Array, offset: Array | None, outputs: int) -> Array:
    """The linear predictors of each row, (n, k).

    X: (n, p); params: (k p,); offset: (n,) or (n, k).
    """
    eta = X @ params.reshape(outputs, -1).T
    return np.asarray(eta if offset is None else eta + offset.reshape(eta.shape[0], -1))


def response_count(likelihood: Likelihood) -> int:
    """How many probabilities a row has, C."""
    return 1 if isinstance(likelihood, Bernoulli) else likelihood.classes


def response_value(likelihood: Likelihood, eta: Array, log: bool = False) -> Array:
    """The probabilities, or their logarithms, (n, C). eta: (n, k)."""
    if isinstance(likelihood, Bernoulli):
        return likelihood.link.log_cdf(eta) if log else likelihood.link.cdf(eta)
    return likelihood.log_probabilities(eta) if log else likelihood.probabilities(eta)


def response_slope(likelihood: Likelihood, eta: Array, log: bool = False) -> Array:
    """The derivative of `response_value` in the predictors, (n, C, k)."""
    if isinstance(likelihood, Bernoulli):
        link = likelihood.link
        return (event_terms(link, eta).score if log else np.exp(link.log_pdf(eta)))[:, :, None]
    gap = likelihood.log_slopes(eta)
    return gap if log else likelihood.probabilities(eta)[:, :, None] * gap


def response_curvature(
    likelihood: Likelihood, eta: Array, along: Array, log: bool = False
) -> Array:
    """The derivative of `response_slope` along each of m directions, (n, C, m, k).

    along: (k, m), or each row's own, (n, k, m).
    """
    if isinstance(likelihood, Bernoulli):
        link = likelihood.link
        if log:
            second = -event_terms(link, eta).curvature
        else:  # the density is zero where its logarithm falls infinitely fast
            second = weighted(np.exp(link.log_pdf(eta)), link.dlog_pdf(eta))
        turned = along.T if along.ndim == 2 else np.swapaxes(along, 1, 2)[:, None]
        return np.asarray(second[:, :, None, None] * turned)
    p, gap, fall = (
        likelihood.probabilities(eta),
        likelihood.log_slopes(eta),
        likelihood.log_curvatures(eta, along),
    )
    if log:
        return np.broadcast_to(fall, (*p.shape, *fall.shape[2:]))
    return np.asarray(
        p[:, :, None, None] * ((gap @ along)[:, :, :, None] * gap[:, :, None, :] + fall)
    )
