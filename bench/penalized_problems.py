"""Problems of bench/penalized.py: rows, strengths, and the residual by which a fit is judged."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import expit, softmax

RESIDUAL = 1e-6


@dataclass(frozen=True)
class Problem:
    """X (n, p), codes y (n,), the strengths in falling order and the share of l1; folds: of a
    cross-validation, or 0.

    beside_penalty: a residual is measured by the penalty, else by the gradient of the null model.
    """

    X: Any
    y: np.ndarray
    strengths: np.ndarray
    l1_ratio: float
    folds: int = 0
    beside_penalty: bool = False

    @property
    def classes(self) -> int:
        return int(self.y.max()) + 1

    def probabilities(self, eta: np.ndarray) -> np.ndarray:
        return expit(eta) if self.classes == 2 else softmax(eta, axis=1)

    def slopes(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gradient of the mean log-loss in the coefficients, (p[, K]), and in the
        intercepts.
        """
        target = self.y if self.classes == 2 else np.eye(self.classes)[self.y.astype(int)]
        residual = (self.probabilities(eta) - target) / self.y.size
        return self.X.T @ residual, residual.sum(axis=0)

    def residual(
        self, coef: np.ndarray, intercept: Any, strength: float, held: bool = False
    ) -> float:
        """The largest distance of minus the gradient to the penalty's subdifferential, over what it
        is measured by.

        held: the penalty is on the intercept as well.
        """
        coef = np.asarray(coef, dtype=np.float64)
        w = coef.reshape(-1) if self.classes == 2 else coef.reshape(self.classes, -1).T
        b = float(np.ravel(intercept)[0]) if self.classes == 2 else np.ravel(intercept)
        slope, constant = self.slopes(self.X @ w + b)
        slope = slope + strength * (1.0 - self.l1_ratio) * w
        kink = strength * self.l1_ratio
        away = np.where(
            w != 0.0, np.abs(slope + kink * np.sign(w)), np.maximum(np.abs(slope) - kink, 0.0)
        )
        alone = np.abs(constant + held * kink * np.sign(b) + held * (strength - kink) * b)
        return float(max(away.max(), alone.max()) / self.unit(strength))

    def unit(self, strength: float) -> float:
        """What a residual is measured by: at `RESIDUAL` of it a solution is accurate enough."""
        if not self.beside_penalty:
            return self.null_slope()
        return max(1e-3 * strength, 32.0 * float(np.finfo(float).eps) * 0.5) / RESIDUAL

    def null_slope(self) -> float:
        shares = np.bincount(self.y.astype(int)) / self.y.size
        eta = np.log(shares[1] / shares[0]) if self.classes == 2 else np.log(shares)
        return float(
            np.abs(self.slopes(np.broadcast_to(eta, self.y.shape + np.shape(eta)))[0]).max()
        )


def dense(n: int, p: int, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Equally correlated normal columns (0.2), a tenth of them with effects that fall off,
    events of about 30%.
    """
    rng = np.random.default_rng(20261121)
    X = np.sqrt(0.8) * rng.standard_normal((n, p)) + np.sqrt(0.2) * rng.standard_normal((n, 1))
    effects = np.zeros((p, classes - 1))
    some = max(5, p // 10)
    effects[:some] = (
        rng.standard_normal((some, classes - 1)) / np.sqrt(1.0 + np.arange(some))[:, None]
    )
    eta = np.c_[np.ones(n), X @ effects]
    return X, (rng.gumbel(size=eta.shape) + eta).argmax(axis=1).astype(np.float64)


def sparse(n: int, p: int, density: float) -> tuple[Any, np.ndarray]:
    """Counts-like sparse columns, a hundred of them with effects."""
    rng = np.random.default_rng(20261121)
    X = sp.random_array(
        (n, p),
        density=density,
        format="csr",
        rng=rng,
        data_sampler=lambda size: rng.exponential(size=size),
    )
    effects = np.zeros(p)
    effects[rng.choice(p, 100, replace=False)] = 3.0 * rng.standard_normal(100)
    eta = X @ effects
    return X, (rng.random(n) < expit(eta - 0.5)).astype(np.float64)


def one_hot(n: int) -> tuple[Any, np.ndarray]:
    """Four categoricals of 5 to 40 levels, all of them as columns, and five numbers; most have
    effects.
    """
    rng = np.random.default_rng(20261126)
    codes = [rng.integers(0, levels, n) for levels in (5, 10, 20, 40)]
    numbers = rng.standard_normal((n, 5))
    eta = 0.5 * numbers @ rng.standard_normal(5) - 0.5
    for code in codes:
        eta = eta + 0.7 * rng.standard_normal(code.max() + 1)[code]
    parts = [sp.csr_array((np.ones(n), (np.arange(n), code))) for code in codes]
    return sp.csr_array(sp.hstack([sp.csr_array(numbers), *parts])), (
        rng.random(n) < expit(eta)
    ).astype(np.float64)


def wide(n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Normal columns, many more than rows, twenty of them with effects."""
    rng = np.random.default_rng(20261127)
    X = rng.standard_normal((n, p))
    eta = X[:, :20] @ rng.standard_normal(20)
    return X, (rng.random(n) < expit(eta)).astype(np.float64)


def text(n: int, p: int) -> tuple[Any, np.ndarray]:
    """Three classes of texts of some 60 words each, as tf-idf of unit length; common words are
    frequent as Zipf has it, and classes differ in their words.
    """
    rng = np.random.default_rng(20261127)
    common = 1.0 / (np.arange(p) + 10.0)
    topic, lengths = rng.integers(0, 3, n), rng.poisson(60, n) + 5
    documents, words = [], []
    for k in range(3):
        share = common * np.exp(0.5 * rng.standard_normal(p))
        documents.append(np.repeat(np.flatnonzero(topic == k), lengths[topic == k]))
        words.append(rng.choice(p, documents[-1].size, p=share / share.sum()))
    at = (np.concatenate(documents), np.concatenate(words))
    X = sp.csr_array((np.ones(at[0].size), at), shape=(n, p))
    X.sum_duplicates()
    rarity = np.log(n / (1.0 + np.bincount(X.indices, minlength=p))) + 1.0
    X.data = (1.0 + np.log(X.data)) * rarity[X.indices]
    X = sp.csr_array(sp.diags_array(1.0 / np.sqrt(X.power(2).sum(axis=1))) @ X)
    y = np.where(rng.random(n) < 0.1, rng.integers(0, 3, n), topic)
    return X, y.astype(np.float64)


def flights() -> tuple[Any, np.ndarray]:
    """The training flights, one-hot with all levels, numbers standardized and their gaps at the
    mean, as a sparse matrix.
    """
    import polars as pl

    frame = pl.read_parquet(Path(__file__).parents[1] / "data/flights/train/*.parquet").drop_nulls(
        "late"
    )
    numbers = frame.select("distance", "temp", "humid", "wind_speed", "precip", "visib").cast(
        pl.Float64
    )
    X = numbers.select((pl.all() - pl.all().mean()) / pl.all().std()).fill_null(0.0).to_numpy()
    parts = [sp.csr_array(X)]
    for column in frame.select("carrier", "origin", "dest", "hour").iter_columns():
        levels = column.rank("dense").to_numpy().astype(int) - 1
        parts.append(sp.csr_array((np.ones(levels.size), (np.arange(levels.size), levels))))
    return sp.csr_array(sp.hstack(parts)), frame["late"].cast(pl.Float64).to_numpy()


def problem(name: str) -> Problem:
    """A case by its name: data, then what is fitted."""
    data, task = name.split("/")
    X, y = {
        "dense_200k_50": lambda: dense(200_000, 50),
        "dense_20k_2000": lambda: dense(20_000, 2000),
        "sparse_50k_50k": lambda: sparse(50_000, 50_000, 0.001),
        "flights": flights,
        "classes5_200k_50": lambda: dense(200_000, 50, classes=5),
        "one_hot_1k": lambda: one_hot(1000),
        "one_hot_50k": lambda: one_hot(50_000),
        "wide_500_5000": lambda: wide(500, 5000),
        "text3_20k_50k": lambda: text(20_000, 50_000),
    }[data]()
    task, _, C = task.partition("_at_")
    ratio = {"net": 0.5, "l2": 0.0, "l1": 1.0, "path": 0.5, "cv": 0.5, "cv_l2": 0.0}[task]
    top = Problem(X, y, np.zeros(0), ratio).null_slope() / max(ratio, 1e-3)
    least = -3.0 if X.shape[0] > X.shape[1] else -2.0  # as glmnet has it, roughly
    if C:
        strengths = np.array([1.0 / (float(C) * y.size)])
    elif task == "path":
        strengths = top * np.logspace(0.0, least, 100)
    elif task == "cv":
        strengths = top * np.logspace(0.0, least, 30)
    elif task == "cv_l2":
        strengths = 1.0 / np.logspace(-4, 4, 10) / y.size
    else:
        strengths = np.array([0.05 * top if task == "l1" else 1.0 / y.size])
    if sp.issparse(X):  # the indices that all peers take
        X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    return Problem(
        X, y, np.sort(strengths)[::-1], ratio, 10 if task.startswith("cv") else 0, bool(C)
    )
