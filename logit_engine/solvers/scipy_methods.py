"""SciPy's general methods on the objective, for those who ask for them by name: slower than
Newton's, judged alike.

Each runs in inner coordinates on the mean objective, so that units and the number of rows do not
stop it early. If it stops by itself, at its tolerance or because rounding hides the descent,
Newton's method goes on from there: a point that is near enough for the user is a few steps from one
that the certificate proves.

A method that was stopped by a limit of passes or of evaluations, or by the user's callback, does
not go on. Its last point is judged as it is, and the termination says what stopped it.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from logit_engine.columns import Array, Coordinates
from logit_engine.errors import UsageError
from logit_engine.objective.loss import Objective
from logit_engine.solvers.newton import Newton, local_solution
from logit_engine.solvers.solution import Solution, Termination
from logit_engine.solvers.whitening import free_directions

SCIPY_NAMES: dict[str, str] = {
    "bfgs": "BFGS",
    "lbfgs": "L-BFGS-B",
    "nm": "Nelder-Mead",
    "powell": "Powell",
    "cg": "CG",
    "ncg": "Newton-CG",
}
DEFAULT_OPTIONS: dict[str, dict[str, float]] = {
    "BFGS": {"gtol": 1e-9},
    "L-BFGS-B": {"gtol": 1e-10, "ftol": 1e-16, "maxcor": 20},
    "Nelder-Mead": {"xatol": 1e-8, "fatol": 1e-14},
    "Powell": {"xtol": 1e-9, "ftol": 1e-15},
    "CG": {"gtol": 1e-9},
    "Newton-CG": {"xtol": 1e-10},
}
HESSIAN_METHODS = (
    "Newton-CG",
    "dogleg",
    "trust-ncg",
    "trust-krylov",
    "trust-exact",
    "trust-constr",
)
GRADIENT_FREE_METHODS = ("Nelder-Mead", "Powell", "COBYLA", "COBYQA")
OTHER_METHODS = ("TNC", "SLSQP", *HESSIAN_METHODS[1:], *GRADIENT_FREE_METHODS[2:])
KNOWN_METHODS = (*SCIPY_NAMES.values(), *OTHER_METHODS)
LIMIT_WORDS = ("maximum number", "max. number", "limit", "maxfun")  # in SciPy's messages
HALTED_STATUS = 99  # SciPy's status where the callback raised StopIteration


@dataclass(frozen=True, slots=True)
class BasinHopping:
    """Basin-hopping around a method: SciPy's own arguments (niter, T, stepsize, interval,
    niter_success, rng).
    """

    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScipyMethod:
    """One of SciPy's methods, by SciPy's name, with its options.

    Options that are points or directions (direc, (q, q), and initial_simplex, (q + 1, q), a row
    each; hess_inv0, (q, q)) are in the user's units. tol: SciPy's own. differences: the gradient by
    finite differences. hops: basin-hopping around it. watch: called with the user's coefficients,
    (q,), after every iteration; after every hop also with the value and whether it was accepted.
    report: called with SciPy's own result, its directions in the user's units.
    """

    method: str
    options: Mapping[str, Any] = field(default_factory=dict)
    tol: float | None = None
    differences: bool = False
    hops: BasinHopping | None = None
    watch: Callable[..., None] | None = None
    report: Callable[[Any], None] | None = None

    def solve(self, objective: Objective, start: Array) -> Solution:
        """Minimize from start, (q,), along the directions that constraints leave free.

        Raises UsageError for bad options.
        """
        free = free_directions(objective, None)
        Z = np.eye(start.size) if free is None else free
        found = self._scipy_result(objective, start, Z)
        if self.report is not None:
            self.report(_in_user_units(found, objective.coordinates, Z))
        theta = start + Z @ np.asarray(found.x, dtype=np.float64)
        passes = int(found.get("nit", found.get("nfev", 0)))
        limit = self._stopping_limit(found)
        if limit is None and np.isfinite(theta).all():
            finished = Newton().solve(objective, theta)
            if finished.termination in (
                Termination.SINGULAR,
                Termination.NO_ASCENT,
            ):  # it ended too far out
                finished = Newton().solve(objective, start)
            return replace(finished, passes=passes + finished.passes)
        here = local_solution(objective, theta if np.isfinite(theta).all() else start, passes)
        if here.termination is Termination.SINGULAR:
            return here
        return replace(here, termination=limit or Termination.ITERATIONS)

    def _stopping_limit(self, found: Any) -> Termination | None:
        """What stopped SciPy's method, if it did not stop by itself."""
        if self.hops is not None or found.success:
            return None
        if found.get("status") == HALTED_STATUS:
            return Termination.HALTED
        message = str(found.message).lower()
        if not any(word in message for word in LIMIT_WORDS):
            return None
        passes = (
            found.get("nit", 0) >= self.options.get("maxiter", np.inf)
            or "evaluation" not in message
        )
        return Termination.ITERATIONS if passes else Termination.EVALUATIONS

    def _scipy_result(self, objective: Objective, start: Array, Z: Array) -> Any:
        """SciPy's own result, in steps from the start along the columns of Z, (q, r)."""
        from scipy import optimize  # slow to import, and rarely needed

        value, arguments = self._minimize_arguments(objective, start, Z)
        origin = np.zeros(Z.shape[1])
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # of precision and of rounding: the certificate judges the end
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", "Unknown solver options", optimize.OptimizeWarning)
            try:
                if self.hops is None:
                    return optimize.minimize(value, origin, **arguments)
                hopping: Any = optimize.basinhopping
                watched = (
                    {}
                    if self.watch is None
                    else {"callback": self._inner_watch(objective, start, Z)}
                )
                return hopping(
                    value, origin, minimizer_kwargs=arguments, **watched, **self.hops.arguments
                )
            except _CallbackFailed as failed:
                raise failed.error from None
            except (optimize.OptimizeWarning, TypeError, ValueError) as error:
                raise UsageError(
                    f"SciPy's method '{self.method}' refused what it was given: {error}."
                ) from error

    def _minimize_arguments(
        self, objective: Objective, start: Array, Z: Array
    ) -> tuple[Callable[[Array], float], dict[str, Any]]:
        """The mean objective of steps along Z, and the other arguments of SciPy's `minimize`."""
        last_evaluation = _LastEvaluation(objective)
        size = float(objective.rows.n)

        def evaluate(steps: Array) -> Any:
            return last_evaluation(start + Z @ steps)

        arguments: dict[str, Any] = {
            "method": self.method,
            "options": self._inner_options(objective.coordinates, start, Z),
        }
        if self.tol is not None:
            arguments["tol"] = self.tol
        if self.method not in GRADIENT_FREE_METHODS and not self.differences:
            arguments["jac"] = lambda steps: Z.T @ evaluate(steps).gradient / size
        if self.method in HESSIAN_METHODS:
            arguments["hess"] = lambda steps: Z.T @ evaluate(steps).curvature @ Z / size
        if self.watch is not None and self.hops is None:
            watch = self._inner_watch(objective, start, Z)

            def watch_iteration(steps: Array, *_: Any) -> None:
                watch(steps)

            arguments["callback"] = watch_iteration
        return lambda steps: float(evaluate(steps).value) / size, arguments

    def _inner_options(self, coordinates: Coordinates, start: Array, Z: Array) -> dict[str, Any]:
        """SciPy's options, with points, directions and curvatures among them in steps from the
        start along Z.
        """
        options = {
            **({} if self.tol is not None else DEFAULT_OPTIONS.get(self.method, {})),
            **self.options,
        }
        q = start.size
        if options.get("direc") is not None:
            options["direc"] = coordinates.to_inner(_option_array(options, "direc", q, q).T).T @ Z
        if options.get("hess_inv0") is not None:
            right = coordinates.to_inner(_option_array(options, "hess_inv0", q, q).T).T
            options["hess_inv0"] = Z.T @ coordinates.to_inner(right) @ Z
        if options.get("initial_simplex") is not None:
            corners = coordinates.to_inner(_option_array(options, "initial_simplex", q + 1, q).T).T
            options["initial_simplex"] = (corners - start) @ Z
        elif (
            self.method == "Nelder-Mead"
        ):  # SciPy's own simplex is flat where a coordinate starts near zero
            options["initial_simplex"] = np.vstack([np.zeros(Z.shape[1]), 0.5 * np.eye(Z.shape[1])])
        return options

    def _inner_watch(self, objective: Objective, start: Array, Z: Array) -> Callable[..., Any]:
        """The callback in steps along Z; an error of its own passes through SciPy as it is."""

        def watch_in_user_units(steps: Array, *others: Any) -> Any:
            assert self.watch is not None
            try:
                return self.watch(objective.coordinates.to_user(start + Z @ steps), *others)
            except (TypeError, ValueError) as error:
                raise _CallbackFailed(error) from error

        return watch_in_user_units


class _CallbackFailed(Exception):
    """An error of the caller's own callback, which is no refusal of SciPy's."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def _option_array(options: Mapping[str, Any], name: str, rows: int, columns: int) -> Array:
    """An option of that many rows and columns. Raises UsageError for another shape."""
    try:
        found = np.asarray(options[name], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} holds what is no number: {error}.") from error
    if found.shape != (rows, columns):
        raise UsageError(
            f"{name} has shape {found.shape}; it has {rows} rows of {columns} parameters here."
        )
    return found


def _in_user_units(found: Any, coordinates: Coordinates, Z: Array) -> Any:
    """SciPy's result with Powell's directions, a row each, as directions of the user's
    coefficients.
    """
    if "direc" in found:
        found.direc = coordinates.to_user(Z @ np.asarray(found.direc).T).T
    return found


class _LastEvaluation:
    """The last evaluation: SciPy asks for value, gradient and curvature at the same point one after
    another.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.theta_of_last: Array | None = None

    def __call__(self, theta: Array) -> Any:
        if self.theta_of_last is None or not np.array_equal(self.theta_of_last, theta):
            self.theta_of_last, self.found = (
                np.array(theta, dtype=np.float64),
                self.objective.evaluate(theta),
            )
        return self.found
