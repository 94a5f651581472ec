"""Penalty, strength, solver and passes of an estimator, checked as scikit-learn checks them.

A solver's name is a promise of scikit-learn's about penalties, classes and sparse indices. Here
every fit is solved to rounding by our own methods, so a name changes no number. But whoever names a
solver hears what scikit-learn would say: a combination that it refuses is refused, and a fit that
ran out of passes warns in its words. `auto` promises everything.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.errors import UsageError
from logit_engine.reporting.notices import warn_caller

L2, L1, ELASTIC_NET = "l2", "l1", "elasticnet"
ALL_PENALTIES = frozenset({L2, L1, ELASTIC_NET, None})
SMOOTH_PENALTIES = frozenset({L2, None})
MAX_LIBLINEAR_VALUE = 1e30


@dataclass(frozen=True, slots=True)
class SolverContract:
    """What scikit-learn's solver of a name takes, and its words when the passes end."""

    penalties: frozenset[str | None] = ALL_PENALTIES
    dual: bool = False
    several_classes: bool = True
    large_sparse: bool = True
    single_precision: bool = True
    out_of_passes: str = ""


STOCHASTIC_MESSAGE = "The max_iter was reached which means the coef_ did not converge"
SOLVERS = {
    "auto": SolverContract(dual=True),
    "lbfgs": SolverContract(
        SMOOTH_PENALTIES, out_of_passes="lbfgs failed to converge after {passes} iteration(s)"
    ),
    "liblinear": SolverContract(
        frozenset({L1, L2}),
        dual=True,
        several_classes=False,
        large_sparse=False,
        single_precision=False,
        out_of_passes="Liblinear failed to converge, increase the number of iterations.",
    ),
    "newton-cg": SolverContract(
        SMOOTH_PENALTIES,
        out_of_passes="newton-cg failed to converge after {passes} passes. "
        "Increase the number of iterations.",
    ),
    "newton-cholesky": SolverContract(
        SMOOTH_PENALTIES, out_of_passes="Newton solver did not converge after {passes} iterations"
    ),
    "sag": SolverContract(SMOOTH_PENALTIES, large_sparse=False, out_of_passes=STOCHASTIC_MESSAGE),
    "saga": SolverContract(large_sparse=False, out_of_passes=STOCHASTIC_MESSAGE),
}


def penalty_kind(strongest: float, ratios: Any) -> str | None:
    """The name of a penalty by scikit-learn: l2, l1, elasticnet, or None where C is infinite."""
    if np.isinf(strongest):
        return None
    shares = np.asarray(ratios, dtype=np.float64)
    return L2 if (shares == 0.0).all() else L1 if (shares == 1.0).all() else ELASTIC_NET


def solver_contract(solver: Any, kind: str | None, dual: bool) -> SolverContract:
    """What a solver takes.

    Raises UsageError for a name that is not known, or does not take the penalty.
    """
    if not isinstance(solver, str) or solver not in SOLVERS:
        raise UsageError(f"solver '{solver}' is not known; choose one of {', '.join(SOLVERS)}.")
    contract = SOLVERS[solver]
    advice = "Leave solver at 'auto', which takes all."
    if kind is None and None not in contract.penalties:
        raise UsageError(
            f"C=np.inf as well as penalty=None is not supported for the {solver} solver. {advice}"
        )
    if kind not in contract.penalties:
        text = (
            f"Only 'saga' solver supports elasticnet penalty, got solver={solver}."
            if kind == ELASTIC_NET and L1 in contract.penalties
            else f"Solver {solver} supports only 'l2' or None penalties, got {kind} penalty."
        )
        raise UsageError(f"{text} {advice}")
    if dual and not contract.dual:
        raise UsageError(f"Solver {solver} supports only dual=False, got dual={dual}. {advice}")
    return contract


def check_data(solver: str, classes: int, X: Any) -> None:
    """Raises UsageError for classes or values that scikit-learn's solver of that name refuses."""
    if solver == "liblinear" and classes > 2:
        raise UsageError(
            "The 'liblinear' solver does not support multiclass classification (n_classes >= 3). "
            "Leave solver at 'auto', or wrap the estimator in a OneVsRestClassifier."
        )
    if solver == "liblinear" and float(X.max()) > MAX_LIBLINEAR_VALUE:
        raise UsageError(
            "Using the 'liblinear' solver while X contains a maximum value > 1e30 results in a "
            "frozen fit. Please choose another solver or rescale the input X."
        )


def check_passes(max_iter: Any) -> None:
    """Raises UsageError for anything but a number of passes."""
    if isinstance(max_iter, bool) or not isinstance(max_iter, int | np.integer) or max_iter < 0:
        raise UsageError(
            f"max_iter is {max_iter!r}; it is a number of passes over the rows, from 0 on."
        )


def check_intercept(fit_intercept: Any) -> bool:
    """fit_intercept as a bool. Raises UsageError for anything but True or False."""
    if not isinstance(fit_intercept, bool | int | np.bool_) or fit_intercept not in (0, 1):
        raise UsageError(f"fit_intercept is {fit_intercept!r}; it is True or False.")
    return bool(fit_intercept)


def check_strength(C: Any) -> float:
    """C as a number. Raises UsageError for anything but a number above 0, or infinity."""
    if isinstance(C, bool) or not isinstance(C, int | float | np.number) or not C > 0.0:
        raise UsageError(
            f"C is {C!r}; it is the inverse of the penalty's strength, above 0 (infinity for none)."
        )
    return float(C)


def check_ratio(ratio: Any) -> float:
    """l1_ratio as a number. Raises UsageError for anything but a number from 0 to 1."""
    is_number = np.isscalar(ratio) and not isinstance(ratio, bool | str)
    if not is_number or not 0.0 <= ratio <= 1.0:
        raise UsageError(f"l1_ratio is {ratio!r}; it is between 0 (l2) and 1 (l1).")
    return float(ratio)


def warn_deprecated_penalty(instead: str) -> None:
    """Say that `penalty` is deprecated, to the caller of `fit`."""
    warn_caller(
        f"'penalty' was deprecated in scikit-learn 1.8; leave it out, and say {instead} instead.",
        FutureWarning,
    )


def warn_unused_jobs(n_jobs: Any) -> None:
    """Say that `n_jobs` does nothing, to the caller of `fit`."""
    if n_jobs is not None:
        warn_caller(
            "'n_jobs' has no effect since scikit-learn 1.8: a fit takes the cores there are. You "
            f"gave n_jobs={n_jobs}; leave it out.",
            FutureWarning,
        )


def requested_strength(model: Any) -> tuple[float, float]:
    """C and l1_ratio of a LogisticRegression, after the deprecated penalty. Raises UsageError.

    Warns as scikit-learn does of penalty, of l1_ratio=None and of what contradicts them; called by
    `fit` itself.
    """
    C, penalty, given = check_strength(model.C), model.penalty, model.l1_ratio
    if penalty == "deprecated":
        if given is None:
            warn_caller(
                "'l1_ratio=None' was deprecated in scikit-learn 1.8; say l1_ratio=0.", FutureWarning
            )
        ratio = 0.0 if given is None else check_ratio(given)
        return C, ratio
    warn_deprecated_penalty(
        "l1_ratio (0 for l2, 1 for l1, between them for elasticnet) and C=inf for None"
    )
    if penalty not in (L1, L2, ELASTIC_NET, None):
        raise UsageError(f"penalty '{penalty}' is not known; choose l1, l2, elasticnet or None.")
    if penalty == ELASTIC_NET and given is None:
        raise UsageError("l1_ratio must be specified when penalty is elasticnet.")
    ratio = 0.0 if given is None else check_ratio(given)
    if penalty != ELASTIC_NET and 0.0 < ratio < 1.0:
        _warn_unused_ratio(penalty)
    if (penalty == L2 and given != 0.0) or (penalty == L1 and given != 1.0):
        warn_caller(
            f"Inconsistent values: penalty={penalty} with l1_ratio={given}. penalty is deprecated. "
            "Please use l1_ratio only."
        )
    if penalty is None and C != 1.0:
        warn_caller("Setting penalty=None will ignore the C and l1_ratio parameters")
    return np.inf if penalty is None else C, {L2: 0.0, L1: 1.0}.get(penalty, ratio)


def requested_ratios(model: Any) -> NDArray[np.float64]:
    """The l1_ratios of a LogisticRegressionCV, after the deprecated penalty. Raises UsageError.

    Warns as scikit-learn does of penalty; called by `fit` itself.
    """
    penalty, given = model.penalty, model.l1_ratios
    if penalty != "deprecated":
        warn_deprecated_penalty("l1_ratios, (0,) for l2 or (1,) for l1")
        if penalty not in (L1, L2, ELASTIC_NET):
            raise UsageError(f"penalty '{penalty}' is not known; choose l1, l2 or elasticnet.")
        if penalty != ELASTIC_NET:
            if given is not None:
                _warn_unused_ratio(penalty, "l1_ratios")
            return np.array([float(penalty == L1)])
    ratios = np.atleast_1d(
        np.asarray((0.0,) if given is None and penalty != ELASTIC_NET else given)
    )
    if (
        ratios.ndim != 1
        or ratios.size == 0
        or ratios.dtype.kind not in "fiu"
        or not _in_unit_interval(ratios).all()
    ):
        raise UsageError(
            f"l1_ratios are values between 0 (l2) and 1 (l1); got l1_ratios={given!r}."
        )
    return ratios.astype(np.float64)


def _in_unit_interval(values: NDArray[Any]) -> NDArray[np.bool_]:
    return (values >= 0.0) & (values <= 1.0)


def _warn_unused_ratio(penalty: str | None, name: str = "l1_ratio") -> None:
    warn_caller(
        f"{name} parameter is only used when penalty is 'elasticnet'. Got (penalty={penalty})"
    )
