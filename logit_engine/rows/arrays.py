"""Arrays of a caller: checked in this one place, and made into what the engine trusts."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from logit_engine.errors import DataError
from logit_engine.rows.blas_threads import cores
from logit_engine.rows.column_numbers import Numbers, number_table
from logit_engine.rows.pass_threads import results_in_order

Array = NDArray[np.float64]

MAX_MAGNITUDE = 1e150  # of a number: the sum of a few squares is still finite
MIN_THREADED_NUMBERS = 2**22  # of an array that threads read
READING_THREADS = 4


def number_matrix(X: Any, name: str = "X", names: Sequence[str] | None = None) -> Numbers:
    """X as a two-dimensional numeric array, (n, p), not copied if it is one.

    names: of its columns, if it has none. Raises DataError for columns that hold no numbers, and
    for numbers that are missing, infinite or beyond MAX_MAGNITUDE.
    """
    out = number_table(X, name)
    if out.ndim == 1:
        out = out[:, None]
    if out.ndim != 2:
        raise DataError(f"{name} has {out.ndim} dimensions; give a table of rows by columns.")
    if out.shape[0] == 0:
        raise DataError(f"{name} has no rows.")
    refuse_unusable(out, name, getattr(X, "columns", names) if names is None else names)
    return out


def refuse_unusable(values: Numbers, name: str, names: Sequence[str] | None = None) -> None:
    """Raises DataError for values, (n, p), that are missing, infinite or beyond MAX_MAGNITUDE.

    The error names row and column of the first one.
    """
    if values.dtype.kind != "f" or is_usable(values):
        return
    is_double = values.dtype.itemsize >= 8  # single precision ends far below MAX_MAGNITUDE
    bad = ~(np.abs(values) <= MAX_MAGNITUDE) if is_double else ~np.isfinite(values)
    if not bad.any():  # many values made the sum of squares large
        return
    row, j = np.argwhere(bad)[0].tolist()
    value, count = values[row, j], int(bad.any(axis=1).sum())
    where = f"row {row}" + (
        "" if values.shape[1] == 1 and names is None else f", column {_column_label(names, j)}"
    )
    if np.isfinite(values[bad]).all():
        raise DataError(
            f"{name} is beyond {MAX_MAGNITUDE:g} in {count} rows (first: {where}, {value:g}), "
            "where squares overflow; divide the column by a power of ten, or drop these rows."
        )
    raise DataError(
        f"{name} is missing or infinite in {count} rows (first: {where}, {value:g}); "
        "drop them, or impute them by a Design."
    )


def _column_label(names: Sequence[str] | None, j: int) -> str:
    return str(j) if names is None else f"'{names[j]}'"


def is_usable(values: Numbers) -> bool:
    """Whether one sum proves that no value, (n[, p]), is missing, infinite or beyond MAX_MAGNITUDE.

    False proves nothing.
    """
    flat = values if values.ndim == 2 else values.reshape(values.shape[0], -1)
    return _sum_of_squares(flat) <= MAX_MAGNITUDE**2


def _sum_of_squares(values: Numbers) -> float:
    """The sum of squares of a table, (n, p), by threads if it is large.

    Squares cannot cancel, so no value hides behind another.
    """

    def part_sum(numbers: Numbers) -> float:
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            return float(np.einsum("ij,ij->", numbers, numbers))

    if values.size < MIN_THREADED_NUMBERS:
        found = part_sum(values)
    else:
        in_memory_order = values if values.strides[0] >= values.strides[1] else values.T
        parts = np.array_split(in_memory_order, READING_THREADS)
        with closing(results_in_order(part_sum, parts, min(READING_THREADS, cores()))) as sums:
            found = sum(sums)
    return float("inf") if np.isnan(found) else found


def sparse_matrix(X: Any, name: str = "X", names: Sequence[str] | None = None) -> csr_array:
    """SciPy's sparse X by rows in float64, (n, p). Raises DataError as `number_matrix` does."""
    if X.ndim != 2 or X.dtype.kind not in "fiub" or X.shape[0] == 0:
        raise DataError(
            f"{name} is sparse, of shape {X.shape} and {X.dtype} values; give rows by columns of "
            "numbers."
        )
    out = csr_array(X, dtype=np.float64)
    bad = np.flatnonzero(~(np.abs(out.data) <= MAX_MAGNITUDE))
    if bad.size:
        row = int(np.searchsorted(out.indptr, bad[0], side="right")) - 1
        column = _column_label(names, int(out.indices[bad[0]]))
        where = f"row {row}, column {column}, {out.data[bad[0]]:g}"
        if np.isfinite(out.data[bad]).all():
            raise DataError(
                f"{name} holds values beyond {MAX_MAGNITUDE:g} (first: {where}); divide the column."
            )
        raise DataError(
            f"{name} holds missing or infinite values; drop their rows (first: {where})."
        )
    return out


def number_vector(values: Any, length: int, name: str, of: str = "rows") -> Array:
    """values as a finite float64 vector, (length,); of: what has one value each.

    Raises DataError.
    """
    out = number_table(values, name)
    if out.ndim == 2 and out.shape[1] == 1:
        out = out[:, 0]
    if out.shape != (length,):
        raise DataError(
            f"{name} has shape {out.shape}; one value for each of the {length} {of} is needed."
        )
    numbers = np.ascontiguousarray(out, dtype=np.float64)
    refuse_unusable(numbers[:, None], name)
    return numbers


def binary_outcome(y: ArrayLike, length: int) -> Array:
    """A binary outcome as float64 in [0, 1], (n,).

    Raises DataError for other values, and for one class.
    """
    out = number_vector(y, length, "y")
    low, high = float(out.min()), float(out.max())
    if low < 0.0 or high > 1.0:
        raise DataError(
            f"y runs from {low:g} to {high:g}; a binary outcome is 0 or 1 (or a share of events "
            "between), and of several classes the rows need their names: give classes."
        )
    if low == high and low in (0.0, 1.0):
        raise DataError(f"y is {low:g} in all {length} rows; a model needs both classes.")
    return out


def class_codes(y: ArrayLike, length: int, classes: int) -> Array:
    """Codes 0..classes-1, (n,), every class among them. Raises DataError otherwise."""
    out = number_vector(y, length, "y")
    present = np.unique(out)
    if not np.array_equal(present, np.arange(classes)):
        listed = ", ".join(f"{value:g}" for value in present[:8])
        raise DataError(
            f"y holds {listed}; it takes the codes 0 to {classes - 1} of {classes} classes, all of "
            "them."
        )
    return out


def offset_values(values: ArrayLike, length: int, outputs: int) -> Array:
    """Offsets, (n,), or (n, outputs) for several linear predictors. Raises DataError otherwise."""
    if outputs == 1:
        return number_vector(values, length, "offset")
    out = number_table(values, "offset")
    if out.shape != (length, outputs):
        raise DataError(
            f"offset has shape {out.shape}; {outputs} values for each of the {length} rows are "
            "needed."
        )
    refuse_unusable(out, "offset", getattr(values, "columns", None))
    return np.asarray(out, dtype=np.float64)


def refuse_repeated_names(names: Sequence[str], what: str) -> None:
    """Raises DataError for the first name that two share; what: columns or terms."""
    seen: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in seen:
            raise DataError(
                f"two {what} are named '{name}' (at positions {seen[name]} and {position}); give "
                "each a name of its own."
            )
        seen[name] = position


def row_weights(values: ArrayLike, length: int, name: str) -> Array:
    """Row weights, (n,), none negative, not all zero. Raises DataError otherwise."""
    out = number_vector(values, length, name)
    if out.min() < 0.0:
        raise DataError(
            f"{name} is {out.min():g} in row {int(out.argmin())}; weights cannot be negative."
        )
    if not out.any():
        raise DataError(f"{name} is zero in all {length} rows.")
    return out
