"""The elastic net, with a strength for each coefficient, bounds, norms of groups and differences
of neighbors.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import diags_array

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.penalties.group_norms import Groups
from logit_engine.penalties.protocol import Penalty
from logit_engine.penalties.target import PenaltyTarget


@dataclass(frozen=True, slots=True)
class ElasticNet(Penalty):
    """The sum of l1_j |theta_j| + l2_j theta_j^2 / 2, l1, l2: (q,), zero for a coefficient left
    alone. Zou & Hastie (2005).

    low, high: (q,), bounds of the coefficients, or None. groups: norms of groups of coefficients
    beside it, or None. smooth: a matrix S, (q, q), for theta' S theta / 2 beside it, or None
    (`differences`). Without l2 it is the lasso (Tibshirani 1996); with groups in place of l1 the
    group lasso, with both the sparse one (Simon et al. 2013). Kinks and bounds are the solver's
    business (solvers/quadratic_model.py): gradient and curvature are those of the smooth part. An
    infinite l1 pins its coefficient to zero.
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
        """Raises UsageError unless it fits outputs predictors of so many terms, and leaves the
        model's constant alone.

        intercept: whether the first term is the model's own constant.
        """
        q = terms * outputs
        parts = {
            "l1": self.l1,
            "l2": self.l2,
            "low": self.low,
            "high": self.high,
            "smooth": self.smooth,
        }
        if self.groups is not None:
            parts |= {"groups": self.groups.codes}
        for name, part in parts.items():
            if part is not None and any(size != q for size in part.shape):
                several = f", {terms} for each of {outputs} predictors" if outputs > 1 else ""
                raise UsageError(
                    f"the penalty's {name} is for {part.shape[0]} coefficients; the model has "
                    f"{q}{several}{', the intercept first' if intercept else ''}."
                )
        strengths = {"l1": self.l1, "l2": self.l2}
        if self.groups is not None:
            strengths |= {"groups' strength": self.groups.strength}
        for name, part in strengths.items():
            if not part.min(initial=0.0) >= 0.0:
                raise UsageError(
                    f"the penalty's {name} is {part.min():g} at position {int(part.argmin())}; it "
                    "is from 0 on."
                )
        if self.low is not None and self.high is not None and (self.low > self.high).any():
            raise UsageError(
                "the penalty's low is above its high at position "
                f"{int((self.low > self.high).argmax())}."
            )
        touched = np.where(np.isinf(self.l1), 0.0, self.kinks + self.curvature_diagonal)
        if intercept and touched.reshape(outputs, terms)[:, 0].any():
            raise UsageError(
                "the penalty touches the intercept, the first coefficient, which is never "
                "penalized; give it 0 in l1 and l2, the label -1 in group_lasso, and no place in "
                "differences."
            )

    def touches(self, column: int, terms: int) -> bool:
        """Whether any predictor has a strength on that column; a pin is none."""
        return bool((self.kinks + self.curvature_diagonal).reshape(-1, terms)[:, column].any())

    def zeros(self, theta: Array) -> NDArray[np.bool_]:
        """All coefficients at zero, (q,)."""
        return np.asarray(theta == 0.0)

    def fixes(self, theta: Array) -> NDArray[np.bool_]:
        """The coefficients that are pinned, or at a bound, (q,)."""
        fixed = np.isinf(self.l1)
        for bound in (self.low, self.high):
            fixed |= False if bound is None else theta == bound
        return fixed

    def notes(self, free: NDArray[np.bool_], outputs: int, with_errors: bool) -> tuple[str, ...]:
        """That groups are zero together, that levels are drawn to each other, and what a pin of
        a constant means.
        """
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
        """The sum of l1_j |theta_j| + l2_j theta_j^2 / 2, the groups' norms, and half of theta'
        S theta.
        """
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
        """Whether it is more than a ridge: an l1, groups or bounds; coefficients pinned to zero
        do not count.
        """
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
        """How far each coefficient may go down and up without cost in the long run, (q,) each: 0 or
        infinite.

        One that is drawn to its neighbors counts as held.
        """
        held = self.kinked_coefficients | (self.curvature_diagonal > 0.0)
        down = held if self.low is None else held | np.isfinite(self.low)
        up = held if self.high is None else held | np.isfinite(self.high)
        return np.where(down, 0.0, -np.inf), np.where(up, 0.0, np.inf)

    @property
    def kinked_coefficients(self) -> np.ndarray:
        """Which coefficients a kink may keep at zero, (q,)."""
        alone: np.ndarray = self.l1 > 0.0
        return alone if self.groups is None else alone | self.groups.members

    @property
    def kinks(self) -> Array:
        """The kink of each coefficient, (q,): a finite l1, and its group's strength shared out
        by the root of its size.
        """
        own = np.where(np.isfinite(self.l1), self.l1, 0.0)
        if self.groups is None:
            return own
        return own + self.groups.per_coefficient(
            self.groups.strength / np.sqrt(np.maximum(self.groups.sizes, 1.0))
        )

    @property
    def separate_kinks(self) -> Array:
        """The kink that a coefficient has at zero whatever the others are, (q,): a finite l1,
        and a group of it alone.
        """
        own = np.where(np.isfinite(self.l1), self.l1, 0.0)
        if self.groups is None:
            return own
        return own + self.groups.per_coefficient(
            np.where(self.groups.sizes == 1.0, self.groups.strength, 0.0)
        )

    @property
    def coefficient_strengths(self) -> Array:
        """The strength on each coefficient, (q,); where it is zero the least of the others,
        infinite if there is none.
        """
        own = self.kinks + self.curvature_diagonal
        return np.where(own > 0.0, own, own.min(initial=np.inf, where=own > 0.0))

    def lambda_max(self, gradient: Array) -> float:
        """The least multiple of itself that keeps all it penalizes at zero, given the gradient
        there, (q,).

        Where there is no kink a thousandth of the ridge counts as one; groups count as if they had
        no l1 beside them.
        """
        own = np.where(np.isfinite(self.l1), self.l1, 0.0)
        kink = np.maximum(own, 1e-3 * (own + self.curvature_diagonal))
        alone = np.divide(np.abs(gradient), kink, out=np.zeros_like(kink), where=kink > 0.0)
        if self.groups is None:
            return float(alone.max(initial=0.0))
        norms = self.groups.group_norms(gradient / self.groups.weight) / self.groups.strength
        return max(
            float(norms.max(initial=0.0)), float(alone[~self.groups.members].max(initial=0.0))
        )

    def multiplied(self, strength: float) -> "ElasticNet":
        """The same penalty so many times as strong, within the same bounds."""
        return ElasticNet(
            self.l1 * strength,
            self.l2 * strength,
            self.low,
            self.high,
            None if self.groups is None else self.groups.multiplied(strength),
            None if self.smooth is None else self.smooth * strength,
        )

    def in_units(self, scale: Array) -> "ElasticNet":
        """The same penalty of scale * theta, scale: (q,)."""
        low, high = (None if b is None else b * scale for b in (self.low, self.high))
        groups = None if self.groups is None else self.groups.in_units(scale)
        smooth = (
            None
            if self.smooth is None
            else diags_array(1.0 / scale) @ self.smooth @ diags_array(1.0 / scale)
        )
        return ElasticNet(self.l1 / scale, self.l2 / np.square(scale), low, high, groups, smooth)

    def select(self, which: np.ndarray) -> "ElasticNet":
        """The penalty of some of the coefficients, (q,) bool or indices, the others being zero."""
        low, high = (None if b is None else b[which] for b in (self.low, self.high))
        groups = None if self.groups is None else self.groups.select(which)
        smooth = None if self.smooth is None else self.smooth.tocsr()[which][:, which]
        return ElasticNet(self.l1[which], self.l2[which], low, high, groups, smooth)

    def proximal_point(self, x: Array, curvature: Array, tie: float = 0.0) -> Array:
        """The proximal point, (q,): what minimizes curvature_j (t - x_j)^2 / 2 + l1_j |t| and
        the norms, within bounds.
        """
        if self.groups is not None:
            return self._proximal_point_of_groups(self.groups, x, curvature, tie)
        with np.errstate(over="ignore", invalid="ignore"):
            kink = self.l1 / curvature
            size = np.abs(x) - kink
            moved = np.where(size > tie * kink, np.copysign(size, x), 0.0)
        return np.clip(moved, self.low, self.high) if self.bounded else moved

    def _proximal_point_of_groups(self, groups: Groups, x: Array, h: Array, tie: float) -> Array:
        """A group is zero if its pulls, less l1 and what bounds hold, are within its strength;
        else its norm is a root.
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
        """Which coefficients sit at a kink or a bound, (q,)."""
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
        """Which coefficients would leave zero under so much of the kinks, given the gradient
        there, (q,) bool.
        """
        alone = np.asarray(np.abs(gradient) >= share * self.l1)
        if self.groups is None:
            return alone
        beyond = np.maximum(
            np.abs(gradient) - share * np.where(np.isfinite(self.l1), self.l1, np.inf), 0.0
        )
        ahead = self.groups.per_coefficient(
            self.groups.group_norms(beyond / self.groups.weight) - share * self.groups.strength
        )
        return np.where(self.groups.members, (beyond > 0.0) & (ahead >= 0.0), alone)

    def group_maximum(self, values: Array) -> Array:
        """The largest of each coefficient's group, (q,): groups enter a fit as one."""
        return (
            values
            if self.groups is None
            else np.maximum(values, self.groups.per_coefficient(self.groups.group_maxima(values)))
        )

    def optimality_gap(self, theta: Array, gradient: Array) -> Array:
        """How far each coefficient is from optimal, (q,), in units of the gradient: that of the
        smooth part at theta.

        The distance of minus the gradient to the subdifferential (Karush, Kuhn & Tucker); of a
        group at zero to its point in the same direction, which is no nearer.
        """
        if self.groups is not None:
            gradient = gradient + self.groups.gradient(theta)
        alone = self if self.groups is None else replace(self, groups=None)
        away = alone._gap_without_groups(theta, gradient)
        return (
            away
            if self.groups is None
            else away
            * np.where(self.groups.in_zero_group(theta), self.groups.excess_share(away), 1.0)
        )

    def _gap_without_groups(self, theta: Array, gradient: Array) -> Array:
        slack = np.maximum(np.abs(gradient) - self.l1, 0.0)
        away = np.where(
            (theta == 0.0) & (self.l1 > 0.0), slack, np.abs(gradient + self.kink_slope(theta))
        )
        if self.low is not None:  # it may not go down: only a wish to go up counts
            up = gradient + np.where(
                theta < 0.0, self.kink_slope(theta), np.where(np.isfinite(self.l1), self.l1, 0.0)
            )
            away = np.where(theta <= self.low, np.maximum(-up, 0.0), away)
        if self.high is not None:
            down = gradient + np.where(
                theta > 0.0, self.kink_slope(theta), -np.where(np.isfinite(self.l1), self.l1, 0.0)
            )
            away = np.where(theta >= self.high, np.maximum(down, 0.0), away)
        pinned = np.isinf(self.l1)
        if self.low is not None and self.high is not None:
            pinned |= self.low == self.high
        return np.where(pinned, 0.0, away)
