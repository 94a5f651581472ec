"""Newton's method with step control: plain passes to the neighborhood, whitened ones for the last digits.

The decrement lambda is the distance to the optimum in standard errors. Plain passes stop when lambda^2 <= `tolerance`
times min(1, |loglik|); then passes in whitened rows (see `Objective`) polish until lambda times the reach r (the largest
row norm under the inverse information) is at rounding level: e^(lambda r) bounds by how much the curvature can still
change, and lambda r < 1 certifies for the logit link that the maximum exists (docs/certificate.md).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, Protocol

import numpy as np
from scipy.linalg import qr

from logit_engine.columns import Array
from logit_engine.objective.loss import Evaluation, Objective, repeated
from logit_engine.objective.triangles import (
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
from logit_engine.solvers.triangular import column_r_factor, weighted_r_factor

PLAIN_PIVOT = 1e-6  # below it (kappa above 1e6) every pass is whitened
PLAIN_DIGITS = 100.0  # the condition number up to which plain sums keep the digits that are promised
SAFE_PIVOT = 3e-6  # below it a Cholesky factor of the information may be noise: they are off by about sqrt(n eps)
POLISHED = (
    1e-13  # lambda * reach at which the information is exact to rounding: at 1e-12 one fit in a hundred lost a digit
)
CERTIFIED = 0.5  # lambda * reach: below 1 is proof, but under separation it tends to 1 and rounding may take it below
SEPARATING = 1e-9  # a margin above it is not rounding
SHORTEST_PLATEAU_MOVE = 1e-9  # of a row's predictor


class Solver(Protocol):
    """Settings of a method that know how to minimize an objective from a start, (q,)."""

    def solve(self, objective: Objective, start: Array) -> "Solution": ...


class Outcome(Enum):
    """How a run of Newton's method ended."""

    CONVERGED = "converged"
    UNCERTIFIED = "the steps grow small, but nothing proves that the maximum is reached"
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
    past_plateaus: where the steps settle without a certificate, go on by longer ones; for problems of which it is known that
    nothing separates. watch: called with the user's coefficients, (q,), after every step.
    """

    tolerance: float = 1e-10
    max_passes: int = 100
    enough: float = 0.0
    past_plateaus: bool = False
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


@np.errstate(over="ignore", invalid="ignore")  # far steps may overflow: they are shortened
def solve(objective: Objective, start: Array, settings: Newton | None = None, basis: Array | None = None) -> Solution:
    """Minimize the objective from start, (q,), whitened from the first pass if a basis, (p, p), is at hand.

    `objective.fixed` is kept to: a start that meets linear constraints ends where they are met. Boyd & Vandenberghe (2004),
    9.5 and 10.2; whitening: docs/architecture.md.
    """
    settings = settings or Newton()
    theta, here, share = start, None, 1.0
    before: _Local | None = None
    length_control, progress = StepLength(), Progress()
    for passes in range(1, settings.max_passes + 1):
        current = objective.evaluate(theta, basis)
        if here is not None and before is not None:
            moved = share * _longest_move(here)
            if not _stands(objective, here, before, current, basis, share):
                if length_control.shorten(moved):
                    share = length_control.share(_longest_move(here))
                    theta = here.theta + share * here.direction
                    continue
                if basis is not None:
                    return replace(here, outcome=Outcome.NO_ASCENT, passes=passes)
                theta, basis, before, length_control = here.theta, _whitening(objective, here), None, StepLength()
                continue
            length_control.lengthen(moved)
        local = _factored(objective, theta, basis, current) or _majorized(objective, theta)
        if local is None:
            return _singular(theta, here, current, passes)
        basis = local.basis
        here, before = _stepped(theta, local, passes, objective.likelihood.outputs), local
        if objective.separable and objective.fixed is None and current.margin > SEPARATING:
            far, loglik = far_along(objective, theta, current.margin)
            return replace(here, theta=far, loglik=loglik, outcome=Outcome.SEPARATED)
        near = here.decrement <= (settings.tolerance * min(1.0, abs(here.loglik))) ** 0.5
        exact = near and (basis is not None or _plain_is_exact(here))
        share = length_control.share(_longest_move(here))
        slow = progress.is_slow(here.decrement) or not local.informed
        on_plateau = objective.separable and slow
        if on_plateau:
            share = plateau_share(objective, theta, here.direction, share)
        if exact:
            outcome, longer = _settled(objective, here, settings, progress, share)
            if outcome is Outcome.UNCERTIFIED:
                return replace(here, outcome=outcome)
            if outcome is not None:
                settings.see(objective, theta + here.direction)
                return replace(here, theta=theta + here.direction, outcome=outcome)
            on_plateau, share = longer is not None, share if longer is None else longer
        if on_plateau:
            basis = None  # white rows of a point far behind mix columns of very different curvature
        elif (near and not exact) or basis is not None or local.pivot < PLAIN_PIVOT:
            basis = _whitening(objective, here)
        theta = theta + share * here.direction
        settings.see(objective, theta)
    assert here is not None
    return here


def _settled(
    objective: Objective,
    here: Solution,
    settings: Newton,
    progress: Progress,
    share: float,
) -> tuple[Outcome | None, float | None]:
    """Where the digits are exact: how the method ends, or None to go on; and on a plateau a longer step than `share`."""
    certified = here.certificate < CERTIFIED
    polished = here.certificate <= POLISHED or here.decrement <= settings.enough
    stalled = progress.has_stalled(here.decrement)
    plateau = None
    proved = certified and objective.likelihood.self_concordant
    if stalled and settings.past_plateaus and _on_plateau(here, proved):
        longer = plateau_share(objective, here.theta, here.direction, share)
        plateau = longer if progress.may_stall() and (longer > 1.0 or not certified) else None
    if certified and (polished or (stalled and plateau is None)):
        return Outcome.CONVERGED if here.observed else Outcome.SADDLE, None
    if stalled and plateau is None:
        return Outcome.UNCERTIFIED, None
    progress.settled = here.decrement
    return None, plateau


def _on_plateau(here: Solution, proved: bool) -> bool:
    """Whether a step that is short in standard errors still moves some row, and no proof says that this does not matter."""
    return not proved and _longest_move(here) > SHORTEST_PLATEAU_MOVE


def _longest_move(here: Solution) -> float:
    """A bound of how far the Newton step moves a row's predictor; where none is known, the step in standard errors."""
    return here.certificate if math.isfinite(here.certificate) else here.decrement


def _whitening(objective: Objective, here: Solution) -> Array:
    """The basis that whitens the next pass, (p, p)."""
    return here.next_basis if here.next_basis is not None else np.eye(objective.coordinates.scale.size)


def _stands(
    objective: Objective,
    here: Solution,
    before: "_Local",
    current: Evaluation,
    basis: Array | None,
    share: float,
) -> bool:
    """Whether a share of the Newton step from `here` is kept, by the slope and the value at its end."""
    if not is_finite(current):
        return False
    promised = here.decrement * here.decrement  # minus the slope at the start; a power would raise if it overflows
    slope = slope_along(current, basis, here.direction)
    if objective.likelihood.log_concave and slope <= 0.0:
        return True
    value = before.evaluation.value
    if basis is not before.basis and not current.value <= value:
        value = objective.evaluate(here.theta, basis).value  # values of two bases differ by their rounding
    if current.value <= value + VALUE_ROUNDING * abs(value):
        return True
    return slope <= 0.5 * promised and share * promised <= SLOPE_DECIDES * max(1.0, abs(value))


def _plain_is_exact(here: Solution) -> bool:
    """Whether rows that are not whitened lose no digit that is promised."""
    return here.free is None and condition_number(here.factor) <= PLAIN_DIGITS


def local_solution(objective: Objective, theta: Array, passes: int) -> Solution:
    """What the information says at a point that another method reached: the decrement there, in whitened rows."""
    current = objective.evaluate(theta)
    local = _factored(objective, theta, None, current)
    if local is None:
        return _singular(theta, None, current, passes)
    plain = _stepped(theta, local, passes, objective.likelihood.outputs)
    basis = plain.next_basis
    white = _factored(objective, theta, basis, objective.evaluate(theta, basis))
    return plain if white is None else _stepped(theta, white, passes, objective.likelihood.outputs)


class _Local(NamedTuple):
    """An evaluation in a basis, with the Cholesky factor of its curvature along the free directions, and of all of it.

    informed: the factor is the information's, not that of a matrix in its place. pivot: the factor's smallest, relative.
    """

    evaluation: Evaluation
    basis: Array | None
    factor: Array
    free: Array | None
    full: Array | None
    observed: bool
    informed: bool = True
    pivot: float = 1.0


def _majorized(objective: Objective, theta: Array) -> _Local | None:
    """In the place of an information that is zero to rounding, as far offsets leave it: the Gram matrix of the rows.

    Its steps fall (Boehning & Lindsay 1988) but certify nothing. None where columns are aliased.
    """
    basis = weighted_r_factor(objective, theta, flat=True)
    if aliased(basis, objective.coordinates.resolution).any():
        return None
    free = free_directions(objective, basis)
    unit = np.eye(theta.size if free is None else free.shape[1])
    return _Local(objective.evaluate(theta, basis), basis, unit, free, None, observed=True, informed=False)


def _factored(objective: Objective, theta: Array, basis: Array | None, current: Evaluation) -> _Local | None:
    """The curvature factored in the basis at hand, else in one made by TSQR; None if columns are aliased.

    Where the classes share a basis, small pivots are taken as they are; so are those of columns that are aliased but for
    linear constraints, which have no white rows.
    """
    least_pivot = SAFE_PIVOT if basis is None or objective.likelihood.outputs == 1 else 0.0
    local = _definite(objective, theta, basis, current, least_pivot)
    if local is not None:
        return local
    white = weighted_r_factor(objective, theta)
    resolution = objective.coordinates.resolution
    if not aliased(white, resolution).any():
        least_pivot = SAFE_PIVOT if objective.likelihood.outputs == 1 else 0.0
        return _definite(objective, theta, white, objective.evaluate(theta, white), least_pivot)
    if objective.fixed is None or not aliased(column_r_factor(objective), resolution).any():
        return None
    return _definite(objective, theta, basis, current, 0.0)


def _definite(
    objective: Objective,
    theta: Array,
    basis: Array | None,
    current: Evaluation,
    least_pivot: float,
) -> _Local | None:
    """The curvature factored: as it is, or where a link is not log-concave from the expected information.

    None where a pivot is no larger than `least_pivot`.
    """
    free = free_directions(objective, basis)
    for observed in (True, False):
        evaluation = current if observed else objective.evaluate(theta, basis, expected=True)
        full = cholesky_factor(evaluation.curvature)
        factor = full if free is None else cholesky_factor(free.T @ evaluation.curvature @ free)
        pivot = 0.0 if factor is None else smallest_pivot(factor)
        if factor is not None and pivot > least_pivot:
            return _Local(evaluation, basis, factor, free, full, observed, pivot=pivot)
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
    evaluation, basis, factor, free, full, observed, informed, _ = local
    gradient = evaluation.gradient if free is None else free.T @ evaluation.gradient
    half = triangular_solve(factor, gradient, transposed=True)
    direction = -triangular_solve(factor, half)
    decrement, certificate = length(half), np.inf
    if informed and (free is None or basis is not None):
        certificate = decrement * evaluation.reach * largest_stretch(factor)
    return Solution(
        theta=theta,
        factor=factor if informed else np.full_like(factor, np.nan),
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


def _singular(theta: Array, here: Solution | None, current: Evaluation, passes: int) -> Solution:
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
