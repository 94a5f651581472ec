"""Standard errors and intervals of statistics, by their influence functions or by a bootstrap.

The sum of (influence x weight) over what was drawn together, squared, estimates the variance of a
statistic (the delta method; the infinitesimal jackknife of Jaeckel 1972). A weight is a number of
rows: without clusters a row of weight 2 counts as two independent rows. Weights that are not counts
(survey weights) therefore come with `cluster`, if need be `np.arange(n)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from logit_engine.diagnostics.weighted_statistics import (
    NAN,
    FloatArray,
    IntArray,
    Ratio,
    Statistic,
    dot_product,
)
from logit_engine.errors import DataError, UsageError


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A metric with its standard error and interval.

    All but the value are nan where they have no finite estimate.
    """

    name: str
    value: float
    std_error: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Percentile intervals from `replicates` draws of clusters, or of rows without clusters."""

    replicates: int
    seed: int

    def __post_init__(self) -> None:
        if self.replicates < 2:
            raise UsageError(
                f"a bootstrap of {self.replicates} replicates has no spread: ask for 1000 or so."
            )


class DifferenceInterval(NamedTuple):
    """A mean of paired differences with its standard error and interval."""

    mean: float
    std_error: float
    lower: float
    upper: float


def standard_error(
    influence: FloatArray,
    weight: FloatArray,
    cluster: IntArray | None = None,
    by_class_of: FloatArray | None = None,
) -> float:
    """The root of G/(G-1) sum_g (sum_{i in g} w_i IF_i)^2, by the delta method; nan if G is 1.

    influence, weight: (n,), weights positive; cluster: (n,) codes from 0, None if every row is its
    own. by_class_of: y, (n,). With it the sums a_g over positives and b_g over negatives have
    factors of their own, from the number of clusters that hold a positive, a negative, or anything:
    f1 sum a^2 + f0 sum b^2 + 2 f sum a b. For the area under the ROC curve that is Obuchowski
    (1997), and without clusters DeLong et al. (1988).
    """
    parts = [np.ones_like(weight)] if by_class_of is None else [by_class_of, 1.0 - by_class_of]
    if cluster is None:
        counts = [dot_product(part, weight) for part in parts]
        squares = [dot_product(weight, (influence * part) ** 2) for part in parts]
        cross = 0.0
    else:
        sums = [
            np.bincount(cluster, weight * influence * part).astype(np.float64) for part in parts
        ]
        counts = [float(np.count_nonzero(np.bincount(cluster, part))) for part in parts]
        squares = [dot_product(total, total) for total in sums]
        cross = (
            0.0
            if len(sums) == 1
            else 2.0 * _small_sample(len(sums[0])) * dot_product(sums[0], sums[1])
        )
    variance = (
        sum(_small_sample(count) * square for count, square in zip(counts, squares, strict=True))
        + cross
    )
    return float(np.sqrt(max(variance, 0.0)))


def _small_sample(units: float) -> float:
    """G/(G-1); nan when nothing can be said of the spread."""
    return units / (units - 1.0) if units > 1.0 else NAN


def wald_interval(
    value: float, std_error: float, level: float, lowest: float = -np.inf, highest: float = np.inf
) -> tuple[float, float]:
    """Value -+ z std_error, cut at the metric's range: rough close to an end of the range."""
    reach = float(ndtri(0.5 + 0.5 * level)) * std_error
    if np.isnan(reach):
        return NAN, NAN
    return max(lowest, value - reach), min(highest, value + reach)


def closed_form(
    name: str,
    statistic: Statistic,
    weight: FloatArray,
    cluster: IntArray | None,
    level: float,
    *,
    lowest: float = -np.inf,
    highest: float = np.inf,
    by_class_of: FloatArray | None = None,
) -> MetricValue:
    """A statistic with its Wald interval, which is nan if the value is infinite or undefined."""
    value = statistic.value(weight)
    if not np.isfinite(value):
        return MetricValue(name, value, NAN, NAN, NAN)
    error = standard_error(statistic.influence(weight), weight, cluster, by_class_of)
    return MetricValue(name, value, error, *wald_interval(value, error, level, lowest, highest))


def resampled(
    statistics: Sequence[Statistic],
    weight: FloatArray,
    cluster: IntArray | None,
    bootstrap: Bootstrap,
) -> FloatArray:
    """Every statistic under every draw, (replicates, statistics).

    The rows stay, and their weights are multiplied. Raises DataError for weights that are not whole
    numbers without clusters.
    """
    rng = np.random.default_rng(bootstrap.seed)
    if cluster is None and np.any(weight != np.floor(weight)):
        raise DataError(
            "weights that are not whole numbers do not say how many rows to draw: give `cluster`, "
            "if need be "
            "np.arange(n), to draw weighted rows."
        )
    values = np.empty((bootstrap.replicates, len(statistics)))
    for replicate in range(bootstrap.replicates):
        drawn = _drawn_weight(rng, weight, cluster)
        values[replicate] = [statistic.value(drawn) for statistic in statistics]
    return values


def _drawn_weight(
    rng: np.random.Generator, weight: FloatArray, cluster: IntArray | None
) -> FloatArray:
    """The weights after drawing all clusters, or all rows without clusters, with replacement."""
    if cluster is not None:
        clusters = int(cluster.max()) + 1
        return (
            weight * np.bincount(rng.integers(0, clusters, clusters), minlength=clusters)[cluster]
        )
    rows = len(weight)
    if np.all(weight == 1.0):
        return np.bincount(rng.integers(0, rows, rows), minlength=rows).astype(np.float64)
    total = float(np.sum(weight))
    return rng.multinomial(int(total), weight / total).astype(np.float64)


def percentile_interval(
    name: str, value: float, replicates: FloatArray, level: float
) -> MetricValue:
    """The middle `level` of the replicates that are not nan, with ends rounded outward."""
    defined = replicates[~np.isnan(replicates)]
    if np.isnan(value) or len(defined) < 2:
        return MetricValue(name, value, NAN, NAN, NAN)
    error = float(np.std(defined, ddof=1)) if np.isfinite(defined).all() else NAN
    lower = float(np.quantile(defined, 0.5 - 0.5 * level, method="lower"))
    upper = float(np.quantile(defined, 0.5 + 0.5 * level, method="higher"))
    return MetricValue(name, value, error, lower, upper)


def difference_interval(
    difference: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> DifferenceInterval:
    """The mean of paired differences, one per row, as of two models' log-losses. All arrays: (n,).

    The standard error is that of `standard_error`. If the mean is not finite, as where one model
    called impossible what happened, its error and interval are nan.
    """
    checked_level(level)
    rows = np.asarray(difference, dtype=np.float64)
    if rows.ndim != 1 or not len(rows):
        raise DataError(f"difference has shape {rows.shape}: give one number for each row.")
    weights, codes = checked_weight(weight, len(rows)), checked_cluster(cluster, len(rows))
    present = weights > 0.0
    found = closed_form(
        "difference",
        Ratio(rows[present], np.ones(np.count_nonzero(present))),
        weights[present],
        None if codes is None else cluster_codes(codes[present]),
        level,
    )
    return DifferenceInterval(found.value, found.std_error, found.lower, found.upper)


def checked_level(level: float) -> None:
    """Raises UsageError unless the level lies between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise UsageError(
            f"level is {level}: the level of an interval lies between 0 and 1, such as 0.95."
        )


def checked_cluster(cluster: npt.ArrayLike | None, rows: int) -> IntArray | None:
    """The cluster of each row as integers, (rows,). Raises DataError for other codes."""
    if cluster is None:
        return None
    codes = np.asarray(cluster)
    if codes.shape != (rows,) or not np.issubdtype(codes.dtype, np.integer):
        raise DataError(
            f"cluster is {codes.dtype} of shape {codes.shape}: give an integer code for each of "
            f"{rows} rows."
        )
    return codes


def cluster_codes(cluster: IntArray) -> IntArray:
    """Codes renumbered from 0 without gaps. (n,)."""
    return np.unique(cluster, return_inverse=True)[1]


def checked_weight(weight: npt.ArrayLike | None, rows: int) -> FloatArray:
    """The weights as an array, ones by default, (rows,).

    Raises DataError if a weight is negative or not finite, or if all are 0.
    """
    if weight is None:
        return np.ones(rows)
    checked = np.asarray(weight, dtype=np.float64)
    if checked.shape != (rows,):
        raise DataError(
            f"weight has shape {checked.shape} where there are {rows} rows: give one weight a row."
        )
    wrong = ~(np.isfinite(checked) & (checked >= 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"weight is {checked[row]} in row {row}: weights must be finite and not negative."
        )
    if not checked.any():
        raise DataError(
            "every weight is 0, so there is no row to judge: give at least one row a weight."
        )
    return checked
