"""Tune: the penalty's strength, chosen by cross-validation within the training rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns
from logit_engine.design.learning import learn
from logit_engine.design.table_design import Design
from logit_engine.diagnostics.metric_intervals import difference_interval
from logit_engine.fitting.paths import fit_path
from logit_engine.likelihoods import Likelihood
from logit_engine.objective.shapes import by_predictor
from logit_engine.penalties import ElasticNet
from logit_engine.reporting.number_formats import number_text
from logit_engine.rows import Rows, one_blas_thread
from logit_flows.config.model import Config
from logit_flows.steps.fit import likelihood_of, unit_penalty
from logit_flows.steps.folds import validation_folds
from logit_flows.steps.learn import design_spec, fold_spec
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import (
    Table,
    class_names,
    clusters,
    open_rows,
    outcome_of,
    outcomes,
    rows_for_fit,
)
from logit_flows.steps.split import Split
from logit_flows.steps.strengths import strength_grid

LOSSES_SHARE = 0.1  # of compute.memory, for the losses of held-out rows
LEVEL_SHARE = 1e-6  # of a log-loss: two that differ by less are one

WEAKEST_OF_PATH = (
    "; a weaker one may be better: compare a run with half of it, or with penalty type none."
)
WEAKEST_RIDGE = (
    ", where the fit is unpenalized to rounding: the penalty is of no use here; compare a run with "
    "penalty type none."
)
STRONGEST = (
    ", which leaves next to nothing but the constant: the features do not predict the rows that "
    "are held out."
)


@dataclass(frozen=True, slots=True)
class Point:
    """One strength: mean log-loss of held-out rows, its standard error, mean number of terms."""

    strength: float
    log_loss: float
    std_error: float
    terms: float


class TunedPath(NamedTuple):
    """A coefficient of the whole training rows at a strength, on the scale of X; class_: '' of two
    classes.
    """

    strength: float
    class_: str
    term: str
    coefficient: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """The strengths tried, falling, the one chosen, and the path of the coefficients.

    kinked: whether a strong penalty makes coefficients zero, as all do but a ridge.
    """

    points: tuple[Point, ...]
    strength: float
    rule: str
    folds: int
    fold_method: str
    trace: tuple[TunedPath, ...]
    kinked: bool

    @property
    def path(self) -> pl.DataFrame:
        """One row per strength and coefficient, and per class if there are several."""
        frame = pl.DataFrame(
            self.trace, schema=["strength", "class", "term", "coefficient"], orient="row"
        )
        return frame if self.trace[0].class_ else frame.drop("class")

    @property
    def table(self) -> pl.DataFrame:
        """One row a strength."""
        frame = pl.DataFrame(self.points, schema=list(Point.__dataclass_fields__), orient="row")
        return frame.with_columns(chosen=pl.col("strength") == self.strength)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen among what, and a warning if the lowest log-loss is at an end."""
        return (self.sentence, *self._warnings())

    @property
    def sentence(self) -> str:
        """What was chosen, among what."""
        chosen = next(p for p in self.points if p.strength == self.strength)
        how = {"random": "", "stratified": "stratified ", "time": "forward "}[self.fold_method]
        rule = self.rule.replace("_", " ")
        return (
            f"The penalty's strength {number_text(self.strength)} was chosen among "
            f"{len(self.points)} by {self.folds}-fold {how}cross-validation ({rule}): "
            f"log-loss {chosen.log_loss:.5f}, standard error {chosen.std_error:.5f}, "
            f"{chosen.terms:.1f} terms on average."
        )

    def _warnings(self) -> Iterator[str]:
        """What to do if the lowest log-loss is at an end of the strengths, or as good as there."""
        strongest, weakest = self.points[0], self.points[-1]
        level = min(p.log_loss for p in self.points) * (1.0 + LEVEL_SHARE)
        where = "The lowest log-loss is at the {} strength that was tried, {}"
        if weakest.log_loss <= level:
            why = WEAKEST_OF_PATH if self.kinked else WEAKEST_RIDGE
            yield where.format("weakest", number_text(weakest.strength)) + why
        elif strongest.log_loss <= level:
            yield where.format("strongest", number_text(strongest.strength)) + STRONGEST


def tune_penalty(config: Config, dataset: Dataset, split: Split) -> Tuning:
    """Fit the grid of strengths on each fold's training rows, score the held-out rows, choose."""
    asked = config.model.penalty
    rows = open_rows(config, dataset, split, "train")
    training = _Training(learn(rows, design_spec(config))[0], rows)
    problem = _problem(config, dataset, training)
    threads = config.compute.thread_count
    strengths = strength_grid(problem.rows, problem.likelihood, problem.unit, threads)
    points = _points(config, dataset, training, strengths)
    return Tuning(
        points,
        _chosen(points, asked.rule),
        asked.rule,
        asked.folds,
        asked.fold_method,
        _trace(config, dataset, training, strengths),
        problem.unit.kinked,
    )


class _Training(NamedTuple):
    """Training rows, and a design that was learnt from them."""

    design: Design
    rows: Table


class _Problem(NamedTuple):
    """What is fitted at any strength: unit is the penalty of strength one on the mean."""

    rows: Rows
    likelihood: Likelihood
    unit: ElasticNet


def _problem(config: Config, dataset: Dataset, training: _Training) -> _Problem:
    likelihood = likelihood_of(config, dataset)
    rows = rows_for_fit(dataset, training.rows, training.design)
    unit = unit_penalty(config, training.design, likelihood.outputs).multiplied(rows.n)
    return _Problem(rows, likelihood, unit)


def _path(config: Config, dataset: Dataset, training: _Training, strengths: Array) -> Array:
    """The estimates at each strength, (m, q), on the scale of the normalized columns."""
    rows, likelihood, unit = _problem(config, dataset, training)
    threads = config.compute.thread_count
    return fit_path(rows, likelihood, unit, strengths, threads=threads).estimates


class _FoldPath(NamedTuple):
    """What a fold learnt, (m, q) at m strengths, and the rows that it held out, (n,) of all."""

    design: Design
    estimates: Array
    held: NDArray[np.bool_]


def _points(
    config: Config, dataset: Dataset, training: _Training, strengths: Array
) -> tuple[Point, ...]:
    """What each strength is worth on the rows that the folds hold out."""
    rows = training.rows
    folds = validation_folds(config, dataset.contract, rows, outcomes(dataset, rows))
    paths = []
    for inside, held in folds:
        train = rows.filter(inside)
        # a fold's rows have no say in how they are normalized
        own, _ = learn(train, fold_spec(config))
        paths.append(_FoldPath(own, _path(config, dataset, _Training(own, train), strengths), held))
    terms = np.mean([np.count_nonzero(path.estimates, axis=1) for path in paths], axis=0)
    judged = np.any([fold.held for fold in folds], axis=0)  # by time the first rows only teach
    cluster = clusters(config, rows.filter(judged))
    found = []
    for part in _parts_in_memory(config, strengths.size, rows.n):
        losses = np.empty((part.stop - part.start, rows.n))
        for path in paths:
            losses[:, path.held] = _held_losses(config, dataset, rows, path, part)
        found += [difference_interval(row[judged], cluster=cluster) for row in losses]
    return tuple(
        Point(s, d.mean, d.std_error, t)
        for s, d, t in zip(strengths.tolist(), found, terms.tolist(), strict=True)
    )


def _parts_in_memory(config: Config, strengths: int, rows: int) -> list[slice]:
    """The strengths, so many at a time that their losses take a small part of the memory."""
    size = max(1, int(LOSSES_SHARE * config.compute.memory_bytes) // (8 * rows))
    return [slice(i, min(i + size, strengths)) for i in range(0, strengths, size)]


def _held_losses(
    config: Config, dataset: Dataset, rows: Table, path: _FoldPath, part: slice
) -> Array:
    """The log-loss of each held-out row at some of the strengths, (m, n)."""
    likelihood, code_of = likelihood_of(config, dataset), outcome_of(dataset)
    found = []
    for frame in rows.filter(path.held).frames():
        X, y = path.design.encode(frame), code_of(frame)
        found.append([_losses(likelihood, X, theta, y) for theta in path.estimates[part]])
    return np.concatenate(found, axis=1)


def _trace(
    config: Config, dataset: Dataset, training: _Training, strengths: Array
) -> tuple[TunedPath, ...]:
    """The path of the coefficients of all training rows."""
    classes = class_names(dataset)[1:] or ("",)
    names = [(label, term) for label in classes for term in training.design.names]
    path = _path(config, dataset, training, strengths)
    return tuple(
        TunedPath(s, label, term, v)
        for s, row in zip(strengths.tolist(), path.tolist(), strict=True)
        for (label, term), v in zip(names, row, strict=True)
    )


def _losses(likelihood: Likelihood, X: Columns, estimates: Array, y: Array) -> Array:
    """The log-loss of each row, (n,), at estimates on the scale of X, (q,)."""
    with one_blas_thread():
        eta = X.dot(by_predictor(estimates, likelihood.outputs))
    return -likelihood.terms(eta, y).loglik


def _chosen(points: tuple[Point, ...], rule: str) -> float:
    best = min(points, key=lambda p: p.log_loss)
    limit = best.log_loss + (best.std_error if rule == "one_standard_error" else 0.0)
    return next(p.strength for p in points if p.log_loss <= limit)
