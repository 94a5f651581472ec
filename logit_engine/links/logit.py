"""The logit link, F(eta) = 1 / (1 + exp(-eta)): the logistic distribution."""

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.links.law import Link, Terms


def logit_cdf(eta: Array) -> Array:
    """1 / (1 + exp(-eta))."""
    return np.asarray(special.expit(eta))


def logit_log_cdf(eta: Array) -> Array:
    """log(1 / (1 + exp(-eta))), finite for every finite eta."""
    return np.asarray(np.minimum(eta, 0.0) - np.log1p(np.exp(-np.abs(eta))))


def logit_log_sf(eta: Array) -> Array:
    """log(1 / (1 + exp(eta)))."""
    return logit_log_cdf(-eta)


def logit_log_pdf(eta: Array) -> Array:
    """log of the logistic density."""
    size = np.abs(eta)
    return -size - 2.0 * np.log1p(np.exp(-size))


def logit_dlog_pdf(eta: Array) -> Array:
    """1 - 2 F(eta)."""
    return -np.tanh(0.5 * eta)


def logit_success(eta: Array) -> Terms:
    """Closed form for an event: exponentials and one logarithm a row, no cancellation in either
    tail.
    """
    mirrored = -eta
    small = np.exp(np.minimum(eta, mirrored))
    share = 1.0 / (1.0 + small)
    loglik = np.minimum(eta, 0.0) - np.log1p(small)
    score = np.exp(np.minimum(mirrored, 0.0))
    score *= share
    small *= share
    small *= share
    return Terms(loglik, score, small)


def logit_residual(eta: Array, y: Array) -> Array:
    """y - F(eta), the score of either outcome; absolutely exact to rounding, relatively only
    away from y = F.
    """
    out = np.negative(eta)
    with np.errstate(over="ignore"):  # to infinity, whose inverse is the right zero
        np.exp(out, out=out)
    out += 1.0
    np.divide(1.0, out, out=out)
    return np.asarray(np.subtract(y, out, out=out))


LOGIT = Link(
    name="logit",
    cdf=logit_cdf,
    log_cdf=logit_log_cdf,
    log_sf=logit_log_sf,
    log_pdf=logit_log_pdf,
    dlog_pdf=logit_dlog_pdf,
    symmetric=True,
    log_concave=True,
    success=logit_success,
    residual=logit_residual,
)
