"""Preparation: what a fit must know before its first step. One pass over the rows, the null model, the objective."""

from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array, Coordinates, Moments
from logit_engine.columns.coordinates import constant_column, inner_coordinates
from logit_engine.columns.moments import MIN_SQUARABLE_SIZE
from logit_engine.compiled.loops import takes_compiled_loops
from logit_engine.errors import DataError, Reason
from logit_engine.fitting.null_model import NullModel, null_model
from logit_engine.likelihoods import Likelihood, weighted
from logit_engine.objective.loss import Objective
from logit_engine.objective.shapes import flat_coefficients
from logit_engine.penalties import ElasticNet, Penalty
from logit_engine.rows import Block, Maximum, Rows, Sums, cores, one_blas_thread, total
from logit_engine.rows.memory import GatheredRows, every_nth_row
from logit_engine.solvers.pilot import pilot_stride


class First(NamedTuple):
    """What a first pass tells: moments of the columns, the weight of each class, rows, how many they stand for; a sample.

    moments: of the sample, where there is one in which all columns vary: what needs them needs about them.
    shifted: whether rows have offsets.
    """

    moments: Moments
    classes: Array
    n: int
    observations: float
    shifted: bool
    sample: Rows | None


class Prepared(NamedTuple):
    """What every fit begins with: what a first pass told, the null model, the objective, and the null model's
    theta, (q,).
    """

    first: "First"
    null: NullModel
    objective: Objective
    start: Array


def prepared(
    rows: Rows, likelihood: Likelihood, penalty: Penalty, threads: int, fits: int = 1
) -> Prepared:
    """One pass over the rows, for everything that must be known before a step of so many fits. Raises as `fit` does."""
    penalty.check(len(rows.names), likelihood.outputs, rows.intercept)
    first = _first_pass(rows, likelihood, threads)
    _check_counts(first, rows, likelihood, penalty, threads)
    constant = constant_column(first.moments)
    leaves_constant = constant is not None and not penalty.touches(constant, len(rows.names))
    coordinates = inner_coordinates(first.moments, centered=rows.intercept or leaves_constant)
    free = np.zeros(len(rows.names), dtype=bool)
    if coordinates.constant is not None:
        free[coordinates.constant] = True
    free = np.tile(free, likelihood.outputs)
    compiled = first.sample is not None and takes_compiled_loops(
        rows, first.sample, likelihood, coordinates, fits
    )
    weight = float(first.classes.sum())
    objective = Objective(
        rows, likelihood, coordinates, free, penalty, threads, None, first.sample, compiled, weight
    )
    null = null_model(rows, likelihood, first.classes, first.shifted, threads)
    return Prepared(first, null, objective, _start(coordinates, null.constants))


def largest_strength(
    rows: Rows, likelihood: Likelihood, unit: ElasticNet, threads: int | None = None
) -> float:
    """The least multiple of a penalty on the sum of the rows that leaves the constants alone.

    Needs a constant as the first column. Friedman, Hastie & Tibshirani (2010), 2.5; Meier et al. (2008), 2.2.
    """
    with one_blas_thread():
        first = _first_pass(rows, likelihood, threads or cores())
        constants = likelihood.constants(first.classes)

        def score(block: Block) -> Sums:
            eta = np.broadcast_to(constants, (block.y.size, constants.size))
            terms = likelihood.terms(eta[:, 0] if constants.size == 1 else eta, block.y)
            return (block.X.transpose_dot(weighted(block.weights, terms.score)),)

        (total_score,) = total(rows, score, threads or cores())
    return unit.lambda_max(flat_coefficients(total_score))


def _first_pass(rows: Rows, likelihood: Likelihood, threads: int) -> First:
    stride = pilot_stride(rows.n, likelihood.outputs * len(rows.names))

    def block_sums(block: Block) -> Sums:
        copies = block.weights if block.precision is None else block.weights / block.precision
        some = GatheredRows([]) if stride is None else every_nth_row(block, stride)
        n = block.y.size if block.weight is None else int(block.kept.sum())
        shifted = Maximum(float(block.offset is not None))
        return (
            likelihood.class_weights(block.y, block.weights),
            n,
            float(copies.sum()),
            shifted,
            some,
        )

    classes, n, observations, shifted, some = total(rows, block_sums, threads)
    sample = some.rows(rows.names, rows.intercept, rows.classes) if some.blocks else None
    moments = _moments(rows if sample is None else sample, threads)
    if (
        sample is not None
        and not ((moments.square > 0.0) | moments.coded)[int(rows.intercept) :].all()
    ):
        moments = _moments(rows, threads)
    return First(moments, classes, n, observations, shifted.value > 0.0, sample)


def _moments(rows: Rows, threads: int) -> Moments:
    """Mean and spread of the columns, over the rows with weight."""
    (moments,) = total(
        rows, lambda b: (b.X.moments(None if b.weight is None else b.kept),), threads
    )
    return moments  # type: ignore[no-any-return]


def _check_counts(
    first: First, rows: Rows, likelihood: Likelihood, penalty: Penalty, threads: int
) -> None:
    """Raises DataError for a class without weight, named by its label, and for more columns than rows."""
    p = len(rows.names)
    for outcome in np.flatnonzero(first.classes == 0.0).tolist():
        label = rows.classes[outcome] if rows.classes else outcome
        counts, *_ = total(
            rows, lambda block: (likelihood.class_weights(block.y, np.ones(block.y.size)),), threads
        )
        if counts[outcome] == 0.0:
            raise DataError(f"no row has y = {label}; a model needs all its classes.")
        raise DataError(
            f"the {counts[outcome]:,.6g} rows with y = {label} all have weight 0; a model needs weight in all its "
            "classes: give them weight, or drop them."
        )
    _check_sizes(first.moments, rows.names)
    if p > first.n and penalty.absent:
        raise DataError(
            f"there are {p:,} columns for {first.n:,} rows; drop columns or set a penalty.",
            reason=Reason.MORE_COLUMNS_THAN_ROWS,
        )


def _check_sizes(moments: Moments, names: tuple[str, ...]) -> None:
    """Raises DataError where squares of a column's values would be zero to the computer."""
    if (np.abs(moments.mean) >= MIN_SQUARABLE_SIZE).all():
        return
    for j in np.flatnonzero(moments.vanishing).tolist():
        raise DataError(
            f"column '{names[j]}' holds no value beyond {MIN_SQUARABLE_SIZE:g}, and their squares vanish; "
            "multiply it by a power of ten."
        )


def _start(coordinates: Coordinates, constants: Array) -> Array:
    """Zero, but for the constants of the null model."""
    theta = np.zeros((constants.size, coordinates.scale.size))
    if coordinates.constant is not None:
        k = coordinates.constant
        theta[:, k] = constants * coordinates.scale[k] / coordinates.value
    return theta.reshape(-1)
