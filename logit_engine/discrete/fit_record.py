"""The record of a fit: the engine's result beside what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.constraints import Equalities
from logit_engine.fitting.result import FitResult
from logit_engine.inference.covariance import Covariance


@dataclass(frozen=True, slots=True)
class FitRecord:
    """The engine's result beside what was asked for.

    kept: (p,), which columns were fitted. The others are aliased, and their parameters are nan.
    covariance: as asked for. settings, answers: statsmodels' mle_settings and mle_retvals.
    alpha: (q,), the strengths of an l1 penalty, or None. groups: (n, ways), the rows' clusters.
    df_correction: whether tests use the number of clusters as degrees of freedom. scaling: the
    factor of the covariance. survey: whether the rows have sampling weights.
    """

    result: FitResult
    kept: NDArray[np.bool_]
    covariance: Covariance
    settings: Mapping[str, object]
    answers: Mapping[str, object]
    alpha: Array | None = None
    equalities: Equalities | None = None
    groups: NDArray[np.int64] | None = None
    df_correction: bool = True
    scaling: float = 1.0
    survey: bool = False

    def over_all_columns(self, values: Array, fill: float = np.nan) -> Array:
        """Values of the parameters that were fitted, as values of all parameters, (q,) or (q, q).

        fill: the value of the parameters that were not fitted.
        """
        outputs = max(1, len(self.result.classes) - 1)
        at = np.flatnonzero(np.tile(self.kept, outputs))
        if at.size == self.kept.size * outputs:
            return values
        out = np.full((self.kept.size * outputs,) * values.ndim, fill)
        out[np.ix_(*[at] * values.ndim)] = values
        return out

    def kept_names(self, names: list[str]) -> list[str]:
        """The names of the columns that were fitted, of the names of all p columns."""
        return [name for name, keep in zip(names, self.kept, strict=True) if keep]
