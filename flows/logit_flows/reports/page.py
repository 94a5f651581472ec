"""Report: one self-contained HTML page of a published run, from its files alone."""

import math
from collections.abc import Iterator
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from logit_engine.columns import Array
from logit_engine.diagnostics.calibration import CalibrationBin, calibration_bins
from logit_engine.reporting.cell_text import visible_text
from logit_engine.reporting.number_formats import number_text, p_text, z_text
from logit_engine.rows.labels import label_text
from logit_engine.storage.model_file import StoredModel, coefficient_table
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.reports import figures as plots
from logit_flows.reports.headline import headline_sentences, run_doubts
from logit_flows.reports.metric_notes import is_statistic, metric_notes
from logit_flows.reports.printing import metric_text, penalty_text, reference_text
from logit_flows.steps.evaluate import Evaluation
from logit_flows.steps.opening import open_store
from logit_flows.steps.stored_run import read_run
from logit_flows.store.run_files import RunFiles

TEMPLATE = "report.html.j2"
MAX_FOREST_TERMS = 20
CALIBRATION_BINS = 10
MAX_LOG_RATIO = 25.0  # a larger log odds ratio is drawn there
LEVEL = 0.95
INTERVAL_ERRORS = NormalDist().inv_cdf(0.5 + LEVEL / 2)  # standard errors to each side
UNIT_OF_SCALE = {
    "standard": "one standard deviation of a numeric column",
    "minmax": "the whole range of a numeric column",
    "robust": "the quartile range of a numeric column",
    "none": "one unit of a numeric column",
}


class Group(NamedTuple):
    """The coefficients of a linear predictor: rows of the table, a plot, and what it leaves out."""

    title: str
    rows: list[dict[str, Any]]
    plot: str
    shown: int
    smaller: int
    zero: int
    infinite: int


class Tested(NamedTuple):
    """A class on the test rows: its calibration, by bins and as a plot."""

    title: str
    bins: list[CalibrationBin]
    plot: str


def write_report(config: Config, run: str) -> Path:
    """Write the page of a published run, by its full id, into the store's reports.

    Raises ArtifactError if the run is damaged.
    """
    return open_store(config).publish_report(run, report_html(config, run))


def report_html(config: Config, run: str) -> str:
    """The page as text: the same bytes for the same run."""
    store = open_store(config)
    stored = read_run(config, run)
    model, evaluation = stored.model, stored.evaluation
    files = store.run_files(run)
    own = read_config(files.config)
    page = (
        _environment()
        .get_template(TEMPLATE)
        .render(
            run=run,
            own=own,
            a_unit=UNIT_OF_SCALE[own.normalize],
            manifest=store.verify_run(run),
            model=model,
            positive="" if model.result.classes else label_text(model.target.positive),
            fit=model.result,
            penalty=penalty_text(model.origin["penalty"]),
            evaluation=evaluation,
            headline=headline_sentences(model, evaluation, own.evaluate.intervals.level),
            doubts=run_doubts(model, evaluation),
            notes=list(dict.fromkeys([*model.notes, *model.result.notes])),
            references=reference_text(model.design),
            groups=_groups(model),
            known=bool(np.isfinite(model.result.std_errors).any()),
            ratios=_has_ratios(model),
            level=f"{100 * LEVEL:g}%",
            measured=_measured(evaluation),
            unknown_metrics=metric_notes(evaluation),
            sides=list(dict.fromkeys(m.split for m in evaluation.metrics)),
            tuned=_tuned(files),
            tested=_tested(files, model, own.data.target.positive),
            config=files.config.read_text(encoding="utf-8"),
        )
    )
    return visible_text(page, keep="\n")


def _environment() -> Environment:
    """Jinja2 with the filters of the template."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "number": number_text,
        "p": p_text,
        "z": z_text,
        "count": lambda n: f"{n:,.0f}",
        "metric": lambda value: "" if math.isnan(value) else metric_text(value),
    }
    return environment


def _has_ratios(model: StoredModel) -> bool:
    return model.result.link in ("logit", "multinomial")


def _groups(model: StoredModel) -> list[Group]:
    """The coefficients of each class that has some, with a plot of the largest effects."""
    with np.errstate(over="ignore"):  # beyond the largest number an odds ratio is infinite
        table = coefficient_table(model, LEVEL).with_columns(free=model.result.free)
    if "class" not in table.columns:
        return [_group("", table, _has_ratios(model))]
    base = model.result.classes[0]
    return [
        _group(f"{label}, against {base}", part, _has_ratios(model))
        for (label,), part in table.group_by("class", maintain_order=True)
    ]


def _group(title: str, table: pl.DataFrame, ratios: bool) -> Group:
    infinite = ~pl.col("standardized").is_finite() & ~pl.col("free")
    slopes = table.filter(~pl.col("free") & ~infinite)
    moving = slopes.filter(pl.col("standardized") != 0.0)
    top = moving.sort(pl.col("standardized").abs(), descending=True, maintain_order=True).head(
        MAX_FOREST_TERMS
    )
    counts = (
        top.height,
        moving.height - top.height,
        slopes.height - moving.height,
        table.filter(infinite).height,
    )
    return Group(
        title, table.to_dicts(), _effects(title, top, ratios) if top.height else "", *counts
    )


def _effects(title: str, top: pl.DataFrame, ratios: bool) -> str:
    """The plot of the standardized effects of these terms."""
    effect, error = top["standardized"].to_numpy(), top["standardized_std_error"].to_numpy()
    drawn = np.stack([effect, effect - INTERVAL_ERRORS * error, effect + INTERVAL_ERRORS * error])
    drawn = np.exp(np.clip(drawn, -MAX_LOG_RATIO, MAX_LOG_RATIO)) if ratios else drawn
    what = "odds ratio" if ratios else "coefficient"
    label = f"Standardized {what}s" + (f": {title}" if title else "")
    return plots.forest(
        top["term"].to_list(), drawn[0], drawn[1:].T, label, f"standardized {what}", ratios
    )


def _measured(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Each metric by side, without the counts."""
    found: dict[str, dict[str, Any]] = {}
    for m in evaluation.metrics:
        if is_statistic(m.metric):
            found.setdefault(m.metric, {})[m.split] = m
    return found


def _tuned(files: RunFiles) -> dict[str, Any] | None:
    """The curve and the paths of a strength that was chosen by cross-validation."""
    if not files.tuning.exists():
        return None
    tuning, path = pl.read_parquet(files.tuning), pl.read_parquet(files.path)
    best = tuning.row(tuning["log_loss"].arg_min() or 0, named=True)
    limit = best["log_loss"] + best["std_error"]
    plain = tuning.filter(pl.col("log_loss") <= limit).row(0, named=True)
    (chosen,) = tuning.filter("chosen").iter_rows(named=True)
    parts = (
        path.group_by("class", maintain_order=True) if "class" in path.columns else [(("",), path)]
    )
    slopes = path.select(pl.col("term").n_unique()).item() - 1
    return {
        "strengths": tuning.height,
        "best": best,
        "plain": plain,
        "chosen": chosen,
        "curve": plots.cv_curve(tuning, plain["strength"]),
        "paths": [
            (
                str(label),
                plots.coefficient_path(
                    part.filter(pl.col("term") != part["term"][0]),
                    chosen["strength"],
                    "Coefficient path" + (f": {label}" if label else ""),
                ),
            )
            for (label,), part in parts
        ],
        "named": min(plots.MAX_NAMED_TERMS, slopes),
        "slopes": slopes,
    }


def _tested(files: RunFiles, model: StoredModel, positive: Any) -> dict[str, Any] | None:
    """Calibration, ROC and, of two classes, the distribution on test rows.

    positive: the value, or values, of the event. None if the run wrote no predictions of test rows.
    """
    if not files.predictions.exists():
        return None
    predictions = pl.scan_parquet(files.predictions, glob=False)
    rows = predictions.filter(pl.col("split") == "test").collect()
    if rows.is_empty():
        return None
    classes = list(_classes(rows, model, positive))
    mixed = {title: (y, p) for title, y, p in classes if 0.0 < y.mean() < 1.0}
    width = plots.THIRD_WIDTH_INCHES if model.result.classes else plots.HALF_WIDTH_INCHES
    bins = {title: calibration_bins(y, p, CALIBRATION_BINS, LEVEL) for title, y, p in classes}
    found: dict[str, Any] = {
        "rows": rows.height,
        "calibration": [
            Tested(title, part, plots.calibration(part, f"Calibration: {title}", width))
            for title, part in bins.items()
        ],
        "roc": plots.roc(mixed, "ROC curve") if mixed else "",
        "distribution": "",
    }
    if not model.result.classes:
        _, y, probability = classes[0]
        names = (label_text(model.target.classes[0]), label_text(model.target.classes[1]))
        label = "Distribution of the predicted probability by class"
        found["distribution"] = plots.distribution(y, probability, names, model.threshold, label)
    return found


def _classes(
    rows: pl.DataFrame, model: StoredModel, positive: Any
) -> Iterator[tuple[str, Array, Array]]:
    """Each class with a probability: its name, which rows are of it (n,), the probability (n,)."""
    several = bool(model.result.classes)
    for label in model.target.classes if several else model.target.classes[1:]:
        values = positive if isinstance(positive, list) else [label]
        y, title = rows["target"].is_in(values).to_numpy().astype(np.float64), label_text(label)
        yield title, y, rows[f"probability[{title}]" if several else "probability"].to_numpy()
