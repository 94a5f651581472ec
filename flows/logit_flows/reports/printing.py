"""Printing: a run's metrics and its penalty as plain text."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from logit_engine.design.table_design import Design
from logit_engine.design.terms.categorical import Categorical
from logit_engine.design.terms.naming import column_text, listed_text
from logit_engine.reporting.cell_text import cut_text, visible_text, wrapped_lines
from logit_engine.reporting.column_fitting import Column, fitted_table
from logit_engine.reporting.number_formats import UNKNOWN, number_text
from logit_flows.reports.metric_notes import (
    CALIBRATIONS,
    CONFUSION,
    is_statistic,
    metric_notes,
)

if TYPE_CHECKING:
    from logit_flows.steps.evaluate import Evaluation, Measured

    ByName = Mapping[str, Mapping[str, Measured]]

TEXT_WIDTH = 112  # of sentences where no terminal limits them
CELLS = ("true_positive", "false_positive", "false_negative", "true_negative")
MAX_HEADING = 14  # of the name of a class above a column of counts


def metrics_text(evaluation: "Evaluation", width: int | None = None) -> str:
    """Metrics of train and test side by side with intervals and base rates, then confusions.

    width: of a terminal; a narrow table leaves out columns, and says which.
    """
    sides = list(dict.fromkeys(m.split for m in evaluation.metrics))
    by_name: dict[str, dict[str, Measured]] = {}
    for m in evaluation.metrics:
        by_name.setdefault(m.metric, {})[m.split] = m
    table = fitted_table(_full_columns(by_name, sides), width, _narrow_columns(by_name, sides))
    notes = [*table.notes, *metric_notes(evaluation)]
    lines = [*table.ruled_lines, "-" * table.width, *_wrapped_sentences(notes, width)]
    for side in sides:
        values = {name: cells[side].value for name, cells in by_name.items()}
        lines += _confusion_lines(evaluation, side, values, width)
    return "\n".join(lines)


def _wrapped_sentences(sentences: Sequence[str], width: int | None) -> list[str]:
    """Sentences as lines within a width."""
    limit = TEXT_WIDTH if width is None else width
    return [line for text in sentences for line in wrapped_lines(text, limit)]


def _full_columns(by_name: "ByName", sides: Sequence[str]) -> list[Column]:
    """Name, then for each side the value beside its interval, and the base rate."""
    found = [name for name in by_name if is_statistic(name)]
    columns = [Column("Metric", tuple(found), "l", spare=22)]
    for side in sides:
        on_side = [by_name[name][side] for name in found]
        title = f"{side} ({int(by_name['rows'][side].value):,} rows)"
        values = tuple(f"{metric_text(m.value):>12} {_interval_cell(m):>21}" for m in on_side)
        columns.append(Column(title, values, gap=0))
        columns.append(Column("base rate", tuple(map(_baseline_cell, on_side)), spare=11, gap=0))
    return columns


def _narrow_columns(by_name: "ByName", sides: Sequence[str]) -> list[Column]:
    """Name, then value, interval and base rate of each side; the last side keeps them longest."""
    found = [name for name in by_name if is_statistic(name)]
    columns = [Column("Metric", ("rows", *found), "l", is_label=True)]
    for place, side in enumerate(reversed(sides)):
        on_side = [by_name[name][side] for name in found]
        count = f"{by_name['rows'][side].value:,.0f}"
        parts = {
            side: (count, *(metric_text(m.value) for m in on_side)),
            "interval": ("", *map(_interval_cell, on_side)),
            "base rate": ("", *map(_baseline_cell, on_side)),
        }
        ranks = (0, 2 * place + 1, 2 * place + 2)
        columns[1:1] = [
            Column(head, cells, rank=rank, gap=2, name=f"{head} on {side}")
            for (head, cells), rank in zip(parts.items(), ranks, strict=True)
        ]
    return columns


def _interval_cell(m: "Measured") -> str:
    return "" if math.isnan(m.lower) else f"({m.lower:.4f} to {m.upper:.4f})"


def _baseline_cell(m: "Measured") -> str:
    """The metric of the base rate; nothing if the metric is one of those that have none."""
    return "" if m.metric in CALIBRATIONS else metric_text(m.baseline)


def metric_text(value: float) -> str:
    """A metric to four places; '.' for nan."""
    # A rounded minus zero is shown as zero.
    return UNKNOWN if math.isnan(value) else f"{round(value, 4) + 0.0:.4f}"


def _confusion_lines(
    evaluation: "Evaluation", side: str, values: Mapping[str, float], width: int | None
) -> list[str]:
    """The confusion of a side: a sentence for two classes, a table for more."""
    names = evaluation.classes
    if not names:
        counts = ", ".join(f"{values[cell]:,.0f} {cell.replace('_', ' ')}" for cell in CELLS)
        return _wrapped_sentences(
            [f"Confusion on {side} at {evaluation.threshold:.4g}: {counts}"], width
        )
    shown = [visible_text(name) for name in names]
    columns = [Column("", tuple(shown), "l", spare=12, is_label=True)]
    for place, (name, heading) in enumerate(zip(names, shown, strict=True)):
        counts_of = (values[f"{CONFUSION}{listed_text((own, name))}]"] for own in names)
        cells = tuple(f"{n:,.0f}" for n in counts_of)
        cut = heading if width is None else cut_text(heading, MAX_HEADING)
        columns.append(Column(cut, cells, rank=place, spare=12, gap=2, name=heading))
    table = fitted_table(columns, width)
    title = f"Confusion on {side} (rows observed, columns predicted)"
    return [
        *_wrapped_sentences([title], width),
        *table.lines,
        *_wrapped_sentences(table.notes, width),
    ]


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


def reference_text(design: Design) -> str:
    """The level that each categorical's coefficients compare with; empty without categoricals."""
    terms = design.of_kind(Categorical)
    named = ", ".join(f"{column_text(term.name)} {term.reference}" for term in terms)
    return visible_text(f"Reference levels: {named}") if terms else ""
