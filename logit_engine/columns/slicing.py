"""Columns by rows: cut and put together again, and how much a row of them holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from logit_engine.columns.coded import Coded
from logit_engine.columns.constant import Constant
from logit_engine.columns.dense import Dense
from logit_engine.columns.protocol import Columns
from logit_engine.columns.side_by_side import SideBySide
from logit_engine.columns.sparse import Sparse, is_filled

MAX_DENSE_NUMBERS = 2**18  # of a sparse array that keeps a dense copy: making the copy takes as long as using it


def row_slice(columns: Columns, rows: slice) -> Columns:
    """Some rows of columns, as views."""
    match columns:
        case Constant(count):
            return Constant(len(range(*rows.indices(count))))
        case Dense(X, unit):
            return Dense(X[rows], unit)
        case Sparse(X):
            return _sparse_rows(X, rows)
        case Coded(codes, width):
            return Coded(codes[rows], width)
        case SideBySide(parts):
            return SideBySide(tuple(row_slice(part, rows) for part in parts))
    raise TypeError(f"cannot cut {type(columns).__name__} into blocks")


def _sparse_rows(X: Any, rows: slice) -> Sparse:
    """Rows of a CSR array and their transpose as views: SciPy's own slices are copies."""
    start, stop, _ = rows.indices(X.shape[0])
    first, last = X.indptr[start], X.indptr[stop]
    shape = (stop - start, X.shape[1])
    from scipy.sparse import csc_array, csr_array

    cut, transposed = csr_array(shape, dtype=X.dtype), csc_array(shape[::-1], dtype=X.dtype)
    for part in (cut, transposed):
        part.data, part.indices, part.indptr = (
            X.data[first:last],
            X.indices[first:last],
            X.indptr[start : stop + 1] - first,
        )
    few = X.shape[0] * X.shape[1] <= MAX_DENSE_NUMBERS
    return Sparse(cut, T=transposed, dense_copy=cut.toarray() if few and is_filled(cut) else None)


def held(columns: Columns) -> int:
    """How many numbers a row of the columns takes in memory, about."""
    match columns:
        case Dense():
            return columns.shape[1]
        case Sparse(X):
            return int(X.nnz) // max(1, int(X.shape[0]))
        case Coded():
            return 1
        case SideBySide(parts):
            return sum(map(held, parts))
    return 0


def copied(columns: Columns, rows: slice) -> Columns:
    """Some rows of columns, copied."""
    match columns:
        case Dense(X):
            return Dense(np.array(X[rows], order="C"))
        case Sparse(X):
            return Sparse(X[rows])
        case Coded(codes, width):
            return Coded(codes[rows].copy(), width)
        case SideBySide(parts):
            return SideBySide(tuple(copied(part, rows) for part in parts))
    return row_slice(columns, rows)


def stacked(parts: Sequence[Any]) -> Columns:
    """Columns of the same kinds, one below the other."""
    first = parts[0]
    match first:
        case Constant():
            return Constant(sum(part.rows for part in parts))
        case Dense():
            return Dense(np.concatenate([part.X for part in parts]), first.unit)
        case Sparse():
            from scipy.sparse import vstack

            return Sparse(vstack([part.X for part in parts], format="csr"), first.unit)
        case Coded():
            return Coded(np.concatenate([part.codes for part in parts]), first.width)
        case SideBySide():
            return SideBySide(tuple(map(stacked, zip(*(part.parts for part in parts), strict=True))))
    raise TypeError(f"cannot stack {type(first).__name__}")
