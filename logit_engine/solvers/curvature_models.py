"""Models of the curvature that learn from gradients: a matrix, products with columns, or a factor
and the last steps.

The problem: the exact curvature costs as much as many light passes, and changes little per step.

The idea: a model knows the step that minimizes its quadratic, penalty included. After the step the
gradient has changed by about the curvature times the step, so every light pass corrects the model
for nothing (Broyden, Fletcher, Goldfarb & Shanno; with the last steps alone, Liu & Nocedal 1989).

Invariants: a model is positive along every step it learnt from, because a pair without positive
curvature is dropped. A model may be as rough as it likes: solutions are judged by exact gradients.
Which model a fit takes is a table by shape (solvers/curvature_choice.py). Nocedal & Wright (2006),
6.1 and 7.2.
"""

from typing import NamedTuple, Protocol

import numpy as np

from logit_engine.columns import Array, Columns
from logit_engine.objective.triangles import cholesky_factor, smallest_pivot, triangular_solve
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.group_steps import MatrixCurvature, group_step
from logit_engine.solvers.product_steps import ProductCurvature, positive_diagonal, product_step
from logit_engine.solvers.quadratic_model import quadratic_step
from logit_engine.solvers.singular_steps import MIN_DEFINITE_PIVOT

MAX_PAIRS = 20  # remembered by a factored model
# that make one slow light pass reason enough for exact information
COEFFICIENTS_PER_SLOW_PASS = 100


class CurvatureModel(Protocol):
    """A quadratic model of the loss.

    max_slow_passes: how many slow light passes are worth a new one.
    """

    max_slow_passes: float

    def step(self, gradient: Array, theta: Array, penalty: ElasticNet) -> tuple[Array, float]:
        """The step from theta, (q,), and its length in the model's metric.

        gradient: of the smooth part, (q,).
        """
        ...

    def update(self, step: Array, change: Array) -> None:
        """Learn that the gradient of the loss changed by so much over a step."""
        ...


class MatrixModel:
    """The curvature of the loss as a matrix, (q, q): for penalties with kinks, bounds or pinned
    coefficients.
    """

    def __init__(self, curvature: Array) -> None:
        self.curvature = curvature
        self.max_slow_passes = max(1.0, curvature.shape[0] / COEFFICIENTS_PER_SLOW_PASS)

    def step(self, gradient: Array, theta: Array, penalty: ElasticNet) -> tuple[Array, float]:
        """See `CurvatureModel`."""
        H = penalty.penalized_curvature(self.curvature)
        if penalty.groups is None:
            d = quadratic_step(gradient, self.curvature, H, theta, penalty)
        else:
            d = group_step(gradient, MatrixCurvature(H, self.curvature), theta, penalty)
        return d, float(np.sqrt(max(0.0, float(d @ H @ d))))

    def update(self, step: Array, change: Array) -> None:
        """See `CurvatureModel`."""
        product = self.curvature @ step
        size, curvature = float(step @ product), float(step @ change)
        if curvature > 1e-10 * size:
            self.curvature = (
                self.curvature
                + np.outer(change, change / curvature)
                - np.outer(product, product / size)
            )


class ProductModel:
    """The exact curvature at a point, by products with sparse columns too many for a matrix.

    X: the columns in inner units; w: the rows' curvature. It learns nothing: it costs little, so it
    is made at every point.
    """

    max_slow_passes = 0.0

    def __init__(self, X: Columns, w: Array) -> None:
        self.X, self.w = X, w
        own = [w] if w.ndim == 1 else [w[:, a, a] for a in range(w.shape[1])]
        self.diagonal = np.concatenate([X.gram_diagonal(v) for v in own])

    def step(self, gradient: Array, theta: Array, penalty: ElasticNet) -> tuple[Array, float]:
        """See `CurvatureModel`."""
        H = ProductCurvature(
            self.X, self.w, penalty, positive_diagonal(self.diagonal + penalty.curvature_diagonal)
        )
        step = product_step if penalty.groups is None else group_step
        d = step(gradient, H, theta, penalty)
        return d, float(np.sqrt(max(0.0, float(d @ H.times(d)))))

    def update(self, step: Array, change: Array) -> None:
        """Nothing; see the class."""


class Pair(NamedTuple):
    """A step, the change of the smooth part's gradient over it, and their product: the curvature
    along it.
    """

    step: Array
    change: Array
    curvature: float


class Factor(Protocol):
    """A factored curvature, (q, q); max_slow_passes: how many slow light passes a new one is
    worth.
    """

    @property
    def diagonal(self) -> Array:
        """Of the curvature, (q,)."""
        ...

    @property
    def max_slow_passes(self) -> float: ...

    def solve(self, b: Array) -> Array:
        """x with the curvature times x = b, (q,)."""
        ...


class TriangularFactor(NamedTuple):
    """A curvature R'R; R: (q, q), upper triangular."""

    R: Array

    @property
    def diagonal(self) -> Array:
        """See `Factor`."""
        return np.asarray(np.square(self.R).sum(axis=0))

    @property
    def max_slow_passes(self) -> float:
        """See `Factor`."""
        return max(1.0, float(self.R.shape[0]) / COEFFICIENTS_PER_SLOW_PASS)

    def solve(self, b: Array) -> Array:
        """See `Factor`."""
        return triangular_solve(self.R, triangular_solve(self.R, b, transposed=True))


class LimitedMemoryModel:
    """The factored curvature at some point, ridge included, and the last steps: for smooth
    penalties.

    factor: None for a multiple of ones. It is never made again; the steps, at most MAX_PAIRS,
    correct it.
    """

    def __init__(self, factor: Factor | None, ridge: ElasticNet) -> None:
        self.factor, self.ridge = factor, ridge
        self.max_slow_passes = (
            max(1.0, ridge.l2.size / COEFFICIENTS_PER_SLOW_PASS)
            if factor is None
            else factor.max_slow_passes
        )
        self.pairs: list[Pair] = []

    def step(self, gradient: Array, theta: Array, penalty: ElasticNet) -> tuple[Array, float]:
        """See `CurvatureModel`: the two loops of Liu & Nocedal (1989)."""
        d = -gradient
        lengths = []
        for pair in reversed(self.pairs):
            length = float(pair.step @ d) / pair.curvature
            lengths.append(length)
            d = d - length * pair.change
        d = self._first_inverse(d)
        for pair, length in zip(self.pairs, reversed(lengths), strict=True):
            d = d + (length - float(pair.change @ d) / pair.curvature) * pair.step
        return d, float(np.sqrt(max(0.0, -float(gradient @ d))))

    @property
    def curvature_change(self) -> float:
        """About the relative change of the curvature by a step of length one.

        Infinite without a factor.
        """
        if self.factor is None:
            return np.inf
        return 1.0 / float(np.sqrt(np.median(self.factor.diagonal)))

    def _first_inverse(self, d: Array) -> Array:
        """d times the inverse of the curvature before any step was learnt, (q,)."""
        if self.factor is not None:
            return self.factor.solve(d)
        if not self.pairs:
            return d / max(1.0, float(np.abs(d).sum()))
        last = self.pairs[-1]
        return d * (last.curvature / float(last.change @ last.change))

    def update(self, step: Array, change: Array) -> None:
        """See `CurvatureModel`."""
        whole = change + self.ridge.curvature_times(step)
        curvature = float(step @ whole)
        if curvature > 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(whole)):
            self.pairs = [*self.pairs[-(MAX_PAIRS - 1) :], Pair(step, whole, curvature)]


def curvature_model(curvature: Array, penalty: ElasticNet) -> CurvatureModel:
    """The model for a penalty, from the curvature of the loss, (q, q)."""
    if not penalty.differentiable:
        return MatrixModel(curvature)
    factor = cholesky_factor(penalty.penalized_curvature(curvature))
    if factor is None or smallest_pivot(factor) < MIN_DEFINITE_PIVOT:
        return MatrixModel(curvature)
    return LimitedMemoryModel(TriangularFactor(factor), penalty)
