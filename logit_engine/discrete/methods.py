"""statsmodels' names of methods and of their keywords, as solvers of ours; what is not taken is refused by a sentence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_engine.constraints.equations import Inequalities, linear_inequalities
from logit_engine.errors import KeywordError, UsageError
from logit_engine.reporting.notices import warn_caller
from logit_engine.solvers.newton import Newton
from logit_engine.solvers.proximal import Proximal
from logit_engine.solvers.scipy_methods import DEFAULTS, KNOWN_METHODS, METHODS, General, Hops
from logit_engine.solvers.solution import Solver

PASSES = 35
EPS = float(np.finfo(np.float64).eps)
PENALIZED = ("l1", "l1_cvxopt_cp")
TOLERANCES = {"l1": ("acc",), "l1_cvxopt_cp": ("abstol", "reltol", "feastol")}

# statsmodels' keywords of a method, and the options of SciPy's minimize that they set
OPTIONS: dict[str, dict[str, str]] = {
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
    "nm": {"xtol": "xatol", "ftol": "fatol", "xatol": "xatol", "fatol": "fatol", "maxfun": "maxfev"},
    "powell": {"xtol": "xtol", "ftol": "ftol", "maxfun": "maxfev", "start_direc": "direc"},
}
HOPS = ("niter", "niter_success", "T", "stepsize", "interval", "seed", "rng")
REFUSED: dict[str, str] = {
    "ridge_factor": "nothing is added to the Hessian here; collinear columns are named, and a penalty is fit_regularized.",
    "epsilon": "the score is exact, not a difference quotient; it goes with method='lbfgs' and approx_grad=True.",
    "fhess_p": "the Hessian is exact and at hand, so that no product with it is asked of the caller.",
    "loglike_and_score": "the model's own log-likelihood is maximized; another one is another model.",
    "constraints": "linear ones are exact, with their standard errors, by fit_constrained(constraints, inequalities=...).",
    "fargs": "the log-likelihood takes no further arguments.",
    "iprint": "SciPy prints nothing any more; see callback, and mle_retvals.",
    "refinement": "the penalized fit solves no KKT system whose solution could be refined.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A method as it was asked for: its solver, the bounds that it is to keep to, and statsmodels' settings by name."""

    solver: Solver
    bounds: Inequalities | None
    settings: Mapping[str, Any]


def method_asked(
    method: str,
    maxiter: int | None,
    options: Mapping[str, Any],
    names: Sequence[str],
    watch: Callable[..., None] | None,
    report: Callable[[Any], None],
) -> Asked:
    """The solver of statsmodels' name with its keywords. names: of the parameters, (q,).

    Raises UsageError for a method or a value that does not exist, KeywordError for a keyword that the method does not take.
    """
    given = _without_refused(options, approximate=method == "lbfgs" and bool(options.get("approx_grad")))
    if method == "newton":
        tol = _positive("tol", given.pop("tol", 1e-8))
        _refuse_rest(given, method)
        passes = PASSES if maxiter is None else max(1, maxiter)
        return Asked(Newton(max_passes=passes, watch=watch), None, {"tol": tol, "ridge_factor": 0.0})
    if method == "basinhopping":
        return _hopping(given, maxiter, watch, report)
    if method == "minimize":
        name = _scipys_name("min_method", given.pop("min_method", "BFGS"))
        tol = given.pop("tol", None)
        given.pop("niter", None)  # basin-hopping's, and nothing there either
        bounds = _bounds(given.pop("bounds", None), names)
        found = {**_limit(name, maxiter), **given}
        solver = General(name, found, None if tol is None else _positive("tol", tol), False, None, watch, report)
        return Asked(solver, bounds, {**DEFAULTS.get(name, {}), **options, "min_method": name})
    if method not in METHODS:
        raise UsageError(
            f"method '{method}' is not known; choose newton, {', '.join(METHODS)}, basinhopping or minimize."
        )
    return _named(method, given, maxiter, names, watch, report)


def _named(
    method: str,
    given: dict[str, Any],
    maxiter: int | None,
    names: Sequence[str],
    watch: Callable[..., None] | None,
    report: Callable[[Any], None],
) -> Asked:
    """One of the methods that have a name of their own there."""
    name, known = METHODS[method], OPTIONS[method]
    nothing = dict.fromkeys({"bfgs": ["epsilon"], "cg": ["epsilon"], "ncg": ["epsilon", "fhess_p"]}.get(method, []))
    settings = {key: DEFAULTS[name].get(option) for key, option in known.items()} | nothing | given
    tol, bounds = given.pop("tol", None), None
    if tol is not None:
        sentence = (
            f"Keyword arguments have been passed that statsmodels' {method} does not take: tol. Here it is SciPy's."
        )
        warn_caller(sentence, FutureWarning)
    if method == "lbfgs":
        settings["bounds"] = given.pop("bounds", None)
        bounds = _bounds(settings["bounds"], names)
    differences = bool(given.pop("approx_grad", False)) if method == "lbfgs" else False
    _refuse_rest({key: value for key, value in given.items() if key not in known}, method)
    found = _limit(name, maxiter)
    for key, value in given.items():
        if value is not None:
            found[known[key]] = value * EPS if key == "factr" else value
    accuracy = None if tol is None else _positive("tol", tol)
    return Asked(General(name, found, accuracy, differences, None, watch, report), bounds, settings)


def _hopping(
    given: dict[str, Any], maxiter: int | None, watch: Callable[..., None] | None, report: Callable[[Any], None]
) -> Asked:
    """Basin-hopping: its own arguments, and in `minimizer` those of the method inside."""
    inner = dict(given.pop("minimizer", None) or {})
    name = _scipys_name("minimizer's method", inner.pop("method", "BFGS"))
    tol, options = inner.pop("tol", None), dict(inner.pop("options", None) or {})
    if inner:
        raise KeywordError(f"minimizer holds '{next(iter(inner))}'; it takes method, tol and options.")
    settings = {"niter": 100, "niter_success": None, "T": 1.0, "stepsize": 0.5, "interval": 50, "seed": None, **given}
    _refuse_rest({key: value for key, value in given.items() if key not in HOPS}, "basinhopping")
    seed = given.pop("seed", None)
    rng = given.pop("rng", None)
    generator = _generator(0 if seed is None and rng is None else seed if rng is None else rng)
    if int(given.get("interval", 50)) < 1:
        raise UsageError(f"interval is {given['interval']!r}; it is a number of hops, from 1 on.")
    hops = Hops({"niter": 100, **given, "rng": generator})
    return Asked(General(name, {**_limit(name, maxiter), **options}, tol, False, hops, watch, report), None, settings)


def _generator(seed: Any) -> np.random.Generator:
    """NumPy's generator of a seed. Raises UsageError for what is none."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise UsageError(f"seed is {seed!r}; it is a whole number from 0 on, or a generator of NumPy's.") from error


def penalized_method(method: str, maxiter: int | None, options: Mapping[str, Any]) -> Asked:
    """The solver of an l1 penalty, one for both names; the accuracy asked for is always met."""
    if method not in PENALIZED:
        raise UsageError(f"method '{method}' does not take a penalty; choose l1 or l1_cvxopt_cp (solved alike).")
    given = _without_refused(options)
    settings = {key: _positive(key, given.pop(key)) for key in TOLERANCES[method] if key in given}
    _refuse_rest(given, method)
    defaults = {"acc": 1e-10} if method == "l1" else {"abstol": 1e-7, "reltol": 1e-6, "feastol": 1e-7}
    return Asked(Proximal(max_passes=100 if maxiter is None else max(1, maxiter)), None, {**defaults, **settings})


def _limit(name: str, maxiter: int | None) -> dict[str, Any]:
    """maxiter as the option of SciPy's method; TNC counts evaluations alone."""
    return {} if maxiter is None else {"maxfun" if name == "TNC" else "maxiter": maxiter}


def _scipys_name(keyword: str, name: Any) -> str:
    """SciPy's own spelling of a method. Raises UsageError for one that it does not have."""
    known = {one.lower(): one for one in KNOWN_METHODS}
    if str(name).lower() not in known:
        raise UsageError(f"{keyword} is {name!r}; it is one of {', '.join(KNOWN_METHODS)}.")
    return known[str(name).lower()]


def _bounds(given: Any, names: Sequence[str]) -> Inequalities | None:
    """Bounds of the parameters, (lower, upper) each with None for none, or SciPy's Bounds. Raises UsageError."""
    if given is None:
        return None
    if hasattr(given, "lb") and hasattr(given, "ub"):
        lower, upper = (
            np.broadcast_to(np.asarray(side, dtype=np.float64), len(names)) for side in (given.lb, given.ub)
        )
    else:
        pairs = list(given) if isinstance(given, Sequence | np.ndarray) else []
        if len(pairs) != len(names) or any(np.shape(pair) != (2,) for pair in map(list, pairs)):
            raise UsageError(f"bounds has {len(pairs)} entries; give a pair (lower, upper) for each of {len(names)}.")
        lower = np.array([-np.inf if low is None else low for low, _ in pairs], dtype=np.float64)
        upper = np.array([np.inf if high is None else high for _, high in pairs], dtype=np.float64)
    eye, below, above = np.eye(len(names)), np.isfinite(lower), np.isfinite(upper)
    if not (below | above).any():
        return None
    G, h = np.vstack([eye[below], -eye[above]]), np.concatenate([lower[below], -upper[above]])
    return linear_inequalities((G, h), names)


def _positive(name: str, value: Any) -> float:
    """Raises UsageError for what is no number above zero."""
    if not isinstance(value, int | float | np.number) or not 0.0 < float(value) < np.inf:
        raise UsageError(f"{name} is {value!r}; it is a number above zero.")
    return float(value)


def _without_refused(options: Mapping[str, Any], approximate: bool = False) -> dict[str, Any]:
    """The options but those that ask for nothing. Raises KeywordError for one that is never taken."""
    given = dict(options)
    for name, why in REFUSED.items():
        if name not in given or (name == "epsilon" and approximate):
            continue
        value = given.pop(name)
        if value is not None and np.size(value) > 0 and not (np.ndim(value) == 0 and value == 0):
            raise KeywordError(f"'{name}' is not taken: {why}")
    return given


def _refuse_rest(options: Mapping[str, Any], method: str) -> None:
    for name in options:
        raise KeywordError(
            f"'{name}' is not an option of fit with method '{method}'; weights belong to the model: freq_weights, "
            "var_weights or sampling_weights."
        )
