"""The minimum of a quadratic model with kinks and bounds: g'd + d'Hd/2 + sum_j l1_j |theta_j + d_j| within bounds.

Two methods. The first guesses which coefficients stay at a kink or a bound, and the signs of the others, from where each
would go alone; solves for the others by a Cholesky factor; and guesses again until the guess repeats itself, which proves
the minimum (Hintermueller, Ito & Kunisch 2003). It is fast, but may go round in circles, and needs a definite H.

The second goes on where the first does not settle, and cannot cycle (Lee, Battle, Raina & Ng 2007, "feature-sign search").
It minimizes over the free coefficients with their signs, stops at the best point on the way there, and once nothing is left
to gain lets held coefficients go. Every step lowers the model: a released coefficient moves as it wants to, and the others
are off their kinks, so a step has a length. So no set of free coefficients with their signs is solved twice, and there are
finitely many. A singular H is no obstacle: a pivoted factor finds directions without curvature. Along them the model is
linear, and a step that descends ends at a kink or a bound; where none descends, dependent columns stay where they are.
"""

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.singular_steps import definite_step, principal_block, singular_step

MAX_GUESSES = 12
TIE = 1e-12  # a slope this close to its kink stays there
EPS = float(np.finfo(float).eps)
LEVEL_SLOPE = 1e-10  # of the kinks: a slope below it descends nowhere
STEPS = 4  # of the second method, for each coefficient; fewer in all is the rule


def model_step(g: Array, loss: Array, H: Array, theta: Array, penalty: ElasticNet) -> Array:
    """The d that minimizes the model, (q,); g, H: slope and curvature of the smooth part at theta; loss: without a ridge."""
    found = _guessed(g, H, theta, penalty)
    return _Search(g, loss, H, theta, penalty).minimum() - theta if found is None else found


def _guessed(g: Array, H: Array, theta: Array, penalty: ElasticNet) -> Array | None:
    """The first method: d, (q,), or None if it does not settle, or H is singular where it looks."""
    diagonal = np.maximum(np.diagonal(H), np.finfo(float).tiny)
    now, slope = theta, g
    before: list[bytes] = []
    for _ in range(MAX_GUESSES):
        alone = penalty.proximal_point(now - slope / diagonal, diagonal, TIE)
        held = penalty.at_kink_or_bound(alone)
        guess = np.where(held, alone, np.copysign(np.inf, alone)).tobytes()
        if guess in before:
            return now - theta if guess == before[-1] else None
        before.append(guess)
        d = np.where(held, alone - theta, 0.0)
        on = np.flatnonzero(~held)
        if on.size:
            pull = (g + penalty.kink_slope(alone))[on]
            moved = np.flatnonzero(d)
            if moved.size:
                pull = pull + H[np.ix_(on, moved)] @ d[moved]
            found = definite_step(principal_block(H, on), pull)
            if found is None:
                return None
            d[on] = -found
        now, slope = theta + d, g + H @ d
    return None


class _Search:
    """The second method. point: (q,), where it stands; slope: of the smooth part there; free: (q,), what may move."""

    def __init__(self, g: Array, loss: Array, H: Array, theta: Array, penalty: ElasticNet) -> None:
        self.g, self.loss, self.H, self.theta, self.penalty = g, loss, H, theta, penalty
        self.l1 = np.where(np.isfinite(penalty.l1), penalty.l1, 0.0)
        self.low = np.full(theta.size, -np.inf) if penalty.low is None else penalty.low
        self.high = np.full(theta.size, np.inf) if penalty.high is None else penalty.high
        self.pinned = np.isinf(penalty.l1)
        self.size = np.sqrt(np.maximum(np.diagonal(H), np.finfo(float).tiny))
        self._go(self._on_bounds(theta))

    def minimum(self) -> Array:
        """Where the model is least, (q,)."""
        solves = 0  # one after another that nothing stopped: the second refines the first, or finds no curvature
        for _ in range(STEPS * self.theta.size):
            before = self.point
            if solves < 2:
                signs = np.sign(self.point)
                stopped = self._along(self._toward(np.flatnonzero(self.free), signs), signs)
                solves = 0 if stopped else solves + 1 if self.point is not before else 2
            else:
                solves = 0 if self._released(self._eager()) else 1
                if self.point is before:
                    break
        return self.point

    def _go(self, point: Array) -> None:
        way = point - self.theta
        self.point, self.slope = point, self.g + self.H @ way
        sizes = np.abs(self.g) + self.size * float(np.abs(self.size * way).max(initial=0.0))
        rounding = 8.0 * EPS * float(sizes.max(initial=0.0))
        self.level = max(LEVEL_SLOPE * float(self.l1.max(initial=0.0)), rounding)
        self.free = ~(self.penalty.at_kink_or_bound(point) | self.pinned)

    def _eager(self) -> NDArray[np.intp]:
        """Held coefficients that want to move, the one that promises most first."""
        away = np.where(self.free, 0.0, self.penalty.optimality_gap(self.point, self.slope))
        wanted = np.flatnonzero(away > np.maximum(self.level, TIE * np.abs(self.slope)))
        gain = away[wanted] / self.size[wanted]
        return np.asarray(wanted[np.argsort(-gain, kind="stable")])

    def _released(self, eager: NDArray[np.intp]) -> bool:
        """A step of the free coefficients and of those of these that it takes where they want; whether it was stopped.

        All at once first, then those that went where they wanted to, in the end the most eager alone, which does.
        """
        first = eager[:1]
        while eager.size:
            signs = np.sign(self.point)
            signs[eager] = np.where(
                self.point[eager] == 0.0, -np.sign(self.slope[eager]), signs[eager]
            )
            free = self.free.copy()
            free[eager] = True
            d = self._toward(np.flatnonzero(free), signs)
            willing = d[eager] * (self.slope + self.l1 * signs)[eager] < 0.0
            if willing.all() or eager.size == 1:
                return self._along(d, signs)
            eager = eager[willing] if willing.any() else first
        return False

    def _toward(self, on: NDArray[np.intp], signs: Array) -> Array:
        """The way to the minimum over some coefficients, given their signs, (q,)."""
        pull = (self.slope + self.l1 * signs)[on]
        d = np.zeros_like(self.point)
        if (np.abs(pull) > self.level).any():
            found = definite_step(principal_block(self.H, on), -pull)
            if found is None:
                own = self.penalty.select(on).penalized_curvature(np.zeros((on.size, on.size)))
                found = singular_step(
                    principal_block(self.loss, on), own if own.any() else None, -pull, self.level
                )
            d[on] = found
        return d

    def _along(self, d: Array, signs: Array) -> bool:
        """Go along d to where the model is least; whether a kink or a bound holds something there.

        Or all the way, with everything held that crosses a kink, where that is lower: it holds many at once.
        """
        if not d.any():
            return False
        curve, slope = max(float(d @ self.H @ d), 0.0), float((self.slope + self.l1 * signs) @ d)
        with np.errstate(divide="ignore", invalid="ignore"):
            kink = np.where((self.l1 > 0.0) & (d * signs < 0.0), -self.point / d, np.inf)
        wall = self._wall_distances(d)
        t = _least_way(
            slope, curve, kink, 2.0 * self.l1 * np.abs(d), float(wall.min(initial=np.inf))
        )
        if not 0.0 < t < np.inf:
            return False
        new = self._within_bounds(self.point + t * d)
        if self.penalty.bounded:
            new = np.where(wall <= t, np.where(d > 0.0, self.high, self.low), new)
        new = np.where(kink == t, 0.0, new)
        held = bool((kink == t).any() or (wall <= t).any())
        if held and curve > 0.0:
            whole = np.where(kink < 1.0, 0.0, self._within_bounds(self.point + d))
            new = min(new, whole, key=lambda point: self._gain(point - self.point))
        if not np.array_equal(new, self.point):
            self._go(new)
        return held

    def _wall_distances(self, d: Array) -> Array:
        """How many steps d lead each coefficient to its bound, (q,); infinite without one."""
        if not self.penalty.bounded:
            return self.high  # all infinite
        with np.errstate(divide="ignore", invalid="ignore"):
            wall = np.where(d > 0.0, self.high - self.point, self.low - self.point) / d
        return np.where(d == 0.0, np.inf, np.maximum(wall, 0.0))

    def _on_bounds(self, point: Array) -> Array:
        """The point, (q,), on the bounds that rounding alone keeps it from: between them no step would have a length."""
        for bound in (self.low, self.high):
            finite = np.where(np.isfinite(bound), bound, np.nan)
            point = np.where(np.abs(point - finite) <= 4.0 * EPS * np.abs(finite), bound, point)
        return self._within_bounds(point)

    def _within_bounds(self, point: Array) -> Array:
        return np.clip(point, self.low, self.high) if self.penalty.bounded else point

    def _gain(self, d: Array) -> float:
        """The change of the model by a step d."""
        penalty = self.l1 * (np.abs(self.point + d) - np.abs(self.point))
        return float(self.slope @ d + 0.5 * d @ self.H @ d + penalty.sum())


def _least_way(slope: float, curve: float, kink: Array, jump: Array, end: float) -> float:
    """The t up to the end at which a piecewise quadratic is least, or infinity: its slope jumps at kinks, (q,)."""
    for j in np.argsort(kink, kind="stable").tolist():
        t = float(kink[j])
        if t >= end or slope + curve * t >= 0.0:
            break
        slope += float(jump[j])
        if slope + curve * t >= 0.0:
            return t
    return min(-slope / curve if curve > 0.0 else np.inf, end)
