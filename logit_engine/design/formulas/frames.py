"""Columns of pandas and Polars as formulaic takes them: a pandas frame without nulls."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from logit_engine.errors import DataError, UsageError
from logit_engine.rows.column_numbers import number_table, refuse_times
from logit_engine.rows.frame_columns import series_of


def column_names(data: Any) -> list[str]:
    """The names of the columns. Raises UsageError for what is no frame."""
    if not isinstance(data, pd.DataFrame | pl.DataFrame):
        raise UsageError(
            f"the data of a formula are a pandas or Polars frame, not {type(data).__name__}."
        )
    names = [name for name in data.columns if isinstance(name, str)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"the data have several columns '{twice}'; rename them.")
    return names


def rows_of(data: Any, subset: Any) -> Any:
    """The rows chosen by a mask, by pandas' labels (`loc`), or by positions in Polars."""
    try:
        if isinstance(data, pd.DataFrame):
            return data.loc[subset]
        chosen = np.asarray(subset)
        return data.filter(chosen) if chosen.dtype == bool else data[chosen]
    except (KeyError, IndexError, ValueError, TypeError, pl.exceptions.PolarsError) as wrong:
        raise UsageError(
            f"subset chooses no rows of the data ({type(wrong).__name__}); give a mask of "
            f"{len(data):,} values."
        ) from wrong


def null_masks(data: Any, names: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Where each column is null or no number: (n,) by name."""
    if isinstance(data, pd.DataFrame):
        return {name: data[name].isna().to_numpy(dtype=bool) for name in names}
    return {name: _is_missing(series_of(data, name)) for name in names}


def complete_rows(data: Any, names: Sequence[str], keep: NDArray[np.bool_]) -> pd.DataFrame:
    """The columns of the rows to keep, without nulls; the index is their position in the data.

    Objects are categories, as in patsy, but decimals are numbers. Raises DataError for a column
    that holds neither numbers, booleans, texts nor categories.
    """
    refuse_times(data[list(names)], "data")
    rows = np.flatnonzero(keep)
    plain = _pandas_values if isinstance(data, pd.DataFrame) else _polars_values
    columns = {name: plain(data[name], rows) for name in names}
    return pd.DataFrame(
        {name: pd.Series(c, index=rows, dtype=c.dtype) for name, c in columns.items()}, index=rows
    )


def _is_missing(column: pl.Series) -> NDArray[np.bool_]:
    null = column.is_null()
    return np.asarray(
        (null | column.is_nan().fill_null(False)) if column.dtype.is_float() else null
    )


def _pandas_values(column: pd.Series, rows: NDArray[np.intp]) -> Any:
    values, kind = column.iloc[rows], column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return values.array
    if pd.api.types.is_bool_dtype(kind):
        return values.to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        return values.to_numpy(
            dtype=np.int64 if pd.api.types.is_integer_dtype(kind) else np.float64
        )
    if pd.api.types.is_object_dtype(kind) and any(
        isinstance(value, Decimal | Fraction) for value in values
    ):
        return np.asarray(number_table(values, "data"), dtype=np.float64)
    if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind):
        return values.to_numpy(dtype=object)
    raise _type_error(column.name, kind)


def _polars_values(column: pl.Series, rows: NDArray[np.intp]) -> Any:
    values, kind = column.alias("").gather(rows), column.dtype
    if isinstance(kind, pl.Enum):
        return pd.Categorical(values.to_list(), categories=kind.categories.to_list())
    if kind == pl.Boolean:
        return values.to_numpy()
    if kind.is_numeric():
        return values.cast(pl.Int64 if kind.is_integer() else pl.Float64).to_numpy()
    if kind in (pl.String, pl.Categorical):
        return np.array(values.to_list(), dtype=object)
    raise _type_error(column.name, kind)


def _type_error(name: Any, kind: Any) -> DataError:
    return DataError(
        f"column '{name}' holds {kind} values; a formula takes numbers, booleans, texts and "
        "categories."
    )
