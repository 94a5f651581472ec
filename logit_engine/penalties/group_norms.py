"""Norms of groups of coefficients, as one part of a penalty: values, slopes, and the proximal
point in a diagonal metric.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array

ROOT_STEPS = 100  # of the search for a group's norm; a handful is the rule


@dataclass(frozen=True, slots=True)
class Groups:
    """The sum over groups g of strength_g * |weight * theta|, the norm that of the coefficients
    whose code is g.

    codes: (q,), of each coefficient its group from 0 on, or -1 for none; strength: (G,), above 0;
    weight: (q,), above 0, which changes of units move. Yuan & Lin (2006); Meier, van de Geer &
    Buehlmann (2008).
    """

    codes: NDArray[np.intp]
    strength: Array
    weight: Array

    @property
    def members(self) -> NDArray[np.bool_]:
        """Which coefficients are in a group, (q,)."""
        return np.asarray(self.codes >= 0)

    @property
    def sizes(self) -> Array:
        """How many coefficients each group has, (G,)."""
        return self.group_sums(np.ones_like(self.weight))

    def group_sums(self, values: Array) -> Array:
        """Sums by group, (q,) to (G,)."""
        return np.asarray(
            np.bincount(self.codes + 1, values, self.strength.size + 1)[1:], dtype=np.float64
        )

    def per_coefficient(self, values: Array, other: float = 0.0) -> Array:
        """Of each coefficient the value of its group, (G,) to (q,); `other` outside of groups."""
        return np.append(values, other)[self.codes]

    def group_maxima(self, values: Array) -> Array:
        """The largest size of a value of each group, (q,) to (G,)."""
        size = np.zeros(self.strength.size + 1)
        np.maximum.at(size, self.codes, np.abs(values))
        return size[:-1]

    def group_norms(self, values: Array) -> Array:
        """The norm of the values of each group, (q,) to (G,), safe from underflow."""
        size = self.group_maxima(values)
        size = np.where(size > 0.0, size, 1.0)
        return np.asarray(
            size * np.sqrt(self.group_sums(np.square(values / self.per_coefficient(size, 1.0))))
        )

    def value(self, theta: Array) -> float:
        """The sum of the groups' strengths times their norms."""
        return float(self.strength @ self.group_norms(self.weight * theta))

    def in_zero_group(self, theta: Array) -> NDArray[np.bool_]:
        """Which coefficients are in a group that is all zero, (q,)."""
        return np.asarray(
            self.members & (self.per_coefficient(self.group_norms(self.weight * theta)) == 0.0)
        )

    def gradient(self, theta: Array) -> Array:
        """The gradient where a group is not zero, else zero, (q,)."""
        return self._stiffness(theta)[0] * theta

    def curvature_parts(self, theta: Array) -> tuple[Array, Array]:
        """The second derivative at theta: a diagonal, (q,), less z z' in each group that is not
        zero, z: (q,).
        """
        stiffness, norms = self._stiffness(theta)
        size = self.per_coefficient(
            np.sqrt(np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0.0))
        )
        strength = self.per_coefficient(np.sqrt(self.strength))
        unit = self.weight * theta * np.square(size)  # of length one
        return stiffness, self.weight * strength * size * unit

    def curvature(self, theta: Array) -> Array:
        """The second derivative at theta, (q, q), over the groups that are not zero."""
        stiffness, inner = self.curvature_parts(theta)
        same = (self.codes[:, None] == self.codes) & self.members
        return np.asarray(np.diag(stiffness) - np.outer(inner, inner) * same)

    def multiplied(self, strength: float) -> "Groups":
        """The same norms so many times as strong."""
        return replace(self, strength=self.strength * strength)

    def in_units(self, scale: Array) -> "Groups":
        """The same norms of scale * theta, (q,)."""
        return replace(self, weight=self.weight / scale)

    def select(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Groups":
        """Those of some of the coefficients, the others being zero; groups keep their codes."""
        return Groups(self.codes[which], self.strength, self.weight[which])

    def excess_share(self, pulls: Array, slack: float = 0.0) -> Array:
        """The part of pulls on the coefficients, (q,), that a zero group does not hold back: 0 to 1
        for each, (q,).

        A group is held at zero while |pulls / weight| is within its strength (and the slack, a
        share of it).
        """
        sizes = self.group_norms(pulls / self.weight)
        free = np.where(sizes > self.strength * (1.0 + slack), sizes - self.strength, 0.0)
        return self.per_coefficient(free / np.where(sizes > 0.0, sizes, 1.0), 1.0)

    def shrunk_group(
        self, b: Array, h: Array, low: Array | float, high: Array | float, share: Array
    ) -> Array:
        """What minimizes h t^2 / 2 - b t + the norms within bounds, (q,), for groups that are not
        zero there.

        Given the norm nu of its group each coefficient is b / (h + strength weight^2 / nu) within
        its bounds, and nu is the root of one equation, |weight t(nu)| = nu: by Newton's method on
        the norm's inverse, as for trust regions (More & Sorensen 1983), kept within a bracket.
        share: (q,), where to start, as a share of the norm without this penalty.
        """
        squares = self.per_coefficient(self.strength) * np.square(self.weight)
        top = self.group_norms(self.weight * np.clip(b / h, low, high))
        least, most = np.zeros_like(top), top.copy()
        first = np.zeros(self.strength.size + 1)
        first[self.codes] = share
        nu = top * np.clip(first[:-1], 1e-3, 1.0)

        def at(nu: Array) -> tuple[Array, Array]:
            norm = self.per_coefficient(nu, 1.0)
            bent = h * norm + squares
            with np.errstate(divide="ignore", invalid="ignore"):
                inside = np.where(norm > 0.0, b * (norm / bent), 0.0)
            return np.clip(inside, low, high), bent

        for _ in range(ROOT_STEPS):
            t, bent = at(nu)
            norm = self.per_coefficient(nu, 1.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                p = np.where(norm > 0.0, self.weight * t / norm, 0.0)
                fall = np.where((t > low) & (t < high), h / bent, 1.0 / norm)
                size = np.sqrt(self.group_sums(np.square(p)))
                step = (
                    np.square(size)
                    * (size - 1.0)
                    / self.group_sums(np.where(norm > 0.0, np.square(p) * fall, 0.0))
                )
            least, most = np.where(size > 1.0, nu, least), np.where(size > 1.0, most, nu)
            new = np.where(np.isfinite(step), nu + step, nu)
            new = np.where((new > least) & (new < most), new, 0.5 * (least + most))
            done = np.abs(np.where(np.isfinite(step), step, 0.0)) <= 4e-16 * nu
            new = np.where(done, nu, new)
            if (np.abs(new - nu) <= 2e-16 * nu).all():
                break
            nu = new
        return at(nu)[0]

    def _stiffness(self, theta: Array) -> tuple[Array, Array]:
        """strength * weight^2 / norm, (q,), zero where the norm is, and the norms, (G,)."""
        norms = self.group_norms(self.weight * theta)
        own = self.per_coefficient(
            np.divide(self.strength, norms, out=np.zeros_like(norms), where=norms > 0.0)
        )
        return own * np.square(self.weight), norms


def groups_of(labels: NDArray[np.intp], weight: Array | None = None) -> Groups:
    """Groups of strength root of their size, from labels from 0 on, -1 for none, (q,); weight:
    (q,), 0 for none either.

    The root of the size makes a group of noise as likely to enter as a single column. Yuan & Lin
    (2006), 2.
    """
    whole = np.ones(labels.size) if weight is None else weight
    inside = (labels >= 0) & (whole > 0.0)
    codes = np.full(labels.size, -1, dtype=np.intp)
    codes[inside] = np.unique(labels[inside], return_inverse=True)[1]
    sizes = np.bincount(codes[inside], minlength=0).astype(np.float64)
    return Groups(codes, np.sqrt(sizes), np.where(inside, whole, 1.0))
