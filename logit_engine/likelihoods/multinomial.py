"""The likelihood of one of several classes without an order."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Real
from logit_engine.likelihoods.protocol import Likelihood
from logit_engine.links import Link
from logit_engine.links.law import Terms


@dataclass(frozen=True, slots=True)
class Multinomial(Likelihood):
    """One of several classes: P(y = c) proportional to exp(eta_c), with eta of class 0, the base,
    at zero.

    y holds codes 0..k of the classes as numbers; eta: (n, k), of the classes 1..k, or (n,) where k
    is one. Without a base every class has a predictor of its own, which only differences of theirs
    identify: for penalties that treat all classes alike. McCullagh & Nelder (1989), 5.2.
    """

    outputs: int
    base: bool = True

    @classmethod
    def of_classes(cls, classes: int, link: Link) -> Self:
        """So many classes, the first one as the base; the link is the logit's own."""
        return cls(classes - 1)

    @property
    def classes(self) -> int:
        """How many classes."""
        return self.outputs + self.base

    @property
    def name(self) -> str:
        """multinomial."""
        return "multinomial"

    @property
    def canonical(self) -> bool:
        """True."""
        return True

    @property
    def identified(self) -> bool:
        """Whether there is a base."""
        return self.base

    @property
    def log_concave(self) -> bool:
        """True: a stationary point is the maximum."""
        return True

    @property
    def self_concordant(self) -> bool:
        """True: the third cumulant of a predictor is at most its range times the second."""
        return True

    @property
    def least_leading_loglik(self) -> float:
        """That of even shares."""
        return -math.log(self.classes)

    def terms(self, eta: Array, y: Array) -> Terms:
        """Log-likelihood (n,), score (n, k) and curvature (n, k, k) of each row; no cancellation
        where P is near one.

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
        """The score of each row alone, (n, k), to the rounding of the whole.

        eta: (n, k), or (n,) where k is one.
        """
        score = _shares(self._by_class(eta))
        np.negative(score, out=score)
        score[y.astype(np.intp), np.arange(y.size)] += 1.0
        return np.asarray(score[1] if eta.ndim == 1 else score[int(self.base) :].T)

    def expected(self, eta: Array) -> Array:
        """Expected curvature of each row, (n, k, k): the observed one, which does not depend on
        y.
        """
        return self.terms(eta, np.zeros(eta.shape[0])).curvature

    def probabilities(self, eta: Array) -> Array:
        """P(y = c) of all classes, (n, classes); each row sums to one. eta: (n, k)."""
        return np.ascontiguousarray(_shares(self._by_class(eta)).T)

    def log_probabilities(self, eta: Array) -> Array:
        """log P(y = c), (n, classes), finite for every finite eta. eta: (n, k)."""
        whole = self._by_class(eta)
        codes = range(self.classes)
        return np.stack(
            [self._log_probability(whole, np.full(eta.shape[0], c)) for c in codes], axis=1
        )

    def log_slopes(self, eta: Array) -> Array:
        """1[own] - p, (n, C, k); 1 - p is the sum of the others. eta: (n, k)."""
        p = self.probabilities(eta)
        own, first = np.arange(self.outputs), int(self.base)
        gap = np.repeat(-p[:, None, first:], p.shape[1], axis=1)
        gap[:, own + first, own] = (p @ (1.0 - np.eye(p.shape[1])))[:, first:]
        return gap

    def log_curvatures(self, eta: Array, along: Array) -> Array:
        """The same for every class, (n, 1, m, k). eta: (n, k); along: (k, m) or (n, k, m)."""
        p, first = self.probabilities(eta), int(self.base)
        gap = self.log_slopes(eta)
        return -np.swapaxes(p[:, first:, None] * (gap[:, first:] @ along), 1, 2)[:, None]

    @property
    def lead_vectors(self) -> Array:
        """The predictor of one class less that of the other, (C, C, k)."""
        own = np.eye(self.classes)[:, int(self.base) :]
        return own[:, None] - own

    def row_leads(self, linear: Real, y: Array) -> Real:
        """The differences themselves, in the precision of linear, (n, C)."""
        whole = np.zeros((y.size, self.classes), dtype=linear.dtype)
        whole[:, int(self.base) :] = linear
        return np.asarray(whole[np.arange(y.size), y.astype(np.intp)][:, None] - whole)

    def margins(self, linear: Real, y: Array) -> Real:
        """The smallest lead of each row's class over the others, (n,). linear: (n, k)."""
        row, code, whole = np.arange(y.size), y.astype(np.intp), self._by_class(linear)
        lead = whole[code, row] - whole
        lead[code, row] = np.inf
        return np.asarray(lead.min(axis=0))

    def constants(self, weights: Array) -> Array:
        """The eta that fits the classes' weights, (k,), that of class 0 at zero: a penalty may
        pin it there.
        """
        logs = np.log(weights)
        return np.asarray((logs - logs[0])[int(self.base) :])

    def _by_class(self, eta: Real) -> Array:
        """eta of all classes, one after another, (classes, n): that of the base is zero."""
        whole = np.zeros((self.classes, eta.shape[0]))
        whole[int(self.base) :] = eta.T
        return whole

    @staticmethod
    def _log_probability(whole: Array, code: NDArray[np.integer]) -> Array:
        """log P of one class of each row: its distance to the largest, less log1p of the sum of
        all others' odds.
        """
        row, largest = np.arange(code.size), whole.argmax(axis=0)
        top = whole[largest, row]
        small = np.exp(whole - top)
        small[largest, row] = 0.0
        return np.asarray(whole[code, row] - top - np.log1p(small.sum(axis=0)))


def _shares(whole: Array) -> Array:
    """The probabilities of all classes, (classes, n). whole: (classes, n)."""
    size: Array = whole - whole.max(axis=0)
    np.exp(size, out=size)
    size /= size.sum(axis=0)
    return size


def _all_but_one(p: Array) -> Array:
    """Of each class the sum of the others, added from both ends, so that nothing cancels.

    p: (m, n), not negative.
    """
    rest, after = np.zeros_like(p), np.zeros(p.shape[1])
    np.cumsum(p[:-1], axis=0, out=rest[1:])
    for c in range(p.shape[0] - 2, -1, -1):
        after += p[c + 1]
        rest[c] += after
    return rest
