"""The list of runs as plain text, with a note on each kind of number that is missing."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from logit_engine.reporting.column_fitting import Column, fitted_table
from logit_engine.reporting.number_formats import UNKNOWN, fixed_decimals

if TYPE_CHECKING:
    from logit_flows.steps.run_list import ListedRun


def runs_text(runs: "Sequence[ListedRun]", width: int | None = None) -> tuple[str, str]:
    """The table of runs, and the sentences below it.

    width: of a terminal; a narrow table leaves out columns, and says which.
    """
    table = fitted_table(_columns(runs), width)
    return "\n".join(table.ruled_lines), "\n".join([*table.notes, *_notes(runs)])


def marks_of(run: "ListedRun") -> str:
    """What a run is to its name: champion, anchor, both or nothing."""
    marks = (("champion", run.champion), ("anchor", run.anchor))
    return ", ".join(word for word, holds in marks if holds)


def _columns(runs: "Sequence[ListedRun]") -> list[Column]:
    return [
        Column("run", tuple(run.run for run in runs), "l"),
        Column("created (UTC)", tuple(map(_created, runs)), "l", rank=3, gap=2),
        Column("train rows", tuple(_count(run.train_rows) for run in runs), rank=5, gap=2),
        Column("test rows", tuple(_count(run.test_rows) for run in runs), rank=4, gap=2),
        Column("log_loss", tuple(fixed_decimals(run.log_loss, 4) for run in runs), gap=2),
        Column("roc_auc", tuple(fixed_decimals(run.roc_auc, 4) for run in runs), rank=1, gap=2),
        Column("accuracy", tuple(fixed_decimals(run.accuracy, 4) for run in runs), rank=2, gap=2),
        Column("on", tuple(run.measured_on or UNKNOWN for run in runs), "l", rank=6, gap=2),
        Column("", tuple(map(marks_of, runs)), "l", gap=2),
    ]


def _created(run: "ListedRun") -> str:
    if run.created is None:
        return UNKNOWN
    moment = datetime.fromisoformat(run.created).astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M}"


def _count(value: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:,.0f}"


def _notes(runs: "Sequence[ListedRun]") -> Iterator[str]:
    readable = [run for run in runs if run.measured_on is not None]
    if any(run.measured_on == "train" for run in runs):
        yield "on train: the run has no test rows, so its metrics are those of its training rows."
    if any(math.isnan(run.roc_auc) for run in readable):
        yield (
            f"roc_auc {UNKNOWN}: several classes have one each, and rows of a single class none; "
            "`logit show RUN` prints them."
        )
    if any(math.isinf(run.log_loss) for run in readable):
        yield "log_loss inf: an outcome happened that the model gave the probability zero."
    if len(readable) < len(runs):
        yield f"on {UNKNOWN}: the metrics of the run cannot be read; `logit show RUN` says why."
    if any(run.created is None for run in runs):
        yield f"created {UNKNOWN}: attempts.jsonl has no attempt of the run."
