"""Newton's method with step control: plain passes to the neighborhood, whitened ones for the last digits.

The decrement lambda is the distance to the optimum in standard errors. Plain passes stop when lambda^2 <= `tolerance`
times min(1, |loglik|); then passes in whitened rows (see `Objective`) polish until lambda times the reach r (the largest
row norm under the inverse information) is at rounding level: e^(lambda r) bounds by how much the curvature can still
change, and lambda r < 1 certifies for the logit link that the maximum exists (docs/certificate.md).
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.objective import Evaluation, Objective, smallest_pivot
from logit_engine.solvers.triangular import aliased, cholesky_factor, weighted_r_factor

PLAIN_PIVOT = 1e-6  # below it (kappa above 1e6) every pass is whitened
SAFE_PIVOT = 3e-6  # below it a Cholesky factor of the plain information may be noise: they are off by about sqrt(n eps)
POLISHED = 1e-12  # lambda * reach at which the information is exact to rounding
CERTIFIED = 0.5  # lambda * reach: below 1 is proof, but under separation it tends to 1 and rounding may take it below
SEPARATING = 1e-9  # a margin above it is not rounding
SMALLEST_STEP = 2.0**-40


class Outcome(Enum):
    """How a run of Newton's method ended."""

    CONVERGED = "converged"
    UNCERTIFIED = "the steps grow small, but nothing certifies that the maximum exists"
    SEPARATED = "an iterate separates the outcomes completely"
    SINGULAR = "the information is singular"
    SADDLE = "the gradient vanishes where the log-likelihood is not concave"
    NO_ASCENT = "no step along the Newton direction improves the objective"
    ITERATIONS = "the limit of passes was reached"


@dataclass(frozen=True, slots=True)
class Newton:
    """Settings: tolerance on the squared decrement (see the module), and the largest number of passes.

    until_certified: stop at the first point whose certificate is below `CERTIFIED`, with no further polish.
    """

    tolerance: float = 1e-10
    max_passes: int = 100
    until_certified: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """Where it ended: theta (p,) in inner coordinates, factor T (p, p) with T'T the information there, and how.

    decrement: the last lambda. certificate: lambda times the reach at the last whitened pass, else infinite.
    direction: the last Newton direction, (p,). observed: T is of the observed information, not the expected one.
    """

    theta: Array
    factor: Array
    loglik: float
    decrement: float
    certificate: float
    direction: Array
    outcome: Outcome
    passes: int
    observed: bool


def solve(objective: Objective, start: Array, settings: Newton | None = None, basis: Array | None = None) -> Solution:
    """Minimize the objective from start, (p,), whitened from the first pass if a basis, (p, p), is at hand.

    Boyd & Vandenberghe (2004), 9.5; whitening: docs/architecture.md.
    """
    settings = settings or Newton()
    theta = start
    here: Solution | None = None
    value, last_whitened = np.inf, np.inf
    step = np.zeros_like(start)
    for passes in range(1, settings.max_passes + 1):
        current = objective.evaluate(theta, basis)
        if here is not None and not _improves(current.value, value):
            step = 0.5 * step
            if np.linalg.norm(step) <= SMALLEST_STEP * np.linalg.norm(here.direction):
                return replace(here, outcome=Outcome.NO_ASCENT, passes=passes)
            theta = here.theta + step
            continue
        local = _factored(objective, theta, basis, current)
        if local is None:
            return _singular(objective, theta, here, current, passes)
        basis = local.basis
        here, value = _stepped(theta, local, passes), local.evaluation.value
        if objective.separable and current.margin > SEPARATING:
            return replace(here, outcome=Outcome.SEPARATED)
        if settings.until_certified and here.certificate < CERTIFIED:
            return replace(here, outcome=Outcome.CONVERGED)
        near = here.decrement**2 <= settings.tolerance * min(1.0, abs(here.loglik))
        if near and basis is not None:
            stalled = here.decrement > 0.5 * last_whitened
            if here.certificate <= POLISHED or (stalled and here.certificate < CERTIFIED):
                outcome = Outcome.CONVERGED if here.observed else Outcome.SADDLE
                return replace(here, theta=theta + here.direction, outcome=outcome)
            if stalled:
                return replace(here, outcome=Outcome.UNCERTIFIED)
            last_whitened = here.decrement
        if near or basis is not None or smallest_pivot(here.factor) < PLAIN_PIVOT:
            basis = here.factor
        step, theta = here.direction, theta + here.direction
    assert here is not None
    return here


class _Local(NamedTuple):
    """An evaluation in a basis, with the Cholesky factor of its curvature in that basis."""

    evaluation: Evaluation
    basis: Array | None
    factor: Array
    observed: bool


def _factored(objective: Objective, theta: Array, basis: Array | None, current: Evaluation) -> _Local | None:
    """The curvature factored in the basis at hand, else in one made by TSQR; None if columns are aliased."""
    local = _definite(objective, theta, basis, current)
    if local is not None:
        return local
    basis = weighted_r_factor(objective, theta)
    if aliased(basis, objective.coordinates.resolution).any():
        return None
    return _definite(objective, theta, basis, objective.evaluate(theta, basis))


def _definite(objective: Objective, theta: Array, basis: Array | None, current: Evaluation) -> _Local | None:
    """The curvature factored: as it is, or where a link is not log-concave from the expected information."""
    for observed in (True, False):
        evaluation = current if observed else objective.evaluate(theta, basis, expected=True)
        factor = cholesky_factor(evaluation.curvature)
        if factor is not None and (basis is not None or smallest_pivot(factor) > SAFE_PIVOT):
            return _Local(evaluation, basis, factor, observed)
        if objective.likelihood.link.log_concave:
            break
    return None


def _stepped(theta: Array, local: _Local, passes: int) -> Solution:
    """The Newton step at theta by two triangular solves, its decrement, and the certificate where the rows are white."""
    evaluation, basis, factor, observed = local
    half = solve_triangular(factor, evaluation.gradient, trans="T", check_finite=False)
    direction = -solve_triangular(factor, half, check_finite=False)
    decrement, certificate, whole = float(np.linalg.norm(half)), np.inf, factor
    if basis is not None:
        whole = factor @ basis
        direction = solve_triangular(basis, direction, check_finite=False)
        certificate = decrement * evaluation.reach / float(np.linalg.svd(factor, compute_uv=False)[-1])
    return Solution(
        theta, whole, evaluation.loglik, decrement, certificate, direction, Outcome.ITERATIONS, passes, observed
    )


def _singular(objective: Objective, theta: Array, here: Solution | None, current: Evaluation, passes: int) -> Solution:
    """A solution that says so: with the R factor at the start, from which the aliased columns can be named."""
    if here is not None:
        return replace(here, outcome=Outcome.SINGULAR, passes=passes)
    R = weighted_r_factor(objective, theta)
    return Solution(theta, R, current.loglik, np.inf, np.inf, np.zeros_like(theta), Outcome.SINGULAR, passes, True)


def _improves(value: float, before: float) -> bool:
    """Whether a step can stand: it does not raise the objective beyond the rounding of its sum."""
    return value <= before + 1e-12 * abs(before)
