"""Upper triangular factors: made, solved with, inverted, and what they show of the columns.

One factorization answers for rank, scale and condition (`unit_factor`). Singular values are taken
only where bounds do not decide.

LAPACK is called directly: SciPy's own functions check and dispatch for twenty microseconds before
they call the same routines, which is much of a small fit.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh_tridiagonal, qr
from scipy.linalg.blas import dnrm2
from scipy.linalg.lapack import dgesdd, dlange, dpotrf, dpotri, dtrtri, dtrtrs

from logit_engine.columns import Array

MAX_SINGULAR_VALUE_COLUMNS = 500  # above it singular values are estimates
# of a standard error, relative: at least, and for each unit of the condition number
PROMISED_ERROR, PROMISED_ERROR_PER_CONDITION = 1e-13, 1e-14
MAX_LANCZOS_STEPS = 40
LANCZOS_CHANGE = 1e-3  # of a squared singular value, relative: where the steps end


class UnitFactor(NamedTuple):
    """The columns of R with R'R = A: at unit length, (p, p), upper, and their sizes, (p,).

    pivot: the least diagonal number of the unit columns, as `smallest_pivot` gives it.
    """

    unit: Array
    size: Array
    pivot: float

    @property
    def R(self) -> Array:
        """R itself, (p, p)."""
        return self.unit * self.size


def unit_factor(A: Array) -> UnitFactor | None:
    """The Cholesky factor of A, scaled to a unit diagonal before it is factored.

    None if A is not definite. A number that is not finite always ends in the pivot.
    """
    diagonal = A.diagonal()
    if not diagonal.min(initial=np.inf) > 0.0:
        return None
    size = np.sqrt(diagonal)
    # a symmetric matrix is its transpose, which LAPACK takes without a copy
    unit, failed = dpotrf((A / (size[:, None] * size)).T, lower=0, clean=1, overwrite_a=1)
    pivot = float(unit.diagonal().min(initial=1.0))
    return None if failed or not pivot > 0.0 else UnitFactor(unit, size, pivot)


def cholesky_factor(A: Array) -> Array | None:
    """Upper R with R'R = A, as `unit_factor`; None if A is not definite."""
    found = unit_factor(A)
    return None if found is None else found.R


def r_factor(A: Array) -> Array:
    """The upper triangular R of A = QR with a non-negative diagonal, (min(m, p), p). A: (m, p)."""
    R = np.asarray(qr(A, mode="r", overwrite_a=True, check_finite=False)[0])[: min(A.shape)]
    signs = np.where(np.diagonal(R) < 0.0, -1.0, 1.0)
    return np.asarray(R * signs[:, None], dtype=np.float64)


def triangular_solve(R: Array, b: Array, transposed: bool = False) -> Array:
    """x with R x = b, or R' x = b; b: (p,) or (p, m)."""
    return np.asarray(dtrtrs(R, b, trans=int(transposed))[0])


def triangular_inverse(R: Array) -> Array:
    """R^-1, (p, p); of nothing nothing, where LAPACK would complain on the user's terminal."""
    return np.asarray(dtrtri(R)[0]) if R.size else R.copy()


def inverse_gram(R: Array) -> Array:
    """(R'R)^-1, (p, p)."""
    upper = np.triu(dpotri(R)[0])
    return np.asarray(upper + np.triu(upper, 1).T)


def length(x: Array) -> float:
    """|x|, whose squares may overflow; 0 of nothing."""
    return float(dnrm2(x)) if x.size else 0.0


def smallest_pivot(R: Array) -> float:
    """min_j R_jj / |column j of R|: the sine of the smallest angle of a column to those before it.

    1/kappa to a factor.
    """
    norms = np.sqrt(np.einsum("ij,ij->j", R, R))
    norms[norms == 0.0] = 1.0
    return float((np.abs(R.diagonal()) / norms).min(initial=1.0))


def condition_number(R: Array) -> float:
    """2-norm condition number of the columns of R scaled to unit length.

    R: (p, p) upper triangular.
    """
    if R.size == 0:
        return 1.0
    high, low = _extreme_singular_values(R / np.sqrt(np.einsum("ij,ij->j", R, R)))
    return high / low if low > 0.0 else float("inf")


def plain_condition(R: Array) -> float:
    """The condition number whose square multiplies the rounding of plain sums in (R'R)^-1.

    R: (p, p), upper, its columns as `condition_number` scales them. The first column, a constant if
    there is one, is cleared without loss: what is left of the others is as exact as their whole
    lengths (Higham 2002, 10.1). So codes that add up to nearly the constant cost no digits.
    """
    clear = (R / np.sqrt(np.einsum("ij,ij->j", R, R)))[1:, 1:]
    if clear.size == 0:
        return 1.0
    high, low = _extreme_singular_values(clear)
    return max(high, 1.0) / low if low > 0.0 else float("inf")


def _extreme_singular_values(R: Array) -> tuple[float, float]:
    """The largest and the least singular value of R, (p, p), upper triangular; of many columns to
    about three digits.
    """
    if R.shape[1] <= MAX_SINGULAR_VALUE_COLUMNS:
        singular = dgesdd(R, compute_uv=0, full_matrices=0)[1]
        return float(singular[0]), float(singular[-1])
    high = _largest_eigenvalue(lambda v: R.T @ (R @ v), R.shape[1])
    if not (np.diagonal(R) != 0.0).all():
        return high**0.5, 0.0
    inverse_low = _largest_eigenvalue(
        lambda v: triangular_solve(R, triangular_solve(R, v, transposed=True)), R.shape[1]
    )
    return high**0.5, inverse_low**-0.5


def _largest_eigenvalue(times: Callable[[Array], Array], size: int) -> float:
    """The largest eigenvalue of a symmetric positive matrix by its products, from below.

    Lanczos steps from one start, each orthogonal to all before it. Kuczynski & Wozniakowski (1992).
    """
    v = np.cos(np.arange(size) ** 2.0)
    basis, found = [v / length(v)], 0.0
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    while True:
        w = times(basis[-1])
        diagonal.append(float(basis[-1] @ w))
        last, found = found, float(eigvalsh_tridiagonal(diagonal, off_diagonal).max())
        if len(basis) == MAX_LANCZOS_STEPS or found - last <= LANCZOS_CHANGE * found:
            return found
        for _ in range(2):  # twice is enough
            for u in basis:
                w = w - (u @ w) * u
        rest = length(w)
        if rest == 0.0:  # the steps so far span all that the start can reach
            return found
        off_diagonal.append(rest)
        basis.append(w / rest)


def is_plainly_conditioned(factor: UnitFactor, limit: float, rounding: float) -> bool:
    """Whether plain sums keep the promised digits: `plain_condition` is at most a limit, and no
    variance is inflated so far that the rounding of sums, relative to them, shows in it.

    The promise is relative to the condition clear of the constant, which is at least the root of
    the largest inflation there. A level that nearly all rows have is inflated by the constant
    alone, and no such condition excuses its digits.
    """
    clear = factor.unit[1:, 1:]
    inverse = triangular_inverse(clear)
    inflation = np.einsum("ij,ij->i", inverse, inverse)
    condition = math.sqrt((inflation * np.einsum("ij,ij->j", clear, clear)).max(initial=1.0))
    promised = max(PROMISED_ERROR, PROMISED_ERROR_PER_CONDITION * condition)
    if rounding * inflation.max(initial=1.0) > promised:
        return False
    # p columns of at most unit length have a 2-norm of at most sqrt(p)
    bound = math.sqrt(factor.size.size) * _inverse_norm_bound(inverse)
    return bound <= limit or plain_condition(factor.unit) <= limit


def largest_stretch(R: Array) -> float:
    """A bound of the 2-norm of R^-1, by its 1-norm and its infinity-norm. Higham (2002), 6.2."""
    return _inverse_norm_bound(triangular_inverse(R))


def _inverse_norm_bound(inverse: Array) -> float:
    """A bound of the 2-norm."""
    if not inverse.size:
        return 0.0
    by_column, by_row = (float(dlange(norm, inverse)) for norm in "1I")  # type: ignore[call-arg]
    return math.sqrt(by_column) * math.sqrt(by_row)


def aliased(R: Array, resolution: Array) -> NDArray[np.bool_]:
    """Which columns are combinations of those before them, to the rounding of the data.

    R: (p, p), result (p,). resolution: (p,), the rounding error of each column relative to its
    spread. R's own columns carry about p eps. Above 1e-12, a condition number below 1e12, columns
    count as different, for so the numbers stand in the file.
    """
    norms = np.sqrt(np.einsum("ij,ij->j", R, R))
    pivots = np.abs(np.diagonal(R)) / np.where(norms > 0.0, norms, 1.0)
    return np.asarray(pivots <= np.clip(4.0 * resolution, 1e-13, 1e-12))
