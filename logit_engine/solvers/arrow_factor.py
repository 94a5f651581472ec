"""The curvature of large categoricals beside few other columns, solved by elimination.

The problem: a categorical of 100,000 levels makes a matrix that no memory holds, and conjugate
gradients that know its diagonal alone take hundreds of products.

The idea: the columns of one categorical never meet in a row, so their own part of the curvature is
diagonal. It is eliminated, and what is left is a small matrix, the Schur complement:

    H = | D  C |      S = B - C' D^-1 C,      S y = b_2 - C' D^-1 b_1,      x = D^-1 (b_1 - C y).
        | C' B |

With m such categoricals, D counts m times: then the matrix is no smaller than H anywhere, because
the curvature of m parts is at most m times that of each, so it is definite, and near H.

Invariants: of one large categorical, H itself is solved. Golub & Van Loan (2013), 11.5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, dense_array
from logit_engine.objective.triangles import cholesky_factor, triangular_solve

MAX_SMALL_COLUMNS = 500  # that are not eliminated
MAX_BESIDE_NUMBERS = 2**25  # of the products of large and small columns
WRITTEN_NUMBERS = 2**20  # of small columns, written out at a time


@dataclass(frozen=True, slots=True)
class ArrowFactor:
    """A matrix, (q, q), whose large part is diagonal.

    is_large: (q,). diagonal: of the large part, (l,). beside: its products with the small part, (l,
    s). factor: of the Schur complement, (s, s), upper.
    """

    is_large: NDArray[np.bool_]
    diagonal: Array
    beside: Array
    factor: Array

    def solve(self, b: Array) -> Array:
        """x with the matrix times x = b, (q,)."""
        x = np.empty_like(b)
        large = b[self.is_large] / self.diagonal
        half = b[~self.is_large] - self.beside.T @ large
        small = triangular_solve(self.factor, triangular_solve(self.factor, half, transposed=True))
        x[self.is_large] = large - (self.beside @ small) / self.diagonal
        x[~self.is_large] = small
        return x


def arrow_factor(X: Columns, w: Array, diagonal: Array, ridge: Array) -> ArrowFactor | None:
    """X' diag(w) X and a ridge, (q,), with large categoricals eliminated; None without any, or if
    nothing else is there.

    w: (n,), not negative. diagonal: of X' diag(w) X, (q,).
    """
    groups = _large_groups(X)
    if not groups or sum(stop - start for start, stop in groups) == X.shape[1]:
        return None
    is_large = np.zeros(X.shape[1], dtype=np.bool_)
    for start, stop in groups:
        is_large[start:stop] = True
    products = _products_with(X, w, np.flatnonzero(~is_large))
    beside, small = products[is_large], products[~is_large]
    own = len(groups) * diagonal[is_large] + ridge[is_large]
    if not (own > 0.0).all():
        return None
    small[np.diag_indices_from(small)] += ridge[~is_large]
    factor = cholesky_factor(small - beside.T @ (beside / own[:, None]))
    return None if factor is None else ArrowFactor(is_large, own, beside, factor)


def _large_groups(X: Columns) -> list[tuple[int, int]]:
    """Where the columns of the categoricals to eliminate start and stop: as few as leave few
    columns, the largest first; none if all together leave too many.
    """
    left, found = X.shape[1], []
    for start, stop in sorted(X.groups, key=lambda group: group[0] - group[1]):
        found.append((start, stop))
        left -= stop - start
        if left <= MAX_SMALL_COLUMNS and left * (X.shape[1] - left) <= MAX_BESIDE_NUMBERS:
            return found
    return []


def _products_with(X: Columns, w: Array, small: NDArray[np.intp]) -> Array:
    """X' diag(w) times some columns, (q, s), by pieces of rows."""
    out = np.zeros((X.shape[1], small.size))
    size = max(WRITTEN_NUMBERS // max(small.size, 1), 1)
    for start in range(0, w.size, size):
        rows = slice(start, start + size)
        piece = X.slice_rows(rows)
        written = dense_array(piece.select(small))
        written *= w[rows, None]
        out += piece.transpose_dot(written)
    return out
