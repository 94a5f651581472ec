"""Separation: whether the estimate exists, and which column or level predicts the outcome perfectly.

Albert & Anderson (1984): the maximum of a binary likelihood exists unless some direction d has x'd >= 0 for every event
and <= 0 for every non-event, not all zero. Whether it exists does not depend on the link.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from logit_engine.blocks import Block, Largest, total
from logit_engine.columns import Array, Moments
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LOGIT
from logit_engine.objective import Objective
from logit_engine.solvers.newton import CERTIFIED, Newton, Outcome, Solution, solve

REMEDY = "Drop it, pool its level with others, or set an l2 penalty."


def perfect_predictors(moments: Moments, names: Sequence[str], constant: int | None) -> list[str]:
    """One clause for each column or level that alone predicts the outcome, read from the moments."""
    clauses = []
    for start, stop in moments.groups:
        family = names[start].split("[")[0]
        counts = np.concatenate(
            [moments.events[:, start:stop], (moments.total - moments.events[:, start:stop].sum(axis=1))[:, None]],
            axis=1,
        )
        labels = [*(f"column '{name}'" for name in names[start:stop]), f"the reference level of '{family}'"]
        usable = labels if constant is not None else labels[:-1]
        for label, (no, yes) in zip(usable, counts.T, strict=False):
            if (no == 0) != (yes == 0):
                rows = int(no + yes)
                clauses.append(f"{label} predicts y = {int(yes > 0)} perfectly ({rows:,} of {rows:,} rows)")
    if constant is not None:
        for j in np.flatnonzero(~moments.coded).tolist():
            clause = _threshold(moments.low[:, j], moments.high[:, j], names[j])
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
    if objective.likelihood.link is LOGIT:
        return solution
    logit = replace(objective, likelihood=Bernoulli(LOGIT))
    found = solve(logit, solution.theta, Newton(until_certified=True), solution.factor)
    if found.certificate < CERTIFIED or found.outcome is Outcome.SEPARATED:
        return found
    return solve(logit, np.zeros_like(solution.theta), Newton(until_certified=True))


def separating_direction(objective: Objective, direction: Array, names: Sequence[str]) -> str | None:
    """A clause if the direction, (p,) in inner coordinates, separates the outcomes (wholly or in some rows), else None.

    Entries of the direction and margins below 1e-6 of the largest count as zero: a numerical verdict, not an exact one.
    """
    size = np.abs(direction)
    d = np.where(size > 1e-6 * size.max(initial=0.0), direction, 0.0)
    if not d.any():
        return None

    def margins(block: Block) -> Array:
        linear = objective.columns(block).dot(d)
        one_sided = np.where(block.y == 1.0, linear, -linear)
        both = (block.y > 0.0) & (block.y < 1.0)
        out = np.where(both, -np.abs(linear), one_sided)
        return out if block.weight is None else out[block.weight > 0.0]

    def extremes(block: Block) -> tuple[Largest, Largest]:
        m = margins(block)
        return Largest(float(-m.min(initial=np.inf))), Largest(float(m.max(initial=-np.inf)))

    worst, best = (value.value for value in total(objective.rows, extremes, objective.threads))
    if best <= 0.0 or worst > 1e-6 * best:
        return None
    (count,) = total(objective.rows, lambda block: (int((margins(block) > 1e-6 * best).sum()),), objective.threads)
    named = [names[j] for j in np.argsort(-np.abs(d), kind="stable") if d[j] and not objective.free[j]]
    listed = ", ".join(f"'{name}'" for name in named[:5]) + (" and others" if len(named) > 5 else "")
    kind = "every row" if count == objective.rows.n else f"{count:,} of {objective.rows.n:,} rows"
    return f"a combination of {listed or 'the constant'} predicts y perfectly in {kind}"
