"""Rows held in memory: any set of Columns with its outcome, cut into blocks by views."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, Constant, Dense, SideBySide, Sparse
from logit_engine.errors import DataError
from logit_engine.rows import BLOCK_ROWS, Block, arrays
from logit_engine.rows.alignment import aligned_rows, row_labels
from logit_engine.rows.column_numbers import frame_columns, is_missing, library_of, without_mask


@dataclass(frozen=True, slots=True)
class MemoryRows:
    """Columns in memory with an outcome and, if given, the other parts of a `Block`, of n rows.

    intercept: whether the first column is the model's own constant.
    """

    X: Columns
    y: Array
    names: tuple[str, ...]
    weight: Array | None = None
    offset: Array | None = None
    cluster: NDArray[np.int64] | None = None
    precision: Array | None = None
    intercept: bool = True
    classes: tuple[str, ...] = ()
    fold: NDArray[np.int64] | None = None
    views: dict[int, Block] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.y.size

    @property
    def unlocked_columns(self) -> int:
        """How many columns threads compute side by side."""
        return self.X.unlocked_columns

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """Views of the rows, cut once; nothing is copied."""
        for start in range(first * BLOCK_ROWS, min(last * BLOCK_ROWS, self.n), BLOCK_ROWS):
            block = self.views.get(start)
            if block is None:
                block = self.views[start] = self._cut_block(slice(start, start + BLOCK_ROWS))
            yield block

    def part(self, first: int, last: int) -> "MemoryRows":
        """The rows of the blocks first..last - 1 as rows of their own: views."""
        block = self._cut_block(slice(first * BLOCK_ROWS, min(last * BLOCK_ROWS, self.n)))
        return replace(self, **{name: getattr(block, name) for name in Block.__slots__})

    def _cut_block(self, cut: slice) -> Block:
        whole = Block(
            self.X, self.y, self.weight, self.offset, self.cluster, self.precision, self.fold
        )
        return whole.cut(cut)

    def select(self, which: NDArray[np.intp]) -> "MemoryRows":
        """The same rows with some of their columns, copied, (r,) rising."""
        return replace(
            self, X=self.X.select(which), names=tuple(self.names[j] for j in which.tolist())
        )


@dataclass(slots=True)
class GatheredRows:
    """Some rows of blocks, copied; `+=` adds those of the next blocks."""

    blocks: list[Block]

    def __iadd__(self, other: "GatheredRows") -> "GatheredRows":
        self.blocks += other.blocks
        return self

    def rows(self, names: tuple[str, ...], intercept: bool, classes: tuple[str, ...]) -> MemoryRows:
        """All of them, as rows of their own."""

        def joined(name: str) -> Any:
            parts = [getattr(block, name) for block in self.blocks]
            return None if parts[0] is None else np.concatenate(parts)

        first, *others = (block.X for block in self.blocks)
        X = first.stack(others)
        weight, offset = joined("weight"), joined("offset")
        return MemoryRows(
            X, joined("y"), names, weight, offset, intercept=intercept, classes=classes
        )


def every_nth_row(block: Block, step: int) -> GatheredRows:
    """The rows 0, step, 2 step, ... of a block, copied."""
    rows = slice(None, None, step)
    weight = None if block.weight is None else block.weight[rows].copy()
    offset = None if block.offset is None else block.offset[rows].copy()
    return GatheredRows([Block(block.X.copy_rows(rows), block.y[rows].copy(), weight, offset)])


def array_rows(
    X: Any,
    y: Any,
    *,
    names: Sequence[str] | None = None,
    classes: Sequence[str] = (),
    intercept: bool = True,
    weight: Any = None,
    precision: Any = None,
    offset: Any = None,
    cluster: Any = None,
) -> MemoryRows:
    """Rows from arrays: X (n, p) numeric, y (n,) in [0, 1], or the codes of named classes.

    X: an array, a frame of pandas or Polars, or a sparse matrix of SciPy; it is not copied. names:
    of its columns, in place of a frame's. weight: (n,), how many equal rows a row stands for.
    precision: (n,), how much a row's log-likelihood counts beyond that, as a variance, a number of
    trials or a sampling weight does. offset: (n,), or (n, k) for k + 1 classes. cluster: labels,
    (n,), or (n, 2) for two ways. intercept: whether a constant named "intercept" stands first. If
    X, or else y, is pandas', the others' rows are matched by label. Raises DataError on bad input.
    """
    columns, terms = _columns_and_terms(X, names, intercept)
    n = columns.shape[0]
    labels, of = (row_labels(X), "X") if row_labels(X) is not None else (row_labels(y), "y")
    given = {"y": y, "weight": weight, "precision": precision, "offset": offset}
    y, weight, precision, offset = (
        aligned_rows(value, labels, name, of) for name, value in given.items()
    )
    weight, precision = _whole_weight_and_precision(weight, precision, n)
    return MemoryRows(
        columns,
        arrays.class_codes(y, n, len(classes)) if classes else arrays.binary_outcome(y, n),
        terms,
        weight,
        None if offset is None else arrays.offset_values(offset, n, max(1, len(classes) - 1)),
        None if cluster is None else cluster_codes(cluster, n, labels=labels, of=of),
        precision,
        intercept,
        tuple(classes),
    )


def _columns_and_terms(
    X: Any, names: Sequence[str] | None, intercept: bool
) -> tuple[Columns, tuple[str, ...]]:
    """The columns of X with a constant first, if asked, and their names. Raises DataError."""
    is_sparse = hasattr(X, "tocsr")
    columns: Columns = (
        Sparse(arrays.sparse_matrix(X, names=names))
        if is_sparse
        else Dense(arrays.number_matrix(X, names=names))
    )
    n, p = columns.shape
    own = names if names is not None else getattr(X, "columns", None)
    terms = tuple(f"x{j + 1}" for j in range(p)) if own is None else tuple(map(str, own))
    if len(terms) != p:
        raise DataError(f"{len(terms)} names were given for the {p} columns of X.")
    if intercept:
        columns = SideBySide((Constant(n), columns)) if p else Constant(n)
        terms = ("intercept", *terms)
    arrays.refuse_repeated_names(terms, "columns")
    return columns, terms


def _whole_weight_and_precision(
    weight: Any, precision: Any, n: int
) -> tuple[Array | None, Array | None]:
    """The whole weight of each row, and the part of it that is no count."""
    copies = None if weight is None else arrays.row_weights(weight, n, "weight")
    if precision is None:
        return copies, None
    part = arrays.row_weights(precision, n, "precision")
    whole = part if copies is None else part * copies
    return whole, np.where(part > 0.0, part, 1.0)


def cluster_codes(
    cluster: Any,
    length: int,
    name: str = "cluster",
    *,
    labels: Any = None,
    of: str = "X",
    kept: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Cluster labels of any type as codes 0..G-1, (n, ways): one way, or two as a table or a pair.

    labels: pandas' of the rows of `of`, by which a Series is matched. kept: (length,), the rows of
    the fit, which alone need a label. Raises DataError for another shape, for missing labels, and
    for labels that cannot be compared.
    """
    ways = [
        _checked_labels(aligned_rows(column, labels, name, of), length, name)
        for column in _label_columns(cluster, name)
    ]
    rows = np.arange(length) if kept is None else np.flatnonzero(kept)
    return np.stack([_label_codes(column, rows, name) for column in ways], axis=1)


def _label_columns(cluster: Any, name: str) -> list[Any]:
    """The columns of labels."""
    if isinstance(cluster, str):
        raise DataError(
            f"{name} is the text '{cluster}'; give the labels, as in {name}=data['{cluster}']."
        )
    pair = (
        isinstance(cluster, tuple | list)
        and len(cluster) == 2
        and all(np.ndim(part) == 1 for part in cluster)
    )
    framed = frame_columns(cluster)
    if framed is not None or pair:
        columns = list(cluster) if framed is None else [column for _, column in framed]
    elif library_of(cluster) != "numpy":
        columns = [cluster]
    else:
        labels = without_mask(cluster)
        columns = [labels] if labels.ndim == 1 else list(labels.T) if labels.ndim == 2 else []
    if len(columns) not in (1, 2):
        raise DataError(
            f"{name} has shape {np.shape(cluster)}; give one label for each row, or two for two "
            "ways."
        )
    return columns


def _checked_labels(column: Any, length: int, name: str) -> Any:
    if len(column) != length:
        raise DataError(
            f"{name} has shape {np.shape(column)}; one label for each of the {length} rows is "
            "needed, or two for two ways."
        )
    return column if library_of(column) != "numpy" else without_mask(column)


def _label_codes(column: Any, rows: NDArray[np.intp], name: str) -> NDArray[np.int64]:
    gone = rows[is_missing(column)[rows]]
    if gone.size:
        shown = ", ".join(map(str, gone[:5].tolist())) + ", ..." * (gone.size > 5)
        raise DataError(
            f"{name} is missing in {gone.size:,} rows (row{'s' * (gone.size > 1)} {shown}); give "
            "these rows a label, or drop them."
        )
    values = np.asarray(column.to_numpy() if library_of(column) != "numpy" else column)[rows]
    try:
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    except TypeError:  # of objects that cannot be sorted
        first = values[0]
        row = next((i for i, v in enumerate(values) if type(v) is not type(first)), None)
        if row is None:
            what = type(first).__name__
            raise DataError(
                f"{name} holds {what} values, which have no order; give texts or numbers."
            ) from None
        raise DataError(
            f"{name} holds {first!r} in row {rows[0]} and {values[row]!r} in row {rows[row]}, "
            "which cannot be compared; make all labels text, or all numbers."
        ) from None
