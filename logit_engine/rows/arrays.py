"""Arrays at the door: one place where what a caller hands in is checked and made into what the engine trusts."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from logit_engine.errors import DataError
from logit_engine.rows.column_numbers import Numbers, table

Array = NDArray[np.float64]

LARGEST = 1e150  # magnitude of a number that can be used: the sum of a few squares is still finite
LARGE = 2**22  # numbers, from which threads read them
PARTS = 4  # at once


def matrix(X: Any, name: str = "X", names: Sequence[str] | None = None) -> Numbers:
    """X as a two-dimensional numeric array, (n, p), not copied if it is one; names: of its columns, where it has none.

    Raises DataError for columns that hold no numbers, for missing or infinite ones, and for those beyond LARGEST.
    """
    out = table(X, name)
    if out.ndim == 1:
        out = out[:, None]
    if out.ndim != 2:
        raise DataError(f"{name} has {out.ndim} dimensions; give a table of rows by columns.")
    if out.shape[0] == 0:
        raise DataError(f"{name} has no rows.")
    refuse_unusable(out, name, getattr(X, "columns", names) if names is None else names)
    return out


def refuse_unusable(values: Numbers, name: str, names: Sequence[str] | None = None) -> None:
    """Raises DataError naming row and column of the first value that is missing, infinite or beyond LARGEST, (n, p)."""
    if values.dtype.kind != "f" or is_usable(values):
        return
    wide = values.dtype.itemsize >= 8  # single precision ends far below
    bad = ~(np.abs(values) <= LARGEST) if wide else ~np.isfinite(values)
    if not bad.any():  # their number made the sum large
        return
    row, j = np.argwhere(bad)[0].tolist()
    value, count = values[row, j], int(bad.any(axis=1).sum())
    where = f"row {row}" + ("" if values.shape[1] == 1 and names is None else f", column {_called(names, j)}")
    if np.isfinite(values[bad]).all():
        raise DataError(
            f"{name} is beyond {LARGEST:g} in {count} rows (first: {where}, {value:g}), where squares overflow; "
            "divide the column by a power of ten, or drop these rows."
        )
    raise DataError(
        f"{name} is missing or infinite in {count} rows (first: {where}, {value:g}); "
        "drop them, or impute them by a Design."
    )


def _called(names: Sequence[str] | None, j: int) -> str:
    return str(j) if names is None else f"'{names[j]}'"


def is_usable(values: Numbers) -> bool:
    """Whether one sum shows that no value is missing, infinite or beyond LARGEST; False proves nothing. (n[, p])."""
    return _squares(values if values.ndim == 2 else values.reshape(values.shape[0], -1)) <= LARGEST**2


def _squares(values: Numbers) -> float:
    """The sum of squares of a table, (n, p), by threads where it is large: no value can hide in it behind another."""

    def part(numbers: Numbers) -> float:
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            return float(np.einsum("ij,ij->", numbers, numbers))

    if values.size < LARGE:
        found = part(values)
    else:
        along = values if values.strides[0] >= values.strides[1] else values.T
        with ThreadPoolExecutor(PARTS) as pool:
            found = sum(pool.map(part, np.array_split(along, PARTS)))
    return float("inf") if np.isnan(found) else found


def sparse(X: Any, name: str = "X", names: Sequence[str] | None = None) -> csr_array:
    """SciPy's sparse X by rows in float64, (n, p). Raises DataError as `matrix` does."""
    if X.ndim != 2 or X.dtype.kind not in "fiub" or X.shape[0] == 0:
        raise DataError(f"{name} is sparse, of shape {X.shape} and {X.dtype} values; give rows by columns of numbers.")
    out = csr_array(X, dtype=np.float64)
    bad = np.flatnonzero(~(np.abs(out.data) <= LARGEST))
    if bad.size:
        row = int(np.searchsorted(out.indptr, bad[0], side="right")) - 1
        where = f"row {row}, column {_called(names, int(out.indices[bad[0]]))}, {out.data[bad[0]]:g}"
        if np.isfinite(out.data[bad]).all():
            raise DataError(f"{name} holds values beyond {LARGEST:g} (first: {where}); divide the column.")
        raise DataError(f"{name} holds missing or infinite values; drop their rows (first: {where}).")
    return out


def vector(values: Any, length: int, name: str, of: str = "rows") -> Array:
    """values as a finite float64 vector, (length,); of: what has one value each. Raises DataError otherwise."""
    out = table(values, name)
    if out.ndim == 2 and out.shape[1] == 1:
        out = out[:, 0]
    if out.shape != (length,):
        raise DataError(f"{name} has shape {out.shape}; one value for each of the {length} {of} is needed.")
    numbers = np.ascontiguousarray(out, dtype=np.float64)
    refuse_unusable(numbers[:, None], name)
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
    out = table(values, "offset")
    if out.shape != (length, outputs):
        raise DataError(f"offset has shape {out.shape}; {outputs} values for each of the {length} rows are needed.")
    refuse_unusable(out, "offset", getattr(values, "columns", None))
    return np.asarray(out, dtype=np.float64)


def distinct(names: Sequence[str], what: str) -> None:
    """Raises DataError naming the first name that two columns or terms share; what: is named so."""
    seen: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in seen:
            raise DataError(
                f"two {what} are named '{name}' (at positions {seen[name]} and {position}); give each a name of its own."
            )
        seen[name] = position


def weights(values: ArrayLike, length: int, name: str) -> Array:
    """Row weights, (n,), none negative, not all zero. Raises DataError otherwise."""
    out = vector(values, length, name)
    if out.min() < 0.0:
        raise DataError(f"{name} is {out.min():g} in row {int(out.argmin())}; weights cannot be negative.")
    if not out.any():
        raise DataError(f"{name} is zero in all {length} rows.")
    return out
