"""What a fit is asked for beside its rows and likelihood: one frozen value, built once.

`fit` builds it from its keywords, and so do the faces of scikit-learn and statsmodels. The steps of
a fit read it and hand it on.
"""

from dataclasses import dataclass, replace

import numpy as np

from logit_engine.columns import Array
from logit_engine.constraints import Equalities, Inequalities
from logit_engine.diagnostics.wording import DEFAULT_WORDING, Wording
from logit_engine.errors import UsageError
from logit_engine.inference.covariance import NONROBUST, Covariance
from logit_engine.likelihoods import Bernoulli, Likelihood
from logit_engine.links import LOGIT
from logit_engine.objective.loss import Objective
from logit_engine.penalties import NONE, Penalty
from logit_engine.solvers.newton import Newton
from logit_engine.solvers.pilot import MAX_PILOT_PASSES
from logit_engine.solvers.proximal import Proximal
from logit_engine.solvers.solution import Solver

MAX_CODED_RIDGE = 1000  # coefficients of a ridge, mostly of levels, that Newton's method takes
MAX_MATRIX_RIDGE = 5000  # of other columns
RIDGE_RESIDUAL = 1e-14  # of so wide ones: as near as Newton's method comes
MAX_ERROR_COEFFICIENTS = 30_000  # of which a covariance has room, 7 GB


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """Options of a fit; their meaning is told in `fit`, whose keywords these are.

    Raises UsageError for a penalty or a covariance that is no value of the engine, TypeError for an
    unknown keyword.
    """

    penalty: Penalty = NONE
    covariance_type: Covariance | None = NONROBUST
    equalities: Equalities | None = None
    inequalities: Inequalities | None = None
    allow_separation: bool = False
    threads: int | None = None
    solver: Solver | None = None
    naive: bool = False
    start: Array | None = None
    wording: Wording = DEFAULT_WORDING

    def __post_init__(self) -> None:
        if not (self.covariance_type is None or isinstance(self.covariance_type, Covariance)):
            raise UsageError(
                f"covariance_type is {self.covariance_type!r}; it is a value of logit_engine, "
                "NONROBUST, HC0, HC1, HC2, HC3 or CLUSTER, or None for estimates alone."
            )
        if not isinstance(self.penalty, Penalty):
            raise UsageError(
                f"penalty is {self.penalty!r}; it is a value, NONE, L2(strength) or "
                "ElasticNet(l1, l2) say."
            )

    def simplified(self, likelihood: Likelihood) -> "FitOptions":
        """The same options without a penalty of zero strength.

        It stays if each class has a predictor of its own: it alone makes them unique.
        """
        if self.penalty.absent or not (self.penalty.idle and likelihood.identified):
            return self
        solver = self.solver
        if isinstance(solver, Proximal):
            solver = Newton(max_passes=solver.max_passes)
        return replace(self, penalty=NONE, solver=solver)

    @property
    def constrained(self) -> bool:
        """Whether there are linear constraints."""
        return self.equalities is not None or self.inequalities is not None

    @property
    def used_solver(self) -> Solver:
        """The solver that is named, or the one that suits the penalty."""
        smooth = self.penalty.elastic_net is None or (
            self.constrained and self.penalty.differentiable
        )
        solver = self.solver or (Newton() if smooth else Proximal())
        return (
            replace(solver, with_information=self.naive) if isinstance(solver, Proximal) else solver
        )

    def solver_for(self, objective: Objective) -> Solver:
        """The solver of an objective: of a ridge of very many coefficients one without a matrix.

        Raises UsageError if naive errors of so many are asked for.
        """
        solver = self.used_solver
        most = MAX_CODED_RIDGE if objective.mostly_codes else MAX_MATRIX_RIDGE
        is_wide = objective.free.size > most and not self.constrained
        if self.solver is not None or not is_wide or objective.penalty.absent:
            return solver
        ridge = objective.penalty.as_elastic_net(np.where(objective.free, 0.0, 1.0))
        if self.naive and objective.free.size > MAX_ERROR_COEFFICIENTS:
            size = objective.free.size
            raise UsageError(
                f"naive standard errors of {size:,} coefficients need matrices of "
                f"{8e-9 * size**2:,.0f} GB each; leave `naive` out, or pool rare levels."
            )
        return solver if ridge is None else Proximal(RIDGE_RESIDUAL, with_information=self.naive)

    @property
    def allows_pilot(self) -> bool:
        """Whether any way to the maximum will do, and no constraint holds on it."""
        solver = self.used_solver
        if not isinstance(solver, Newton) or solver.watch is not None:
            return False
        return solver.max_passes >= MAX_PILOT_PASSES and self.start is None and not self.constrained

    def estimates_only(self, likelihood: Likelihood) -> bool:
        """Whether estimates suffice, and their existence can be proved without the information."""
        return self.covariance_type is None and likelihood == Bernoulli(LOGIT)
