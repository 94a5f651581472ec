"""Where to cut probabilities into classes, exactly, over every distinct cut.

Knows rankings and nothing of fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from logit_engine.diagnostics.metric_intervals import checked_weight
from logit_engine.diagnostics.metrics import checked_sample, rows_by_falling_probability
from logit_engine.diagnostics.weighted_statistics import FloatArray, Ranking
from logit_engine.errors import DataError, UsageError

TIED_LOSS = 1e-12


class ThresholdRule(Protocol):
    """The loss that a threshold makes small."""

    def loss(self, true_positive: FloatArray, false_positive: FloatArray) -> FloatArray:
        """The loss at each candidate, (k,), of order 1.

        Candidates go from no row predicted positive, (0, 0), to all rows.
        """


@dataclass(frozen=True, slots=True)
class MaxF1:
    """The threshold of the highest F1."""

    def loss(self, true_positive: FloatArray, false_positive: FloatArray) -> FloatArray:
        """-F1. DataError without a positive, when it is 0 everywhere."""
        positives = true_positive[-1]
        if not positives > 0.0:
            raise DataError(
                "max_f1 needs a row with y = 1, and there is none: give the threshold as a number."
            )
        return np.asarray(-2.0 * true_positive / (true_positive + false_positive + positives))


@dataclass(frozen=True, slots=True)
class Cost:
    """The threshold of the lowest total cost of false predictions. Elkan (2001)."""

    false_positive: float
    false_negative: float

    def __post_init__(self) -> None:
        for name, cost in (
            ("false_positive", self.false_positive),
            ("false_negative", self.false_negative),
        ):
            if not 0.0 < cost < np.inf:
                raise UsageError(f"the cost of a {name} is {cost}: it must be positive and finite.")

    def loss(self, true_positive: FloatArray, false_positive: FloatArray) -> FloatArray:
        """The cost, over that of mistaking every row."""
        positives, negatives = true_positive[-1], false_positive[-1]
        cost = self.false_positive * false_positive + self.false_negative * (
            positives - true_positive
        )
        return np.asarray(
            cost / (self.false_positive * negatives + self.false_negative * positives)
        )


def choose_threshold(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    rule: float | ThresholdRule,
    weight: npt.ArrayLike | None = None,
) -> float:
    """The best threshold for these rows by a rule, or the rule itself if it is a number.

    y, probability, weight: (n,). Candidates are the distinct probabilities, and the next number
    above the highest, which predicts no positive. Of those within 1e-12 of the best the highest is
    taken: closer, the order of the rows would decide. Raises DataError or UsageError. O(n log n).
    """
    if isinstance(rule, int | float):
        if not 0.0 <= rule <= 1.0:
            raise UsageError(
                f"the threshold is {rule}: it is compared with probabilities, so give one from 0 "
                "to 1."
            )
        return float(rule)
    sample = checked_sample(y, probability)
    weights = checked_weight(weight, len(sample.y))
    rows = rows_by_falling_probability(sample, weights)
    sample, weights = sample.rows(rows), weights[rows]
    ranking = Ranking.of(sample.y, sample.probability)
    true_positive, false_positive = (
        np.concatenate(([0.0], np.cumsum(s))) for s in ranking.group_sums(weights)
    )
    loss = rule.loss(true_positive, false_positive)
    best = int(np.flatnonzero(loss <= loss.min() + TIED_LOSS)[0])
    if best == 0:
        return float(np.nextafter(sample.probability[0], np.inf))
    return float(sample.probability[ranking.starts[best - 1]])
