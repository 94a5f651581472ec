"""SciPy's general methods on the objective: slower than Newton's, for those who ask for them by name, and judged alike.

Each runs in inner coordinates on the mean objective, so that units and the number of rows do not stop it early; where it
stops, one pass with the information tells the truth about the gradient there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.objective import Objective
from logit_engine.solvers.newton import Outcome, Solution, free_directions, local_solution

SETTLED = 1e-4  # standard errors: a general method has arrived when a Newton step would be shorter

METHODS: dict[str, str] = {
    "bfgs": "BFGS",
    "lbfgs": "L-BFGS-B",
    "nm": "Nelder-Mead",
    "powell": "Powell",
    "cg": "CG",
    "ncg": "Newton-CG",
}
DEFAULTS: dict[str, dict[str, float]] = {
    "BFGS": {"gtol": 1e-9},
    "L-BFGS-B": {"gtol": 1e-10, "ftol": 1e-16, "maxcor": 20},
    "Nelder-Mead": {"xatol": 1e-8, "fatol": 1e-14},
    "Powell": {"xtol": 1e-9, "ftol": 1e-15},
    "CG": {"gtol": 1e-9},
    "Newton-CG": {"xtol": 1e-10},
}
WITH_HESSIAN = ("Newton-CG", "dogleg", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr")
WITHOUT_GRADIENT = ("Nelder-Mead", "Powell", "COBYLA")


@dataclass(frozen=True, slots=True)
class General:
    """One of SciPy's methods, by SciPy's name, with its options; hops: basin-hopping around it, that often.

    watch: called with the user's coefficients, (q,), after every iteration.
    """

    method: str
    options: Mapping[str, Any] = field(default_factory=dict)
    hops: int | None = None
    watch: Callable[[Array], None] | None = None

    def solve(self, objective: Objective, start: Array) -> Solution:
        """Minimize from start, (q,), along the directions that constraints leave free. Raises UsageError for bad options."""
        free = free_directions(objective, None)
        Z = np.eye(start.size) if free is None else free
        found = self._minimized(objective, start, Z)
        theta = start + Z @ np.asarray(found.x, dtype=np.float64)
        here = local_solution(objective, theta, int(found.nit))
        if here.outcome is Outcome.SINGULAR:
            return here
        return replace(here, outcome=Outcome.CONVERGED if here.decrement <= SETTLED else Outcome.ITERATIONS)

    def _minimized(self, objective: Objective, start: Array, Z: Array) -> Any:
        """SciPy's own result, in steps from the start along the columns of Z, (q, r)."""
        from scipy import optimize  # slow to import, and rarely needed

        remembered = _Remembered(objective)
        size = float(objective.rows.n)
        watch = self.watch
        origin = np.zeros(Z.shape[1])

        def evaluate(steps: Array) -> Any:
            return remembered(start + Z @ steps)

        def value(steps: Array) -> float:
            return float(evaluate(steps).value) / size

        arguments: dict[str, Any] = {"method": self.method}
        arguments["options"] = {**DEFAULTS.get(self.method, {}), **self.options}
        if self.method not in WITHOUT_GRADIENT:
            arguments["jac"] = lambda steps: Z.T @ evaluate(steps).gradient / size
        if self.method in WITH_HESSIAN:
            arguments["hess"] = lambda steps: Z.T @ evaluate(steps).curvature @ Z / size
        if watch is not None:
            arguments["callback"] = lambda steps, *_: watch(objective.coordinates.to_user(start + Z @ steps))
        try:
            if self.hops is None:
                if self.method == "Nelder-Mead":  # SciPy's own simplex is flat where a coordinate starts near zero
                    corners = np.vstack([origin, 0.5 * np.eye(origin.size)])
                    arguments["options"] = {"initial_simplex": corners, **arguments["options"]}
                return optimize.minimize(value, origin, **arguments)
            hopping: Any = optimize.basinhopping
            return hopping(value, origin, niter=self.hops, minimizer_kwargs=arguments, rng=np.random.default_rng(0))
        except (optimize.OptimizeWarning, TypeError, ValueError) as error:
            raise UsageError(f"SciPy's method '{self.method}' refused its options: {error}.") from error


class _Remembered:
    """The last evaluation: SciPy asks for value, gradient and curvature at the same point one after another."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.at: Array | None = None

    def __call__(self, theta: Array) -> Any:
        if self.at is None or not np.array_equal(self.at, theta):
            self.at, self.found = np.array(theta, dtype=np.float64), self.objective.evaluate(theta)
        return self.found
