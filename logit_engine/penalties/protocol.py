"""What a penalty is: a function of the user's coefficients that is subtracted from the log-likelihood.

The intercept is left free. To add one: a frozen dataclass with `value`, `gradient` and `curvature` (if smooth), and a
line in `PENALTIES`.
"""

from typing import Protocol

import numpy as np

from logit_engine.columns import Array


class Penalty(Protocol):
    """A smooth penalty of the coefficients theta, (p,); `free` marks those that are not penalised, (p,) bool."""

    def value(self, theta: Array, free: np.ndarray) -> float: ...

    def gradient(self, theta: Array, free: np.ndarray) -> Array: ...

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """The second derivative, (p, p)."""
        ...
