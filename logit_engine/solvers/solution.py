"""What every solver gives back: where it ended, why, what proves it, and what it knows of the
information there.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.shapes import block_diagonal
from logit_engine.objective.triangles import triangular_inverse
from logit_engine.solvers.whitening import unwhitened

# below 1 is proof, but under separation a bound tends to 1 and rounding may take it below
MAX_CERTIFICATE = 0.5


class Solver(Protocol):
    """Settings of a method that know how to minimize an objective from a start, (q,)."""

    def solve(self, objective: Objective, start: Array) -> "Solution": ...


class Termination(Enum):
    """Why a solver stopped."""

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
class Certificate:
    """The proof of a Newton step: how near the maximum of a smooth objective is
    (docs/certificate.md).

    decrement: the length of the last step in standard errors. bound: the decrement times the reach,
    infinite where no reach is known; below MAX_CERTIFICATE it proves that a maximum exists. step:
    the last Newton step, (q,), in inner coordinates.
    """

    decrement: float
    bound: float
    step: Array


@dataclass(frozen=True, slots=True)
class Residual:
    """The proof of a penalized fit: how far the conditions of optimality are missed.

    decrement: the length of the last step in the metric of the model of the curvature. bound: the
    largest of `solvers.descent.residuals`, which no coefficient exceeds.
    """

    decrement: float
    bound: float


@dataclass(frozen=True, slots=True)
class FactoredInformation:
    """The information, factored: factor' factor along the directions that are free to move.

    factor: (r, r), upper triangular, in whitened coordinates if there is a basis. basis: (p, p), or
    None. free: (q, r), orthonormal, or None if all q directions are free. next_basis: the basis
    that this information gives, (p, p), or None.
    """

    factor: Array
    basis: Array | None = None
    free: Array | None = None
    next_basis: Array | None = None

    @property
    def root(self) -> Array:
        """(q, r) with root root' the inverse information, in inner coordinates.

        Zero along what constraints fix.
        """
        inverse = triangular_inverse(self.factor)
        return unwhitened(inverse if self.free is None else self.free @ inverse, self.basis)

    @property
    def triangle(self) -> Array:
        """(r, r), upper: triangle'triangle is the information in inner coordinates.

        Its columns show collinearity.
        """
        if self.basis is None or self.free is not None:
            return self.factor
        return self.factor @ block_diagonal(self.basis, self.factor.shape[0] // self.basis.shape[0])


@dataclass(frozen=True, slots=True)
class Solution:
    """Where a solver ended: theta, (q,), in inner coordinates, and the log-likelihood there,
    without the penalty.

    passes: over the rows, of every kind. information: that of the last pass, one step before theta;
    None where a method forms none, or it is singular.
    """

    theta: Array
    loglik: float
    termination: Termination
    passes: int
    proof: Certificate | Residual
    information: FactoredInformation | None = None
