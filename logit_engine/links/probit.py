"""The probit link, F the standard normal distribution."""

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.links.law import Link, Terms

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
# below it s + eta is taken from a continued fraction, since the difference would lose digits
_CONTINUED_FRACTION_ETA = -8.0


def probit_cdf(eta: Array) -> Array:
    """The standard normal distribution function."""
    return np.asarray(special.ndtr(eta))


def probit_log_cdf(eta: Array) -> Array:
    """Its logarithm, finite to |eta| = 1e150."""
    return np.asarray(special.log_ndtr(eta))


def probit_log_sf(eta: Array) -> Array:
    """log(1 - Phi(eta))."""
    return np.asarray(special.log_ndtr(-eta))


def probit_log_pdf(eta: Array) -> Array:
    """log of the standard normal density."""
    return np.asarray(-0.5 * eta * eta - _LOG_SQRT_2PI)


def probit_dlog_pdf(eta: Array) -> Array:
    """-eta."""
    return -eta


def _mills_excess(x: Array) -> Array:
    """phi(x)/(1 - Phi(x)) - x for x >= 8, by Laplace's continued fraction 1/(x + 2/(x + 3/(x +
    ...))).
    """
    fraction = x.copy()
    for k in range(30, 1, -1):
        fraction = x + k / fraction
    return 1.0 / fraction


def probit_success(eta: Array) -> Terms:
    """Closed form for an event: the inverse Mills ratio by erfcx, its excess over -eta by a
    continued fraction.
    """
    loglik = np.asarray(special.log_ndtr(eta))
    below = np.minimum(eta, 0.0)
    ratio = np.sqrt(2.0 / np.pi) / special.erfcx(-below / np.sqrt(2.0))
    score = np.where(eta <= 0.0, ratio, np.exp(probit_log_pdf(eta) - loglik))
    excess = score + eta
    far = eta < _CONTINUED_FRACTION_ETA
    if far.any():
        excess[far] = _mills_excess(-eta[far])
    return Terms(loglik, score, score * excess)


def probit_residual(eta: Array, y: Array) -> Array:
    """(y - F) f / (F (1 - F)), the score of either outcome, by one erfcx and one exponential.

    Absolutely exact to rounding, relatively only away from y = F.
    """
    size = np.abs(eta) / np.sqrt(2.0)
    scaled = special.erfcx(size)
    with np.errstate(over="ignore"):
        tail = 0.5 * scaled * np.exp(-size * size)
    cdf = np.where(eta < 0.0, tail, 1.0 - tail)
    return np.asarray((y - cdf) * np.sqrt(2.0 / np.pi) / (scaled * (1.0 - tail)))


PROBIT = Link(
    name="probit",
    cdf=probit_cdf,
    log_cdf=probit_log_cdf,
    log_sf=probit_log_sf,
    log_pdf=probit_log_pdf,
    dlog_pdf=probit_dlog_pdf,
    symmetric=True,
    log_concave=True,
    success=probit_success,
    residual=probit_residual,
)
