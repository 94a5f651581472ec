"""Separation: whether the estimate exists, and which column or level predicts the outcome perfectly.

Albert & Anderson (1984): the maximum of a binary likelihood exists unless some direction d has x'd >= 0 for every event
and <= 0 for every non-event, not all zero; with several classes, unless along some d no class ever gains on a row's own.
Whether it exists does not depend on the link.
"""

from collections.abc import Sequence

import numpy as np

from logit_engine.columns import Array
from logit_engine.coordinates import Coordinates
from logit_engine.moments import Ranges

REMEDY = "Drop it, pool its level with others, or set a penalty."


def perfect_predictors(
    ranges: Ranges, names: Sequence[str], constant: int | None, units: Coordinates | None = None
) -> list[str]:
    """One clause for each column or level that alone predicts the outcome, read from the ranges.

    units: of the data, where the columns were normalized; the clauses give values in them.
    """
    clauses = []
    for start, stop in ranges.groups:
        family = names[start].split("[")[0]
        counts = np.concatenate(
            [ranges.events[:, start:stop], (ranges.total - ranges.events[:, start:stop].sum(axis=1))[:, None]],
            axis=1,
        )
        labels = [*(f"column '{name}'" for name in names[start:stop]), f"the reference level of '{family}'"]
        usable = labels if constant is not None else labels[:-1]
        for label, (no, yes) in zip(usable, counts.T, strict=False):
            if (no == 0) != (yes == 0):
                rows = int(no + yes)
                clauses.append(f"{label} predicts y = {int(yes > 0)} perfectly ({rows:,} of {rows:,} rows)")
    if constant is not None:
        for j in np.flatnonzero(~ranges.coded).tolist():
            scale, center = (1.0, 0.0) if units is None else (float(units.scale[j]), float(units.center[j]))
            clause = _threshold(ranges.low[:, j] * scale + center, ranges.high[:, j] * scale + center, names[j])
            if clause and j != constant:
                clauses.append(clause)
    return clauses


def _threshold(low: Array, high: Array, name: str) -> str | None:
    """The clause for a numeric column whose ranges under y = 0 and y = 1 meet at most in a point; low, high: (2,)."""
    for below, above in ((0, 1), (1, 0)):
        if high[below] <= low[above] and low[below] < high[above]:
            sides = []
            if high[above] > high[below]:
                sides.append(f"y = {above} in every row with {name} above {high[below]:g}")
            if low[below] < low[above]:
                sides.append(f"y = {below} in every row with {name} below {low[above]:g}")
            return f"column '{name}' predicts y perfectly: " + ", ".join(sides)
    return None
