"""The likelihood of a binary outcome through a link."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from logit_engine.columns import Array, Real
from logit_engine.likelihoods.protocol import Likelihood
from logit_engine.likelihoods.weighting import weighted
from logit_engine.links import LOGIT, Link
from logit_engine.links.law import Terms, event_terms, expected_curvature, nonevent_terms

# of all weight: non-events of less are counted by themselves, as a difference would lose their
# digits
MIN_NONEVENT_SHARE = 1e-6
EVEN_LOGLIK = math.log(0.5)
GRID_POINTS = 257  # points of a grid in which a root is looked for


@dataclass(frozen=True, slots=True)
class Bernoulli(Likelihood):
    """A binary outcome through a link: P(y = 1) = F(eta).

    A y between 0 and 1 is a share of events in its row's weight.
    """

    link: Link

    @classmethod
    def of_classes(cls, classes: int, link: Link) -> Self:
        """Two classes and their link."""
        return cls(link)

    @property
    def name(self) -> str:
        """The link's."""
        return self.link.name

    @property
    def outputs(self) -> int:
        """The number of linear predictors of a row: one."""
        return 1

    @property
    def classes(self) -> int:
        """2: the non-events, and the events."""
        return 2

    @property
    def canonical(self) -> bool:
        """Whether the link is the logit."""
        return self.link is LOGIT

    @property
    def log_concave(self) -> bool:
        """Whether a stationary point is the maximum."""
        return self.link.log_concave

    @property
    def self_concordant(self) -> bool:
        """Whether the curvature changes by at most a factor e^|t| when the predictor moves by t.

        Bach (2010).
        """
        return self.link is LOGIT

    @property
    def least_leading_loglik(self) -> float:
        """That of even odds, for a symmetric link."""
        return EVEN_LOGLIK if self.link.symmetric else -math.inf

    def terms(self, eta: Array, y: Array) -> Terms:
        """Log-likelihood, score and observed curvature of each row. eta, y: (n,); y in [0, 1]."""
        sign = 2.0 * y - 1.0
        if np.abs(sign).min(initial=1.0) < 1.0:
            return self._mixed(eta, y)
        if self.link.symmetric:
            terms = event_terms(self.link, sign * eta)
            return Terms(terms.loglik, sign * terms.score, terms.curvature)
        event = y == 1.0
        return _interleave(
            event, event_terms(self.link, eta[event]), nonevent_terms(self.link, eta[~event])
        )

    def score(self, eta: Array, y: Array) -> Array:
        """The score of each row alone, to the rounding of the whole. eta, y: (n,)."""
        return (
            self.terms(eta, y).score if self.link.residual is None else self.link.residual(eta, y)
        )

    def expected(self, eta: Array) -> Array:
        """Expected curvature of each row: never negative, whatever the link. eta: (n,)."""
        return expected_curvature(self.link, eta)

    def mean(self, eta: Array) -> Array:
        """P(y = 1). eta: (n,)."""
        return self.link.cdf(eta)

    def log_probabilities(self, eta: Array) -> Array:
        """log P(y = 0) and log P(y = 1), (n, 2). eta: (n,)."""
        return np.stack([self.link.log_sf(eta), self.link.log_cdf(eta)], axis=1)

    @property
    def lead_vectors(self) -> Array:
        """The event leads by eta, the non-event by -eta, (2, 2, 1)."""
        return np.array([[[0.0], [-1.0]], [[1.0], [0.0]]])

    def margins(self, linear: Real, y: Array) -> Real:
        """x'd of each row in the direction of its outcome, (n,): negative if d speaks against it.

        linear: (n,).
        """
        sign = 2.0 * y - 1.0
        margins = sign * linear
        if np.abs(sign).min(initial=1.0) < 1.0:
            shares = np.abs(sign) < 1.0
            margins[shares] = -np.abs(linear[shares])
        return np.asarray(margins)

    def class_weights(self, y: Array, weight: Array) -> Array:
        """The weight of non-events and of events, (2,)."""
        events, whole = float(weight @ y), float(weight.sum())
        nonevents = whole - events
        return np.array(
            [
                nonevents if nonevents > MIN_NONEVENT_SHARE * whole else float(weight @ (1.0 - y)),
                events,
            ]
        )

    def constants(self, weights: Array) -> Array:
        """The eta that fits the classes' weights, (1,)."""
        return np.array(
            [constant_predictor(self.link, float(np.log(weights[1]) - np.log(weights[0])))]
        )

    def _mixed(self, eta: Array, y: Array) -> Terms:
        yes, no = event_terms(self.link, eta), nonevent_terms(self.link, eta)
        return Terms(*(weighted(y, a) + weighted(1.0 - y, b) for a, b in zip(yes, no, strict=True)))


def _interleave(event: np.ndarray, yes: Terms, no: Terms) -> Terms:
    columns = []
    for a, b in zip(yes, no, strict=True):
        out = np.empty(event.size)
        out[event], out[~event] = a, b
        columns.append(out)
    return Terms(*columns)


def constant_predictor(link: Link, wanted: float) -> float:
    """The eta at which F has the log-odds that are wanted: these, or between points of ever
    finer grids on those of F.
    """
    if link is LOGIT:
        return wanted
    low, high = -1.0, 1.0
    while True:
        grid = np.linspace(low, high, GRID_POINTS)
        above = int(np.searchsorted(link.log_cdf(grid) - link.log_sf(grid), wanted))
        if above == 0:
            low, high = 4.0 * low - 1.0, low
        elif above == GRID_POINTS:
            low, high = high, 4.0 * high + 1.0
        else:
            low, high = float(grid[above - 1]), float(grid[above])
            if high - low <= 4e-16 * max(1.0, abs(low), abs(high)):
                return 0.5 * (low + high)
