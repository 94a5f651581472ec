"""A model's data of NumPy, pandas or Polars as arrays with names; rows with gaps left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
from logit_engine.rows import arrays
from logit_engine.rows.alignment import aligned_rows, row_labels
from logit_engine.rows.column_numbers import (
    frame_columns,
    is_missing,
    library_of,
    number_table,
    refuse_lazy,
    refuse_times,
    without_mask,
)
from logit_engine.rows.memory import cluster_codes

if TYPE_CHECKING:
    import pandas as pd

MAX_SHOWN_NAMES = 5
PROBED_ROWS = 64  # in which a column that varies mostly shows it


@dataclass(frozen=True, slots=True)
class Inputs:
    """The data of a model.

    endog: (n,), as it was given. exog: (n, p). library: whose objects they were. labels: pandas'
    labels of all rows, (n before,), or None. row_values: what else has a value for each row, by
    name, (n,) or (n, m). dropped: how many rows were left out for missing values, by where those
    were. kept: (n before,), which rows stayed.
    """

    endog: NDArray[Any]
    exog: Array
    endog_name: str
    exog_names: tuple[str, ...]
    library: str
    labels: "pd.Index | None"
    row_values: Mapping[str, Array]
    dropped: Mapping[str, int]
    kept: NDArray[np.bool_]

    @property
    def index(self) -> "pd.Index | None":
        """pandas' labels of the rows that stayed, (n,), or None."""
        if self.labels is None or self.kept.all():
            return self.labels
        return self.labels[self.kept]

    def of_rows(self, value: Any, name: str) -> Array:
        """A value, or several, for each row that stayed, (n, ...), as numbers.

        The value is given for these rows or for all rows; pandas' values are matched by label.
        Raises DataError if they cannot be matched, for another number of rows, and for missing or
        infinite values in a row that stayed.
        """
        refuse_column_name(value, name)
        every = self.kept.size
        if np.ndim(value) == 0:
            raise DataError(
                f"{name} is a single value; one for each of the {every:,} rows is needed."
            )
        is_of_all = len(value) == every
        values = number_table(
            aligned_rows(value, self.labels if is_of_all else self.index, name, "exog"), name
        )
        if values.shape[:1] not in ((every,), (int(self.kept.sum()),)):
            raise DataError(
                f"{name} has shape {values.shape}; one value for each of the {every:,} rows is "
                "needed."
            )
        flat = values.reshape(values.shape[0], -1)
        in_fit = np.where(self.kept[:, None], flat, 0.0) if is_of_all else flat
        arrays.refuse_unusable(in_fit, name, getattr(value, "columns", None))
        return np.asarray(values[self.kept] if is_of_all else values, dtype=np.float64)

    def clusters(self, groups: Any) -> NDArray[np.int64]:
        """The codes of the clusters of the rows that stayed, (n, ways).

        The labels are given for these rows or for all rows.
        """
        is_pair = isinstance(groups, tuple | list) and len(groups) == 2 and np.ndim(groups[0]) == 1
        given = np.shape(groups[0] if is_pair else groups)
        n = int(self.kept.sum())
        if given[:1] == (n,):
            return cluster_codes(groups, n, "groups", labels=self.index, of="exog")
        return cluster_codes(
            groups, self.kept.size, "groups", labels=self.labels, of="exog", kept=self.kept
        )


def read_inputs(endog: Any, exog: Any, missing: str, **row_values: object) -> Inputs:
    """endog and exog of any kind as arrays; rows with a missing value are refused, or left out.

    row_values: what else has a value for each row. Raises DataError for shapes that do not fit
    together, for values that are no numbers, and for missing values unless `missing` is "drop";
    UsageError for a policy that does not exist.
    """
    if missing not in ("none", "drop", "raise"):
        raise UsageError(f"missing is '{missing}'; it is 'none', 'drop' or 'raise'.")
    of_exog = row_labels(exog)
    labels = row_labels(endog) if of_exog is None else of_exog
    endog = aligned_rows(endog, labels, "endog", "exog")
    y, X = _outcome_column(endog), exog_matrix(exog)
    if y.shape[0] == 0 or X.shape[1] == 0:
        raise DataError(
            f"endog has {y.shape[0]} rows and exog {X.shape[1]} columns; "
            "a model needs some of both."
        )
    if y.shape[0] != X.shape[0]:
        raise DataError(
            f"endog has {y.shape[0]:,} rows and exog {X.shape[0]:,}; give one outcome for each row."
        )
    labeled = "endog" if of_exog is None else "exog"
    others = {
        name: _values_of_rows(aligned_rows(value, labels, name, labeled), y.shape[0], name)
        for name, value in row_values.items()
        if value is not None
    }
    inputs = Inputs(
        endog=y,
        exog=X,
        endog_name=_endog_name(endog),
        exog_names=_exog_names(exog, X),
        library=library_of(exog) if library_of(exog) != "numpy" else library_of(endog),
        labels=labels,
        row_values=others,
        dropped={},
        kept=np.ones(y.shape[0], dtype=bool),
    )
    return inputs if _is_usable(inputs) else _without_missing(inputs, missing)


def _without_missing(inputs: Inputs, missing: str) -> Inputs:
    """The inputs without rows that have a gap. Raises DataError unless `missing` is "drop"."""
    gaps = {inputs.endog_name: _is_missing(inputs.endog)}
    columns = zip(inputs.exog_names, inputs.exog.T, strict=True)
    gaps |= {name: ~np.isfinite(column) for name, column in columns}
    gaps |= {name: _is_missing(value) for name, value in inputs.row_values.items()}
    dropped = {name: int(mask.sum()) for name, mask in gaps.items() if mask.any()}
    has_gap = np.logical_or.reduce(list(gaps.values()))
    shown = list(dropped.items())[:MAX_SHOWN_NAMES]
    listed = ", ".join(f"'{name}' ({count:,} rows)" for name, count in shown)
    if dropped and missing != "drop":
        first = int(has_gap.argmax())
        where = next(name for name, mask in gaps.items() if mask[first])
        raise DataError(
            f"missing or infinite values in {listed}; first: row {first}, '{where}'. "
            "Drop these rows with missing='drop', or impute them."
        )
    if has_gap.all():
        raise DataError(f"every row has a missing or infinite value: {listed}.")
    kept = ~has_gap
    _refuse_too_large(inputs, kept)
    if not dropped:
        return inputs
    return replace(
        inputs,
        endog=inputs.endog[kept],
        exog=inputs.exog[kept],
        row_values={name: value[kept] for name, value in inputs.row_values.items()},
        dropped=dropped,
        kept=kept,
    )


def _is_usable(inputs: Inputs) -> bool:
    """Whether one sum for each array shows that all values are numbers that can be used.

    A look at each column would cost small fits time. False proves nothing.
    """
    return all(
        values.dtype.kind in "iu" or (values.dtype.kind == "f" and arrays.is_usable(values))
        for values in (inputs.endog, inputs.exog, *inputs.row_values.values())
    )


def _refuse_too_large(inputs: Inputs, kept: NDArray[np.bool_]) -> None:
    """Raises DataError for a number whose square overflows, in a row that stays."""
    tables: dict[str, tuple[Array, Sequence[str] | None]] = {
        "exog": (inputs.exog, inputs.exog_names)
    }
    others = dict(inputs.row_values)
    if inputs.endog.dtype.kind == "f":
        others[inputs.endog_name] = inputs.endog
    tables |= {name: (value.reshape(value.shape[0], -1), None) for name, value in others.items()}
    for name, (values, names) in tables.items():
        in_fit = values if kept.all() else np.where(kept[:, None], values, 0.0)
        arrays.refuse_unusable(in_fit, name, names)


def _is_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows hold no value: nan, infinite, or None."""
    mask = ~np.isfinite(values) if values.dtype.kind == "f" else is_missing(values)
    return np.asarray(mask if mask.ndim == 1 else mask.any(axis=1))


def _outcome_column(endog: Any) -> NDArray[Any]:
    """endog as an array of numbers, texts or other objects, (n,). Raises DataError for a table."""
    refuse_lazy(endog, "endog")
    parts = frame_columns(endog)
    column = endog if parts is None or len(parts) != 1 else parts[0][1]
    refuse_times(column, "endog")
    dtype = str(getattr(column, "dtype", ""))
    if library_of(column) == "polars" and hasattr(column, "dtype"):
        is_category = dtype.startswith(("Cat", "Enum"))
        values = (column.cast(str) if is_category else column).to_numpy()
    else:
        values = without_mask(column.astype(object) if dtype == "category" else column)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(f"endog has shape {values.shape}; give one outcome for each row.")
    if values.dtype.kind in "UT":
        values = values.astype(object)
    return np.asarray(values, dtype=np.float64 if values.dtype.kind == "b" else values.dtype)


def exog_matrix(exog: object) -> Array:
    """exog as an array of numbers, (n, p). Raises DataError for values that are no numbers."""
    values = number_table(exog, "exog")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise DataError(f"exog has {values.ndim} dimensions; give a table of rows by columns.")
    return np.asarray(values, dtype=np.float64)


def refuse_column_name(value: object, name: str) -> None:
    """Raises UsageError for a column's name in place of its values."""
    if isinstance(value, str):
        raise UsageError(
            f"{name} is the text '{value}'; give the values, as in {name}=data['{value}']."
        )


def is_constant(X: Array) -> NDArray[np.bool_]:
    """Which columns of X, (n, p), are one number other than zero, (p,).

    The first rows rule out most columns; the others alone are read whole.
    """
    found = (X[:1] == X[:PROBED_ROWS]).all(axis=0) & (X[:1] != 0.0).all(axis=0)
    for j in np.flatnonzero(found).tolist():
        found[j] = (X[:, j] == X[:1, j]).all()
    return np.asarray(found)


def _values_of_rows(value: object, n: int, name: str) -> Array:
    """A value, or several, for each of n rows. Raises DataError for another number of rows."""
    refuse_column_name(value, name)
    values = number_table(value, name)
    if values.shape[:1] != (n,):
        raise DataError(
            f"{name} has shape {values.shape}; one value for each of the {n:,} rows is needed."
        )
    return np.asarray(values, dtype=np.float64)


def _endog_name(endog: Any) -> str:
    """The outcome's name, y without one."""
    if library_of(endog) == "numpy":
        return "y"
    name = endog.columns[0] if hasattr(endog, "columns") else getattr(endog, "name", None)
    return "y" if name is None or name == "" else str(name)


def _exog_names(exog: Any, X: Array) -> tuple[str, ...]:
    """The columns' names; without names const for a constant column, x1, x2, ... for the others."""
    if library_of(exog) != "numpy" and hasattr(exog, "columns"):
        return tuple(map(str, exog.columns))
    if library_of(exog) != "numpy" and exog.name not in (None, ""):
        return (str(exog.name),)
    constant = np.flatnonzero(is_constant(X)) if X.shape[0] else np.zeros(0, dtype=np.intp)
    names = [f"x{j + 1}" for j in range(X.shape[1] - (constant.size > 0))]
    if constant.size:
        names.insert(int(constant[0]), "const")
    return tuple(names)
