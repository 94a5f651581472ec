"""Report: one self-contained HTML page of a published run, from what the run holds; nothing is fitted again."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from jinja2 import Environment, PackageLoader

from flows import plots
from flows.config import Config
from flows.steps.evaluate import Evaluation
from flows.steps.publish import open_store
from flows.train import stored_run
from logit_engine.artifact import Model, coefficient_table
from logit_engine.publish import publish_text
from logit_engine.summary import number, p_text

TEMPLATE = "report.html.j2"


def write_report(config: Config, run: str) -> Path:
    """Render the page of a published run, a full id, into the store's reports. Raises ArtifactError if it is damaged."""
    store = open_store(config)
    target = store.folder / "reports" / f"{run}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    publish_text(target, rendered(config, run), store.folder / ".staging")
    return target


def rendered(config: Config, run: str) -> str:
    """The page as text: the same bytes for the same run."""
    store = open_store(config)
    manifest = store.verify_run(run)
    model, evaluation = stored_run(config, run)
    folder = store.run_folder(run)
    table = coefficient_table(model)
    known = bool(np.isfinite(model.result.std_errors).any())
    environment = Environment(loader=PackageLoader("flows", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": _number, "p": _p, "count": lambda n: f"{int(n):,}"}
    return environment.get_template(TEMPLATE).render(
        name=config.name,
        run=run,
        manifest=manifest,
        model=model,
        status=model.result.status.sentence,
        notes=[*model.notes, *model.result.notes],
        groups=_groups(model, table),
        known=known,
        measured=_measured(evaluation),
        sides=list(dict.fromkeys(m.split for m in evaluation.metrics)),
        config=(folder / "config.yaml").read_text(encoding="utf-8"),
        **_tuned(folder),
        **_predicted(folder, model),
    )


def _groups(model: Model, table: pl.DataFrame) -> list[dict[str, Any]]:
    """The coefficients and their plot, of each class that has some."""
    ratios = "odds_ratio" in table.columns
    named = [(None, table)] if "class" not in table.columns else list(table.group_by("class", maintain_order=True))
    return [
        {
            "title": "" if key is None else str(key[0]),
            "rows": group.to_dicts(),
            "plot": plots.forest(group) if ratios else None,
            "hidden": max(0, int((group["estimate"] != 0.0).sum()) - 1 - plots.BARS),
        }
        for key, group in named
    ]


def _measured(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Each metric by side; counts of the confusion are left to `logit show`."""
    found: dict[str, dict[str, Any]] = {}
    for m in evaluation.metrics:
        if "positive" not in m.metric and "negative" not in m.metric and not m.metric.startswith("confusion["):
            found.setdefault(m.metric, {})[m.split] = m
    return found


def _tuned(folder: Path) -> dict[str, Any]:
    """The curve and the path of a strength that was chosen by cross-validation."""
    if not (folder / "tuning.parquet").exists():
        return {"curve": None}
    tuning = pl.read_parquet(folder / "tuning.parquet")
    (chosen,) = tuning.filter("chosen").iter_rows(named=True)
    path = pl.read_parquet(folder / "path.parquet")
    return {
        "curve": plots.cv_curve(tuning),
        "path": plots.coefficient_path(path, chosen["strength"]),
        "chosen": chosen,
        "named": plots.NAMED,
    }


def _predicted(folder: Path, model: Model) -> dict[str, Any]:
    """Calibration and ROC of the test rows of two classes, if their predictions are there."""
    file = folder / "predictions.parquet"
    if model.result.classes or not file.exists():
        return {"calibration": None}
    rows = pl.read_parquet(file, columns=["split", "target", "probability"]).filter(pl.col("split") == "test")
    y = (rows["target"] == model.target.classes[1]).to_numpy().astype(np.float64)
    if rows.is_empty() or y.min() == y.max():
        return {"calibration": None}
    probability = rows["probability"].to_numpy()
    return {"calibration": plots.calibration(y, probability), "roc": plots.roc(y, probability), "tested": rows.height}


def _number(value: float) -> str:
    return "" if value is None or math.isnan(value) else number(value)


def _p(value: float) -> str:
    return "" if value is None or math.isnan(value) else p_text(value)
