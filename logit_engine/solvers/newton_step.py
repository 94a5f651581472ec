"""One Newton step: from a factored pass to the step, its decrement, and the bound that certifies
it.
"""

import math
from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import (
    inverse_gram,
    largest_stretch,
    length,
    triangular_solve,
)
from logit_engine.rows import Block, Maximum, QuietFunction, Sums, total
from logit_engine.solvers.factored_pass import FactoredPass
from logit_engine.solvers.solution import Certificate, FactoredInformation, Solution, Termination
from logit_engine.solvers.whitening import shared_basis, unwhitened

# of many columns: a longer step ends no fit, and its bound takes as long as its factor
FEW_COLUMNS, MAX_BOUNDED_DECREMENT = 500, 1e-3
MAX_REFINED_BOUND = 1e-10  # above it the bound by the rows would end no fit either


class NewtonStep(NamedTuple):
    """The Newton step d = -H^-1 g from theta, (q,) each, by the factored pass there.

    decrement: the length of the step in standard errors. bound: decrement times reach, infinite if
    the pass proves nothing. next_basis: the basis that this information gives, (p, p), or None.
    passes: over the rows, so far.
    """

    theta: Array
    factored: FactoredPass
    step: Array
    decrement: float
    bound: float
    next_basis: Array | None
    passes: int

    @property
    def longest_move(self) -> float:
        """A bound of the move of any row's predictor.

        The step in standard errors if none is known.
        """
        return self.bound if math.isfinite(self.bound) else self.decrement

    def whitening_basis(self, objective: Objective) -> Array:
        """The basis that whitens the next pass, (p, p)."""
        if self.next_basis is None:
            return np.eye(objective.coordinates.scale.size)
        return self.next_basis

    def bounded_by_rows(self, objective: Objective) -> "NewtonStep":
        """The step with its bound by the rows themselves, if codes make that cheap.

        Rare levels make the rows of frequent ones look long to a bound by singular values.
        """
        found = self.factored
        plain = found.basis is None and found.free is None and objective.likelihood.outputs == 1
        if not (plain and objective.mostly_codes and self.bound <= MAX_REFINED_BOUND):
            return self
        reach = row_reach(objective, inverse_gram(found.factor))
        return self._replace(bound=min(self.bound, self.decrement * reach))

    def solution(
        self,
        termination: Termination,
        theta: Array | None = None,
        loglik: float | None = None,
        passes: int | None = None,
    ) -> Solution:
        """The solution that ends with this step.

        It is at the step's start unless theta is given.
        """
        evaluation, basis, factor, free, *_ = self.factored
        known = self.factored.is_information
        return Solution(
            self.theta if theta is None else theta,
            evaluation.loglik if loglik is None else loglik,
            termination,
            self.passes if passes is None else passes,
            Certificate(self.decrement, self.bound, self.step),
            FactoredInformation(factor, basis, free, self.next_basis) if known else None,
        )


def row_reach(objective: Objective, inverse: Array) -> float:
    """The largest change of a row's predictor by a unit step: the longest row in the metric of the
    inverse information, (p, p), of a single predictor.
    """

    @QuietFunction
    def block_sums(block: Block) -> Sums:
        return (Maximum(block.maximum(objective.columns(block).row_forms(inverse))),)

    (longest,) = total(objective.rows, block_sums, objective.threads)
    return float(np.sqrt(max(longest.value, 0.0)))


def newton_step(theta: Array, factored: FactoredPass, passes: int, outputs: int) -> NewtonStep:
    """The Newton step at theta by two triangular solves; outputs: linear predictors of a row."""
    evaluation, basis, factor, free, full_factor, *_ = factored
    gradient = evaluation.gradient if free is None else free.T @ evaluation.gradient
    half = triangular_solve(factor, gradient, transposed=True)
    step = -triangular_solve(factor, half)
    decrement, bound = length(half), np.inf
    worth_inverse = factor.shape[0] <= FEW_COLUMNS or decrement <= MAX_BOUNDED_DECREMENT
    if factored.is_information and worth_inverse and (free is None or basis is not None):
        bound = decrement * evaluation.reach * largest_stretch(factor)
    return NewtonStep(
        theta,
        factored,
        unwhitened(step if free is None else free @ step, basis),
        decrement,
        bound,
        None if full_factor is None else shared_basis(full_factor, basis, outputs),
        passes,
    )
