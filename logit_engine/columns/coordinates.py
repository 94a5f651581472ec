"""Inner coordinates: columns centered and scaled by powers of two, so that units and origins cost
no digits.

With a constant column k of value v in X, (X - c) / s spans the same space as X, and user theta = A
inner theta, where A divides by s and moves the centers into the constant. Dense columns only: codes
are left alone, and without a constant column, or with all means near zero, nothing is centered.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array
from logit_engine.columns.moments import Moments

# times the distance of the quartiles: a larger standard deviation is made by a few values
OUTLIER_SPREAD_RATIO = 1e3
# means within as many spreads of zero cost no digits: such columns are not centered, and not copied
UNCENTERED_SPREADS = 1.0
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Coordinates:
    """center, scale: (p,); constant: the index of the constant column, or None; value: what it
    holds.

    resolution: (p,), the rounding error of the data themselves in inner units: no digit below it is
    real.
    """

    center: Array
    scale: Array
    constant: int | None
    value: float
    resolution: Array

    def select(self, which: NDArray[np.intp]) -> "Coordinates":
        """The coordinates of some of the columns, (r,) rising, the constant among them."""
        at = None if self.constant is None else int(np.searchsorted(which, self.constant))
        return Coordinates(
            self.center[which], self.scale[which], at, self.value, self.resolution[which]
        )

    def to_user(self, inner: Array) -> Array:
        """A inner: coefficients, or a matrix of columns in coefficient space, (q[, m]), in the
        user's units.

        q is p, or a multiple of it: the coefficients of one class after another.
        """
        out = self._by_class(inner)
        out /= self.scale[:, None]
        if self.constant is not None:
            out[:, self.constant] -= (self.center @ out) / self.value
        return out.reshape(inner.shape)

    def to_inner(self, user: Array) -> Array:
        """The inverse of `to_user`, (q[, m])."""
        out = self._by_class(user)
        if self.constant is not None:
            out[:, self.constant] += (self.center @ out) / self.value
        out *= self.scale[:, None]
        return out.reshape(user.shape)

    def pull_back(self, gradient: Array) -> Array:
        """A' gradient: a user-space gradient, or columns of them, (q[, m]), as seen in inner
        coordinates.
        """
        out = self._by_class(gradient)
        if self.constant is not None:
            out -= self.center[:, None] * (out[:, [self.constant]] / self.value)
        out /= self.scale[:, None]
        return out.reshape(gradient.shape)

    def _by_class(self, values: Array) -> Array:
        """A copy as (classes, p, m)."""
        p = self.scale.size
        shape = (values.shape[0] // p, p, 1 if values.ndim == 1 else values.shape[1])
        return np.array(values, dtype=np.float64).reshape(shape)


def constant_column(moments: Moments) -> int | None:
    """The first column, not of codes, that holds one value other than zero, or None."""
    there = (moments.square == 0.0) & (moments.mean != 0.0) & ~moments.coded
    return int(there.argmax()) if there.any() else None


def inner_coordinates(moments: Moments, constant: int | None) -> Coordinates:
    """Coordinates from the moments of the columns: centers at the mean, scales at the power of two
    nearest the spread.

    constant: the column into which centers move, or None: nothing is centered, as for a penalty
    that a constant among the penalized columns would feel.
    """
    mean, square, coded = moments.mean, moments.square / max(moments.n, 1), moments.coded
    size = np.sqrt(square + np.square(mean))
    center, away = np.zeros_like(mean), size
    if constant is not None:
        middle, spread = _bulk(moments)
        varies = square > 0.0
        dense = ~(coded | moments.sparse)
        far = (np.abs(middle) > UNCENTERED_SPREADS * spread) & dense & varies
        centered = dense & (far.any() | ~varies)
        centered[constant] = False
        if centered.any():
            center[centered] = middle[centered]
            away = np.sqrt(square + np.square(mean - center))
    scale = _power_of_two(away)
    scale[coded], size[coded] = 1.0, 0.0
    value = 1.0 if constant is None else float(mean[constant])
    return Coordinates(center, scale, constant, value, EPS * size / scale)


def _bulk(moments: Moments) -> tuple[Array, Array]:
    """Where most values of each column lie, and their spread, (p,).

    Mean and standard deviation, unless a few large values determine them: centered at a mean of
    1e12, the other values lose their digits. Then the middle of the quartiles and their distance;
    if the quartiles are equal, the standard deviation stays. The quartiles are of a few rows: a
    middle further from the mean than a standard deviation is not used.
    """
    spread = np.sqrt(moments.square / max(moments.n, 1))
    low, high = moments.quartiles
    middle = low + 0.5 * (high - low)
    outlying = (spread > OUTLIER_SPREAD_RATIO * (high - low)) & (
        np.abs(middle - moments.mean) <= spread
    )
    if not outlying.any():
        return moments.mean, spread
    return np.where(outlying, middle, moments.mean), np.where(
        outlying & (high > low), high - low, spread
    )


def _power_of_two(spread: Array) -> NDArray[np.float64]:
    usable = (spread > 0.0) & np.isfinite(spread)
    return np.exp2(np.rint(np.log2(np.where(usable, spread, 1.0))))
