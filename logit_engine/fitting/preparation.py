"""Preparation: what a fit must know before its first step: sums of one pass, and the null model."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
from logit_engine.rows.memory import every_nth_row
from logit_engine.solvers.pilot import pilot_stride


class FirstPass(NamedTuple):
    """What the first pass over the rows tells.

    moments: of the columns. They come from the sample if every column varies in it; approximate
        values suffice.
    classes: the weight of each class, (K,).
    n: rows with weight. observations: how many rows these stand for.
    has_offsets: whether some row has an offset.
    sample: rows for a pilot, or None.
    """

    moments: Moments
    classes: Array
    n: int
    observations: float
    has_offsets: bool
    sample: Rows | None


class Preparation(NamedTuple):
    """What every fit begins with.

    constant: the index of the constant column, or None. start: theta of the null model, (q,).
    """

    first: FirstPass
    constant: int | None
    null: NullModel
    objective: Objective
    start: Array


def prepare(
    rows: Rows,
    likelihood: Likelihood,
    penalty: Penalty,
    threads: int,
    fits: int = 1,
) -> Preparation:
    """The first pass, the null model and the objective. fits: how many fits use them.

    Raises DataError and UsageError as `fit` does.
    """
    penalty.check(len(rows.names), likelihood.outputs, rows.intercept)
    first = first_pass(rows, likelihood, threads)
    _check_counts(first, rows, likelihood, penalty, threads)
    constant = constant_column(first.moments)
    leaves_constant = constant is not None and not penalty.touches(constant, len(rows.names))
    centered = rows.intercept or leaves_constant
    coordinates = inner_coordinates(first.moments, constant if centered else None)
    compiled = first.sample is not None and takes_compiled_loops(
        rows, first.sample, likelihood, coordinates, fits
    )
    objective = Objective(
        rows,
        likelihood,
        coordinates,
        constant_coefficients(coordinates.constant, len(rows.names), likelihood.outputs),
        penalty,
        threads,
        sample=first.sample,
        compiled=compiled,
        weight=float(first.classes.sum()),
        level_spans=first.moments.level_spans,
    )
    null = null_model(rows, likelihood, first.classes, first.has_offsets, threads)
    start = _null_theta(coordinates, null.constants)
    return Preparation(first, constant, null, objective, start)


def largest_strength(
    rows: Rows,
    likelihood: Likelihood,
    unit: ElasticNet,
    threads: int | None = None,
) -> float:
    """The least multiple of a penalty on the sum of the rows that leaves the constants alone.

    The first column must be constant. Friedman, Hastie & Tibshirani (2010), 2.5; Meier et al.
    (2008), 2.2.
    """
    with one_blas_thread():
        first = first_pass(rows, likelihood, threads or cores())
        constants = likelihood.constants(first.classes)

        def score(block: Block) -> Sums:
            eta = np.broadcast_to(constants, (block.y.size, constants.size))
            terms = likelihood.terms(eta[:, 0] if constants.size == 1 else eta, block.y)
            return (block.X.transpose_dot(weighted(block.weights, terms.score)),)

        (total_score,) = total(rows, score, threads or cores())
    return unit.lambda_max(flat_coefficients(total_score))


def first_pass(rows: Rows, likelihood: Likelihood, threads: int) -> FirstPass:
    """Counts, weights and a pilot's rows in one pass; moments of the sample in a second one.

    Without a pilot the moments are those of all rows, in the first pass.
    """
    stride = pilot_stride(rows.n, likelihood.outputs * len(rows.names))

    def block_sums(block: Block) -> Sums:
        copies = block.weights if block.precision is None else block.weights / block.precision
        return (
            likelihood.class_weights(block.y, block.weights),
            block.y.size if block.weight is None else int(block.kept.sum()),
            float(copies.sum()),
            Maximum(float(block.offset is not None)),
            _block_moments(block) if stride is None else every_nth_row(block, stride),
        )

    classes, n, observations, with_offset, found = total(rows, block_sums, threads)
    sample, moments = None, found
    if stride is not None:
        sample = found.rows(rows.names, rows.intercept, rows.classes)
        moments = _column_moments(sample, threads)
        varies = (moments.square > 0.0) | moments.coded
        if not varies[int(rows.intercept) :].all():
            moments = _column_moments(rows, threads)
    return FirstPass(moments, classes, n, observations, with_offset.value > 0.0, sample)


def _column_moments(rows: Rows, threads: int) -> Moments:
    """Mean and spread of the columns, over the rows with weight."""
    (moments,) = total(rows, lambda block: (_block_moments(block),), threads)
    return moments  # type: ignore[no-any-return]


def _block_moments(block: Block) -> Moments:
    """Those of a block."""
    return block.X.moments(None if block.weight is None else block.kept)


def constant_coefficients(constant: int | None, terms: int, outputs: int) -> NDArray[np.bool_]:
    """Which coefficients are constants, (q,): those of a column, if any, in all predictors."""
    constants = np.zeros((outputs, terms), dtype=bool)
    if constant is not None:
        constants[:, constant] = True
    return constants.reshape(-1)


def _check_counts(
    first: FirstPass,
    rows: Rows,
    likelihood: Likelihood,
    penalty: Penalty,
    threads: int,
) -> None:
    """Raises DataError for a class without weight, and for more columns than rows."""
    if not first.classes.all():
        empty = int((first.classes == 0.0).argmax())
        raise _empty_class_error(empty, rows, likelihood, threads)
    _check_sizes(first.moments, rows.names)
    p = len(rows.names)
    if p > first.n and penalty.absent:
        raise DataError(
            f"there are {p:,} columns for {first.n:,} rows; drop columns or set a penalty.",
            reason=Reason.MORE_COLUMNS_THAN_ROWS,
        )


def _empty_class_error(code: int, rows: Rows, likelihood: Likelihood, threads: int) -> DataError:
    """The error for a class without weight: it has no rows, or rows of weight zero."""

    def block_counts(block: Block) -> Sums:
        return (likelihood.class_weights(block.y, np.ones(block.y.size)),)

    label = rows.classes[code] if rows.classes else code
    (counts,) = total(rows, block_counts, threads)
    if counts[code] == 0.0:
        return DataError(f"no row has y = {label}; a model needs all its classes.")
    return DataError(
        f"the {counts[code]:,.6g} rows with y = {label} all have weight 0; a model needs weight "
        "in all its classes: give them weight, or drop them."
    )


def _check_sizes(moments: Moments, names: tuple[str, ...]) -> None:
    """Raises DataError for a column whose values have squares that round to zero."""
    if (np.abs(moments.mean) >= MIN_SQUARABLE_SIZE).all():
        return
    for j in np.flatnonzero(moments.vanishing).tolist():
        raise DataError(
            f"column '{names[j]}' holds no value beyond {MIN_SQUARABLE_SIZE:g}, and their squares "
            "vanish; multiply it by a power of ten."
        )


def _null_theta(coordinates: Coordinates, constants: Array) -> Array:
    """theta of the null model, (q,): zero, but for the constants."""
    theta = np.zeros((constants.size, coordinates.scale.size))
    if coordinates.constant is not None:
        k = coordinates.constant
        theta[:, k] = constants * coordinates.scale[k] / coordinates.value
    return theta.reshape(-1)
