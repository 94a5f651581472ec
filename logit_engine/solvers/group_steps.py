"""The minimum of a quadratic model with norms of groups beside kinks and bounds.

Accelerated proximal steps find which groups and coefficients stay at zero or at a bound; Newton's method finishes the
others, along which the penalty is smooth; and so on until nothing wants to move. Meier, van de Geer & Buehlmann (2008).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.penalties import ElasticNet, Groups
from logit_engine.solvers.product_steps import (
    Curved,
    Products,
    accelerated,
    conjugate,
    floored,
    model_value,
)
from logit_engine.solvers.singular_steps import split_step

ROUNDS = 30
NEWTON_STEPS = 12
ENOUGH = {
    True: 1e-7,
    False: 1e-1,
}  # of the first distance to optimality: with a matrix, and by products
HALVINGS = 12
ROUNDING = 1e-14  # of the largest slope


@dataclass(frozen=True, slots=True)
class Matrix:
    """H itself, (q, q), and without the penalty's curvature."""

    H: Array
    loss: Array

    @property
    def diagonal(self) -> Array:
        """Of H, above zero."""
        return floored(np.diagonal(self.H))

    def times(self, v: Array) -> Array:
        """H v."""
        return np.asarray(self.H @ v)


def group_step(g: Array, H: Matrix | Products, theta: Array, penalty: ElasticNet) -> Array:
    """The d that minimizes the model, nearly so by products, and lowers it, (q,); g: the smooth part's slope at theta."""
    groups = penalty.groups
    assert groups is not None
    enough = ENOUGH[isinstance(H, Matrix)] * float(
        penalty.optimality_gap(theta, g).max(initial=0.0)
    )
    enough = max(enough, ROUNDING * float(np.abs(g).max(initial=0.0)))
    d, value, last = np.zeros_like(g), model_value(g, H, theta, np.zeros_like(g), penalty), np.inf
    for _ in range(ROUNDS):
        moved = accelerated(g, H, theta, penalty, d)
        reached = model_value(g, H, theta, moved, penalty)
        if not reached <= value + 1e-14 * abs(value):
            return d
        d, value = moved, reached
        for _ in range(NEWTON_STEPS):
            there = theta + d
            slope = g + H.times(d)
            away = penalty.optimality_gap(there, slope)
            if away.max(initial=0.0) <= enough:
                return d
            on = np.flatnonzero(~penalty.at_kink_or_bound(there))
            if away[on].max(initial=0.0) < 0.1 * away.max(initial=0.0):
                break  # what is held wants to move
            pull = (slope + penalty.kink_slope(there))[on]
            rest = np.zeros_like(d)
            rest[on] = _bent_solution(H, -pull, on, groups, there)
            found = _shortened(g, H, theta, d, rest, penalty, value)
            if found is None:
                break
            d, before, value = found[0], value, found[1]
            if not value < before:
                return d  # rounding has the last word
        now = float(penalty.optimality_gap(theta + d, g + H.times(d)).max(initial=0.0))
        if now > 0.5 * last:
            return d  # rounding has the last word, or the outer steps
        last = now
    return d


def _shortened(
    g: Array, H: Curved, theta: Array, d: Array, rest: Array, penalty: ElasticNet, value: float
) -> tuple[Array, float] | None:
    """d and as much of the rest as lowers the model, with its value; None if nothing does.

    First all of it, with what crosses a kink held there; then as far as the first kink, and halves of that.
    """
    there = theta + d
    with np.errstate(divide="ignore", invalid="ignore"):
        kink = np.where(
            (penalty.separate_kinks > 0.0) & (rest * there < 0.0), -there / rest, np.inf
        )
    first = float(kink.min(initial=1.0))
    for share in (1.0, *(first * 2.0**-halving for halving in range(HALVINGS))):
        further = np.where(kink <= share, 0.0, there + share * rest)
        if penalty.bounded:
            further = np.clip(further, penalty.low, penalty.high)
        reached = model_value(g, H, theta, further - theta, penalty)
        if reached <= value + 1e-14 * abs(value):
            return further - theta, reached
    return None


def _bent_solution(
    H: Matrix | Products, b: Array, on: NDArray[np.intp], groups: Groups, theta: Array
) -> Array:
    """x with (H + the norms' curvature at theta) x = b over some of the coefficients, (r,)."""
    some, at = groups.select(on), theta[on]
    if isinstance(H, Products):
        return conjugate(_Bent(H.select(on), some, at), b)
    loss = H.loss[np.ix_(on, on)]
    return split_step(
        loss,
        H.H[np.ix_(on, on)] - loss + some.curvature(at),
        b,
        ROUNDING * float(np.abs(b).max(initial=0.0)),
    )


class _Bent:
    """H and the norms' curvature at theta."""

    def __init__(self, H: Products, groups: Groups, theta: Array) -> None:
        self.H, self.groups = H, groups
        self.stiffness, self.inner = groups.curvature_parts(theta)
        self.diagonal = H.diagonal + self.stiffness - np.square(self.inner)

    def times(self, v: Array) -> Array:
        """The sum times v."""
        common = self.groups.per_coefficient(self.groups.group_sums(self.inner * v))
        return self.H.times(v) + self.stiffness * v - self.inner * common
