"""Evaluate: how good the model is on training and on test rows, beside the base rate."""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import add
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.design.frame_rows import frame_clusters
from logit_engine.design.terms.naming import listed_text
from logit_engine.diagnostics.class_metrics import class_confusion, evaluate_classes
from logit_engine.diagnostics.metric_intervals import Bootstrap, MetricValue
from logit_engine.diagnostics.metrics import (
    METRICS,
    confusion,
    evaluate,
    metric_value,
    row_log_loss,
)
from logit_engine.diagnostics.thresholds import Cost, MaxF1, choose_threshold
from logit_engine.errors import DataError, placed_error
from logit_engine.fitting.recalibration import calibration_intercept, calibration_slope
from logit_engine.fitting.result import FitResult
from logit_engine.likelihoods import Multinomial
from logit_engine.links import LINKS, Link
from logit_engine.rows import BLOCK_ROWS, cores, one_blas_thread
from logit_flows.config.model import Config
from logit_flows.steps.learn import Learned
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import Side, open_rows, outcome_of
from logit_flows.steps.split import Split

# of a side, at 180 bytes; of more, every second, third, ... block is measured
MAX_MEASURED_ROWS = 2**22
CONFUSION_CELLS = ("true_negative", "false_positive", "false_negative", "true_positive")


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric on one side of the split, with its interval.

    baseline: the metric of the base rate alone; nan if it has none.
    """

    split: str
    metric: str
    value: float
    std_error: float
    lower: float
    upper: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every metric on every side, and the threshold of the predicted class.

    Of more than two classes the threshold is nan, and `classes` names them.
    """

    threshold: float
    metrics: tuple[Measured, ...]
    classes: tuple[str, ...] = ()

    def value(self, metric: str, split: str = "test") -> float:
        """One metric's value; nan if that side has no rows."""
        return next(
            (m.value for m in self.metrics if m.metric == metric and m.split == split), math.nan
        )

    @property
    def table(self) -> pl.DataFrame:
        """One row a metric and side."""
        return pl.DataFrame(self.metrics, schema=list(Measured.__dataclass_fields__), orient="row")


@dataclass(frozen=True, slots=True)
class _Side:
    """The rows of a side as the metrics see them: y and cluster (n,), eta (n,) or (n, k)."""

    name: str
    y: Array
    eta: Array
    cluster: NDArray[np.int64] | None

    def measured(self, m: MetricValue, baseline: float) -> Measured:
        """A metric on this side."""
        return Measured(self.name, m.name, m.value, m.std_error, m.lower, m.upper, baseline)

    def counted(self, counts: dict[str, float]) -> list[Measured]:
        """Counts on this side, without intervals."""
        blank = math.nan
        return [
            Measured(self.name, name, n, blank, blank, blank, blank) for name, n in counts.items()
        ]


def evaluate_model(
    config: Config, dataset: Dataset, split: Split, learned: Learned, result: FitResult
) -> Evaluation:
    """Every metric on train and test; the threshold is chosen on the training rows."""
    train = _side(config, dataset, split, learned, result, "train")
    test = _side(config, dataset, split, learned, result, "test")
    sides = [train] if test.y.size == 0 else [train, test]
    if result.classes:
        shares = np.bincount(train.y.astype(np.intp), minlength=len(result.classes)) / train.y.size
        found = tuple(m for side in sides for m in _measure_classes(config, side, result, shares))
        return Evaluation(math.nan, found, result.classes)
    link = LINKS[result.link]
    threshold = choose_threshold(train.y, link.cdf(train.eta), _rule(config))
    rate = float(train.y.mean())
    with one_blas_thread(), ThreadPoolExecutor(config.compute.thread_count or cores()) as pool:
        found = tuple(
            m for side in sides for m in _measure(config, side, link, threshold, rate, pool)
        )
    return Evaluation(threshold, found)


def _side(
    config: Config, dataset: Dataset, split: Split, learned: Learned, result: FitResult, name: Side
) -> _Side:
    rows, design, cluster = (
        open_rows(config, dataset, split, name),
        learned.design,
        config.data.cluster,
    )
    if rows.n == 0:
        return _Side(name, np.empty(0), np.empty(0), None)
    code_of, every = outcome_of(dataset), -(-rows.n // MAX_MEASURED_ROWS)
    parts = [
        (
            code_of(frame),
            design.linear_predictors(frame, result.estimates),
            design.audit(frame.lazy()),
        )
        for frame in _some_blocks(rows.frames(), every)
    ]
    try:
        design.refuse(reduce(add, (audit for _, _, audit in parts)))
    except DataError as error:
        raise placed_error(error, f"{name} rows") from error
    y, eta = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    if cluster is None:
        return _Side(name, y, eta, None)
    return _Side(
        name,
        y,
        eta,
        frame_clusters(pl.concat(_some_blocks(rows.frames([cluster]), every)), cluster),
    )


def _some_blocks(frames: Iterable[pl.DataFrame], every: int) -> Iterator[pl.DataFrame]:
    """One block of `every` of the rows."""
    start = 0
    for frame in frames:
        block = (start + np.arange(frame.height)) // BLOCK_ROWS
        yield frame if every == 1 else frame.filter(pl.Series(block % every == 0))
        start += frame.height


def _rule(config: Config) -> float | MaxF1 | Cost:
    asked = config.evaluate.threshold
    if asked == "max_f1":
        return MaxF1()
    if isinstance(asked, int | float):
        return float(asked)
    return Cost(asked.cost.false_positive, asked.cost.false_negative)


def _measure(
    config: Config, side: _Side, link: Link, threshold: float, rate: float, pool: Executor
) -> list[Measured]:
    """The metrics and the calibration of a side, computed side by side in the pool."""
    asked = config.evaluate.intervals
    probability = link.cdf(side.eta)
    constant = np.full_like(probability, rate)
    metrics = pool.submit(
        evaluate,
        side.y,
        probability,
        threshold=threshold,
        reference_rate=rate,
        cluster=side.cluster,
        level=asked.level,
        method=_interval_method(config),
        row_loss=row_log_loss(side.y, link.log_cdf(side.eta), link.log_sf(side.eta)),
    )
    calibrations = [
        pool.submit(calibration, side.y, side.eta, link, cluster=side.cluster, level=asked.level)
        for calibration in (calibration_slope, calibration_intercept)
    ]
    baselines = pool.map(lambda name: _baseline(name, side.y, constant, threshold), METRICS)
    cells = confusion(side.y, probability, threshold=threshold)
    counts = {name: float(getattr(cells, name)) for name in CONFUSION_CELLS}
    return [
        *map(side.measured, metrics.result(), baselines),
        *(side.measured(calibration.result(), math.nan) for calibration in calibrations),
        *side.counted({"rows": float(side.y.size), **counts}),
    ]


def _measure_classes(
    config: Config, side: _Side, result: FitResult, shares: Array
) -> list[Measured]:
    """The metrics of several classes on a side; shares: of the training rows."""
    likelihood = Multinomial(len(result.classes) - 1)
    code = side.y.astype(np.intp)
    probability = likelihood.probabilities(side.eta)
    found = evaluate_classes(
        code,
        probability,
        shares,
        result.classes,
        cluster=side.cluster,
        level=config.evaluate.intervals.level,
        method=_interval_method(config),
        row_loss=-likelihood.terms(side.eta, side.y).loglik,
    )
    table = class_confusion(code, probability).ravel().astype(np.float64).tolist()
    pairs = [f"confusion[{listed_text(pair)}]" for pair in product(result.classes, repeat=2)]
    return [
        *(side.measured(one.metric, one.baseline) for one in found),
        *side.counted({"rows": float(code.size), **dict(zip(pairs, table, strict=True))}),
    ]


def _interval_method(config: Config) -> Literal["closed_form"] | Bootstrap:
    asked = config.evaluate.intervals
    return (
        "closed_form" if asked.method == "closed_form" else Bootstrap(asked.replicates, asked.seed)
    )


def _baseline(name: str, y: Array, constant: Array, threshold: float) -> float:
    """The metric if every row had the base rate as its probability."""
    return metric_value(name, y, constant, threshold=threshold, reference_rate=float(constant[0]))
