"""Separation: which column or level predicts the outcome perfectly, so that no estimate exists.

Albert & Anderson (1984): the maximum of a binary likelihood exists unless some direction d has x'd
>= 0 for every event and <= 0 for every non-event, not all zero; with several classes, unless along
some d no class ever gains on a row's own. Whether it exists does not depend on the link.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array, Ranges, dense_array
from logit_engine.diagnostics.wording import DEFAULT_WORDING, Wording
from logit_engine.objective.loss import Objective
from logit_engine.rows import Block, Sums, total


class Clause(NamedTuple):
    """The words for a column or level that predicts the outcome.

    is_level: whether it is a level, or a column that ranges from 0 to 1. is_pool: whether rare
    levels share the column.
    """

    text: str
    is_level: bool
    is_pool: bool = False


def separation_remedy(is_level: bool, is_pool: bool = False) -> str:
    """What may be done about a column that separates: only a level can be pooled.

    is_pool: whether it is the column that rare levels share.
    """
    if is_pool:
        return "Pool more levels with it, join it to the reference, or set a penalty."
    return f"Drop it, {'pool its level with others, ' if is_level else ''}or set a penalty."


def perfect_predictors(
    ranges: Ranges, names: Sequence[str], constant: int | None, wording: Wording = DEFAULT_WORDING
) -> list[Clause]:
    """One clause for each column or level that alone predicts the outcome, read from the ranges."""
    clauses = []
    for start, stop in ranges.level_spans:
        counts = np.concatenate(
            [
                ranges.events[:, start:stop],
                (ranges.total - ranges.events[:, start:stop].sum(axis=1))[:, None],
            ],
            axis=1,
        )
        labels = [
            *((f"column {wording.column_text(n)}", n in wording.pools) for n in names[start:stop]),
            (f"the reference level of '{family_name(names[start:stop])}'", False),
        ]
        usable = labels if constant is not None else labels[:-1]
        for (label, is_pool), (no, yes) in zip(usable, counts.T, strict=False):
            if (no == 0) != (yes == 0):
                rows, value = int(no + yes), wording.events[int(yes > 0)]
                text = (
                    f"{label} predicts {wording.outcome} = {value} perfectly ({rows:,} of "
                    f"{rows:,} rows)"
                )
                clauses.append(Clause(text, True, is_pool))
    if constant is not None:
        for j in np.flatnonzero(~ranges.coded).tolist():
            scale, center = 1.0, 0.0
            if wording.units is not None:
                scale, center = float(wording.units.scale[j]), float(wording.units.center[j])
            low, high = ranges.low[:, j] * scale + center, ranges.high[:, j] * scale + center
            threshold = _threshold_clause(low, high, names[j], wording)
            if threshold and j != constant:
                ends = np.array([low.min(), high.max() - 1.0])
                clauses.append(Clause(threshold, bool((np.abs(ends) < 1e-12).all())))
    return clauses


def family_name(names: Sequence[str]) -> str:
    """The longest common name, with closed brackets, of a categorical's columns 'name[level]'."""
    ends = [i for i, letter in enumerate(names[0]) if letter == "["]
    shared = [
        names[0][:i] for i in ends if all(name.startswith(names[0][: i + 1]) for name in names)
    ]
    closed = [name for name in shared if name.count("[") == name.count("]")]
    return max(closed, key=len, default=names[0])


def _threshold_clause(low: Array, high: Array, name: str, wording: Wording) -> str | None:
    """The clause for a numeric column whose ranges by outcome share at most a point: (2,)."""
    outcome, values = wording.outcome, wording.events
    for below, above in ((0, 1), (1, 0)):
        if high[below] <= low[above] and low[below] < high[above]:
            sides = []
            if high[above] > high[below]:
                sides.append(
                    f"{outcome} = {values[above]} in every row with {name} above {high[below]:g}"
                )
            if low[below] < low[above]:
                sides.append(
                    f"{outcome} = {values[below]} in every row with {name} below {low[above]:g}"
                )
            return f"column '{name}' predicts {outcome} perfectly: " + ", ".join(sides)
    return None


def moves_level(objective: Objective, signs: Array) -> bool:
    """Whether a column of zeros and ones has an infinite coefficient. signs: as in `Recession`."""
    moves = (signs.reshape(-1, len(objective.rows.names)) != 0).any(axis=0)

    def counts(block: Block) -> Sums:
        X = dense_array(block.X)[block.kept][:, moves]
        return np.asarray((X == 0.0).sum(axis=0)), np.asarray(((X != 0.0) & (X != 1.0)).sum(axis=0))

    zeros, others = total(objective.rows, counts, 1)
    return bool(((zeros > 0) & (others == 0)).any())


def empty_cells(objective: Objective, signs: Array) -> list[str]:
    """One clause per column of 0 and 1 with an infinite coefficient that is 0 in all of a class.

    signs: (q,), as in `Recession`. For several classes alone.
    """
    rows, classes = objective.rows, objective.rows.classes
    moves = (signs.reshape(-1, len(rows.names)) != 0).any(axis=0)

    def counts(block: Block) -> Sums:
        X = dense_array(block.X)[block.kept]
        ones = np.stack(
            [(X[block.y[block.kept] == code] == 1.0).sum(axis=0) for code in range(len(classes))]
        )
        return ones, np.asarray(((X != 0.0) & (X != 1.0)).sum(axis=0))

    ones, others = total(rows, counts, 1)
    return [
        f"no row with {name} is in class {classes[code]}"
        for j, name in enumerate(rows.names)
        if moves[j] and others[j] == 0 and ones[:, j].any() and j != objective.coordinates.constant
        for code in np.flatnonzero(ones[:, j] == 0).tolist()
    ]
