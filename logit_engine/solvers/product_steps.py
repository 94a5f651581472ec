"""The minimum of a quadratic model with kinks and bounds by products alone: for sparse columns too many for a matrix.

Accelerated proximal steps find which coefficients are zero; conjugate gradients finish the others, as long as their signs
last. Neither needs more of H than H v. Beck & Teboulle (2009); Wen, Yin, Goldfarb & Zhang (2010).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns
from logit_engine.penalties import ElasticNet

STEPS = 20  # accelerated ones
SETTLED = 4  # of them that leave the zeros alone, after which conjugate gradients take over
CG_STEPS = 200
METRIC_ROUNDING = 1e-10  # relative, where a metric is judged


class Curved(Protocol):
    """A matrix H, (q, q), known by its products and its diagonal, (q,)."""

    @property
    def diagonal(self) -> Array: ...

    def times(self, v: Array) -> Array:
        """H v."""
        ...


@dataclass(frozen=True, slots=True)
class Products:
    """H = X' diag(w) X and the curvature of a penalty's smooth part, (q, q), and its diagonal, (q,)."""

    X: Columns
    w: Array
    ridge: ElasticNet
    diagonal: Array

    def times(self, v: Array) -> Array:
        """H v."""
        return self.X.transpose_dot(self.w * self.X.dot(v)) + self.ridge.curvature_times(v)

    def select(self, on: NDArray[np.intp]) -> "Products":
        """Some rows and columns of H."""
        return Products(self.X.select(on), self.w, self.ridge.select(on), self.diagonal[on])


def product_step(g: Array, H: Products, theta: Array, penalty: ElasticNet) -> Array:
    """The d that nearly minimizes the model, and lowers it, (q,); g: the slope of the smooth part at theta."""
    if not penalty.kinked:
        return conjugate(H, -g)
    d = accelerated(g, H, theta, penalty, np.zeros_like(g))
    on = np.flatnonzero(~penalty.at_kink_or_bound(theta + d))
    slope = g + H.times(d)
    if on.size == 0:
        return d
    rest = np.zeros_like(d)
    rest[on] = conjugate(H.select(on), -(slope + penalty.kink_slope(theta + d))[on])
    there = theta + d
    further = there + rest
    crosses = (np.sign(further) * np.sign(there) < 0.0) & (penalty.l1 > 0.0)  # it stops at zero
    further = np.where(crosses, 0.0, further)
    if penalty.bounded:
        further = np.clip(further, penalty.low, penalty.high)
    step = further - theta
    old, new = (model_value(g, H, theta, v, penalty) for v in (d, step))
    return step if new <= old else d


def floored(diagonal: Array) -> Array:
    """A diagonal fit to divide by, (q,): a column that no row of a fold holds has no curvature."""
    return np.maximum(diagonal, max(1e-12 * float(diagonal.max(initial=0.0)), np.finfo(float).tiny))


def model_value(g: Array, H: Curved, theta: Array, d: Array, penalty: ElasticNet) -> float:
    """The model at theta + d, less what d does not change."""
    held = np.where(np.isfinite(penalty.l1), penalty.l1, 0.0)
    own = float(g @ d + 0.5 * d @ H.times(d) + np.abs(theta + d) @ held)
    return own if penalty.groups is None else own + penalty.groups.value(theta + d)


def accelerated(g: Array, H: Curved, theta: Array, penalty: ElasticNet, d: Array) -> Array:
    """Beck & Teboulle's steps from d in the metric of H's diagonal, restarted where they turn (O'Donoghue & Candes 2015).

    A step stands only if the metric bounds H along it (their 4.3), else the metric is made larger: by at most the number of
    columns, which is the trace of H scaled to a unit diagonal and bounds it everywhere.
    """
    size, most = _largest(H), float(g.size)
    ahead, momentum, quiet = d, 1.0, 0
    held = penalty.at_kink_or_bound(theta + d)
    bent = H.times(d)  # H d, and at the point ahead
    bent_ahead = bent
    for _ in range(STEPS):
        while True:
            metric = H.diagonal * size
            new = penalty.proximal_point(theta + ahead - (g + bent_ahead) / metric, metric) - theta
            bent_new, moved = H.times(new), new - ahead
            bound = (1.0 + METRIC_ROUNDING) * float(moved @ (metric * moved))
            bounded = float(moved @ (bent_new - bent_ahead)) <= bound
            if bounded or size >= most:
                break
            size = min(1.5 * size, most)
        if float((ahead - new) @ (metric * (new - d))) > 0.0:
            momentum = 1.0
        later = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum * momentum))
        share = (momentum - 1.0) / later
        ahead, bent_ahead = new + share * (new - d), bent_new + share * (bent_new - bent)
        d, bent, momentum = new, bent_new, later
        holds = penalty.at_kink_or_bound(theta + d)
        quiet = quiet + 1 if np.array_equal(holds, held) else 0
        held = holds
        if quiet >= SETTLED:
            break
    return d


def _largest(H: Curved) -> float:
    """About the largest eigenvalue of H scaled to a unit diagonal, by a few power steps from where no symmetry holds."""
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


def conjugate(H: Curved, b: Array) -> Array:
    """x with H x = b, scaled by the diagonal, to two digits, which is enough for a step. Hestenes & Stiefel (1952)."""
    scale = 1.0 / H.diagonal
    x, r = np.zeros_like(b), b.copy()
    z = scale * r
    p, rz = z.copy(), float(r @ z)
    enough = 1e-3 * rz
    for _ in range(CG_STEPS):
        if not rz > enough:
            break
        bent = H.times(p)
        length = rz / float(p @ bent)
        x += length * p
        r -= length * bent
        z = scale * r
        rz, before = float(r @ z), rz
        p = z + (rz / before) * p
    return x
