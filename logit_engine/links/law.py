"""What a link is, and the one law by which its score and its curvature follow from five functions
of eta.

Links are values: the response curves of binary models, each stable on the log scale in both tails.
A link is five named functions of the linear predictor eta. Score and curvature of the binary
log-likelihood follow from them (`law_terms`): with s = f/F for an event, d loglik / d eta = s and
-d2 loglik / d eta2 = s (s - dlog f); a non-event is the event of the mirrored curve. In a tail that
falls exponentially s and dlog f are nearly equal, and their difference has no digits: such a link
carries closed forms (`success`, `failure`), as may one that has faster ones; the tests hold them
equal to the law. To add a link: write the five functions in a file of its own,
named at module level (so that they travel to worker processes), make a `Link`, add it to `LINKS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array

Curve = Callable[[Array], Array]


class Terms(NamedTuple):
    """Row terms of a log-likelihood: its value, its first derivative in eta, and minus its
    second; each (n,).
    """

    loglik: Array
    score: Array
    curvature: Array


@dataclass(frozen=True, slots=True)
class Link:
    """A response curve F with density f, as functions of eta, (n,) to (n,).

    `cdf` is F; `log_cdf` log F; `log_sf` log(1 - F); `log_pdf` log f; `dlog_pdf` the derivative of
    log f. `symmetric` says F(-eta) = 1 - F(eta); `log_concave` that both log F and log(1 - F) are
    concave (then a stationary point is the maximum). `success` and `failure` are the closed forms,
    if any, of `law_terms` for y = 1 and y = 0; `residual` the score of any y in [0, 1] in one, for
    passes that need no more. McCullagh & Nelder (1989), 4.3.
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
    """Row terms of y = 1 (event) or y = 0, derived from the link's five functions alone.

    eta: (n,).
    """
    log_probability = link.log_cdf(eta) if event else link.log_sf(eta)
    size = np.exp(link.log_pdf(eta) - log_probability)
    score = size if event else -size
    return Terms(log_probability, score, score * (score - link.dlog_pdf(eta)))


def event_terms(link: Link, eta: Array) -> Terms:
    """Row terms of y = 1: the link's closed form where it has one, else the law. eta: (n,)."""
    return link.success(eta) if link.success else law_terms(link, eta, event=True)


def nonevent_terms(link: Link, eta: Array) -> Terms:
    """Row terms of y = 0: the closed form, else the mirrored event (symmetric links), else the law.

    eta: (n,).
    """
    if link.failure:
        return link.failure(eta)
    if link.symmetric:
        mirrored = event_terms(link, -eta)
        return Terms(mirrored.loglik, -mirrored.score, mirrored.curvature)
    return law_terms(link, eta, event=False)


def expected_curvature(link: Link, eta: Array) -> Array:
    """f^2 / (F (1 - F)), minus the product of both scores: the Fisher information in eta of a
    binary row. eta: (n,).
    """
    yes, no = event_terms(link, eta).score, nonevent_terms(link, eta).score
    # 0 * inf = 0
    return np.multiply(yes, -no, out=np.zeros_like(yes), where=(yes > 0.0) & (no < 0.0))
