"""A model as a Parquet table that a person can open, with canonical JSON in its metadata.

One row a term. `estimate`, its interval and odds ratio are in the original units of the data;
`standardized` and `covariance` (a row of the matrix) are on the scale of X, from which the model is
rebuilt exactly.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.design.table_design import Design
from logit_engine.errors import ArtifactError
from logit_engine.fitting.result import (
    AppliedPenalty,
    Convergence,
    FitResult,
    FixedCounts,
    Separation,
    Status,
    Verdict,
)
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LINKS
from logit_engine.rows.arrays import refuse_repeated_names
from logit_engine.rows.labels import Label
from logit_engine.storage.model_outputs import RowOutputs
from logit_engine.storage.publish import canonical_json

FORMAT_VERSION = 3
METADATA_KEY = "logit_engine"


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """The outcome column and its classes by code, the base first.

    Of two classes the second is the positive one.
    """

    column: str
    classes: tuple[Label, ...]

    @property
    def positive(self) -> Label:
        """The class whose probability a binary model gives."""
        return self.classes[1]


@dataclass(frozen=True, slots=True)
class StoredModel:
    """All that scoring needs: the design, the estimates, the target, and where they came from.

    result is on the scale of X. threshold: probability from which the positive class is predicted;
    of several classes the most probable one is. notes: what the design said of the training data.
    origin: JSON-ready facts of the run that made it.
    """

    design: Design
    result: FitResult
    target: StoredTarget
    threshold: float
    notes: tuple[str, ...] = ()
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def likelihood(self) -> Likelihood:
        """The likelihood, as a value. Raises ArtifactError for one that files cannot name."""
        name, classes = self.result.link, len(self.result.classes)
        if classes and name == Multinomial(classes - 1).name:
            return Multinomial(classes - 1)
        if not classes and name in LINKS:
            return Bernoulli(LINKS[name])
        raise ArtifactError(
            f"a model with the likelihood '{name}' cannot be stored or scored; use 'multinomial', "
            f"or for two classes a link of {', '.join(sorted(LINKS))}."
        )

    @property
    def original(self) -> FitResult:
        """The result in the original units of the data."""
        return self.result.in_units(self.design.units)

    def linear_predictors(self) -> tuple[pl.Expr, ...]:
        """x'theta of each row: one for two classes, else one per class without the base."""
        by_predictor = self.result.estimates.reshape(self.likelihood.outputs, -1)
        return tuple(self.design.linear_predictor(theta) for theta in by_predictor)

    def select_outputs(
        self, rows: pl.LazyFrame, wanted: Sequence[str], kept: Sequence[pl.Expr] = ()
    ) -> pl.LazyFrame:
        """The kept columns, each named by an alias, then the wanted outputs, lazily.

        wanted: of linear_predictor, probability and predicted_class. Of more than two classes there
        is a column for each, as in probability[a].
        """
        outputs = RowOutputs(self.likelihood, self.target.classes, self.threshold)
        return outputs.select(rows, kept, self.linear_predictors(), wanted)


def coefficient_table(model: StoredModel, level: float = 0.95) -> pl.DataFrame:
    """The model as a table, one row per coefficient: terms in the order of X, class by class."""
    raw, scaled = model.original, model.result
    interval = raw.interval(level)
    units = model.design.units
    outputs = model.likelihood.outputs
    columns: dict[str, Any] = (
        {"class": [c for c in raw.classes[1:] for _ in raw.names]} if raw.classes else {}
    )
    columns |= {
        "term": list(raw.names) * outputs,
        "estimate": raw.limits,
        "std_error": raw.std_errors,
        "z": raw.z,
        "p_value": raw.p_values,
        "lower": interval[:, 0],
        "upper": interval[:, 1],
    }
    if raw.link in ("logit", "multinomial"):
        with np.errstate(over="ignore"):  # of an infinite estimate
            columns |= {
                "odds_ratio": np.exp(raw.limits),
                "odds_ratio_lower": np.exp(interval[:, 0]),
                "odds_ratio_upper": np.exp(interval[:, 1]),
            }
    columns |= {
        "standardized": scaled.limits,
        "standardized_std_error": scaled.std_errors,
        "center": np.tile(units.center, outputs),
        "scale": np.tile(units.scale, outputs),
        "covariance": covariance_lists(scaled),
    }
    return pl.DataFrame(columns)


def covariance_lists(result: FitResult) -> pl.Series:
    """A row of the covariance for each coefficient; null for all if there are no errors."""
    known = result.errors_known
    rows = result.covariance.tolist() if known else [None] * result.estimates.size
    return pl.Series(rows, dtype=pl.List(pl.Float64))


def stored_covariance(lists: pl.Series) -> Array:
    """The inverse of `covariance_lists`, (q, q)."""
    if lists.null_count() == lists.len():
        return np.broadcast_to(np.nan, (lists.len(), lists.len()))
    return np.array(lists.to_list(), dtype=np.float64)


def fit_content(r: FitResult) -> dict[str, Any]:
    """What a table of coefficients does not hold of a fit, JSON-ready; `fit_of` is the inverse."""
    return {
        "covariance_type": r.covariance_type,
        "clusters": list(r.clusters),
        "classes": list(r.classes),
        "link": r.link,
        "penalty_strength": r.penalty_strength,
        "l1_ratio": r.l1_ratio,
        "grouped": r.grouped,
        "n": r.n,
        "observations": r.observations,
        "loglik": r.loglik,
        "null_loglik": r.null_loglik,
        "passes": r.passes,
        "decrement": r.decrement,
        "certificate": r.certificate,
        "condition": r.condition,
        "infinite": None if r.infinite is None else r.infinite.tolist(),
        "estimates": None if r.infinite is None else r.estimates.tolist(),
        "free": r.free.tolist(),
        "fixed": r.fixed,
        "fixed_constants": r.fixed_constants,
        "status": [r.status.verdict.value, r.status.sentence],
        "notes": list(r.notes),
    }


def fit_of(
    content: Mapping[str, Any], names: tuple[str, ...], estimates: Array, covariance: Array
) -> FitResult:
    """The fit of that content; names: (p,), estimates: (q,), covariance: (q, q).

    Where some estimates are infinite, the content has the last iterates in their place.
    """
    iterates, infinite = content.get("estimates"), content["infinite"]
    verdict, sentence = content["status"]
    # JSON holds infinity as text.
    decrement, certificate, condition = (
        float(content[name]) for name in ("decrement", "certificate", "condition")
    )
    signs = None if infinite is None else np.array([float(sign) for sign in infinite])
    return FitResult(
        names=names,
        classes=tuple(content["classes"]),
        estimates=estimates if iterates is None else np.array(iterates),
        covariance=covariance,
        covariance_type=content["covariance_type"],
        clusters=tuple(content["clusters"]),
        link=content["link"],
        n=content["n"],
        observations=content["observations"],
        loglik=content["loglik"],
        null_loglik=content["null_loglik"],
        free=np.array(content["free"], dtype=bool),
        convergence=Convergence(
            Status(Verdict(verdict), sentence), content["passes"], decrement, certificate, condition
        ),
        penalty=AppliedPenalty(
            content["penalty_strength"], content["l1_ratio"], content.get("grouped", False)
        ),
        constraints=FixedCounts(content["fixed"], content.get("fixed_constants", 0)),
        separation=None if signs is None else Separation(signs),
        notes=tuple(content["notes"]),
    )


def read_table(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """A stored table with its JSON.

    Raises ArtifactError if it is none of ours, or of a newer version.
    """
    if not path.exists():
        raise ArtifactError(f"there is no file {path}; correct the path.")
    try:
        text = pl.read_parquet_metadata(path)[METADATA_KEY]
        table = pl.read_parquet(path)
    except (KeyError, OSError, pl.exceptions.PolarsError) as error:
        raise ArtifactError(
            f"{path} is not a model of logit-engine ({type(error).__name__}); train again."
        ) from error
    content = json.loads(text)
    if content["format"] != FORMAT_VERSION:
        what = "newer" if content["format"] > FORMAT_VERSION else "older"
        raise ArtifactError(
            f"{path} has format {content['format']}, {what} than the {FORMAT_VERSION} this version "
            "reads; " + ("upgrade logit-engine." if what == "newer" else "train again.")
        )
    return table, content


def write_model(model: StoredModel, path: Path) -> None:
    """Write the model's Parquet file; the same model gives the same bytes.

    Raises DataError if terms share a name.
    """
    refuse_repeated_names(model.design.names, "terms")
    content = {
        "format": FORMAT_VERSION,
        "target": {"column": model.target.column, "classes": list(model.target.classes)},
        "threshold": model.threshold,
        "design": model.design.to_content(),
        "notes": list(model.notes),
        "origin": dict(model.origin),
        "fit": fit_content(model.result),
    }
    coefficient_table(model).write_parquet(path, metadata={METADATA_KEY: canonical_json(content)})


def read_model(path: Path) -> StoredModel:
    """Read a model.

    Raises ArtifactError if the file is no model, or was written by a newer version.
    """
    table, content = read_table(path)
    covariance = stored_covariance(table["covariance"])
    design = Design.from_content(content["design"])
    return StoredModel(
        design,
        fit_of(content["fit"], design.names, table["standardized"].to_numpy().copy(), covariance),
        StoredTarget(content["target"]["column"], tuple(content["target"]["classes"])),
        float(content["threshold"]),
        tuple(content["notes"]),
        content["origin"],
    )
