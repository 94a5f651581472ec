"""statsmodels' checks after an l1 fit: which parameters are zero, and whether the optimum holds.

There a solver stops beside the optimum, and trimming guesses which parameters would have been zero.
Here zeros are zeros, so `auto` has nothing to add. `size` sets small estimates to zero. `off`
counts every parameter, zero or not.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.discrete.model_protocol import Model
from logit_engine.errors import ConvergenceWarning, UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.inference.covariance import Kind
from logit_engine.reporting.notices import warn_caller

TRIM_MODES = ("auto", "size", "off")


@dataclass(frozen=True, slots=True)
class Trimming:
    """Settings of the checks after an l1 fit.

    mode: auto, size or off. auto_tol: the share of alpha by which the score of a zero must lie
    below alpha. size_tol: the estimate below which a parameter counts as zero. qc_tol: the share of
    alpha by which a score may lie above alpha. Raises UsageError for other modes and negative
    tolerances.
    """

    mode: str = "auto"
    auto_tol: float = 0.01
    size_tol: float = 1e-4
    qc_tol: float = 0.03
    qc_verbose: bool = False

    def __post_init__(self) -> None:
        if self.mode not in TRIM_MODES:
            raise UsageError(f"trim_mode is {self.mode!r}; it is one of {', '.join(TRIM_MODES)}.")
        tolerances = {
            "auto_trim_tol": self.auto_tol,
            "size_trim_tol": self.size_tol,
            "qc_tol": self.qc_tol,
        }
        for name, value in tolerances.items():
            if not value >= 0.0:
                raise UsageError(f"{name} is {value!r}; it is a number from 0 on.")

    def settings(self, alpha: Array, n: int) -> dict[str, object]:
        """The entries of statsmodels' mle_settings. alpha: (q,), of a fit of n rows."""
        return {
            "alpha": alpha,
            "alpha_rescaled": alpha / n,
            "trim_mode": self.mode,
            "size_trim_tol": self.size_tol,
            "auto_trim_tol": self.auto_tol,
            "qc_tol": self.qc_tol,
            "qc_verbose": self.qc_verbose,
        }


def trim_result(model: Model, result: FitResult, alpha: Array, trimming: Trimming) -> FitResult:
    """The result with zero for each estimate that counts as zero, and nan for its covariance.

    alpha: (q,). Warns if a score lies above its alpha by more than qc_tol. Raises UsageError for
    mode off with a robust covariance.
    """
    size = np.abs(model.score(result.estimates))
    _warn_of_missed_optimum(result.estimates, alpha, size, trimming)
    if trimming.mode == "off":
        return _with_every_parameter(model, result)
    zero = (alpha > 0.0) & (result.estimates == 0.0)
    if trimming.mode == "size":
        zero |= (alpha > 0.0) & (np.abs(result.estimates) < trimming.size_tol)
    else:
        zero |= alpha - size > trimming.auto_tol * alpha
    covariance = result.covariance.copy()
    covariance[zero], covariance[:, zero] = np.nan, np.nan
    estimates = np.where(zero, 0.0, result.estimates)
    return replace(result, estimates=estimates, covariance=covariance)


def _with_every_parameter(model: Model, result: FitResult) -> FitResult:
    """The result with the covariance of all parameters, zero or not."""
    if result.covariance_type == "none":
        return result
    if result.covariance_type != Kind.NONROBUST.value:
        raise UsageError(
            "trim_mode='off' has no robust covariance; choose trim_mode='auto', "
            "or cov_type='nonrobust'."
        )
    every = np.ones(result.estimates.size, dtype=bool)
    return replace(result, covariance=model.sample.covariance(result.estimates, every))


def _warn_of_missed_optimum(
    estimates: Array,
    alpha: Array,
    size: Array,
    trimming: Trimming,
) -> None:
    """Warn if a score's size lies above its alpha by more than qc_tol. All: (q,)."""
    missed: NDArray[np.bool_] = (alpha > 0.0) & (size - alpha > trimming.qc_tol * alpha)
    if not missed.any():
        return
    sentence = (
        f"the conditions of the optimum miss qc_tol = {trimming.qc_tol:g} for {int(missed.sum())} "
        f"of {alpha.size} parameters; raise qc_tol or maxiter."
    )
    if trimming.qc_verbose:
        rows = zip(missed, alpha, size, estimates, strict=True)
        lines = (f"|{not bad!s:<6}|{a:<10.3e}|{s:<10.3e}|{b:<10.3e}|" for bad, a, s, b in rows)
        sentence = "\n".join([sentence, *lines])
    warn_caller(sentence, ConvergenceWarning)
