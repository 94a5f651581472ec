"""An independent fit of a stored model: its design rebuilt from its description, fitted anew.

No code of the engine takes part: the columns are made by NumPy from the description that the model
file holds, statsmodels fits what has no penalty, and Newton's method in twenty lines what has one.
"""

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import statsmodels.api as sm

MISSING_LEVEL = "(missing)"
MAX_STEPS, MIN_STEP = 200, 1e-13


def largest_difference(folder: Path, rows: pl.DataFrame, strength: float | None) -> float:
    """The largest difference of a coefficient from the independent one, on the scale of X.

    folder: of a run. rows: its training rows. strength: of a ridge, on the mean log-likelihood. A
    difference is relative to the coefficient if that is larger than one.
    """
    file = folder / "model.parquet"
    content = json.loads(pq.read_metadata(file).metadata[b"logit_engine"])
    X = design_matrix(content["design"], rows)
    classes = [str(label) for label in content["target"]["classes"]]
    labels = rows[content["target"]["column"]].cast(pl.String).to_list()
    y = class_codes(classes, labels)
    stored = pl.read_parquet(file)["standardized"].to_numpy().reshape(len(classes) - 1, -1)
    fitted = (
        ridge_fit(X, y, len(classes), strength * y.size)
        if strength
        else unpenalized_fit(X, y, len(classes))
    )
    return float((np.abs(stored - fitted) / np.maximum(1.0, np.abs(fitted))).max())


def class_codes(classes: list[str], labels: list[str]) -> np.ndarray:
    """The code of each row's class; of several values that are one event the class joins them."""
    if set(labels) <= set(classes):
        return np.array([classes.index(label) for label in labels])
    events = classes[1].split(" or ")
    return np.array([int(label in events) for label in labels])


def design_matrix(design: Mapping[str, Any], rows: pl.DataFrame) -> np.ndarray:
    """The columns in the order of the terms: constant, numbers, indicators, levels. (n, p)."""
    columns = []
    terms = design["terms"]
    for term in terms["numeric"]:
        values = numbers(rows, term["name"], term["fill"])
        columns.append((values - term["center"]) / term["scale"])
    for term in terms["indicators"]:
        missing = [rows[name].cast(pl.Float64).fill_nan(None).is_null() for name in term["sources"]]
        columns.append(np.any([column.to_numpy() for column in missing], axis=0).astype(float))
    for term in terms["categorical"]:
        code_of = dict(zip(term["known"], term["codes"], strict=True))
        levels = rows[term["name"]].cast(pl.String).fill_null(MISSING_LEVEL).to_list()
        codes = np.array([code_of[level] for level in levels])
        columns += [(codes == code).astype(float) for code in range(len(term["columns"]))]
    kept = [column for i, column in enumerate(columns) if i not in design["dropped"]]
    return np.column_stack([np.ones(rows.height), *kept])


def numbers(rows: pl.DataFrame, name: str, fill: float | None) -> np.ndarray:
    """A column as numbers, missing ones filled."""
    values = rows[name].cast(pl.Float64)
    return (values if fill is None else values.fill_nan(None).fill_null(fill)).to_numpy()


def unpenalized_fit(X: np.ndarray, y: np.ndarray, classes: int) -> np.ndarray:
    """Maximum likelihood by statsmodels, (classes - 1, p)."""
    model = (sm.Logit if classes == 2 else sm.MNLogit)(y, X)
    found = model.fit(disp=0, method="newton", maxiter=100, tol=1e-14)
    return np.atleast_2d(np.asarray(found.params).T)


def ridge_fit(X: np.ndarray, y: np.ndarray, classes: int, strength: float) -> np.ndarray:
    """The minimum of minus the log-likelihood plus strength / 2 times the squares of all
    coefficients but the constants, by Newton's method with halved steps, (classes - 1, p).
    """
    p = X.shape[1]
    theta = np.zeros((classes - 1, p))
    weight = np.full(theta.shape, strength)
    weight[:, 0] = 0.0
    hit = np.eye(classes)[y][:, 1:]

    def value(theta: np.ndarray) -> float:
        eta = np.column_stack([np.zeros(y.size), X @ theta.T])
        loglik = eta[np.arange(y.size), y] - np.logaddexp.reduce(eta, axis=1)
        return float(0.5 * (weight * theta**2).sum() - loglik.sum())

    for _ in range(MAX_STEPS):
        eta = np.column_stack([np.zeros(y.size), X @ theta.T])
        share = np.exp(eta - np.logaddexp.reduce(eta, axis=1)[:, None])[:, 1:]
        gradient = (share - hit).T @ X + weight * theta
        hessian = np.diag(weight.ravel())
        for i, j in product(range(classes - 1), repeat=2):
            curvature = share[:, i] * ((i == j) - share[:, j])
            hessian[i * p : (i + 1) * p, j * p : (j + 1) * p] += X.T @ (X * curvature[:, None])
        step = np.linalg.solve(hessian, gradient.ravel()).reshape(theta.shape)
        size, before = 1.0, value(theta)
        while size > 1e-4 and value(theta - size * step) > before + 1e-9 * abs(before):
            size /= 2.0
        theta = theta - size * step
        if np.abs(step).max() < MIN_STEP * max(1.0, np.abs(theta).max()):
            break
    return theta
