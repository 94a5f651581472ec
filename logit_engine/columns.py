"""Columns of X as values with three products: dense numbers, the codes of a categorical, and several side by side.

Every piece of linear algebra that touches rows goes through `dot` (X theta), `tdot` (X' r) and `gram` (X' diag(w) X, for
w >= 0). Theta and r may be matrices, one column for each product. A categorical with L columns is its codes: code j < L
is column j, code L is the reference level, which has no column; it is never expanded to one-hot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Real = NDArray[np.floating]  # float64, or an extended type
Codes = NDArray[np.int32] | NDArray[np.int64]


class Columns(Protocol):
    """n rows of p columns. dot: (p[, k]) to (n[, k]); tdot: (n[, k]) to (p[, k]); gram: (n,) to (p, p)."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def dot(self, theta: Array) -> Array: ...

    def tdot(self, r: Array) -> Array: ...

    def gram(self, w: Array) -> Array: ...

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group: r, groups: (n,), groups in 0..count-1; (count, p)."""
        ...

    def inner(self, center: Real, scale: Real) -> "Columns":
        """(X - center) / scale, (p,) each; codes are left alone. The result is in one canonical memory order."""
        ...

    def moments(self, y: Array, keep: NDArray[np.bool_]) -> "Moments":
        """What one pass over the rows tells of each column, before any fit; rows not kept are left out."""
        ...


@dataclass(slots=True)
class Moments:
    """Count, mean, centered square sum, and range by outcome of p columns; `+=` merges the next rows in.

    low, high: (2, p), over the rows with y < 1 and the rows with y > 0. events: (2, p), for a code column the number of
    its rows with either outcome, for a dense one of all rows. groups: where each categorical's columns start and stop.
    Means merge as in Chan, Golub & LeVeque (1983).
    """

    n: int
    mean: Array
    square: Array
    low: Array
    high: Array
    events: Array
    total: Array
    groups: tuple[tuple[int, int], ...]

    def __iadd__(self, other: "Moments") -> "Moments":
        n = self.n + other.n
        if other.n:
            shift = other.mean - self.mean
            self.mean += shift * (other.n / n)
            self.square += other.square + shift * shift * (self.n * (other.n / n))
        np.minimum(self.low, other.low, out=self.low)
        np.maximum(self.high, other.high, out=self.high)
        self.events += other.events
        self.total += other.total
        self.n = n
        return self

    @property
    def coded(self) -> NDArray[np.bool_]:
        """Which columns are codes, (p,)."""
        mask = np.zeros(self.mean.size, dtype=bool)
        for start, stop in self.groups:
            mask[start:stop] = True
        return mask


@dataclass(frozen=True, slots=True)
class Dense:
    """A plain array, (n, p), of any numeric type and memory order."""

    X: NDArray[np.floating | np.integer]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.X.shape[0], self.X.shape[1]

    def dot(self, theta: Array) -> Array:
        """X theta."""
        return np.asarray(self.X @ theta)

    def tdot(self, r: Array) -> Array:
        """X' r."""
        return np.asarray(self.X.T @ r)

    def gram(self, w: Array) -> Array:
        """X' diag(w) X by one symmetric product of the rows scaled by sqrt(w)."""
        scaled = self.X * np.sqrt(w)[:, None]
        return np.asarray(scaled.T @ scaled)

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group, a column at a time."""
        return np.stack([bincount(groups, r * column, count) for column in self.X.T], axis=1)

    def inner(self, center: Real, scale: Real) -> "Dense":
        """Centered and scaled into one row-major buffer of the center's type, whatever the type and order of X."""
        out = empty_like(center, *self.shape)
        self.write(out, center, scale)
        return Dense(out)

    def write(self, out: Array, center: Real, scale: Real) -> None:
        """(X - center) / scale into out, (n, p)."""
        np.subtract(self.X, center, out=out)
        out *= 1.0 / scale  # scales are powers of two: exact, and faster than a division

    def moments(self, y: Array, keep: NDArray[np.bool_]) -> Moments:
        """Mean, spread and range by outcome of each column."""
        X = np.asarray(self.X, dtype=np.float64, order="C")  # one order: sums of another would differ in their last bit
        yes, no = keep & (y > 0.0), keep & (y < 1.0)
        rows = X if keep.all() else X[keep]
        p = X.shape[1]
        mean = rows.mean(axis=0) if rows.size else np.zeros(p)
        ranges = [X[side] for side in (no, yes)]
        counts = np.array([no.sum(), yes.sum()], dtype=np.float64)
        return Moments(
            n=rows.shape[0],
            mean=mean,
            square=np.square(rows - mean).sum(axis=0),
            low=np.stack([part.min(axis=0, initial=np.inf) for part in ranges]),
            high=np.stack([part.max(axis=0, initial=-np.inf) for part in ranges]),
            events=np.repeat(counts[:, None], p, axis=1),
            total=counts,
            groups=(),
        )


@dataclass(frozen=True, slots=True)
class Sparse:
    """A scipy.sparse CSR array, (n, p); a block of it is written out as dense numbers."""

    X: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.X.shape[0], self.X.shape[1]

    def dot(self, theta: Array) -> Array:
        """X theta."""
        return np.asarray(self.X @ theta)

    def tdot(self, r: Array) -> Array:
        """X' r."""
        return np.asarray(self.X.T @ r)

    def gram(self, w: Array) -> Array:
        """X' diag(w) X."""
        return np.asarray((self.X.T @ self.X.multiply(w[:, None])).toarray())

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """X' r within each group."""
        return self._dense().grouped(r, groups, count)

    def inner(self, center: Real, scale: Real) -> Dense:
        """Centered and scaled, dense."""
        out = empty_like(center, *self.shape)
        self.write(out, center, scale)
        return Dense(out)

    def write(self, out: Array, center: Real, scale: Real) -> None:
        """(X - center) / scale into out, (n, p)."""
        self._dense().write(out, center, scale)

    def moments(self, y: Array, keep: NDArray[np.bool_]) -> Moments:
        """Mean, spread and range by outcome of each column."""
        return self._dense().moments(y, keep)

    def _dense(self) -> Dense:
        return Dense(self.X.toarray())


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

    def gram(self, w: Array) -> Array:
        """The diagonal matrix of the sums of w by level."""
        return np.diag(self.tdot(w))

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """Sums of r by group and level, from their joint codes."""
        joint = groups * (self.width + 1) + self.codes
        return bincount(joint, r, count * (self.width + 1)).reshape(count, self.width + 1)[:, : self.width]

    def inner(self, center: Real, scale: Real) -> "Coded":
        """Itself: codes are neither centered nor scaled."""
        return self

    def moments(self, y: Array, keep: NDArray[np.bool_]) -> Moments:
        """Rows of each level by outcome."""
        sides = [keep & (y < 1.0), keep & (y > 0.0)]
        total = np.array([side.sum() for side in sides], dtype=np.float64)
        events = np.stack([self.tdot(side.astype(np.float64)) for side in sides])
        n = int(keep.sum())
        mean = self.tdot(keep.astype(np.float64)) / max(n, 1)
        return Moments(
            n=n,
            mean=mean,
            square=n * mean * (1.0 - mean),
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
        edges = np.cumsum([0, *(part.shape[1] for part in self.parts)])
        return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))

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

    def gram(self, w: Array) -> Array:
        """The parts' own Gram matrices on the diagonal, their cross products beside them."""
        spans = self.spans()
        out = np.empty((spans[-1][1], spans[-1][1]))
        for i, (a, b) in enumerate(spans):
            out[a:b, a:b] = self.parts[i].gram(w)
            for j in range(i):
                c, d = spans[j]
                out[a:b, c:d] = cross(self.parts[i], self.parts[j], w)
                out[c:d, a:b] = out[a:b, c:d].T
        return out

    def grouped(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """The parts' sums, side by side."""
        return np.concatenate([part.grouped(r, groups, count) for part in self.parts], axis=1)

    def inner(self, center: Real, scale: Real) -> Columns:
        """Each part centered and scaled by its share; dense neighbors join into one buffer."""
        parts: list[Columns] = []
        for run, spans in _dense_runs(self.parts, self.spans()):
            start, stop = spans[0][0], spans[-1][1]
            if isinstance(run[0], Dense | Sparse) and len(run) > 1:
                out = empty_like(center, self.shape[0], stop - start)
                for part, (a, b) in zip(run, spans, strict=True):
                    assert isinstance(part, Dense | Sparse)
                    part.write(out[:, a - start : b - start], center[a:b], scale[a:b])
                parts.append(Dense(out))
            else:
                parts.append(run[0].inner(center[start:stop], scale[start:stop]))
        return parts[0] if len(parts) == 1 else SideBySide(tuple(parts))

    def moments(self, y: Array, keep: NDArray[np.bool_]) -> Moments:
        """The parts' moments, joined."""
        found = [part.moments(y, keep) for part in self.parts]
        spans = self.spans()
        return Moments(
            n=found[0].n,
            mean=np.concatenate([m.mean for m in found]),
            square=np.concatenate([m.square for m in found]),
            low=np.concatenate([m.low for m in found], axis=1),
            high=np.concatenate([m.high for m in found], axis=1),
            events=np.concatenate([m.events for m in found], axis=1),
            total=found[0].total,
            groups=tuple((a + g, a + h) for m, (a, _) in zip(found, spans, strict=True) for g, h in m.groups),
        )


def _dense_runs(
    parts: tuple[Columns, ...], spans: list[tuple[int, int]]
) -> Iterator[tuple[list[Columns], list[tuple[int, int]]]]:
    """Neighboring dense parts together, every other part alone."""
    pairs = list(zip(parts, spans, strict=True))
    for _, group in groupby(enumerate(pairs), lambda item: -1 if isinstance(item[1][0], Dense | Sparse) else item[0]):
        members = [pair for _, pair in group]
        yield [part for part, _ in members], [span for _, span in members]


def empty_like(center: Real, rows: int, columns: int) -> Array:
    """A row-major buffer of the center's type, which may be an extended one; (rows, columns)."""
    out: Array = np.empty((rows, columns), dtype=center.dtype)
    return out


def bincount(codes: NDArray[np.integer], w: Array, size: int) -> Array:
    """Sums of w, (n,), by code, (size,)."""
    return np.asarray(np.bincount(codes, w, size), dtype=np.float64)


def cross(left: Columns, right: Columns, w: Array) -> Array:
    """left' diag(w) right, (p_left, p_right): by joint codes where both are codes, else by sums of the dense side."""
    if isinstance(left, Coded) and isinstance(right, Coded):
        joint = left.codes.astype(np.int64) * (right.width + 1) + right.codes
        table = bincount(joint, w, (left.width + 1) * (right.width + 1))
        return table.reshape(left.width + 1, right.width + 1)[: left.width, : right.width]
    if isinstance(right, Dense):
        return left.tdot(right.X * w[:, None])
    return cross(right, left, w).T


def dense(columns: Columns) -> Array:
    """The columns written out as an array, (n, p); for one block at a time."""
    return columns.dot(np.eye(columns.shape[1]))
