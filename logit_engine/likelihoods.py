"""Likelihoods as values: the row terms of a model, given the linear predictor and the outcome."""

from dataclasses import dataclass

import numpy as np

from logit_engine.links import Array, Link, Terms, event_terms, expected_curvature, nonevent_terms


@dataclass(frozen=True, slots=True)
class Bernoulli:
    """A binary outcome through a link: P(y = 1) = F(eta). A y between 0 and 1 is a share of events in its row's weight."""

    link: Link

    def terms(self, eta: Array, y: Array) -> Terms:
        """Log-likelihood, score and observed curvature of each row. eta, y: (n,); y in [0, 1]."""
        event = y == 1.0
        if not np.all(event | (y == 0.0)):
            return self._mixed(eta, y)
        if self.link.symmetric:
            sign = np.where(event, 1.0, -1.0)
            terms = event_terms(self.link, sign * eta)
            return Terms(terms.loglik, sign * terms.score, terms.curvature)
        return _interleave(event, event_terms(self.link, eta[event]), nonevent_terms(self.link, eta[~event]))

    def expected(self, eta: Array) -> Array:
        """Expected curvature of each row: never negative, whatever the link. eta: (n,)."""
        return expected_curvature(self.link, eta)

    def mean(self, eta: Array) -> Array:
        """P(y = 1). eta: (n,)."""
        return self.link.cdf(eta)

    def _mixed(self, eta: Array, y: Array) -> Terms:
        yes, no = event_terms(self.link, eta), nonevent_terms(self.link, eta)
        return Terms(*(weighted(y, a) + weighted(1.0 - y, b) for a, b in zip(yes, no, strict=True)))


def weighted(share: Array, value: Array) -> Array:
    """share * value with 0 * inf = 0: an outcome that did not happen adds nothing, however unlikely it was."""
    return np.multiply(share, value, out=np.zeros_like(value), where=share > 0.0)


def _interleave(event: np.ndarray, yes: Terms, no: Terms) -> Terms:
    columns = []
    for a, b in zip(yes, no, strict=True):
        out = np.empty(event.size)
        out[event], out[~event] = a, b
        columns.append(out)
    return Terms(*columns)


def constant_predictor(link: Link, rate: float) -> float:
    """The eta at which F(eta) = rate, 0 < rate < 1, by bracketing and bisection on the log-odds of F."""

    def excess(eta: float) -> float:
        at = np.array([eta])
        return float((link.log_cdf(at) - link.log_sf(at))[0] - np.log(rate / (1.0 - rate)))

    low, high = -1.0, 1.0
    while excess(low) > 0.0:
        low *= 2.0
    while excess(high) < 0.0:
        high *= 2.0
    while high - low > 1e-15 * max(1.0, abs(low), abs(high)):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if excess(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)
