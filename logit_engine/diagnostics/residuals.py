"""Residuals of each row, given its linear predictor and outcome, with full digits in both tails."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.likelihoods import Bernoulli, Likelihood, weighted


@dataclass(frozen=True, slots=True)
class Residuals:
    """The four kinds of residual; (n,) for a binary outcome.

    response: y - mu. pearson: y - mu in its standard deviations. deviance: the signed root of the
    row's deviance. generalized: the row's score in eta (Gourieroux et al. 1987), for which X'r = 0
    at the maximum. Of k + 1 classes, response and pearson are those of each class's indicator, (n,
    k + 1), generalized is (n, k), and deviance, (n,), has no sign. A row of w trials has the
    variance of a share over w: pearson and deviance carry sqrt(w), generalized w. McCullagh &
    Nelder (1989), 2.4.
    """

    response: Array
    pearson: Array
    deviance: Array
    generalized: Array


def residuals(
    likelihood: Likelihood, eta: Array, y: Array, trials: Array | None = None
) -> Residuals:
    """All residuals of the rows. eta: (n,) or (n, k); y: (n,), shares of events or codes.

    trials: (n,), one by default. A residual beyond the largest double is infinite.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # of rows without trials
        if isinstance(likelihood, Bernoulli):
            found = _binary_residuals(likelihood, eta, y)
        else:
            found = _class_residuals(likelihood, eta, y)
    if trials is None:
        return found
    root = np.sqrt(trials)
    return Residuals(
        response=found.response,
        pearson=_residuals_times(root, found.pearson),
        deviance=_residuals_times(root, found.deviance),
        generalized=_residuals_times(trials, found.generalized),
    )


def misclassified(eta: Array, y: Array) -> Array:
    """1 where the likeliest class (of equals the first) is not the observed one, else 0, (n,).

    eta: (n, k), that of class 0 being zero; y: (n,), codes.
    """
    likeliest = np.where(eta.max(axis=1) > 0.0, eta.argmax(axis=1) + 1, 0)
    return np.asarray(likeliest != y, dtype=np.float64)


def _binary_residuals(likelihood: Bernoulli, eta: Array, y: Array) -> Residuals:
    link, no = likelihood.link, 1.0 - y
    log_mean, log_rest = link.log_cdf(eta), link.log_sf(eta)
    mean, rest = link.cdf(eta), link.cdf(-eta) if link.symmetric else np.exp(log_rest)
    response = y * rest - no * mean  # y - mu, but exact where mu is near one
    half_logit = 0.5 * (log_mean - log_rest)
    pearson = weighted(y, np.exp(-half_logit)) - weighted(no, np.exp(half_logit))
    deviance = _half_deviance(y, mean, log_mean, response) + _half_deviance(
        no, rest, log_rest, -response
    )
    signed = np.copysign(np.sqrt(2.0 * deviance), response)
    return Residuals(response, pearson, signed, likelihood.terms(eta, y).score)


def _half_deviance(x: Array, m: Array, log_m: Array, difference: Array) -> Array:
    """x log(x/m) - (x - m), never negative; near m by a series without cancellation.

    Loader (2000).
    """
    both = x + m
    v = np.divide(difference, both, out=np.zeros_like(x), where=both > 0.0)
    square = v * v
    series = np.zeros_like(v)  # (atanh(v) - v) / v^3
    for k in range(19, 1, -2):
        series = series * square + 1.0 / k
    near = both * square * (1.0 + v * series + square * series)
    far = special.xlogy(x, x) - weighted(x, log_m) - difference
    return np.where(np.abs(v) < 0.1, near, far)


def _class_residuals(likelihood: Likelihood, eta: Array, y: Array) -> Residuals:
    row, code = np.arange(y.size), y.astype(np.intp)
    response = -likelihood.probabilities(eta)
    response[row, code] = 0.0
    response[row, code] = -response.sum(axis=1)  # 1 - P, but exact where P is near one
    log_p = likelihood.log_probabilities(eta)
    classes = range(likelihood.classes)
    log_rest = np.stack(
        [special.logsumexp(np.delete(log_p, c, axis=1), axis=1) for c in classes], axis=1
    )
    half_logit = 0.5 * (log_p - log_rest)
    pearson = -np.exp(half_logit)
    pearson[row, code] = np.exp(-half_logit[row, code])
    terms = likelihood.terms(eta, y)
    return Residuals(response, pearson, np.sqrt(-2.0 * terms.loglik), terms.score)


def _residuals_times(w: Array, residual: Array) -> Array:
    """w times the residual of its row; a row without trials has none, however far out."""
    by_row = np.broadcast_to(w.reshape(-1, *[1] * (residual.ndim - 1)), residual.shape)
    return weighted(by_row, residual)
