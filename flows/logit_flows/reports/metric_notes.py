"""Why a metric is unknown or infinite: a sentence for each reason, with its places."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from logit_engine.diagnostics.metrics import METRICS

if TYPE_CHECKING:
    from logit_flows.steps.evaluate import Evaluation, Measured

CONFUSION = "confusion["
COUNTS = ("rows", "true_negative", "false_positive", "false_negative", "true_positive")
CALIBRATIONS = ("calibration_slope", "calibration_intercept")

IMPOSSIBLE = "an outcome happened that the model gave the probability zero"
NO_RECALIBRATION = (
    "no finite one exists: the rows have one class, are predicted perfectly or all alike"
)
NO_SPREAD = "an interval needs two rows of each class, and two clusters"


def is_statistic(metric: str) -> bool:
    """Whether a name is that of a metric, and no count."""
    return metric not in COUNTS and not metric.startswith(CONFUSION)


def metric_notes(evaluation: "Evaluation") -> list[str]:
    """A sentence for each reason why some metric, interval or base rate has no finite value."""
    sides: dict[tuple[str, str], list[str]] = {}
    for measured in evaluation.metrics:
        if is_statistic(measured.metric):
            for found in _unknown_values(measured):
                sides.setdefault(found, []).append(measured.split)
    reasons: dict[str, list[str]] = {}
    for (what, reason), splits in sides.items():
        reasons.setdefault(reason, []).append(f"{what} on {' and '.join(splits)}")
    return [f"{', '.join(places)}: {reason}." for reason, places in reasons.items()]


def _unknown_values(m: "Measured") -> Iterator[tuple[str, str]]:
    """What of a metric has no finite value, and why."""
    if math.isnan(m.value):
        yield m.metric, _undefined(m.metric)
    elif math.isinf(m.value):
        yield m.metric, IMPOSSIBLE
    elif math.isnan(m.lower):
        yield f"interval of {m.metric}", NO_SPREAD
    if math.isnan(m.baseline) and m.metric not in CALIBRATIONS:
        yield f"base rate of {m.metric}", _undefined(m.metric)


def _undefined(metric: str) -> str:
    if metric in CALIBRATIONS:
        return NO_RECALIBRATION
    return METRICS[metric.partition("[")[0]].undefined
