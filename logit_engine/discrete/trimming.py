"""statsmodels' checks after an l1 fit: which parameters count as zero, and whether the optimum's conditions hold.

There a solver stops beside the optimum and trimming guesses what would have been zero. Here zeros are zeros, so that
`auto` has nothing to add; `size` sets small estimates to zero, and `off` counts every parameter, zero or not.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import ConvergenceWarning, UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.inference.covariance import Kind
from logit_engine.reporting.notices import warn_caller

MODES = ("auto", "size", "off")


@dataclass(frozen=True, slots=True)
class Trimming:
    """mode: auto, size or off. auto_tol: a share of alpha by which the score must be below it; size_tol: of an estimate.

    qc_tol: a share of alpha by which a score may be above it. Raises UsageError for other modes and negative tolerances.
    """

    mode: str = "auto"
    auto_tol: float = 0.01
    size_tol: float = 1e-4
    qc_tol: float = 0.03
    qc_verbose: bool = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(f"trim_mode is {self.mode!r}; it is one of {', '.join(MODES)}.")
        for name in ("auto_tol", "size_tol", "qc_tol"):
            if not getattr(self, name) >= 0.0:
                shown = name if name == "qc_tol" else name.replace("_tol", "_trim_tol")
                raise UsageError(f"{shown} is {getattr(self, name)!r}; it is a number from 0 on.")

    def settings(self, alpha: Array, n: int) -> dict[str, Any]:
        """As statsmodels' mle_settings have it."""
        return {
            "alpha": alpha,
            "alpha_rescaled": alpha / n,
            "trim_mode": self.mode,
            "size_trim_tol": self.size_tol,
            "auto_trim_tol": self.auto_tol,
            "qc_tol": self.qc_tol,
            "qc_verbose": self.qc_verbose,
        }


def trimmed(model: Any, result: FitResult, alpha: Array, trimming: Trimming) -> FitResult:
    """Estimates that count as zero set to zero, their covariance to nan. alpha: (q,).

    Warns where a score is above its alpha by more than qc_tol. Raises UsageError for mode off with a robust covariance.
    """
    size = np.abs(model.score(result.estimates))
    _check(result.estimates, alpha, size, trimming)
    if trimming.mode == "off":
        if result.covariance_type not in (Kind.NONROBUST.value, "none"):
            raise UsageError(
                "trim_mode='off' has no robust covariance; choose trim_mode='auto', or cov_type='nonrobust'."
            )
        every = np.ones(alpha.size, dtype=bool)
        if result.covariance_type == "none":
            return result
        return replace(result, covariance=model.sample.covariance(result.estimates, every))
    zero = (alpha > 0.0) & (result.estimates == 0.0)
    if trimming.mode == "size":
        zero |= (alpha > 0.0) & (np.abs(result.estimates) < trimming.size_tol)
    else:
        zero |= alpha - size > trimming.auto_tol * alpha
    covariance = result.covariance.copy()
    covariance[zero], covariance[:, zero] = np.nan, np.nan
    return replace(result, estimates=np.where(zero, 0.0, result.estimates), covariance=covariance)


def _check(estimates: Array, alpha: Array, size: Array, trimming: Trimming) -> None:
    failed: NDArray[np.bool_] = (alpha > 0.0) & (size - alpha > trimming.qc_tol * alpha)
    if not failed.any():
        return
    sentence = (
        f"the conditions of the optimum miss qc_tol = {trimming.qc_tol:g} for {int(failed.sum())} of {alpha.size} "
        "parameters; raise qc_tol or maxiter."
    )
    if trimming.qc_verbose:
        rows = zip(failed, alpha, size, estimates, strict=True)
        sentence += "\n" + "\n".join(f"|{not bad!s:<6}|{a:<10.3e}|{s:<10.3e}|{b:<10.3e}|" for bad, a, s, b in rows)
    warn_caller(sentence, ConvergenceWarning)
