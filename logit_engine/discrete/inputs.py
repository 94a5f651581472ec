"""What a caller hands in, NumPy, pandas or Polars, as arrays with names; and the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
from logit_engine.rows import arrays
from logit_engine.rows.alignment import aligned, row_labels
from logit_engine.rows.column_numbers import (
    frame_columns,
    is_missing,
    library,
    refuse_lazy,
    refuse_times,
    table,
    unmasked,
)
from logit_engine.rows.memory import cluster_codes


@dataclass(frozen=True, slots=True)
class Inputs:
    """endog (n,) as it was given, exog (n, p), their names, whose objects they were, and the rows' labels (pandas).

    others: what else has a value for each row, by name, (n,) or (n, m). dropped: how many rows were left out for missing
    values, by where they were missing; kept: (n before,), which rows stayed; labels: pandas' of all rows, (n before,).
    """

    endog: NDArray[Any]
    exog: Array
    endog_name: str
    exog_names: tuple[str, ...]
    library: str
    labels: Any
    others: Mapping[str, NDArray[Any]]
    dropped: Mapping[str, int]
    kept: NDArray[np.bool_]

    @property
    def index(self) -> Any:
        """pandas' labels of the rows that stayed, (n,), or None."""
        return self.labels if self.labels is None or self.kept.all() else self.labels[self.kept]

    def of_rows(self, value: Any, name: str) -> Array:
        """A value, or several, for each row that stayed, (n, ...), given for these or for all rows, as numbers.

        pandas' are matched by label. Raises DataError where they cannot be, for another number of rows, and for missing or
        infinite values in a row that stayed.
        """
        refuse_name(value, name)
        if np.ndim(value) == 0:
            raise DataError(f"{name} is a single value; one for each of the {self.kept.size:,} rows is needed.")
        whole = len(value) == self.kept.size
        labels = self.labels if whole else self.index
        found = table(aligned(value, labels, name, "exog"), name)
        if found.shape[:1] not in ((self.kept.size,), (int(self.kept.sum()),)):
            raise DataError(
                f"{name} has shape {found.shape}; one value for each of the {self.kept.size:,} rows is needed."
            )
        flat = found.reshape(found.shape[0], -1)
        there = np.where(self.kept[:, None], flat, 0.0) if whole else flat
        arrays.refuse_unusable(there, name, getattr(value, "columns", None))
        return np.asarray(found[self.kept] if whole else found, dtype=np.float64)

    def clusters(self, groups: Any) -> NDArray[np.int64]:
        """The codes of the clusters of the rows that stayed, (n, ways), given for these or for all rows."""
        pair = isinstance(groups, tuple | list) and len(groups) == 2 and np.ndim(groups[0]) == 1
        given = np.shape(groups[0] if pair else groups)
        n = int(self.kept.sum())
        if given[:1] == (n,):
            return cluster_codes(groups, n, "groups", labels=self.index, of="exog")
        return cluster_codes(groups, self.kept.size, "groups", labels=self.labels, of="exog", kept=self.kept)


def read_inputs(endog: Any, exog: Any, missing: str, **others: Any) -> Inputs:
    """Endog and exog of any kind as arrays; rows with a missing value are refused, or left out and counted.

    Raises DataError for shapes that do not fit together, for values that are no numbers, and for missing values unless
    `missing` is "drop"; UsageError for a policy that does not exist.
    """
    if missing not in ("none", "drop", "raise"):
        raise UsageError(f"missing is '{missing}'; it is 'none', 'drop' or 'raise'.")
    labels = next((found for found in (row_labels(exog), row_labels(endog)) if found is not None), None)
    endog = aligned(endog, labels, "endog", "exog")
    y, X = _column(endog), _matrix(exog)
    if y.shape[0] == 0 or X.shape[1] == 0:
        raise DataError(f"endog has {y.shape[0]} rows and exog {X.shape[1]} columns; a model needs some of both.")
    if y.shape[0] != X.shape[0]:
        raise DataError(f"endog has {y.shape[0]:,} rows and exog {X.shape[0]:,}; give one outcome for each row.")
    whose = library(exog) if library(exog) != "numpy" else library(endog)
    of = "endog" if row_labels(exog) is None else "exog"
    extra = {
        name: _others(aligned(value, labels, name, of), y.shape[0], name)
        for name, value in others.items()
        if value is not None
    }
    found = Inputs(
        y, X, _endog_name(endog), _exog_names(exog, X), whose, labels, extra, {}, np.ones(y.shape[0], dtype=bool)
    )
    return _without_missing(found, missing)


def _without_missing(inputs: Inputs, missing: str) -> Inputs:
    if _is_whole(inputs):
        return inputs
    holes = {inputs.endog_name: _is_missing(inputs.endog)}
    holes |= {name: ~np.isfinite(column) for name, column in zip(inputs.exog_names, inputs.exog.T, strict=True)}
    holes |= {name: _is_missing(value) for name, value in inputs.others.items()}
    counts = {name: int(mask.sum()) for name, mask in holes.items() if mask.any()}
    gone = np.logical_or.reduce(list(holes.values()))
    listed = ", ".join(f"'{name}' ({count:,} rows)" for name, count in list(counts.items())[:5])
    if counts and missing != "drop":
        first = int(gone.argmax())
        where = next(name for name, mask in holes.items() if mask[first])
        raise DataError(
            f"missing or infinite values in {listed}; first: row {first}, '{where}'. Drop these rows with missing='drop', "
            "or impute them."
        )
    if gone.all():
        raise DataError(f"every row has a missing or infinite value: {listed}.")
    _refuse_too_large(inputs, ~gone)
    if not counts:
        return inputs
    kept = ~gone
    return replace(
        inputs,
        endog=inputs.endog[kept],
        exog=inputs.exog[kept],
        others={name: value[kept] for name, value in inputs.others.items()},
        dropped=counts,
        kept=kept,
    )


def _is_whole(inputs: Inputs) -> bool:
    """Whether one sum for each array shows that all values can be used: a look at each column costs small fits time."""
    return all(
        values.dtype.kind in "iu" or (values.dtype.kind == "f" and arrays.is_usable(values))
        for values in (inputs.endog, inputs.exog, *inputs.others.values())
    )


def _refuse_too_large(inputs: Inputs, kept: NDArray[np.bool_]) -> None:
    """Raises DataError for a number whose square overflows, in a row that stays."""
    numeric = {name: value for name, value in inputs.others.items() if value.dtype.kind == "f"}
    if inputs.endog.dtype.kind == "f":
        numeric[inputs.endog_name] = inputs.endog
    tables: dict[str, tuple[Array, Sequence[str] | None]] = {"exog": (inputs.exog, inputs.exog_names)}
    tables |= {name: (value.reshape(value.shape[0], -1), None) for name, value in numeric.items()}
    for name, (values, names) in tables.items():
        there = values if kept.all() else np.where(kept[:, None], values, 0.0)
        arrays.refuse_unusable(there, name, names)


def _is_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows hold no value: nan, infinite, or None."""
    mask = ~np.isfinite(values) if values.dtype.kind == "f" else is_missing(values)
    return np.asarray(mask if mask.ndim == 1 else mask.any(axis=1))


def _column(endog: Any) -> NDArray[Any]:
    refuse_lazy(endog, "endog")
    parts = frame_columns(endog)
    column = endog if parts is None or len(parts) != 1 else parts[0][1]
    refuse_times(column, "endog")
    kind = str(getattr(column, "dtype", ""))
    if library(column) == "polars" and hasattr(column, "dtype"):
        values = column.to_numpy() if not kind.startswith(("Cat", "Enum")) else column.cast(str).to_numpy()
    else:
        values = unmasked(column.astype(object) if kind == "category" else column)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(f"endog has shape {values.shape}; give one outcome for each row.")
    if values.dtype.kind in "UT":
        values = values.astype(object)
    return np.asarray(values, dtype=np.float64 if values.dtype.kind == "b" else values.dtype)


def _matrix(exog: Any) -> Array:
    values = table(exog, "exog")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise DataError(f"exog has {values.ndim} dimensions; give a table of rows by columns.")
    return np.asarray(values, dtype=np.float64)


def refuse_name(value: Any, name: str) -> None:
    """Raises UsageError for a column's name that is given in place of its values."""
    if isinstance(value, str):
        raise UsageError(f"{name} is the text '{value}'; give the values, as in {name}=data['{value}'].")


def _others(value: Any, n: int, name: str) -> Array:
    refuse_name(value, name)
    out = table(value, name)
    if out.shape[:1] != (n,):
        raise DataError(f"{name} has shape {out.shape}; one value for each of the {n:,} rows is needed.")
    return np.asarray(out, dtype=np.float64)


def _endog_name(endog: Any) -> str:
    if library(endog) == "numpy":
        return "y"
    name = endog.columns[0] if hasattr(endog, "columns") else getattr(endog, "name", None)
    return "y" if name is None or name == "" else str(name)


def _exog_names(exog: Any, X: Array) -> tuple[str, ...]:
    """The columns' own names; else const for a constant column, and x1, x2, ... for the others."""
    if library(exog) != "numpy" and hasattr(exog, "columns"):
        return tuple(map(str, exog.columns))
    if library(exog) != "numpy" and exog.name not in (None, ""):
        return (str(exog.name),)
    constant = np.flatnonzero((X[:1] == X).all(axis=0) & (X[:1] != 0.0).all(axis=0)) if X.shape[0] else np.zeros(0, int)
    names = [f"x{j + 1}" for j in range(X.shape[1] - (constant.size > 0))]
    if constant.size:
        names.insert(int(constant[0]), "const")
    return tuple(names)


def matched(exog: Any, names: Sequence[str]) -> Array:
    """exog for a prediction, (m, p): by name where it has the model's names, else by position; gaps are nan.

    Raises DataError if some of the model's columns are not there, the number of columns differs, or a value is infinite.
    """
    if isinstance(exog, Mapping):
        exog = _by_name(exog, names)
    elif library(exog) != "numpy" and hasattr(exog, "columns"):
        there = list(map(str, exog.columns))
        known = [name for name in names if name in there] if len(set(there)) == len(there) else []
        if len(known) == len(names):
            exog = (
                exog[list(exog.columns[[there.index(n) for n in names]])]
                if library(exog) == "pandas"
                else exog[list(names)]
            )
        elif known:
            lost = ", ".join(f"'{name}'" for name in names if name not in there)
            raise DataError(f"exog has no column {lost}; the model was fitted with it.")
    X = _matrix(exog)
    if X.shape[1] != len(names) and np.asarray(exog).ndim == 1:
        X = X.T
    if X.shape[1] != len(names):
        raise DataError(f"exog has {X.shape[1]} columns; the model has {len(names)}: {', '.join(names)}.")
    gaps = np.isnan(X)
    arrays.refuse_unusable(np.where(gaps, 0.0, X) if gaps.any() else X, "exog", names)
    return X


def _by_name(columns: Mapping[str, Any], names: Sequence[str]) -> Array:
    lost = ", ".join(f"'{name}'" for name in names if name not in columns)
    if lost:
        raise DataError(f"exog has no column {lost}; the model was fitted with it.")
    return np.column_stack([np.atleast_1d(np.asarray(columns[name], dtype=np.float64)) for name in names])


def add_constant(data: Any, prepend: bool = True, has_constant: str = "skip") -> Any:
    """The data with a column of ones named const, first or last; of the kind that was given.

    has_constant: where a constant is there already, "skip" returns the data as they are, "raise" refuses, "add" adds.
    """
    if has_constant not in ("skip", "raise", "add"):
        raise UsageError(f"has_constant is '{has_constant}'; it is 'skip', 'raise' or 'add'.")
    X = _matrix(data)
    there = bool(((X[:1] == X).all(axis=0) & (X[:1] != 0.0).all(axis=0)).any())
    if there and has_constant == "raise":
        raise DataError("the data already have a constant column.")
    if there and has_constant == "skip":
        return data
    whose = library(data)
    if whose == "pandas":
        frame = data.to_frame() if not hasattr(data, "columns") else data.copy()
        frame.insert(0 if prepend else frame.shape[1], "const", 1.0)
        return frame
    if whose == "polars":
        import polars as pl

        frame = data.to_frame() if isinstance(data, pl.Series) else data
        ones = pl.Series("const", np.ones(frame.height))
        return frame.insert_column(0, ones) if prepend else frame.with_columns(ones)
    columns = [np.ones((X.shape[0], 1)), X]
    return np.hstack(columns if prepend else columns[::-1])
