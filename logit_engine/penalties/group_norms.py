"""Norms of groups of coefficients, one part of a penalty: value, derivatives, proximal point."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array

MAX_ROOT_STEPS = 100  # of the search for a group's norm, which takes a handful
MIN_START_SHARE = 1e-3  # of the largest norm possible: where the search starts at least
ROOT_ROUNDING = 4e-16  # of the norm: a step below it is rounding


@dataclass(frozen=True, slots=True)
class Groups:
    """The sum over groups of strength times |weight * theta|, the norm of a group's coefficients.

    codes: (q,), the group of each coefficient from 0 on, or -1 for none. strength: (G,), above 0.
    weight: (q,), above 0; a change of units changes it. Yuan & Lin (2006); Meier, van de Geer &
    Buehlmann (2008).
    """

    codes: NDArray[np.intp]
    strength: Array
    weight: Array

    @property
    def members(self) -> NDArray[np.bool_]:
        """The coefficients in a group, (q,)."""
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
        """The value of each coefficient's group, (G,) to (q,); other: outside of groups."""
        return np.append(values, other)[self.codes]

    def group_maxima(self, values: Array) -> Array:
        """The largest absolute value in each group, (q,) to (G,)."""
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
        """The coefficients in a group that is all zero, (q,)."""
        return np.asarray(
            self.members & (self.per_coefficient(self.group_norms(self.weight * theta)) == 0.0)
        )

    def gradient(self, theta: Array) -> Array:
        """The gradient where a group is not zero, else zero, (q,)."""
        return self._stiffness(theta)[0] * theta

    def curvature_parts(self, theta: Array) -> tuple[Array, Array]:
        """The second derivative at theta in two parts: a diagonal d, (q,), and z, (q,).

        Within a group that is not zero it is diag(d) - z z'.
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

    def multiplied(self, factor: float) -> "Groups":
        """The same norms, so many times as strong."""
        return replace(self, strength=self.strength * factor)

    def in_units(self, scale: Array) -> "Groups":
        """The same norms of scale * theta, (q,)."""
        return replace(self, weight=self.weight / scale)

    def select(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Groups":
        """The norms of some of the coefficients, if the others are zero; groups keep their
        codes.
        """
        return Groups(self.codes[which], self.strength, self.weight[which])

    def excess_share(self, pulls: Array, slack: float = 0.0) -> Array:
        """The share of the pulls, (q,), beyond what a group at zero holds back, (q,): 0 to 1.

        A group stays at zero while |pulls / weight| is within its strength. slack: the share of the
        strength by which the pulls must exceed it.
        """
        sizes = self.group_norms(pulls / self.weight)
        free = np.where(sizes > self.strength * (1.0 + slack), sizes - self.strength, 0.0)
        return self.per_coefficient(free / np.where(sizes > 0.0, sizes, 1.0), 1.0)

    def shrunk_group(
        self, b: Array, h: Array, low: Array | float, high: Array | float, share: Array
    ) -> Array:
        """The minimum of h t^2 / 2 - b t + the norms within bounds, (q,), of groups not at zero.

        Given the norm nu of its group, a coefficient is b / (h + strength weight^2 / nu) within its
        bounds. So nu is the root of one equation, |weight t(nu)| = nu. Newton's method on the
        inverse of the norm finds it, as for trust regions (More & Sorensen 1983), within a bracket.
        share: (q,), of the norm without this penalty: where to start.
        """
        squares = self.per_coefficient(self.strength) * np.square(self.weight)
        top = self.group_norms(self.weight * np.clip(b / h, low, high))
        least, most = np.zeros_like(top), top.copy()
        first = np.zeros(self.strength.size + 1)
        first[self.codes] = share
        nu = top * np.clip(first[:-1], MIN_START_SHARE, 1.0)

        def at_norm(nu: Array) -> tuple[Array, Array]:
            """The coefficients if the norms are nu, (q,), and their curvature times the norm."""
            norm = self.per_coefficient(nu, 1.0)
            curved = h * norm + squares
            with np.errstate(divide="ignore", invalid="ignore"):
                inside = np.where(norm > 0.0, b * (norm / curved), 0.0)
            return np.clip(inside, low, high), curved

        for _ in range(MAX_ROOT_STEPS):
            t, curved = at_norm(nu)
            size, step = self._norm_step(nu, t, h, curved, (t > low) & (t < high))
            least, most = np.where(size > 1.0, nu, least), np.where(size > 1.0, most, nu)
            new = np.where(np.isfinite(step), nu + step, nu)
            new = np.where((new > least) & (new < most), new, 0.5 * (least + most))
            done = np.abs(np.where(np.isfinite(step), step, 0.0)) <= ROOT_ROUNDING * nu
            new = np.where(done, nu, new)
            if (np.abs(new - nu) <= 0.5 * ROOT_ROUNDING * nu).all():
                break
            nu = new
        return at_norm(nu)[0]

    def _norm_step(
        self, nu: Array, t: Array, h: Array, curved: Array, within: NDArray[np.bool_]
    ) -> tuple[Array, Array]:
        """The size of |weight t| / nu, which is one at the root, and Newton's step of nu, (G,)
        each.

        within: (q,), the coefficients that are at no bound.
        """
        norm = self.per_coefficient(nu, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = np.where(norm > 0.0, self.weight * t / norm, 0.0)
            fall = np.where(within, h / curved, 1.0 / norm)
            size = np.sqrt(self.group_sums(np.square(p)))
            falls = self.group_sums(np.where(norm > 0.0, np.square(p) * fall, 0.0))
            return size, np.square(size) * (size - 1.0) / falls

    def _stiffness(self, theta: Array) -> tuple[Array, Array]:
        """strength * weight^2 / norm, (q,), zero where the norm is, and the norms, (G,)."""
        norms = self.group_norms(self.weight * theta)
        own = self.per_coefficient(
            np.divide(self.strength, norms, out=np.zeros_like(norms), where=norms > 0.0)
        )
        return own * np.square(self.weight), norms


def groups_of(labels: NDArray[np.intp], weight: Array | None = None) -> Groups:
    """Groups by their labels, each with the root of its size as its strength.

    labels: (q,), from 0 on, or -1 for none. weight: (q,), 0 for none either. With the root of the
    size a group of noise is as likely to enter as a single column. Yuan & Lin (2006), 2.
    """
    whole = np.ones(labels.size) if weight is None else weight
    inside = (labels >= 0) & (whole > 0.0)
    codes = np.full(labels.size, -1, dtype=np.intp)
    codes[inside] = np.unique(labels[inside], return_inverse=True)[1]
    sizes = np.bincount(codes[inside], minlength=0).astype(np.float64)
    return Groups(codes, np.sqrt(sizes), np.where(inside, whole, 1.0))
