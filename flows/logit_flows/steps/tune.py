"""Tune: the penalty's strength, chosen by cross-validation within the training rows."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.design.frame_rows import frame_clusters, frame_rows
from logit_engine.design.learning import learn
from logit_engine.design.table_design import Design
from logit_engine.diagnostics.metric_intervals import difference_interval
from logit_engine.fitting.paths import fit_path
from logit_engine.fitting.preparation import largest_strength
from logit_flows.config.model import Config
from logit_flows.steps.fit import likelihood_of, unit_penalty
from logit_flows.steps.folds import validation_folds
from logit_flows.steps.learn import design_spec
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import class_names, outcomes, read_rows
from logit_flows.steps.split import Split

STRENGTH_COUNT = 30
MIN_STRENGTH_SHARE = 1e-3  # of the strength that leaves the constants alone

WEAKEST_SENTENCE = (
    "It is the weakest that was tried, and a weaker one may be better: compare a run with half of "
    "it, or with penalty type none."
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
    """The strengths tried, falling, the one chosen, and the path of the coefficients."""

    points: tuple[Point, ...]
    strength: float
    rule: str
    folds: int
    fold_method: str
    trace: tuple[TunedPath, ...]

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
    def sentence(self) -> str:
        """What was chosen, among what."""
        chosen = next(p for p in self.points if p.strength == self.strength)
        how = {"random": "", "stratified": "stratified ", "time": "forward "}[self.fold_method]
        return (
            f"The penalty's strength {self.strength:.4g} was chosen among {len(self.points)} by "
            f"{self.folds}-fold {how}cross-validation ({self.rule.replace('_', ' ')}): log-loss "
            f"{chosen.log_loss:.5f}, standard error "
            f"{chosen.std_error:.5f}, {chosen.terms:.1f} terms on average."
            + (f" {WEAKEST_SENTENCE}" if chosen == self.points[-1] else "")
        )


def tune_penalty(config: Config, dataset: Dataset, split: Split) -> Tuning:
    """Fit the grid of strengths on each fold's training rows, score the held-out rows, choose."""
    asked = config.model.penalty
    frame = read_rows(config, dataset, split, "train")
    y = outcomes(config, dataset, frame)
    every = validation_folds(config, frame, y)
    likelihood = likelihood_of(config, dataset)
    design, _ = learn(frame, design_spec(config))
    rows = frame_rows(design, frame, y, classes=class_names(dataset))
    unit = unit_penalty(config, design, likelihood.outputs).multiplied(frame.height)
    top = largest_strength(rows, likelihood, unit, config.compute.thread_count)
    strengths = top * np.logspace(0.0, np.log10(MIN_STRENGTH_SHARE), STRENGTH_COUNT)
    losses, terms = np.empty((STRENGTH_COUNT, frame.height)), np.zeros(STRENGTH_COUNT)
    for inside, held in every:
        train, rest = frame.filter(pl.Series(inside)), frame.filter(pl.Series(held))
        # a fold's rows have no say in how they are normalized
        own, _ = learn(train, design_spec(config))
        for i, estimates in enumerate(_path(config, dataset, (own, train, y[inside]), strengths)):
            eta = own.predictors(rest, estimates)
            losses[i, held] = -likelihood.terms(eta, y[held]).loglik
            terms[i] += np.count_nonzero(estimates) / asked.folds
    judged = np.any([fold.held for fold in every], axis=0)  # by time the first rows only teach
    cluster = frame_clusters(frame.filter(pl.Series(judged)), config.data.cluster)
    found = [difference_interval(row[judged], cluster=cluster) for row in losses]
    points = tuple(
        Point(s, d.mean, d.std_error, float(t))
        for s, d, t in zip(strengths.tolist(), found, terms, strict=True)
    )
    estimates = _path(config, dataset, (design, frame, y), strengths)
    names = [(label, term) for label in class_names(dataset)[1:] or ("",) for term in design.names]
    trace = tuple(
        TunedPath(s, label, term, v)
        for s, row in zip(strengths.tolist(), estimates.tolist(), strict=True)
        for (label, term), v in zip(names, row, strict=True)
    )
    return Tuning(
        points, _chosen(points, asked.rule), asked.rule, asked.folds, asked.fold_method, trace
    )


def _path(
    config: Config, dataset: Dataset, train: tuple[Design, pl.DataFrame, Array], strengths: Array
) -> Array:
    """The estimates at each strength, (m, q), on the scale of the normalized columns."""
    design, frame, y = train
    likelihood = likelihood_of(config, dataset)
    rows = frame_rows(design, frame, y, classes=class_names(dataset))
    unit = unit_penalty(config, design, likelihood.outputs).multiplied(frame.height)
    return fit_path(
        rows, likelihood, unit, strengths, threads=config.compute.thread_count
    ).estimates


def _chosen(points: tuple[Point, ...], rule: str) -> float:
    best = min(points, key=lambda p: p.log_loss)
    limit = best.log_loss + (best.std_error if rule == "one_standard_error" else 0.0)
    return next(p.strength for p in points if p.log_loss <= limit)
