"""Columns of X as values with three products: numbers dense or sparse, the codes of a categorical, several side by side.

Every piece of linear algebra that touches rows goes through `dot` (X theta), `tdot` (X' r) and `gram` (X' diag(w) X, for
w >= 0, in float32 if a rough one will do). Theta and r may be matrices, one column for each product. A categorical with L
columns is its codes: code j < L is column j, code L is the reference level, which has no column; it is never expanded to
one-hot.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.moments import (
    Moments,
    Ranges,
    mean_and_square,
    no_quartiles,
    sample_quartiles,
    sides,
    sparse_range,
)

Array = NDArray[np.float64]
Real = NDArray[np.floating]  # float64, or an extended type
Codes = NDArray[np.int32] | NDArray[np.int64]

MILD = (2.0**-200, 2.0**200)  # units between these can wait for the end of a product: its sums cannot overflow
IN_CACHE = (
    2**17
)  # numbers scaled at a time for a Gram matrix: more would not stay in a core's cache, nor in its page table
FILLED = 0.08  # the share of entries above which a sparse Gram matrix is slower than a dense one


class Columns(Protocol):
    """n rows of p columns. dot: (p[, k]) to (n[, k]); tdot: (n[, k]) to (p[, k]); gram: (n,) to (p, p)."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def dot(self, theta: Array) -> Array: ...

    def tdot(self, r: Array) -> Array: ...

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array: ...

    def squares(self, w: Array) -> Array:
        """The diagonal of X' diag(w) X, (p,)."""
        ...

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group: r, groups: (n,), groups in 0..count-1; (count, p)."""
        ...

    def inner(self, center: Real, scale: Real) -> "Columns":
        """(X - center) / scale, (p,) each; codes are left alone. Its bits do not depend on X's memory order."""
        ...

    def select(self, which: NDArray[np.intp]) -> "Columns":
        """Some of the columns, (r,) rising, copied."""
        ...

    def lengths(self) -> Array:
        """The sum of squares of each row, (n,)."""
        ...

    def moments(self, keep: NDArray[np.bool_] | None) -> "Moments":
        """Mean and spread of each column; rows not kept, (n,), are left out, none where it is None."""
        ...

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> "Ranges":
        """The values that each column takes beside each outcome; rows not kept are left out."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """A column of ones, (n, 1), which takes no memory."""

    rows: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, one."""
        return self.rows, 1

    def dot(self, theta: Array) -> Array:
        """Theta, for every row."""
        return np.repeat(theta, self.rows, axis=0)

    def tdot(self, r: Array) -> Array:
        """The sums of r, pairwise: of rows sorted by outcome a running sum would lose three digits."""
        if r.ndim == 1:
            return np.asarray(r.sum(keepdims=True))
        return np.asarray(np.ascontiguousarray(r.T).sum(axis=1)[None])

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """The sum of w, (1, 1)."""
        return np.array([[w.sum()]])

    def fill_scaled(self, rows: slice, share: Array, out: NDArray[np.floating]) -> None:
        """Write some rows, each times its share, (m, 1), into out, (m, 1)."""
        out[:] = share

    def squares(self, w: Array) -> Array:
        """The sum of w, (1,)."""
        return np.array([w.sum()])

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """Sums of r by group, (count, 1)."""
        return bincount(groups, r, count)[:, None]

    def inner(self, center: Real, scale: Real) -> Columns:
        """Itself, in its own units."""
        own = center[0] == 0.0 and scale[0] == 1.0
        return self if own else Dense(np.ones((self.rows, 1))).inner(center, scale)

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Itself, or nothing of it."""
        return self if which.size else Dense(np.empty((self.rows, 0)))

    def lengths(self) -> Array:
        """Ones, (n,)."""
        return np.ones(self.rows)

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """Those of ones."""
        n = self.rows if keep is None else int(keep.sum())
        return Moments(n, np.ones(1), np.zeros(1), (), np.zeros(1, dtype=bool), no_quartiles(1))

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """Those of ones."""
        return Dense(np.ones((self.rows, 1))).ranges(y, keep)


@dataclass(frozen=True, slots=True)
class Dense:
    """A plain array, (n, p), of any numeric type and memory order, in units (p,): X / unit, powers of two.

    The division is made on the small side of each product, which is exact, and leaves X where it is.
    """

    X: NDArray[np.floating | np.integer]
    unit: Real | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.X.shape[0], self.X.shape[1]

    def dot(self, theta: Array) -> Array:
        """X theta."""
        return np.asarray(self.X @ in_units(theta, self.unit))

    def tdot(self, r: Array) -> Array:
        """X' r."""
        return in_units(np.asarray(self.X.T @ r), self.unit)

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """X' diag(w) X by symmetric products of the rows scaled by sqrt(w)."""
        return written_gram((self,), w, dtype)

    def fill_scaled(self, rows: slice, share: Array, out: NDArray[np.floating]) -> None:
        """Write some rows of X, in its own units, each times its share, (m, 1), into out, (m, p)."""
        np.multiply(self.X[rows], share, out=out, casting="same_kind")

    def squares(self, w: Array) -> Array:
        """Sums of w x^2, (p,)."""
        return in_units(in_units(np.einsum("ij,ij,i->j", self.X, self.X, w), self.unit), self.unit)

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group, a column at a time."""
        return in_units(np.stack([bincount(groups, r * column, count) for column in self.X.T]), self.unit).T

    def inner(self, center: Real, scale: Real) -> Columns:
        """Centered and scaled; written out, row by row in the center's type, unless X is that already."""
        mild = bool(((scale > MILD[0]) & (scale < MILD[1])).all())
        unit = None if (scale == 1.0).all() else scale
        if mild and not center.any() and self.X.dtype == center.dtype and self.X.flags.c_contiguous:
            return Dense(self.X, unit)
        out: Array = np.empty(self.shape, dtype=center.dtype)
        if self.X.strides[0] < self.X.strides[1]:  # column after column in memory: twice as fast as all at once
            for j, column in enumerate(self.X.T):
                np.subtract(column, center[j], out=out[:, j])
        else:
            np.subtract(self.X, center, out=out)
        if mild:
            return Dense(out, unit)
        out /= scale
        return Dense(out)

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the columns, copied."""
        return Dense(self.X[:, which], None if self.unit is None else self.unit[which])

    def lengths(self) -> Array:
        """Sums of squares by row, (n,), in the columns' units."""
        if self.unit is None:
            return np.asarray(np.einsum("ij,ij->i", self.X, self.X))
        return np.asarray(np.einsum("ij,ij,j->i", self.X, self.X, 1.0 / np.square(self.unit)))

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """Mean and spread of each column."""
        X = np.asarray(self.X, dtype=np.float64, order="C")  # one order: sums of another would differ in their last bit
        rows = X if keep is None else X[keep]
        mean, square = mean_and_square(rows)
        return Moments(rows.shape[0], mean, square, (), np.zeros(mean.size, dtype=bool), sample_quartiles(rows))

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """The range of each column beside each outcome."""
        parts = [np.take(self.X, np.flatnonzero(side), axis=0).astype(np.float64) for side in sides(y, keep)]
        counts = np.array([part.shape[0] for part in parts], dtype=np.float64)
        return Ranges(
            low=np.stack([part.min(axis=0, initial=np.inf) for part in parts]),
            high=np.stack([part.max(axis=0, initial=-np.inf) for part in parts]),
            events=np.repeat(counts[:, None], self.X.shape[1], axis=1),
            total=counts,
            groups=(),
        )


@dataclass(frozen=True, slots=True)
class Sparse:
    """A scipy.sparse CSR array, (n, p), in units as `Dense` has them; it is not centered, so that its zeros stay zero.

    T: its transpose, if it is at hand: SciPy would make a new one, and would copy a view. dense_copy: its numbers as an
    array for Gram matrices, if they are at hand.
    """

    X: Any
    unit: Real | None = None
    T: Any = None
    dense_copy: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.X.shape[0], self.X.shape[1]

    def dot(self, theta: Array) -> Array:
        """X theta."""
        return np.asarray(self.X @ in_units(theta, self.unit))

    def tdot(self, r: Array) -> Array:
        """X' r."""
        return in_units(np.asarray((self.X.T if self.T is None else self.T) @ r), self.unit)

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """X' diag(w) X, by a sparse product where that is the cheaper one."""
        if is_filled(self.X):
            return Dense(self.X.toarray() if self.dense_copy is None else self.dense_copy, self.unit).gram(w, dtype)
        product = np.asarray((self.X.T @ self.X.multiply(w[:, None]).tocsr()).toarray())
        return in_units(in_units(product, self.unit).T, self.unit)

    def squares(self, w: Array) -> Array:
        """Sums of w x^2, (p,)."""
        return in_units(in_units(np.asarray(self.X.power(2).T @ w), self.unit), self.unit)

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group."""
        return Dense(self.X.toarray(), self.unit).grouped(r, groups, count)

    def inner(self, center: Real, scale: Real) -> Columns:
        """Scaled; written out only where centers or extended precision ask for it."""
        if center.any() or center.dtype != self.X.dtype:
            return Dense(self.X.toarray()).inner(center, scale)
        return Sparse(self.X, scale, self.T, self.dense_copy)

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the columns, copied."""
        return Sparse(self.X[:, which], None if self.unit is None else self.unit[which])

    def lengths(self) -> Array:
        """Sums of squares by row, (n,)."""
        squared = self.X.power(2)
        return np.asarray(squared.sum(axis=1) if self.unit is None else squared @ (1.0 / np.square(self.unit)))

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """Mean and spread of each column, zeros included."""
        rows = self.X if keep is None else self.X[keep]
        n, p = rows.shape
        mean = bincount(rows.indices, rows.data, p) / max(n, 1)
        filled = bincount(rows.indices, np.ones(rows.nnz), p)
        away = bincount(rows.indices, np.square(rows.data - mean[rows.indices]), p)
        square = away + (n - filled) * np.square(mean)
        square[square <= n * np.square(4.0 * np.finfo(float).eps * mean)] = 0.0  # one value, but for rounding
        return Moments(n, mean, square, (), np.ones(p, dtype=bool), no_quartiles(p))

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """The range of each column beside each outcome, zeros included."""
        parts = [self.X[side] for side in sides(y, keep)]
        found = [sparse_range(part) for part in parts]
        counts = np.array([part.shape[0] for part in parts], dtype=np.float64)
        return Ranges(
            low=np.stack([low for low, _ in found]),
            high=np.stack([high for _, high in found]),
            events=np.repeat(counts[:, None], self.X.shape[1], axis=1),
            total=counts,
            groups=(),
        )


@dataclass(frozen=True, slots=True)
class Coded:
    """A categorical by its codes, (n,), 0..width; code `width` is the reference level and has no column."""

    codes: Codes
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.codes.size, self.width

    def dot(self, theta: Array) -> Array:
        """The coefficient of each row's level, zero for the reference."""
        return np.concatenate([theta, np.zeros_like(theta[:1])]).take(self.codes, axis=0)

    def tdot(self, r: Array) -> Array:
        """Sums of r by level."""
        if r.ndim == 1:
            return bincount(self.codes, r, self.width + 1)[: self.width]
        return np.stack([bincount(self.codes, column, self.width + 1)[: self.width] for column in r.T], axis=1)

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """The diagonal matrix of the sums of w by level."""
        return np.diag(self.tdot(w))

    def squares(self, w: Array) -> Array:
        """The sums of w by level."""
        return self.tdot(w)

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """Sums of r by group and level, from their joint codes."""
        joint = groups * (self.width + 1) + self.codes
        return bincount(joint, r, count * (self.width + 1)).reshape(count, self.width + 1)[:, : self.width]

    def inner(self, center: Real, scale: Real) -> "Coded":
        """Itself: codes are neither centered nor scaled."""
        return self

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the levels; all others join the reference, whose coefficient is zero."""
        code = np.full(self.width + 1, which.size, dtype=self.codes.dtype)
        code[which] = np.arange(which.size)
        return Coded(code[self.codes], which.size)

    def lengths(self) -> Array:
        """One for a row with a column, zero for one at the reference, (n,)."""
        return (self.codes < self.width).astype(np.float64)

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """The share of each level's rows."""
        kept = np.ones(self.codes.size) if keep is None else keep.astype(np.float64)
        n = int(kept.sum())
        mean = self.tdot(kept) / max(n, 1)
        codes = ((0, self.width),)
        dense = np.zeros(self.width, dtype=bool)
        return Moments(n, mean, n * mean * (1.0 - mean), codes, dense, no_quartiles(self.width))

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """Rows of each level by outcome."""
        both = sides(y, keep)
        total = np.array([side.sum() for side in both], dtype=np.float64)
        events = np.stack([self.tdot(side.astype(np.float64)) for side in both])
        return Ranges(
            low=np.where(events < total[:, None], 0.0, np.where(events > 0.0, 1.0, np.inf)),
            high=np.where(events > 0.0, 1.0, np.where(total[:, None] > 0.0, 0.0, -np.inf)),
            events=events,
            total=total,
            groups=((0, self.width),),
        )


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Several sets of columns over the same rows, from left to right."""

    parts: tuple[Columns, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.parts[0].shape[0], sum(part.shape[1] for part in self.parts)

    def spans(self) -> list[tuple[int, int]]:
        """Where each part's columns start and stop."""
        return list(pairwise(accumulate((part.shape[1] for part in self.parts), initial=0)))

    def dot(self, theta: Array) -> Array:
        """The sum of the parts' products."""
        (start, stop), *others = self.spans()
        out = self.parts[0].dot(theta[start:stop])
        for part, (start, stop) in zip(self.parts[1:], others, strict=True):
            out += part.dot(theta[start:stop])
        return out

    def tdot(self, r: Array) -> Array:
        """The parts' products, stacked."""
        return np.concatenate([part.tdot(r) for part in self.parts])

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """The parts' own Gram matrices on the diagonal, their cross products beside them."""
        if all(map(_written, self.parts)):
            return written_gram(self.parts, w, dtype)
        parts = [part for written, group in groupby(self.parts, _written) for part in _joined(written, group)]
        spans = list(pairwise(accumulate((part.shape[1] for part in parts), initial=0)))
        out = np.empty((spans[-1][1], spans[-1][1]))
        for i, (a, b) in enumerate(spans):
            out[a:b, a:b] = parts[i].gram(w, dtype)
            for j in range(i):
                c, d = spans[j]
                out[a:b, c:d] = cross(parts[i], parts[j], w)
                out[c:d, a:b] = out[a:b, c:d].T
        return out

    def squares(self, w: Array) -> Array:
        """The parts' own."""
        return np.concatenate([part.squares(w) for part in self.parts])

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """The parts' sums, side by side."""
        return np.concatenate([part.grouped(r, groups, count) for part in self.parts], axis=1)

    def inner(self, center: Real, scale: Real) -> Columns:
        """Each part centered and scaled by its share."""
        spans = zip(self.parts, self.spans(), strict=True)
        return SideBySide(tuple(part.inner(center[a:b], scale[a:b]) for part, (a, b) in spans))

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the columns of those parts that have any."""
        cuts = [which[(which >= a) & (which < b)] - a for a, b in self.spans()]
        return SideBySide(tuple(part.select(cut) for part, cut in zip(self.parts, cuts, strict=True) if cut.size))

    def lengths(self) -> Array:
        """The sum of the parts' own."""
        return np.asarray(sum(part.lengths() for part in self.parts))

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """The parts' moments, joined."""
        found = [part.moments(keep) for part in self.parts]
        return Moments(
            n=found[0].n,
            mean=np.concatenate([m.mean for m in found]),
            square=np.concatenate([m.square for m in found]),
            groups=self._moved([m.groups for m in found]),
            sparse=np.concatenate([m.sparse for m in found]),
            quartiles=np.concatenate([m.quartiles for m in found], axis=1),
        )

    def ranges(self, y: Array, keep: NDArray[np.bool_]) -> Ranges:
        """The parts' ranges, joined."""
        found = [part.ranges(y, keep) for part in self.parts]
        return Ranges(
            low=np.concatenate([r.low for r in found], axis=1),
            high=np.concatenate([r.high for r in found], axis=1),
            events=np.concatenate([r.events for r in found], axis=1),
            total=found[0].total,
            groups=self._moved([r.groups for r in found]),
        )

    def _moved(self, groups: Sequence[tuple[tuple[int, int], ...]]) -> tuple[tuple[int, int], ...]:
        """The parts' groups, counted from the first column of all."""
        spans = zip(groups, self.spans(), strict=True)
        return tuple((start + a, start + b) for own, (start, _) in spans for a, b in own)


def written_gram(parts: Sequence[Any], w: Array, dtype: type[np.floating]) -> Array:
    """The Gram matrix of constants and dense columns side by side: their rows, scaled by sqrt(w), by symmetric products."""
    widths = [part.shape[1] for part in parts]
    p, root = sum(widths), np.sqrt(w)
    product = np.zeros((p, p))
    size = max(p // 2, IN_CACHE // max(p, 1))
    room = np.empty((min(w.size, size), p), dtype=dtype)
    for start in range(0, w.size, size):
        rows = slice(start, start + size)
        share = root[rows, None]
        scaled = room[: share.size]
        for part, stop, width in zip(parts, accumulate(widths), widths, strict=True):
            into = scaled[:, stop - width : stop]
            part.fill_scaled(rows, share, into)
        product += scaled.T @ scaled
    units = [getattr(part, "unit", None) for part in parts]
    for unit, stop, width in zip(units, accumulate(widths), widths, strict=True):
        if unit is not None:
            product[stop - width : stop] /= unit[:, None]
            product[:, stop - width : stop] /= unit
    return product


def is_filled(X: Any) -> bool:
    """Whether a sparse array has so few zeros that its Gram matrix is quicker to compute from a dense copy."""
    return bool(X.nnz > FILLED * X.shape[0] * X.shape[1])


def _written(part: Columns) -> bool:
    """Whether the columns are numbers written out, or a constant."""
    return isinstance(part, Constant | Dense)


def _joined(written: bool, parts: Iterable[Columns]) -> list[Columns]:
    """Neighbors that are written out as one, so that they share a product; others as they are."""
    own = list(parts)
    return [SideBySide(tuple(own))] if written and len(own) > 1 else own


def in_units(values: Array, unit: Real | None) -> Array:
    """values / unit along the first axis; (p[, k]), unit: (p,) or None for ones."""
    return values if unit is None else np.asarray((values.T / unit).T)


def bincount(codes: NDArray[np.integer], w: Array, size: int) -> Array:
    """Sums of w, (n,), by code, (size,)."""
    return np.asarray(np.bincount(codes, w, size), dtype=np.float64)


def cross(left: Columns, right: Columns, w: Array) -> Array:
    """left' diag(w) right, (p_left, p_right): by joint codes where both are codes, else by sums of the dense side."""
    if isinstance(left, SideBySide):
        return np.concatenate([cross(part, right, w) for part in left.parts])
    if isinstance(left, Constant):
        return right.tdot(w)[None]
    if isinstance(left, Coded) and isinstance(right, Coded):
        joint = left.codes.astype(np.int64) * (right.width + 1) + right.codes
        table = bincount(joint, w, (left.width + 1) * (right.width + 1))
        return table.reshape(left.width + 1, right.width + 1)[: left.width, : right.width]
    if isinstance(right, Dense):
        return in_units(left.tdot(right.X * w[:, None]).T, right.unit).T
    if isinstance(right, Sparse) and isinstance(left, Sparse | Coded):
        return cross(left, Dense(right.X.toarray(), right.unit), w)
    return cross(right, left, w).T


def dense_array(columns: Columns) -> Array:
    """The columns written out as an array, (n, p); for one block at a time."""
    return columns.dot(np.eye(columns.shape[1]))
