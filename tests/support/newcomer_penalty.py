"""A sample newcomer among the penalties: log cosh, a ridge near zero and a lasso far out, smooth
everywhere.

To join the engine a penalty takes this file and one line in `PENALTIES`: "log_cosh":
LogCosh.of_target. The laws in `tests/laws` then run over it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.penalties import Penalty, PenaltyTarget


@dataclass(frozen=True, slots=True)
class LogCosh(Penalty):
    """strength * the sum of log cosh theta over the penalized coefficients."""

    strength: float

    @classmethod
    def of_target(cls, target: PenaltyTarget) -> "LogCosh":
        return cls(1.0)

    def multiplied(self, factor: float) -> "LogCosh":
        return LogCosh(self.strength * factor)

    def value(self, theta: Array, free: NDArray[np.bool_]) -> float:
        size = np.abs(theta[~free])
        return self.strength * float((size + np.log1p(np.exp(-2.0 * size)) - np.log(2.0)).sum())

    def gradient(self, theta: Array, free: NDArray[np.bool_]) -> Array:
        return np.where(free, 0.0, self.strength * np.tanh(theta))

    def curvature(self, theta: Array, free: NDArray[np.bool_]) -> Array:
        return np.diag(np.where(free, 0.0, self.strength / np.square(np.cosh(theta))))
