"""Likelihoods as values: the row terms of a model, given the linear predictor and the outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.links import LOGIT, Array, Link, Terms, event_terms, expected_curvature, nonevent_terms

GRID = 257  # points of a grid in which a root is looked for


@dataclass(frozen=True, slots=True)
class Bernoulli:
    """A binary outcome through a link: P(y = 1) = F(eta). A y between 0 and 1 is a share of events in its row's weight."""

    link: Link

    @property
    def name(self) -> str:
        """The link's."""
        return self.link.name

    @property
    def outputs(self) -> int:
        """The number of linear predictors of a row: one."""
        return 1

    @property
    def log_concave(self) -> bool:
        """Whether a stationary point is the maximum."""
        return self.link.log_concave

    def terms(self, eta: Array, y: Array) -> Terms:
        """Log-likelihood, score and observed curvature of each row. eta, y: (n,); y in [0, 1]."""
        sign = 2.0 * y - 1.0
        if not np.all(np.abs(sign) == 1.0):
            return self._mixed(eta, y)
        if self.link.symmetric:
            terms = event_terms(self.link, sign * eta)
            return Terms(terms.loglik, sign * terms.score, terms.curvature)
        event = y == 1.0
        return _interleave(event, event_terms(self.link, eta[event]), nonevent_terms(self.link, eta[~event]))

    def score(self, eta: Array, y: Array) -> Array:
        """The score of each row alone, to the rounding of the whole. eta, y: (n,)."""
        return self.terms(eta, y).score if self.link.residual is None else self.link.residual(eta, y)

    def expected(self, eta: Array) -> Array:
        """Expected curvature of each row: never negative, whatever the link. eta: (n,)."""
        return expected_curvature(self.link, eta)

    def mean(self, eta: Array) -> Array:
        """P(y = 1). eta: (n,)."""
        return self.link.cdf(eta)

    def margins(self, linear: Array, y: Array) -> Array:
        """x'd of each row in the direction of its outcome, (n,): negative if d speaks against it. linear: (n,)."""
        margins = (2.0 * y - 1.0) * linear
        shares = (y > 0.0) & (y < 1.0)
        if shares.any():
            margins[shares] = -np.abs(linear[shares])
        return np.asarray(margins)

    def class_weights(self, y: Array, weight: Array) -> Array:
        """The weight of non-events and of events, (2,)."""
        events = float(weight @ y)
        return np.array([float(weight.sum()) - events, events])

    def constants(self, weights: Array) -> Array:
        """The eta that fits the classes' weights, (1,)."""
        return np.array([constant_predictor(self.link, float(weights[1] / weights.sum()))])

    def _mixed(self, eta: Array, y: Array) -> Terms:
        yes, no = event_terms(self.link, eta), nonevent_terms(self.link, eta)
        return Terms(*(weighted(y, a) + weighted(1.0 - y, b) for a, b in zip(yes, no, strict=True)))


@dataclass(frozen=True, slots=True)
class Multinomial:
    """One of several classes: P(y = c) proportional to exp(eta_c), with eta of class 0, the base, at zero.

    y holds codes 0..k of the classes as numbers; eta: (n, k), of the classes 1..k, or (n,) where k is one. Without a base
    every class has a predictor of its own, which only differences of theirs identify: for penalties that treat all
    classes alike. McCullagh & Nelder (1989), 5.2.
    """

    outputs: int
    base: bool = True

    @property
    def classes(self) -> int:
        """How many classes."""
        return self.outputs + self.base

    @property
    def name(self) -> str:
        """multinomial."""
        return "multinomial"

    @property
    def log_concave(self) -> bool:
        """True: a stationary point is the maximum."""
        return True

    def terms(self, eta: Array, y: Array) -> Terms:
        """Log-likelihood (n,), score (n, k) and curvature (n, k, k) of each row; no cancellation where P is near one."""
        if eta.ndim == 1:
            loglik, score, curvature = self.terms(eta[:, None], y)
            return Terms(loglik, score[:, 0], curvature[:, 0, 0])
        row, code = np.arange(y.size), y.astype(np.intp)
        p = self.probabilities(eta)
        rest = _all_but_one(p)
        score = -p
        score[row, code] = rest[row, code]
        inner = p[:, self.base :]
        curvature = -inner[:, :, None] * inner[:, None, :]
        classes = np.arange(self.outputs)
        curvature[:, classes, classes] = inner * rest[:, self.base :]
        return Terms(self._log_probability(eta, code), score[:, self.base :], curvature)

    def score(self, eta: Array, y: Array) -> Array:
        """The score of each row alone, (n, k), to the rounding of the whole. eta: (n, k), or (n,) where k is one."""
        score = -self.probabilities(eta)
        score[np.arange(y.size), y.astype(np.intp)] += 1.0
        return score[:, 1] if eta.ndim == 1 else score[:, self.base :]

    def expected(self, eta: Array) -> Array:
        """Expected curvature of each row, (n, k, k): the observed one, which does not depend on y."""
        return self.terms(eta, np.zeros(eta.shape[0])).curvature

    def probabilities(self, eta: Array) -> Array:
        """P(y = c) of all classes, (n, classes); each row sums to one. eta: (n, k)."""
        whole = self._whole(eta)
        size = np.exp(whole - whole.max(axis=1, keepdims=True))
        return np.asarray(size / size.sum(axis=1, keepdims=True))

    def log_probabilities(self, eta: Array) -> Array:
        """log P(y = c), (n, classes), finite for every finite eta. eta: (n, k)."""
        codes = range(self.classes)
        return np.stack([self._log_probability(eta, np.full(eta.shape[0], c)) for c in codes], axis=1)

    def margins(self, linear: Array, y: Array) -> Array:
        """The smallest lead of each row's class over the others, (n,). linear: (n, k)."""
        row, code, whole = np.arange(y.size), y.astype(np.intp), self._whole(linear)
        lead = whole[row, code][:, None] - whole
        lead[row, code] = np.inf
        return np.asarray(lead.min(axis=1))

    def class_weights(self, y: Array, weight: Array) -> Array:
        """The weight of each class, (classes,)."""
        return np.asarray(np.bincount(y.astype(np.intp), weight, self.classes), dtype=np.float64)

    def constants(self, weights: Array) -> Array:
        """The eta that fits the classes' weights, (k,)."""
        logs = np.log(weights)
        return np.asarray(logs[1:] - logs[0] if self.base else logs - logs.mean())

    def _whole(self, eta: Array) -> Array:
        """eta of all classes, (n, classes): that of the base is zero."""
        columns = eta.reshape(eta.shape[0], -1)
        return np.concatenate([np.zeros((eta.shape[0], 1)), columns], axis=1) if self.base else columns

    def _log_probability(self, eta: Array, code: NDArray[np.integer]) -> Array:
        """log P of one class of each row: minus log1p of the sum of all but the largest odds against it."""
        row, whole = np.arange(eta.shape[0]), self._whole(eta)
        against = whole - whole[row, code][:, None]
        largest = against.argmax(axis=1)
        top = against[row, largest]
        small = np.exp(against - top[:, None])
        small[row, largest] = 0.0
        return np.asarray(-top - np.log1p(small.sum(axis=1)))


Likelihood = Bernoulli | Multinomial


def _all_but_one(p: Array) -> Array:
    """Of each column the sum of the others, added from both ends, so that nothing cancels. p: (n, m), not negative."""
    before, after = np.zeros_like(p), np.zeros_like(p)
    np.cumsum(p[:, :-1], axis=1, out=before[:, 1:])
    after[:, :-1] = np.cumsum(p[:, :0:-1], axis=1)[:, ::-1]
    return np.asarray(before + after)


def weighted(share: Array, value: Array) -> Array:
    """share * value with 0 * inf = 0: what did not happen adds nothing, however unlikely it was. (n,), (n, ...)."""
    share = share.reshape(share.shape + (1,) * (value.ndim - share.ndim))
    return np.multiply(share, value, out=np.zeros_like(value), where=share > 0.0)


def _interleave(event: np.ndarray, yes: Terms, no: Terms) -> Terms:
    columns = []
    for a, b in zip(yes, no, strict=True):
        out = np.empty(event.size)
        out[event], out[~event] = a, b
        columns.append(out)
    return Terms(*columns)


def constant_predictor(link: Link, rate: float) -> float:
    """The eta at which F(eta) = rate, 0 < rate < 1: its log-odds, or between points of ever finer grids on those of F."""
    wanted = float(np.log(rate) - np.log1p(-rate))
    if link is LOGIT:
        return wanted
    low, high = -1.0, 1.0
    while True:
        grid = np.linspace(low, high, GRID)
        above = int(np.searchsorted(link.log_cdf(grid) - link.log_sf(grid), wanted))
        if above == 0:
            low, high = 4.0 * low - 1.0, low
        elif above == GRID:
            low, high = high, 4.0 * high + 1.0
        else:
            low, high = float(grid[above - 1]), float(grid[above])
            if high - low <= 4e-16 * max(1.0, abs(low), abs(high)):
                return 0.5 * (low + high)
