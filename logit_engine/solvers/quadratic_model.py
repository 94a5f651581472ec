"""The minimum of a quadratic model with kinks and bounds: g'd + d'Hd/2 + sum_j l1_j |theta_j + d_j|
within bounds.

The problem: which coefficients stay at a kink or a bound, and with which signs the others leave it.
Once that is known, the rest is one linear system.

The idea: two methods. The first takes what is free now for a guess, solves for it by a Cholesky
factor, and guesses again from where each coefficient would go by itself. A guess that repeats
itself proves the minimum (Hintermueller, Ito & Kunisch 2003). It is fast, but may go round in
circles, and needs a definite H.

The second goes on where the first does not end, and cannot cycle (Lee, Battle, Raina & Ng 2007,
"feature-sign search"). It minimizes over the free coefficients with their signs, and stops at the
best point on the way there. Once nothing is left to gain, it lets held coefficients go.

Invariants of the second: every step lowers the model. A released coefficient moves as it wants to,
and the others are off their kinks, so a step has a length. So no set of free coefficients with
their signs is solved twice, and there are finitely many. A singular H is no obstacle: along
directions without curvature the model is linear, and a step that descends ends at a kink or a
bound. If none descends, dependent columns stay where they are (solvers/singular_steps.py).

Tried and dropped: sweeps of coordinate descent to lead guesses out of their circles.
"""

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.singular_steps import definite_step, principal_block, singular_step

MAX_GUESSES = 12
TIE_RATIO = 1e-12  # a slope this close to its kink stays there
EPS = float(np.finfo(float).eps)
LEVEL_SLOPE_RATIO = 1e-10  # of the kinks: a slope below it descends nowhere
MAX_STEPS_PER_COEFFICIENT = 4  # of the second method; fewer are the rule


def quadratic_step(g: Array, loss: Array, H: Array, theta: Array, penalty: ElasticNet) -> Array:
    """The d that minimizes the model, (q,).

    g, H: slope and curvature of the smooth part at theta, (q,); loss: the curvature without the
    penalty's, (q, q).
    """
    found = _step_by_guesses(g, H, theta, penalty)
    return SignSearch(g, loss, H, theta, penalty).minimum() - theta if found is None else found


def _step_by_guesses(g: Array, H: Array, theta: Array, penalty: ElasticNet) -> Array | None:
    """The first method: d, (q,), or None if guesses go on, or H is singular where it looks."""
    diagonal = np.maximum(np.diagonal(H), np.finfo(float).tiny)
    point = separate = theta
    guesses: list[bytes] = []
    for _ in range(MAX_GUESSES):
        held = penalty.at_kink_or_bound(separate)
        guess = np.where(held, separate, np.copysign(np.inf, separate)).tobytes()
        if guess in guesses:
            return point - theta if guess == guesses[-1] else None
        guesses.append(guess)
        d = np.where(held, separate - theta, 0.0)
        free = np.flatnonzero(~held)
        if free.size:
            pull = (g + penalty.kink_slope(separate))[free]
            moved = np.flatnonzero(d)
            if moved.size:
                pull = pull + H[np.ix_(free, moved)] @ d[moved]
            found = definite_step(principal_block(H, free), pull)
            if found is None:
                return None
            d[free] = -found
        point, slope = theta + d, g + H @ d
        separate = penalty.proximal_point(point - slope / diagonal, diagonal, TIE_RATIO)
    return None


class SignSearch:
    """The second method.

    point: the best one so far, (q,). slope: of the smooth part there, (q,). free: which
    coefficients are off their kinks and bounds, (q,). level_slope: a smaller slope is rounding.
    """

    def __init__(self, g: Array, loss: Array, H: Array, theta: Array, penalty: ElasticNet) -> None:
        self.g, self.loss, self.H, self.theta, self.penalty = g, loss, H, theta, penalty
        self.l1 = np.where(np.isfinite(penalty.l1), penalty.l1, 0.0)
        self.low = np.full(theta.size, -np.inf) if penalty.low is None else penalty.low
        self.high = np.full(theta.size, np.inf) if penalty.high is None else penalty.high
        self.pinned = np.isinf(penalty.l1)
        self.size = np.sqrt(np.maximum(np.diagonal(H), np.finfo(float).tiny))
        self._move_to(self._snapped_to_bounds(theta))

    def minimum(self) -> Array:
        """The point that minimizes the model, (q,)."""
        # in a row that nothing stopped: the second refines the first, or finds no curvature
        solves = 0
        for _ in range(MAX_STEPS_PER_COEFFICIENT * self.theta.size):
            before = self.point
            if solves < 2:
                signs = np.sign(self.point)
                stopped = self._move_along(
                    self._step_to_minimum(np.flatnonzero(self.free), signs), signs
                )
                solves = 0 if stopped else solves + 1 if self.point is not before else 2
            else:
                solves = 0 if self._release(self._wanting_to_move()) else 1
                if self.point is before:
                    break
        return self.point

    def _move_to(self, point: Array) -> None:
        moved = point - self.theta
        self.point, self.slope = point, self.g + self.H @ moved
        sizes = np.abs(self.g) + self.size * float(np.abs(self.size * moved).max(initial=0.0))
        rounding = 8.0 * EPS * float(sizes.max(initial=0.0))
        self.level_slope = max(LEVEL_SLOPE_RATIO * float(self.l1.max(initial=0.0)), rounding)
        self.free = ~(self.penalty.at_kink_or_bound(point) | self.pinned)

    def _wanting_to_move(self) -> NDArray[np.intp]:
        """The held coefficients that would lower the model, the one that promises most first."""
        gap = np.where(self.free, 0.0, self.penalty.optimality_gap(self.point, self.slope))
        wanted = np.flatnonzero(gap > np.maximum(self.level_slope, TIE_RATIO * np.abs(self.slope)))
        gain = gap[wanted] / self.size[wanted]
        return np.asarray(wanted[np.argsort(-gain, kind="stable")])

    def _release(self, wanting: NDArray[np.intp]) -> bool:
        """A step of the free coefficients and of those let go; whether a kink or bound stopped it.

        First all are let go at once, then those that moved as their slope wants, in the end the
        first one alone, which always does.
        """
        first = wanting[:1]
        while wanting.size:
            signs = np.sign(self.point)
            signs[wanting] = np.where(
                self.point[wanting] == 0.0, -np.sign(self.slope[wanting]), signs[wanting]
            )
            free = self.free.copy()
            free[wanting] = True
            d = self._step_to_minimum(np.flatnonzero(free), signs)
            agrees = d[wanting] * (self.slope + self.l1 * signs)[wanting] < 0.0
            if agrees.all() or wanting.size == 1:
                return self._move_along(d, signs)
            wanting = wanting[agrees] if agrees.any() else first
        return False

    def _step_to_minimum(self, free: NDArray[np.intp], signs: Array) -> Array:
        """The step to the minimum over the free coefficients, given their signs, (q,)."""
        pull = (self.slope + self.l1 * signs)[free]
        d = np.zeros_like(self.point)
        if (np.abs(pull) > self.level_slope).any():
            found = definite_step(principal_block(self.H, free), -pull)
            if found is None:
                penalty_curvature = self.penalty.select(free).penalized_curvature(
                    np.zeros((free.size, free.size))
                )
                found = singular_step(
                    principal_block(self.loss, free),
                    penalty_curvature if penalty_curvature.any() else None,
                    -pull,
                    self.level_slope,
                )
            d[free] = found
        return d

    def _move_along(self, d: Array, signs: Array) -> bool:
        """Go along d to the model's minimum; whether a kink or a bound holds a coefficient there.

        Or go all the way, with everything held that crosses a kink, if that is lower: it holds many
        coefficients at once.
        """
        if not d.any():
            return False
        curvature, slope = (
            max(float(d @ self.H @ d), 0.0),
            float((self.slope + self.l1 * signs) @ d),
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            kink_lengths = np.where((self.l1 > 0.0) & (d * signs < 0.0), -self.point / d, np.inf)
        bound_lengths = self._lengths_to_bounds(d)
        length = _minimizing_length(
            slope,
            curvature,
            kink_lengths,
            2.0 * self.l1 * np.abs(d),
            float(bound_lengths.min(initial=np.inf)),
        )
        if not 0.0 < length < np.inf:
            return False
        new = self._within_bounds(self.point + length * d)
        if self.penalty.bounded:
            new = np.where(bound_lengths <= length, np.where(d > 0.0, self.high, self.low), new)
        new = np.where(kink_lengths == length, 0.0, new)
        held = bool((kink_lengths == length).any() or (bound_lengths <= length).any())
        if held and curvature > 0.0:
            whole = np.where(kink_lengths < 1.0, 0.0, self._within_bounds(self.point + d))
            new = min(new, whole, key=lambda point: self._model_change(point - self.point))
        if not np.array_equal(new, self.point):
            self._move_to(new)
        return held

    def _lengths_to_bounds(self, d: Array) -> Array:
        """The length of d at which each coefficient is at its bound, (q,); infinite without one."""
        if not self.penalty.bounded:
            return self.high  # all infinite
        with np.errstate(divide="ignore", invalid="ignore"):
            bound_lengths = np.where(d > 0.0, self.high - self.point, self.low - self.point) / d
        return np.where(d == 0.0, np.inf, np.maximum(bound_lengths, 0.0))

    def _snapped_to_bounds(self, point: Array) -> Array:
        """The point, (q,), on the bounds that only rounding keeps it from: no step to them has a
        length.
        """
        for bound in (self.low, self.high):
            finite = np.where(np.isfinite(bound), bound, np.nan)
            point = np.where(np.abs(point - finite) <= 4.0 * EPS * np.abs(finite), bound, point)
        return self._within_bounds(point)

    def _within_bounds(self, point: Array) -> Array:
        return np.clip(point, self.low, self.high) if self.penalty.bounded else point

    def _model_change(self, d: Array) -> float:
        """The change of the model by a step d."""
        penalty = self.l1 * (np.abs(self.point + d) - np.abs(self.point))
        return float(self.slope @ d + 0.5 * d @ self.H @ d + penalty.sum())


def _minimizing_length(
    slope: float, curvature: float, kink_lengths: Array, jumps: Array, longest: float
) -> float:
    """The length at which a piecewise quadratic is smallest, or infinite.

    Its slope jumps at kinks, (q,).
    """
    for j in np.argsort(kink_lengths, kind="stable").tolist():
        length = float(kink_lengths[j])
        if length >= longest or slope + curvature * length >= 0.0:
            break
        slope += float(jumps[j])
        if slope + curvature * length >= 0.0:
            return length
    return min(-slope / curvature if curvature > 0.0 else np.inf, longest)
