"""Linear constraints in a fit: the objective under them, and what they hold of the estimates."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.constraints import Equalities, Inequalities
from logit_engine.constraints.equations import NullSpace, independent, null_space
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.result import FixedCounts
from logit_engine.objective.loss import Objective
from logit_engine.penalties import Penalty
from logit_engine.solvers.active_inequalities import active_inequalities

HELD_ROUNDING = 1e-12  # of a coefficient: constraints that leave it less leave it nothing
BOUND_ROUNDING = 1e-9  # of an estimate beside the bound that holds it, relative


class ConstrainedProblem(NamedTuple):
    """An objective under linear constraints.

    start: (q,), meets them. free_space: what they leave free, None without any.
    """

    objective: Objective
    start: Array
    free_space: NullSpace | None


def constrained_problem(
    objective: Objective, options: FitOptions, start: Array
) -> ConstrainedProblem:
    """The objective under equalities and active inequalities, and the nearest start, (q,)."""
    fixed = options.equalities
    objective, start = _under_equalities(objective, fixed, start)
    if options.inequalities is not None:
        bounds = options.inequalities.rows
        G = objective.coordinates.pull_back(bounds.R.T).T
        start, active = active_inequalities(objective, start, G, bounds.q)
        parts = ([] if fixed is None else [fixed]) + [
            Equalities(bounds.R[active], bounds.q[active], bounds.names)
        ]
        R, q = (np.concatenate([getattr(part, name) for part in parts]) for name in ("R", "q"))
        fixed = Equalities(R, q, bounds.names) if q.size else None
        objective, start = _under_equalities(objective, fixed, start)
    return ConstrainedProblem(objective, start, None if fixed is None else null_space(fixed))


def _under_equalities(
    objective: Objective, equalities: Equalities | None, start: Array
) -> tuple[Objective, Array]:
    """The objective under equalities, and the nearest start that meets them."""
    if equalities is None:
        return replace(objective, fixed=None), start
    R, q, _ = independent(equalities)
    rows = objective.coordinates.pull_back(R.T).T
    nearest = start + np.linalg.lstsq(rows, q - rows @ start)[0]
    return replace(objective, fixed=rows), nearest


def held_coefficients(free_space: NullSpace) -> NDArray[np.bool_]:
    """Which coefficients the constraints leave no direction, (q,).

    Their variance is zero, not what rounding leaves of it.
    """
    return np.asarray(np.abs(free_space.basis).max(axis=1, initial=0.0) < HELD_ROUNDING)


def estimates_at_bounds(
    estimates: Array, inequalities: Inequalities | None, free_space: NullSpace | None
) -> Array:
    """The estimates, (q,), exactly at the bounds that hold them: rounding would change a sign."""
    if inequalities is None or free_space is None:
        return estimates
    held = held_coefficients(free_space)
    for bound in (inequalities.lower, inequalities.upper):
        allowed = BOUND_ROUNDING * (1.0 + np.abs(estimates))
        near = held & np.isfinite(bound) & (np.abs(estimates - bound) <= allowed)
        estimates = np.where(near, bound, estimates)
    return estimates


def fixed_counts(
    estimates: Array,
    constants: NDArray[np.bool_],
    penalty: Penalty,
    free_space: NullSpace | None,
) -> FixedCounts:
    """How many coefficients are held, and how many of these are constants.

    estimates: (q,); constants: which of them are constants, (q,).
    """
    by_penalty = penalty.at_bound(estimates)
    if free_space is None:
        return FixedCounts(int(by_penalty.sum()), int((by_penalty & constants).sum()))
    held = by_penalty | held_coefficients(free_space)
    return FixedCounts(
        int(by_penalty.sum()) + free_space.removed_count, int((held & constants).sum())
    )


def constraint_notes(options: FitOptions, free_space: NullSpace | None) -> tuple[str, ...]:
    """Which equalities follow from others, and which inequalities are active."""
    if options.inequalities is None:
        return () if free_space is None else free_space.notes
    bounds = options.inequalities.rows
    met = np.zeros(0)
    if free_space is not None:
        met = np.abs(bounds.R @ free_space.basis).max(axis=1, initial=0.0) < HELD_ROUNDING
    active = [bounds.text(i).replace(" = ", " >= ") for i in np.flatnonzero(met).tolist()]
    if not active:
        return ("No inequality is active: the estimates are those without them.",)
    sentence = (
        f"Active inequalities, as if known: {'; '.join(active)}. "
        "Standard errors are conditional on them."
    )
    return (sentence,)
