"""Notes: what a reader of the estimates should know beside them, a sentence each."""

import numpy as np

from logit_engine.columns import Array
from logit_engine.diagnostics.wording import first_names
from logit_engine.fitting.condition import NOTED_CONDITION
from logit_engine.fitting.preparation import FirstPass
from logit_engine.fitting.result import FixedCounts
from logit_engine.inference.covariance import CovarianceEstimate
from logit_engine.inference.hypotheses import LIKELIHOOD_RATIO
from logit_engine.inference.reliability import Size, reliability_notes
from logit_engine.objective.loss import Objective

HOPELESS_CONDITION = 1e12  # a condition number above it leaves few digits
WELL_CONDITIONED_DIGITS = 14.0  # less one for each factor of ten in the condition number


def separation_notes(objective: Objective, signs: Array | None) -> list[str]:
    """The notes on infinite estimates; signs: (q,) as in `Recession`, None if all are finite."""
    if signs is None:
        return []
    found = [f"Infinite estimates have no standard errors. {LIKELIHOOD_RATIO}"]
    unknown = np.flatnonzero(np.isnan(signs)).tolist()
    if unknown:
        names = [f"'{objective.coefficient_names[j]}'" for j in unknown]
        found.append(
            f"The data do not identify {first_names(names)}, not even the sign: the likelihood "
            "reaches the same limit whether "
            f"{'it rises or falls' if len(names) == 1 else 'they rise or fall'}."
        )
    return found


def constant_notes(objective: Objective, has_constant: bool) -> list[str]:
    """The note on columns that are not centered; has_constant: whether some column is constant."""
    if objective.coordinates.constant is not None:
        return []
    if has_constant:
        return ["The constant is penalized too: set its strength to 0 to leave it alone."]
    return [
        "There is no constant column, so columns were not centered: shifted columns cost digits."
    ]


def condition_notes(condition: float, collinear: tuple[str, ...]) -> list[str]:
    """The note on a large condition number; collinear: the columns behind it, if they are known."""
    if not condition > NOTED_CONDITION:
        return []
    digits = "few"
    if condition <= HOPELESS_CONDITION:
        digits = f"about {WELL_CONDITIONED_DIGITS - np.log10(condition):.0f}"
    names = first_names([f"'{name}'" for name in collinear]) + " " * bool(collinear)
    return [
        f"The condition number is {condition:.1e}: the columns {names}are nearly collinear, "
        f"{digits} digits are real."
    ]


def error_notes(
    objective: Objective,
    condition: float,
    naive: bool,
    has_errors: bool,
) -> list[str]:
    """The note on standard errors after a penalized fit.

    naive: whether they are asked for; has_errors: whether they are given.
    """
    if objective.separable:
        return []
    if has_errors:
        known = "its zeros were known" if objective.penalty.kinked else "it did not"
        return [
            f"The penalty biases the estimates: standard errors after it are naive, as if {known}."
        ]
    if not naive:
        return [
            "Standard errors are not given after a penalized fit: the penalty biases the estimates."
        ]
    if np.isnan(condition):
        return [
            "The information is singular where the penalty left off, so there are no naive "
            "standard errors."
        ]
    return []


def size_notes(
    objective: Objective,
    first: FirstPass,
    estimated: CovarianceEstimate | None,
    fixed: FixedCounts,
) -> tuple[str, ...]:
    """Whether there are too few rows or clusters for standard errors without a penalty."""
    if estimated is None or not objective.separable or np.isnan(estimated.matrix).any():
        return ()
    contrasts = first.classes.size - 1
    free_slopes = int((~objective.free).sum()) - (fixed.coefficients - fixed.constants)
    slopes = -(-free_slopes // contrasts)  # of one contrast, rounded up
    # Of shares of events the trials count.
    trials = max(first.observations / objective.weight, 1.0)
    base, *others = (trials * weight for weight in first.classes.tolist())
    rarest = min(others)
    return reliability_notes(
        Size(slopes, base + rarest, min(base, rarest), estimated.clusters, contrasts > 1)
    )
