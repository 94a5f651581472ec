"""The ridge penalty: half the sum of squared coefficients, times one strength."""

from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.penalties.protocol import Penalty


@dataclass(frozen=True, slots=True)
class L2(Penalty):
    """Ridge: strength/2 * sum of squared coefficients, on the scale of the (summed) log-likelihood.

    Hoerl & Kennard (1970); le Cessie & van Houwelingen (1992) for logistic models. scikit-learn's C is 1/strength;
    glmnet's lambda (on the mean log-likelihood) is strength/n.
    """

    strength: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength < np.inf:
            raise UsageError(f"the strength of L2 is {self.strength!r}; it is from 0 on, and finite.")

    def value(self, theta: Array, free: np.ndarray) -> float:
        """strength/2 * |theta|^2 over the penalised terms."""
        return 0.5 * self.strength * float(np.sum(np.square(theta[~free])))

    def gradient(self, theta: Array, free: np.ndarray) -> Array:
        """strength * theta, (p,)."""
        return np.where(free, 0.0, self.strength * theta)

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """strength on the diagonal, (p, p)."""
        return np.diag(np.where(free, 0.0, self.strength))
