"""Penalties as values, in the user's coefficients: subtracted from the log-likelihood; the intercept is left free.

To add one: a frozen dataclass with `value`, `gradient` and `curvature` (if smooth), and a line in `PENALTIES`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
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

    low, high: (q,), bounds of the coefficients, or None. Without l2 it is the lasso (Tibshirani 1996). Kinks and bounds are
    the solver's business (solvers/quadratic.py): gradient and curvature are those of the smooth part. An infinite l1 pins
    its coefficient to zero.
    """

    l1: Array
    l2: Array
    low: Array | None = None
    high: Array | None = None

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

    @property
    def bounded(self) -> bool:
        """Whether any coefficient has bounds."""
        return self.low is not None or self.high is not None

    @property
    def kinked(self) -> bool:
        """Whether it is more than a ridge: an l1 or bounds; coefficients pinned to zero do not count."""
        return bool(((self.l1 > 0.0) & np.isfinite(self.l1)).any()) or self.bounded

    def times(self, strength: float) -> "ElasticNet":
        """The same penalty so many times as strong, within the same bounds."""
        return replace(self, l1=self.l1 * strength, l2=self.l2 * strength)

    def scaled(self, scale: Array) -> "ElasticNet":
        """The same penalty of scale * theta, scale: (q,)."""
        bounds = (None if b is None else b * scale for b in (self.low, self.high))
        return ElasticNet(self.l1 / scale, self.l2 / np.square(scale), *bounds)

    def some(self, which: np.ndarray) -> "ElasticNet":
        """The penalty of some of the coefficients."""
        bounds = (None if b is None else b[which] for b in (self.low, self.high))
        return ElasticNet(self.l1[which], self.l2[which], *bounds)

    def nearest(self, x: Array, curvature: Array, tie: float = 0.0) -> Array:
        """The proximal point: what minimizes curvature_j (t - x_j)^2 / 2 + l1_j |t| within the bounds, (q,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            kink = self.l1 / curvature
            size = np.abs(x) - kink
            moved = np.where(size > tie * kink, np.copysign(size, x), 0.0)
        return np.clip(moved, self.low, self.high) if self.bounded else moved

    def holds(self, theta: Array) -> np.ndarray:
        """Which coefficients sit at a kink or a bound, (q,)."""
        held: np.ndarray = (theta == 0.0) & (self.l1 > 0.0)
        for bound in (self.low, self.high):
            if bound is not None:
                held |= theta == bound
        return held

    def pull(self, theta: Array) -> Array:
        """The slope of the l1 part beside its kinks, (q,)."""
        return np.multiply(self.l1, np.sign(theta), out=np.zeros_like(theta), where=np.isfinite(self.l1))

    def distance(self, theta: Array, gradient: Array) -> Array:
        """How far each coefficient is from optimal, (q,), in units of the gradient: that of the smooth part at theta.

        The distance of minus the gradient to the subdifferential (Karush, Kuhn & Tucker).
        """
        slack = np.maximum(np.abs(gradient) - self.l1, 0.0)
        away = np.where((theta == 0.0) & (self.l1 > 0.0), slack, np.abs(gradient + self.pull(theta)))
        down = gradient + np.where(theta > 0.0, self.pull(theta), -np.where(np.isfinite(self.l1), self.l1, 0.0))
        up = gradient + np.where(theta < 0.0, self.pull(theta), np.where(np.isfinite(self.l1), self.l1, 0.0))
        if self.low is not None:  # it may not go down: only a wish to go up counts
            away = np.where(theta <= self.low, np.maximum(-up, 0.0), away)
        if self.high is not None:
            away = np.where(theta >= self.high, np.maximum(down, 0.0), away)
        pinned = np.isinf(self.l1)
        if self.low is not None and self.high is not None:
            pinned |= self.low == self.high
        return np.where(pinned, 0.0, away)


def lasso(strength: Array) -> ElasticNet:
    """The sum of strength_j |theta_j|, strength: (q,)."""
    return ElasticNet(strength, np.zeros_like(strength))


NONE = NoPenalty()
PENALTIES: dict[str, Callable[..., Penalty]] = {"none": NoPenalty, "l2": L2}
