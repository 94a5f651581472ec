"""Verdict: whether a solution is the maximum, whether a maximum exists, and what to do if not.

Only a certificate says "converged" (docs/certificate.md). If a solver stops without one, there are
three cases, taken in this order:

1. A direction separates the outcomes, so no maximum exists: a linear program finds it, with a proof
   (diagnostics/recession.py).
2. The caller stopped the solver: the status says so, and the solver does not go on.
3. A maximum exists and is not reached: the solver goes on from where it stopped, then from the
   constants that fit by themselves. Existence is not arrival, so without a certificate even then
   the fit has not converged.

A penalized fit has a residual in place of a certificate, and separates only along the directions
that its penalty leaves open.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from logit_engine.columns import Array
from logit_engine.diagnostics.direction_proofs import Proof
from logit_engine.diagnostics.linear_program import Cone
from logit_engine.diagnostics.recession import Recession, recession
from logit_engine.diagnostics.separation import Clause
from logit_engine.diagnostics.wording import DEFAULT_WORDING, Wording
from logit_engine.fitting.condition import column_condition
from logit_engine.fitting.result import Status
from logit_engine.fitting.status import (
    STOPPED_BY_CALLER,
    separated_status,
    solver_status,
    unproved_status,
)
from logit_engine.objective.loss import Objective
from logit_engine.penalties import NONE
from logit_engine.solvers.certificate import arrival_certificate, information_loss
from logit_engine.solvers.newton import Newton, newton_solution
from logit_engine.solvers.solution import MAX_CERTIFICATE, Solution, Termination

FAR_PREDICTOR = 10.0  # a row there is predicted perfectly but for 1 in 20,000
EXACT_CERTIFICATE = 1e-6  # above it standard errors have fewer than six digits
EXCUSED_CONDITION = 1e6  # a condition number above it excuses as many lost digits


class Judgment(NamedTuple):
    """The solution that stands, its status, and the certificate or residual it rests on.

    signs: (q,), the signs of infinite coefficients as in `Recession`, None if all are finite.
    """

    solution: Solution
    status: Status
    certificate: float
    signs: Array | None = None


def judge(
    objective: Objective,
    solution: Solution,
    perfect: Callable[[], list[Clause]],
    constants: Array,
    wording: Wording = DEFAULT_WORDING,
) -> Judgment:
    """What may be said of a solution; the solver goes on if it stopped before a proof.

    perfect: gives the columns and levels that predict perfectly by themselves; it is asked only
    where no maximum is proved. constants: (q,), theta of the null model.
    """
    if not objective.separable:
        return _penalized_judgment(objective, solution, perfect(), wording)
    certificate = arrival_certificate(objective, solution)
    if _is_proved(objective, solution, certificate):
        return Judgment(solution, solver_status(objective, solution), certificate)
    direction = recession(objective, solution.theta)
    if direction is not None and _separates(direction, wording):
        status = separated_status(objective, direction, perfect(), wording)
        return Judgment(solution, status, certificate, direction.signs)
    if solution.termination in STOPPED_BY_CALLER:
        return Judgment(solution, solver_status(objective, solution), certificate)
    return _judgment_of_more_passes(objective, solution, constants, direction, wording)


def _penalized_judgment(
    objective: Objective,
    solution: Solution,
    perfect: list[Clause],
    wording: Wording,
) -> Judgment:
    """The judgment of a fit whose penalty holds its coefficients, or most of them."""
    direction = unpenalized_recession(objective, solution)
    residual = solution.proof.bound
    if direction is None:
        return Judgment(solution, solver_status(objective, solution), residual)
    status = separated_status(objective, direction, perfect, wording)
    return Judgment(solution, status, residual, direction.signs)


def _judgment_of_more_passes(
    objective: Objective,
    solution: Solution,
    constants: Array,
    direction: Recession | None,
    wording: Wording,
) -> Judgment:
    """The judgment after more passes, from where the solver stopped and from the constants.

    direction: one that separates but for rounding, or None.
    """
    information = solution.information
    is_whitened = information is not None and information.basis is not None
    next_basis = information.next_basis if information is not None and is_whitened else None
    for start, basis in ((solution.theta, next_basis), (constants, None)):
        further = newton_solution(objective, start, Newton(past_plateaus=True), basis)
        further = replace(further, passes=solution.passes + further.passes)
        certificate = arrival_certificate(objective, further)
        if _is_proved(objective, further, certificate):
            return Judgment(further, solver_status(objective, further), certificate)
    if solution.termination is Termination.CONVERGED:
        solution = replace(solution, termination=Termination.UNCERTIFIED)
    status = unproved_status(objective, solution, direction, wording)
    return Judgment(solution, status, certificate)


def _separates(direction: Recession, wording: Wording) -> bool:
    """Whether a direction separates.

    Rows of normalized columns that tie but for rounding tie in the file.
    """
    if direction.proof is Proof.EXACT:
        return True
    return direction.proof is Proof.ROUNDED and wording.units is not None


def _is_proved(objective: Objective, solution: Solution, certificate: float) -> bool:
    """Whether the certificate proves the arrival, and the last step hardly changes the information.

    Collinear columns excuse a loss of digits.
    """
    if not certificate < MAX_CERTIFICATE:
        return False
    if certificate < EXACT_CERTIFICATE:
        return True
    condition = column_condition(objective, solution.information)
    allowed = EXACT_CERTIFICATE * max(1.0, condition / EXCUSED_CONDITION)
    return certificate < allowed or information_loss(objective, solution, certificate) < allowed


def unpenalized_recession(objective: Objective, solution: Solution) -> Recession | None:
    """A direction that the penalty leaves open and along which the likelihood rises forever.

    None if there is none. It is looked for only if the solver did not arrive, or a row is far out:
    else the residual shows every row's margin.
    """
    if objective.fixed is not None:
        return None
    low, high = objective.penalty.open_directions(solution.theta.size)
    if not ((low < high) & ~objective.free).any():
        return None
    converged = solution.termination is Termination.CONVERGED
    if converged and objective.widest_predictor_gap(solution.theta) < FAR_PREDICTOR:
        return None
    direction = recession(replace(objective, penalty=NONE), cone=Cone(low, high))
    is_exact = direction is not None and direction.proof is Proof.EXACT
    return direction if is_exact else None
