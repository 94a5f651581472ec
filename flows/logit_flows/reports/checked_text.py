"""What a check found, in a few lines of plain text and as one JSON document."""

from collections.abc import Iterator
from typing import Any

from logit_engine.design.terms.categorical import Categorical
from logit_flows.config.model import Config
from logit_flows.steps.check import Checked

TITLE_WIDTH = 10
MIN_WHOLE_EVENTS = 10  # fewer events are shown with a decimal


def checked_text(config: Config, found: Checked) -> str:
    """The facts of a config and its data, one a line, then what is to be said of them."""
    state = "is published already" if found.published else "is what train would publish"
    head = f"{config.name}: config and data are fine; run {found.run} {state}."
    lines = [f"{title:<{TITLE_WIDTH}}{text}" for title, text in _facts(config, found)]
    return "\n".join([head, *lines, *(f"note: {note}" for note in found.notes)])


def checked_content(found: Checked) -> dict[str, Any]:
    """The same facts, JSON-ready."""
    dataset, result = found.dataset, found.model.result
    return {
        "run": found.run,
        "published": found.published,
        "rows": dataset.rows,
        "dropped": dataset.dropped,
        "files": len(dataset.table.files),
        "sha256": dataset.fingerprint,
        "classes": {side: found.class_rows(side) for side in found.sides},
        "coefficients": list(found.model.design.names),
        "converged": result.converged,
        "status": result.status.sentence,
        "notes": list(found.notes),
    }


def _facts(config: Config, found: Checked) -> Iterator[tuple[str, str]]:
    dataset, design, result = found.dataset, found.model.design, found.model.result
    dropped = f", {dataset.dropped:,} more without a target" if dataset.dropped else ""
    files = "1 file" if len(dataset.table.files) == 1 else f"{len(dataset.table.files):,} files"
    yield "Rows", f"{dataset.rows:,} in {files}{dropped}"
    yield "Target", f"{config.data.target.column}: {_shares(found)}"
    sides = [f"{sum(found.class_rows(side).values()):,} {side}" for side in found.sides]
    yield "Split", f"{' and '.join(sides)} rows (method {config.split.method})"
    levels = {term.name: len(term.known) for term in design.of_kind(Categorical)}
    names = [
        f"{name} ({levels[name]} levels)" if name in levels else name
        for name in design.data_columns
    ]
    yield "Features", f"{', '.join(names)}: {len(design.names)} coefficients with the constant"
    rarest = min(found.class_rows("train").items(), key=lambda pair: pair[1])
    each = rarest[1] / max(1, len(design.names) - 1)
    shown = f"{each:,.0f}" if each >= MIN_WHOLE_EVENTS else f"{each:.1f}"
    yield "Events", f"{shown} training rows of {rarest[0]}, the rarest class, per coefficient"
    yield "Fit", result.status.sentence


def _shares(found: Checked) -> str:
    counts: dict[str, int] = {}
    for side in found.sides:
        for label, rows in found.class_rows(side).items():
            counts[label] = counts.get(label, 0) + rows
    whole = sum(counts.values())
    return ", ".join(f"{label} {rows / whole:.1%}" for label, rows in counts.items())
