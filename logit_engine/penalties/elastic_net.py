"""The elastic net: an l1 and a ridge for each coefficient, with bounds and norms of groups.

Everything the proximal solver asks of a penalty stands here. Each coefficient, or group, has its
own kink, so all answers are by coefficient: the proximal point, the slope beside the kinks, and the
gap to the conditions of optimality (Karush, Kuhn & Tucker). The ridge, and differences of neighbors
beside it, are the smooth part: gradient and curvature are of that part alone.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import diags_array

from logit_engine.columns import Array
from logit_engine.penalties.checks import check_elastic_net
from logit_engine.penalties.group_norms import Groups
from logit_engine.penalties.protocol import Penalty
from logit_engine.penalties.target import PenaltyTarget

RIDGE_AS_KINK_SHARE = 1e-3  # of a ridge, counted as a kink where the strongest penalty is sought


@dataclass(frozen=True, slots=True)
class ElasticNet(Penalty):
    """The sum of l1_j |theta_j| + l2_j theta_j^2 / 2 over the coefficients. Zou & Hastie (2005).

    l1, l2: (q,), zero for a coefficient that is not penalized; an infinite l1 pins its coefficient
    to zero. low, high: (q,), bounds, or None. groups: norms of groups beside it, or None. smooth: a
    matrix S, (q, q), for theta' S theta / 2 beside it, or None (`differences`). Without l2 it is
    the lasso (Tibshirani 1996), with groups in place of l1 the group lasso, with both the sparse
    group lasso (Simon et al. 2013).
    """

    l1: Array
    l2: Array
    low: Array | None = None
    high: Array | None = None
    groups: Groups | None = None
    smooth: Any = None

    @classmethod
    def of_target(cls, target: PenaltyTarget) -> "ElasticNet":
        """The elastic net of strength one, of which the target's share is the l1."""
        l1, l2 = target.l1_ratio * target.weights, (1.0 - target.l1_ratio) * target.weights
        return cls(l1, l2, smooth=target.smooth)

    def check(self, terms: int, outputs: int, intercept: bool) -> None:
        """Raise UsageError unless it fits the model and leaves its own constant alone.

        terms: of each of the predictors, outputs; intercept: whether the first term is a constant.
        """
        check_elastic_net(self, terms, outputs, intercept)

    @property
    def finite_l1(self) -> Array:
        """l1 without pins, (q,): zero where it is infinite."""
        return np.where(np.isfinite(self.l1), self.l1, 0.0)

    def touches(self, column: int, terms: int) -> bool:
        """Whether any predictor has a strength on that column; a pin is none."""
        return bool((self.kinks + self.curvature_diagonal).reshape(-1, terms)[:, column].any())

    def zeros(self, theta: Array) -> NDArray[np.bool_]:
        """All coefficients at zero, (q,)."""
        return np.asarray(theta == 0.0)

    def at_bound(self, theta: Array) -> NDArray[np.bool_]:
        """The coefficients that are pinned to zero, or at a bound, (q,)."""
        fixed = np.isinf(self.l1)
        for bound in (self.low, self.high):
            fixed |= False if bound is None else theta == bound
        return fixed

    def notes(self, free: NDArray[np.bool_], outputs: int, with_errors: bool) -> tuple[str, ...]:
        """The notes on groups, on ordered levels, and on a constant that is pinned."""
        said = []
        if self.groups is not None:
            said.append(
                "The penalty is on norms of groups: the coefficients of a group are zero together."
            )
        if self.smooth is not None:
            said.append("Levels that are ordered are drawn to their neighbors.")
        if with_errors and outputs > 1 and np.isinf(self.l1[free]).any():
            said.append(
                "The first class's intercept is zero by choice: only differences between the "
                "classes' are known."
            )
        return tuple(said)

    def value(self, theta: Array, free: np.ndarray) -> float:
        """All parts of the penalty, added up."""
        kinks = np.multiply(
            self.l1, np.abs(theta), out=np.zeros_like(theta), where=np.isfinite(self.l1)
        )
        whole = float(kinks.sum() + 0.5 * theta @ self.curvature_times(theta))
        return whole if self.groups is None else whole + self.groups.value(theta)

    def gradient(self, theta: Array, free: np.ndarray) -> Array:
        """l2 * theta + S theta, (q,)."""
        return self.curvature_times(theta)

    def curvature(self, theta: Array, free: np.ndarray) -> Array:
        """l2 on the diagonal, and S, (q, q)."""
        return self.penalized_curvature(np.zeros((theta.size, theta.size)))

    def curvature_times(self, v: Array) -> Array:
        """The curvature of the smooth part times v, (q,)."""
        own = self.l2 * v
        return own if self.smooth is None else own + self.smooth @ v

    def penalized_curvature(self, H: Array) -> Array:
        """A copy of H with the curvature of the smooth part added, (q, q)."""
        whole = H.copy() if self.smooth is None else H + self.smooth.toarray()
        whole[np.diag_indices_from(whole)] += self.l2
        return whole

    @property
    def curvature_diagonal(self) -> Array:
        """The diagonal of the smooth part's curvature, (q,)."""
        return self.l2 if self.smooth is None else self.l2 + self.smooth.diagonal()

    @property
    def bounded(self) -> bool:
        """Whether any coefficient has bounds."""
        return self.low is not None or self.high is not None

    @property
    def kinked(self) -> bool:
        """Whether it has an l1, groups or bounds. Coefficients pinned to zero do not count."""
        return (
            bool(((self.l1 > 0.0) & np.isfinite(self.l1)).any())
            or self.bounded
            or self.groups is not None
        )

    @property
    def differentiable(self) -> bool:
        """Whether it is a ridge, with no coefficient pinned to zero."""
        return not self.kinked and bool(np.isfinite(self.l1).all())

    @property
    def elastic_net(self) -> "ElasticNet":
        """Itself."""
        return self

    @property
    def strength(self) -> float:
        """The largest strength of a coefficient; of a group, its own over the root of its size."""
        return float(
            np.max(self.kinks + self.l2, initial=0.0)
            or np.max(self.curvature_diagonal, initial=0.0)
        )

    @property
    def l1_ratio(self) -> float:
        """The share of the kink where the strength is largest."""
        whole = self.kinks + self.l2
        at = int(np.argmax(whole))
        return float(self.kinks[at] / whole[at]) if whole[at] > 0.0 else 0.0

    @property
    def grouped(self) -> bool:
        """Whether it has norms of groups."""
        return self.groups is not None

    @property
    def idle(self) -> bool:
        """Whether it does nothing: no strength above zero, and no bound."""
        bounds = any(b is not None and bool(np.isfinite(b).any()) for b in (self.low, self.high))
        smooth = self.smooth is not None and bool(self.smooth.diagonal().any())
        norms = self.groups is not None and bool(self.groups.strength.any())
        return not (bounds or smooth or norms or self.l1.any() or self.l2.any())

    def open_directions(self, size: int) -> tuple[Array, Array]:
        """How far each coefficient may go down and up without cost, (q,) each: 0 or infinite.

        A coefficient that is drawn to its neighbors counts as held.
        """
        held = self.kinked_coefficients | (self.curvature_diagonal > 0.0)
        down = held if self.low is None else held | np.isfinite(self.low)
        up = held if self.high is None else held | np.isfinite(self.high)
        return np.where(down, 0.0, -np.inf), np.where(up, 0.0, np.inf)

    @property
    def kinked_coefficients(self) -> np.ndarray:
        """The coefficients that a kink may keep at zero, (q,)."""
        alone: np.ndarray = self.l1 > 0.0
        return alone if self.groups is None else alone | self.groups.members

    @property
    def kinks(self) -> Array:
        """The kink of each coefficient, (q,): its l1, and its group's strength over the root of
        the group's size.
        """
        if self.groups is None:
            return self.finite_l1
        return self.finite_l1 + self.groups.per_coefficient(
            self.groups.strength / np.sqrt(np.maximum(self.groups.sizes, 1.0))
        )

    @property
    def separate_kinks(self) -> Array:
        """The kinks that do not depend on other coefficients, (q,): of the l1, and of groups of
        one.
        """
        if self.groups is None:
            return self.finite_l1
        return self.finite_l1 + self.groups.per_coefficient(
            np.where(self.groups.sizes == 1.0, self.groups.strength, 0.0)
        )

    @property
    def coefficient_strengths(self) -> Array:
        """The strength on each coefficient, (q,).

        Where it is zero, the least of the other strengths stands in; infinite if all are zero.
        """
        own = self.kinks + self.curvature_diagonal
        return np.where(own > 0.0, own, own.min(initial=np.inf, where=own > 0.0))

    def lambda_max(self, gradient: Array) -> float:
        """The least factor at which every penalized coefficient is zero.

        gradient: (q,), of the loss there. Where there is no kink, RIDGE_AS_KINK_SHARE of the ridge
        counts as one. Groups count as if they had no l1 beside them.
        """
        l1 = self.finite_l1
        kink = np.maximum(l1, RIDGE_AS_KINK_SHARE * (l1 + self.curvature_diagonal))
        alone = np.divide(np.abs(gradient), kink, out=np.zeros_like(kink), where=kink > 0.0)
        if self.groups is None:
            return float(alone.max(initial=0.0))
        norms = self.groups.group_norms(gradient / self.groups.weight) / self.groups.strength
        return max(
            float(norms.max(initial=0.0)), float(alone[~self.groups.members].max(initial=0.0))
        )

    def multiplied(self, factor: float) -> "ElasticNet":
        """The same penalty, so many times as strong, within the same bounds."""
        return ElasticNet(
            self.l1 * factor,
            self.l2 * factor,
            self.low,
            self.high,
            None if self.groups is None else self.groups.multiplied(factor),
            None if self.smooth is None else self.smooth * factor,
        )

    def in_units(self, scale: Array) -> "ElasticNet":
        """The same penalty of scale * theta, scale: (q,)."""
        low, high = (None if b is None else b * scale for b in (self.low, self.high))
        groups = None if self.groups is None else self.groups.in_units(scale)
        inverse = diags_array(1.0 / scale)
        smooth = None if self.smooth is None else inverse @ self.smooth @ inverse
        return ElasticNet(self.l1 / scale, self.l2 / np.square(scale), low, high, groups, smooth)

    def select(self, which: np.ndarray) -> "ElasticNet":
        """The penalty of some of the coefficients, if the others are zero; which: bool or
        indices.
        """
        low, high = (None if b is None else b[which] for b in (self.low, self.high))
        groups = None if self.groups is None else self.groups.select(which)
        smooth = None if self.smooth is None else self.smooth.tocsr()[which][:, which]
        return ElasticNet(self.l1[which], self.l2[which], low, high, groups, smooth)

    def proximal_point(self, x: Array, curvature: Array, tie: float = 0.0) -> Array:
        """The minimum of curvature_j (t_j - x_j)^2 / 2 + l1_j |t_j| and the norms, within bounds,
        (q,).

        tie: the share of the kink by which a coefficient must exceed it to leave zero.
        """
        if self.groups is not None:
            return self._proximal_point_of_groups(self.groups, x, curvature, tie)
        with np.errstate(over="ignore", invalid="ignore"):
            kink = self.l1 / curvature
            size = np.abs(x) - kink
            moved = np.where(size > tie * kink, np.copysign(size, x), 0.0)
        return np.clip(moved, self.low, self.high) if self.bounded else moved

    def _proximal_point_of_groups(self, groups: Groups, x: Array, h: Array, tie: float) -> Array:
        """The proximal point of groups: a group is zero, or its norm is the root of one equation.

        It is zero if its pull, less l1 and what bounds hold back, is within its strength.
        """
        alone = replace(self, groups=None, low=None, high=None).proximal_point(x, h, tie)
        low, high = (
            np.full_like(x, s * np.inf) if b is None else b
            for s, b in ((-1.0, self.low), (1.0, self.high))
        )
        pulls = h * alone
        held = np.where(np.where(pulls > 0.0, high <= 0.0, low >= 0.0), 0.0, pulls)
        excess = groups.excess_share(held, tie)
        outside = groups.per_coefficient(
            groups.group_sums(np.where((low > 0.0) | (high < 0.0), 1.0, 0.0))
        )
        gone = groups.members & (excess == 0.0) & (outside == 0.0)
        found = np.where(gone, 0.0, np.clip(alone, low, high))
        at = np.flatnonzero(groups.members & ~gone)
        if at.size:
            found[at] = groups.select(at).shrunk_group(
                pulls[at], h[at], low[at], high[at], excess[at]
            )
        return found

    def at_kink_or_bound(self, theta: Array) -> np.ndarray:
        """The coefficients at a kink or a bound, (q,)."""
        held: np.ndarray = (theta == 0.0) & (self.l1 > 0.0)
        if self.groups is not None:
            held |= self.groups.in_zero_group(theta)
        for bound in (self.low, self.high):
            if bound is not None:
                held |= theta == bound
        return held

    def kink_slope(self, theta: Array) -> Array:
        """The slope of the l1 part and of the norms beside their kinks, (q,)."""
        own = np.multiply(
            self.l1, np.sign(theta), out=np.zeros_like(theta), where=np.isfinite(self.l1)
        )
        return own if self.groups is None else own + self.groups.gradient(theta)

    def leaving_zero(self, gradient: Array, share: float) -> np.ndarray:
        """The coefficients that would leave zero if kinks had this share of their size, (q,).

        gradient: (q,), of the smooth part where they are zero.
        """
        by_itself = np.asarray(np.abs(gradient) >= share * self.l1)
        if self.groups is None:
            return by_itself
        beyond = np.maximum(
            np.abs(gradient) - share * np.where(np.isfinite(self.l1), self.l1, np.inf), 0.0
        )
        ahead = self.groups.per_coefficient(
            self.groups.group_norms(beyond / self.groups.weight) - share * self.groups.strength
        )
        return np.where(self.groups.members, (beyond > 0.0) & (ahead >= 0.0), by_itself)

    def group_maximum(self, values: Array) -> Array:
        """For each coefficient the largest value in its group, (q,): groups enter a fit as one."""
        if self.groups is None:
            return values
        return np.maximum(values, self.groups.per_coefficient(self.groups.group_maxima(values)))

    def optimality_gap(self, theta: Array, gradient: Array) -> Array:
        """How far each coefficient is from optimal, (q,), in units of the gradient.

        gradient: (q,), of the smooth part at theta. The gap is the distance of minus the gradient
        to the subdifferential. For a group at zero it is the distance to the point of the
        subdifferential in the same direction, which is no nearer.
        """
        if self.groups is not None:
            gradient = gradient + self.groups.gradient(theta)
        without = self if self.groups is None else replace(self, groups=None)
        gap = without._gap_without_groups(theta, gradient)
        if self.groups is None:
            return gap
        at_zero = self.groups.in_zero_group(theta)
        return gap * np.where(at_zero, self.groups.excess_share(gap), 1.0)

    def _gap_without_groups(self, theta: Array, gradient: Array) -> Array:
        """The gap of l1, ridge and bounds alone, (q,)."""
        slack = np.maximum(np.abs(gradient) - self.l1, 0.0)
        gap = np.where(
            (theta == 0.0) & (self.l1 > 0.0), slack, np.abs(gradient + self.kink_slope(theta))
        )
        if self.low is not None:  # it cannot go down, so only a gradient that points up counts
            up = gradient + np.where(theta < 0.0, self.kink_slope(theta), self.finite_l1)
            gap = np.where(theta <= self.low, np.maximum(-up, 0.0), gap)
        if self.high is not None:
            down = gradient + np.where(theta > 0.0, self.kink_slope(theta), -self.finite_l1)
            gap = np.where(theta >= self.high, np.maximum(down, 0.0), gap)
        pinned = np.isinf(self.l1)
        if self.low is not None and self.high is not None:
            pinned |= self.low == self.high
        return np.where(pinned, 0.0, gap)
