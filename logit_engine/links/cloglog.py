"""The complementary log-log link, F(eta) = 1 - exp(-exp(eta)): proportional hazards in grouped
time.
"""

import numpy as np

from logit_engine.columns import Array
from logit_engine.links.law import Link, Terms

MIN_HAZARD, MAX_HAZARD = 1e-300, float(np.finfo(np.float64).max)


def exp_to_infinity(eta: Array) -> Array:
    """exp, where an overflow to infinity is the right answer."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(eta)


def cloglog_cdf(eta: Array) -> Array:
    """1 - exp(-exp(eta))."""
    return -np.expm1(-exp_to_infinity(eta))


def cloglog_log_cdf(eta: Array) -> Array:
    """log(1 - exp(-exp(eta))); eta - exp(eta)/2 in the far lower tail, by log1p in the upper one
    (Maechler 2012).
    """
    u = exp_to_infinity(eta)
    with np.errstate(divide="ignore"):
        middle = np.where(u > np.log(2.0), np.log1p(-np.exp(-u)), np.log(-np.expm1(-u)))
    return np.where(eta < -20.0, eta - 0.5 * u, middle)


def cloglog_log_sf(eta: Array) -> Array:
    """-exp(eta)."""
    return -exp_to_infinity(eta)


def cloglog_log_pdf(eta: Array) -> Array:
    """eta - exp(eta)."""
    return eta - exp_to_infinity(eta)


def cloglog_dlog_pdf(eta: Array) -> Array:
    """1 - exp(eta), without cancellation near zero."""
    with np.errstate(over="ignore"):
        return -np.expm1(eta)


def cloglog_success(eta: Array) -> Terms:
    """Closed form for an event: s = u / (exp(u) - 1), u = exp(eta), with the series of s - 1 + u
    for small u.
    """
    u = exp_to_infinity(eta)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        score = np.where(u > 0.0, u / np.expm1(u), 1.0)
        score = np.where(np.isfinite(u), score, 0.0)
        series = u * (0.5 + u * (1.0 / 12.0 - u * u / 720.0))
        curvature = np.where(u < 1e-2, score * series, score * (score - 1.0 + u))
        curvature = np.where(score > 0.0, curvature, 0.0)
    return Terms(cloglog_log_cdf(eta), score, curvature)


def cloglog_failure(eta: Array) -> Terms:
    """Closed form for a non-event: loglik -u, score -u, curvature u, u = exp(eta)."""
    u = exp_to_infinity(eta)
    return Terms(-u, -u, u)


def cloglog_residual(eta: Array, y: Array) -> Array:
    """(y - F) u / F, u = exp(eta), the score of either outcome; y - F = exp(-u) - (1 - y).

    Absolutely exact to rounding, relatively only away from y = F. The bounds of u keep u / F a
    number, and leave its value.
    """
    u = np.clip(exp_to_infinity(eta), MIN_HAZARD, MAX_HAZARD)
    with np.errstate(under="ignore"):
        return np.asarray((np.exp(-u) - (1.0 - y)) * (u / -np.expm1(-u)))


CLOGLOG = Link(
    name="cloglog",
    cdf=cloglog_cdf,
    log_cdf=cloglog_log_cdf,
    log_sf=cloglog_log_sf,
    log_pdf=cloglog_log_pdf,
    dlog_pdf=cloglog_dlog_pdf,
    symmetric=False,
    log_concave=True,
    success=cloglog_success,
    failure=cloglog_failure,
    residual=cloglog_residual,
)
