"""Evaluate: how good the model is on the rows it learnt from and on those it has not seen, beside the base rate."""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.design.frame_rows import frame_clusters
from logit_engine.diagnostics.metric_intervals import (
    Bootstrap,
    MetricValue,
    Ratio,
    closed_form,
    percentile_interval,
    resampled,
)
from logit_engine.diagnostics.metrics import METRICS, confusion, evaluate, metric_value, row_log_loss
from logit_engine.diagnostics.thresholds import Cost, MaxF1, choose_threshold
from logit_engine.errors import LogitEngineError
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import CLUSTER, NONROBUST
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LINKS, Link
from logit_engine.rows import BLOCK_ROWS, cores, one_blas_thread
from logit_engine.rows.memory import array_rows
from logit_flows.config.model import Config
from logit_flows.steps.learn import Learned
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import Side, open_rows, outcome_of
from logit_flows.steps.split import Split

MOST_ROWS = 2**22  # of a side that are measured; of more, every second, third, ... block: they take 180 bytes each
CALIBRATIONS = ("calibration_slope", "calibration_intercept")


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric on one side of the split, with its interval, and what the base rate alone would score (nan: nothing)."""

    split: str
    metric: str
    value: float
    std_error: float
    lower: float
    upper: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The threshold of the predicted class (nan for more than two classes, then named), and every metric on every side."""

    threshold: float
    metrics: tuple[Measured, ...]
    classes: tuple[str, ...] = ()

    def value(self, metric: str, split: str = "test") -> float:
        """One metric's value; nan if that side has no rows."""
        return next((m.value for m in self.metrics if m.metric == metric and m.split == split), math.nan)

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
    cluster: np.ndarray | None


def evaluate_model(config: Config, dataset: Dataset, split: Split, learned: Learned, result: FitResult) -> Evaluation:
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
        found = tuple(m for side in sides for m in _measure(config, side, link, threshold, rate, pool))
    return Evaluation(threshold, found)


def _side(config: Config, dataset: Dataset, split: Split, learned: Learned, result: FitResult, name: Side) -> _Side:
    rows, design, cluster = open_rows(config, dataset, split, name), learned.design, config.data.cluster
    if rows.n == 0:
        return _Side(name, np.empty(0), np.empty(0), None)
    code_of, every = outcome_of(dataset), -(-rows.n // MOST_ROWS)
    parts = [
        (code_of(frame), design.linear_predictors(frame, result.estimates), design.audit(frame.lazy()))
        for frame in _some_blocks(rows.frames(), every)
    ]
    design.refuse(reduce(add, (audit for _, _, audit in parts)))
    y, eta = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    if cluster is None:
        return _Side(name, y, eta, None)
    return _Side(name, y, eta, frame_clusters(pl.concat(_some_blocks(rows.frames([cluster]), every)), cluster))


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


def _measure(config: Config, side: _Side, link: Link, threshold: float, rate: float, pool: Executor) -> list[Measured]:
    """The metrics and the calibration of a side, side by side in the pool; each is summed by one thread."""
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
        method="closed_form" if asked.method == "closed_form" else Bootstrap(asked.replicates, asked.seed),
        row_loss=row_log_loss(side.y, link.log_cdf(side.eta), link.log_sf(side.eta)),
    )
    calibrations = [
        pool.submit(calibration, name, side.y, side.eta, link, side.cluster, asked.level) for name in CALIBRATIONS
    ]
    baselines = pool.map(lambda name: _baseline(name, side.y, constant, threshold), METRICS)
    cells = confusion(side.y, probability, threshold=threshold)
    blank = math.nan
    measured = [
        Measured(side.name, m.name, m.value, m.std_error, m.lower, m.upper, baseline)
        for m, baseline in [
            *zip(metrics.result(), baselines, strict=True),
            *((recalibrated.result(), blank) for recalibrated in calibrations),
        ]
    ]
    counts = {"rows": float(side.y.size)} | {
        name: float(getattr(cells, name))
        for name in ("true_negative", "false_positive", "false_negative", "true_positive")
    }
    return measured + [Measured(side.name, name, n, blank, blank, blank, blank) for name, n in counts.items()]


def _measure_classes(config: Config, side: _Side, result: FitResult, shares: Array) -> list[Measured]:
    """Log-loss, skill, accuracy, each class's area against all others, and the confusion table; shares: of training rows."""
    likelihood = Multinomial(len(result.classes) - 1)
    code = side.y.astype(np.intp)
    probability = likelihood.probabilities(side.eta)
    loss, base_loss = -likelihood.terms(side.eta, side.y).loglik, -np.log(shares)[code]
    right = (probability.argmax(axis=1) == code).astype(np.float64)
    ones = np.ones(code.size)
    statistics = {
        "log_loss": (Ratio(loss, ones), float(base_loss.mean()), np.inf),
        "skill": (Ratio(base_loss - loss, base_loss), 0.0, 1.0),
        "accuracy": (Ratio(right, ones), float((code == shares.argmax()).mean()), 1.0),
    }
    asked, names = config.evaluate.intervals, list(statistics)
    groups = None if side.cluster is None else np.unique(side.cluster, return_inverse=True)[1]
    if asked.method == "closed_form":
        found = [
            closed_form(name, statistic, ones, groups, asked.level, highest=highest)
            for name, (statistic, _, highest) in statistics.items()
        ]
    else:
        drawn = resampled([s for s, _, _ in statistics.values()], ones, groups, Bootstrap(asked.replicates, asked.seed))
        found = [
            percentile_interval(name, statistics[name][0].value(ones), column, asked.level)
            for name, column in zip(names, drawn.T, strict=True)
        ]
    measured = [
        Measured(side.name, m.name, m.value, m.std_error, m.lower, m.upper, statistics[m.name][1]) for m in found
    ]
    measured += [_area(config, side, name, code == c, probability[:, c]) for c, name in enumerate(result.classes)]
    counts = {"rows": float(code.size)}
    table = np.bincount(code * len(shares) + probability.argmax(axis=1), minlength=len(shares) ** 2)
    pairs = [f"confusion[{observed}, {chosen}]" for observed in result.classes for chosen in result.classes]
    counts |= dict(zip(pairs, table.astype(np.float64).tolist(), strict=True))
    blank = math.nan
    return measured + [Measured(side.name, name, n, blank, blank, blank, blank) for name, n in counts.items()]


def _area(config: Config, side: _Side, name: str, is_class: np.ndarray, probability: Array) -> Measured:
    """The area under the curve of one class against all others."""
    asked = config.evaluate.intervals
    (area,) = evaluate(
        is_class.astype(np.float64),
        probability,
        threshold=0.5,
        reference_rate=float(np.clip(is_class.mean(), 1e-9, 1.0 - 1e-9)),
        cluster=side.cluster,
        level=asked.level,
        method="closed_form" if asked.method == "closed_form" else Bootstrap(asked.replicates, asked.seed),
        names=["roc_auc"],
    )
    return Measured(side.name, f"roc_auc[{name}]", area.value, area.std_error, area.lower, area.upper, 0.5)


def _baseline(name: str, y: Array, constant: Array, threshold: float) -> float:
    return metric_value(name, y, constant, threshold=threshold, reference_rate=float(constant[0]))


def calibration(name: str, y: Array, eta: Array, link: Link, cluster: np.ndarray | None, level: float) -> MetricValue:
    """Calibration slope (of y on eta; 1 is right) or intercept (beside eta as an offset; 0 is right). Cox (1958).

    nan where the recalibration has no finite estimate, as with one class or a perfect prediction. One thread: blocks of
    one or two columns are too little work to share.
    """
    rows = (
        array_rows(eta, y, cluster=cluster)
        if name == "calibration_slope"
        else array_rows(np.empty((y.size, 0)), y, offset=eta, cluster=cluster)
    )
    kind = NONROBUST if cluster is None else CLUSTER
    try:
        r = fit(rows, Bernoulli(link), covariance_type=kind, threads=1)
    except LogitEngineError:
        return MetricValue(name, math.nan, math.nan, math.nan, math.nan)
    low, high = r.interval(level)[-1]
    return MetricValue(name, float(r.estimates[-1]), float(r.std_errors[-1]), float(low), float(high))
