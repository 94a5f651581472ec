"""The objective: minus the penalized log-likelihood over rows, in inner coordinates; the only place where a sign changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, Coordinates, Dense
from logit_engine.compiled.loops import Loops
from logit_engine.likelihoods import Likelihood, weighted
from logit_engine.objective.triangles import smallest_pivot, triangular_inverse
from logit_engine.penalties import NONE, Penalty
from logit_engine.rows import (
    MIN_PIECE_ROWS,
    Block,
    Maximum,
    QuietFunction,
    Rows,
    RowsShape,
    Sums,
    coefficient_names,
    total,
)

GLANCE = 64  # rows of a block, looked at first for one that is not on the side of its outcome
EXTENDED_PIVOT = 1e-5  # below it (kappa above 1e5) the linear predictor is summed in extended precision


class Evaluation(NamedTuple):
    """One pass at theta: value to minimize, its gradient (q,) and curvature (q, q), in the basis asked for.

    loglik: without the penalty. margin: the smallest lead of a row's outcome under theta, or one below zero; above zero,
    theta separates the data completely. reach: a bound of how far a row's predictors differ by a unit step in the
    coordinates of the basis.
    """

    value: float
    gradient: Array
    curvature: Array
    loglik: float
    margin: float
    reach: float


class Slope(NamedTuple):
    """A light pass at theta: the loss (minus the log-likelihood), its gradient (q,), and its size: sum_i |score_i|.

    The gradient of a column in inner units, whose spread is one, is at most about the size: gradients are judged by it.
    """

    loss: float
    gradient: Array
    size: float


class Local(NamedTuple):
    """What steers a step: the gradient, (q,), of the loss and about its curvature, (q, q).

    reach: a bound of |x_i| in the norm of H^-1, since no row has more than all of the information in its own direction,
    w_i x_i'H^-1 x_i <= 1. Of one linear predictor; else infinite.
    """

    gradient: Array
    curvature: Array
    reach: float


@dataclass(frozen=True, slots=True)
class Objective:
    """Rows, likelihood and penalty seen in inner coordinates theta, (q,): q = p k, one linear predictor after another.

    A `basis` is an upper triangular T, (p, p): gradient and curvature are then those of T theta, summed over the whitened
    rows X T^-1, which keeps the digits that X'WX would lose (architecture.md, "Digits"). free: which theta no penalty
    touches, (q,). fixed: (m, q) in inner coordinates, or None: fixed @ theta stays what it is at the start.
    sample: evenly spread rows for a pilot, or None. compiled: passes are by compiled loops (compiled/loops.py). weight: the
    sum of the rows' weights; 1 in the objective of the constants alone, which needs none. inner_cache: few rows' X,
    as it is and in inner coordinates, once it was asked for.
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
    inner_cache: list[tuple[Columns, Columns]] = field(default_factory=list, init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[type["Objective"], tuple[object, ...]]:
        """What travels to a cluster in every pass: neither the rows nor their sample, which no block needs."""
        bare = replace(self, rows=RowsShape.of(self.rows), sample=None)
        return Objective, tuple(getattr(bare, part.name) for part in fields(bare) if part.init)

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """A name for each coefficient, (q,). If every class has a predictor, no class is the base."""
        classes = self.rows.classes
        own = len(classes) == self.likelihood.outputs
        return coefficient_names(self.rows.names, ("", *classes) if own else classes)

    @property
    def separable(self) -> bool:
        """Whether a separating direction would send the estimate to infinity: only without a penalty."""
        return self.penalty.absent

    def select(self, which: NDArray[np.intp]) -> "Objective":
        """The objective of some of the columns alone, (r,): that of the whole where the others' coefficients are zero."""
        everywhere = (np.arange(self.likelihood.outputs)[:, None] * self.coordinates.scale.size + which).reshape(-1)
        return replace(
            self,
            rows=self.rows.select(which),
            coordinates=self.coordinates.select(which),
            free=self.free[everywhere],
            sample=None,
            compiled=False,
        )

    def _loops(self, theta: Array, triangle: Array | None = None) -> Loops | None:
        """The compiled loops of a pass at theta, (q,), where the fit takes them."""
        return Loops(self.likelihood, self.coordinates, theta, triangle) if self.compiled else None

    def columns(self, block: Block) -> Columns:
        """The block's X in inner coordinates."""
        if self.inner_cache and self.inner_cache[0][0] is block.X:
            return self.inner_cache[0][1]
        inner = block.X.inner(self.coordinates.center, self.coordinates.scale)
        if self.rows.n <= MIN_PIECE_ROWS:
            self.inner_cache[:] = [(block.X, inner)]
        return inner

    def predictors(self, block: Block, X: Columns, theta: Array) -> Array:
        """eta of each row of the block, offsets included, (n,), or (n, k) for several linear predictors."""
        linear = X.dot(by_predictor(theta, self.likelihood.outputs))
        return linear if block.offset is None else linear + block.offset

    def _extended_dot(self, block: Block, theta: Array) -> Array:
        """x'theta centered and summed in extended precision: large coefficients that cancel cost no digits.

        Theta is split (Dekker 1971): its first eleven bits times 53 of x are exact in the 64 of an extended number, so the
        large products cancel without a rounding, and the rest is small.
        """
        center, scale = (v.astype(np.longdouble) for v in (self.coordinates.center, self.coordinates.scale))
        X = block.X.inner(center, scale)
        mantissa, exponent = np.frexp(theta)
        head = np.ldexp(np.round(mantissa * 2.0**11) / 2.0**11, exponent)
        linear = X.dot(head.astype(np.longdouble)) + X.dot((theta - head).astype(np.longdouble))
        return linear.astype(np.float64)

    def gradient(self, theta: Array) -> Array:
        """The gradient of the loss alone at theta, (q,): the lightest pass."""
        loops = self._loops(theta)

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            if loops:
                return (loops.score(block),)
            X = self.columns(block)
            score = self.likelihood.score(self.predictors(block, X, theta), block.y)
            return (X.tdot(score if block.weight is None else weighted(block.weight, score)),)

        return -flat(np.asarray(total(self.rows, block_sums, self.threads)[0]))

    def local(self, theta: Array, rough: bool = False) -> Local:
        """Gradient and curvature of the loss alone at theta; rough: the curvature in single precision, as it only steers."""
        loops, dtype = self._loops(theta), np.float32 if rough else np.float64

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            if loops:
                found = loops.sums(block, dtype, judged=False)
                return found.score, found.information, Maximum(-found.flattest)
            X = self.columns(block)
            _, score, curvature = self.likelihood.terms(self.predictors(block, X, theta), block.y)
            if block.weight is not None:
                score, curvature = weighted(block.weight, score), weighted(block.weight, curvature)
            flattest = block.maximum(-curvature) if curvature.ndim == 1 else 0.0
            return X.tdot(score), _blocked(curvature, partial(signed_gram, X, dtype=dtype)), Maximum(flattest)

        score, information, flattest = total(self.rows, block_sums, self.threads)
        reach = float(1.0 / np.sqrt(-flattest.value)) if flattest.value < 0.0 else np.inf
        return Local(-flat(score), information, reach)

    def slope(self, theta: Array) -> Slope:
        """The loss and its gradient at theta, (q,), with neither penalty nor information: a light pass."""
        return self.slopes(theta[None], (-1,))[0]

    def slopes(self, thetas: Array, without: Sequence[int]) -> list[Slope]:
        """One light pass for several models: at the rows of thetas, (m, q), each without the rows of one fold, -1 for none.

        X is read once, and its products are those of matrices.
        """
        outputs, models = self.likelihood.outputs, len(without)
        matrix = (
            thetas[0] if outputs * models == 1 else flat_columns(thetas, outputs)
        )  # products with vectors are faster
        loops = self._loops(thetas)

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            if loops:
                found = loops.slopes(block, without)
                return -found.loglik, found.score.reshape(models * outputs, -1).T, found.absolute
            X = self.columns(block)
            products = X.dot(matrix)
            linear = products.reshape(block.y.size, models, outputs)
            scores, losses, sizes = np.empty_like(linear), np.empty(models), np.empty(models)
            for j, fold in enumerate(without):
                eta = linear[:, j, 0] if outputs == 1 else linear[:, j]
                terms = self.likelihood.terms(eta if block.offset is None else eta + block.offset, block.y)
                loglik, score = terms.loglik, terms.score
                if block.weight is not None:
                    loglik, score = weighted(block.weight, loglik), weighted(block.weight, score)
                if fold >= 0 and block.fold is not None:
                    seen = (block.fold != fold).astype(np.float64)
                    loglik, score = loglik * seen, (score.T * seen).T
                scores[:, j] = score.reshape(-1, outputs)
                losses[j], sizes[j] = -loglik.sum(), np.abs(score).sum()
            return losses, X.tdot(scores.reshape(products.shape)), sizes

        losses, columns, sizes = total(self.rows, block_sums, self.threads)
        gradients = -columns.T.reshape(models, -1)
        return [Slope(float(v), g, float(s)) for v, g, s in zip(losses, gradients, sizes, strict=True)]

    def curved_slope(self, theta: Array) -> tuple[Slope, Array]:
        """The slope of the loss at theta, (q,), and its curvature, (q, q), in one pass: for few rows."""

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            X = self.columns(block)
            eta = self.predictors(block, X, theta)
            loglik, score, curvature = self.likelihood.terms(eta, block.y)
            if not self.likelihood.log_concave:
                curvature = self.likelihood.expected(eta)
            if block.weight is not None:
                loglik, score, curvature = (weighted(block.weight, v) for v in (loglik, score, curvature))
            gram = _blocked(curvature, partial(signed_gram, X))
            return -loglik.sum(), X.tdot(score), np.abs(score).sum(), gram

        loss, columns, size, curvature = total(self.rows, block_sums, self.threads)
        return Slope(float(loss), -flat(np.asarray(columns)), float(size)), np.asarray(curvature)

    def information(self, theta: Array, rough: bool = False, without: int = -1) -> Array:
        """The curvature of the loss alone at theta, (q, q); rough: in single precision, where it only steers.

        without: the fold whose rows are left out, -1 for none.
        """
        loops, dtype = self._loops(theta), np.float32 if rough else np.float64

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            if without >= 0 and block.fold is not None:
                block = replace(block, weight=block.weights * (block.fold != without))
            if loops:
                return (loops.sums(block, dtype, judged=False).information,)
            X = self.columns(block)
            eta = self.predictors(block, X, theta)
            concave = self.likelihood.log_concave  # else the expected information, which is never negative
            curvature = self.likelihood.terms(eta, block.y).curvature if concave else self.likelihood.expected(eta)
            if block.weight is not None:
                curvature = weighted(block.weight, curvature)
            return (_blocked(curvature, partial(signed_gram, X, dtype=dtype)),)

        return np.asarray(total(self.rows, block_sums, self.threads)[0])

    def farthest(self, theta: Array) -> float:
        """The largest difference of two of a row's linear predictors at theta, (q,), that of a base being zero."""
        outputs = self.likelihood.outputs

        @QuietFunction
        def block_sums(block: Block) -> Sums:
            linear = self.columns(block).dot(by_predictor(theta, outputs)).reshape(block.y.size, outputs)
            low, high = np.minimum(linear.min(axis=1), 0.0), np.maximum(linear.max(axis=1), 0.0)
            return (Maximum(float(weighted(block.kept.astype(np.float64), high - low).max(initial=0.0))),)

        return float(total(self.rows, block_sums, self.threads)[0].value)

    def _margin(self, block: Block, linear: Array) -> float:
        """The smallest lead of a row's outcome in a block; of the first rows alone where that is below zero already."""
        least = np.inf
        for rows in (slice(GLANCE), slice(GLANCE, None)):
            margin = self.likelihood.margins(linear[rows], block.y[rows])
            kept = margin if block.weight is None else margin[block.weight[rows] > 0.0]
            least = min(least, float(kept.min(initial=np.inf)))
            if least < 0.0:
                break
        return least

    def evaluate(self, theta: Array, basis: Array | None = None, expected: bool = False) -> Evaluation:
        """Value, gradient and curvature at theta, (q,); `expected` asks for the Fisher information as the curvature."""
        outputs = self.likelihood.outputs
        inverse = None if basis is None else triangular_inverse(basis)
        extended = basis is not None and smallest_pivot(basis) < EXTENDED_PIVOT
        matrix = by_predictor(theta, outputs)
        loops = None if extended or expected else self._loops(theta, inverse)

        # a step too far may overflow: its value shows it, and it is halved
        @QuietFunction
        def block_sums(block: Block) -> Sums:
            if loops:
                found = loops.sums(block)
                return found.loglik, found.score, found.information, Maximum(-found.lead), Maximum(found.longest)
            X = self.columns(block)
            linear = self._extended_dot(block, matrix) if extended else X.dot(matrix)
            eta = linear if block.offset is None else linear + block.offset
            loglik, score, curvature = self.likelihood.terms(eta, block.y)
            if expected:
                curvature = self.likelihood.expected(eta)
            margin = self._margin(block, linear)
            if block.weight is not None:
                loglik, score, curvature = (weighted(block.weight, v) for v in (loglik, score, curvature))
            Y = X if inverse is None else Dense(X.dot(inverse))
            gradient, information = Y.tdot(score), _blocked(curvature, partial(signed_gram, Y))
            return loglik.sum(), gradient, information, Maximum(-margin), Maximum(block.maximum(Y.lengths()))

        loglik, score, information, margin, reach = total(self.rows, block_sums, self.threads)
        value, gradient = -float(loglik), flat(-score)
        if not self.penalty.absent:
            user = self.coordinates.to_user(theta)
            pull = self.coordinates.pull_back(self.penalty.gradient(user, self.free))
            scale = np.tile(self.coordinates.scale, outputs)
            bend = self.penalty.curvature(user, self.free) / np.outer(scale, scale)
            if inverse is not None:
                whole = repeated(inverse, outputs)
                pull, bend = whole.T @ pull, whole.T @ bend @ whole
            value, gradient, information = (
                value + self.penalty.value(user, self.free),
                gradient + pull,
                information + bend,
            )
        # two predictors of a row may part at once: a pair of unit entries is sqrt(2) long
        widest = float(np.sqrt(max(reach.value, 0.0) * min(outputs, 2)))
        return Evaluation(value, gradient, information, float(loglik), -margin.value, widest)


def by_predictor(theta: Array, outputs: int) -> Array:
    """theta, (q,), as columns of one predictor each, (p, k); itself for a single predictor."""
    return theta if outputs == 1 else np.asarray(theta.reshape(outputs, -1).T)


def flat_columns(thetas: Array, outputs: int) -> Array:
    """Several theta, (m, q), as columns of one predictor each, model by model: (p, m k)."""
    return np.ascontiguousarray(thetas.reshape(thetas.shape[0] * outputs, -1).T)


def flat(columns: Array) -> Array:
    """The inverse of `by_predictor`: (p[, k]) to (q,)."""
    return columns.T.reshape(-1)


def repeated(T: Array, outputs: int) -> Array:
    """T, (p, p), on the diagonal once for every predictor, (q, q)."""
    return T if outputs == 1 else np.asarray(np.kron(np.eye(outputs), T), dtype=np.float64)


def _blocked(curvature: Array, gram: Callable[[Array], Array]) -> Array:
    """The information from the rows' curvature, (n,) or (n, k, k): a Gram matrix for every pair of predictors."""
    if curvature.ndim == 1:
        return gram(curvature)
    outputs = curvature.shape[1]
    pairs = {(a, b): gram(curvature[:, a, b]) for a in range(outputs) for b in range(a + 1)}
    return np.block([[pairs[max(a, b), min(a, b)] for b in range(outputs)] for a in range(outputs)])


def signed_gram(X: Columns, w: Array, dtype: type[np.floating] = np.float64) -> Array:
    """X' diag(w) X for w of either sign: the positive and the negative rows apart."""
    if (w >= 0.0).all():
        return X.gram(w, dtype)
    if (w <= 0.0).all():
        return -X.gram(-w, dtype)
    return X.gram(np.maximum(w, 0.0), dtype) - X.gram(np.maximum(-w, 0.0), dtype)
