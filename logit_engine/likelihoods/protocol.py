"""What a likelihood is: the terms of a row, given its linear predictors and its outcome.

A likelihood is a frozen value that knows nothing of where rows come from. To add one: a frozen
dataclass in a file of its own, and a line in `LIKELIHOODS`. What has a body here need not be
written, unless it can be faster or more exact.
"""

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from logit_engine.columns import Array, Real
from logit_engine.links.law import Terms


class Likelihood(ABC):
    """The log-likelihood of a row, with k linear predictors eta and one of C classes as its outcome
    y.

    eta: (n,) for one predictor, else (n, k). y: (n,), the codes 0 to C - 1 as numbers; of a binary
    outcome also the share of events in the row's weight. In a model each predictor has coefficients
    of its own.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """What reports and stored models call it."""

    if TYPE_CHECKING:  # at run time a dataclass would take it for the default of a field

        @property
        @abstractmethod
        def outputs(self) -> int:
            """The number of linear predictors of a row, k."""

    @property
    @abstractmethod
    def classes(self) -> int:
        """The number of classes, C."""

    @property
    @abstractmethod
    def log_concave(self) -> bool:
        """Whether a stationary point is the maximum."""

    @property
    @abstractmethod
    def self_concordant(self) -> bool:
        """Whether the curvature changes by at most a factor e^|t| when predictors move by t.

        Bach (2010).
        """

    @property
    def canonical(self) -> bool:
        """Whether the curvature does not depend on y, so that observed and expected information
        are one.
        """
        return False

    @property
    def identified(self) -> bool:
        """Whether predictors themselves are identified, not only their differences."""
        return True

    @property
    def least_leading_loglik(self) -> float:
        """A row whose log-likelihood is less is of a class that does not lead; minus infinity if no
        number shows it.
        """
        return -math.inf

    @abstractmethod
    def terms(self, eta: Array, y: Array) -> Terms:
        """Log-likelihood (n,), score (n[, k]) and observed curvature (n[, k, k]) of each row."""

    @abstractmethod
    def expected(self, eta: Array) -> Array:
        """Expected curvature of each row, (n[, k, k]): never negative."""

    @property
    @abstractmethod
    def lead_vectors(self) -> Array:
        """How one class leads another, (C, C, k): class c leads class r by lead_vectors[c, r] @
        eta.

        If a direction gives no row a negative lead and some row a positive one, it separates the
        outcomes.
        """

    @abstractmethod
    def constants(self, weights: Array) -> Array:
        """The eta, (k,), at which the classes have these shares. weights: (C,), of the classes."""

    def row_leads(self, linear: Real, y: Array) -> Real:
        """The lead of each row's class over every class along a direction, (n, C); zero over
        itself.

        linear: (n, k), x'd of each row.
        """
        vectors = self.lead_vectors[y.astype(np.intp)]
        return np.asarray((vectors * linear[:, None, :]).sum(axis=2))

    def margins(self, linear: Real, y: Array) -> Real:
        """The smallest lead of each row's class over the others along a direction, (n,).

        linear: as eta.
        """
        leads = self.row_leads(linear.reshape(y.size, -1), y)
        leads[np.arange(y.size), y.astype(np.intp)] = np.inf
        return np.asarray(leads.min(axis=1))

    def score(self, eta: Array, y: Array) -> Array:
        """The score of each row alone, to the rounding of the whole."""
        return self.terms(eta, y).score

    def class_weights(self, y: Array, weight: Array) -> Array:
        """The weight of each class, (C,)."""
        return np.asarray(np.bincount(y.astype(np.intp), weight, self.classes), dtype=np.float64)

    def log_probabilities(self, eta: Array) -> Array:
        """log P(y = c), (n, C)."""
        codes = range(self.classes)
        rows = eta.shape[0]
        return np.stack([self.terms(eta, np.full(rows, float(c))).loglik for c in codes], axis=1)

    def probabilities(self, eta: Array) -> Array:
        """P(y = c) of all classes, (n, C); each row sums to one."""
        return np.exp(self.log_probabilities(eta))

    def log_slopes(self, eta: Array) -> Array:
        """The derivative of `log_probabilities` in the predictors, (n, C, k). eta: (n, k)."""
        return np.stack(
            [terms.score.reshape(eta.shape) for terms in self._terms_by_class(eta)], axis=1
        )

    def log_curvatures(self, eta: Array, along: Array) -> Array:
        """The derivative of `log_slopes` as the predictors move along m directions, (n, C, m, k).

        along: (k, m), or each row's own, (n, k, m). A likelihood whose classes share it may give
        (n, 1, m, k).
        """
        square = (*eta.shape, eta.shape[1])
        curvatures = [terms.curvature.reshape(square) for terms in self._terms_by_class(eta)]
        return np.stack([-np.swapaxes(curvature @ along, 1, 2) for curvature in curvatures], axis=1)

    def _terms_by_class(self, eta: Array) -> list[Terms]:
        """The terms of all rows if they were of each class. eta: (n, k)."""
        own = eta[:, 0] if self.outputs == 1 else eta
        return [self.terms(own, np.full(eta.shape[0], float(c))) for c in range(self.classes)]
