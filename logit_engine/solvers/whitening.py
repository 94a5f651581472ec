"""Whitened coordinates: the basis that all linear predictors share, and the directions in it that
are free to move.
"""

import numpy as np
from scipy.linalg import qr

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.shapes import block_diagonal
from logit_engine.objective.triangles import r_factor, triangular_inverse, triangular_solve


def free_directions(objective: Objective, basis: Array | None) -> Array | None:
    """An orthonormal basis, (q, r), of the whitened steps that leave `objective.fixed` alone.

    None if all do.
    """
    if objective.fixed is None:
        return None
    fixed = objective.fixed
    if basis is not None:
        fixed = fixed @ block_diagonal(triangular_inverse(basis), objective.likelihood.outputs)
    rows = np.linalg.norm(fixed, axis=1, keepdims=True)
    return np.asarray(qr((fixed / rows).T)[0][:, fixed.shape[0] :])


def unwhitened(columns: Array, basis: Array | None) -> Array:
    """Directions of whitened coordinates, (q[, m]), in inner coordinates."""
    if basis is None:
        return columns
    p = basis.shape[0]
    by_class = columns.reshape(
        columns.shape[0] // p, p, 1 if columns.ndim == 1 else columns.shape[1]
    )
    solved = [triangular_solve(basis, part) for part in by_class]
    return np.concatenate(solved).reshape(columns.shape)


def shared_basis(factor: Array, basis: Array | None, outputs: int) -> Array:
    """One triangular T, (p, p), for all predictors: T'T is the sum of their own blocks of
    factor'factor.

    factor: (q, q), of the information in the basis, (p, p), or in inner coordinates if that is
    None.
    """
    p = factor.shape[0] // outputs
    stacked = (
        factor
        if outputs == 1
        else r_factor(np.vstack([factor[:, a * p : (a + 1) * p] for a in range(outputs)]))
    )
    return stacked if basis is None else stacked @ basis
