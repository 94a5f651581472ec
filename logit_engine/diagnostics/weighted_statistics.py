"""Statistics of weighted rows and their influence functions; knows no metric by name.

A statistic is a function of the rows' weights. Its influence function is its derivative by each
weight (Hampel 1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

NAN = float("nan")


class Statistic(Protocol):
    """A metric bound to its rows, as a function of their weights alone."""

    def value(self, weight: FloatArray) -> float:
        """The metric under these weights. weight: (n,); nan where undefined."""

    def influence(self, weight: FloatArray) -> FloatArray:
        """The derivative of `value` by each row's weight. (n,); finite wherever the value is."""


def dot_product(a: FloatArray, b: FloatArray) -> float:
    """sum a b, without the BLAS, whose threads would change the bits. a, b: (n,)."""
    return float(np.einsum("i,i->", a, b))


@dataclass(frozen=True, slots=True)
class Ratio:
    """One weighted sum over another, sum w a / sum w b. numerator, denominator: (n,)."""

    numerator: FloatArray
    denominator: FloatArray

    def value(self, weight: FloatArray) -> float:
        """The ratio; nan when the denominator is 0."""
        below = dot_product(weight, self.denominator)
        if not below > 0.0:
            return NAN
        with np.errstate(invalid="ignore"):
            above = dot_product(weight, self.numerator)
            if np.isnan(above):  # an infinite row that is absent: 0 * inf counts as nothing
                present = weight > 0.0
                above = dot_product(weight[present], self.numerator[present])
        return above / below

    def influence(self, weight: FloatArray) -> FloatArray:
        """(a - ratio b) / sum w b. (n,)."""
        below = dot_product(weight, self.denominator)
        return np.asarray((self.numerator - self.value(weight) * self.denominator) / below)


@dataclass(frozen=True, slots=True)
class Mean:
    """The plain mean of a few statistics of the same rows."""

    parts: tuple[Statistic, ...]

    def value(self, weight: FloatArray) -> float:
        """The mean of the parts' values; nan when one is."""
        return sum(part.value(weight) for part in self.parts) / len(self.parts)

    def influence(self, weight: FloatArray) -> FloatArray:
        """The mean of the parts' influences. (n,)."""
        return np.asarray(np.mean([part.influence(weight) for part in self.parts], axis=0))


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows from the highest probability down, in groups of equal ones: one sort for all weights.

    order: the index that sorts the rows; y: (n,), in that order; starts: (k,), where each group
    begins; group: (n,), the group of each sorted row.
    """

    order: IntArray | slice
    y: FloatArray
    starts: IntArray
    group: IntArray

    @classmethod
    def of(cls, y: FloatArray, probability: FloatArray) -> Ranking:
        """Sort the rows. y, probability: (n,). O(n log n)."""
        falling = bool(np.all(probability[1:] <= probability[:-1]))
        order = slice(None) if falling else np.argsort(-probability, kind="stable")
        sorted_probability = probability[order]
        fresh = np.concatenate(([True], sorted_probability[1:] != sorted_probability[:-1]))
        return cls(order, y[order], np.flatnonzero(fresh), np.cumsum(fresh) - 1)

    def group_sums(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The weight of the positives and of the negatives in each group. Two of (k,)."""
        sorted_weight = weight[self.order]
        positive = sorted_weight * self.y
        negative = sorted_weight - positive
        if len(self.starts) == len(self.y):
            return positive, negative
        return np.add.reduceat(positive, self.starts), np.add.reduceat(negative, self.starts)

    def by_row(self, of_positives: FloatArray, of_negatives: FloatArray) -> FloatArray:
        """The number of each row's group and class, in the order given. (k,), (k,) -> (n,)."""
        rows = np.empty(len(self.y))
        rows[self.order] = np.where(
            self.y == 1.0, of_positives[self.group], of_negatives[self.group]
        )
        return rows


@dataclass(frozen=True, slots=True)
class RocArea:
    """The chance that a positive is ranked above a negative, ties counting half."""

    ranking: Ranking

    def value(self, weight: FloatArray) -> float:
        """The area under the ROC curve, by midranks; nan with one class only."""
        positive, negative = self.ranking.group_sums(weight)
        total = float(np.sum(positive)) * float(np.sum(negative))
        return dot_product(positive, _weight_below(negative)) / total if total > 0.0 else NAN

    def influence(self, weight: FloatArray) -> FloatArray:
        """Placements less the area, over the weight of the row's class, (n,).

        DeLong et al. (1988); in one sort: Sun & Xu (2014).
        """
        positive, negative = self.ranking.group_sums(weight)
        positives, negatives = float(np.sum(positive)), float(np.sum(negative))
        outranked = _weight_below(negative) / negatives
        outranking = 1.0 - _weight_below(positive) / positives
        area = dot_product(positive, outranked) / positives
        return self.ranking.by_row((outranked - area) / positives, (outranking - area) / negatives)


def _weight_below(weight: FloatArray) -> FloatArray:
    """The weight in lower groups, and half of the group's own. (k,) -> (k,)."""
    through = np.cumsum(weight)
    return np.asarray(through[-1] - through + 0.5 * weight)


@dataclass(frozen=True, slots=True)
class StepPrecision:
    """The precision at each distinct threshold, weighted by added recall: sum (R_k - R_k-1) P_k."""

    ranking: Ranking

    def value(self, weight: FloatArray) -> float:
        """Average precision, without interpolation; nan without a positive."""
        positive, precision, _ = self._threshold_steps(weight)
        positives = float(np.sum(positive))
        return dot_product(positive, precision) / positives if positives > 0.0 else NAN

    def influence(self, weight: FloatArray) -> FloatArray:
        """The derivative by each row's weight, (n,): its own step, and its part in later steps.

        With P_k = T_k / C_k, where T and C are the positives and the rows at or above step k, a row
        in step j moves every P_k, k >= j, by (1 - P_k) / C_k if it is positive and by -P_k / C_k if
        not: sums from the lowest up.
        """
        positive, precision, above = self._threshold_steps(weight)
        positives = float(np.sum(positive))
        lost = _sums_from_the_end(positive * precision / above)
        gained = _sums_from_the_end(positive / above) - lost
        average = dot_product(positive, precision) / positives
        return self.ranking.by_row((precision + gained - average) / positives, -lost / positives)

    def _threshold_steps(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Positives, precision, and weight at or above (1 if that is 0) of each step, 3 x (k,)."""
        positive, negative = self.ranking.group_sums(weight)
        true = np.cumsum(positive)
        above = true + np.cumsum(negative)
        above[above == 0.0] = 1.0
        return positive, true / above, above


def _sums_from_the_end(terms: FloatArray) -> FloatArray:
    """The sum of this term and all after it. (k,) -> (k,)."""
    return np.asarray(np.cumsum(terms[::-1])[::-1])
