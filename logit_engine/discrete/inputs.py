"""What a caller hands in, NumPy, pandas or Polars, as arrays with names; and the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError


def library(value: Any) -> str:
    """numpy, pandas or polars: whose object it is; anything else counts as NumPy's."""
    name = type(value).__module__.split(".")[0]
    return name if name in ("pandas", "polars") else "numpy"


@dataclass(frozen=True, slots=True)
class Inputs:
    """endog (n,) as it was given, exog (n, p), their names, whose objects they were, and the rows' labels (pandas).

    others: what else has a value for each row, by name, (n,) or (n, m). dropped: how many rows were left out for missing
    values, by where they were missing; kept: (n before,), which rows stayed.
    """

    endog: NDArray[Any]
    exog: Array
    endog_name: str
    exog_names: tuple[str, ...]
    library: str
    index: Any
    others: Mapping[str, NDArray[Any]]
    dropped: Mapping[str, int]
    kept: NDArray[np.bool_]


def read_inputs(endog: Any, exog: Any, missing: str, **others: Any) -> Inputs:
    """Endog and exog of any kind as arrays; rows with a missing value are refused, or left out and counted.

    Raises DataError for shapes that do not fit together, for values that are no numbers, and for missing values unless
    `missing` is "drop"; UsageError for a policy that does not exist.
    """
    if missing not in ("none", "drop", "raise"):
        raise UsageError(f"missing is '{missing}'; it is 'none', 'drop' or 'raise'.")
    y, X = _column(endog), _matrix(exog)
    if y.shape[0] == 0 or X.shape[1] == 0:
        raise DataError(f"endog has {y.shape[0]} rows and exog {X.shape[1]} columns; a model needs some of both.")
    if y.shape[0] != X.shape[0]:
        raise DataError(f"endog has {y.shape[0]:,} rows and exog {X.shape[0]:,}; give one outcome for each row.")
    whose = library(exog) if library(exog) != "numpy" else library(endog)
    labels = next((v.index for v in (exog, endog) if library(v) == "pandas" and hasattr(v, "index")), None)
    _same_index(endog, exog)
    extra = {name: _others(value, y.shape[0], name) for name, value in others.items() if value is not None}
    found = Inputs(
        y, X, _endog_name(endog), _exog_names(exog, X), whose, labels, extra, {}, np.ones(y.shape[0], dtype=bool)
    )
    return _without_missing(found, missing)


def _without_missing(inputs: Inputs, missing: str) -> Inputs:
    holes = {inputs.endog_name: _is_missing(inputs.endog)}
    holes |= {name: ~np.isfinite(column) for name, column in zip(inputs.exog_names, inputs.exog.T, strict=True)}
    holes |= {name: _is_missing(value) for name, value in inputs.others.items()}
    counts = {name: int(mask.sum()) for name, mask in holes.items() if mask.any()}
    if not counts:
        return inputs
    listed = ", ".join(f"'{name}' ({count:,} rows)" for name, count in list(counts.items())[:5])
    if missing != "drop":
        raise DataError(f"missing or infinite values in {listed}; drop these rows with missing='drop', or impute them.")
    kept = ~np.logical_or.reduce(list(holes.values()))
    if not kept.any():
        raise DataError(f"every row has a missing or infinite value: {listed}.")
    return replace(
        inputs,
        endog=inputs.endog[kept],
        exog=inputs.exog[kept],
        index=None if inputs.index is None else inputs.index[kept],
        others={name: value[kept] for name, value in inputs.others.items()},
        dropped=counts,
        kept=kept,
    )


def _is_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows hold no value: nan, infinite, or None."""
    if values.dtype.kind == "f":
        mask = ~np.isfinite(values)
    elif values.dtype.kind == "O":
        mask = np.array([v is None or v != v for v in values.ravel()]).reshape(values.shape)
    else:
        return np.zeros(values.shape[0], dtype=bool)
    return np.asarray(mask if mask.ndim == 1 else mask.any(axis=1))


def _column(endog: Any) -> NDArray[Any]:
    _refuse_lazy(endog, "endog")
    if library(endog) == "polars":
        endog = endog.to_series() if hasattr(endog, "to_series") and hasattr(endog, "columns") else endog
        values = endog.to_numpy() if not str(endog.dtype).startswith(("Cat", "Enum")) else endog.cast(str).to_numpy()
    elif library(endog) == "pandas" and str(getattr(endog, "dtype", "")) == "category":
        values = np.asarray(endog.astype(object))
    else:
        values = np.asarray(endog)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(f"endog has shape {values.shape}; give one outcome for each row.")
    if values.dtype.kind in "UT":
        values = values.astype(object)
    return np.asarray(values, dtype=np.float64 if values.dtype.kind == "b" else values.dtype)


def _refuse_lazy(value: Any, name: str) -> None:
    if hasattr(value, "collect_schema") and not hasattr(value, "to_numpy"):
        raise DataError(f"{name} is a lazy frame; collect() it first.")


def _matrix(exog: Any) -> Array:
    _refuse_lazy(exog, "exog")
    values = exog.to_numpy() if library(exog) in ("pandas", "polars") else np.asarray(exog)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise DataError(f"exog has {values.ndim} dimensions; give a table of rows by columns.")
    if values.dtype.kind == "O":
        values = _numbers(exog, values)
    if values.dtype.kind not in "fiub":
        raise DataError(f"exog holds {values.dtype} values; encode them as numbers, or use a formula.")
    return np.asarray(values, dtype=np.float64)


def _numbers(exog: Any, values: NDArray[Any]) -> Array:
    names = list(map(str, getattr(exog, "columns", range(values.shape[1]))))
    for name, column in zip(names, values.T, strict=True):
        strange = next(
            (v for v in column if v is not None and not isinstance(v, int | float | np.number | np.bool_)), None
        )
        if isinstance(strange, str):
            raise DataError(
                f"column '{name}' of exog holds text ('{strange}'); encode it as numbers, or use a formula."
            )
        if strange is not None and strange == strange:
            raise DataError(f"column '{name}' of exog holds {type(strange).__name__} values; make numbers of them.")
    return np.array([[np.nan if v is None or v != v else float(v) for v in row] for row in values])


def _others(value: Any, n: int, name: str) -> NDArray[Any]:
    out = value.to_numpy() if library(value) in ("pandas", "polars") else np.asarray(value)
    if out.shape[:1] != (n,):
        raise DataError(f"{name} has shape {out.shape}; one value for each of the {n:,} rows is needed.")
    return out


def _same_index(endog: Any, exog: Any) -> None:
    framed = library(endog) == library(exog) == "pandas" and hasattr(endog, "index")
    if framed and not endog.index.equals(exog.index):
        raise DataError("the indexes of endog and exog differ; align them first.")


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
    """exog for a prediction, (m, p): by name where it has the model's names, else by position.

    Raises DataError if some of the model's columns are not there, or the number of columns differs.
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
