"""Strengths: the grid that a cross-validation tries, on the mean log-likelihood, falling.

A penalty with kinks leaves the constants alone from some strength on: the grid begins there and
ends at a thousandth of it, as glmnet's does. A ridge has no such strength. Its grid begins where it
leaves a thousandth of each effect and goes on, four strengths a decade, to where it takes a
hundredth of the faintest one; then by decades to where the fit is unpenalized to rounding, so
that the best strength lies within the grid, or no penalty is as good.
"""

import numpy as np

from logit_engine.columns import Array
from logit_engine.fitting.preparation import largest_strength
from logit_engine.fitting.ridge_range import ridge_range
from logit_engine.likelihoods import Likelihood
from logit_engine.penalties import ElasticNet
from logit_engine.rows import Rows

STRENGTH_COUNT = 30
MIN_STRENGTH_SHARE = 1e-3  # of the strength that leaves the constants alone
MAX_CURVATURE_RATIO = 1e3  # of the loss's largest curvature: a thousandth of each effect is left
MIN_CURVATURE_SHARE = 1e-2  # of its least curvature: a hundredth of the faintest effect is taken
ROUNDING_CURVATURE_SHARE = 1e-10  # of its least curvature: the fit is unpenalized to rounding
STRENGTHS_PER_DECADE = 4


def strength_grid(
    rows: Rows, likelihood: Likelihood, unit: ElasticNet, threads: int | None
) -> Array:
    """Falling multiples of a penalty on the sum of the rows, unit, that are worth a try, (m,)."""
    if unit.kinked:
        top = largest_strength(rows, likelihood, unit, threads)
        return top * np.logspace(0.0, np.log10(MIN_STRENGTH_SHARE), STRENGTH_COUNT)
    weakest, strongest = ridge_range(rows, likelihood, unit, threads)
    first, turn = MAX_CURVATURE_RATIO * strongest, MIN_CURVATURE_SHARE * weakest
    decades = np.log10(first / turn)
    fine = np.geomspace(first, turn, 1 + int(np.ceil(STRENGTHS_PER_DECADE * decades)))
    tail = np.log10(MIN_CURVATURE_SHARE / ROUNDING_CURVATURE_SHARE)
    return np.append(fine, turn * np.logspace(-1.0, -tail, round(tail)))
