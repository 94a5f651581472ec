"""The null model: the constants that fit by themselves, given the offsets, and their log-likelihood. Every fit starts there.

Without offsets both follow from the shares of the classes. With offsets a binary model's constant is the root of one rising
function; the root is kept between two bounds, so that offsets of any size do no harm.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.columns import Array, Constant
from logit_engine.columns.coordinates import inner_coordinates
from logit_engine.likelihoods import Bernoulli, Likelihood, weighted
from logit_engine.objective.loss import Objective
from logit_engine.penalties import NONE
from logit_engine.rows import Block, QuietFunction, Rows, SummingRows, Sums, total
from logit_engine.solvers.newton import newton_solution

MAX_ROOT_PASSES = 200
MAX_FIRST_STEP = (
    20.0  # a Newton step longer than half of it starts from where the curvature tells nothing
)
ROOT_ROUNDING = 1e-12  # relative: a shorter step changes no digit of the log-likelihood


class NullModel(NamedTuple):
    """The constants, (k,), on the scale of the linear predictor, and the log-likelihood they reach."""

    constants: Array
    loglik: float


def null_model(
    rows: Rows, likelihood: Likelihood, classes: Array, shifted: bool, threads: int
) -> NullModel:
    """The null model of rows whose classes have these weights, (classes,); shifted: whether rows have offsets."""
    constants = likelihood.constants(classes)
    if not shifted:
        return NullModel(constants, float(special.xlogy(classes, classes / classes.sum()).sum()))
    null = ConstantOnly(rows)
    (offsets,) = total(null, lambda b: (np.asarray(b.weights @ _offsets(b)),), threads)
    constants = constants - offsets / classes.sum()
    if isinstance(likelihood, Bernoulli):
        return _constant_root(null, likelihood, float(constants[0]), threads)
    moments = total(null, lambda b: (b.X.moments(None if b.weight is None else b.kept),), threads)[
        0
    ]
    objective = Objective(
        null,
        likelihood,
        inner_coordinates(moments),
        np.ones(constants.size, dtype=bool),
        NONE,
        threads,
    )
    found = newton_solution(objective, constants)
    return NullModel(found.theta, found.loglik)


def _offsets(block: Block) -> Array:
    return np.zeros(block.y.size) if block.offset is None else block.offset


def _constant_root(null: Rows, likelihood: Bernoulli, start: float, threads: int) -> NullModel:
    """The constant whose scores sum to zero: Newton's steps where they shrink, else bounds that double or halve."""

    def sums(constant: float) -> tuple[float, float, float]:
        @QuietFunction
        def of_block(block: Block) -> Sums:
            terms = likelihood.terms(constant + _offsets(block), block.y)
            return tuple(float(weighted(block.weights, part).sum()) for part in terms)

        loglik, score, curvature = total(null, of_block, threads)
        return float(loglik), float(score), float(curvature)

    low, high, constant, last, width = -np.inf, np.inf, start, MAX_FIRST_STEP, 1.0
    for _ in range(MAX_ROOT_PASSES):
        loglik, score, curvature = sums(constant)
        low, high = (constant, high) if score > 0.0 else (low, constant)
        step = score / curvature if curvature > 0.0 and np.isfinite(curvature) else np.inf
        if not (low <= constant + step <= high and abs(step) <= 0.5 * abs(last)):
            if np.isfinite(high - low):
                step = 0.5 * (low + high) - constant
            else:
                step, width = (width if score > 0.0 else -width), 2.0 * width
        if score == 0.0 or abs(step) <= ROOT_ROUNDING * (1.0 + abs(constant)):
            break
        constant, last = constant + step, step
    return NullModel(np.array([constant]), loglik)


@dataclass(frozen=True, slots=True)
class ConstantOnly(SummingRows):
    """The same rows with the constant as their only column."""

    rows: Rows
    names: tuple[str, ...] = ("intercept",)
    intercept: bool = True
    classes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.rows.n

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """The blocks with a column of ones."""
        return map(_constant_only, self.rows.blocks(first, last))

    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """`total` of fn over those blocks, by the rows' own way of summing."""
        return total(self.rows, lambda block: fn(_constant_only(block)), threads)

    def select(self, which: NDArray[np.intp]) -> Rows:
        """Itself: there is one column."""
        return self


def _constant_only(block: Block) -> Block:
    return replace(block, X=Constant(block.y.size))
