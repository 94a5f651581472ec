"""A run as `logit train` and `logit show` print it."""

from typing import Any

from logit_flows.cli.terminal import say, say_table


def print_run(model: Any, evaluation: Any, name: str) -> None:
    """Print a run's coefficients, its notes and its metrics under the name."""
    from logit_engine.reporting.summary import summarize
    from logit_engine.rows.labels import label_text
    from logit_flows.reports.printing import metrics_text, penalty_text

    target = model.target
    event = "" if model.result.classes else f" = {label_text(target.positive)}"
    title = f"{name}: {target.column}{event}"
    units = model.design.units
    scaled = model.result if units.center.any() or (units.scale != 1.0).any() else None
    penalty = penalty_text(model.origin["penalty"])
    say_table(summarize(model.original, scaled, title=title, penalty=penalty))
    if model.notes:
        say("\n" + "\n".join(model.notes))
    say_table("\n" + metrics_text(evaluation))
