"""Penalized fits on the columns that matter: a working set that grows until no column outside wants
to move.

The problem: under a penalty with kinks most coefficients are zero, and a step over all columns
costs as much as if none were.

The idea: descents run on the columns of the set. One light pass over all columns then proves that
zero is right for the others, or names those that want in, the farthest from optimality first. While
the set grows, it is solved only to a share of what is left outside.

More columns than rows separate the outcomes, and under a weak penalty long steps let in many
columns that have to go again. So the penalty falls to its strength by halves, from the one for
which the start is about optimal, with one look at all columns each (Hale, Yin & Zhang 2008).

Several fits share the set, as the folds of a cross-validation do: they differ in little, and one
pass over the rows serves all of them.

Invariants: nothing rests on the choice of the set, because every fit ends with a look at all
columns. What a fit is worth is its residual over all of them.

Tried and dropped: solving the set to a tenth of what is left outside (a third takes half the
products with sparse columns); conjugate gradients and single precision alone (with some hundred
dependent dummies they stood still, so the exact matrix of up to some thousand columns takes over).
Johnson & Guestrin (2015), "Blitz"; Massias, Gramfort & Salmon (2018), "Celer".
"""

from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns
from logit_engine.likelihoods import weighted
from logit_engine.objective.loss import Objective
from logit_engine.objective.passes import LightPass
from logit_engine.objective.shapes import by_predictor
from logit_engine.penalties import ElasticNet
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.arrow_factor import arrow_factor, large_categorical
from logit_engine.solvers.curvature_choice import Curvature, Shape, curvature_for
from logit_engine.solvers.curvature_models import (
    CurvatureModel,
    LimitedMemoryModel,
    ProductModel,
    curvature_model,
)
from logit_engine.solvers.descent import CONVERGED_RESIDUAL, Descent, residuals
from logit_engine.solvers.information_pass import information_cost

# up to which all take part: a pass over all costs little more than one over some
MAX_FULL_COLUMNS = 256
MIN_ADDED_COLUMNS = 100  # let in at once
SPARSE_GROWTH_FACTOR = 4  # times as many sparse columns, which cost only what they hold
# of the largest residual outside: how well the set is solved before the next look
INNER_TOLERANCE_RATIO = 0.3
# above them the information is in single precision, as it only steers
MAX_DOUBLE_COEFFICIENTS = 500
# of all fits, up to which an exact matrix is taken if nothing else arrives
MAX_EXACT_MATRIX_NUMBERS = 1.5e6
TRIAL_PASSES = 30  # by products or in single precision, before an exact matrix is taken
MAX_CHEAP_PRODUCTS = 2e7  # of a curvature that costs no more than the rest of its pass
# of one multiple of the penalty to the next, where columns are more than rows
CONTINUATION_RATIO = 0.5
ROUGH_RESIDUAL = 3e-2  # of a set at first, and on the way to the penalty
ELIMINATED_COST = 2.0  # of a curvature with a large categorical eliminated, in light passes
MAX_GAINLESS_PASSES = 3  # once converged: then rounding has the last word


class WorkingSet:
    """Several fits of one loss on the columns in the set, (p,).

    thetas: (fits, q). light_passes: what was found at each. without: the fold whose rows a fit
    leaves out, or -1; the first fit has all rows. passes: over the rows, of every kind. curvature:
    about that of the first fit, (q, q), if it is at hand. for_start: as in `Descent.set_penalty`,
    of few columns alone.
    """

    def __init__(
        self,
        loss: Objective,
        thetas: Array,
        without: tuple[int, ...],
        penalty: ElasticNet,
        curvature: Array | None = None,
        for_start: bool = False,
    ) -> None:
        self.loss, self.without, self.for_start = loss, without, for_start
        # a model's step falls only from points at which pinned coefficients are zero
        self.thetas = np.where(np.isinf(penalty.l1), 0.0, thetas)
        self.outputs = loss.likelihood.outputs
        self.light_passes = loss.light_passes(thetas, without)
        self.passes = 1
        columns = loss.coordinates.scale.size
        self.in_set = np.ones(columns, dtype=bool)
        if columns > MAX_FULL_COLUMNS and penalty.kinked:
            self.in_set = self._columns_of(
                ~penalty.kinked_coefficients | (thetas != 0.0).any(axis=0)
            )
        self._started = self._needs_exact_matrix = False
        self._known_curvature = curvature

    def fit_under(
        self,
        penalty: ElasticNet,
        tolerance: float,
        max_passes: int,
        screening_share: float | None = None,
    ) -> float:
        """All fits under this penalty to the tolerance; the largest residual over all columns.

        screening_share: columns whose slopes exceed so much of their kinks are let in beforehand.
        """
        last_pass = self.passes + max_passes
        if not self.in_set.all() and screening_share is not None:
            slopes = np.max([np.abs(found.gradient) for found in self.light_passes], axis=0)
            self._add_columns(
                self._columns_of(penalty.leaving_zero(slopes, screening_share)), penalty
            )
        if not self._started:
            self._start_descents(penalty)
        for factor in self._falling_factors(penalty):
            if self.in_set.all() or self.passes >= last_pass:
                break
            stronger = penalty.multiplied(factor)
            self._solve_set(stronger, ROUGH_RESIDUAL, last_pass)
            outside = self._look_outside(stronger)
            self._add_columns(outside > ROUGH_RESIDUAL, stronger, outside)
        first = tolerance if screening_share is not None else max(tolerance, ROUGH_RESIDUAL)
        return self._grow_set(penalty, tolerance, first, last_pass)

    def _falling_factors(self, penalty: ElasticNet) -> list[float]:
        """Multiples of the penalty to descend by first, from the one for which the start is about
        optimal.

        None if the columns are no more than the rows.
        """
        if self.in_set.all() or self.in_set.size <= self.loss.rows.n:
            return []
        top = max(penalty.lambda_max(found.gradient) for found in self.light_passes)
        stages = int(np.log(max(top, 1.0)) / -np.log(CONTINUATION_RATIO))
        return [top * CONTINUATION_RATIO**stage for stage in range(1, stages + 1)]

    def _grow_set(
        self, penalty: ElasticNet, tolerance: float, first_tolerance: float, last_pass: int
    ) -> float:
        """All fits under this penalty, on a set that grows until none outside wants to move; the
        largest residual over all columns.

        first_tolerance: of the set, before the first look outside.
        """
        inner_tolerance = first_tolerance
        while True:
            residual = self._solve_set(
                penalty, tolerance if self.in_set.all() else inner_tolerance, last_pass
            )
            if self.in_set.all():
                return residual
            outside = self._look_outside(penalty)
            largest = float(outside.max())
            stuck_inside = largest <= tolerance and residual > inner_tolerance
            if max(largest, residual) <= tolerance or self.passes >= last_pass or stuck_inside:
                return max(largest, residual)
            self._add_columns(outside > tolerance, penalty, outside)
            inner_tolerance = max(tolerance, INNER_TOLERANCE_RATIO * largest)

    def _look_outside(self, penalty: ElasticNet) -> Array:
        """A light pass over all columns: the largest residual of any fit in each column outside the
        set, (p,); zero inside.
        """
        self.light_passes = self.loss.light_passes(self.thetas, self.without)
        self.passes += 1
        strengths = penalty.coefficient_strengths
        found = zip(self.thetas, self.light_passes, strict=True)
        largest = np.max([residuals(penalty, strengths, theta, at) for theta, at in found], axis=0)
        by_column = penalty.group_maximum(largest).reshape(self.outputs, -1).max(axis=0)
        return np.where(self.in_set, 0.0, by_column)

    def _columns_of(self, coefficients: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The columns of these coefficients, (p,), in any linear predictor."""
        return np.asarray(coefficients.reshape(self.outputs, -1).any(axis=0))

    def _add_columns(
        self, wanted: NDArray[np.bool_], penalty: ElasticNet, residuals_outside: Array | None = None
    ) -> None:
        """Add columns to the set; if they are very many, those with the largest residuals."""
        new = np.flatnonzero(wanted & ~self.in_set)
        room = max(MIN_ADDED_COLUMNS, int(self.in_set.sum())) * (
            SPARSE_GROWTH_FACTOR if self._sparse else 1
        )
        if residuals_outside is not None and new.size > room:
            new = new[np.argsort(-residuals_outside[new], kind="stable")[:room]]
        if new.size:
            self.in_set[new] = True
            self._start_descents(penalty)

    def _start_descents(self, penalty: ElasticNet) -> None:
        """Descents on the columns in the set, with the curvature that their shape asks for."""
        self._started = True
        self._free = np.tile(self.in_set, self.outputs)  # the coefficients in the set, (q,)
        self.set_loss = (
            self.loss if self.in_set.all() else self.loss.select(np.flatnonzero(self.in_set))
        )
        self.penalty = penalty.select(self._free)
        starts = [
            (theta[self._free], LightPass(found.loss, found.gradient[self._free], found.size))
            for theta, found in zip(self.thetas, self.light_passes, strict=True)
        ]
        shape = Shape(
            int(self._free.sum()),
            penalty.kinked,
            (self._sparse or self._coded_ridge) and not self._needs_exact_matrix,
            large_categorical=bool(self.in_set.all()) and large_categorical(self.loss) is not None,
        )
        match curvature_for(shape):
            case Curvature.PRODUCTS:
                self.descents = self._product_descents(starts)
            case Curvature.ELIMINATED:
                models = [partial(self._eliminated_model, fold) for fold in self.without]
                self.descents = [
                    Descent(theta, found, model(theta), model, ELIMINATED_COST)
                    for model, (theta, found) in zip(models, starts, strict=True)
                ]
            case Curvature.STEPS:
                self.descents = [
                    Descent(*start, LimitedMemoryModel(None, self.penalty)) for start in starts
                ]
            case Curvature.MATRIX:
                self.descents = self._matrix_descents(starts)

    def _product_descents(self, starts: list[tuple[Array, LightPass]]) -> list[Descent]:
        rows = cast(MemoryRows, self.set_loss.rows)
        X = rows.X.to_inner(self.set_loss.coordinates.center, self.set_loss.coordinates.scale)
        models = [partial(self._product_model, rows, X, fold) for fold in self.without]
        return [
            Descent(theta, found, model(theta), model)
            for model, (theta, found) in zip(models, starts, strict=True)
        ]

    def _matrix_descents(self, starts: list[tuple[Array, LightPass]]) -> list[Descent]:
        shared = self._known_curvature
        if shared is None or not self.in_set.all():
            shared = self._information(-1, self.thetas[0, self._free])
        # of a fit without a fold, as if folds were alike
        share = 1.0 - 1.0 / max(2, len(starts) - 1)
        models = [
            curvature_model(shared if fold < 0 else shared * share, self.penalty)
            for fold in self.without
        ]
        exact_models = [partial(self._exact_model, fold) for fold in self.without]
        cost = 1.0 + information_cost(int(self._free.sum())) if len(starts) == 1 else np.inf
        return [
            Descent(theta, found, model, exact_model, cost)
            for (theta, found), model, exact_model in zip(starts, models, exact_models, strict=True)
        ]

    def _information(self, fold: int, theta: Array) -> Array:
        """The information of the rows without a fold, (r, r), at theta of the set, (r,)."""
        self.passes += 1
        single_precision = theta.size > MAX_DOUBLE_COEFFICIENTS and not self._needs_exact_matrix
        return self.set_loss.information(theta, single_precision, fold)

    def _exact_model(self, fold: int, theta: Array) -> CurvatureModel:
        return curvature_model(self._information(fold, theta), self.penalty)

    @property
    def _sparse(self) -> bool:
        """Whether the rows are in memory and sparse."""
        return isinstance(self.loss.rows, MemoryRows) and self.loss.rows.X.has_sparse

    @property
    def _coded_ridge(self) -> bool:
        """Whether the rows are in memory, most columns codes, under a smooth penalty, with one
        linear predictor.
        """
        in_memory = isinstance(self.loss.rows, MemoryRows) and self.outputs == 1
        return in_memory and self.loss.mostly_codes and not self.penalty.kinked

    def _eliminated_model(self, fold: int, theta: Array) -> CurvatureModel:
        """The curvature at theta, of rows without a fold, with its large categorical eliminated."""
        self.passes += 1
        factor = arrow_factor(self.set_loss, theta, self.penalty.curvature_diagonal, fold)
        return LimitedMemoryModel(factor, self.penalty)

    def _product_model(
        self, rows: MemoryRows, X: Columns, fold: int, theta: Array
    ) -> CurvatureModel:
        """The exact curvature at theta, of the rows without a fold, as products."""
        self.passes += 1
        eta = X.dot(by_predictor(theta, self.outputs))
        if rows.offset is not None:
            eta = eta + rows.offset
        likelihood = self.loss.likelihood
        w = (
            likelihood.terms(eta, rows.y).curvature
            if likelihood.log_concave
            else likelihood.expected(eta)
        )
        if rows.weight is not None:
            w = weighted(rows.weight, w)
        if fold >= 0 and rows.fold is not None:
            w = weighted((rows.fold != fold).astype(np.float64), w)
        return ProductModel(X, w)

    def _solve_set(self, penalty: ElasticNet, tolerance: float, last_pass: int) -> float:
        """All fits to the tolerance on the set; the largest residual there.

        Many columns are first tried by products or in single precision, which suffices if columns
        are not dependent. If that does not arrive, and a matrix is not too large, the exact one
        does.
        """
        size = int(self._free.sum())
        small = len(self.without) * size**2 <= MAX_EXACT_MATRIX_NUMBERS
        trial = not self._needs_exact_matrix and size > MAX_DOUBLE_COEFFICIENTS and small
        trial_end = min(last_pass, self.passes + TRIAL_PASSES) if trial else last_pass
        residual = self._descend(penalty, tolerance, trial_end)
        if not trial or residual <= max(tolerance, CONVERGED_RESIDUAL) or self.passes >= last_pass:
            return residual
        self._needs_exact_matrix = True
        self.light_passes = self.loss.light_passes(self.thetas, self.without)
        self.passes += 1
        self._start_descents(penalty)
        return self._descend(penalty, tolerance, last_pass)

    def _descend(self, penalty: ElasticNet, tolerance: float, last_pass: int) -> float:
        """All descents to the tolerance, or as far as they go; the largest residual on the set."""
        self.penalty = penalty.select(self._free)
        for descent in self.descents:
            descent.set_penalty(self.penalty, tolerance, self.for_start)
        gainless_passes = 0
        while self.passes < last_pass and gainless_passes < MAX_GAINLESS_PASSES:
            active = [i for i, descent in enumerate(self.descents) if not descent.is_done]
            if not active:
                break
            before = max(self.descents[i].residual for i in active)
            points = np.stack([self.descents[i].next_point() for i in active])
            passes = self._joint_pass(points, [self.without[i] for i in active])
            for i, point, (found, curvature) in zip(active, points, passes, strict=True):
                self.descents[i].receive(point, found, curvature)
            after = max(self.descents[i].residual for i in active)
            gainless_passes = (
                gainless_passes + 1 if after <= CONVERGED_RESIDUAL and after > 0.5 * before else 0
            )
        for theta, descent in zip(self.thetas, self.descents, strict=True):
            theta[self._free] = descent.theta
        self.light_passes = [descent.light_pass for descent in self.descents]
        return max(descent.residual for descent in self.descents)

    def _joint_pass(
        self, points: Array, without: list[int]
    ) -> list[tuple[LightPass, Array | None]]:
        """One light pass for the fits at these points, (fits, r).

        With the curvature if one fit has few rows.
        """
        self.passes += 1
        cheap = self.set_loss.rows.n * points.size**2 <= MAX_CHEAP_PRODUCTS
        if len(self.without) == 1 and cheap and not self.set_loss.compiled:
            return [self.set_loss.light_pass_with_curvature(points[0])]
        return [(found, None) for found in self.set_loss.light_passes(points, without)]
