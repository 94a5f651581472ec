"""Linear inequalities: which of them hold with equality at the constrained maximum, by quadratic programs.

Each Newton step minimizes the quadratic model of the objective under the inequalities, as a least-distance problem by
non-negative least squares. Lawson & Hanson (1974), chapter 23; Nocedal & Wright (2006), 18.1.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import cholesky_factor
from logit_engine.solvers.whitening import free_directions

SETTLED = 1e-9  # standard errors: a shorter step no longer changes which constraints are active
PASSES = 100
SMALLEST_STEP = 2.0**-40


def active_set(
    objective: Objective, start: Array, G: Array, h: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """A point next to the maximum under G theta >= h, (q,), and which rows hold with equality there, (m,).

    start: (q,), meeting `objective.fixed`; all in inner coordinates. Raises UsageError if nothing meets all constraints.
    """
    free = free_directions(objective, None)
    Z = np.eye(start.size) if free is None else free
    theta = start + Z @ _least_distance(G @ Z, h - G @ start)
    tight = np.zeros(h.size, dtype=bool)
    for _ in range(PASSES):
        here = objective.evaluate(theta)
        factor = cholesky_factor(Z.T @ here.curvature @ Z)
        if factor is None:
            break
        half = solve_triangular(factor, Z.T @ here.gradient, trans="T", check_finite=False)
        M = solve_triangular(factor, (G @ Z).T, trans="T", check_finite=False).T
        u = _least_distance(M, h - G @ theta + M @ half)
        length = u - half
        d = Z @ solve_triangular(factor, length, check_finite=False)
        slack = M @ u - (h - G @ theta + M @ half)
        tight = slack <= 1e-9 * (1.0 + np.abs(M @ half))
        if np.linalg.norm(length) <= SETTLED:
            break
        share = 1.0
        while not objective.evaluate(theta + share * d).value <= here.value + 1e-12 * abs(
            here.value
        ):
            share *= 0.5
            if share < SMALLEST_STEP:
                return theta, tight
        theta = theta + share * d
    return theta, tight


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
    if np.linalg.norm(residual) <= 1e-10:
        raise UsageError(
            "no parameters meet all the inequalities; they contradict each other, or the equalities."
        )
    return np.asarray(-residual[:-1] / residual[-1])
