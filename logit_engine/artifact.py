"""A model as a table: a Parquet file that a person can open, with canonical JSON in its metadata; no pickle.

One row a term. `estimate`, its interval and odds ratio are in the original units of the data; `standardized` and
`covariance` (a row of the matrix) are on the scale of X, from which the model is rebuilt exactly.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.design import Design
from logit_engine.errors import ArtifactError
from logit_engine.links import LINKS, Link
from logit_engine.publish import canonical_json
from logit_engine.result import FitResult, Status, Verdict

FORMAT = 2
KEY = "logit_engine"

Label = bool | int | str


@dataclass(frozen=True, slots=True)
class Target:
    """The outcome column, the value whose probability is modelled, and the other value."""

    column: str
    positive: Label
    negative: Label


@dataclass(frozen=True, slots=True)
class Model:
    """All that scoring needs: how columns become X, what was estimated, what is predicted, and from where it came.

    result is on the scale of X. threshold: probability from which the positive class is predicted. notes: what the design
    said of the training data. origin: JSON-ready facts of the run that made it.
    """

    design: Design
    result: FitResult
    target: Target
    threshold: float
    notes: tuple[str, ...] = ()
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def link(self) -> Link:
        """The link, as a value."""
        return LINKS[self.result.link]

    @property
    def original(self) -> FitResult:
        """The result in the original units of the data."""
        return self.result.in_units(self.design.units)

    def linear_predictor(self) -> pl.Expr:
        """x'theta of each row."""
        return self.design.linear_predictor(self.result.estimates)

    def probability(self, linear_predictor: pl.Expr) -> pl.Expr:
        """P(positive) from the linear predictor."""
        cdf = self.link.cdf
        if self.link.name == "logit":
            return 1.0 / (1.0 + (-linear_predictor).exp())
        return linear_predictor.map_batches(
            lambda eta: pl.Series(cdf(eta.to_numpy())), return_dtype=pl.Float64, is_elementwise=True
        )

    def predicted_class(self, probability: pl.Expr) -> pl.Expr:
        """The positive label from the threshold on, else the negative one."""
        positive = probability >= self.threshold
        if self.target.positive is True:
            return positive
        return pl.when(positive).then(pl.lit(self.target.positive)).otherwise(pl.lit(self.target.negative))


def coefficient_table(model: Model, level: float = 0.95) -> pl.DataFrame:
    """The model as a table, one row a term, in the order of X."""
    raw, scaled = model.original, model.result
    interval = raw.interval(level)
    units = model.design.units
    columns: dict[str, Any] = {
        "term": list(raw.names),
        "estimate": raw.estimates,
        "std_error": raw.std_errors,
        "z": raw.z,
        "p_value": raw.p_values,
        "lower": interval[:, 0],
        "upper": interval[:, 1],
    }
    if model.link.name == "logit":
        columns |= {
            "odds_ratio": np.exp(raw.estimates),
            "odds_ratio_lower": np.exp(interval[:, 0]),
            "odds_ratio_upper": np.exp(interval[:, 1]),
        }
    columns |= {
        "standardized": scaled.estimates,
        "standardized_std_error": scaled.std_errors,
        "center": units.center,
        "scale": units.scale,
        "covariance": pl.Series(scaled.covariance.tolist(), dtype=pl.List(pl.Float64)),
    }
    return pl.DataFrame(columns)


def fit_content(r: FitResult) -> dict[str, Any]:
    """What a table of coefficients does not hold of a fit, JSON-ready; `fit_of` is the inverse."""
    return {
        "covariance_type": r.covariance_type,
        "clusters": list(r.clusters),
        "classes": list(r.classes),
        "link": r.link,
        "penalty_strength": r.penalty_strength,
        "n": r.n,
        "observations": r.observations,
        "loglik": r.loglik,
        "null_loglik": r.null_loglik,
        "passes": r.passes,
        "decrement": r.decrement,
        "certificate": r.certificate,
        "condition": r.condition,
        "infinite": None if r.infinite is None else r.infinite.tolist(),
        "free": r.free.tolist(),
        "fixed": r.fixed,
        "status": [r.status.verdict.value, r.status.sentence],
        "notes": list(r.notes),
    }


def fit_of(content: Mapping[str, Any], names: tuple[str, ...], estimates: Array, covariance: Array) -> FitResult:
    """The fit of that content; names: (p,), estimates: (q,), covariance: (q, q)."""
    fit = dict(content)
    verdict, sentence = fit.pop("status")
    infinite = fit.pop("infinite")
    fit |= {key: float(fit[key]) for key in ("decrement", "certificate", "condition")}  # JSON holds inf as text
    return FitResult(
        names=names,
        estimates=estimates,
        covariance=covariance,
        free=np.array(fit.pop("free"), dtype=bool),
        status=Status(Verdict(verdict), sentence),
        notes=tuple(fit.pop("notes")),
        clusters=tuple(fit.pop("clusters")),
        classes=tuple(fit.pop("classes")),
        infinite=None if infinite is None else np.array(infinite, dtype=np.int8),
        **fit,
    )


def read_table(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """A stored table with its JSON. Raises ArtifactError if it is none of ours, or of a newer version."""
    try:
        text = pl.read_parquet_metadata(path)[KEY]
        table = pl.read_parquet(path)
    except (KeyError, OSError, pl.exceptions.PolarsError) as error:
        raise ArtifactError(f"{path} is not a model of logit-engine ({type(error).__name__}); train again.") from error
    content = json.loads(text)
    if content["format"] > FORMAT:
        raise ArtifactError(
            f"{path} has format {content['format']}, newer than the {FORMAT} this version reads; upgrade logit-engine."
        )
    return table, content


def write_model(model: Model, path: Path) -> None:
    """Write the model's Parquet file; the same model gives the same bytes."""
    content = {
        "format": FORMAT,
        "target": {"column": model.target.column, "positive": model.target.positive, "negative": model.target.negative},
        "threshold": model.threshold,
        "design": model.design.to_content(),
        "notes": list(model.notes),
        "origin": dict(model.origin),
        "fit": fit_content(model.result),
    }
    coefficient_table(model).write_parquet(path, metadata={KEY: canonical_json(content)})


def read_model(path: Path) -> Model:
    """Read a model. Raises ArtifactError if the file is no model, or was written by a newer version."""
    table, content = read_table(path)
    names = tuple(table["term"].to_list())
    covariance = np.array(table["covariance"].to_list(), dtype=np.float64)
    return Model(
        Design.from_content(content["design"]),
        fit_of(content["fit"], names, table["standardized"].to_numpy().copy(), covariance),
        Target(**content["target"]),
        content["threshold"],
        tuple(content["notes"]),
        content["origin"],
    )
