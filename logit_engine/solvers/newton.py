"""Newton's method: plain passes to the neighborhood of the maximum, whitened ones for the last digits.

The problem: reach the maximum to the last digit, from any start, and prove it, in as few passes over the rows as possible.

The idea: the decrement lambda is the distance to the maximum in standard errors, and the reach r is how far one standard
error can move a row's predictor. Their product bounds how much the curvature can still change (by a factor e^(lambda r)).
So it says when a step is the last, and for the logit link lambda r < 1 proves that the maximum exists (docs/certificate.md).

1. Plain passes until lambda^2 <= `tolerance` times min(1, |loglik|).
2. Passes in whitened rows (see `Objective`) until lambda r is at rounding level: the Gram matrix of rows as they are loses
   digits with the square of the condition number, whitened rows lose none.
3. The step after the last pass is taken without another look: its error is below rounding.

Invariants: a step is kept only if the slope or the value at its end is lower (solvers/step_length.py). A CONVERGED solution
always carries a certificate. The information is that of the last pass.
Tried and dropped: stopping at lambda r = 1e-12 (one fit in a hundred lost its thirteenth digit); whitening every pass (three
times the arithmetic); stopping on the value of the log-likelihood (it stalls at rounding).
Boyd & Vandenberghe (2004), 9.5 and 10.2; Bach (2010), "Self-concordant analysis for logistic regression".
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.passes import Evaluation
from logit_engine.objective.triangles import condition_number, largest_stretch, length, triangular_solve
from logit_engine.solvers.factored_pass import FactoredPass, factored_pass, majorized_pass
from logit_engine.solvers.solution import Certificate, Information, Solution, Termination
from logit_engine.solvers.step_length import (
    SLOPE_DECIDES,
    VALUE_ROUNDING,
    Progress,
    StepLength,
    far_along,
    is_finite,
    plateau_share,
    slope_along,
)
from logit_engine.solvers.whitening import shared_basis, unwhitened

MIN_PLAIN_PIVOT = 1e-6  # below it (kappa above 1e6) every pass is whitened
MAX_PLAIN_CONDITION = 100.0  # the condition number up to which plain sums keep the digits that are promised
EXACT_BOUND = 1e-13  # lambda * reach at which the information is exact to rounding
MAX_CERTIFICATE = (
    0.5  # lambda * reach: below 1 is proof, but under separation it tends to 1 and rounding may take it below
)
MIN_SEPARATING_MARGIN = 1e-9  # a margin above it is not rounding
MIN_PLATEAU_MOVE = 1e-9  # of a row's predictor


@dataclass(frozen=True, slots=True)
class Newton:
    """Settings: tolerance on the squared decrement (see the module), and the largest number of passes.

    enough: a decrement known to leave the information exact, however loose the certificate's bound of the reach is.
    past_plateaus: where the steps settle without a certificate, go on by longer ones; for problems of which it is known that
    nothing separates. watch: called with the user's coefficients, (q,), after every step.
    """

    tolerance: float = 1e-10
    max_passes: int = 100
    exact_decrement: float = 0.0
    past_plateaus: bool = False
    watch: Callable[[Array], None] | None = None

    def solve(self, objective: Objective, start: Array) -> Solution:
        """See `newton_solution`."""
        return newton_solution(objective, start, self)

    def report_step(self, objective: Objective, theta: Array) -> None:
        """Tell who watches of a step to theta, (q,)."""
        if self.watch is not None:
            self.watch(objective.coordinates.to_user(theta))


class NewtonStep(NamedTuple):
    """The step that a pass at theta leads to, with its decrement, the certificate's bound, and the next basis."""

    theta: Array
    local: FactoredPass
    step: Array
    decrement: float
    bound: float
    next_basis: Array | None
    passes: int

    @property
    def longest_move(self) -> float:
        """A bound of how far the step moves a row's predictor; where none is known, the step in standard errors."""
        return self.bound if math.isfinite(self.bound) else self.decrement

    def solution(
        self,
        termination: Termination = Termination.ITERATIONS,
        theta: Array | None = None,
        loglik: float | None = None,
        passes: int | None = None,
    ) -> Solution:
        """The solution that ends with this step: at the step's start, unless another theta is given."""
        evaluation, basis, factor, free, *_ = self.local
        return Solution(
            self.theta if theta is None else theta,
            evaluation.loglik if loglik is None else loglik,
            termination,
            self.passes if passes is None else passes,
            Certificate(self.decrement, self.bound, self.step),
            Information(factor, basis, free, self.next_basis) if self.local.is_information else None,
        )


@np.errstate(over="ignore", invalid="ignore")  # far steps may overflow: they are shortened
def newton_solution(
    objective: Objective, start: Array, settings: Newton | None = None, basis: Array | None = None
) -> Solution:
    """Minimize the objective from start, (q,), whitened from the first pass if a basis, (p, p), is at hand.

    `objective.fixed` is kept to: a start that meets linear constraints ends where they are met. Boyd & Vandenberghe (2004),
    9.5 and 10.2; whitening: docs/architecture.md.
    """
    settings = settings or Newton()
    theta, here, share, on_trial = start, None, 1.0, False
    length_control, progress = StepLength(), Progress()
    for passes in range(1, settings.max_passes + 1):
        current = objective.evaluate(theta, basis)
        if here is not None and on_trial:
            moved = share * here.longest_move
            if not _stands(objective, here, current, basis, share):
                if length_control.shorten(moved):
                    share = length_control.share(here.longest_move)
                    theta = here.theta + share * here.step
                    continue
                if basis is not None:
                    return here.solution(Termination.NO_ASCENT, passes=passes)
                theta, basis, on_trial, length_control = here.theta, _whitening(objective, here), False, StepLength()
                continue
            length_control.lengthen(moved)
        local = factored_pass(objective, theta, basis, current) or majorized_pass(objective, theta)
        if local is None:
            return _singular(theta, here, current, passes)
        basis = local.basis
        here, on_trial = _stepped(theta, local, passes, objective.likelihood.outputs), True
        if objective.separable and objective.fixed is None and current.margin > MIN_SEPARATING_MARGIN:
            far, loglik = far_along(objective, theta, current.margin)
            return here.solution(Termination.SEPARATED, far, loglik)
        near = here.decrement <= (settings.tolerance * min(1.0, abs(local.evaluation.loglik))) ** 0.5
        exact = near and (basis is not None or _plain_is_exact(local))
        share = length_control.share(here.longest_move)
        slow = progress.is_slow(here.decrement) or not local.is_information
        on_plateau = objective.separable and slow
        if on_plateau:
            share = plateau_share(objective, theta, here.step, share)
        if exact:
            termination, longer = _settled(objective, here, settings, progress, share)
            if termination is Termination.UNCERTIFIED:
                return here.solution(termination)
            if termination is not None:
                settings.report_step(objective, theta + here.step)
                return here.solution(termination, theta + here.step)
            on_plateau, share = longer is not None, share if longer is None else longer
        if on_plateau:
            basis = None  # white rows of a point far behind mix columns of very different curvature
        elif (near and not exact) or basis is not None or local.pivot < MIN_PLAIN_PIVOT:
            basis = _whitening(objective, here)
        theta = theta + share * here.step
        settings.report_step(objective, theta)
    assert here is not None
    return here.solution()


def _settled(
    objective: Objective,
    here: NewtonStep,
    settings: Newton,
    progress: Progress,
    share: float,
) -> tuple[Termination | None, float | None]:
    """Where the digits are exact: how the method ends, or None to go on; and on a plateau a longer step than `share`."""
    certified = here.bound < MAX_CERTIFICATE
    polished = here.bound <= EXACT_BOUND or here.decrement <= settings.exact_decrement
    stalled = progress.has_stalled(here.decrement)
    plateau = None
    proved = certified and objective.likelihood.self_concordant
    if stalled and settings.past_plateaus and _on_plateau(here, proved):
        longer = plateau_share(objective, here.theta, here.step, share)
        plateau = longer if progress.may_stall() and (longer > 1.0 or not certified) else None
    if certified and (polished or (stalled and plateau is None)):
        return Termination.CONVERGED if here.local.observed else Termination.SADDLE, None
    if stalled and plateau is None:
        return Termination.UNCERTIFIED, None
    progress.settled = here.decrement
    return None, plateau


def _on_plateau(here: NewtonStep, proved: bool) -> bool:
    """Whether a step that is short in standard errors still moves some row, and no proof says that this does not matter."""
    return not proved and here.longest_move > MIN_PLATEAU_MOVE


def _whitening(objective: Objective, here: NewtonStep) -> Array:
    """The basis that whitens the next pass, (p, p)."""
    return here.next_basis if here.next_basis is not None else np.eye(objective.coordinates.scale.size)


def _stands(objective: Objective, here: NewtonStep, current: Evaluation, basis: Array | None, share: float) -> bool:
    """Whether a share of the Newton step from `here` is kept, by the slope and the value at its end."""
    if not is_finite(current):
        return False
    promised = here.decrement * here.decrement  # minus the slope at the start; a power would raise if it overflows
    slope = slope_along(current, basis, here.step)
    if objective.likelihood.log_concave and slope <= 0.0:
        return True
    value = here.local.evaluation.value
    if basis is not here.local.basis and not current.value <= value:
        value = objective.evaluate(here.theta, basis).value  # values of two bases differ by their rounding
    if current.value <= value + VALUE_ROUNDING * abs(value):
        return True
    return slope <= 0.5 * promised and share * promised <= SLOPE_DECIDES * max(1.0, abs(value))


def _plain_is_exact(local: FactoredPass) -> bool:
    """Whether rows that are not whitened lose no digit that is promised."""
    return local.free is None and condition_number(local.factor) <= MAX_PLAIN_CONDITION


def local_solution(objective: Objective, theta: Array, passes: int) -> Solution:
    """What the information says at a point that another method reached: the decrement there, in whitened rows."""
    current = objective.evaluate(theta)
    local = factored_pass(objective, theta, None, current)
    if local is None:
        return _singular(theta, None, current, passes)
    plain = _stepped(theta, local, passes, objective.likelihood.outputs)
    basis = plain.next_basis
    white = factored_pass(objective, theta, basis, objective.evaluate(theta, basis))
    if white is None:
        return plain.solution()
    return _stepped(theta, white, passes, objective.likelihood.outputs).solution()


def _stepped(theta: Array, local: FactoredPass, passes: int, outputs: int) -> NewtonStep:
    """The Newton step at theta by two triangular solves, its decrement, and the certificate where the rows are white."""
    evaluation, basis, factor, free, full, *_ = local
    gradient = evaluation.gradient if free is None else free.T @ evaluation.gradient
    half = triangular_solve(factor, gradient, transposed=True)
    step = -triangular_solve(factor, half)
    decrement, bound = length(half), np.inf
    if local.is_information and (free is None or basis is not None):
        bound = decrement * evaluation.reach * largest_stretch(factor)
    return NewtonStep(
        theta,
        local,
        unwhitened(step if free is None else free @ step, basis),
        decrement,
        bound,
        None if full is None else shared_basis(full, basis, outputs),
        passes,
    )


def _singular(theta: Array, here: NewtonStep | None, current: Evaluation, passes: int) -> Solution:
    """A solution that says so: with no information, for the columns tell which of them are aliased."""
    if here is not None:
        return here.solution(Termination.SINGULAR, passes=passes)
    unknown = Certificate(np.inf, np.inf, np.zeros_like(theta))
    return Solution(theta, current.loglik, Termination.SINGULAR, passes, unknown)
