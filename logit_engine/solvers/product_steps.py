"""The minimum of a quadratic model with kinks and bounds by products alone: for sparse columns too
many for a matrix.

The problem: with 50,000 sparse columns H = X' W X cannot be formed, but H v costs two products with
sparse columns.

The idea: accelerated proximal steps find which coefficients are zero. Once the zeros stay the same
for a few steps, conjugate gradients finish the others, as long as their signs last. Neither needs
more of H than H v. Beck & Teboulle (2009); Wen, Yin, Goldfarb & Zhang (2010).

Invariants: the step lowers the model. A proximal step is kept only if its metric bounds H along it.

Tried and dropped: a metric from power steps alone (they may start at a right angle to the
eigenvector: steps were too long, and a group lasso stayed at zero for 1,001 passes).
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns
from logit_engine.objective.shapes import by_predictor, flat_coefficients
from logit_engine.penalties import ElasticNet

MAX_ACCELERATED_STEPS = 20
MIN_QUIET_STEPS = 4  # in a row that leave the zeros alone: then conjugate gradients take over
MAX_CONJUGATE_STEPS = 200
METRIC_ROUNDING = 1e-10  # of a bound by a metric, relative


class CurvatureOperator(Protocol):
    """A matrix H, (q, q), known by its products and its diagonal, (q,)."""

    @property
    def diagonal(self) -> Array: ...

    def times(self, v: Array) -> Array:
        """H v."""
        ...


@dataclass(frozen=True, slots=True)
class ProductCurvature:
    """H = X' diag(w) X and the curvature of a penalty's smooth part, (q, q), and its diagonal,
    (q,).

    w: (n,), or (n, k, k) for k linear predictors. which: of the k p
    coefficients, (q,) rising, or None for all.
    """

    X: Columns
    w: Array
    ridge: ElasticNet
    diagonal: Array
    which: NDArray[np.intp] | None = None

    @property
    def outputs(self) -> int:
        """The number of linear predictors."""
        return 1 if self.w.ndim == 1 else int(self.w.shape[1])

    def times(self, v: Array) -> Array:
        """H v."""
        whole = v
        if self.which is not None:
            whole = np.zeros(self.outputs * self.X.shape[1])
            whole[self.which] = v
        eta = self.X.dot(by_predictor(whole, self.outputs))
        pull = self.w * eta if self.w.ndim == 1 else np.einsum("nab,nb->na", self.w, eta)
        product = flat_coefficients(self.X.transpose_dot(pull))
        own = product if self.which is None else product[self.which]
        return own + self.ridge.curvature_times(v)

    def select(self, free: NDArray[np.intp]) -> "ProductCurvature":
        """Some rows and columns of H, of one that has all."""
        p = self.X.shape[1]
        columns = np.unique(free % p)
        which = free // p * columns.size + np.searchsorted(columns, free % p)
        return replace(
            self,
            X=self.X if columns.size == p else self.X.select(columns),
            ridge=self.ridge.select(free),
            diagonal=self.diagonal[free],
            which=None if self.outputs == 1 else which,
        )


def product_step(g: Array, H: ProductCurvature, theta: Array, penalty: ElasticNet) -> Array:
    """The d that nearly minimizes the model, and lowers it, (q,).

    g: slope of the smooth part, (q,).
    """
    if penalty.differentiable:
        return conjugate_solution(H, -g)
    if not penalty.kinked:
        d = np.zeros_like(g)
        free = np.flatnonzero(np.isfinite(penalty.l1))
        d[free] = conjugate_solution(H.select(free), -g[free])
        return d
    d = accelerated_step(g, H, theta, penalty, np.zeros_like(g))
    free = np.flatnonzero(~penalty.at_kink_or_bound(theta + d))
    slope = g + H.times(d)
    if free.size == 0:
        return d
    direction = np.zeros_like(d)
    direction[free] = conjugate_solution(
        H.select(free), -(slope + penalty.kink_slope(theta + d))[free]
    )
    before = theta + d
    point = before + direction
    crosses = (np.sign(point) * np.sign(before) < 0.0) & (penalty.l1 > 0.0)  # it stops at zero
    point = np.where(crosses, 0.0, point)
    if penalty.bounded:
        point = np.clip(point, penalty.low, penalty.high)
    step = point - theta
    old, new = (model_value(g, H, theta, v, penalty) for v in (d, step))
    return step if new <= old else d


def positive_diagonal(diagonal: Array) -> Array:
    """A diagonal to divide by, (q,): a column that no row of a fold has is without curvature."""
    return np.maximum(diagonal, max(1e-12 * float(diagonal.max(initial=0.0)), np.finfo(float).tiny))


def model_value(
    g: Array, H: CurvatureOperator, theta: Array, d: Array, penalty: ElasticNet
) -> float:
    """The model at theta + d, without the terms that d does not change."""
    finite_l1 = np.where(np.isfinite(penalty.l1), penalty.l1, 0.0)
    value = float(g @ d + 0.5 * d @ H.times(d) + np.abs(theta + d) @ finite_l1)
    return value if penalty.groups is None else value + penalty.groups.value(theta + d)


def accelerated_step(
    g: Array, H: CurvatureOperator, theta: Array, penalty: ElasticNet, d: Array
) -> Array:
    """Accelerated proximal steps from d, (q,), in the metric of H's diagonal, restarted if they
    turn.

    A step is kept if the metric bounds H along it (Beck & Teboulle 2009, 4.3), else the metric is
    made larger. The number of columns is enough: it is the trace of H scaled to a unit diagonal,
    which bounds H everywhere. Restarts: O'Donoghue & Candes (2015).
    """
    size, bound_size = _largest_eigenvalue(H), float(g.size)
    ahead, momentum, quiet_steps = d, 1.0, 0
    held_before = penalty.at_kink_or_bound(theta + d)
    product = H.times(d)  # H d, and at the point ahead
    product_ahead = product
    for _ in range(MAX_ACCELERATED_STEPS):
        while True:
            metric = H.diagonal * size
            center = theta + ahead - (g + product_ahead) / metric
            new = penalty.proximal_point(center, metric) - theta
            product_new, moved = H.times(new), new - ahead
            bound = (1.0 + METRIC_ROUNDING) * float(moved @ (metric * moved))
            bounded = float(moved @ (product_new - product_ahead)) <= bound
            if bounded or size >= bound_size:
                break
            size = min(1.5 * size, bound_size)
        if float((ahead - new) @ (metric * (new - d))) > 0.0:
            momentum = 1.0
        next_momentum = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum * momentum))
        extrapolation = (momentum - 1.0) / next_momentum
        ahead = new + extrapolation * (new - d)
        product_ahead = product_new + extrapolation * (product_new - product)
        d, product, momentum = new, product_new, next_momentum
        holds = penalty.at_kink_or_bound(theta + d)
        quiet_steps = quiet_steps + 1 if np.array_equal(holds, held_before) else 0
        held_before = holds
        if quiet_steps >= MIN_QUIET_STEPS:
            break
    return d


def _largest_eigenvalue(H: CurvatureOperator) -> float:
    """About the largest eigenvalue of H scaled to a unit diagonal, by power steps from no symmetric
    point.
    """
    root = np.sqrt(H.diagonal)
    v = np.cos(np.arange(root.size) ** 2.0)
    size = 1.0
    for _ in range(8):
        v = H.times(v / root) / root
        size = float(np.linalg.norm(v))
        if not size > 0.0:
            return 1.0
        v /= size
    return 1.1 * size


def conjugate_solution(H: CurvatureOperator, b: Array) -> Array:
    """x with H x = b, (q,), by conjugate gradients, to two digits: enough for a step.

    Hestenes & Stiefel (1952).
    """
    scale = 1.0 / H.diagonal
    x, r = np.zeros_like(b), b.copy()
    z = scale * r
    p, rz = z.copy(), float(r @ z)
    target = 1e-3 * rz
    for _ in range(MAX_CONJUGATE_STEPS):
        if not rz > target:
            break
        product = H.times(p)
        length = rz / float(p @ product)
        x += length * p
        r -= length * product
        z = scale * r
        rz, before = float(r @ z), rz
        p = z + (rz / before) * p
    return x
