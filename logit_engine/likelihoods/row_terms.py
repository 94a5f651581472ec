"""Likelihoods as values: the row terms of a model, given the linear predictor and the outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.links import LOGIT, Link
from logit_engine.links.law import Array, Real, Terms, event_terms, expected_curvature, nonevent_terms

FEW = 1e-6  # of all weight: non-events of less are counted by themselves, as a difference would lose their digits
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

    @property
    def self_concordant(self) -> bool:
        """Whether the curvature changes by at most a factor e^|t| when the predictor moves by t. Bach (2010)."""
        return self.link is LOGIT

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

    def margins(self, linear: Real, y: Array) -> Real:
        """x'd of each row in the direction of its outcome, (n,): negative if d speaks against it. linear: (n,)."""
        margins = (2.0 * y - 1.0) * linear
        shares = (y > 0.0) & (y < 1.0)
        if shares.any():
            margins[shares] = -np.abs(linear[shares])
        return np.asarray(margins)

    def class_weights(self, y: Array, weight: Array) -> Array:
        """The weight of non-events and of events, (2,)."""
        events, whole = float(weight @ y), float(weight.sum())
        nonevents = whole - events
        return np.array([nonevents if nonevents > FEW * whole else float(weight @ (1.0 - y)), events])

    def constants(self, weights: Array) -> Array:
        """The eta that fits the classes' weights, (1,)."""
        return np.array([constant_predictor(self.link, float(np.log(weights[1]) - np.log(weights[0])))])

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

    @property
    def self_concordant(self) -> bool:
        """True: the third cumulant of a predictor is at most its range times the second."""
        return True

    def terms(self, eta: Array, y: Array) -> Terms:
        """Log-likelihood (n,), score (n, k) and curvature (n, k, k) of each row; no cancellation where P is near one.

        In memory one class, or pair of classes, lies after another.
        """
        if eta.ndim == 1:
            loglik, score, curvature = self.terms(eta[:, None], y)
            return Terms(loglik, score[:, 0], curvature[:, 0, 0])
        row, code = np.arange(y.size), y.astype(np.intp)
        whole = self._by_class(eta)
        loglik, p = self._log_probability(whole, code), _shares(whole)
        rest = _all_but_one(p)
        score = -p
        score[code, row] = rest[code, row]
        first = int(self.base)
        curvature = np.empty((self.outputs, self.outputs, y.size))
        for a in range(self.outputs):
            for b in range(a):
                np.multiply(p[first + a], p[first + b], out=curvature[a, b])
                np.negative(curvature[a, b], out=curvature[a, b])
                curvature[b, a] = curvature[a, b]
            np.multiply(p[first + a], rest[first + a], out=curvature[a, a])
        return Terms(loglik, score[first:].T, curvature.transpose(2, 0, 1))

    def score(self, eta: Array, y: Array) -> Array:
        """The score of each row alone, (n, k), to the rounding of the whole. eta: (n, k), or (n,) where k is one."""
        score = _shares(self._by_class(eta))
        np.negative(score, out=score)
        score[y.astype(np.intp), np.arange(y.size)] += 1.0
        return np.asarray(score[1] if eta.ndim == 1 else score[int(self.base) :].T)

    def expected(self, eta: Array) -> Array:
        """Expected curvature of each row, (n, k, k): the observed one, which does not depend on y."""
        return self.terms(eta, np.zeros(eta.shape[0])).curvature

    def probabilities(self, eta: Array) -> Array:
        """P(y = c) of all classes, (n, classes); each row sums to one. eta: (n, k)."""
        return np.ascontiguousarray(_shares(self._by_class(eta)).T)

    def log_probabilities(self, eta: Array) -> Array:
        """log P(y = c), (n, classes), finite for every finite eta. eta: (n, k)."""
        whole = self._by_class(eta)
        codes = range(self.classes)
        return np.stack([self._log_probability(whole, np.full(eta.shape[0], c)) for c in codes], axis=1)

    def margins(self, linear: Real, y: Array) -> Real:
        """The smallest lead of each row's class over the others, (n,). linear: (n, k)."""
        row, code, whole = np.arange(y.size), y.astype(np.intp), self._by_class(linear)
        lead = whole[code, row] - whole
        lead[code, row] = np.inf
        return np.asarray(lead.min(axis=0))

    def class_weights(self, y: Array, weight: Array) -> Array:
        """The weight of each class, (classes,)."""
        return np.asarray(np.bincount(y.astype(np.intp), weight, self.classes), dtype=np.float64)

    def constants(self, weights: Array) -> Array:
        """The eta that fits the classes' weights, (k,), that of class 0 at zero: a penalty may pin it there."""
        logs = np.log(weights)
        return np.asarray((logs - logs[0])[int(self.base) :])

    def _by_class(self, eta: Real) -> Array:
        """eta of all classes, one after another, (classes, n): that of the base is zero."""
        whole = np.zeros((self.classes, eta.shape[0]))
        whole[int(self.base) :] = eta.T
        return whole

    @staticmethod
    def _log_probability(whole: Array, code: NDArray[np.integer]) -> Array:
        """log P of one class of each row: its distance to the largest, less log1p of the sum of all others' odds."""
        row, largest = np.arange(code.size), whole.argmax(axis=0)
        top = whole[largest, row]
        small = np.exp(whole - top)
        small[largest, row] = 0.0
        return np.asarray(whole[code, row] - top - np.log1p(small.sum(axis=0)))


Likelihood = Bernoulli | Multinomial


def _shares(whole: Array) -> Array:
    """The probabilities of all classes, (classes, n). whole: (classes, n)."""
    size: Array = whole - whole.max(axis=0)
    np.exp(size, out=size)
    size /= size.sum(axis=0)
    return size


def _all_but_one(p: Array) -> Array:
    """Of each class the sum of the others, added from both ends, so that nothing cancels. p: (m, n), not negative."""
    rest, after = np.zeros_like(p), np.zeros(p.shape[1])
    np.cumsum(p[:-1], axis=0, out=rest[1:])
    for c in range(p.shape[0] - 2, -1, -1):
        after += p[c + 1]
        rest[c] += after
    return rest


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


def constant_predictor(link: Link, wanted: float) -> float:
    """The eta at which F has the log-odds that are wanted: these, or between points of ever finer grids on those of F."""
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
