"""Newton's method with step control: plain passes to the neighborhood, whitened ones for the last digits.

The decrement lambda is the distance to the optimum in standard errors. Plain passes stop when lambda^2 <= `tolerance`
times min(1, |loglik|); then passes in whitened rows (see `Objective`) polish until lambda times the reach r (the largest
row norm under the inverse information) is at rounding level: e^(lambda r) bounds by how much the curvature can still
change, and lambda r < 1 certifies for the logit link that the maximum exists (docs/certificate.md).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, Protocol

import numpy as np
from scipy.linalg import qr

from logit_engine.columns import Array
from logit_engine.objective import Evaluation, Objective, repeated
from logit_engine.solvers.triangular import weighted_r_factor
from logit_engine.triangles import (
    aliased,
    cholesky_factor,
    condition_number,
    largest_stretch,
    length,
    r_factor,
    smallest_pivot,
    triangular_inverse,
    triangular_solve,
)

PLAIN_PIVOT = 1e-6  # below it (kappa above 1e6) every pass is whitened
PLAIN_DIGITS = 100.0  # the condition number up to which plain sums keep the digits that are promised
SAFE_PIVOT = 3e-6  # below it a Cholesky factor of the plain information may be noise: they are off by about sqrt(n eps)
POLISHED = (
    1e-13  # lambda * reach at which the information is exact to rounding: at 1e-12 one fit in a hundred lost a digit
)
CERTIFIED = 0.5  # lambda * reach: below 1 is proof, but under separation it tends to 1 and rounding may take it below
SEPARATING = 1e-9  # a margin above it is not rounding
SMALLEST_STEP = 2.0**-40


class Solver(Protocol):
    """Settings of a method that know how to minimize an objective from a start, (q,)."""

    def solve(self, objective: Objective, start: Array) -> "Solution": ...


class Outcome(Enum):
    """How a run of Newton's method ended."""

    CONVERGED = "converged"
    UNCERTIFIED = "the steps grow small, but nothing certifies that the maximum exists"
    SEPARATED = "an iterate separates the outcomes completely"
    SINGULAR = "the information is singular"
    SADDLE = "the gradient vanishes where the log-likelihood is not concave"
    NO_ASCENT = "no step along the Newton direction improves the objective"
    ITERATIONS = "the limit of passes was reached"
    EVALUATIONS = "the limit of evaluations was reached"
    HALTED = "the callback stopped the method"


@dataclass(frozen=True, slots=True)
class Newton:
    """Settings: tolerance on the squared decrement (see the module), and the largest number of passes.

    enough: a decrement known to leave the information exact, however loose the certificate's bound of the reach is.
    until_certified: stop at the first point whose certificate is below `CERTIFIED`, with no further polish. watch: called
    with the user's coefficients, (q,), after every step.
    """

    tolerance: float = 1e-10
    max_passes: int = 100
    enough: float = 0.0
    until_certified: bool = False
    watch: Callable[[Array], None] | None = None

    def solve(self, objective: Objective, start: Array) -> "Solution":
        """See `solve`."""
        return solve(objective, start, self)

    def see(self, objective: Objective, theta: Array) -> None:
        """Tell who watches of a step to theta, (q,)."""
        if self.watch is not None:
            self.watch(objective.coordinates.to_user(theta))


@dataclass(frozen=True, slots=True)
class Solution:
    """Where it ended: theta (q,) in inner coordinates, the factored information there, and how.

    factor: (r, r) triangular, factor'factor the information along the r directions that are free to move (all q without
    constraints), in whitened coordinates where there is a basis. basis: (p, p), or None; free: (q, r) orthonormal, or None
    for all. next_basis: the whitening this information would give. decrement: the last lambda. certificate: a bound of
    lambda times the reach. direction: the last Newton direction, (q,). observed: the
    information is the observed one.
    """

    theta: Array
    factor: Array
    basis: Array | None
    free: Array | None
    next_basis: Array | None
    loglik: float
    decrement: float
    certificate: float
    direction: Array
    outcome: Outcome
    passes: int
    observed: bool

    @property
    def root(self) -> Array:
        """(q, r) with root root' the inverse information, in inner coordinates; zero along what constraints fix."""
        inverse = triangular_inverse(self.factor)
        return unwhitened(inverse if self.free is None else self.free @ inverse, self.basis)

    @property
    def triangle(self) -> Array:
        """(r, r), upper: triangle'triangle is the information in inner coordinates; its columns show collinearity."""
        if self.basis is None or self.free is not None:
            return self.factor
        return self.factor @ repeated(self.basis, self.theta.size // self.basis.shape[0])


def solve(objective: Objective, start: Array, settings: Newton | None = None, basis: Array | None = None) -> Solution:
    """Minimize the objective from start, (q,), whitened from the first pass if a basis, (p, p), is at hand.

    `objective.fixed` is kept to: a start that meets linear constraints ends where they are met. Boyd & Vandenberghe (2004),
    9.5 and 10.2; whitening: docs/architecture.md.
    """
    settings = settings or Newton()
    theta = start
    here: Solution | None = None
    value, last = np.inf, np.inf
    step = np.zeros_like(start)
    for passes in range(1, settings.max_passes + 1):
        current = objective.evaluate(theta, basis)
        if here is not None and not _improves(current.value, value):
            step = 0.5 * step
            if length(step) <= SMALLEST_STEP * length(here.direction):
                return replace(here, outcome=Outcome.NO_ASCENT, passes=passes)
            theta = here.theta + step
            continue
        local = _factored(objective, theta, basis, current)
        if local is None:
            return _singular(objective, theta, here, current, passes)
        basis = local.basis
        here, value = _stepped(theta, local, passes, objective.likelihood.outputs), local.evaluation.value
        if objective.separable and objective.fixed is None and current.margin > SEPARATING:
            return replace(here, outcome=Outcome.SEPARATED)
        if settings.until_certified and here.certificate < CERTIFIED:
            return replace(here, outcome=Outcome.CONVERGED)
        near = here.decrement <= (settings.tolerance * min(1.0, abs(here.loglik))) ** 0.5
        exact = near and (basis is not None or _plain_is_exact(here))
        stalled = here.decrement > 0.5 * last
        if exact:
            polished = here.certificate <= POLISHED or here.decrement <= settings.enough
            if here.certificate < CERTIFIED and (polished or stalled):
                outcome = Outcome.CONVERGED if here.observed else Outcome.SADDLE
                settings.see(objective, theta + here.direction)
                return replace(here, theta=theta + here.direction, outcome=outcome)
            if stalled and basis is not None:
                return replace(here, outcome=Outcome.UNCERTIFIED)
            last = here.decrement
        if (near and (stalled or not exact)) or basis is not None or smallest_pivot(here.factor) < PLAIN_PIVOT:
            basis = here.next_basis if here.next_basis is not None else np.eye(objective.coordinates.scale.size)
        step, theta = here.direction, theta + here.direction
        settings.see(objective, theta)
    assert here is not None
    return here


def _plain_is_exact(here: Solution) -> bool:
    """Whether rows that are not whitened lose no digit that is promised."""
    return here.free is None and condition_number(here.factor) <= PLAIN_DIGITS


def local_solution(objective: Objective, theta: Array, passes: int) -> Solution:
    """What the information says at a point that another method reached: the decrement there, in whitened rows."""
    current = objective.evaluate(theta)
    local = _factored(objective, theta, None, current)
    if local is None:
        return _singular(objective, theta, None, current, passes)
    plain = _stepped(theta, local, passes, objective.likelihood.outputs)
    basis = plain.next_basis
    white = _factored(objective, theta, basis, objective.evaluate(theta, basis))
    return plain if white is None else _stepped(theta, white, passes, objective.likelihood.outputs)


class _Local(NamedTuple):
    """An evaluation in a basis, with the Cholesky factor of its curvature along the free directions, and of all of it."""

    evaluation: Evaluation
    basis: Array | None
    factor: Array
    free: Array | None
    full: Array | None
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
    free = free_directions(objective, basis)
    for observed in (True, False):
        evaluation = current if observed else objective.evaluate(theta, basis, expected=True)
        full = cholesky_factor(evaluation.curvature)
        factor = full if free is None else cholesky_factor(free.T @ evaluation.curvature @ free)
        safe = basis is not None or free is not None
        if factor is not None and (safe or smallest_pivot(factor) > SAFE_PIVOT):
            return _Local(evaluation, basis, factor, free, full, observed)
        if objective.likelihood.log_concave:
            break
    return None


def free_directions(objective: Objective, basis: Array | None) -> Array | None:
    """An orthonormal basis, (q, r), of the whitened steps that leave `objective.fixed` alone; None if all do."""
    if objective.fixed is None:
        return None
    fixed = objective.fixed
    if basis is not None:
        fixed = fixed @ repeated(triangular_inverse(basis), objective.likelihood.outputs)
    rows = np.linalg.norm(fixed, axis=1, keepdims=True)
    return np.asarray(qr((fixed / rows).T)[0][:, fixed.shape[0] :])


def unwhitened(columns: Array, basis: Array | None) -> Array:
    """Directions of whitened coordinates, (q[, m]), in inner coordinates."""
    if basis is None:
        return columns
    p = basis.shape[0]
    by_class = columns.reshape(columns.shape[0] // p, p, 1 if columns.ndim == 1 else columns.shape[1])
    solved = [triangular_solve(basis, part) for part in by_class]
    return np.concatenate(solved).reshape(columns.shape)


def _stepped(theta: Array, local: _Local, passes: int, outputs: int) -> Solution:
    """The Newton step at theta by two triangular solves, its decrement, and the certificate where the rows are white."""
    evaluation, basis, factor, free, full, observed = local
    gradient = evaluation.gradient if free is None else free.T @ evaluation.gradient
    half = triangular_solve(factor, gradient, transposed=True)
    direction = -triangular_solve(factor, half)
    decrement, certificate = length(half), np.inf
    if free is None or basis is not None:
        certificate = decrement * evaluation.reach * largest_stretch(factor)
    return Solution(
        theta=theta,
        factor=factor,
        basis=basis,
        free=free,
        next_basis=None if full is None else shared_basis(full, basis, outputs),
        loglik=evaluation.loglik,
        decrement=decrement,
        certificate=certificate,
        direction=unwhitened(direction if free is None else free @ direction, basis),
        outcome=Outcome.ITERATIONS,
        passes=passes,
        observed=observed,
    )


def shared_basis(full: Array, basis: Array | None, outputs: int) -> Array:
    """One triangular T, (p, p), for all predictors: T'T is the sum of their own blocks of the information."""
    p = full.shape[0] // outputs
    stacked = full if outputs == 1 else r_factor(np.vstack([full[:, a * p : (a + 1) * p] for a in range(outputs)]))
    return stacked if basis is None else stacked @ basis


def _singular(objective: Objective, theta: Array, here: Solution | None, current: Evaluation, passes: int) -> Solution:
    """A solution that says so: with no information, for the columns tell which of them are aliased."""
    if here is not None:
        return replace(here, outcome=Outcome.SINGULAR, passes=passes)
    nothing = np.full((theta.size, theta.size), np.nan)
    return Solution(
        theta,
        nothing,
        None,
        None,
        None,
        current.loglik,
        np.inf,
        np.inf,
        np.zeros_like(theta),
        Outcome.SINGULAR,
        passes,
        True,
    )


def _improves(value: float, before: float) -> bool:
    """Whether a step can stand: it does not raise the objective beyond the rounding of its sum."""
    return value <= before + 1e-12 * abs(before)
