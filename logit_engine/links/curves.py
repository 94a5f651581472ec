"""Links as values: the response curves of binary models, each stable on the log scale in both tails.

A link is five named functions of the linear predictor eta. Score and curvature of the binary log-likelihood follow from
them by one law (`law_terms`): with s = f/F for an event, d loglik / d eta = s and -d2 loglik / d eta2 = s (s - dlog f);
a non-event is the event of the mirrored curve. A link may carry closed forms (`success`, `failure`) where they are faster
or keep more digits in the tails; the tests hold them equal to the law. To add a link: write the five functions, named at
module level (so that they travel to worker processes), make a `Link`, add it to `LINKS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Real = NDArray[np.floating]  # float64, or an extended type
Curve = Callable[[Array], Array]


class Terms(NamedTuple):
    """Row terms of a log-likelihood: its value, its first derivative in eta, and minus its second; each (n,)."""

    loglik: Array
    score: Array
    curvature: Array


@dataclass(frozen=True, slots=True)
class Link:
    """A response curve F with density f, as functions of eta, (n,) to (n,).

    `cdf` is F; `log_cdf` log F; `log_sf` log(1 - F); `log_pdf` log f; `dlog_pdf` the derivative of log f.
    `symmetric` says F(-eta) = 1 - F(eta); `log_concave` that both log F and log(1 - F) are concave (then a stationary
    point is the maximum). `success` and `failure` are the closed forms, if any, of `law_terms` for y = 1 and y = 0;
    `residual` the score of any y in [0, 1] in one, for passes that need no more.
    McCullagh & Nelder (1989), 4.3.
    """

    name: str
    cdf: Curve
    log_cdf: Curve
    log_sf: Curve
    log_pdf: Curve
    dlog_pdf: Curve
    symmetric: bool
    log_concave: bool
    success: Callable[[Array], Terms] | None = None
    failure: Callable[[Array], Terms] | None = None
    residual: Callable[[Array, Array], Array] | None = None


def law_terms(link: Link, eta: Array, event: bool) -> Terms:
    """Row terms of y = 1 (event) or y = 0, derived from the link's five functions alone. eta: (n,)."""
    log_probability = link.log_cdf(eta) if event else link.log_sf(eta)
    size = np.exp(link.log_pdf(eta) - log_probability)
    score = size if event else -size
    return Terms(log_probability, score, score * (score - link.dlog_pdf(eta)))


def event_terms(link: Link, eta: Array) -> Terms:
    """Row terms of y = 1: the link's closed form where it has one, else the law. eta: (n,)."""
    return link.success(eta) if link.success else law_terms(link, eta, event=True)


def nonevent_terms(link: Link, eta: Array) -> Terms:
    """Row terms of y = 0: the closed form, else the mirrored event (symmetric links), else the law. eta: (n,)."""
    if link.failure:
        return link.failure(eta)
    if link.symmetric:
        mirrored = event_terms(link, -eta)
        return Terms(mirrored.loglik, -mirrored.score, mirrored.curvature)
    return law_terms(link, eta, event=False)


def expected_curvature(link: Link, eta: Array) -> Array:
    """f^2 / (F (1 - F)), minus the product of both scores: the Fisher information in eta of a binary row. eta: (n,)."""
    yes, no = event_terms(link, eta).score, nonevent_terms(link, eta).score
    return np.multiply(yes, -no, out=np.zeros_like(yes), where=(yes > 0.0) & (no < 0.0))  # 0 * inf = 0


# --- logit --------------------------------------------------------------------------------------------------------


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
    """Closed form for an event: exponentials and one logarithm a row, no cancellation in either tail."""
    size = np.abs(eta)
    small = np.exp(-size)
    share = 1.0 / (1.0 + small)
    loglik = 0.5 * (eta - size) - np.log1p(small)
    score = np.where(eta > 0.0, small, 1.0)
    score *= share
    small *= share
    small *= share
    return Terms(loglik, score, small)


def logit_residual(eta: Array, y: Array) -> Array:
    """y - F(eta), the score of either outcome; absolutely exact to rounding, relatively only away from y = F."""
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


# --- probit -------------------------------------------------------------------------------------------------------

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
_FAR = -8.0  # below it s + eta is taken from a continued fraction, since the difference would lose digits


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
    """phi(x)/(1 - Phi(x)) - x for x >= 8, by Laplace's continued fraction 1/(x + 2/(x + 3/(x + ...)))."""
    fraction = x.copy()
    for k in range(30, 1, -1):
        fraction = x + k / fraction
    return 1.0 / fraction


def probit_success(eta: Array) -> Terms:
    """Closed form for an event: the inverse Mills ratio by erfcx, its excess over -eta by a continued fraction."""
    loglik = np.asarray(special.log_ndtr(eta))
    below = np.minimum(eta, 0.0)
    ratio = np.sqrt(2.0 / np.pi) / special.erfcx(-below / np.sqrt(2.0))
    score = np.where(eta <= 0.0, ratio, np.exp(probit_log_pdf(eta) - loglik))
    excess = score + eta
    far = eta < _FAR
    if far.any():
        excess[far] = _mills_excess(-eta[far])
    return Terms(loglik, score, score * excess)


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
)


# --- complementary log-log, and its mirror image --------------------------------------------------------------------


def _exp(eta: Array) -> Array:
    """exp, where an overflow to infinity is the right answer."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(eta)


def cloglog_cdf(eta: Array) -> Array:
    """1 - exp(-exp(eta))."""
    return -np.expm1(-_exp(eta))


def cloglog_log_cdf(eta: Array) -> Array:
    """log(1 - exp(-exp(eta))); eta - exp(eta)/2 in the far lower tail, by log1p in the upper one (Maechler 2012)."""
    u = _exp(eta)
    with np.errstate(divide="ignore"):
        middle = np.where(u > np.log(2.0), np.log1p(-np.exp(-u)), np.log(-np.expm1(-u)))
    return np.where(eta < -20.0, eta - 0.5 * u, middle)


def cloglog_log_sf(eta: Array) -> Array:
    """-exp(eta)."""
    return -_exp(eta)


def cloglog_log_pdf(eta: Array) -> Array:
    """eta - exp(eta)."""
    return eta - _exp(eta)


def cloglog_dlog_pdf(eta: Array) -> Array:
    """1 - exp(eta), without cancellation near zero."""
    with np.errstate(over="ignore"):
        return -np.expm1(eta)


def cloglog_success(eta: Array) -> Terms:
    """Closed form for an event: s = u / (exp(u) - 1), u = exp(eta), with the series of s - 1 + u for small u."""
    u = _exp(eta)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        score = np.where(u > 0.0, u / np.expm1(u), 1.0)
        score = np.where(np.isfinite(u), score, 0.0)
        series = u * (0.5 + u * (1.0 / 12.0 - u * u / 720.0))
        curvature = np.where(u < 1e-2, score * series, score * (score - 1.0 + u))
        curvature = np.where(score > 0.0, curvature, 0.0)
    return Terms(cloglog_log_cdf(eta), score, curvature)


def cloglog_failure(eta: Array) -> Terms:
    """Closed form for a non-event: loglik -u, score -u, curvature u, u = exp(eta)."""
    u = _exp(eta)
    return Terms(-u, -u, u)


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
)


def loglog_cdf(eta: Array) -> Array:
    """exp(-exp(-eta))."""
    return np.exp(-_exp(-eta))


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
)


# --- cauchit --------------------------------------------------------------------------------------------------------


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

LINKS: dict[str, Link] = {link.name: link for link in (LOGIT, PROBIT, CLOGLOG, LOGLOG, CAUCHIT)}
