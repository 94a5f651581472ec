"""Tune: the strength of the penalty, chosen by cross-validation within the training rows, along one falling grid."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from flows.config import Config
from flows.steps.fit import likelihood_of, penalty_of, threads_of
from flows.steps.learn import design_spec
from flows.steps.load import Dataset
from flows.steps.rows import class_names, outcomes, read_rows
from flows.steps.split import Split, folds
from logit_engine.columns import Array
from logit_engine.diagnostics.metric_intervals import difference_interval
from logit_engine.errors import DataError
from logit_engine.fitting import fit, largest_strength
from logit_engine.learning import learn
from logit_engine.sources.frames import clusters, frame_rows

STRENGTHS = 30
SMALLEST = 1e-3  # of the strength that leaves the constants alone


@dataclass(frozen=True, slots=True)
class Point:
    """One strength: the mean log-loss of the held-out rows, its standard error, and how many terms the folds kept."""

    strength: float
    log_loss: float
    std_error: float
    terms: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """The strengths tried, falling, and the one chosen."""

    points: tuple[Point, ...]
    strength: float
    rule: str
    folds: int

    @property
    def table(self) -> pl.DataFrame:
        """One row a strength."""
        frame = pl.DataFrame(self.points, schema=list(Point.__dataclass_fields__), orient="row")
        return frame.with_columns(chosen=pl.col("strength") == self.strength)

    @property
    def sentence(self) -> str:
        """What was chosen, among what."""
        chosen = next(p for p in self.points if p.strength == self.strength)
        return (
            f"The penalty's strength {self.strength:.4g} was chosen among {len(self.points)} by {self.folds}-fold "
            f"cross-validation ({self.rule.replace('_', ' ')}): log-loss {chosen.log_loss:.5f}, standard error "
            f"{chosen.std_error:.5f}, {chosen.terms:.1f} terms on average."
        )


def tune_penalty(config: Config, dataset: Dataset, split: Split) -> Tuning:
    """Fit the grid on all folds but one, from the strongest on, and score that one, for each fold."""
    asked, data = config.model.penalty, config.data
    frame = read_rows(config, dataset, split, "train")
    y = outcomes(config, dataset, frame)
    unit = data.cluster or data.id
    assert unit is not None  # the config was checked
    fold = folds(frame, unit, asked.folds)
    likelihood = likelihood_of(config, dataset)
    design, _ = learn(frame, design_spec(config))
    ratio = {"l1": 1.0, "l2": 0.0}.get(asked.type, asked.l1_ratio)
    rows = frame_rows(design, frame, y, classes=class_names(dataset))
    top = largest_strength(rows, likelihood, 0.0 if ratio is None else ratio, threads_of(config))
    strengths = (top * np.logspace(0.0, np.log10(SMALLEST), STRENGTHS)).tolist()
    losses, terms = np.empty((STRENGTHS, frame.height)), np.zeros(STRENGTHS)
    for k in range(asked.folds):
        inside = fold == k
        if not inside.any() or inside.all():
            raise DataError(f"fold {k + 1} of {asked.folds} has no rows; use fewer model.penalty.folds.")
        path = _path(config, dataset, (frame.filter(pl.Series(~inside)), y[~inside]), strengths)
        for i, (estimates, fold_design) in enumerate(path):
            eta = fold_design.predictors(frame.filter(pl.Series(inside)), estimates)
            losses[i, inside] = -likelihood.terms(eta, y[inside]).loglik
            terms[i] += np.count_nonzero(estimates) / asked.folds
    cluster = clusters(frame, data.cluster)
    found = [difference_interval(row, cluster=cluster) for row in losses]
    points = tuple(Point(s, d.mean, d.std_error, float(t)) for s, d, t in zip(strengths, found, terms, strict=True))
    return Tuning(points, _chosen(points, asked.rule), asked.rule, asked.folds)


def _path(config: Config, dataset: Dataset, train: tuple[pl.DataFrame, Array], strengths: list[float]):
    """The estimates at each strength, each from the one before, with the design of these rows."""
    frame, y = train
    design, _ = learn(frame, design_spec(config))
    likelihood = likelihood_of(config, dataset)
    rows = frame_rows(design, frame, y, classes=class_names(dataset))
    start = None
    for strength in strengths:
        penalty = penalty_of(config, frame.height, len(design.names), likelihood.outputs, strength)
        start = fit(rows, likelihood, penalty=penalty, threads=threads_of(config), start=start).estimates
        yield start, design


def _chosen(points: tuple[Point, ...], rule: str) -> float:
    best = min(points, key=lambda p: p.log_loss)
    limit = best.log_loss + (best.std_error if rule == "one_standard_error" else 0.0)
    return next(p.strength for p in points if p.log_loss <= limit)
