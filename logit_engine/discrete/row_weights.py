"""Weights of rows: how three kinds of weights make the one weight with which a row enters a fit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.rows import arrays

WEIGHT_KINDS = ("freq_weights", "var_weights", "sampling_weights")


@dataclass(frozen=True, slots=True)
class RowWeights:
    """Weights of the n rows of a model.

    whole: (n,), the product of all kinds, or None without weights. precision: (n,), the part of it
    that counts no rows. observations: the number of rows that the data stand for. survey: whether
    there are sampling weights.
    """

    whole: Array | None
    precision: Array | None
    observations: float
    survey: bool

    @staticmethod
    def of_rows(row_values: Mapping[str, NDArray[np.float64]], n: int) -> "RowWeights":
        """The weights among the values of n rows. Raises DataError for negative weights."""
        given = {
            name: arrays.row_weights(row_values[name], n, name)
            for name in WEIGHT_KINDS
            if name in row_values
        }
        copies = given.pop("freq_weights", None)
        observations = float(n) if copies is None else float(copies.sum())
        if not given:
            return RowWeights(copies, None, observations, False)
        precision = np.prod(list(given.values()), axis=0)
        whole = precision if copies is None else precision * copies
        survey = "sampling_weights" in given
        return RowWeights(whole, np.where(precision > 0.0, precision, 1.0), observations, survey)
