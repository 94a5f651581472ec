"""A penalized fit on its way down: exact gradients, a model of the curvature that learns from them,
exact kinks and bounds.

The problem: a light pass costs a fraction of one with the information, and the information changes
little from step to step, and from one strength of a path to the next.

The idea: each step minimizes a quadratic model of the loss plus the penalty itself
(solvers/curvature_models.py). The model learns from the change of the gradient over every step. It
is made afresh, by an information pass, only if steps gain too little for what that costs.

A descent asks for light passes and does not make them: `next_point` says where it wants one, and
`receive` hears what was found there. So one pass over the rows serves several fits at once, as the
folds of a cross-validation.

Invariants: what a solution is worth does not depend on the model: its residual is the distance to
optimality by the exact gradient, relative to the penalty. A step is kept only if the objective
falls; if rounding hides that, only if the residual falls. The step length is halved until then.

Tried and dropped: steps judged by the value alone (a small penalty is below the value's rounding).
Lee, Sun & Saunders (2014), "Proximal Newton-type methods for minimizing composite functions".
"""

from collections.abc import Callable

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.passes import LightPass
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.curvature_models import (
    CurvatureModel,
    LimitedMemoryModel,
    curvature_model,
)
from logit_engine.solvers.information_pass import information_pays
from logit_engine.solvers.step_length import VALUE_ROUNDING

SLOW_RATE = 0.2  # a step that leaves more of the residual than this is slow
MIN_STEP_LENGTH = 2.0**-40
MIN_ROUNDED_STEP_LENGTH = 2.0**-3  # if the value's rounding hides what a step does
# of the gradient's size: a smaller change says nothing of the curvature
MIN_GRADIENT_CHANGE = 1e-12
LAST_STEP_RESIDUAL = 1e-8  # from which a step by the exact curvature leaves rounding
CONVERGED_RESIDUAL = 1e-10  # that counts as converged
PENALTY_RATIO = 1e4  # a residual of CONVERGED_RESIDUAL is at most 1e-6 of the penalty
# of the gradient's size: a residual of rounding counts as converged
RESIDUAL_ROUNDING = 16.0 * float(np.finfo(float).eps) / CONVERGED_RESIDUAL


def residuals(penalty: ElasticNet, strengths: Array, theta: Array, found: LightPass) -> Array:
    """The distance of each coefficient to optimality, relative to its penalty or the gradient's
    size, (q,).

    The smaller of both is the measure, or rounding if a penalty is below it. strengths: of the
    penalty, (q,). found: at theta, (q,).
    """
    measure = np.minimum(
        np.maximum(PENALTY_RATIO * strengths, RESIDUAL_ROUNDING * found.size), found.size
    )
    gap = penalty.optimality_gap(theta, found.gradient + penalty.curvature_times(theta))
    return np.asarray(gap / np.maximum(measure, np.finfo(float).tiny))


class Descent:
    """One penalized fit, that asks for light passes and hears what was found.

    theta: (q,), the best point so far. light_pass: what was found there. value: the loss and the
    penalty there. residual: the largest of `residuals` there. decrement: the length of the last
    step in the model's metric. is_stuck: whether no step improves.

    exact_model: makes a model of the exact curvature at a theta; None if there is none to be had.
    exact_model_cost: in light passes; infinite if it is not to be made before steps are slow.
    model_is_exact: whether the model was made at theta.
    """

    def __init__(
        self,
        theta: Array,
        light_pass: LightPass,
        model: CurvatureModel,
        exact_model: Callable[[Array], CurvatureModel] | None = None,
        exact_model_cost: float = np.inf,
    ) -> None:
        self.theta, self.light_pass, self.model = theta, light_pass, model
        self.exact_model, self.exact_model_cost = exact_model, exact_model_cost
        self.decrement, self.is_stuck, self.model_is_exact = np.inf, False, False
        self.residual = self._previous_residual = np.inf
        self._slow_passes, self._step_length = 0.0, 1.0

    def set_penalty(self, penalty: ElasticNet, tolerance: float, for_start: bool = False) -> None:
        """Set the penalty to descend by, and the residual at which to stop.

        for_start: the solution is a start for other rows, so its residual is relative to the
        gradient's size alone.
        """
        self.penalty, self.tolerance = penalty, tolerance
        self.strengths = (
            np.full(self.theta.size, np.inf) if for_start else penalty.coefficient_strengths
        )
        self.is_stuck, self._previous_residual = False, np.inf
        value, residual = (
            self._value_at(self.theta, self.light_pass),
            self._residual_at(self.theta, self.light_pass),
        )
        self._move_to(self.theta, self.light_pass, value, residual)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do: the residual is small enough, or no step improves.

        If each pass brings the curvature and all digits are asked for, one more step squares the
        residual.
        """
        one_more_step_squares = (
            self.tolerance < CONVERGED_RESIDUAL
            and self.model_is_exact
            and LAST_STEP_RESIDUAL < self._previous_residual < np.inf
        )
        return (self.residual <= self.tolerance and not one_more_step_squares) or self.is_stuck

    def next_point(self) -> Array:
        """The point at which the next light pass is wanted, (q,)."""
        if self._step_length == 1.0:
            if (
                self.exact_model is not None
                and not self.model_is_exact
                and self._wants_exact_model()
            ):
                self.model, self._slow_passes, self.model_is_exact = (
                    self.exact_model(self.theta),
                    0.0,
                    True,
                )
            gradient = self.light_pass.gradient + self.penalty.curvature_times(self.theta)
            self._step, self.decrement = self.model.step(gradient, self.theta, self.penalty)
        return self.theta + (
            self._step if self._step_length == 1.0 else self._step_length * self._step
        )

    def receive(self, point: Array, found: LightPass, curvature: Array | None = None) -> None:
        """Go to the point if it is better than theta; else ask for half the step.

        Better is a lower objective, or a smaller residual if rounding hides that. curvature: of the
        loss at the point, (q, q), if it is at hand.
        """
        value = self._value_at(point, found)
        rounded = abs(value - self.value) <= VALUE_ROUNDING * abs(self.value)
        residual = self._residual_at(point, found) if rounded or value < self.value else np.inf
        if not (residual < self.residual if rounded else value < self.value):
            self._shorten_step(MIN_ROUNDED_STEP_LENGTH if rounded else MIN_STEP_LENGTH)
            return
        self.model_is_exact, self._previous_residual = curvature is not None, self.residual
        if curvature is not None:
            self.model = curvature_model(curvature, self.penalty)
        else:
            self._update_model(point - self.theta, found)
        self._move_to(point, found, value, residual)
        self._slow_passes += self.residual > SLOW_RATE * self._previous_residual

    def _wants_exact_model(self) -> bool:
        """Whether the last steps were slow enough, or an exact model pays before they are."""
        return self._slow_passes >= self.model.max_slow_passes or self._exact_model_pays()

    def _exact_model_pays(self) -> bool:
        """Whether the exact curvature saves more light passes than it costs, by what the last step
        left.
        """
        rate = self.residual / self._previous_residual
        if self.exact_model_cost == np.inf or not isinstance(self.model, LimitedMemoryModel):
            return False
        if not 0.0 < rate < SLOW_RATE:
            return False
        change = self.model.curvature_change * self.decrement * rate / self.residual
        return information_pays(self.residual, rate, change, self.tolerance, self.exact_model_cost)

    def _update_model(self, step: Array, found: LightPass) -> None:
        """Let the model learn from a step, if the gradient changed by more than its rounding."""
        change = found.gradient - self.light_pass.gradient
        if float(np.abs(change).max(initial=0.0)) > MIN_GRADIENT_CHANGE * found.size:
            self.model.update(step, change)

    def _shorten_step(self, shortest: float) -> None:
        """Ask for half the step. If that is too short, or not needed, no step of this model
        improves.
        """
        self._slow_passes += 1.0
        self._step_length *= 0.5
        if self._step_length <= shortest or self.residual <= self.tolerance or not self._step.any():
            self.is_stuck = self.model_is_exact or self.exact_model is None
            self._slow_passes, self._step_length = np.inf, 1.0

    def _move_to(self, theta: Array, found: LightPass, value: float, residual: float) -> None:
        self.theta, self.light_pass, self.value, self.residual = theta, found, value, residual
        self._step_length = 1.0

    def _value_at(self, theta: Array, found: LightPass) -> float:
        return found.loss + self.penalty.value(theta, np.zeros(0))

    def _residual_at(self, theta: Array, found: LightPass) -> float:
        return float(residuals(self.penalty, self.strengths, theta, found).max(initial=0.0))
