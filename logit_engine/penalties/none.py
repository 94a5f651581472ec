"""No penalty: maximum likelihood."""

from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array
from logit_engine.penalties.protocol import Penalty
from logit_engine.penalties.target import PenaltyTarget


@dataclass(frozen=True, slots=True)
class NoPenalty(Penalty):
    """Nothing: maximum likelihood."""

    @classmethod
    def of_target(cls, target: PenaltyTarget) -> "NoPenalty":
        """None, whatever the target."""
        return NONE

    def multiplied(self, factor: float) -> "NoPenalty":
        """Itself."""
        return self

    @property
    def strength(self) -> float:
        """0."""
        return 0.0

    @property
    def absent(self) -> bool:
        """True."""
        return True

    def touches(self, column: int, terms: int) -> bool:
        """False: no column is penalized."""
        return False

    def value(self, theta: Array, free: np.ndarray) -> float:
        """0."""
        return 0.0

    def gradient(self, theta: Array, free: np.ndarray) -> Array:
        """Zeros, (p,)."""
        return np.zeros_like(theta)

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """Zeros, (p, p)."""
        return np.zeros((theta.size, theta.size))


NONE = NoPenalty()
