"""A run as `logit train` and `logit show` print it, as tables and as JSON."""

from typing import Any

from logit_engine.reporting.cell_text import visible_text
from logit_engine.reporting.column_fitting import LEFT_OUT
from logit_flows.cli.terminal import say, say_table, terminal_width


def table_width(wide: bool) -> int | None:
    """The width that tables have to fit; None for every column."""
    return None if wide else terminal_width()


def say_fitted(table: str, notes: str) -> None:
    """Print a table, its notes below it, and how to print the columns that it leaves out."""
    say_table(table)
    if notes:
        say(notes)
    _say_of_wide(notes)


def _say_of_wide(*texts: str) -> None:
    if any(LEFT_OUT in text for text in texts):
        say("`--wide` prints every column.")


def run_content(model: Any, evaluation: Any) -> dict[str, Any]:
    """What `print_run` prints, JSON-ready."""
    from logit_engine.reporting.summary import result_notes
    from logit_engine.storage.model_file import coefficient_table
    from logit_flows.reports.headline import run_doubts
    from logit_flows.reports.metric_notes import metric_notes
    from logit_flows.steps.publish import evaluation_content

    result = model.original
    return {
        "converged": result.converged,
        "status": result.status.sentence,
        "notes": [*model.notes, *result_notes(result), *metric_notes(evaluation)],
        "doubts": run_doubts(model, evaluation),
        "penalty": model.origin["penalty"],
        "metrics": evaluation_content(evaluation),
        "coefficients": coefficient_table(model).drop("covariance").to_dicts(),
    }


def print_run(model: Any, evaluation: Any, name: str, wide: bool) -> None:
    """Print a run's coefficients, its notes and its metrics under the name."""
    from logit_engine.reporting.summary import summarize
    from logit_engine.rows.labels import label_text
    from logit_flows.reports.headline import run_doubts
    from logit_flows.reports.printing import metrics_text, penalty_text, reference_text

    target = model.target
    event = "" if model.result.classes else f" = {label_text(target.positive)}"
    title = f"{name}: {target.column}{event}"
    units = model.design.units
    scaled = model.result if units.center.any() or (units.scale != 1.0).any() else None
    penalty = penalty_text(model.origin["penalty"])
    width = table_width(wide)
    summary = summarize(model.original, scaled, title=title, penalty=penalty, width=width)
    metrics = metrics_text(evaluation, width)
    say_table(summary)
    if references := reference_text(model.design):
        say("\n" + references)
    if model.notes:
        say("\n" + "\n".join(map(visible_text, model.notes)))
    say_table("\n" + metrics)
    if doubts := run_doubts(model, evaluation):
        say("\nTo look at first:\n" + "\n".join(f"  {visible_text(doubt)}" for doubt in doubts))
    _say_of_wide(summary, metrics)
