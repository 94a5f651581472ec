"""The ridge penalty: half the sum of squared coefficients, times one strength."""

from dataclasses import dataclass, replace

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.penalties.elastic_net import ElasticNet
from logit_engine.penalties.protocol import Penalty
from logit_engine.penalties.target import PenaltyTarget


@dataclass(frozen=True, slots=True)
class L2(Penalty):
    """Ridge: strength/2 * sum of squared coefficients, on the scale of the (summed) log-likelihood.

    Hoerl & Kennard (1970); le Cessie & van Houwelingen (1992) for logistic models. scikit-learn's C
    is 1/strength; glmnet's lambda (on the mean log-likelihood) is strength/n.
    """

    strength: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength < np.inf:
            raise UsageError(
                f"the strength of L2 is {self.strength!r}; it is from 0 on, and finite."
            )

    @classmethod
    def of_target(cls, target: PenaltyTarget) -> Penalty:
        """The ridge of all coefficients but the constants, or beside differences an elastic net
        without l1.
        """
        ridge = cls(1.0)
        return (
            ridge
            if target.smooth is None
            else replace(ridge.as_elastic_net(target.weights), smooth=target.smooth)
        )

    def multiplied(self, factor: float) -> "L2":
        """The same ridge, so many times as strong."""
        return L2(self.strength * factor)

    def as_elastic_net(self, weights: Array) -> ElasticNet:
        """The same ridge of these coefficients, (q,), without l1."""
        return ElasticNet(np.zeros_like(weights), self.strength * weights)

    def value(self, theta: Array, free: np.ndarray) -> float:
        """strength/2 * |theta|^2 over the penalised terms."""
        return 0.5 * self.strength * float(np.sum(np.square(theta[~free])))

    def gradient(self, theta: Array, free: np.ndarray) -> Array:
        """strength * theta, (p,)."""
        return np.where(free, 0.0, self.strength * theta)

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """strength on the diagonal, (p, p)."""
        return np.diag(np.where(free, 0.0, self.strength))
