"""The objective: minus the penalized log-likelihood over rows, in inner coordinates.

The problem: a solver needs values, gradients and curvatures of a sum over rows that may not fit in
memory. Some of its steps need all of them, most need little.

The idea: every question about the rows is one pass. A pass is a function of a block, summed by
`rows.total` in an order that depends on the number of rows alone. So the bits are the same on any
number of threads, and for rows in memory, in files or on a cluster. There are three kinds of passes
(objective/passes.py); the light one costs a fraction of the others, because it reads X once and
forms no (q, q) matrix.

Invariants: the sign changes here and nowhere else: likelihoods are maximized, objectives minimized.
A function of a block closes over nothing but small values, so it can travel to a worker. A Gram
matrix of rows as they are loses digits with the square of the condition number, so the last passes
are summed over whitened rows X T^-1.

Tried and dropped: whitened rows in every pass (three times the arithmetic, and no digit more up to
kappa = 100); large predictors in double precision (from kappa = 1e5 on the log-likelihood lost its
digits, so they are summed in extended precision).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, Coordinates, Dense
from logit_engine.compiled.loops import Loops
from logit_engine.likelihoods import Likelihood, weighted
from logit_engine.objective.gram_sums import gram_sum, whole_gram
from logit_engine.objective.only_piece import OnlyPiece
from logit_engine.objective.passes import Evaluation, LightPass, SteeringPass
from logit_engine.objective.shapes import (
    block_diagonal,
    by_predictor,
    flat_coefficients,
    model_columns,
)
from logit_engine.objective.triangles import smallest_pivot, triangular_inverse
from logit_engine.penalties import NONE, Penalty
from logit_engine.rows import (
    Block,
    Maximum,
    QuietFunction,
    Rows,
    RowsShape,
    Sums,
    coefficient_names,
    total,
)

MARGIN_PROBE_ROWS = 64  # of a block, looked at first for one that is not on the side of its outcome
MAX_TILED_COLUMNS = 300  # of a Gram matrix: of more columns BLAS sums it faster than compiled loops
MAX_CODED_SHARE = 0.2  # of the numbers of a row to its columns, where codes save products
MIN_DOUBLE_PIVOT = 1e-5  # below it (kappa above 1e5) predictors are summed in extended precision


@dataclass(frozen=True, slots=True)
class Objective:
    """Rows, likelihood and penalty seen in inner coordinates theta, (q,), one linear predictor
    after another.

    q = p k. A `basis` is an upper triangular T, (p, p): gradient and curvature are then those of T
    theta, summed over the whitened rows X T^-1 (architecture.md, "Digits").

    free: which theta no penalty touches, (q,). fixed: (m, q) in inner coordinates, or None: fixed @
    theta stays what it is at the start. sample: evenly spread rows for a pilot, or None. compiled:
    whether passes are by compiled loops (compiled/loops.py). weight: the sum of the rows' weights;
    1 in the objective of the constants alone, which needs none. level_spans: as in `Moments`.
    only_piece: X if the rows are one.
    """

    rows: Rows
    likelihood: Likelihood
    coordinates: Coordinates
    free: np.ndarray
    penalty: Penalty = NONE
    threads: int = 1
    fixed: Array | None = None
    sample: Rows | None = None
    compiled: bool = False
    weight: float = 1.0
    level_spans: tuple[tuple[int, int], ...] = ()
    only_piece: OnlyPiece = field(default_factory=OnlyPiece, init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[type["Objective"], tuple[object, ...]]:
        """What travels to a cluster in every pass: neither the rows nor their sample."""
        bare = replace(self, rows=RowsShape.of(self.rows), sample=None)
        return Objective, tuple(getattr(bare, part.name) for part in fields(bare) if part.init)

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """A name for each coefficient, (q,); if every class has a predictor, none is the base."""
        classes = self.rows.classes
        own = len(classes) == self.likelihood.outputs
        return coefficient_names(self.rows.names, ("", *classes) if own else classes)

    @property
    def separable(self) -> bool:
        """Whether separation would send the estimate to infinity: only without a penalty."""
        return self.penalty.absent

    @property
    def mostly_codes(self) -> bool:
        """Whether categoricals leave a row few numbers, so that products by row cost little."""
        columns = self.coordinates.scale.size
        numbers = columns + sum(1 - (stop - start) for start, stop in self.level_spans)
        return numbers <= MAX_CODED_SHARE * columns

    def select(self, which: NDArray[np.intp]) -> "Objective":
        """The objective of some columns, (r,): the others' coefficients are zero."""
        offsets = np.arange(self.likelihood.outputs)[:, None] * self.coordinates.scale.size
        return replace(
            self,
            rows=self.rows.select(which),
            coordinates=self.coordinates.select(which),
            free=self.free[(offsets + which).reshape(-1)],
            sample=None,
            compiled=False,
            level_spans=(),
        )

    def evaluate(
        self, theta: Array, basis: Array | None = None, expected: bool = False
    ) -> Evaluation:
        """An information pass at theta, (q,); expected: its curvature is the Fisher information."""
        outputs = self.likelihood.outputs
        inverse = None if basis is None else triangular_inverse(basis)
        extended = basis is not None and smallest_pivot(basis) < MIN_DOUBLE_PIVOT
        matrix = by_predictor(theta, outputs)
        loops = None if extended or expected else self._compiled_grams(theta, inverse)

        # a step too far may overflow: its value shows it, and the step is shortened
        @partial(QuietFunction, compiled=loops is not None)
        def block_sums(block: Block) -> Sums:
            if loops:
                found = loops.sums(block)
                maxima = Maximum(-found.lead), Maximum(found.longest)
                return found.loglik, found.score, found.information, *maxima
            X = self.columns(block)
            linear = self._extended_dot(block, matrix) if extended else X.dot(matrix)
            eta = linear if block.offset is None else linear + block.offset
            loglik, score, curvature = self.likelihood.terms(eta, block.y)
            if expected:
                curvature = self.likelihood.expected(eta)
            margin = self._smallest_margin(block, linear, loglik)
            if block.weight is not None:
                loglik, score, curvature = (
                    weighted(block.weight, v) for v in (loglik, score, curvature)
                )
            Y = X if inverse is None else Dense(X.dot(inverse))
            information = gram_sum(Y, curvature)
            maxima = Maximum(-margin), Maximum(self.only_piece.longest_row(block, Y))
            return loglik.sum(), Y.transpose_dot(score), information, *maxima

        loglik, score, information, margin, reach = total(self.rows, block_sums, self.threads)
        # two predictors of a row may part at once: a pair of unit entries is sqrt(2) long
        widest = float(np.sqrt(max(reach.value, 0.0) * min(outputs, 2)))
        value, gradient = -float(loglik), flat_coefficients(-score)
        found = Evaluation(value, gradient, whole_gram(information), -value, -margin.value, widest)
        return found if self.penalty.absent else self._penalized(found, theta, inverse)

    def _penalized(self, found: Evaluation, theta: Array, inverse: Array | None) -> Evaluation:
        """An evaluation with the penalty added; inverse: of the basis, (p, p), or None."""
        outputs, user = self.likelihood.outputs, self.coordinates.to_user(theta)
        pull = self.coordinates.pull_back(self.penalty.gradient(user, self.free))
        scale = np.tile(self.coordinates.scale, outputs)
        curvature = self.penalty.curvature(user, self.free) / np.outer(scale, scale)
        if inverse is not None:
            whole = block_diagonal(inverse, outputs)
            pull, curvature = whole.T @ pull, whole.T @ curvature @ whole
        return found._replace(
            value=found.value + self.penalty.value(user, self.free),
            gradient=found.gradient + pull,
            curvature=found.curvature + curvature,
        )

    def light_pass(self, theta: Array) -> LightPass:
        """The loss and its gradient at theta, (q,), with neither penalty nor information."""
        return self.light_passes(theta[None], (-1,))[0]

    def light_passes(self, thetas: Array, without: Sequence[int]) -> list[LightPass]:
        """One light pass for m models: at the rows of thetas, (m, q), each without the rows of a
        fold, -1 for none.

        X is read once for all models, and its products are those of matrices.
        """
        outputs, models = self.likelihood.outputs, len(without)
        # products with vectors are faster
        matrix = thetas[0] if outputs * models == 1 else model_columns(thetas, outputs)
        loops = self._compiled_loops(thetas)

        @partial(QuietFunction, compiled=loops is not None)
        def block_sums(block: Block) -> Sums:
            if loops:
                found = loops.light_sums(block, without)
                return -found.loglik, found.score.reshape(models * outputs, -1).T, found.absolute
            X = self.columns(block)
            products = X.dot(matrix)
            linear = products.reshape(block.y.size, models, outputs)
            scores, losses, sizes = np.empty_like(linear), np.empty(models), np.empty(models)
            for j, fold in enumerate(without):
                eta = linear[:, j, 0] if outputs == 1 else linear[:, j]
                loglik, score = self._light_terms(block, eta, fold)
                scores[:, j] = score.reshape(-1, outputs)
                losses[j], sizes[j] = -loglik.sum(), np.abs(score).sum()
            return losses, X.transpose_dot(scores.reshape(products.shape)), sizes

        losses, columns, sizes = total(self.rows, block_sums, self.threads)
        gradients = -columns.T.reshape(models, -1)
        return [
            LightPass(float(v), g, float(s))
            for v, g, s in zip(losses, gradients, sizes, strict=True)
        ]

    def _light_terms(self, block: Block, linear: Array, fold: int) -> tuple[Array, Array]:
        """Weighted log-likelihood (n,) and score (n[, k]) of a block's rows, zero in the fold that
        is left out.

        linear: (n,) or (n, k), without offsets.
        """
        terms = self.likelihood.terms(
            linear if block.offset is None else linear + block.offset, block.y
        )
        loglik, score = terms.loglik, terms.score
        if block.weight is not None:
            loglik, score = weighted(block.weight, loglik), weighted(block.weight, score)
        if fold >= 0 and block.fold is not None:
            in_model = (block.fold != fold).astype(np.float64)
            loglik, score = loglik * in_model, (score.T * in_model).T
        return loglik, score

    def light_pass_with_curvature(self, theta: Array) -> tuple[LightPass, Array]:
        """A light pass and the curvature of the loss, (q, q), in one look: for few rows."""

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            X = self.columns(block)
            eta = self.predictors(block, X, theta)
            loglik, score, curvature = self.likelihood.terms(eta, block.y)
            if not self.likelihood.log_concave:
                curvature = self.likelihood.expected(eta)
            if block.weight is not None:
                loglik, score, curvature = (
                    weighted(block.weight, v) for v in (loglik, score, curvature)
                )
            gram = gram_sum(X, curvature)
            return -loglik.sum(), X.transpose_dot(score), np.abs(score).sum(), gram

        loss, columns, size, curvature = total(self.rows, block_sums, self.threads)
        found = LightPass(float(loss), -flat_coefficients(np.asarray(columns)), float(size))
        return found, whole_gram(curvature)

    def gradient(self, theta: Array) -> Array:
        """The gradient of the loss alone at theta, (q,): a light pass without a value."""
        loops = self._compiled_loops(theta)

        @partial(QuietFunction, compiled=loops is not None)
        def block_sums(block: Block) -> Sums:
            if loops:
                return (loops.score(block),)
            X = self.columns(block)
            score = self.likelihood.score(self.predictors(block, X, theta), block.y)
            return (
                X.transpose_dot(score if block.weight is None else weighted(block.weight, score)),
            )

        return -flat_coefficients(np.asarray(total(self.rows, block_sums, self.threads)[0]))

    def steering_pass(self, theta: Array, single_precision: bool = False) -> SteeringPass:
        """Gradient and curvature of the loss at theta; the curvature may be in single precision."""
        loops, dtype = self._compiled_grams(theta), np.float32 if single_precision else np.float64

        @partial(QuietFunction, compiled=loops is not None)
        def block_sums(block: Block) -> Sums:
            if loops:
                found = loops.sums(block, dtype, with_value=False)
                return found.score, found.information, Maximum(-found.flattest)
            X = self.columns(block)
            _, score, curvature = self.likelihood.terms(self.predictors(block, X, theta), block.y)
            if block.weight is not None:
                score, curvature = weighted(block.weight, score), weighted(block.weight, curvature)
            flattest = block.maximum(-curvature) if curvature.ndim == 1 else 0.0
            gram = gram_sum(X, curvature, dtype)
            return X.transpose_dot(score), gram, Maximum(flattest)

        score, information, flattest = total(self.rows, block_sums, self.threads)
        reach = float(1.0 / np.sqrt(-flattest.value)) if flattest.value < 0.0 else np.inf
        return SteeringPass(-flat_coefficients(score), whole_gram(information), reach)

    def information(
        self,
        theta: Array,
        single_precision: bool = False,
        without: int = -1,
        some_columns: NDArray[np.intp] | None = None,
    ) -> Array:
        """The curvature of the loss alone at theta, (q, q), never negative.

        It may be in single precision. without: the fold whose rows are left out, -1 for none.
        some_columns: (s,), of a single predictor: the matrix has these columns alone, and then its
        diagonal, (q, s + 1).
        """
        loops, dtype = self._compiled_grams(theta), np.float32 if single_precision else np.float64

        @partial(QuietFunction, compiled=loops is not None)
        def block_sums(block: Block) -> Sums:
            if without >= 0 and block.fold is not None:
                block = replace(block, weight=block.weights * (block.fold != without))
            if loops:
                return (loops.sums(block, dtype, with_value=False).information,)
            X = self.columns(block)
            eta = self.predictors(block, X, theta)
            # else the expected information, which is never negative
            concave = self.likelihood.log_concave
            curvature = (
                self.likelihood.terms(eta, block.y).curvature
                if concave
                else self.likelihood.expected(eta)
            )
            if block.weight is not None:
                curvature = weighted(block.weight, curvature)
            return (gram_sum(X, curvature, dtype, some_columns),)

        return whole_gram(total(self.rows, block_sums, self.threads)[0])

    def widest_predictor_gap(self, theta: Array) -> float:
        """The largest difference of two linear predictors of a row; that of a base is zero."""
        outputs = self.likelihood.outputs

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            linear = (
                self.columns(block).dot(by_predictor(theta, outputs)).reshape(block.y.size, outputs)
            )
            low, high = np.minimum(linear.min(axis=1), 0.0), np.maximum(linear.max(axis=1), 0.0)
            return (
                Maximum(
                    float(weighted(block.kept.astype(np.float64), high - low).max(initial=0.0))
                ),
            )

        return float(total(self.rows, block_sums, self.threads)[0].value)

    def columns(self, block: Block) -> Columns:
        """The block's X in inner coordinates."""
        if block.y.size == self.rows.n:
            return self.only_piece.columns(block, self.coordinates)
        return block.X.to_inner(self.coordinates.center, self.coordinates.scale)

    def predictors(self, block: Block, X: Columns, theta: Array) -> Array:
        """eta of each row of the block, offsets included, (n,), or (n, k) for k predictors."""
        linear = X.dot(by_predictor(theta, self.likelihood.outputs))
        return linear if block.offset is None else linear + block.offset

    def _extended_dot(self, block: Block, theta: Array) -> Array:
        """x'theta in extended precision: large coefficients that cancel cost no digits.

        Theta is split (Dekker 1971): its first eleven bits times 53 of x are exact in the 64 of an
        extended number, so the large products cancel without a rounding, and the rest is small.
        """
        center, scale = (
            v.astype(np.longdouble) for v in (self.coordinates.center, self.coordinates.scale)
        )
        X = block.X.to_inner(center, scale)
        mantissa, exponent = np.frexp(theta)
        head = np.ldexp(np.round(mantissa * 2.0**11) / 2.0**11, exponent)
        linear = X.dot(head.astype(np.longdouble)) + X.dot((theta - head).astype(np.longdouble))
        return linear.astype(np.float64)

    def _smallest_margin(self, block: Block, linear: Array, loglik: Array) -> float:
        """The smallest lead of an outcome, or one below zero if there is any.

        loglik: of each row, not weighted. Without offsets it shows that an outcome has no lead.
        """
        smallest = np.inf
        plain = block.offset is None and block.weight is None
        if plain and loglik.min() < self.likelihood.least_leading_loglik:
            return -np.inf
        for rows in (slice(MARGIN_PROBE_ROWS), slice(MARGIN_PROBE_ROWS, None)):
            margin = self.likelihood.margins(linear[rows], block.y[rows])
            kept = margin if block.weight is None else margin[block.weight[rows] > 0.0]
            smallest = min(smallest, float(kept.min(initial=np.inf)))
            if smallest < 0.0:
                break
        return smallest

    def _compiled_grams(self, theta: Array, triangle: Array | None = None) -> Loops | None:
        """The compiled loops of a pass that brings Gram matrices, unless BLAS sums them faster."""
        is_wide = self.coordinates.scale.size > MAX_TILED_COLUMNS
        return None if is_wide else self._compiled_loops(theta, triangle)

    def _compiled_loops(self, theta: Array, triangle: Array | None = None) -> Loops | None:
        """The compiled loops of a pass at theta, (q,), if the fit takes them."""
        return Loops(self.likelihood, self.coordinates, theta, triangle) if self.compiled else None
