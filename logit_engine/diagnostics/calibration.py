"""Calibration by bins: observed shares of events beside predicted ones."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array


class CalibrationBin(NamedTuple):
    """Rows of like predictions: count, mean probability, observed share and its interval."""

    rows: int
    predicted: float
    observed: float
    lower: float
    upper: float


def calibration_bins(
    y: Array, probability: Array, bins: int = 10, level: float = 0.95
) -> list[CalibrationBin]:
    """Rows in bins of about equal size by their probability; equal ones stay together.

    y, probability: (n,). The intervals of the shares are those of Wilson (1927), which take rows as
    independent.
    """
    edges = np.unique(np.quantile(probability, np.arange(1, bins) / bins))
    place = np.searchsorted(edges, probability, side="right")
    found, z = [], NormalDist().inv_cdf(0.5 + level / 2)
    for k in np.unique(place):
        inside = place == k
        n, share = int(inside.sum()), float(y[inside].mean())
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        found.append(
            CalibrationBin(
                n,
                float(probability[inside].mean()),
                share,
                max(0.0, middle - reach),
                min(1.0, middle + reach),
            )
        )
    return found
