"""The table of metrics: from a sample of rows to a statistic of their weights, by name.

To add a metric, write a function from `ScoredRows` to a `Statistic` (nearly always a `Ratio`), and
one line in `METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.special import xlog1py, xlogy

from logit_engine.diagnostics.weighted_statistics import (
    NAN,
    FloatArray,
    Mean,
    Ranking,
    Ratio,
    RocArea,
    Statistic,
    StepPrecision,
)
from logit_engine.errors import DataError, UsageError


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Outcomes and forecasts of n rows without their weights, made by `checked_sample`.

    threshold: from which a row is predicted positive. reference_rate: the base rate of the training
    rows. row_loss: (n,), the log-losses if they are known with more digits.
    """

    y: FloatArray
    probability: FloatArray
    threshold: float = 0.5
    reference_rate: float = NAN
    row_loss: FloatArray | None = None

    def rows(self, chosen: npt.NDArray[np.intp]) -> ScoredRows:
        """Some rows, in the order given."""
        losses = None if self.row_loss is None else self.row_loss[chosen]
        return ScoredRows(
            self.y[chosen], self.probability[chosen], self.threshold, self.reference_rate, losses
        )

    @property
    def predicted(self) -> FloatArray:
        """The predicted class of each row, 0 or 1. (n,)."""
        return (self.probability >= self.threshold).astype(np.float64)

    @property
    def log_losses(self) -> FloatArray:
        """The log-loss of each row: the given one, else that of the probability. (n,), 0 to inf."""
        if self.row_loss is not None:
            return self.row_loss
        return np.asarray(
            0.0 - xlogy(self.y, self.probability) - xlog1py(1.0 - self.y, -self.probability)
        )


def _accuracy(sample: ScoredRows) -> Statistic:
    return Ratio((sample.predicted == sample.y).astype(np.float64), np.ones_like(sample.y))


def _precision(sample: ScoredRows) -> Statistic:
    return Ratio(sample.y * sample.predicted, sample.predicted)


def _recall(sample: ScoredRows) -> Statistic:
    return Ratio(sample.y * sample.predicted, sample.y)


def _specificity(sample: ScoredRows) -> Statistic:
    return Ratio((1.0 - sample.y) * (1.0 - sample.predicted), 1.0 - sample.y)


def _f1(sample: ScoredRows) -> Statistic:
    return Ratio(2.0 * sample.y * sample.predicted, sample.y + sample.predicted)


def _balanced_accuracy(sample: ScoredRows) -> Statistic:
    return Mean((_recall(sample), _specificity(sample)))


def _base_rate(sample: ScoredRows) -> Statistic:
    return Ratio(sample.y, np.ones_like(sample.y))


def _brier(sample: ScoredRows) -> Statistic:
    return Ratio((sample.probability - sample.y) ** 2, np.ones_like(sample.y))


def _log_loss(sample: ScoredRows) -> Statistic:
    return Ratio(sample.log_losses, np.ones_like(sample.y))


def _skill(sample: ScoredRows) -> Statistic:
    constant = ScoredRows(sample.y, np.full_like(sample.y, sample.reference_rate)).log_losses
    return Ratio(constant - sample.log_losses, constant)


def _roc_auc(sample: ScoredRows) -> Statistic:
    return RocArea(Ranking.of(sample.y, sample.probability))


def _average_precision(sample: ScoredRows) -> Statistic:
    return StepPrecision(Ranking.of(sample.y, sample.probability))


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is computed, its range, and how its variance counts.

    by_class: each class has its own small-sample factor (DeLong's). undefined: why it is nan where
    it is, as a sentence ends.
    """

    statistic: Callable[[ScoredRows], Statistic]
    lowest: float = 0.0
    highest: float = 1.0
    by_class: bool = False
    undefined: str = "it is not defined on these rows"


NEEDS_BOTH = "it needs both classes among the rows"

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "base_rate": Metric(_base_rate),
        "log_loss": Metric(_log_loss, highest=np.inf),
        "skill": Metric(_skill, lowest=-np.inf),
        "brier": Metric(_brier),
        "roc_auc": Metric(_roc_auc, by_class=True, undefined=NEEDS_BOTH),
        "average_precision": Metric(_average_precision, undefined="no row has the positive class"),
        "accuracy": Metric(_accuracy),
        "balanced_accuracy": Metric(_balanced_accuracy, undefined=NEEDS_BOTH),
        "precision": Metric(_precision, undefined="no row is predicted positive"),
        "recall": Metric(_recall, undefined="no row has the positive class"),
        "specificity": Metric(_specificity, undefined="every row has the positive class"),
        "f1": Metric(_f1, undefined="no row has the positive class or is predicted to have it"),
    }
)


def checked_sample(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    threshold: float = 0.5,
    reference_rate: float = 0.5,
    row_loss: npt.ArrayLike | None = None,
) -> ScoredRows:
    """The rows as `ScoredRows`. y, probability, row_loss: (n,).

    Raises DataError for a y other than 0 and 1 or a probability outside [0, 1], UsageError for a
    reference rate or a threshold that is none.
    """
    outcome, forecast = np.asarray(y, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    losses = None if row_loss is None else np.asarray(row_loss, dtype=np.float64)
    if (
        outcome.ndim != 1
        or forecast.shape != outcome.shape
        or (losses is not None and losses.shape != outcome.shape)
    ):
        raise DataError(
            f"y has shape {outcome.shape}, probability {forecast.shape}: give one number a row of "
            "each."
        )
    if not len(outcome):
        raise DataError("there is no row to judge: y is empty.")
    _check_values(outcome, forecast)
    if not 0.0 < reference_rate < 1.0:
        raise UsageError(
            f"reference_rate is {reference_rate}: the base rate of the training rows lies between "
            "0 and 1."
        )
    if np.isnan(threshold):
        raise UsageError(
            "threshold is nan: give the probability from which a row is predicted positive."
        )
    return ScoredRows(outcome, forecast, float(threshold), float(reference_rate), losses)


def _check_values(outcome: FloatArray, forecast: FloatArray) -> None:
    for name, values, right, said in (
        ("y", outcome, (outcome == 0.0) | (outcome == 1.0), "it must be 0 or 1"),
        ("probability", forecast, (forecast >= 0.0) & (forecast <= 1.0), "it must lie in [0, 1]"),
    ):
        if not right.all():
            row = int(np.argmin(right))
            raise DataError(f"{name} is {values[row]} in row {row}: {said}.")
