"""What a forecast of probabilities is worth, metric by metric.

Knows NumPy and SciPy's special functions only.

Conventions, said once. `y` is 0 or 1, `probability` lies in [0, 1], `weight` is the number of rows
that a row stands for (nonnegative; zero means absent): all are of shape (n,). The class predicted
is 1 where `probability >= threshold`. A metric without a value (the precision of no prediction) is
nan, never 0; the log-loss of a row called impossible that happened is inf, never clipped.

The metrics themselves stand in metric_table.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from logit_engine.diagnostics.metric_intervals import (
    Bootstrap,
    MetricValue,
    checked_cluster,
    checked_level,
    checked_weight,
    closed_form,
    cluster_codes,
    percentile_interval,
    resampled,
)
from logit_engine.diagnostics.metric_table import METRICS, ScoredRows, checked_sample
from logit_engine.diagnostics.weighted_statistics import FloatArray, IntArray
from logit_engine.errors import UsageError

__all__ = [
    "METRICS",
    "Confusion",
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "base_rate",
    "brier",
    "checked_sample",
    "confusion",
    "evaluate",
    "f1",
    "log_loss",
    "metric_value",
    "precision",
    "recall",
    "roc_auc",
    "row_log_loss",
    "rows_by_falling_probability",
    "skill",
    "specificity",
]


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if name not in METRICS:
            raise UsageError(f"there is no metric {name!r}: choose one of {', '.join(METRICS)}.")


def metric_value(
    name: str,
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    threshold: float = 0.5,
    reference_rate: float = 0.5,
) -> float:
    """The metric of that name in `METRICS`, without an interval. y, probability, weight: (n,)."""
    _check_names([name])
    sample = checked_sample(y, probability, threshold=threshold, reference_rate=reference_rate)
    return METRICS[name].statistic(sample).value(checked_weight(weight, len(sample.y)))


def accuracy(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> float:
    """The share of rows on the side predicted. 0 to 1."""
    return metric_value("accuracy", y, probability, weight, threshold=threshold)


def precision(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> float:
    """The share of positives among those predicted positive. 0 to 1; nan when none is predicted."""
    return metric_value("precision", y, probability, weight, threshold=threshold)


def recall(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> float:
    """The share of the positives that is predicted. 0 to 1; nan without a positive."""
    return metric_value("recall", y, probability, weight, threshold=threshold)


def specificity(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> float:
    """The share of the negatives that is predicted. 0 to 1; nan without a negative."""
    return metric_value("specificity", y, probability, weight, threshold=threshold)


def f1(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> float:
    """The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN). 0 to 1; nan for 0 / 0."""
    return metric_value("f1", y, probability, weight, threshold=threshold)


def balanced_accuracy(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> float:
    """The mean of recall and specificity. 0 to 1; nan with one class. Brodersen et al. (2010)."""
    return metric_value("balanced_accuracy", y, probability, weight, threshold=threshold)


def log_loss(
    y: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """The mean of -log of the probability of what happened. 0 to inf, in nats. Good (1952)."""
    return metric_value("log_loss", y, probability, weight)


def brier(
    y: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """The mean of (probability - y)^2. 0 to 1. Brier (1950), halved."""
    return metric_value("brier", y, probability, weight)


def roc_auc(
    y: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """The chance that a positive outranks a negative, ties counting half. 0 to 1, or nan.

    It is nan with one class. Hanley & McNeil (1982).
    """
    return metric_value("roc_auc", y, probability, weight)


def average_precision(
    y: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """The precision at each distinct threshold, weighted by the recall it adds. 0 to 1, or nan.

    It is nan without a positive.
    """
    return metric_value("average_precision", y, probability, weight)


def base_rate(
    y: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """The share of positives, whatever the forecast. 0 to 1."""
    return metric_value("base_rate", y, probability, weight)


def skill(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    reference_rate: float,
) -> float:
    """The share of log-loss gained over the training rows' base rate, 1 - L / L0. -inf to 1."""
    return metric_value("skill", y, probability, weight, reference_rate=reference_rate)


@dataclass(frozen=True, slots=True)
class Confusion:
    """The weight of rows by what happened and what was predicted."""

    true_negative: float
    false_positive: float
    false_negative: float
    true_positive: float


def confusion(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    threshold: float = 0.5,
) -> Confusion:
    """The two by two table at a threshold. y, probability, weight: (n,)."""
    sample = checked_sample(y, probability, threshold=threshold)
    cell = (2.0 * sample.y + sample.predicted).astype(np.intp)
    return Confusion(*np.bincount(cell, checked_weight(weight, len(cell)), minlength=4).tolist())


def row_log_loss(
    y: FloatArray, log_probability: FloatArray, log_complement: FloatArray
) -> FloatArray:
    """-(y log p + (1 - y) log(1 - p)) row by row, with 0 x -inf = 0. All (n,); 0 to inf.

    From the log scale it is finite where p has rounded to 0 or 1 and the loss has not: see
    `evaluate(row_loss=...)`.
    """
    loss = np.zeros_like(y)
    np.multiply(-y, log_probability, out=loss, where=y > 0.0)
    loss -= np.multiply(1.0 - y, log_complement, out=np.zeros_like(y), where=y < 1.0)
    return loss


def evaluate(
    y: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    threshold: float,
    reference_rate: float,
    weight: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | None = None,
    level: float = 0.95,
    method: Literal["closed_form"] | Bootstrap = "closed_form",
    row_loss: npt.ArrayLike | None = None,
    names: Sequence[str] = tuple(METRICS),
) -> tuple[MetricValue, ...]:
    """The metrics of these names with standard error and interval. All arrays: (n,).

    cluster: integers. The interval in closed form is Wald's, from the influence function, cut at
    the metric's range: it is rough for a value beside an end of the range. `Bootstrap` draws
    clusters (rows, without clusters) and takes percentiles. row_loss: the log-losses, for rows
    whose probability has rounded to 0 or 1. Raises DataError or UsageError, as `checked_sample`.
    """
    checked_level(level)
    _check_names(names)
    if method != "closed_form" and not isinstance(method, Bootstrap):
        raise UsageError(
            f"method is {method!r}: choose 'closed_form' or Bootstrap(replicates, seed)."
        )
    sample = checked_sample(
        y, probability, threshold=threshold, reference_rate=reference_rate, row_loss=row_loss
    )
    weights, codes = checked_weight(weight, len(sample.y)), checked_cluster(cluster, len(sample.y))
    rows = rows_by_falling_probability(sample, weights)
    sample, weights = sample.rows(rows), weights[rows]
    codes = None if codes is None else cluster_codes(codes[rows])
    if isinstance(method, Bootstrap):
        return _resampled_metrics(names, sample, weights, codes, level, method)
    return _closed_form_metrics(names, sample, weights, codes, level)


def _resampled_metrics(
    names: Sequence[str],
    sample: ScoredRows,
    weight: FloatArray,
    cluster: IntArray | None,
    level: float,
    bootstrap: Bootstrap,
) -> tuple[MetricValue, ...]:
    """The metrics with percentile intervals."""
    statistics = [METRICS[name].statistic(sample) for name in names]
    replicates = resampled(statistics, weight, cluster, bootstrap)
    return tuple(
        percentile_interval(name, statistic.value(weight), column, level)
        for name, statistic, column in zip(names, statistics, replicates.T, strict=True)
    )


def _closed_form_metrics(
    names: Sequence[str],
    sample: ScoredRows,
    weight: FloatArray,
    cluster: IntArray | None,
    level: float,
) -> tuple[MetricValue, ...]:
    """The metrics with Wald intervals."""
    return tuple(  # one statistic at a time: each holds arrays of all rows
        closed_form(
            name,
            metric.statistic(sample),
            weight,
            cluster,
            level,
            lowest=metric.lowest,
            highest=metric.highest,
            by_class_of=sample.y if metric.by_class else None,
        )
        for name, metric in ((name, METRICS[name]) for name in names)
    )


def rows_by_falling_probability(sample: ScoredRows, weight: FloatArray) -> npt.NDArray[np.intp]:
    """The rows of positive weight from the highest probability down, so that rankings are fast."""
    order = np.argsort(-sample.probability, kind="stable")
    return order[weight[order] > 0.0]
