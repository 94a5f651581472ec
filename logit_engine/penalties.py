"""Penalties as values, in the user's coefficients: subtracted from the log-likelihood; the intercept is left free.

To add one: a frozen dataclass with `value`, `gradient` and `curvature` (if smooth), and a line in `PENALTIES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logit_engine.links import Array


class Penalty(Protocol):
    """A smooth penalty of the coefficients theta, (p,); `free` marks those that are not penalised, (p,) bool."""

    def value(self, theta: Array, free: np.ndarray) -> float: ...

    def gradient(self, theta: Array, free: np.ndarray) -> Array: ...

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """The diagonal of the second derivative, (p,)."""
        ...


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
        """Zeros, (p,)."""
        return np.zeros_like(theta)


@dataclass(frozen=True, slots=True)
class L2:
    """Ridge: strength/2 * sum of squared coefficients, on the scale of the (summed) log-likelihood.

    Hoerl & Kennard (1970); le Cessie & van Houwelingen (1992) for logistic models. scikit-learn's C is 1/strength;
    glmnet's lambda (on the mean log-likelihood) is strength/n.
    """

    strength: float

    def value(self, theta: Array, free: np.ndarray) -> float:
        """strength/2 * |theta|^2 over the penalised terms."""
        return 0.5 * self.strength * float(np.sum(np.square(theta[~free])))

    def gradient(self, theta: Array, free: np.ndarray) -> Array:
        """strength * theta, (p,)."""
        return np.where(free, 0.0, self.strength * theta)

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """strength, (p,)."""
        return np.where(free, 0.0, self.strength)


@dataclass(frozen=True, slots=True)
class ElasticNet:
    """The sum of l1_j |theta_j| + l2_j theta_j^2 / 2, l1, l2: (q,), zero for a coefficient left alone. Zou & Hastie (2005).

    Without l2 it is the lasso (Tibshirani 1996). Its kinks are the solver's business (solvers/proximal.py): gradient and
    curvature are those of its smooth part. An infinite l1 pins its coefficient, in inner coordinates, to zero.
    """

    l1: Array
    l2: Array

    def value(self, theta: Array, free: np.ndarray) -> float:
        """The sum of l1_j |theta_j| + l2_j theta_j^2 / 2."""
        kinks = np.multiply(self.l1, np.abs(theta), out=np.zeros_like(theta), where=np.isfinite(self.l1))
        return float(kinks.sum() + 0.5 * self.l2 @ np.square(theta))

    def gradient(self, theta: Array, free: np.ndarray) -> Array:
        """l2 * theta, (q,)."""
        return self.l2 * theta

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """l2, (q,)."""
        return self.l2


def lasso(strength: Array) -> ElasticNet:
    """The sum of strength_j |theta_j|, strength: (q,)."""
    return ElasticNet(strength, np.zeros_like(strength))


NONE = NoPenalty()
PENALTIES: dict[str, Callable[..., Penalty]] = {"none": NoPenalty, "l2": L2}
