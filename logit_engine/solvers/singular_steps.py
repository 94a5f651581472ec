"""Steps where the curvature is singular to rounding: that of the loss and that of a penalty, which may be far below it.

The loss's curvature is R'R of less than full rank, by a pivoted Cholesky factor; the rest of it is rounding, and dropped.
In coordinates that split R's range from the directions that it does not see, the penalty's curvature stands beside ones
and zeros, so nothing is lost of it, however small it is. Higham (2002), 10.3.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpstrf

from logit_engine.columns import Array
from logit_engine.objective.triangles import (
    cholesky_factor,
    smallest_pivot,
    triangular_inverse,
    triangular_solve,
)

SINGULAR_PIVOT = 1e-6  # a pivot, as a sine, below which columns may be dependent to rounding
RANK_ROUNDING = 1e-14  # a squared pivot, times the number of columns, that is rounding
SLOW_SLOPE = 1e-3  # of the largest slope: what falls so slowly without curvature has time


def definite_step(H: Array, b: Array) -> Array | None:
    """x with H x = b, (r,); None if H, (r, r), may be singular to rounding."""
    factor = cholesky_factor(H)
    if factor is None or smallest_pivot(factor) < SINGULAR_PIVOT:
        return None
    return triangular_solve(factor, triangular_solve(factor, b, transposed=True))


def principal_block(A: Array, on: NDArray[np.intp]) -> Array:
    """The rows and columns `on`, (r,) rising, of A, (q, q): A itself if they are all of them."""
    return A if on.size == A.shape[0] else A.take(on, axis=0).take(on, axis=1)


def split_step(loss: Array, own: Array | None, b: Array, level: float) -> Array:
    """x that minimizes x'(loss + own)x / 2 - b'x, (r,), or one without curvature along which that falls.

    loss, own: (r, r), the loss's curvature and the penalty's, None for none; level: a slope below it is rounding.
    """
    found = definite_step(loss if own is None else loss + own, b)
    return singular_step(loss, own, b, level) if found is None else found


def singular_step(loss: Array, own: Array | None, b: Array, level: float) -> Array:
    """`split_step` for a loss + own that is singular to rounding."""
    if own is None:
        return _least(loss, b, level)
    r = b.size
    size = np.sqrt(np.diagonal(loss) + np.diagonal(own))
    size = np.where(size > 0.0, size, 1.0)
    R, order, rank = _pivoted(loss / (size[:, None] * size))
    V = np.eye(r)
    V[:rank, :rank] = triangular_inverse(R[:rank, :rank])
    V[:rank, rank:] = -V[:rank, :rank] @ R[:rank, rank:]
    own = (own / (size[:, None] * size))[np.ix_(order, order)]
    M = V.T @ own @ V
    M[np.arange(rank), np.arange(rank)] += 1.0
    unseen = _unseen(own, V, M)
    M[unseen], M[:, unseen] = 0.0, 0.0
    found = np.empty(r)
    found[order] = V @ _least(M, V.T @ (b / size)[order], level / float(size.max()))
    return found / size


def _unseen(own: Array, V: Array, M: Array) -> NDArray[np.bool_]:
    """Directions, columns of V, in which the penalty's curvature is the square of V's rounding, (r,)."""
    rounding = RANK_ROUNDING * V.shape[0] * np.linalg.norm(V, axis=0)
    return np.asarray(
        np.diagonal(M) <= np.square(rounding) * float(np.diagonal(own).max(initial=0.0))
    )


def _pivoted(A: Array) -> tuple[Array, NDArray[np.intp], int]:
    """Upper R, whose first rank rows count, with R'R = A[order][:, order] to rounding; A: of unit diagonal, (r, r)."""
    R, order, rank, _ = dpstrf(A, tol=RANK_ROUNDING * A.shape[0], lower=0)
    return np.triu(R), order - 1, int(rank)


def _least(M: Array, b: Array, level: float) -> Array:
    """x that minimizes x'Mx / 2 - b'x, or one without curvature along which that falls by more than the level."""
    size = np.sqrt(np.maximum(np.diagonal(M), 0.0))
    size = np.where(size > 0.0, size, 1.0)
    R, order, rank = _pivoted(M / (size[:, None] * size))
    b = (b / size)[order]
    first, across = R[:rank, :rank], R[:rank, rank:]
    half = triangular_solve(first, b[:rank], transposed=True) if rank else b[:0]
    x, flat = np.zeros_like(b), b[rank:] - across.T @ half
    if (np.abs(flat) > max(level, SLOW_SLOPE * float(np.abs(b).max(initial=0.0)))).any():
        x[rank:], half = flat, -across @ flat
    if rank:
        x[:rank] = triangular_solve(first, half)
    found = np.empty_like(x)
    found[order] = x
    return np.asarray(found / size)
