"""How far a Newton step goes: shorter where it overshoots, longer on a plateau.

A step is judged by the slope at its end before it is judged by its value. Along a line the objective of a log-concave
likelihood is convex, so a slope that still falls proves that the step is good. The slope keeps its digits where the value
has lost them: near the maximum two values differ by less than the rounding of their sums.

A plateau is a tail of the likelihood: one row's term falls like e^-t, every Newton step moves it by one, and hundreds of
steps may lie ahead. The direction is known by then, so its end is found by doubling and halving the step with light passes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.passes import Evaluation
from logit_engine.objective.shapes import block_diagonal

SHORTEST_MOVE = 2.0**-40  # of a row's predictor: a shorter step changes nothing
VALUE_ROUNDING = 1e-12  # of the objective, relative
SLOPE_DECIDES = 1e-6  # of the objective: where a step promises less, rounding may hide whether the value falls
LONGEST_PLATEAU_STEP = 2.0**12  # Newton steps
FAR_DECREMENT = 10.0  # standard errors: so far out, steps that hardly shrink lie in an exponential tail
EDGE_SLOPE = 0.1  # of the slope at the start: where it is so small, the step ends on the edge
EDGE_WIDTH = 1e-14  # of a step: a narrower interval holds no number
MANY_SLOW_PASSES = 3
FAR_MARGIN = 30.0  # of a predictor: a row so far on the side of its outcome has lost 1e-13
FARTHEST_MARGIN = 1e9  # beyond it offsets hold rows back that no step can reach
NO_LOSS = 1e-9  # of the log-likelihood: it has reached zero
MAX_STALLS = 12  # passes that bring no certificate nearer


@dataclass(slots=True)
class StepLength:
    """The longest move of a row's predictor that a step may make; each rejection in a row shortens it more than the last."""

    limit: float = np.inf
    rejections: int = 0

    def share(self, longest: float) -> float:
        """The share of a Newton step that moves predictors by at most `longest`."""
        return min(1.0, self.limit / longest) if longest > 0.0 else 1.0

    def shorten(self, moved: float) -> bool:
        """After a step that moved predictors by `moved` and was rejected; whether a shorter one is worth a pass."""
        self.limit = moved * 0.5 ** min(2**self.rejections, 32)
        self.rejections += 1
        return self.limit > SHORTEST_MOVE * min(1.0, moved)

    def lengthen(self, moved: float) -> None:
        """After a step that stood."""
        held_back = self.rejections > 0 or moved > 0.99 * self.limit
        self.limit = 4.0 * moved if held_back else np.inf
        self.rejections = 0


@dataclass(slots=True)
class Progress:
    """How the decrement falls from pass to pass.

    previous: that of the last pass; settled: of the last pass whose digits were exact; slow: the passes in a row that
    hardly shrank it, far out; stalls: the passes on a plateau that did not halve it.
    """

    previous: float = np.inf
    settled: float = np.inf
    slow: int = 0
    stalls: int = 0

    def is_slow(self, decrement: float) -> bool:
        """Whether many steps in a row, this one too, lie in an exponential tail."""
        self.slow = self.slow + 1 if decrement > max(0.5 * self.previous, FAR_DECREMENT) else 0
        self.previous = decrement
        return self.slow >= MANY_SLOW_PASSES

    def has_stalled(self, decrement: float) -> bool:
        """Whether a decrement is more than half of the last one whose digits were exact."""
        return decrement > 0.5 * self.settled

    def may_stall(self) -> bool:
        """After one more stall: whether the passes may go on."""
        self.stalls += 1
        return self.stalls < MAX_STALLS


def far_along(objective: Objective, theta: Array, margin: float) -> tuple[Array, float]:
    """Where the log-likelihood has reached its supremum, zero, along a point that separates all rows, with its value.

    theta: (q,); margin: the smallest lead of a row there. The likelihood of an early iterate is that of no model: tests
    against it, and probabilities, would depend on where the method happened to stop.
    """
    share = max(1.0, FAR_MARGIN / margin)
    while True:
        loss = objective.light_pass(share * theta).loss
        if loss <= NO_LOSS or share * margin > FARTHEST_MARGIN:
            return share * theta, -loss
        share *= 2.0


def slope_along(current: Evaluation, basis: Array | None, direction: Array) -> float:
    """The derivative of the objective along a direction of inner coordinates, (q,), at an evaluation in this basis."""
    if basis is not None:
        direction = block_diagonal(basis, direction.size // basis.shape[0]) @ direction
    return float(current.gradient @ direction)


def is_finite(current: Evaluation) -> bool:
    """Whether a pass overflowed nowhere."""
    return bool(math.isfinite(current.value) and np.isfinite(current.gradient).all())


def plateau_share(objective: Objective, theta: Array, direction: Array, share: float = 1.0) -> float:
    """How many Newton steps lead to the end of a plateau, by light passes. theta, direction: (q,).

    It is at least the share that was to be taken, unless the slope turns before. There is an edge then: a far row
    changes sides. The step must end within a few units of that row's predictor, or the next step does not see the row.
    """

    def slope(share: float) -> float:
        gradient = objective.light_pass(theta + share * direction).gradient
        return float(gradient @ direction) if np.isfinite(gradient).all() else np.nan

    if not slope(share) < 0.0:
        return _edge_share(slope, share)
    near, far = share, 2.0 * share
    while slope(far) < 0.0:
        near, far = far, 2.0 * far
        if far > LONGEST_PLATEAU_STEP:
            return near
    while far - near > 1.0:
        middle = 0.5 * (near + far)
        near, far = (middle, far) if slope(middle) < 0.0 else (near, middle)
    return near


def _edge_share(slope: Callable[[float], float], share: float) -> float:
    """The share of a step at which its slope turns, by bisection below `share`, where the objective rises.

    It stops where the slope is EDGE_SLOPE of the slope at the start.
    """
    start, near, far = slope(0.0), 0.0, share
    while far - near > EDGE_WIDTH * far:
        middle = 0.5 * (near + far)
        there = slope(middle)
        if abs(there) <= EDGE_SLOPE * abs(start):
            return middle
        near, far = (middle, far) if there < 0.0 else (near, middle)
    return near if near > 0.0 else share
