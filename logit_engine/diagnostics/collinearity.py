"""Collinearity: which columns are combinations of others, read from a triangular factor of X."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.linalg import solve_triangular

from logit_engine.columns import Array, Coordinates
from logit_engine.objective.triangles import aliased, r_factor, triangular_inverse

# Of the largest part of a column in a combination: columns with smaller parts are not named.
MIN_NAMED_PART = 0.1
MAX_NAMED_SOURCES = 5


def aliases(
    R: Array, resolution: Array, names: Sequence[str], coordinates: Coordinates | None = None
) -> dict[str, tuple[str, ...]]:
    """Each aliased column with the earlier columns of its combination (none: it is constant).

    R: (p, p), the triangular factor of the inner columns; resolution: (p,), see `aliased`.
    coordinates: the centers of the columns, to name the constant where it is part of a combination.
    As in R's glm, the later column is the alias.
    """
    bad = aliased(R, resolution)
    kept = np.flatnonzero(~bad)
    norms = np.sqrt(np.einsum("ij,ij->j", R, R))
    found = {}
    for j in np.flatnonzero(bad).tolist():
        before = kept[kept < j]
        share = _combination_shares(R, before, j)
        size = np.abs(share) * norms[before]
        sources = set(before[size > 1e-6 * max(size.max(initial=0.0), norms[j])].tolist())
        if sources and coordinates is not None and _centers_differ(coordinates, before, share, j):
            sources.add(coordinates.constant)
        found[names[j]] = tuple(names[i] for i in sorted(sources))
    return found


def _centers_differ(coordinates: Coordinates, before: np.ndarray, share: Array, j: int) -> bool:
    """Whether column j and its combination differ in center, so that the constant is a part."""
    if coordinates.constant is None:
        return False
    apart = np.zeros(coordinates.scale.size)
    apart[j], apart[before] = 1.0, -share
    parts = coordinates.center * apart / coordinates.scale
    return bool(abs(parts.sum()) > 1e-6 * np.abs(parts).max(initial=0.0))


def _combination_shares(R: Array, before: np.ndarray, j: int) -> Array:
    """The coefficients of column j on the kept columns before it."""
    if before.size == 0 or not np.any(R[:, j]):
        return np.zeros(before.size)
    q, triangle = np.linalg.qr(R[:, before])
    return np.asarray(solve_triangular(triangle, q.T @ R[:, j]))


def nearly_collinear(R: Array, least: float) -> list[int]:
    """Which columns of R, (p, p), are part of a combination that nearly vanishes.

    Its size, with columns of unit length, is below `least` of the largest.
    """
    lengths = np.linalg.norm(R, axis=0)
    _, sizes, V = np.linalg.svd(R / np.where(lengths > 0.0, lengths, 1.0))
    parts = np.abs(V[sizes < least * sizes.max(initial=0.0)]).max(axis=0, initial=0.0)
    return np.flatnonzero(parts > MIN_NAMED_PART * parts.max(initial=0.0)).tolist()


def explain_aliases(found: Mapping[str, tuple[str, ...]]) -> str:
    """One sentence that names every aliased column and what to do."""
    clauses = "; ".join(alias_clause(name, sources) for name, sources in found.items())
    return f"{clauses}. Drop one column of each set: the coefficients are not identified."


def alias_clause(name: str, sources: Sequence[str]) -> str:
    """What an aliased column is. sources: the earlier columns of its combination."""
    if not sources:
        return f"column '{name}' is constant"
    listed = ", ".join(f"'{source}'" for source in sources[:MAX_NAMED_SOURCES])
    others = " and others" if len(sources) > MAX_NAMED_SOURCES else ""
    return f"column '{name}' is a linear combination of {listed}{others}"


def variance_inflation(R: Array) -> Array:
    """How many times the other columns inflate each coefficient's variance, (p,).

    Infinite for combinations of others.

    R: (p, p), the triangular factor of the columns, centered and without the constant where the
    model has one. VIF_j = |column j of R|^2 |row j of R^-1|^2, over the columns that are no alias.
    Belsley, Kuh & Welsch (1980), 3.2.
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
