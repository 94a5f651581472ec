"""The cauchit link, F the standard Cauchy distribution: heavy tails, and a likelihood that is
not concave.
"""

import numpy as np

from logit_engine.columns import Array
from logit_engine.links.law import Link


def cauchit_cdf(eta: Array) -> Array:
    """1/2 + arctan(eta)/pi, without cancellation in the lower tail."""
    return np.asarray(np.arctan2(1.0, -eta) / np.pi)


def cauchit_log_cdf(eta: Array) -> Array:
    """log of the Cauchy distribution function."""
    upper = np.log1p(-np.arctan2(1.0, np.maximum(eta, 0.0)) / np.pi)
    return np.where(eta > 0.0, upper, np.log(cauchit_cdf(np.minimum(eta, 0.0))))


def cauchit_log_sf(eta: Array) -> Array:
    """log(1 - F(eta))."""
    return cauchit_log_cdf(-eta)


def cauchit_log_pdf(eta: Array) -> Array:
    """log of the Cauchy density."""
    return np.asarray(-np.log(np.pi) - np.log1p(eta * eta))


def cauchit_dlog_pdf(eta: Array) -> Array:
    """-2 eta / (1 + eta^2)."""
    return -2.0 * eta / (1.0 + eta * eta)


CAUCHIT = Link(
    name="cauchit",
    cdf=cauchit_cdf,
    log_cdf=cauchit_log_cdf,
    log_sf=cauchit_log_sf,
    log_pdf=cauchit_log_pdf,
    dlog_pdf=cauchit_dlog_pdf,
    symmetric=True,
    log_concave=False,
)
