"""Several kinds of columns over the same rows, from left to right, and their cross products."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns.arrays import Array, Real
from logit_engine.columns.coded import Coded
from logit_engine.columns.dense import Dense
from logit_engine.columns.moments import Moments, Ranges
from logit_engine.columns.protocol import Columns, dense_array
from logit_engine.columns.sparse import Sparse
from logit_engine.columns.units import bincount, joint_codes
from logit_engine.columns.written import scaled_rows, written_gram

# of a Gram matrix, that are made and added in the time in which a pair of a row's codes is summed
GRAM_NUMBERS_PER_PAIR = 4


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

    def transpose_dot(self, r: Array) -> Array:
        """The parts' products, stacked."""
        return np.concatenate([part.transpose_dot(r) for part in self.parts])

    def gram(self, w: Array, dtype: type[np.floating] = np.float64) -> Array:
        """The parts' own Gram matrices on the diagonal, their cross products beside them."""
        if self.as_written is not None:
            return written_gram(self, w, dtype)
        joined = SideBySide(self._joined())
        parts, spans = joined.parts, joined.spans()
        scaled = [
            None if part.as_written is None else scaled_rows(part.as_written, w) for part in parts
        ]
        out = np.empty((spans[-1][1], spans[-1][1]))
        for i, (a, b) in enumerate(spans):
            out[a:b, a:b] = parts[i].gram(w, dtype)
            for j, (c, d) in enumerate(spans[:i]):
                if (right := scaled[j]) is not None:
                    out[a:b, c:d] = parts[i].transpose_dot(right)
                elif (left := scaled[i]) is not None:
                    out[a:b, c:d] = parts[j].transpose_dot(left).T
                else:
                    out[a:b, c:d] = cross(parts[i], parts[j], w)
                out[c:d, a:b] = out[a:b, c:d].T
        return out

    @property
    def as_written(self) -> "SideBySide | None":
        """Itself, if all parts can be written out."""
        return self if all(part.as_written is not None for part in self.parts) else None

    @property
    def unit(self) -> Real | None:
        """The parts' own, (p,), None if all are ones."""
        units = [None if part.as_written is None else part.as_written.unit for part in self.parts]
        if all(unit is None for unit in units):
            return None
        return np.concatenate(
            [
                np.ones(part.shape[1]) if unit is None else unit
                for part, unit in zip(self.parts, units, strict=True)
            ]
        )

    def fill_scaled(self, rows: slice, share: Array, out: NDArray[np.floating]) -> None:
        """The parts' own, side by side; of parts that all have it."""
        for part, (start, stop) in zip(self.parts, self.spans(), strict=True):
            assert part.as_written is not None
            part.as_written.fill_scaled(rows, share, out[:, start:stop])

    def gram_diagonal(self, w: Array) -> Array:
        """The parts' own."""
        return np.concatenate([part.gram_diagonal(w) for part in self.parts])

    def group_sums(self, r: Array, groups: NDArray[np.int64], count: int) -> Array:
        """The parts' sums, side by side."""
        return np.concatenate([part.group_sums(r, groups, count) for part in self.parts], axis=1)

    def to_inner(self, center: Real, scale: Real) -> Columns:
        """Each part centered and scaled by its share."""
        spans = zip(self.parts, self.spans(), strict=True)
        return SideBySide(tuple(part.to_inner(center[a:b], scale[a:b]) for part, (a, b) in spans))

    def select(self, which: NDArray[np.intp]) -> Columns:
        """Some of the columns of those parts that have any."""
        cuts = [which[(which >= a) & (which < b)] - a for a, b in self.spans()]
        return SideBySide(
            tuple(part.select(cut) for part, cut in zip(self.parts, cuts, strict=True) if cut.size)
        )

    def squared_lengths(self) -> Array:
        """The sum of the parts' own."""
        return np.asarray(sum(part.squared_lengths() for part in self.parts))

    def row_forms(self, V: Array) -> Array:
        """The parts' own, and twice those of each pair."""
        if self.as_written is not None:
            return Dense(dense_array(self)).row_forms(V)
        joined = SideBySide(self._joined())
        out = np.zeros(self.shape[0])
        spans = joined.spans()
        for i, (part, (a, b)) in enumerate(zip(joined.parts, spans, strict=True)):
            out += part.row_forms(V[a:b, a:b])
            for other, (c, d) in zip(joined.parts[:i], spans[:i], strict=True):
                out += 2.0 * pair_forms(part, other, V[a:b, c:d])
        return out

    def _joined(self) -> tuple[Columns, ...]:
        """The parts, neighbors that are written out as one, so that they share a product."""
        neighbors = groupby(self.parts, lambda part: part.as_written is not None)
        groups = [(written, list(own)) for written, own in neighbors]
        return tuple(
            part
            for written, own in groups
            for part in ([SideBySide(tuple(own))] if written and len(own) > 1 else own)
        )

    @property
    def has_sparse(self) -> bool:
        """Whether those of any part are."""
        return any(part.has_sparse for part in self.parts)

    @property
    def unlocked_columns(self) -> int:
        """The sum of the parts' own."""
        return sum(part.unlocked_columns for part in self.parts)

    @property
    def row_size(self) -> int:
        """The sum of the parts' own."""
        return sum(part.row_size for part in self.parts)

    @property
    def least_gram_rows(self) -> int:
        """So many that sums over rows take as long as the matrix, if there are codes."""
        if not any(part.least_gram_rows for part in self.parts):
            return 0
        return GRAM_NUMBERS_PER_PAIR * self.shape[1] ** 2 // max(self.row_size, 1) ** 2

    def slice_rows(self, rows: slice) -> "SideBySide":
        """The same rows of every part, as views."""
        return SideBySide(tuple(part.slice_rows(rows) for part in self.parts))

    def copy_rows(self, rows: slice | NDArray[np.intp]) -> "SideBySide":
        """The same rows of every part, copied."""
        return SideBySide(tuple(part.copy_rows(rows) for part in self.parts))

    def stack(self, others: Sequence["SideBySide"]) -> "SideBySide":
        """Each part with the others' parts below it."""
        below = (
            zip(*(other.parts for other in others), strict=True)
            if others
            else [()] * len(self.parts)
        )
        return SideBySide(
            tuple(part.stack(own) for part, own in zip(self.parts, below, strict=True))
        )

    def moments(self, keep: NDArray[np.bool_] | None) -> Moments:
        """The parts' moments, joined."""
        found = [part.moments(keep) for part in self.parts]
        return Moments(
            n=found[0].n,
            mean=np.concatenate([m.mean for m in found]),
            square=np.concatenate([m.square for m in found]),
            level_spans=self._moved([m.level_spans for m in found]),
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
            level_spans=self._moved([r.level_spans for r in found]),
        )

    def _moved(
        self, level_spans: Sequence[tuple[tuple[int, int], ...]]
    ) -> tuple[tuple[int, int], ...]:
        """The parts' level spans, counted from the first column of all."""
        spans = zip(level_spans, self.spans(), strict=True)
        return tuple((start + a, start + b) for own, (start, _) in spans for a, b in own)


def pair_forms(left: Columns, right: Columns, V: Array) -> Array:
    """x_i'V z_i of each row of two kinds of columns, (n,); V: (p_left, p_right)."""
    if isinstance(left, Coded) and isinstance(right, Coded):
        widths = left.width + 1, right.width + 1
        whole = np.zeros(widths)
        whole[:-1, :-1] = V
        return whole.reshape(-1).take(joint_codes(left.codes, right.codes, widths))
    if isinstance(left, Coded):
        return pair_forms(right, left, V.T)
    return np.asarray(np.einsum("ij,ij->i", dense_array(left), right.dot(V.T)))


def one_array(columns: Columns) -> Columns:
    """Columns that can be written out as one array, in units of one; others as they are.

    The array lies column after column in memory. Each product is one call then, and rows
    are scaled at full speed.
    """
    if columns.as_written is None:
        return columns
    return Dense(scaled_rows(columns.as_written, np.ones(columns.shape[0]), "F"))


def cross(left: Columns, right: Columns, w: Array) -> Array:
    """left' diag(w) right, (p_left, p_right), of codes and sparse columns: by joint codes where
    both are codes.
    """
    if isinstance(left, Coded) and isinstance(right, Coded):
        widths = left.width + 1, right.width + 1
        table = bincount(joint_codes(left.codes, right.codes, widths), w, widths[0] * widths[1])
        return table.reshape(widths)[: left.width, : right.width]
    if isinstance(right, Sparse):
        return left.transpose_dot(scaled_rows(Dense(right.X.toarray(), right.unit), w))
    return cross(right, left, w).T
