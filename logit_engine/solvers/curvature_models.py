"""Models of the curvature that learn from gradients: a matrix where there are kinks, else a factor and pairs.

Each knows the step that minimizes its quadratic model, and is corrected by the change of the gradient that a step brought
(Broyden, Fletcher, Goldfarb & Shanno; in its limited-memory form by Liu & Nocedal 1989). Nocedal & Wright (2006), 6.1, 7.2.
"""

from typing import NamedTuple, Protocol

import numpy as np

from logit_engine.columns import Array, Columns
from logit_engine.objective.triangles import cholesky_factor, smallest_pivot, triangular_solve
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.group_steps import Matrix, grouped_step
from logit_engine.solvers.product_steps import Products, floored, products_step
from logit_engine.solvers.quadratic_model import model_step
from logit_engine.solvers.singular_steps import SINGULAR_PIVOT

PAIRS = 20  # remembered by a factored model
CHEAP = (
    100  # coefficients up to which one slow light pass is reason enough for exact information; for more, more of them
)


class Model(Protocol):
    """A quadratic model of the loss. price: how many slow light passes are worth a new one.

    step: d, (q,), from theta, where the smooth part has this gradient, and its length in the model's own metric.
    """

    price: float

    def step(self, gradient: Array, theta: Array, kinks: ElasticNet) -> tuple[Array, float]: ...

    def learn(self, step: Array, change: Array) -> None:
        """Take in that the loss's gradient changed so over a step."""
        ...


class Whole:
    """The whole curvature of the loss, (q, q): for penalties with kinks or bounds, or coefficients pinned to zero."""

    def __init__(self, curvature: Array) -> None:
        self.curvature = curvature
        self.price = max(1.0, curvature.shape[0] / CHEAP)

    def step(self, gradient: Array, theta: Array, kinks: ElasticNet) -> tuple[Array, float]:
        """See `Model`."""
        H = kinks.penalized_curvature(self.curvature)
        if kinks.groups is None:
            d = model_step(gradient, self.curvature, H, theta, kinks)
        else:
            d = grouped_step(gradient, Matrix(H, self.curvature), theta, kinks)
        return d, float(np.sqrt(max(0.0, float(d @ H @ d))))

    def learn(self, step: Array, change: Array) -> None:
        """See `Model`."""
        bent = self.curvature @ step
        size, seen = float(step @ bent), float(step @ change)
        if seen > 1e-10 * size:
            self.curvature = self.curvature + np.outer(change, change / seen) - np.outer(bent, bent / size)


class Implied:
    """The exact curvature at a point, by products with sparse columns: for kinks where a matrix would be too large.

    X: the columns in inner units; w: the rows' curvature. It learns nothing: it costs little, and is made at every point.
    """

    price = 0.0

    def __init__(self, X: Columns, w: Array) -> None:
        self.X, self.w = X, w
        self.diagonal = X.gram_diagonal(w)

    def step(self, gradient: Array, theta: Array, kinks: ElasticNet) -> tuple[Array, float]:
        """See `Model`."""
        H = Products(self.X, self.w, kinks, floored(self.diagonal + kinks.curvature_diagonal))
        step = products_step if kinks.groups is None else grouped_step
        d = step(gradient, H, theta, kinks)
        return d, float(np.sqrt(max(0.0, float(d @ H.times(d)))))

    def learn(self, step: Array, change: Array) -> None:
        """Nothing; see the class."""


class Pair(NamedTuple):
    """A step and the change of the whole smooth part's gradient over it."""

    step: Array
    change: Array
    seen: float


class Factored:
    """A Cholesky factor of the curvature at some point, ridge included, or None for a multiple of ones, and what came after.

    Never factored again, and where there is no factor never more than `PAIRS` vectors: for smooth penalties.
    """

    def __init__(self, factor: Array | None, ridge: ElasticNet) -> None:
        self.factor, self.ridge = factor, ridge
        self.price = max(1.0, ridge.l2.size / CHEAP)
        self.pairs: list[Pair] = []

    def step(self, gradient: Array, theta: Array, kinks: ElasticNet) -> tuple[Array, float]:
        """See `Model`: the two loops of Liu & Nocedal (1989)."""
        d = -gradient
        shares = []
        for pair in reversed(self.pairs):
            share = float(pair.step @ d) / pair.seen
            shares.append(share)
            d = d - share * pair.change
        d = self._unbent(d)
        for pair, share in zip(self.pairs, reversed(shares), strict=True):
            d = d + (share - float(pair.change @ d) / pair.seen) * pair.step
        return d, float(np.sqrt(max(0.0, -float(gradient @ d))))

    @property
    def curvature_change(self) -> float:
        """About the relative change of the curvature by a step of length one in its metric; infinite without a factor."""
        if self.factor is None:
            return np.inf
        return 1.0 / float(np.sqrt(np.median(np.square(self.factor).sum(axis=0))))

    def _unbent(self, d: Array) -> Array:
        if self.factor is not None:
            return triangular_solve(self.factor, triangular_solve(self.factor, d, transposed=True))
        if not self.pairs:
            return d / max(1.0, float(np.abs(d).sum()))
        last = self.pairs[-1]
        return d * (last.seen / float(last.change @ last.change))

    def learn(self, step: Array, change: Array) -> None:
        """See `Model`."""
        whole = change + self.ridge.curvature_times(step)
        seen = float(step @ whole)
        if seen > 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(whole)):
            self.pairs = [*self.pairs[-(PAIRS - 1) :], Pair(step, whole, seen)]


def model_of(curvature: Array, kinks: ElasticNet) -> Model:
    """The model for a penalty, from the curvature of the loss, (q, q)."""
    if not kinks.differentiable:
        return Whole(curvature)
    factor = cholesky_factor(kinks.penalized_curvature(curvature))
    singular = factor is None or smallest_pivot(factor) < SINGULAR_PIVOT
    return Whole(curvature) if singular else Factored(factor, kinks)
