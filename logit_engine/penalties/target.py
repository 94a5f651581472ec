"""The coefficients that a penalty is asked for by its name, as a config asks for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array


@dataclass(frozen=True, slots=True)
class PenaltyTarget:
    """The coefficients of all linear predictors, one predictor after another, and what is asked of
    their penalty.

    weights: (q,), one for a coefficient that is penalized, else zero. labels: (q,), the group of
    each coefficient, or -1 for none. l1_ratio: the share of the l1 in an elastic net. smooth: the
    matrix of `differences`, or None.
    """

    weights: Array
    labels: NDArray[np.intp]
    l1_ratio: float = 0.0
    smooth: Any = None
