"""Proximal quasi-Newton steps: exact gradients, a model of the curvature that learns from them, kinks and bounds kept exact.

A pass for the gradient costs a fraction of one for the information, and the information changes little from step to step,
and from one strength of a path to the next. So each step minimizes a model (solvers/curvature.py) that learns from every
step, and is made afresh only where steps gain too little for what it costs. What a solution is worth does not depend on the
model: its residual is the distance to optimality by the exact gradient. Lee, Sun & Saunders (2014).
"""

from collections.abc import Callable

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective import Slope
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.curvature import Model

SLOW = 0.2  # a step that leaves more of the residual than this is slow
SMALLEST_SHARE = 2.0**-40


class Descent:
    """A fit on its way down: `target` says where it wants the next light pass, `take` hears what was found there.

    So one pass over the rows can serve several fits at once. theta: (q,), where it stands; slope: the loss there; residual:
    the largest distance of a coefficient to optimality over the size of the gradient; decrement: the length of the last
    step; stuck: no step improves. inform: makes a model of the exact curvature at a theta, or None.
    """

    def __init__(
        self, theta: Array, slope: Slope, model: Model, inform: Callable[[Array], Model] | None = None
    ) -> None:
        self.theta, self.slope, self.model, self.inform = theta, slope, model, inform
        self.decrement, self.stuck = np.inf, False
        self.residual = self._before = np.inf
        self._slow, self._share = 0.0, 1.0

    def aim(self, kinks: ElasticNet, tolerance: float) -> None:
        """Set the penalty to descend by, and the residual at which to stop."""
        self.kinks, self.tolerance = kinks, tolerance
        self.stuck, self._before = False, np.inf
        self._judge()

    @property
    def done(self) -> bool:
        """Whether nothing is left to do: the residual is small enough, or no step improves."""
        return self.residual <= self.tolerance or self.stuck

    def target(self) -> Array:
        """Where the next light pass is wanted, (q,)."""
        if self._share == 1.0:
            if self.inform is not None and self._slow >= self.model.price:
                self.model, self._slow = self.inform(self.theta), 0.0
            self._step, self.decrement = self.model.step(self._gradient, self.theta, self.kinks)
        return self.theta + (self._step if self._share == 1.0 else self._share * self._step)

    def take(self, target: Array, ahead: Slope) -> None:
        """Go to the target if the objective is no higher there; else ask for half the step."""
        value = ahead.loss + self.kinks.value(target, np.zeros(0))
        if not value <= self._value + 1e-12 * abs(self._value):
            self._share *= 0.5
            self._slow += 1.0
            self.stuck = self._share <= SMALLEST_SHARE
            return
        self.model.learn(target - self.theta, ahead.gradient - self.slope.gradient)
        self.theta, self.slope, self._before = target, ahead, self.residual
        self._judge()
        self._slow += self.residual > SLOW * self._before

    def _judge(self) -> None:
        self._gradient = self.slope.gradient + self.kinks.bent(self.theta)
        self._value = self.slope.loss + self.kinks.value(self.theta, np.zeros(0))
        self._share = 1.0
        away = float(self.kinks.distance(self.theta, self._gradient).max(initial=0.0))
        self.residual = away / max(self.slope.size, np.finfo(float).tiny)
