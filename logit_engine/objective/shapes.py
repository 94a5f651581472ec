"""Shapes of coefficients and of information: flat, (q,), one linear predictor after another, or a
column of each.
"""

from collections.abc import Callable

import numpy as np

from logit_engine.columns import Array, Columns


def by_predictor(theta: Array, outputs: int) -> Array:
    """theta, (q,), with a column for each linear predictor, (p, k).

    Itself for a single predictor.
    """
    return theta if outputs == 1 else np.asarray(theta.reshape(outputs, -1).T)


def flat_coefficients(columns: Array) -> Array:
    """The inverse of `by_predictor`: (p[, k]) to (q,)."""
    return columns.T.reshape(-1)


def model_columns(thetas: Array, outputs: int) -> Array:
    """The thetas of m models, (m, q), with a column for each linear predictor, model by model: (p,
    m k).
    """
    return np.ascontiguousarray(thetas.reshape(thetas.shape[0] * outputs, -1).T)


def block_diagonal(T: Array, outputs: int) -> Array:
    """T, (p, p), on the diagonal once for each linear predictor, (q, q)."""
    return T if outputs == 1 else np.asarray(np.kron(np.eye(outputs), T), dtype=np.float64)


def information_blocks(curvature: Array, gram: Callable[[Array], Array]) -> Array:
    """The information from the rows' curvature, (n,) or (n, k, k): a Gram matrix per pair of
    predictors.
    """
    if curvature.ndim == 1:
        return gram(curvature)
    outputs = curvature.shape[1]
    pairs = {(a, b): gram(curvature[:, a, b]) for a in range(outputs) for b in range(a + 1)}
    return np.block([[pairs[max(a, b), min(a, b)] for b in range(outputs)] for a in range(outputs)])


def signed_gram(X: Columns, w: Array, dtype: type[np.floating] = np.float64) -> Array:
    """X' diag(w) X for w of either sign: the positive and the negative rows apart."""
    if w.min(initial=0.0) >= 0.0:
        return X.gram(w, dtype)
    if w.max(initial=0.0) <= 0.0:
        return -X.gram(-w, dtype)
    return X.gram(np.maximum(w, 0.0), dtype) - X.gram(np.maximum(-w, 0.0), dtype)
