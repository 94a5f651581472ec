"""Separation: whether the estimate exists, and which column or level predicts the outcome perfectly.

Albert & Anderson (1984): the maximum of a binary likelihood exists unless some direction d has x'd >= 0 for every event
and <= 0 for every non-event, not all zero; with several classes, unless along some d no class ever gains on a row's own.
Whether it exists does not depend on the link.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.blocks import Block, block_count, total
from logit_engine.columns import Array, dense
from logit_engine.coordinates import Coordinates
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LOGIT
from logit_engine.moments import Ranges
from logit_engine.objective import Objective, by_predictor, flat
from logit_engine.solvers.newton import CERTIFIED, Newton, Outcome, Solution, solve

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


def witness(objective: Objective, solution: Solution) -> Solution:
    """A point of the logit likelihood whose certificate, lambda * reach, speaks for every link: below one, it exists.

    For the logit it is the solution itself. For another link, Newton steps on the logit terms from the same theta, in the
    same whitened rows, until the certificate is below `CERTIFIED` or the steps settle; where they fail, because far
    offsets put the links' estimates or weights far apart, steps from zero. Proof: docs/certificate.md.
    """
    if not isinstance(objective.likelihood, Bernoulli) or objective.likelihood.link is LOGIT:
        return solution
    logit = replace(objective, likelihood=Bernoulli(LOGIT))
    found = solve(logit, solution.theta, Newton(until_certified=True), solution.next_basis)
    if found.certificate < CERTIFIED or found.outcome is Outcome.SEPARATED:
        return found
    return solve(logit, np.zeros_like(solution.theta), Newton(until_certified=True))


@dataclass(frozen=True, slots=True)
class Recession:
    """A direction along which no row loses likelihood and some gain for ever: the estimate lies at infinity.

    signs: (q,), -1 or 1 for a coefficient that runs off to that infinity, 0 for one that may stay finite; rows: (m,), the
    positions of the rows that are predicted perfectly in the limit, as many as there can be; n: of all rows with weight.
    """

    signs: NDArray[np.int8]
    rows: NDArray[np.intp]
    n: int

    def clause(self, names: Sequence[str], free: NDArray[np.bool_]) -> str:
        """What predicts what: the columns, the infinity of each, and the rows. names, free: (q,)."""
        ends = {-1: "-inf", 1: "+inf"}
        moving = [j for j in np.flatnonzero(self.signs).tolist() if not free[j]]
        shown = ", ".join(f"'{names[j]}' ({ends[int(self.signs[j])]})" for j in moving[:5])
        more = f" and {len(moving) - 5} more" if len(moving) > 5 else ""
        what = (
            f"column {shown}" if len(moving) == 1 else f"a combination of {shown}{more}" if moving else "the constant"
        )
        first = ", ".join(str(i) for i in self.rows[:5].tolist()) + (", ..." if self.rows.size > 5 else "")
        share = "every row" if self.rows.size == self.n else f"{self.rows.size:,} of {self.n:,} rows (rows {first})"
        return f"{what} predicts y perfectly in {share}"


TOLERANCE = 1e-9  # of the linear programme
ZERO = 1e-8  # of a margin, where rows are unit vectors and no entry of the direction is above one
ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Cone:
    """Which directions are looked at; low, high: (q,) in inner coordinates, infinite, or zero where none may pass it."""

    low: Array
    high: Array


def recession(objective: Objective, far: Array | None = None, cone: Cone | None = None) -> Recession | None:
    """The direction that separates as many rows as can be, by linear programming; None where the estimate exists.

    cone: the directions that are allowed.

    Konis (2007): maximize the sum of the rows' margins, none of which may be negative, in a box; here the rows are taken
    as cuts, a few thousand at first and then those that are violated, so that a pass over the data is all that n costs,
    and the programme is solved again for the rows it left on the fence until there are none to win.
    """
    cuts = _first_cuts(objective)
    found = np.zeros(objective.free.size)
    won: NDArray[np.bool_] | None = None
    while True:
        step, cuts, margins = _best_direction(objective, cuts, won, cone)
        if step is None:
            break
        found = found + step
        before = np.zeros(margins.size, dtype=bool) if won is None else won
        won = before | (margins > ZERO)
        if (won == before).all():
            break
    if won is None or not found.any():
        return None
    kept = np.concatenate(total(objective.rows, lambda block: ([block.kept],), 1)[0])
    return Recession(_signs(objective, found), np.flatnonzero(won & kept), int(kept.sum()))


def _best_direction(
    objective: Objective, cuts: Array, won: NDArray[np.bool_] | None, cone: Cone | None
) -> tuple[Array | None, Array, Array]:
    """The best direction for rows not won yet, (q,), None if there is none; the cuts it took, and all rows' margins."""
    from scipy.optimize import linprog  # slow to import, and rarely needed

    gain = _total_margin(objective, won)
    size = float(np.abs(gain).sum())
    margins = np.empty(0)
    box: Any = (-1.0, 1.0) if cone is None else np.clip(np.column_stack([cone.low, cone.high]), -1.0, 1.0)
    for _ in range(ROUNDS):
        if size <= ZERO:
            return None, cuts, margins
        equal = objective.fixed
        answer = linprog(
            -gain / size,
            A_ub=-cuts,
            b_ub=np.zeros(cuts.shape[0]),
            A_eq=equal,
            b_eq=None if equal is None else np.zeros(equal.shape[0]),
            bounds=box,
            method="highs",
            options={"primal_feasibility_tolerance": TOLERANCE, "dual_feasibility_tolerance": TOLERANCE},
        )
        if answer.x is None or gain @ answer.x <= 10.0 * ZERO:
            return None, cuts, margins
        margins, violated = _margins(objective, answer.x)
        if violated.shape[0] == 0:
            return np.asarray(answer.x), cuts, margins
        cuts = np.vstack([cuts, violated])
    return None, cuts, margins


def _unit_rows(objective: Objective, block: Block, at: NDArray[np.intp]) -> Array:
    """The rows at these places as constraints v'd >= 0 of unit length, (m, q): one for each class a row is not in."""
    X = dense(objective.columns(block))[at]
    y, outputs = block.y[at], objective.likelihood.outputs
    X = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), np.finfo(float).tiny)
    if outputs == 1:
        shares = (y > 0.0) & (y < 1.0)  # a share of events binds from both sides
        return np.vstack([np.where(y == 1.0, 1.0, -1.0)[:, None] * X, X[shares]])
    code = y.astype(np.intp)
    rows = []
    classes = len(objective.rows.classes)
    for other in range(classes):
        lead = np.zeros((X.shape[0], classes))
        lead[np.arange(X.shape[0]), code] += 1.0
        lead[:, other] -= 1.0
        rows.append((lead[:, -outputs:, None] * X[:, None, :]).reshape(X.shape[0], outputs * X.shape[1])[code != other])
    return np.vstack(rows)


def _first_cuts(objective: Objective) -> Array:
    """Constraints of a few thousand rows from all over the data, with which the programme starts."""
    every = max(1, objective.rows.n // max(2000, 20 * objective.free.size))

    def some(block: Block) -> tuple[list[Array]]:
        return ([_unit_rows(objective, block, np.flatnonzero(block.kept)[::every])],)

    return np.vstack(total(objective.rows, some, 1)[0])


def _total_margin(objective: Objective, won: NDArray[np.bool_] | None) -> Array:
    """The sum of the constraints of all rows that are not won yet, (q,)."""
    outputs = objective.likelihood.outputs
    if won is None:

        def gain(block: Block) -> tuple[Array]:
            return (_gain(objective, block, block.kept, outputs),)

        return np.asarray(total(objective.rows, gain, objective.threads)[0])
    out, start = np.zeros(objective.free.size), 0
    for block in objective.rows.blocks(0, block_count(objective.rows.n)):
        stop = start + block.y.size
        out += _gain(objective, block, block.kept & ~won[start:stop], outputs)
        start = stop
    return out


def _gain(objective: Objective, block: Block, take: NDArray[np.bool_], outputs: int) -> Array:
    X = dense(objective.columns(block))
    size = np.where(take, 1.0, 0.0) / np.maximum(np.linalg.norm(X, axis=1), np.finfo(float).tiny)
    if outputs == 1:
        return np.asarray(X.T @ (size * np.where(block.y == 1.0, 1.0, np.where(block.y == 0.0, -1.0, 0.0))))
    classes = len(objective.rows.classes)
    lead = np.full((block.y.size, classes), -1.0)
    lead[np.arange(block.y.size), block.y.astype(np.intp)] = classes - 1
    return flat(X.T @ (lead[:, -outputs:] * size[:, None]))


def _margins(objective: Objective, direction: Array) -> tuple[Array, Array]:
    """The margin of every row along the direction, (n,), zero without weight; and the worst violated rows of each block."""
    matrix = by_predictor(direction, objective.likelihood.outputs)

    def margins(block: Block) -> tuple[list[Array], list[Array]]:
        X = objective.columns(block)
        size = np.maximum(np.linalg.norm(dense(X), axis=1), np.finfo(float).tiny)
        found = np.where(block.kept, objective.likelihood.margins(X.dot(matrix), block.y) / size, 0.0)
        worst = np.argsort(found, kind="stable")[:64]
        return [found], [_unit_rows(objective, block, worst[found[worst] < -ZERO])]

    found, violated = total(objective.rows, margins, objective.threads)
    return np.concatenate(found), np.vstack(violated)


def _signs(objective: Objective, direction: Array) -> NDArray[np.int8]:
    """Where each of the user's coefficients goes; what is lost in rounding, as by centering, goes nowhere."""
    coordinates = objective.coordinates
    user = coordinates.to_user(direction)
    size = np.abs(user)
    by_class = size.reshape(-1, coordinates.scale.size)
    limit = 1e-6 * np.abs(direction).max() / np.tile(coordinates.scale, by_class.shape[0])
    if coordinates.constant is not None:
        moved = by_class @ np.abs(coordinates.center) / abs(coordinates.value)
        limit.reshape(by_class.shape)[:, coordinates.constant] += 1e-6 * moved
    return np.asarray(np.sign(np.where(size > limit, user, 0.0)), dtype=np.int8)
