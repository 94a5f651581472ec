"""Collinearity: which columns are combinations of which others, read from a triangular factor of X."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.triangles import aliased, r_factor, triangular_inverse


def aliases(R: Array, resolution: Array, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Each aliased column with the earlier columns it is a combination of (none: it is constant or zero).

    R: (p, p), the triangular factor of the inner columns; resolution: (p,), see `aliased`. As in R's glm, the later
    column is the alias.
    """
    bad = aliased(R, resolution)
    kept = np.flatnonzero(~bad)
    norms = np.sqrt(np.einsum("ij,ij->j", R, R))
    found = {}
    for j in np.flatnonzero(bad).tolist():
        before = kept[kept < j]
        share = _combination(R, before, j) * norms[before]
        size = np.abs(share)
        found[names[j]] = tuple(names[i] for i in before[size > 1e-6 * max(size.max(initial=0.0), norms[j])])
    return found


def _combination(R: Array, before: np.ndarray, j: int) -> Array:
    """The coefficients of column j on the kept columns before it."""
    if before.size == 0 or not np.any(R[:, j]):
        return np.zeros(before.size)
    q, triangle = np.linalg.qr(R[:, before])
    return np.asarray(solve_triangular(triangle, q.T @ R[:, j]))


def explain_aliases(found: dict[str, tuple[str, ...]]) -> str:
    """One sentence that names every aliased column and what to do."""
    parts = []
    for name, sources in found.items():
        if not sources:
            parts.append(f"column '{name}' is constant")
        else:
            listed = ", ".join(f"'{s}'" for s in sources[:5]) + (" and others" if len(sources) > 5 else "")
            parts.append(f"column '{name}' is a linear combination of {listed}")
    return "; ".join(parts) + ". Drop one column of each set: the coefficients are not identified."


def variance_inflation(R: Array) -> Array:
    """How many times the other columns inflate each coefficient's variance, (p,); infinite for combinations of others.

    R: (p, p), the triangular factor of the columns, centered and without the constant where the model has one.
    VIF_j = |column j of R|^2 |row j of R^-1|^2, over the columns that are no alias. Belsley, Kuh & Welsch (1980), 3.2.
    """
    p = R.shape[1]
    found = aliases(R, np.zeros(p), [str(j) for j in range(p)])
    involved = [int(i) for name, sources in found.items() for i in (name, *sources)]
    kept = [j for j in range(p) if str(j) not in found]
    inverse = triangular_inverse(r_factor(R[:, kept]))
    inflation = np.full(p, np.inf)
    inflation[kept] = np.einsum("ij,ij->j", R, R)[kept] * np.einsum("ij,ij->i", inverse, inverse)
    inflation[involved] = np.inf
    return inflation
