"""Triangular factors of the information: Cholesky where it is safe, orthogonal (TSQR) where it is not."""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError
from numpy.typing import NDArray
from scipy.linalg import cholesky, qr
from scipy.linalg.lapack import dtrcon

from logit_engine.blocks import Block, total
from logit_engine.columns import Array, dense
from logit_engine.objective import Objective

MANY = 500  # columns above which a condition number is an estimate


@dataclass(slots=True)
class Stacked:
    """An R factor that adds up: `+=` is the R factor of both on top of each other (Demmel et al. 2012, TSQR)."""

    R: Array

    def __iadd__(self, other: "Stacked") -> "Stacked":
        self.R = r_factor(np.vstack([self.R, other.R]))
        return self


def r_factor(A: Array) -> Array:
    """The upper triangular R of A = QR with a non-negative diagonal, (min(m, p), p). A: (m, p)."""
    R = np.asarray(qr(A, mode="r", overwrite_a=True, check_finite=False)[0])[: min(A.shape)]
    signs = np.where(np.diagonal(R) < 0.0, -1.0, 1.0)
    return np.asarray(R * signs[:, None], dtype=np.float64)


def weighted_r_factor(objective: Objective, theta: Array, flat: bool = False) -> Array:
    """R of sqrt(W) X with the penalty's rows below, (p, p): R'R is the information at theta without ever forming it.

    With several linear predictors R'R is the sum of their own blocks of it, as far as the first one is penalized.
    flat: every row counts by its own weight alone, so that R tells of the columns and of nothing else.
    """

    def block_factor(block: Block) -> tuple[Stacked]:
        X = objective.columns(block)
        w = np.ones(block.y.size) if flat else objective.likelihood.expected(objective.predictors(block, X, theta))
        if w.ndim == 3:
            w = np.trace(w, axis1=1, axis2=2)
        if block.weight is not None:
            w = w * block.weight
        return (Stacked(r_factor(dense(X) * np.sqrt(w)[:, None])),)

    (stacked,) = total(objective.rows, block_factor, objective.threads)
    user = objective.coordinates.to_user(theta)
    p = objective.coordinates.scale.size
    bend = np.sqrt(objective.penalty.curvature(user, objective.free)[:p]) / objective.coordinates.scale
    return r_factor(np.vstack([stacked.R, np.diag(bend), np.zeros((p, p))]))[:p]


def cholesky_factor(A: Array) -> Array | None:
    """Upper R with R'R = A, scaled so that A has a unit diagonal before it is factored; None if A is not definite."""
    diagonal = np.diagonal(A)
    if not (np.isfinite(A).all() and (diagonal > 0.0).all()):
        return None
    size = np.sqrt(diagonal)
    try:
        return np.asarray(cholesky(A / np.outer(size, size), check_finite=False)) * size
    except (LinAlgError, ValueError):
        return None


def condition_number(R: Array) -> float:
    """2-norm condition number of the columns of R scaled to unit length; R: (p, p) upper triangular.

    Of many columns LAPACK's estimate in the 1-norm, which is within a factor of p (Higham 1987).
    """
    if R.size == 0:
        return 1.0
    norms = np.sqrt(np.einsum("ij,ij->j", R, R))
    if norms.size > MANY:
        inverse = float(dtrcon(R / norms)[0])
        return 1.0 / inverse if inverse > 0.0 else float("inf")
    singular = np.linalg.svd(R / norms, compute_uv=False)
    return float(singular[0] / singular[-1]) if singular[-1] > 0.0 else float("inf")


def aliased(R: Array, resolution: Array) -> NDArray[np.bool_]:
    """Which columns are combinations of those before them, to the rounding of the data; R: (p, p), result (p,).

    resolution: (p,), the rounding error of each column relative to its spread. R's own columns carry about p eps.
    """
    norms = np.sqrt(np.einsum("ij,ij->j", R, R))
    pivots = np.abs(np.diagonal(R)) / np.where(norms > 0.0, norms, 1.0)
    return np.asarray(pivots <= np.maximum(1e-13, 4.0 * resolution))
