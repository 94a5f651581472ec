"""A sample newcomer among the links: F is Student's t with two degrees of freedom, whose tails fall
as 1 / eta^2.

To join the engine a link takes this file and one line in `LINKS`: STUDENT2. The laws in
`tests/laws` then run over it. They hold it against `exact_student2`, which is written anew.
"""

from typing import Any

import mpmath as mp
import numpy as np

from logit_engine.columns import Array
from logit_engine.links import Link


def student2_cdf(eta: Array) -> Array:
    """1/2 + eta / (2 sqrt(2 + eta^2)), without cancellation in the lower tail."""
    root = np.sqrt(2.0 + eta * eta)
    tail = 1.0 / (root * (root + np.abs(eta)))
    return np.where(eta < 0.0, tail, 1.0 - tail)


def student2_log_cdf(eta: Array) -> Array:
    """log F, as a product of two roots in the lower tail and by log1p in the upper one."""
    root = np.sqrt(2.0 + eta * eta)
    product = root * (root + np.abs(eta))
    return np.where(eta < 0.0, -np.log(product), np.log1p(-1.0 / product))


def student2_log_sf(eta: Array) -> Array:
    """log(1 - F(eta))."""
    return student2_log_cdf(-eta)


def student2_log_pdf(eta: Array) -> Array:
    """-3/2 log(2 + eta^2)."""
    return np.asarray(-1.5 * np.log(2.0 + eta * eta))


def student2_dlog_pdf(eta: Array) -> Array:
    """-3 eta / (2 + eta^2)."""
    return -3.0 * eta / (2.0 + eta * eta)


STUDENT2 = Link(
    name="student2",
    cdf=student2_cdf,
    log_cdf=student2_log_cdf,
    log_sf=student2_log_sf,
    log_pdf=student2_log_pdf,
    dlog_pdf=student2_dlog_pdf,
    symmetric=True,
    log_concave=False,
)


def exact_student2(t: Any) -> tuple[Any, Any, Any, Any]:
    """F, 1 - F, f and the derivative of log f in mpmath's numbers, each without cancellation."""
    tail = 1 / (2 + t * t + abs(t) * mp.sqrt(2 + t * t))
    F, S = (tail, 1 - tail) if t < 0 else (1 - tail, tail)
    return F, S, (2 + t * t) ** mp.mpf(-1.5), -3 * t / (2 + t * t)
