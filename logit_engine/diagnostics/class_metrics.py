"""What a forecast of several classes is worth: log-loss, skill, accuracy, areas, confusion.

Conventions as in `metrics`. `code` is the class of each row, 0 to k - 1, (n,); `probability` is (n,
k), each row sums to one. The class predicted is the most probable one, the earlier one of equals.
"""

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
    closed_form,
    cluster_codes,
    percentile_interval,
    resampled,
)
from logit_engine.diagnostics.metrics import evaluate
from logit_engine.diagnostics.weighted_statistics import FloatArray, IntArray, Ratio
from logit_engine.errors import DataError

# Of a class: one without rows has an area that is not defined, and raises no error.
MIN_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class ClassMetric:
    """A metric with its interval, and its baseline: its value if the shares were the forecast."""

    metric: MetricValue
    baseline: float


def evaluate_classes(
    code: npt.ArrayLike,
    probability: npt.ArrayLike,
    shares: npt.ArrayLike,
    classes: Sequence[str],
    *,
    cluster: npt.ArrayLike | None = None,
    level: float = 0.95,
    method: Literal["closed_form"] | Bootstrap = "closed_form",
    row_loss: FloatArray | None = None,
) -> list[ClassMetric]:
    """Log-loss, skill, accuracy, and `roc_auc[class]` of each class against all others.

    code: (n,); probability: (n, k); shares: (k,), of the classes in training, which skill is
    measured against; classes: their k names. row_loss: (n,), the log-losses if the caller has them
    with more digits. Raises DataError if shapes differ.
    """
    checked_level(level)
    codes, p, share = _checked_classes(code, probability, shares, classes)
    groups = checked_cluster(cluster, codes.size)
    found = _with_intervals(
        _class_ratios(codes, p, share, row_loss),
        None if groups is None else cluster_codes(groups),
        level,
        method,
    )
    base_loss = float((-np.log(share)[codes]).mean())
    baselines = base_loss, 0.0, float((codes == share.argmax()).mean())
    return [
        *(ClassMetric(metric, baseline) for metric, baseline in zip(found, baselines, strict=True)),
        *(
            ClassMetric(_class_area(name, codes == c, p[:, c], groups, level, method), 0.5)
            for c, name in enumerate(classes)
        ),
    ]


def _class_ratios(
    codes: IntArray, p: FloatArray, share: FloatArray, row_loss: FloatArray | None
) -> dict[str, tuple[Ratio, float]]:
    """Log-loss, skill and accuracy as ratios of sums, each with its highest possible value."""
    with np.errstate(divide="ignore"):
        loss = -np.log(p[np.arange(codes.size), codes]) if row_loss is None else row_loss
    base_loss = -np.log(share)[codes]
    right = (p.argmax(axis=1) == codes).astype(np.float64)
    ones = np.ones(codes.size)
    return {
        "log_loss": (Ratio(loss, ones), np.inf),
        "skill": (Ratio(base_loss - loss, base_loss), 1.0),
        "accuracy": (Ratio(right, ones), 1.0),
    }


def class_confusion(code: npt.ArrayLike, probability: npt.ArrayLike) -> IntArray:
    """Counts, (k, k), by class and predicted class. code: (n,); probability: (n, k)."""
    codes, p = np.asarray(code, dtype=np.intp), np.asarray(probability, dtype=np.float64)
    classes = p.shape[1]
    counts = np.bincount(codes * classes + p.argmax(axis=1), minlength=classes**2)
    return counts.reshape(classes, classes)


def _checked_classes(
    code: npt.ArrayLike, probability: npt.ArrayLike, shares: npt.ArrayLike, classes: Sequence[str]
) -> tuple[IntArray, FloatArray, FloatArray]:
    codes = np.asarray(code, dtype=np.intp)
    p, share = np.asarray(probability, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    if p.shape != (codes.size, len(classes)) or share.shape != (len(classes),):
        raise DataError(
            f"{codes.size} rows of {len(classes)} classes go with probabilities of shape "
            f"{(codes.size, len(classes))} and as many shares as classes; found {p.shape} and "
            f"{share.shape}."
        )
    return codes, p, share


def _with_intervals(
    statistics: dict[str, tuple[Ratio, float]],
    groups: IntArray | None,
    level: float,
    method: Literal["closed_form"] | Bootstrap,
) -> list[MetricValue]:
    """The value and interval of each statistic; its number is its highest possible value."""
    ratios = [ratio for ratio, _ in statistics.values()]
    ones = np.ones_like(ratios[0].numerator)
    if not isinstance(method, Bootstrap):
        return [
            closed_form(name, ratio, ones, groups, level, highest=highest)
            for name, (ratio, highest) in statistics.items()
        ]
    drawn = resampled(ratios, ones, groups, method)
    return [
        percentile_interval(name, ratio.value(ones), column, level)
        for (name, (ratio, _)), column in zip(statistics.items(), drawn.T, strict=True)
    ]


def _class_area(
    name: str,
    is_class: npt.NDArray[np.bool_],
    probability: FloatArray,
    cluster: IntArray | None,
    level: float,
    method: Literal["closed_form"] | Bootstrap,
) -> MetricValue:
    """The area under the ROC curve of one class against all others."""
    (area,) = evaluate(
        is_class.astype(np.float64),
        probability,
        threshold=0.5,
        reference_rate=float(np.clip(is_class.mean(), MIN_SHARE, 1.0 - MIN_SHARE)),
        cluster=cluster,
        level=level,
        method=method,
        names=["roc_auc"],
    )
    return MetricValue(f"roc_auc[{name}]", area.value, area.std_error, area.lower, area.upper)
