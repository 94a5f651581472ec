"""The data of the in-memory cases, the same in every process, and how far a fit of them is from
the maximum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from scipy.special import expit, softmax

SEED = 20261125
NUMBERS = ("distance", "temp", "humid", "wind_speed", "precip", "visib")
CODES = ("carrier", "origin", "dest", "hour")
RARE = 100  # flights of a level; rarer ones are pooled, or one of them separates


@dataclass(frozen=True)
class Problem:
    """X (n, p) without a constant, y (n,) codes; frame: the same rows as a table with
    categoricals, where there is one.
    """

    X: Any
    y: np.ndarray
    frame: pl.DataFrame | None = None

    @property
    def classes(self) -> int:
        """How many values y has."""
        return int(self.y.max()) + 1

    def probabilities(self, coef: np.ndarray, intercept: Any) -> np.ndarray:
        """Of the event (n,), or of each class (n, K). coef: (p,), or (K, p)."""
        eta = self.X @ coef.T + intercept
        return np.asarray(expit(eta) if self.classes == 2 else softmax(eta, axis=1))

    def residual(self, probabilities: np.ndarray) -> float:
        """max |X'(mu - y)|, a column counting by its root mean square, over the same of the null
        model.
        """
        return self._largest_slope(probabilities) / self._null

    @cached_property
    def _null(self) -> float:
        shares = np.bincount(self.y.astype(int)) / self.y.size
        return self._largest_slope(
            np.broadcast_to(shares[1] if self.classes == 2 else shares, self._target.shape)
        )

    @cached_property
    def _target(self) -> np.ndarray:
        return self.y if self.classes == 2 else np.eye(self.classes)[self.y.astype(int)]

    @cached_property
    def _size(self) -> np.ndarray:
        squares = (
            self.X.multiply(self.X).sum(axis=0)
            if sp.issparse(self.X)
            else np.einsum("ij,ij->j", self.X, self.X)
        )
        return np.sqrt(np.asarray(squares).reshape(-1) / self.y.size)

    def _largest_slope(self, probabilities: np.ndarray) -> float:
        rest = probabilities - self._target
        slopes = self.X.T @ rest
        by_size = np.abs(slopes) / (self._size if slopes.ndim == 1 else self._size[:, None])
        return float(max(by_size.max(), np.abs(rest.sum(axis=0)).max()))


def outcome(X: np.ndarray, effects: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Events of about 40%, by effects of a fixed size."""
    return (rng.random(X.shape[0]) < expit(X @ effects - 0.5)).astype(np.float64)


def iid(n: int, p: int) -> Problem:
    """Independent normal columns, each of a small effect."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((n, p))
    return Problem(X, outcome(X, rng.standard_normal(p) / np.sqrt(p), rng))


def correlated(n: int, p: int) -> Problem:
    """Columns that follow one another as an AR(0.95) does: the condition number of their
    correlations is about 1000.
    """
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = 0.95 * X[:, j - 1] + np.sqrt(1.0 - 0.95**2) * X[:, j]
    return Problem(X, outcome(X, rng.standard_normal(p) / np.sqrt(p), rng))


def scales(n: int, p: int) -> Problem:
    """The independent columns on scales from 1e-3 to 1e3."""
    at = iid(n, p)
    at.X[:] *= np.logspace(-3, 3, p)
    return at


def classes(n: int, p: int) -> Problem:
    """Independent normal columns, five classes."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((n, p))
    eta = X @ rng.standard_normal((p, 5)) / np.sqrt(p)
    return Problem(X, (eta + rng.gumbel(size=eta.shape)).argmax(axis=1).astype(np.float64))


def flights(n: int, p: int) -> Problem:
    """The first n flights that have an outcome: gaps filled by means, rare levels pooled, so that
    all fit the same model.

    X: the numbers, standardized, with one indicator of missing weather and all levels one-hot.
    """
    files = Path(__file__).parents[1] / "data/flights/train/*.parquet"
    raw = pl.read_parquet(files, columns=["late", *NUMBERS, *CODES]).drop_nulls("late").head(n)
    gaps = (
        pl.any_horizontal(pl.col("temp", "humid").is_null())
        .cast(pl.Float64)
        .alias("missing_weather")
    )
    numbers = [pl.col(name).cast(pl.Float64).fill_null(pl.col(name).mean()) for name in NUMBERS]
    levels = [
        pl.when(pl.len().over(name) < RARE)
        .then(pl.lit("(few)"))
        .otherwise(pl.col(name).cast(pl.String))
        .alias(name)
        for name in CODES
    ]
    frame = raw.select("late", *numbers, gaps, *levels)
    frame = frame.with_columns((pl.col(NUMBERS) - pl.col(NUMBERS).mean()) / pl.col(NUMBERS).std())
    frame = frame.with_columns(
        pl.col(name).cast(pl.Enum(frame[name].unique().sort())) for name in CODES
    )
    parts = [sp.csr_array(frame.select(*NUMBERS, "missing_weather").to_numpy())]
    for name in CODES:
        codes = frame[name].to_physical().to_numpy()
        parts.append(sp.csr_array((np.ones(codes.size), (np.arange(codes.size), codes))))
    return Problem(sp.csr_array(sp.hstack(parts)), frame["late"].cast(pl.Float64).to_numpy(), frame)


MAKERS: dict[str, Callable[[int, int], Problem]] = {
    "iid": iid,
    "correlated": correlated,
    "scales": scales,
    "classes": classes,
    "flights": flights,
}
