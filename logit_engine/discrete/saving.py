"""Results on disk: one Parquet file with a row for each parameter and JSON in its metadata.

The data are not in the file.
"""

from collections.abc import Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from logit_engine.discrete.estimates import Estimates
from logit_engine.discrete.fit_record import FitRecord
from logit_engine.discrete.model_protocol import Model
from logit_engine.errors import ArtifactError
from logit_engine.inference.covariance import Covariance, InformationKind, Kind, SmallSample
from logit_engine.storage.publish import canonical_json, publish_file

if TYPE_CHECKING:
    import polars as pl

    from logit_engine.discrete.results import DiscreteResults


def save_results(estimates: Estimates, loglik: float, path: str | PathLike[str]) -> None:
    """Write results; an existing file is replaced whole or not at all.

    loglik: the log-likelihood to store. Raises ArtifactError if the file's folder does not exist.
    """
    from logit_engine.storage.model_file import METADATA_KEY  # which needs Polars, as no fit does

    target = Path(path)
    if not target.parent.is_dir():
        raise ArtifactError(
            f"there is no folder {target.parent} to save {target.name} in; make it first."
        )
    table = _estimates_table(estimates)
    content = canonical_json(_file_content(estimates, loglik))
    staging = target.parent / f".{target.name}.staging"
    try:
        publish_file(
            target,
            lambda staged: table.write_parquet(staged, metadata={METADATA_KEY: content}),
            staging,
        )
    finally:
        with suppress(OSError):  # another save of the same name may be at work in it
            staging.rmdir()


def _estimates_table(estimates: Estimates) -> "pl.DataFrame":
    """A row for each parameter that was fitted."""
    import polars as pl

    model, result = estimates.model, estimates.result
    names = estimates.record.kept_names(model.exog_names)
    classes = list(result.classes[1:]) or [model.endog_names]
    lower, upper = result.interval().T
    return pl.DataFrame(
        {
            "outcome": [c for c in classes for _ in names],
            "term": names * len(classes),
            "estimate": result.limits,
            "std_error": result.std_errors,
            "z": result.z,
            "p_value": result.p_values,
            "lower": lower,
            "upper": upper,
            "covariance": pl.Series(result.covariance.tolist(), dtype=pl.List(pl.Float64)),
        }
    )


def _file_content(estimates: Estimates, loglik: float) -> dict[str, object]:
    """What stands beside the table, JSON-ready: the model without its data, and the fit."""
    from logit_engine.storage.model_file import FORMAT_VERSION, fit_content

    model, record = estimates.model, estimates.record
    covariance = record.covariance
    return {
        "format": FORMAT_VERSION,
        "results": type(model).__name__,
        "model": model.to_content(),
        "design": None if model.design is None else model.design.to_content(),
        "kept": record.kept.tolist(),
        "covariance": [
            covariance.kind.value,
            covariance.information.value,
            covariance.small_sample.value,
        ],
        "alpha": None if record.alpha is None else record.alpha.tolist(),
        "df_correction": record.df_correction,
        "survey": record.survey,
        "use_t": estimates.use_t,
        "optimizer": record.settings["optimizer"],
        "fit": fit_content(record.result) | {"loglik": loglik},
    }


def load(path: str | PathLike[str]) -> "DiscreteResults":
    """Read results, `BinaryResults` or `MultinomialResults`.

    Raises ArtifactError for a file that holds no results, and for a file of a newer version.
    """
    from logit_engine.storage.model_file import read_table

    table, content = read_table(Path(path))
    if "results" not in content:
        raise ArtifactError(
            f"{path} holds a pipeline's model, not results; read it with "
            "logit_engine.storage.model_file.read_model."
        )
    from logit_engine.discrete import models  # which imports the results, and these this module

    model = getattr(models, content["results"]).from_content(content["model"])
    if content.get("design") is not None:
        from logit_engine.discrete.formulas import FormulaView

        model.design = FormulaView.from_content(content["design"])
    results: DiscreteResults = model.results_of(
        _stored_record(model, table, content), content["use_t"]
    )
    return results


def _stored_record(model: Model, table: "pl.DataFrame", content: Mapping[str, Any]) -> FitRecord:
    """The record of the fit that a file holds."""
    from logit_engine.storage.model_file import fit_of

    kept = np.array(content["kept"], dtype=bool)
    names = tuple(name for name, keep in zip(model.exog_names, kept, strict=True) if keep)
    covariance = np.array(table["covariance"].to_list(), dtype=np.float64)
    estimates = table["estimate"].to_numpy().copy()
    result = fit_of(content["fit"], names, estimates, covariance)
    kind, information, small_sample = content["covariance"]
    return FitRecord(
        result=result,
        kept=kept,
        covariance=Covariance(Kind(kind), InformationKind(information), SmallSample(small_sample)),
        settings={"optimizer": content["optimizer"]},
        answers={
            "converged": result.converged,
            "iterations": result.passes,
            "status": result.status.sentence,
        },
        alpha=None if content["alpha"] is None else np.array(content["alpha"]),
        df_correction=content.get("df_correction", True),
        survey=content.get("survey", False),
    )
