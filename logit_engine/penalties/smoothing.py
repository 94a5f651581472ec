"""Differences between the coefficients of neighboring levels, for the smooth part of a penalty."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, vstack

from logit_engine.errors import UsageError


def differences(runs: Sequence[Sequence[int]], coefficients: int, order: int = 1) -> csr_array:
    """S of so many coefficients: theta' S theta is the sum of squared differences of neighbors
    within each run.

    A run lists the positions of ordered levels' coefficients, -1 for the reference level, whose
    coefficient is zero. order: 1 draws levels to their neighbors, 2 to a straight line through
    them. Raises UsageError for positions out of range or repeated, and for a run too short for
    order 2; a run of one level has no neighbors. Gertheiss & Tutz (2009).
    """
    if order not in (1, 2):
        raise UsageError(
            f"the order of differences is {order!r}; it is 1, to neighbors, or 2, to a line."
        )
    rows = [csr_array((0, coefficients))]
    for run in runs:
        places = np.asarray(run)
        if (
            places.ndim != 1
            or places.dtype.kind not in "iu"
            or ((places < -1) | (places >= coefficients)).any()
        ):
            raise UsageError(
                f"the run {list(run)} of differences has to hold positions from 0 to "
                f"{coefficients - 1}, or -1 for the reference level."
            )
        if np.unique(places).size < places.size:
            raise UsageError(f"the run {list(run)} of differences holds a position twice.")
        if order == 2 and places.size < 3:
            raise UsageError(
                f"the run {list(run)} of differences has {places.size} levels; order 2 needs three."
            )
        level = csr_array(places[:, None] == np.arange(coefficients), dtype=np.float64)
        for _ in range(min(order, places.size)):
            level = level[1:] - level[:-1]
        rows.append(level)
    whole = vstack(rows, format="csr")
    return csr_array(whole.T @ whole)
