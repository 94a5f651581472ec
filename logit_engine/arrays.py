"""Arrays at the door: one place where what a caller hands in is checked and made into what the engine trusts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from logit_engine.errors import DataError

Array = NDArray[np.float64]

LARGE = 2**22  # numbers, from which threads read them
PARTS = 4  # at once


def matrix(X: ArrayLike, name: str = "X") -> NDArray[np.floating | np.integer]:
    """X as a two-dimensional numeric array, (n, p), not copied if it is one. Raises DataError for anything else."""
    out = np.asarray(X)
    if out.dtype.kind == "O" and all(getattr(kind, "kind", "O") in "fiub" for kind in getattr(X, "dtypes", [None])):
        out = X.to_numpy(dtype=np.float64, na_value=np.nan)  # type: ignore[union-attr]  # pandas' nullable columns
    if out.ndim == 1:
        out = out[:, None]
    if out.ndim != 2:
        raise DataError(f"{name} has {out.ndim} dimensions; give a table of rows by columns.")
    if out.dtype.kind == "b":
        out = out.astype(np.float64)
    if out.dtype.kind not in "fiu":
        raise DataError(f"{name} holds {out.dtype} values; encode them as numbers, or describe them by a Design.")
    if out.shape[0] == 0:
        raise DataError(f"{name} has no rows.")
    if out.dtype.kind == "f" and not np.isfinite(_sum(out)):  # of infinities of both signs the sum is no number either
        _refuse_non_finite(out, name)
    return out


def _sum(values: NDArray[np.floating]) -> float:
    """The sum of a table, (n, p), by threads where it is large."""

    def part(numbers: NDArray[np.floating]) -> float:
        with np.errstate(invalid="ignore", over="ignore"):
            return float(numbers.sum(dtype=np.float64))

    if values.size < LARGE:
        return part(values)
    along = values if values.strides[0] >= values.strides[1] else values.T
    with ThreadPoolExecutor(PARTS) as pool, np.errstate(invalid="ignore"):
        return float(np.sum(list(pool.map(part, np.array_split(along, PARTS)))))


def sparse(X: Any, name: str = "X") -> csr_array:
    """SciPy's sparse X by rows in float64, (n, p). Raises DataError for anything but finite numbers, and for no rows."""
    if X.ndim != 2 or X.dtype.kind not in "fiub" or X.shape[0] == 0:
        raise DataError(f"{name} is sparse, of shape {X.shape} and {X.dtype} values; give rows by columns of numbers.")
    out = csr_array(X, dtype=np.float64)
    if not np.isfinite(out.data).all():
        raise DataError(f"{name} holds missing or infinite values; drop their rows.")
    return out


def vector(values: ArrayLike, length: int, name: str, of: str = "rows") -> Array:
    """values as a finite float64 vector, (length,); of: what has one value each. Raises DataError otherwise."""
    out = np.asarray(values)
    if out.dtype.kind not in "fiub":
        raise DataError(f"{name} holds {out.dtype} values; give numbers.")
    if out.shape != (length,):
        raise DataError(f"{name} has shape {out.shape}; one value for each of the {length} {of} is needed.")
    numbers = np.ascontiguousarray(out, dtype=np.float64)
    if not np.isfinite(numbers).all():
        _refuse_non_finite(numbers[:, None], name)
    return numbers


def outcome(y: ArrayLike, length: int) -> Array:
    """A binary outcome as float64 in [0, 1], (n,). Raises DataError for other values, and if only one class is there."""
    out = vector(y, length, "y")
    low, high = float(out.min()), float(out.max())
    if low < 0.0 or high > 1.0:
        raise DataError(
            f"y runs from {low:g} to {high:g}; a binary outcome is 0 or 1 (or a share of events between), and of several "
            "classes the rows need their names: give classes."
        )
    if low == high and low in (0.0, 1.0):
        raise DataError(f"y is {low:g} in all {length} rows; a model needs both classes.")
    return out


def codes(y: ArrayLike, length: int, classes: int) -> Array:
    """Codes 0..classes-1 of a class each, (n,), every class among them. Raises DataError otherwise."""
    out = vector(y, length, "y")
    there = np.unique(out)
    if not np.array_equal(there, np.arange(classes)):
        listed = ", ".join(f"{value:g}" for value in there[:8])
        raise DataError(f"y holds {listed}; it takes the codes 0 to {classes - 1} of {classes} classes, all of them.")
    return out


def offsets(values: ArrayLike, length: int, outputs: int) -> Array:
    """Offsets, (n,), or (n, outputs) for several linear predictors. Raises DataError otherwise."""
    if outputs == 1:
        return vector(values, length, "offset")
    out = np.asarray(values)
    if out.shape != (length, outputs):
        raise DataError(f"offset has shape {out.shape}; {outputs} values for each of the {length} rows are needed.")
    return np.stack([vector(column, length, "offset") for column in out.T], axis=1)


def weights(values: ArrayLike, length: int, name: str) -> Array:
    """Row weights, (n,), none negative, not all zero. Raises DataError otherwise."""
    out = vector(values, length, name)
    if out.min() < 0.0:
        raise DataError(f"{name} is {out.min():g} in row {int(out.argmin())}; weights cannot be negative.")
    if not out.any():
        raise DataError(f"{name} is zero in all {length} rows.")
    return out


def _refuse_non_finite(values: NDArray[np.floating], name: str) -> None:
    bad = ~np.isfinite(values)
    count = int(bad.any(axis=1).sum())
    if count == 0:  # the sum overflowed, the values did not
        return
    row, column = np.argwhere(bad)[0]
    where = f"row {row}" + (f", column {column}" if values.shape[1] > 1 else "")
    raise DataError(
        f"{name} is missing or infinite in {count} rows (first: {where}, {values[row, column]}); "
        "drop them, or impute them by a Design."
    )
