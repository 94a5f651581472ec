"""Printing: metrics and frames as plain text of fixed columns."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from logit_engine.design.terms.naming import listed_text
from logit_engine.reporting.number_formats import number_text

if TYPE_CHECKING:
    import polars as pl

    from logit_flows.steps.evaluate import Evaluation, Measured

CONFUSION = "confusion["
COUNTS = ("rows", "true_negative", "false_positive", "false_negative", "true_positive")


def metrics_text(evaluation: "Evaluation") -> str:
    """Metrics of train and test side by side with intervals and base rates, then confusions."""
    sides = list(dict.fromkeys(m.split for m in evaluation.metrics))
    by_name: dict[str, dict[str, Measured]] = {}
    for m in evaluation.metrics:
        by_name.setdefault(m.metric, {})[m.split] = m
    titles = {side: f"{side} ({int(by_name['rows'][side].value):,} rows)" for side in sides}
    head = f"{'Metric':<22}" + "".join(f"{titles[side]:>34}{'base rate':>11}" for side in sides)
    lines = [head, "-" * len(head)]
    lines += [
        f"{name:<22}" + "".join(_metric(cells[side]) for side in sides)
        for name, cells in by_name.items()
        if name not in COUNTS and not name.startswith(CONFUSION)
    ]
    lines.append("-" * len(head))
    for side in sides:
        lines += _confusion(
            evaluation, side, {name: cells[side].value for name, cells in by_name.items()}
        )
    return "\n".join(lines)


def _confusion(evaluation: "Evaluation", side: str, values: dict[str, float]) -> list[str]:
    """The confusion of a side: a sentence for two classes, a table for more."""
    names = evaluation.classes
    if not names:
        cells = ("true_positive", "false_positive", "false_negative", "true_negative")
        counts = ", ".join(f"{values[cell]:,.0f} {cell.replace('_', ' ')}" for cell in cells)
        return [f"Confusion on {side} at {number_text(evaluation.threshold)}: {counts}"]
    wide = max(12, *(len(name) + 2 for name in names))
    lines = [f"Confusion on {side} (rows observed, columns predicted)"]
    lines.append(" " * wide + "".join(f"{name:>{wide}}" for name in names))
    for name in names:
        row = (values[f"{CONFUSION}{listed_text((name, predicted))}]"] for predicted in names)
        lines.append(f"{name:<{wide}}" + "".join(f"{n:>{wide},.0f}" for n in row))
    return lines


def _metric(m: "Measured") -> str:
    interval = "" if math.isnan(m.lower) else f"({m.lower:.4f} to {m.upper:.4f})"
    return f"{_plain(m.value):>12} {interval:>21}{_plain(m.baseline):>11}"


def _plain(value: float) -> str:
    return "." if math.isnan(value) else f"{value:.4f}"


def penalty_text(penalty: Mapping[str, Any]) -> str:
    """A run's penalty with its strength on the mean log-likelihood, and scikit-learn's C."""
    if penalty["type"] == "none":
        return "none"
    name = str(penalty["type"]).replace("_", " ")
    if penalty["l1_ratio"] is not None:
        name += f", l1 ratio {penalty['l1_ratio']:g}"
    if penalty["smooth"]:
        name += f", neighboring levels of {' and '.join(penalty['smooth'])}"
    strength, C = number_text(penalty["strength"]), number_text(penalty["C"])
    return f"{name}, strength {strength} (C {C})"


def frame_text(frame: "pl.DataFrame") -> str:
    """A frame with every row and column, numbers to six places."""
    rows = [[_cell(value) for value in row] for row in frame.iter_rows()]
    widths = [
        max(len(name), *(len(row[i]) for row in rows)) for i, name in enumerate(frame.columns)
    ]
    lines = [
        "  ".join(f"{name:<{w}}" for name, w in zip(frame.columns, widths, strict=True)).rstrip()
    ]
    lines.append("-" * len(lines[0]))
    lines += [
        "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "."
    return f"{value:.6f}" if isinstance(value, float) else str(value)
