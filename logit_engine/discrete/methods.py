"""statsmodels' names of methods and of their keywords, as solvers of the engine.

A keyword that cannot act is refused by a sentence that says why.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.constraints import Inequalities, linear_inequalities
from logit_engine.errors import KeywordError, UsageError
from logit_engine.reporting.notices import warn_caller
from logit_engine.solvers.newton import Newton
from logit_engine.solvers.proximal import Proximal
from logit_engine.solvers.scipy_methods import (
    DEFAULT_OPTIONS,
    KNOWN_METHODS,
    SCIPY_NAMES,
    BasinHopping,
    ScipyMethod,
)
from logit_engine.solvers.solution import Solver

Watch = Callable[..., None] | None
Report = Callable[[Any], None]

NEWTON_PASSES = 35
PROXIMAL_PASSES = 100
EPSILON = float(np.finfo(np.float64).eps)
PENALIZED_METHODS = ("l1", "l1_cvxopt_cp")
PENALIZED_TOLERANCES = {"l1": ("acc",), "l1_cvxopt_cp": ("abstol", "reltol", "feastol")}
PENALIZED_DEFAULTS: dict[str, dict[str, float]] = {
    "l1": {"acc": 1e-10},
    "l1_cvxopt_cp": {"abstol": 1e-7, "reltol": 1e-6, "feastol": 1e-7},
}

# statsmodels' keywords of a method, and the options of SciPy's minimize that they set
SCIPY_OPTIONS: dict[str, dict[str, str]] = {
    "bfgs": {"gtol": "gtol", "norm": "norm", "xrtol": "xrtol"},
    "cg": {"gtol": "gtol", "norm": "norm"},
    "ncg": {"avextol": "xtol", "xtol": "xtol"},
    "lbfgs": {
        "m": "maxcor",
        "pgtol": "gtol",
        "gtol": "gtol",
        "factr": "ftol",
        "ftol": "ftol",
        "maxfun": "maxfun",
        "epsilon": "eps",
    },
    "nm": {
        "xtol": "xatol",
        "ftol": "fatol",
        "xatol": "xatol",
        "fatol": "fatol",
        "maxfun": "maxfev",
    },
    "powell": {"xtol": "xtol", "ftol": "ftol", "maxfun": "maxfev", "start_direc": "direc"},
}
# statsmodels' settings of a method that set nothing here
IDLE_SETTINGS = {"bfgs": ("epsilon",), "cg": ("epsilon",), "ncg": ("epsilon", "fhess_p")}
HOP_KEYWORDS = ("niter", "niter_success", "T", "stepsize", "interval", "seed", "rng")
HOP_DEFAULTS = {"niter": 100, "niter_success": None, "T": 1.0, "stepsize": 0.5, "interval": 50}
REFUSED: dict[str, str] = {
    "ridge_factor": "nothing is added to the Hessian here; collinear columns are named, and a "
    "penalty is fit_regularized.",
    "epsilon": "the score is exact, not a difference quotient; it goes with method='lbfgs' and "
    "approx_grad=True.",
    "fhess_p": "the Hessian is exact and at hand, so that no product with it is asked of the "
    "caller.",
    "loglike_and_score": "the model's own log-likelihood is maximized; another one is another "
    "model.",
    "constraints": "linear ones are exact, with their standard errors, by "
    "fit_constrained(constraints, inequalities=...).",
    "fargs": "the log-likelihood takes no further arguments.",
    "iprint": "SciPy prints nothing any more; see callback, and mle_retvals.",
    "refinement": "the penalized fit solves no KKT system whose solution could be refined.",
}


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """The solver of a method, the bounds that the caller gave it, and statsmodels' mle_settings."""

    solver: Solver
    bounds: Inequalities | None
    settings: Mapping[str, object]


def method_choice(
    method: str,
    maxiter: int | None,
    options: Mapping[str, object],
    names: Sequence[str],
    watch: Watch,
    report: Report,
) -> MethodChoice:
    """The solver of statsmodels' name with its keywords.

    names: of the parameters, (q,). watch: called after each iteration. report: called with SciPy's
    result. Raises UsageError for a method or a value that does not exist, KeywordError for a
    keyword that the method does not take.
    """
    approximate = method == "lbfgs" and bool(options.get("approx_grad"))
    given = _without_refused(options, approximate)
    if method == "newton":
        tol = _positive_number("tol", given.pop("tol", 1e-8))
        _refuse_unknown(given, method)
        passes = NEWTON_PASSES if maxiter is None else max(1, maxiter)
        solver = Newton(max_passes=passes, watch=watch)
        return MethodChoice(solver, None, {"tol": tol, "ridge_factor": 0.0})
    if method == "basinhopping":
        return _hopping_choice(given, maxiter, watch, report)
    if method == "minimize":
        return _minimize_choice(given, options, maxiter, names, watch, report)
    if method not in SCIPY_NAMES:
        raise UsageError(
            f"method '{method}' is not known; choose newton, {', '.join(SCIPY_NAMES)}, "
            "basinhopping or minimize."
        )
    return _named_choice(method, given, maxiter, names, watch, report)


def _minimize_choice(
    given: dict[str, object],
    options: Mapping[str, object],
    maxiter: int | None,
    names: Sequence[str],
    watch: Watch,
    report: Report,
) -> MethodChoice:
    """SciPy's minimize with a method of SciPy's name."""
    name = _scipy_name("min_method", given.pop("min_method", "BFGS"))
    tol = given.pop("tol", None)
    given.pop("niter", None)  # of basin-hopping; statsmodels ignores it here too
    bounds = _bound_inequalities(given.pop("bounds", None), names)
    solver = ScipyMethod(
        name,
        {**_iteration_limit(name, maxiter), **given},
        None if tol is None else _positive_number("tol", tol),
        watch=watch,
        report=report,
    )
    return MethodChoice(
        solver, bounds, {**DEFAULT_OPTIONS.get(name, {}), **options, "min_method": name}
    )


def _named_choice(
    method: str,
    given: dict[str, Any],
    maxiter: int | None,
    names: Sequence[str],
    watch: Watch,
    report: Report,
) -> MethodChoice:
    """One of the methods that have a name of their own in statsmodels."""
    name, known = SCIPY_NAMES[method], SCIPY_OPTIONS[method]
    settings = {key: DEFAULT_OPTIONS[name].get(option) for key, option in known.items()}
    settings |= dict.fromkeys(IDLE_SETTINGS.get(method, ())) | given
    tol, bounds, differences = given.pop("tol", None), None, False
    if tol is not None:
        warn_caller(
            f"Keyword arguments have been passed that statsmodels' {method} does not take: tol. "
            "Here it is SciPy's.",
            FutureWarning,
        )
    if method == "lbfgs":
        settings["bounds"] = given.pop("bounds", None)
        bounds = _bound_inequalities(settings["bounds"], names)
        differences = bool(given.pop("approx_grad", False))
    _refuse_unknown({key: value for key, value in given.items() if key not in known}, method)
    scipy_options = _iteration_limit(name, maxiter)
    for key, value in given.items():
        if value is not None:
            scipy_options[known[key]] = value * EPSILON if key == "factr" else value
    solver = ScipyMethod(
        name,
        scipy_options,
        None if tol is None else _positive_number("tol", tol),
        differences,
        watch=watch,
        report=report,
    )
    return MethodChoice(solver, bounds, settings)


def _hopping_choice(
    given: dict[str, Any],
    maxiter: int | None,
    watch: Watch,
    report: Report,
) -> MethodChoice:
    """Basin-hopping: its own arguments, and those of its inner method in `minimizer`."""
    inner = dict(given.pop("minimizer", None) or {})
    name = _scipy_name("minimizer's method", inner.pop("method", "BFGS"))
    tol, options = inner.pop("tol", None), dict(inner.pop("options", None) or {})
    for key in inner:
        raise KeywordError(f"minimizer holds '{key}'; it takes method, tol and options.")
    settings = {**HOP_DEFAULTS, "seed": None, **given}
    unknown = {key: value for key, value in given.items() if key not in HOP_KEYWORDS}
    _refuse_unknown(unknown, "basinhopping")
    seed, rng = given.pop("seed", None), given.pop("rng", None)
    if int(given.get("interval", 50)) < 1:
        raise UsageError(f"interval is {given['interval']!r}; it is a number of hops, from 1 on.")
    generator = _random_generator(
        0 if seed is None and rng is None else seed if rng is None else rng
    )
    hops = BasinHopping({"niter": 100, **given, "rng": generator})
    limited = {**_iteration_limit(name, maxiter), **options}
    solver = ScipyMethod(name, limited, tol, hops=hops, watch=watch, report=report)
    return MethodChoice(solver, None, settings)


def _random_generator(seed: Any) -> np.random.Generator:
    """NumPy's generator of a seed. Raises UsageError for a value that is no seed."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"seed is {seed!r}; it is a whole number from 0 on, or a generator of NumPy's."
        ) from error


def penalized_choice(
    method: str,
    maxiter: int | None,
    options: Mapping[str, object],
) -> MethodChoice:
    """The solver of an l1 penalty, the same for both of statsmodels' names.

    The accuracy asked for is always met. Raises UsageError for another method, KeywordError for a
    keyword that the method does not take.
    """
    if method not in PENALIZED_METHODS:
        raise UsageError(
            f"method '{method}' does not take a penalty; choose l1 or l1_cvxopt_cp (solved alike)."
        )
    given = _without_refused(options, approximate=False)
    tolerances = {
        key: _positive_number(key, given.pop(key))
        for key in PENALIZED_TOLERANCES[method]
        if key in given
    }
    _refuse_unknown(given, method)
    passes = PROXIMAL_PASSES if maxiter is None else max(1, maxiter)
    settings = {**PENALIZED_DEFAULTS[method], **tolerances}
    return MethodChoice(Proximal(max_passes=passes), None, settings)


def _iteration_limit(name: str, maxiter: int | None) -> dict[str, object]:
    """maxiter as an option of SciPy's method; TNC counts evaluations alone."""
    return {} if maxiter is None else {"maxfun" if name == "TNC" else "maxiter": maxiter}


def _scipy_name(keyword: str, name: object) -> str:
    """SciPy's spelling of a method. Raises UsageError for a method that SciPy does not have."""
    known = {one.lower(): one for one in KNOWN_METHODS}
    if str(name).lower() not in known:
        raise UsageError(f"{keyword} is {name!r}; it is one of {', '.join(KNOWN_METHODS)}.")
    return known[str(name).lower()]


def _bound_inequalities(given: Any, names: Sequence[str]) -> Inequalities | None:
    """Bounds of the parameters as inequalities, or None if no bound is finite.

    given: a pair (lower, upper) for each parameter, with None for no bound, or SciPy's Bounds.
    Raises UsageError for another number of pairs.
    """
    if given is None:
        return None
    lower, upper = _bound_arrays(given, len(names))
    below, above = np.isfinite(lower), np.isfinite(upper)
    if not (below | above).any():
        return None
    eye = np.eye(len(names))
    G, h = np.vstack([eye[below], -eye[above]]), np.concatenate([lower[below], -upper[above]])
    return linear_inequalities((G, h), names)


def _bound_arrays(given: Any, q: int) -> tuple[Array, Array]:
    """Lower and upper bounds, (q,) each, infinite where there is none."""
    if hasattr(given, "lb") and hasattr(given, "ub"):
        lower, upper = (np.asarray(side, dtype=np.float64) for side in (given.lb, given.ub))
        return np.broadcast_to(lower, q), np.broadcast_to(upper, q)
    pairs = list(given) if isinstance(given, Sequence | np.ndarray) else []
    if len(pairs) != q or any(np.shape(pair) != (2,) for pair in map(list, pairs)):
        raise UsageError(
            f"bounds has {len(pairs)} entries; give a pair (lower, upper) for each of {q}."
        )
    lower = np.array([-np.inf if low is None else low for low, _ in pairs], dtype=np.float64)
    upper = np.array([np.inf if high is None else high for _, high in pairs], dtype=np.float64)
    return lower, upper


def _positive_number(name: str, value: object) -> float:
    """Raises UsageError unless the value is a finite number above zero."""
    if not isinstance(value, int | float | np.number) or not 0.0 < float(value) < np.inf:
        raise UsageError(f"{name} is {value!r}; it is a number above zero.")
    return float(value)


def _without_refused(options: Mapping[str, object], approximate: bool) -> dict[str, object]:
    """The options without those of `REFUSED` that ask for nothing.

    approximate: whether the gradient is a difference quotient. Raises KeywordError for an option of
    `REFUSED` that asks for something.
    """
    given = dict(options)
    for name, why in REFUSED.items():
        if name not in given or (name == "epsilon" and approximate):
            continue
        value = given.pop(name)
        values = np.asarray(value)
        if value is not None and values.size > 0 and not (values.ndim == 0 and value == 0):
            raise KeywordError(f"'{name}' is not taken: {why}")
    return given


def _refuse_unknown(options: Mapping[str, object], method: str) -> None:
    for name in options:
        where = (
            "a penalty is for fit_regularized(alpha=...)."
            if name == "alpha"
            else "weights belong to the model: freq_weights, var_weights or sampling_weights."
        )
        raise KeywordError(f"'{name}' is not an option of fit with method '{method}'; {where}")
