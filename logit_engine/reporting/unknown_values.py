"""Why a statistic of a fit is unknown or infinite: a sentence for each way.

The notes of a fit speak of infinite estimates and of errors after a penalty.
"""

import numpy as np

from logit_engine.fitting.result import FitResult
from logit_engine.reporting.number_formats import UNKNOWN


def unknown_notes(result: FitResult, has_ratios: bool) -> list[str]:
    """A sentence for each kind of unknown or infinite statistic in the table of a fit."""
    errors = result.std_errors
    infinite = np.zeros(errors.size, bool) if result.infinite is None else result.infinite != 0.0
    notes = []
    if np.isnan(result.aic):
        notes.append("AIC and BIC: a penalized fit has no count of parameters to charge.")
    if np.any(np.isnan(errors) & ~infinite) and not result.penalty_strength:
        notes.append(
            f"Std. error {UNKNOWN}: the estimate moves with one that is infinite."
            if infinite.any()
            else f"Std. error {UNKNOWN}: the fit gives no covariance of this coefficient."
        )
    if np.any(errors == 0.0):
        notes.append(
            "z: the standard error is zero, so z is infinite, or unknown if the estimate is zero."
        )
    if has_ratios and _overflow(result):
        notes.append("Odds ratio +inf: it is larger than the largest number, 1.8e+308.")
    return notes


def _overflow(result: FitResult) -> bool:
    """Whether an odds ratio, or an end of its interval, is too large for a number."""
    ends = np.r_[result.limits, result.interval().ravel()]
    return bool(np.any(np.isfinite(ends) & (ends > np.log(np.finfo(np.float64).max))))
