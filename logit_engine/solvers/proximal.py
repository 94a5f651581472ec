"""One fit under an elastic net with kinks and bounds, or a ridge: descents by light passes over the rows."""

from dataclasses import dataclass, replace

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import cholesky_factor, smallest_pivot
from logit_engine.penalties import NONE, ElasticNet
from logit_engine.solvers.descent import CONVERGED_RESIDUAL
from logit_engine.solvers.pilot import piloted
from logit_engine.solvers.solution import Information, Residual, Solution, Termination
from logit_engine.solvers.working_set import WorkingSet

SINGULAR_PIVOT = 1e-7  # a pivot below it is rounding: what the information says of such directions is nothing

UNHELD_PASSES = 200  # where the penalty leaves a column free: more lead to where rounding hides what separates


@dataclass(frozen=True, slots=True)
class Proximal:
    """Settings: the residual to go for, the largest number of passes, and whether to end with the exact information."""

    tolerance: float = 1e-12
    max_passes: int = 1000
    informed: bool = False

    def solve(self, objective: Objective, start: Array) -> Solution:
        """Minimize from start, (q,). The solution is free to move along the coefficients that no kink or bound holds."""
        penalty = objective.penalty.elastic_net
        if penalty is None or objective.fixed is not None:
            raise UsageError("this solver is for an elastic net, which does not go with linear constraints.")
        kinks = penalty.in_units(np.tile(objective.coordinates.scale, objective.likelihood.outputs))
        theta = kinks.proximal_point(start, np.ones_like(start)) if kinks.bounded else start
        loss = replace(objective, penalty=NONE)
        theta, curvature = piloted(loss, theta, kinks)
        fits = WorkingSet(loss, theta[None].copy(), (-1,), kinks, curvature)
        low, high = kinks.open_directions(start.size)
        unheld = ((low < high) & ~objective.free).any()  # to infinity, perhaps
        residual = fits.settle(
            kinks, self.tolerance, min(self.max_passes, UNHELD_PASSES) if unheld else self.max_passes
        )
        theta = fits.thetas[0]
        down = fits.descents[0]
        stopped = Termination.NO_ASCENT if down.stuck else Termination.ITERATIONS
        return Solution(
            theta=theta,
            loglik=-fits.slopes[0].loss,
            termination=Termination.CONVERGED if residual <= CONVERGED_RESIDUAL else stopped,
            passes=fits.passes,
            proof=Residual(down.decrement, residual),
            information=_information(loss, kinks, theta) if self.informed else None,
        )


def _information(loss: Objective, kinks: ElasticNet, theta: Array) -> Information | None:
    """The information of the coefficients that no kink or bound holds, ridge included; None if it is singular."""
    support = np.flatnonzero(~kinks.at_kink_or_bound(theta) & np.isfinite(kinks.l1))
    H = kinks.penalized_curvature(loss.information(theta))
    factor = cholesky_factor(H[np.ix_(support, support)])
    if factor is None or smallest_pivot(factor) < SINGULAR_PIVOT:
        return None
    return Information(factor, free=np.eye(theta.size)[:, support])
