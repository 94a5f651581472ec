"""Results on disk: one Parquet file, a row for each parameter, with JSON in its metadata; the data are not in it."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from logit_engine.discrete.fitted import Fitted
from logit_engine.errors import ArtifactError
from logit_engine.inference.covariance import Covariance, Information, Kind, SmallSample
from logit_engine.storage.publish import canonical_json, publish_file

if TYPE_CHECKING:
    import polars as pl


def save(results: Any, path: Any) -> None:
    """Write the results; an existing file is replaced whole or not at all. Raises ArtifactError without its folder."""
    from logit_engine.storage.model_file import KEY  # Polars is needed from here on, and not for a fit

    target = Path(path)
    if not target.parent.is_dir():
        raise ArtifactError(f"there is no folder {target.parent} to save {target.name} in; make it first.")
    table, content = _estimates_table(results), canonical_json(_content(results))
    staging = target.parent / f".{target.name}.staging"
    try:
        publish_file(target, lambda staged: table.write_parquet(staged, metadata={KEY: content}), staging)
    finally:
        with suppress(OSError):  # another save of the same name may be at work in it
            staging.rmdir()


def _estimates_table(results: Any) -> "pl.DataFrame":
    """A row for each parameter that was fitted."""
    import polars as pl

    model, found = results.model, results.found
    fit = found.result
    names = [name for name, keep in zip(model.exog_names, found.kept, strict=True) if keep]
    classes = list(fit.classes[1:]) or [model.endog_names]
    interval = fit.interval()
    return pl.DataFrame(
        {
            "outcome": [c for c in classes for _ in names],
            "term": names * len(classes),
            "estimate": fit.limits,
            "std_error": fit.std_errors,
            "z": fit.z,
            "p_value": fit.p_values,
            "lower": interval[:, 0],
            "upper": interval[:, 1],
            "covariance": pl.Series(fit.covariance.tolist(), dtype=pl.List(pl.Float64)),
        }
    )


def _content(results: Any) -> dict[str, Any]:
    """What stands beside the table, JSON-ready: the model without its data, the fit and how it was asked for."""
    from logit_engine.storage.model_file import FORMAT, fit_content

    model, found = results.model, results.found
    return {
        "format": FORMAT,
        "results": type(model).__name__,
        "model": model.to_content(),
        "design": None if model.design is None else model.design.to_content(),
        "kept": found.kept.tolist(),
        "covariance": [
            found.covariance.kind.value,
            found.covariance.information.value,
            found.covariance.small_sample.value,
        ],
        "alpha": None if found.alpha is None else found.alpha.tolist(),
        "df_correction": found.df_correction,
        "survey": found.survey,
        "use_t": results.use_t,
        "optimizer": found.settings["optimizer"],
        "fit": fit_content(found.result) | {"loglik": results.llf},
    }


def load(path: Any) -> Any:
    """Read results. Raises ArtifactError for a file that holds none, and for one of a newer version."""
    from logit_engine.discrete import models
    from logit_engine.storage.model_file import fit_of, read_table

    table, content = read_table(Path(path))
    if "results" not in content:
        raise ArtifactError(
            f"{path} holds a pipeline's model, not results; read it with logit_engine.storage.model_file.read_model."
        )
    model = getattr(models, content["results"]).from_content(content["model"])
    if content.get("design") is not None:
        from logit_engine.discrete.formulas import FormulaView

        model.design = FormulaView.from_content(content["design"])
    kept = np.array(content["kept"], dtype=bool)
    names = tuple(name for name, keep in zip(model.exog_names, kept, strict=True) if keep)
    covariance = np.array(table["covariance"].to_list(), dtype=np.float64)
    fit = fit_of(content["fit"], names, table["estimate"].to_numpy().copy(), covariance)
    kind, information, small = content["covariance"]
    found = Fitted(
        fit,
        kept,
        Covariance(Kind(kind), Information(information), SmallSample(small)),
        {"optimizer": content["optimizer"]},
        {"converged": fit.converged, "iterations": fit.passes, "status": fit.status.sentence},
        None if content["alpha"] is None else np.array(content["alpha"]),
        df_correction=content.get("df_correction", True),
        survey=content.get("survey", False),
    )
    return model._results(found, content["use_t"])
