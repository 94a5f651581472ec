"""Proximal quasi-Newton steps: exact gradients, a model of the curvature that learns from them, kinks and bounds kept exact.

A pass for the gradient costs a fraction of one for the information, and the information changes little from step to step,
and from one strength of a path to the next. So each step minimizes a model (solvers/curvature_models.py) that learns from
every step, and is made afresh only where steps gain too little for what it costs. What a solution is worth does not depend
on the model: its residual is the distance to optimality by the exact gradient. Lee, Sun & Saunders (2014).
"""

from collections.abc import Callable

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.passes import LightPass
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.curvature_models import Factored, Model, model_of
from logit_engine.solvers.information_pass import information_pays
from logit_engine.solvers.step_length import VALUE_ROUNDING

SLOW = 0.2  # a step that leaves more of the residual than this is slow
SMALLEST_SHARE = 2.0**-40
SMALLEST_ROUNDED = 2.0**-3  # where the value's rounding hides what a step does
SMALLEST_CHANGE = 1e-12  # of the gradient's size: a change that says something of the curvature
LAST_STEP_RESIDUAL = 1e-8  # the residual from which a step by the exact curvature leaves rounding
CONVERGED_RESIDUAL = 1e-10  # the residual that counts as converged
PENALTY_RATIO = 1e4  # a residual of CONVERGED_RESIDUAL is at most 1e-6 of the penalty
# of the gradient's size: a residual of rounding counts as converged
RESIDUAL_ROUNDING = 16.0 * float(np.finfo(float).eps) / CONVERGED_RESIDUAL


def residuals(kinks: ElasticNet, strengths: Array, theta: Array, slope: LightPass) -> Array:
    """The distance of each coefficient to optimality beside its penalty or the gradient's size, what is less, (q,).

    strengths: of the penalty, (q,). Where a penalty is below rounding, rounding is the measure.
    """
    beside = np.minimum(np.maximum(PENALTY_RATIO * strengths, RESIDUAL_ROUNDING * slope.size), slope.size)
    away = kinks.optimality_gap(theta, slope.gradient + kinks.curvature_times(theta))
    return np.asarray(away / np.maximum(beside, np.finfo(float).tiny))


class Descent:
    """A fit on its way down: `target` says where it wants the next light pass, `take` hears what was found there.

    So one pass over the rows can serve several fits at once. theta: (q,), where it stands; slope: of the loss there;
    value: the loss and the penalty there; residual: the largest of `residuals`; decrement: the length of the last step;
    stuck: no step improves. inform: makes a model of the exact curvature at a theta, or None; cost: of that, in light
    passes, where it may pay before steps are slow; model: made at theta if fresh.
    """

    def __init__(
        self,
        theta: Array,
        slope: LightPass,
        model: Model,
        inform: Callable[[Array], Model] | None = None,
        cost: float = np.inf,
    ) -> None:
        self.theta, self.slope, self.model, self.inform, self.cost = theta, slope, model, inform, cost
        self.decrement, self.stuck, self.fresh = np.inf, False, False
        self.residual = self._before = np.inf
        self._slow, self._share = 0.0, 1.0

    def aim(self, kinks: ElasticNet, tolerance: float, steers: bool = False) -> None:
        """Set the penalty to descend by, and the residual at which to stop.

        steers: the solution is a start for other rows, so its residual is relative to the gradient's size alone.
        """
        self.kinks, self.tolerance = kinks, tolerance
        self.strengths = np.full(self.theta.size, np.inf) if steers else kinks.coefficient_strengths
        self.stuck, self._before = False, np.inf
        self._go(
            self.theta, self.slope, self._value_at(self.theta, self.slope), self._residual_at(self.theta, self.slope)
        )

    @property
    def done(self) -> bool:
        """Whether nothing is left to do: the residual is small enough, or no step improves.

        Where each pass brings the curvature, and all digits are asked for, one step more squares the residual.
        """
        squares = self.tolerance < CONVERGED_RESIDUAL and self.fresh and LAST_STEP_RESIDUAL < self._before < np.inf
        return (self.residual <= self.tolerance and not squares) or self.stuck

    def target(self) -> Array:
        """Where the next light pass is wanted, (q,)."""
        if self._share == 1.0:
            if (
                self.inform is not None
                and not self.fresh
                and (self._slow >= self.model.price or self._information_pays())
            ):
                self.model, self._slow, self.fresh = self.inform(self.theta), 0.0, True
            gradient = self.slope.gradient + self.kinks.curvature_times(self.theta)
            self._step, self.decrement = self.model.step(gradient, self.theta, self.kinks)
        return self.theta + (self._step if self._share == 1.0 else self._share * self._step)

    def take(self, target: Array, ahead: LightPass, curvature: Array | None = None) -> None:
        """Go to the target if the objective is lower there, or the residual where rounding hides it; else ask for half.

        curvature: of the loss there, (q, q), if it is at hand.
        """
        value = self._value_at(target, ahead)
        rounded = abs(value - self.value) <= VALUE_ROUNDING * abs(self.value)
        residual = self._residual_at(target, ahead) if rounded or value < self.value else np.inf
        if not (residual < self.residual if rounded else value < self.value):
            self._shorten(SMALLEST_ROUNDED if rounded else SMALLEST_SHARE)
            return
        self.fresh, self._before = curvature is not None, self.residual
        if curvature is not None:
            self.model = model_of(curvature, self.kinks)
        else:
            self._learn(target - self.theta, ahead)
        self._go(target, ahead, value, residual)
        self._slow += self.residual > SLOW * self._before

    def _information_pays(self) -> bool:
        """Whether the exact curvature saves more light passes than it costs, by what the last step left."""
        rate = self.residual / self._before
        if self.cost == np.inf or not isinstance(self.model, Factored) or not 0.0 < rate < SLOW:
            return False
        change = self.model.curvature_change * self.decrement * rate / self.residual
        return information_pays(self.residual, rate, change, self.tolerance, self.cost)

    def _learn(self, step: Array, ahead: LightPass) -> None:
        """Let the model learn from a step, if the gradient changed by more than its rounding."""
        change = ahead.gradient - self.slope.gradient
        if float(np.abs(change).max(initial=0.0)) > SMALLEST_CHANGE * ahead.size:
            self.model.learn(step, change)

    def _shorten(self, least: float) -> None:
        """Ask for half the step; where that is too short for a model made here, or not needed, no step improves."""
        self._slow += 1.0
        self._share *= 0.5
        if self._share <= least or self.residual <= self.tolerance or not self._step.any():
            self.stuck = self.fresh or self.inform is None
            self._slow, self._share = np.inf, 1.0

    def _go(self, theta: Array, slope: LightPass, value: float, residual: float) -> None:
        self.theta, self.slope, self.value, self.residual, self._share = theta, slope, value, residual, 1.0

    def _value_at(self, theta: Array, slope: LightPass) -> float:
        return slope.loss + self.kinks.value(theta, np.zeros(0))

    def _residual_at(self, theta: Array, slope: LightPass) -> float:
        return float(residuals(self.kinks, self.strengths, theta, slope).max(initial=0.0))
