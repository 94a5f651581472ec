"""The length of a Newton step: whether a step is kept, how a rejected one is shortened, how far one
goes on a plateau.

The problem: far from the maximum a full Newton step may overshoot, and near it the value of the
objective has no digits left to judge a step by.

The idea: a step is judged by the slope at its end before it is judged by its value. Along a line
the objective of a log-concave likelihood is convex, so a slope that still falls proves that the
step is good. The slope keeps its digits where the value has lost them: near the maximum two values
differ by less than the rounding of their sums.

A rejected step is shortened by what it moves a row's predictor (`StepControl`), each rejection in a
row more than the last: by factors of 2, 4, 16, and so on. A step that is kept lets the next one
move four times as far.

A plateau is a tail of the likelihood: one row's term falls like e^-t, every Newton step moves it by
one, and hundreds of steps may lie ahead. The direction is known by then, so the plateau's end is
found by doubling and halving the step length with light passes (`plateau_length`).

Tried and dropped: stopping or accepting by the value alone (it stalls at rounding); the full step
again after slow passes (a finite maximum was lost). Boyd & Vandenberghe (2004), 9.2 and 9.5.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.passes import Evaluation
from logit_engine.objective.shapes import block_diagonal
from logit_engine.solvers.newton_step import NewtonStep

MIN_PREDICTOR_MOVE = 2.0**-40  # a step that moves rows by less changes nothing
VALUE_ROUNDING = 1e-12  # of the objective, relative
MAX_ROUNDED_FALL = 1e-6  # of the objective: rounding may hide a smaller fall of the value
MAX_PLATEAU_LENGTH = 2.0**12  # Newton steps
# standard errors: so far out, steps that hardly shrink lie in an exponential tail
FAR_DECREMENT = 10.0
EDGE_SLOPE_RATIO = 0.1  # to the slope at the start: where it is so small, the step ends on the edge
MIN_EDGE_WIDTH = 1e-14  # of a step: a narrower interval holds no number
MIN_SLOW_PASSES = 3  # in a row, on a plateau
FAR_MARGIN = 30.0  # of a predictor: a row so far on the side of its outcome has lost 1e-13
MAX_MARGIN = 1e9  # beyond it offsets hold rows back that no step can reach
SUPREMUM_LOSS = 1e-9  # of the log-likelihood: it has reached zero
MAX_STALLED_PASSES = 12  # that bring no certificate nearer


@dataclass(slots=True)
class StepControl:
    """The longest move of a row's predictor that a step may make.

    limit: of the move. rejections: in a row; each shortens the next step more than the last.
    """

    limit: float = np.inf
    rejections: int = 0

    def length(self, longest_move: float) -> float:
        """The step length, at most one, of a Newton step that moves predictors by at most
        `longest_move`.
        """
        return min(1.0, self.limit / longest_move) if longest_move > 0.0 else 1.0

    def shorten(self, moved: float) -> bool:
        """Lower the limit after a rejected step; moved: by it.

        Returns whether a shorter one is worth a pass.
        """
        self.limit = moved * 0.5 ** min(2**self.rejections, 32)
        self.rejections += 1
        return self.limit > MIN_PREDICTOR_MOVE * min(1.0, moved)

    def lengthen(self, moved: float) -> None:
        """Raise the limit after a step that was kept; moved: by it."""
        held_back = self.rejections > 0 or moved > 0.99 * self.limit
        self.limit = 4.0 * moved if held_back else np.inf
        self.rejections = 0


@dataclass(slots=True)
class Progress:
    """How the decrement falls from pass to pass.

    last_decrement: of the last pass. exact_decrement: of the last pass whose digits were exact.
    slow_passes: in a row that hardly shrank it, far out. stalled_passes: on a plateau, that did not
    halve it.
    """

    last_decrement: float = np.inf
    exact_decrement: float = np.inf
    slow_passes: int = 0
    stalled_passes: int = 0

    def is_slow(self, decrement: float) -> bool:
        """Whether many steps in a row, this one too, lie in an exponential tail."""
        slow = decrement > max(0.5 * self.last_decrement, FAR_DECREMENT)
        self.slow_passes = self.slow_passes + 1 if slow else 0
        self.last_decrement = decrement
        return self.slow_passes >= MIN_SLOW_PASSES

    def has_stalled(self, decrement: float) -> bool:
        """Whether a decrement is more than half of the last one whose digits were exact."""
        return decrement > 0.5 * self.exact_decrement

    def may_stall(self) -> bool:
        """Count one more stalled pass; whether the passes may go on."""
        self.stalled_passes += 1
        return self.stalled_passes < MAX_STALLED_PASSES


def step_is_kept(
    objective: Objective,
    before: NewtonStep,
    current: Evaluation,
    basis: Array | None,
    step_length: float,
) -> bool:
    """Whether a step is kept, by the slope and the value at its end.

    current: the pass there, in the basis.
    """
    if not is_finite(current):
        return False
    # minus the slope at the start; a power would raise on overflow
    promised = before.decrement * before.decrement
    slope = slope_along(current, basis, before.step)
    if objective.likelihood.log_concave and slope <= 0.0:
        return True
    value = before.factored.evaluation.value
    if basis is not before.factored.basis and not current.value <= value:
        value = objective.evaluate(
            before.theta, basis
        ).value  # values of two bases differ by their rounding
    if current.value <= value + VALUE_ROUNDING * abs(value):
        return True
    hidden = step_length * promised <= MAX_ROUNDED_FALL * max(1.0, abs(value))
    return slope <= 0.5 * promised and hidden


def is_finite(current: Evaluation) -> bool:
    """Whether a pass overflowed nowhere."""
    return bool(math.isfinite(current.value) and np.isfinite(current.gradient).all())


def slope_along(current: Evaluation, basis: Array | None, step: Array) -> float:
    """The derivative of the objective along a step of inner coordinates, (q,), at an evaluation in
    a basis.
    """
    if basis is not None:
        step = block_diagonal(basis, step.size // basis.shape[0]) @ step
    return float(current.gradient @ step)


def plateau_length(
    objective: Objective, theta: Array, step: Array, step_length: float = 1.0
) -> float:
    """How many Newton steps lead to the end of a plateau, by light passes. theta, step: (q,).

    It is at least `step_length`, unless the slope turns before. There is an edge then: a far row
    changes sides. The step must end within a few units of that row's predictor, or the next step
    does not see the row.
    """

    def slope(at: float) -> float:
        gradient = objective.light_pass(theta + at * step).gradient
        return float(gradient @ step) if np.isfinite(gradient).all() else np.nan

    if not slope(step_length) < 0.0:
        return _edge_length(slope, step_length)
    near, far = step_length, 2.0 * step_length
    while slope(far) < 0.0:
        near, far = far, 2.0 * far
        if far > MAX_PLATEAU_LENGTH:
            return near
    while far - near > 1.0:
        middle = 0.5 * (near + far)
        near, far = (middle, far) if slope(middle) < 0.0 else (near, middle)
    return near


def _edge_length(slope: Callable[[float], float], step_length: float) -> float:
    """The length at which the slope turns, by bisection below `step_length`, where the objective
    rises.

    It stops where the slope is EDGE_SLOPE_RATIO of the slope at the start.
    """
    start, near, far = slope(0.0), 0.0, step_length
    while far - near > MIN_EDGE_WIDTH * far:
        middle = 0.5 * (near + far)
        there = slope(middle)
        if abs(there) <= EDGE_SLOPE_RATIO * abs(start):
            return middle
        near, far = (middle, far) if there < 0.0 else (near, middle)
    return near if near > 0.0 else step_length


def separated_point(objective: Objective, theta: Array, margin: float) -> tuple[Array, float]:
    """The point along theta, (q,), where the log-likelihood has reached its supremum, zero, with
    its value there.

    All rows are separated at theta; margin: the smallest lead there. The likelihood of an early
    iterate is that of no model: tests against it, and probabilities, would depend on where the
    method happened to stop.
    """
    multiple = max(1.0, FAR_MARGIN / margin)
    while True:
        loss = objective.light_pass(multiple * theta).loss
        if loss <= SUPREMUM_LOSS or multiple * margin > MAX_MARGIN:
            return multiple * theta, -loss
        multiple *= 2.0
