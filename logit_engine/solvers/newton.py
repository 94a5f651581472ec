"""Newton's method: plain passes to the neighborhood of the maximum, whitened ones for the last
digits.

The problem: reach the maximum to the last digit, from any start, and prove it, in as few passes
over the rows as possible.

The idea: the decrement lambda is the distance to the maximum in standard errors, and the reach r is
how far one standard error can move a row's predictor. The curvature can still change by a factor of
at most e^(lambda r). So lambda r says when a step is the last one, and for the logit link lambda r
< 1 proves that the maximum exists (docs/certificate.md).
1. Plain passes until lambda^2 <= `tolerance` times min(1, |loglik|).
2. Passes in whitened rows until lambda r is at rounding level: a Gram matrix of rows as they are
   loses digits with the square of the condition number, whitened rows lose none.
3. The step after the last pass is taken without another look: its error is below rounding.

Invariants: a step is kept only if the slope or the value falls (solvers/step_length.py). A
CONVERGED solution always carries a certificate. The information is that of the last pass, one step
before.

Tried and dropped: stopping at lambda r = 1e-12 (one fit in a hundred lost its thirteenth digit);
whitening every pass (three times the arithmetic); stopping by the value (it stalls at rounding).
Boyd & Vandenberghe (2004), 9.5 and 10.2; Bach (2010), "Self-concordant analysis for logistic
regression".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.passes import Evaluation
from logit_engine.objective.triangles import is_plainly_conditioned
from logit_engine.solvers.factored_pass import FactoredPass, factored_pass, majorized_pass
from logit_engine.solvers.newton_step import NewtonStep, newton_step
from logit_engine.solvers.solution import MAX_CERTIFICATE, Certificate, Solution, Termination
from logit_engine.solvers.step_length import (
    Progress,
    StepControl,
    plateau_length,
    separated_point,
    step_is_kept,
)

EPS = float(np.finfo(np.float64).eps)
MIN_PLAIN_PIVOT = 1e-6  # below it (kappa above 1e6) every pass is whitened
MAX_PLAIN_CONDITION = 100.0  # up to which plain sums keep the digits that are promised
PLAIN_ROUNDING = EPS  # of a sum over rows
CODED_ROUNDING = 4.0 * EPS  # of one by codes, which is a running sum
EXACT_BOUND = 1e-13  # lambda * reach at which the information is exact to rounding
MIN_SEPARATING_MARGIN = 1e-9  # a larger one is not rounding
MAX_QUICK_PASSES = 10  # that a fit takes which is neither separated nor badly conditioned
MIN_PLATEAU_MOVE = 1e-9  # of a row's predictor


@dataclass(frozen=True, slots=True)
class Newton:
    """Settings: tolerance on the squared decrement (see the module), and the largest number of
    passes.

    exact_decrement: known to leave the information exact, however loose the bound of the reach is.
    past_plateaus: if the steps settle without a certificate, go on by longer ones; for problems of
    which it is known that nothing separates. watch: called with the user's coefficients, (q,),
    after every step. when_slow: called once after MAX_QUICK_PASSES, to raise if it knows why.
    """

    tolerance: float = 1e-10
    max_passes: int = 100
    exact_decrement: float = 0.0
    past_plateaus: bool = False
    watch: Callable[[Array], None] | None = None
    when_slow: Callable[[], None] | None = None

    def solve(self, objective: Objective, start: Array) -> Solution:
        """Minimize from start, (q,)."""
        return newton_solution(objective, start, self)

    def report_step(self, objective: Objective, theta: Array) -> None:
        """Call who watches after a step to theta, (q,)."""
        if self.watch is not None:
            self.watch(objective.coordinates.to_user(theta))


@np.errstate(over="ignore", invalid="ignore")  # far steps may overflow: they are shortened
def newton_solution(
    objective: Objective, start: Array, settings: Newton, basis: Array | None = None
) -> Solution:
    """Minimize the objective from start, (q,); a basis, (p, p), whitens the first pass too.

    `objective.fixed` is kept to: a start that meets linear constraints ends where they are met.
    """
    theta, here, step_length, on_trial = start, None, 1.0, False
    control, progress = StepControl(), Progress()
    for passes in range(1, settings.max_passes + 1):
        if passes == MAX_QUICK_PASSES and settings.when_slow is not None:
            settings.when_slow()
        current = objective.evaluate(theta, basis)
        if here is not None and on_trial:
            moved = step_length * here.longest_move
            if step_is_kept(objective, here, current, basis, step_length):
                control.lengthen(moved)
            elif control.shorten(moved):
                step_length = control.length(here.longest_move)
                theta = here.theta + step_length * here.step
                continue
            elif basis is None:  # whitened rows may still see the descent
                theta, basis, on_trial = here.theta, here.whitening_basis(objective), False
                control = StepControl()
                continue
            else:
                return here.solution(Termination.NO_ASCENT, passes=passes)
        found = factored_pass(objective, theta, basis, current) or majorized_pass(objective, theta)
        if found is None:
            return _singular_solution(theta, here, current, passes)
        here, on_trial = newton_step(theta, found, passes, objective.likelihood.outputs), True
        following = _end_or_next_move(objective, here, current.margin, settings, control, progress)
        if isinstance(following, Solution):
            return following
        step_length, basis = following
        theta = theta + step_length * here.step
        settings.report_step(objective, theta)
    assert here is not None
    return here.solution(Termination.ITERATIONS)


class NextMove(NamedTuple):
    """The length of the step to take, and the basis, (p, p), of the pass after it."""

    step_length: float
    basis: Array | None


def _end_or_next_move(
    objective: Objective,
    here: NewtonStep,
    margin: float,
    settings: Newton,
    control: StepControl,
    progress: Progress,
) -> Solution | NextMove:
    """The solution if the method ends with this step, else how it goes on.

    margin: by which the rows at the step's start are separated.
    """
    may_separate = objective.separable and objective.fixed is None
    if may_separate and margin > MIN_SEPARATING_MARGIN:
        return here.solution(Termination.SEPARATED, *separated_point(objective, here.theta, margin))
    found, basis = here.factored, here.factored.basis
    near = here.decrement <= (settings.tolerance * min(1.0, abs(found.evaluation.loglik))) ** 0.5
    exact = near and (basis is not None or _plain_is_exact(objective, found))
    step_length, on_plateau = _next_length(objective, here, control, progress)
    if exact:
        here = here.bounded_by_rows(objective)
        termination, longer = _end_or_plateau(objective, here, settings, progress, step_length)
        if termination is Termination.UNCERTIFIED:
            return here.solution(termination)
        if termination is not None:
            settings.report_step(objective, here.theta + here.step)
            return here.solution(termination, here.theta + here.step)
        on_plateau = longer is not None
        step_length = step_length if longer is None else longer
    if on_plateau:  # whitened rows of a point far behind mix columns of very different curvature
        return NextMove(step_length, None)
    whitens = (near and not exact) or basis is not None or found.unit.pivot < MIN_PLAIN_PIVOT
    return NextMove(step_length, here.whitening_basis(objective) if whitens else None)


def _next_length(
    objective: Objective,
    here: NewtonStep,
    control: StepControl,
    progress: Progress,
) -> tuple[float, bool]:
    """The length of the step to take, and whether it goes along a plateau."""
    step_length = control.length(here.longest_move)
    slow = progress.is_slow(here.decrement) or not here.factored.is_information
    if not (objective.separable and slow):
        return step_length, False
    return plateau_length(objective, here.theta, here.step, step_length), True


def _end_or_plateau(
    objective: Objective,
    here: NewtonStep,
    settings: Newton,
    progress: Progress,
    step_length: float,
) -> tuple[Termination | None, float | None]:
    """How the method ends if the digits are exact, or None to go on.

    On a plateau it goes on by a longer step.
    """
    certified = here.bound < MAX_CERTIFICATE
    exact = here.bound <= EXACT_BOUND or here.decrement <= settings.exact_decrement
    stalled = progress.has_stalled(here.decrement)
    plateau = None
    proved = certified and objective.likelihood.self_concordant
    # without a proof, a step that is short in standard errors may still move some row
    may_be_plateau = not proved and here.longest_move > MIN_PLATEAU_MOVE
    if stalled and settings.past_plateaus and may_be_plateau:
        longer = plateau_length(objective, here.theta, here.step, step_length)
        plateau = longer if progress.may_stall() and (longer > 1.0 or not certified) else None
    if certified and (exact or (stalled and plateau is None)):
        return Termination.CONVERGED if here.factored.observed else Termination.SADDLE, None
    if stalled and plateau is None:
        return Termination.UNCERTIFIED, None
    progress.exact_decrement = here.decrement
    return None, plateau


def _plain_is_exact(objective: Objective, found: FactoredPass) -> bool:
    """Whether rows that are not whitened lose no digit that is promised."""
    rounding = CODED_ROUNDING if objective.level_spans else PLAIN_ROUNDING
    is_exact = is_plainly_conditioned(found.unit, MAX_PLAIN_CONDITION, rounding)
    return found.free is None and is_exact


def local_solution(objective: Objective, theta: Array, passes: int) -> Solution:
    """The solution at a point that another method reached, with the Newton step there, in whitened
    rows.
    """
    current, outputs = objective.evaluate(theta), objective.likelihood.outputs
    found = factored_pass(objective, theta, None, current)
    if found is None:
        return _singular_solution(theta, None, current, passes)
    plain = newton_step(theta, found, passes, outputs)
    basis = plain.next_basis
    whitened = factored_pass(objective, theta, basis, objective.evaluate(theta, basis))
    step = plain if whitened is None else newton_step(theta, whitened, passes, outputs)
    return step.solution(Termination.ITERATIONS)


def _singular_solution(
    theta: Array, here: NewtonStep | None, current: Evaluation, passes: int
) -> Solution:
    """A solution whose next information is singular: that of the step before, or without any."""
    if here is not None:
        return here.solution(Termination.SINGULAR, passes=passes)
    unknown = Certificate(np.inf, np.inf, np.zeros_like(theta))
    return Solution(theta, current.loglik, Termination.SINGULAR, passes, unknown)
