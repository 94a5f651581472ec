"""No penalty: maximum likelihood."""

from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array


@dataclass(frozen=True, slots=True)
class NoPenalty:
    """Nothing: maximum likelihood."""

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
