"""Steps where the curvature is singular to rounding: that of the loss, beside a penalty's that may
be far below it.

The problem: with dependent columns the curvature of the loss is singular, and a penalty of 1e-15 of
it decides where the minimum is. Added to the loss's curvature it would vanish in its rounding.

The idea: the loss's curvature is R'R of less than full rank, by a pivoted Cholesky factor; the rest
of it is rounding, and dropped. In coordinates that split R's range from the directions hidden from
it, the penalty's curvature stands beside ones and zeros. So none of it is lost, however small it
is. Higham (2002), 10.3.
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

MIN_DEFINITE_PIVOT = 1e-6  # as a sine: below it columns may be dependent to rounding
RANK_ROUNDING = 1e-14  # times the number of columns: a smaller squared pivot is rounding
MIN_FLAT_SLOPE_RATIO = 1e-3  # to the largest slope: a slower fall without curvature can wait


def definite_step(H: Array, b: Array) -> Array | None:
    """x with H x = b, (r,); None if H, (r, r), may be singular to rounding."""
    factor = cholesky_factor(H)
    if factor is None or smallest_pivot(factor) < MIN_DEFINITE_PIVOT:
        return None
    return triangular_solve(factor, triangular_solve(factor, b, transposed=True))


def principal_block(A: Array, on: NDArray[np.intp]) -> Array:
    """The rows and columns `on`, (r,) rising, of A, (q, q): A itself if they are all of them."""
    return A if on.size == A.shape[0] else A.take(on, axis=0).take(on, axis=1)


def split_step(loss: Array, penalty: Array | None, b: Array, level_slope: float) -> Array:
    """x that minimizes x'(loss + penalty)x / 2 - b'x, (r,), or a direction in which that falls
    forever.

    loss, penalty: the curvature of each, (r, r), None for no penalty; level_slope: a smaller slope
    is rounding.
    """
    found = definite_step(loss if penalty is None else loss + penalty, b)
    return singular_step(loss, penalty, b, level_slope) if found is None else found


def singular_step(loss: Array, penalty: Array | None, b: Array, level_slope: float) -> Array:
    """`split_step` for a sum of curvatures that is singular to rounding."""
    if penalty is None:
        return _minimum_or_descent(loss, b, level_slope)
    r = b.size
    size = np.sqrt(np.diagonal(loss) + np.diagonal(penalty))
    size = np.where(size > 0.0, size, 1.0)
    R, order, rank = _pivoted_factor(loss / (size[:, None] * size))
    V = np.eye(r)
    V[:rank, :rank] = triangular_inverse(R[:rank, :rank])
    V[:rank, rank:] = -V[:rank, :rank] @ R[:rank, rank:]
    penalty = (penalty / (size[:, None] * size))[np.ix_(order, order)]
    M = V.T @ penalty @ V
    M[np.arange(rank), np.arange(rank)] += 1.0
    hidden = _hidden_directions(penalty, V, M)
    M[hidden], M[:, hidden] = 0.0, 0.0
    found = np.empty(r)
    found[order] = V @ _minimum_or_descent(
        M, V.T @ (b / size)[order], level_slope / float(size.max())
    )
    return found / size


def _hidden_directions(penalty: Array, V: Array, M: Array) -> NDArray[np.bool_]:
    """The columns of V in which the penalty's curvature is the square of V's rounding, (r,)."""
    rounding = RANK_ROUNDING * V.shape[0] * np.linalg.norm(V, axis=0)
    return np.asarray(
        np.diagonal(M) <= np.square(rounding) * float(np.diagonal(penalty).max(initial=0.0))
    )


def _pivoted_factor(A: Array) -> tuple[Array, NDArray[np.intp], int]:
    """Upper R, whose first rank rows count, with R'R = A[order][:, order] to rounding.

    A: of unit diagonal, (r, r).
    """
    R, order, rank, _ = dpstrf(A, tol=RANK_ROUNDING * A.shape[0], lower=0)
    return np.triu(R), order - 1, int(rank)


def _minimum_or_descent(M: Array, b: Array, level_slope: float) -> Array:
    """x that minimizes x'Mx / 2 - b'x, or a direction without curvature in which that falls."""
    size = np.sqrt(np.maximum(np.diagonal(M), 0.0))
    size = np.where(size > 0.0, size, 1.0)
    R, order, rank = _pivoted_factor(M / (size[:, None] * size))
    b = (b / size)[order]
    first, across = R[:rank, :rank], R[:rank, rank:]
    half = triangular_solve(first, b[:rank], transposed=True) if rank else b[:0]
    x, flat = np.zeros_like(b), b[rank:] - across.T @ half
    if (
        np.abs(flat) > max(level_slope, MIN_FLAT_SLOPE_RATIO * float(np.abs(b).max(initial=0.0)))
    ).any():
        x[rank:], half = flat, -across @ flat
    if rank:
        x[:rank] = triangular_solve(first, half)
    found = np.empty_like(x)
    found[order] = x
    return np.asarray(found / size)
