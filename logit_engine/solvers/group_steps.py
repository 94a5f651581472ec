"""The minimum of a quadratic model with norms of groups beside kinks and bounds.

The problem: the norm of a group has a kink where the whole group is zero, and curvature elsewhere,
so neither signs nor a fixed matrix describe it.

The idea: accelerated proximal steps find which groups and coefficients stay at zero or at a bound.
Newton's method finishes the others, along which the penalty is smooth. Both take turns until
nothing wants to move. Meier, van de Geer & Buehlmann (2008).

Invariants: every step lowers the model, or the last one is given back. A Newton step that crosses
kinks is kept whole with those coefficients held, or shortened to the first kink and by halves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.penalties import ElasticNet, Groups
from logit_engine.solvers.product_steps import (
    CurvatureOperator,
    ProductCurvature,
    accelerated_step,
    conjugate_solution,
    model_value,
    positive_diagonal,
)
from logit_engine.solvers.singular_steps import split_step

MAX_ROUNDS = 30
MAX_NEWTON_STEPS = 12
MATRIX_GAP_RATIO = 1e-7  # to the first distance to optimality, with a matrix
PRODUCT_GAP_RATIO = 1e-1  # the same, by products
MAX_HALVINGS = 12
SLOPE_ROUNDING = 1e-14  # of the largest slope
MODEL_ROUNDING = 1e-14  # of the model, relative


@dataclass(frozen=True, slots=True)
class MatrixCurvature:
    """H, (q, q); loss: without the penalty's curvature."""

    H: Array
    loss: Array

    @property
    def diagonal(self) -> Array:
        """The diagonal of H, above zero."""
        return positive_diagonal(np.diagonal(self.H))

    def times(self, v: Array) -> Array:
        """H v."""
        return np.asarray(self.H @ v)


def group_step(
    g: Array, H: MatrixCurvature | ProductCurvature, theta: Array, penalty: ElasticNet
) -> Array:
    """The d that minimizes the model, or nearly so by products, and lowers it, (q,).

    g: the slope of the smooth part at theta, (q,).
    """
    ratio = MATRIX_GAP_RATIO if isinstance(H, MatrixCurvature) else PRODUCT_GAP_RATIO
    target = ratio * float(penalty.optimality_gap(theta, g).max(initial=0.0))
    target = max(target, SLOPE_ROUNDING * float(np.abs(g).max(initial=0.0)))
    d, last_gap = np.zeros_like(g), np.inf
    value = model_value(g, H, theta, d, penalty)
    for _ in range(MAX_ROUNDS):
        moved = accelerated_step(g, H, theta, penalty, d)
        new_value = model_value(g, H, theta, moved, penalty)
        if not new_value <= value + MODEL_ROUNDING * abs(value):
            return d
        d, value, is_done = _newton_steps(g, H, theta, moved, new_value, penalty, target)
        if is_done:
            return d
        new_gap = float(penalty.optimality_gap(theta + d, g + H.times(d)).max(initial=0.0))
        if new_gap > 0.5 * last_gap:
            return d  # rounding has the last word, or the outer steps
        last_gap = new_gap
    return d


def _newton_steps(
    g: Array,
    H: MatrixCurvature | ProductCurvature,
    theta: Array,
    d: Array,
    value: float,
    penalty: ElasticNet,
    target: float,
) -> tuple[Array, float, bool]:
    """Newton's steps from d along what no kink or bound holds, the model there, and whether all is
    done.
    """
    assert penalty.groups is not None
    for _ in range(MAX_NEWTON_STEPS):
        there = theta + d
        slope = g + H.times(d)
        gap = penalty.optimality_gap(there, slope)
        if gap.max(initial=0.0) <= target:
            return d, value, True
        free = np.flatnonzero(~penalty.at_kink_or_bound(there))
        if gap[free].max(initial=0.0) < 0.1 * gap.max(initial=0.0):
            break  # what is held wants to move
        slope_of_free = (slope + penalty.kink_slope(there))[free]
        direction = np.zeros_like(d)
        direction[free] = _newton_direction(H, -slope_of_free, free, penalty.groups, there)
        found = _lowering_step(g, H, theta, d, direction, penalty, value)
        if found is None:
            break
        d, before, value = found[0], value, found[1]
        if not value < before:
            return d, value, True  # rounding has the last word
    return d, value, False


def _lowering_step(
    g: Array,
    H: CurvatureOperator,
    theta: Array,
    d: Array,
    direction: Array,
    penalty: ElasticNet,
    value: float,
) -> tuple[Array, float] | None:
    """d and as much of a direction as lowers the model, with its value; None if nothing does.

    First all of it, with every coefficient that crosses a kink held there; then as far as the first
    kink, and halves of that.
    """
    there = theta + d
    with np.errstate(divide="ignore", invalid="ignore"):
        kink_lengths = np.where(
            (penalty.separate_kinks > 0.0) & (direction * there < 0.0), -there / direction, np.inf
        )
    first_kink = float(kink_lengths.min(initial=1.0))
    for length in (1.0, *(first_kink * 2.0**-halving for halving in range(MAX_HALVINGS))):
        point = np.where(kink_lengths <= length, 0.0, there + length * direction)
        if penalty.bounded:
            point = np.clip(point, penalty.low, penalty.high)
        new_value = model_value(g, H, theta, point - theta, penalty)
        if new_value <= value + MODEL_ROUNDING * abs(value):
            return point - theta, new_value
    return None


def _newton_direction(
    H: MatrixCurvature | ProductCurvature,
    b: Array,
    free: NDArray[np.intp],
    groups: Groups,
    theta: Array,
) -> Array:
    """x with (H + the norms' curvature at theta) x = b over some of the coefficients, (r,)."""
    some, at = groups.select(free), theta[free]
    if isinstance(H, ProductCurvature):
        return conjugate_solution(_WithNorms(H.select(free), some, at), b)
    loss = H.loss[np.ix_(free, free)]
    return split_step(
        loss,
        H.H[np.ix_(free, free)] - loss + some.curvature(at),
        b,
        SLOPE_ROUNDING * float(np.abs(b).max(initial=0.0)),
    )


class _WithNorms:
    """H and the norms' curvature at theta."""

    def __init__(self, H: ProductCurvature, groups: Groups, theta: Array) -> None:
        self.H, self.groups = H, groups
        self.stiffness, self.inner = groups.curvature_parts(theta)
        self.diagonal = H.diagonal + self.stiffness - np.square(self.inner)

    def times(self, v: Array) -> Array:
        """The sum times v."""
        common = self.groups.per_coefficient(self.groups.group_sums(self.inner * v))
        return self.H.times(v) + self.stiffness * v - self.inner * common
