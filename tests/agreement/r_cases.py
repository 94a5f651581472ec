"""What R found, and the numbers it found it from: r/make_references.R wrote both."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

HERE = Path(__file__).parent / "r"
CASES: dict[str, Any] = json.loads((HERE / "references.json").read_text(encoding="utf-8"))["cases"]
BINARY = [name for name, case in CASES.items() if case["link"] != "multinomial"]
SEVERAL = [name for name, case in CASES.items() if case["link"] == "multinomial"]
WAYS = [(name, ways) for name in BINARY for ways in ("one_way", "two_ways") if ways in CASES[name]]
ROWS = [name for name in BINARY if "hat" in CASES[name]]


@dataclass(frozen=True, slots=True)
class Table:
    """A model matrix as R built it, (n, p), the outcome, and what else the rows have, (n,), or
    None.
    """

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    trials: NDArray[np.float64] | None
    offset: NDArray[np.float64] | None
    weight: NDArray[np.float64] | None
    one_way: NDArray[np.float64] | None
    two_ways: NDArray[np.float64] | None


@cache
def table(name: str) -> Table:
    """The rows of a case."""
    frame = pl.read_csv(
        HERE / "data" / f"{CASES[name]['data']}.csv", infer_schema_length=None
    ).cast(pl.Float64)

    def column(name: str) -> Any:
        return frame[name].to_numpy() if name in frame.columns else None

    X = frame.select(f"x{j}" for j in range(len(CASES[name]["terms"]))).to_numpy()
    both = frame.select("cluster", "second").to_numpy() if "second" in frame.columns else None
    return Table(
        X,
        column("y"),
        column("trials"),
        column("offset"),
        column("weight"),
        column("cluster"),
        both,
    )


def off(found: ArrayLike, theirs: ArrayLike, errors: ArrayLike) -> float:
    """The largest difference of estimates, in |estimate| or standard errors, whichever is
    larger.
    """
    b = np.asarray(theirs)
    return float(np.max(np.abs(found - b) / np.maximum(np.abs(b), errors)))


def off_covariance(found: ArrayLike, theirs: ArrayLike) -> float:
    """The largest difference of covariances, in the product of both standard errors."""
    V = np.asarray(theirs)
    s = np.sqrt(np.diagonal(V))
    return float(np.max(np.abs(np.asarray(found) - V) / np.outer(s, s)))


def gap(found: ArrayLike, theirs: ArrayLike) -> float:
    """The largest difference of row values, relative above one, where R has the row (see `clear`
    in the script).
    """
    rows = np.asarray(theirs, dtype=np.float64)
    known = np.isfinite(rows)
    assert known.mean() > 0.9
    return float(
        np.max(np.abs(np.asarray(found) - rows)[known] / np.maximum(np.abs(rows[known]), 1.0))
    )
