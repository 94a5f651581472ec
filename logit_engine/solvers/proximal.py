"""One fit under an elastic net with kinks and bounds, or a ridge: descents by light passes over the
rows.
"""

from dataclasses import dataclass, replace

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import cholesky_factor, smallest_pivot
from logit_engine.penalties import NONE, ElasticNet
from logit_engine.solvers.descent import CONVERGED_RESIDUAL
from logit_engine.solvers.pilot import penalized_start
from logit_engine.solvers.solution import FactoredInformation, Residual, Solution, Termination
from logit_engine.solvers.working_set import WorkingSet

MIN_INFORMATION_PIVOT = 1e-7  # below it the information says nothing of a direction but rounding
MAX_UNBOUNDED_PASSES = 200  # if a column is free: more lead to where rounding hides what separates


@dataclass(frozen=True, slots=True)
class Proximal:
    """Settings: the residual to go for, the largest number of passes, and whether to end with the
    exact information.
    """

    tolerance: float = 1e-12
    max_passes: int = 1000
    with_information: bool = False

    def solve(self, objective: Objective, start: Array) -> Solution:
        """Minimize from start, (q,). Raises UsageError for another penalty, and under linear
        constraints.
        """
        penalty = objective.penalty.elastic_net or objective.penalty.as_elastic_net(
            np.where(objective.free, 0.0, 1.0)
        )
        if penalty is None or objective.fixed is not None:
            raise UsageError(
                "this solver is for an elastic net, which does not go with linear constraints."
            )
        penalty = penalty.in_units(
            np.tile(objective.coordinates.scale, objective.likelihood.outputs)
        )
        theta = penalty.proximal_point(start, np.ones_like(start)) if penalty.bounded else start
        loss = replace(objective, penalty=NONE)
        theta, curvature = penalized_start(loss, theta, penalty)
        fits = WorkingSet(loss, theta[None].copy(), (-1,), penalty, curvature)
        low, high = penalty.open_directions(start.size)
        unbounded = ((low < high) & ~objective.free).any()  # to infinity, perhaps
        residual = fits.fit_under(
            penalty,
            self.tolerance,
            min(self.max_passes, MAX_UNBOUNDED_PASSES) if unbounded else self.max_passes,
        )
        theta = fits.thetas[0]
        descent = fits.descents[0]
        stopped = Termination.NO_ASCENT if descent.is_stuck else Termination.ITERATIONS
        return Solution(
            theta=theta,
            loglik=-fits.light_passes[0].loss,
            termination=Termination.CONVERGED if residual <= CONVERGED_RESIDUAL else stopped,
            passes=fits.passes,
            proof=Residual(descent.decrement, residual),
            information=_information(loss, penalty, theta) if self.with_information else None,
        )


def _information(loss: Objective, penalty: ElasticNet, theta: Array) -> FactoredInformation | None:
    """The information of the coefficients that no kink or bound holds, ridge included.

    None if it is singular.
    """
    support = np.flatnonzero(~penalty.at_kink_or_bound(theta) & np.isfinite(penalty.l1))
    H = penalty.penalized_curvature(loss.information(theta))
    factor = cholesky_factor(H[np.ix_(support, support)])
    if factor is None or smallest_pivot(factor) < MIN_INFORMATION_PIVOT:
        return None
    return FactoredInformation(factor, free=np.eye(theta.size)[:, support])
