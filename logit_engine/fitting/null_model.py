"""The null model: the constants that fit by themselves, given the offsets. Every fit starts there.

Without offsets the constants and their log-likelihood follow from the shares of the classes. With
offsets a binary model's constant is the root of the score, which falls as the constant rises.
Newton's steps find it where they shrink. Offsets of any size may mislead them, so the root is kept
between two bounds: a step out of the bounds, or one that does not halve, gives way to the middle
of the bounds, and to steps that double while there is a bound on one side only. With offsets the
constants of several classes come from Newton's method on the constants alone.
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
from logit_engine.solvers.newton import Newton, newton_solution

MAX_ROOT_PASSES = 200
MAX_FIRST_STEP = 20.0  # of the predictor: half of it is the longest first Newton step
ROOT_ROUNDING = 1e-12  # relative: a shorter step changes no digit of the log-likelihood


class NullModel(NamedTuple):
    """The constants, (k,), on the scale of the linear predictor, and their log-likelihood."""

    constants: Array
    loglik: float


class ScoreSums(NamedTuple):
    """Log-likelihood, score and curvature at a constant, summed over rows."""

    loglik: float
    score: float
    curvature: float


def null_model(
    rows: Rows,
    likelihood: Likelihood,
    classes: Array,
    has_offsets: bool,
    threads: int,
) -> NullModel:
    """The null model of rows. classes: the weight of each class, (K,)."""
    constants = likelihood.constants(classes)
    if not has_offsets:
        return NullModel(constants, float(special.xlogy(classes, classes / classes.sum()).sum()))
    null = ConstantOnly(rows)
    constants = constants - _offset_sums(null, threads) / classes.sum()
    if isinstance(likelihood, Bernoulli):
        return _constant_root(null, likelihood, float(constants[0]), threads)
    return _newton_null_model(null, likelihood, constants, threads)


def _offsets(block: Block) -> Array:
    """The offsets of a block, zero without any."""
    return np.zeros(block.y.size) if block.offset is None else block.offset


def _offset_sums(null: Rows, threads: int) -> Array:
    """The weighted sum of the offsets, () or (k,)."""

    def block_sums(block: Block) -> Sums:
        return (np.asarray(block.weights @ _offsets(block)),)

    (sums,) = total(null, block_sums, threads)
    return np.asarray(sums)


def _newton_null_model(
    null: Rows,
    likelihood: Likelihood,
    start: Array,
    threads: int,
) -> NullModel:
    """The null model of several classes; start: (k,)."""

    def block_moments(block: Block) -> Sums:
        return (block.X.moments(None if block.weight is None else block.kept),)

    (moments,) = total(null, block_moments, threads)
    free = np.ones(start.size, dtype=bool)
    coordinates = inner_coordinates(moments, 0)
    solution = newton_solution(
        Objective(null, likelihood, coordinates, free, NONE, threads), start, Newton()
    )
    return NullModel(solution.theta, solution.loglik)


def _constant_root(null: Rows, likelihood: Bernoulli, start: float, threads: int) -> NullModel:
    """The constant whose scores sum to zero; see the head of this file."""
    low, high, constant, last, width = -np.inf, np.inf, start, MAX_FIRST_STEP, 1.0
    for _ in range(MAX_ROOT_PASSES):
        loglik, score, curvature = _score_sums(null, likelihood, constant, threads)
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


def _score_sums(null: Rows, likelihood: Bernoulli, constant: float, threads: int) -> ScoreSums:
    """The sums at one constant, in one pass."""

    @QuietFunction
    def block_sums(block: Block) -> Sums:
        terms = likelihood.terms(constant + _offsets(block), block.y)
        return tuple(float(weighted(block.weights, part).sum()) for part in terms)

    loglik, score, curvature = total(null, block_sums, threads)
    return ScoreSums(float(loglik), float(score), float(curvature))


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
