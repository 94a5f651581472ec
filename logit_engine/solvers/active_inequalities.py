"""Linear inequalities: which of them hold with equality at the constrained maximum.

The problem: Newton's method keeps equalities by moving in their null space, but of inequalities it
is not known beforehand which ones will bind.

The idea: each Newton step minimizes the quadratic model of the objective under all inequalities. In
coordinates in which the information is the identity, that is a least-distance problem, which
non-negative least squares solves (Lawson & Hanson 1974, chapter 23). Its residual tells which
inequalities are active. Once a step is short, they stay so, and the fit goes on as one with
equalities.

Invariants: every point meets all inequalities. A step is halved until the objective does not rise.
Nocedal & Wright (2006), 18.1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import cholesky_factor
from logit_engine.solvers.step_length import VALUE_ROUNDING
from logit_engine.solvers.whitening import free_directions

# standard errors: a shorter step does not change which inequalities are active
ACTIVE_DECREMENT = 1e-9
ACTIVE_SLACK = 1e-9  # of an inequality, relative: with less it is active
MAX_PASSES = 100
MIN_STEP_LENGTH = 2.0**-40
# of non-negative least squares: below it no point meets all inequalities
CONTRADICTION_RESIDUAL = 1e-10


class ActiveInequalities(NamedTuple):
    """A point next to the constrained maximum, (q,), and the inequalities active there, (m,)."""

    theta: Array
    active: NDArray[np.bool_]


def active_inequalities(
    objective: Objective, start: Array, G: Array, h: Array
) -> ActiveInequalities:
    """The inequalities among G theta >= h, (m,), that are active at the constrained maximum.

    start: (q,), meeting `objective.fixed`; all in inner coordinates. Raises UsageError if nothing
    meets all constraints.
    """
    free = free_directions(objective, None)
    Z = np.eye(start.size) if free is None else free
    theta = start + Z @ _least_distance(G @ Z, h - G @ start)
    active = np.zeros(h.size, dtype=bool)
    for _ in range(MAX_PASSES):
        here = objective.evaluate(theta)
        factor = cholesky_factor(Z.T @ here.curvature @ Z)
        if factor is None:
            break
        half = solve_triangular(factor, Z.T @ here.gradient, trans="T", check_finite=False)
        M = solve_triangular(factor, (G @ Z).T, trans="T", check_finite=False).T
        u = _least_distance(M, h - G @ theta + M @ half)
        whitened_step = u - half
        step = Z @ solve_triangular(factor, whitened_step, check_finite=False)
        slack = M @ u - (h - G @ theta + M @ half)
        active = slack <= ACTIVE_SLACK * (1.0 + np.abs(M @ half))
        if np.linalg.norm(whitened_step) <= ACTIVE_DECREMENT:
            break
        step_length, highest = 1.0, here.value + VALUE_ROUNDING * abs(here.value)
        while not objective.evaluate(theta + step_length * step).value <= highest:
            step_length *= 0.5
            if step_length < MIN_STEP_LENGTH:
                return ActiveInequalities(theta, active)
        theta = theta + step_length * step
    return ActiveInequalities(theta, active)


def _least_distance(M: Array, b: Array) -> Array:
    """The shortest u with M u >= b, (r,). Raises UsageError if there is none."""
    from scipy.optimize import nnls  # slow to import, and rarely needed

    if (b <= 0.0).all():
        return np.zeros(M.shape[1])
    size = np.maximum(np.linalg.norm(M, axis=1), np.finfo(float).tiny)
    E = np.vstack([(M / size[:, None]).T, b / size])
    target = np.zeros(E.shape[0])
    target[-1] = 1.0
    residual = E @ nnls(E, target)[0] - target
    if np.linalg.norm(residual) <= CONTRADICTION_RESIDUAL:
        raise UsageError(
            "no parameters meet all the inequalities; "
            "they contradict each other, or the equalities."
        )
    return np.asarray(-residual[:-1] / residual[-1])
