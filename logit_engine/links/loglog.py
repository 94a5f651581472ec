"""The log-log link, F(eta) = exp(-exp(-eta)): the mirror image of the complementary log-log."""

import numpy as np

from logit_engine.columns import Array
from logit_engine.links.cloglog import (
    cloglog_dlog_pdf,
    cloglog_failure,
    cloglog_log_cdf,
    cloglog_log_pdf,
    cloglog_log_sf,
    cloglog_residual,
    cloglog_success,
    exp_to_infinity,
)
from logit_engine.links.law import Link, Terms


def loglog_cdf(eta: Array) -> Array:
    """exp(-exp(-eta))."""
    return np.exp(-exp_to_infinity(-eta))


def loglog_log_cdf(eta: Array) -> Array:
    """-exp(-eta)."""
    return cloglog_log_sf(-eta)


def loglog_log_sf(eta: Array) -> Array:
    """log(1 - exp(-exp(-eta)))."""
    return cloglog_log_cdf(-eta)


def loglog_log_pdf(eta: Array) -> Array:
    """-eta - exp(-eta)."""
    return cloglog_log_pdf(-eta)


def loglog_dlog_pdf(eta: Array) -> Array:
    """exp(-eta) - 1."""
    return -cloglog_dlog_pdf(-eta)


def loglog_success(eta: Array) -> Terms:
    """Closed form for an event: the mirrored non-event of cloglog."""
    mirrored = cloglog_failure(-eta)
    return Terms(mirrored.loglik, -mirrored.score, mirrored.curvature)


def loglog_failure(eta: Array) -> Terms:
    """Closed form for a non-event: the mirrored event of cloglog."""
    mirrored = cloglog_success(-eta)
    return Terms(mirrored.loglik, -mirrored.score, mirrored.curvature)


def loglog_residual(eta: Array, y: Array) -> Array:
    """The mirrored one of cloglog."""
    return -cloglog_residual(-eta, 1.0 - y)


LOGLOG = Link(
    name="loglog",
    cdf=loglog_cdf,
    log_cdf=loglog_log_cdf,
    log_sf=loglog_log_sf,
    log_pdf=loglog_log_pdf,
    dlog_pdf=loglog_dlog_pdf,
    symmetric=False,
    log_concave=True,
    success=loglog_success,
    failure=loglog_failure,
    residual=loglog_residual,
)
