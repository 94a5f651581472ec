"""Columns of NumPy, pandas and Polars as numbers of NumPy; what is no number is refused.

Numbers are integers, floats, booleans (0 and 1), decimals, and objects that are all such numbers. A
missing value among them, whatever it is called, is NaN. Dates, times and durations are refused
although NumPy can count their days or nanoseconds: neither the unit nor the origin is the user's.
Texts and categories are refused though their codes may look like numbers. Each refusal ends in a
line of the caller's library that makes numbers of the column.
"""

from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.errors import DataError

Numbers = NDArray[np.floating | np.integer]
TIME_TYPES = (
    "Date",
    "Datetime",
    "Duration",
    "Time",
    "Timestamp",
    "Timedelta",
    "Period",
    "Interval",
)


def library_of(value: Any) -> str:
    """numpy, pandas or polars: whose object it is; anything else counts as NumPy's."""
    name = type(value).__module__.split(".")[0]
    return name if name in ("pandas", "polars") else "numpy"


def number_table(X: Any, name: str) -> Numbers:
    """X as a numeric array, (n, ...), not copied if it is one; missing values are NaN.

    Raises DataError for a column that holds no numbers.
    """
    refuse_lazy(X, name)
    parts = frame_columns(X)
    if parts is None:
        return _array_numbers(X, name)
    if all(_is_numpy_number(column) for _, column in parts):
        return np.asarray(X.to_numpy())
    found = [
        _column_numbers(column, f"column '{label}' of {name}", f"{name}['{label}']")
        for label, column in parts
    ]
    return np.column_stack(found)


def frame_columns(X: Any) -> list[tuple[str, Any]] | None:
    """The columns of a frame of pandas or Polars with their names; None for anything else."""
    whose = library_of(X)
    if whose == "numpy" or not hasattr(X, "columns"):
        return None
    columns = X.get_columns() if whose == "polars" else [X.iloc[:, j] for j in range(X.shape[1])]
    return list(zip(map(str, X.columns), columns, strict=True))


def refuse_lazy(value: Any, name: str) -> None:
    """Raises DataError for a lazy frame."""
    if hasattr(value, "collect_schema") and not hasattr(value, "to_numpy"):
        raise DataError(f"{name} is a lazy frame; collect() it first.")


def refuse_times(X: Any, name: str) -> None:
    """Raises DataError for a column, or a value, that is a date, a time or a duration."""
    parts = frame_columns(X)
    for label, column in parts if parts is not None else [(None, X)]:
        values = column if library_of(column) != "numpy" else np.asarray(column)
        found = _time_type(values)
        if found is not None:
            where = _place(X, name) if label is None else f"column '{label}' of {name}"
            line = name if label is None else f"{name}['{label}']"
            raise DataError(_times_sentence(where, found, values, line))


def without_mask(values: Any) -> NDArray[Any]:
    """An array in which None stands for each value that NumPy's mask hides."""
    if not isinstance(values, np.ma.MaskedArray) or not np.ma.getmaskarray(values).any():
        return np.asarray(values)
    out = np.array(values.data, dtype=object)
    out[np.ma.getmaskarray(values)] = None
    return out


def is_number(value: Any) -> bool:
    """Whether an object is a real number, a decimal or a boolean."""
    return isinstance(value, Real | Decimal | np.bool_)


def is_missing(values: Any) -> NDArray[np.bool_]:
    """Where a column, or an array, holds no value: None, NaN, NaT, NA or null."""
    if library_of(values) == "pandas":
        # A MultiIndex holds labels of several levels.
        levels = getattr(values, "codes", None) if hasattr(values, "levels") else None
        return np.asarray(
            values.isna() if levels is None else (np.array(levels) < 0).any(axis=0), dtype=bool
        )
    if library_of(values) == "polars":
        null = values.is_null()
        return np.asarray(
            (null | values.is_nan().fill_null(False)) if values.dtype.is_float() else null
        )
    array = without_mask(values)
    if array.dtype.kind in "fc":
        return np.asarray(np.isnan(array))
    if array.dtype.kind in "mM":
        return np.asarray(np.isnat(array))
    if array.dtype.kind == "O":
        return np.array([_is_gap(v) for v in array.ravel()], dtype=bool).reshape(array.shape)
    return np.zeros(array.shape, dtype=bool)


def _is_gap(value: Any) -> bool:
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(
        value, Real | Decimal | np.datetime64 | np.timedelta64 | date | timedelta
    ) and bool(value != value)


def _is_numpy_number(column: Any) -> bool:
    """Whether a frame's column is one of NumPy's numbers as it lies there."""
    if library_of(column) == "polars":
        return bool(column.dtype.is_integer() or column.dtype.is_float())
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu"


def _array_numbers(X: Any, name: str) -> Numbers:
    """The numbers of a value that is no frame: a column, or what NumPy makes an array of."""
    if library_of(X) != "numpy" and hasattr(X, "dtype"):
        return _column_numbers(X, _place(X, name), name)
    out = without_mask(X)
    if out.dtype.kind in "fiu":  # the usual case first: small fits feel the checks below
        return out
    if out.dtype.kind == "O" and out.ndim == 2:
        found = [
            _column_numbers(v, f"column {j} of {name}", f"{name}[:, {j}]")
            for j, v in enumerate(out.T)
        ]
        return np.column_stack(found) if found else np.empty(out.shape)
    return _column_numbers(out, name, name)


def _place(values: Any, name: str) -> str:
    own = getattr(values, "name", None) if library_of(values) != "numpy" else None
    return name if own in (None, "") else f"{name} '{own}'"


def _column_numbers(column: Any, where: str, line: str) -> Numbers:
    """The numbers of one column. line: how the caller writes the column.

    Raises DataError for others.
    """
    found = _time_type(column)
    if found is not None:
        raise DataError(_times_sentence(where, found, column, line))
    if str(column.dtype) == "category" or str(column.dtype).startswith(("Categorical", "Enum")):
        raise DataError(_text_sentence(where, column, line))
    values = _numpy_values(column)
    if values.dtype.kind == "b":
        return values.astype(np.float64)
    if values.dtype.kind in "fiu":
        return values
    if values.dtype.kind in "UTS":
        raise DataError(_text_sentence(where, column, line))
    if values.dtype.kind != "O":
        raise DataError(f"{where} holds {values.dtype} values; make numbers of them.")
    return _object_numbers(values, where, line, column)


def _numpy_values(column: Any) -> NDArray[Any]:
    if library_of(column) == "polars":
        kind = column.dtype
        if kind.is_nested():
            raise DataError(
                f"column '{column.name}' holds {kind} values; make a column of each of their parts."
            )
        exact = str(kind) in ("Boolean", "Null") or str(kind).startswith("Decimal")
        return np.asarray((column.cast(float) if exact else column).to_numpy())
    if library_of(column) == "pandas" and not isinstance(column.dtype, np.dtype):
        if getattr(column.dtype, "kind", "O") in "fiub":  # nullable, sparse, of Arrow
            return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
        return np.asarray(column.to_numpy(dtype=object))
    return np.asarray(column)


def _object_numbers(
    values: NDArray[Any], where: str, line: str, column: Any
) -> NDArray[np.float64]:
    there = ~is_missing(values)
    for value in values[there].tolist():
        if isinstance(value, str | bytes):
            raise DataError(_text_sentence(where, column, line))
        if not is_number(value):
            raise DataError(f"{where} holds {type(value).__name__} values; make numbers of them.")
    out = np.full(values.shape, np.nan)
    out[there] = [_float_or_infinity(value) for value in values[there].tolist()]
    return out


def _float_or_infinity(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _time_type(column: Any) -> str | None:
    """The type of dates, times or durations that a column holds; None for other values."""
    if not hasattr(column, "dtype"):
        return None
    kind = column.dtype
    if isinstance(kind, np.dtype) and kind.kind in "fiub":
        return None
    if library_of(column) == "polars":
        text = str(kind).split("(")[0]
        return (
            text
            if text in TIME_TYPES
            else _first_time_type(column.to_list())
            if text == "Object"
            else None
        )
    if getattr(kind, "kind", "O") in "mM":
        whose = library_of(column) == "pandas"
        return (
            ("Timedelta" if whose else "timedelta64")
            if kind.kind == "m"
            else "Timestamp"
            if whose
            else "datetime64"
        )
    if str(kind) == "category":
        return _time_type(column.cat.categories) if hasattr(column, "cat") else None
    if str(kind).startswith(("period", "interval")):
        return str(kind).split("[")[0].capitalize()
    if getattr(kind, "kind", "O") == "O" and str(kind) != "str":
        return _first_time_type(np.asarray(column, dtype=object).ravel().tolist())
    return None


def _first_time_type(values: list[Any]) -> str | None:
    times = (date, time, timedelta, np.datetime64, np.timedelta64)
    value = next(
        (
            v
            for v in values
            if not _is_gap(v) and (isinstance(v, times) or type(v).__name__ in TIME_TYPES)
        ),
        None,
    )
    return None if value is None else type(value).__name__


def _times_sentence(where: str, found: str, column: Any, line: str) -> str:
    how = _time_conversion(found, column, line)
    return f"{where} holds {found} values; make numbers of them, as in {how}."


def _time_conversion(found: str, column: Any, line: str) -> str:
    """A line of the caller's library that makes numbers of times."""
    kind = found.lower()
    if library_of(column) == "polars":
        called = {"duration": "total_seconds()", "time": "hour()"}.get(kind)
        return f"{line}.dt.{called}" if called else f"({line} - {line}.min()).dt.total_days()"
    if library_of(column) == "pandas" and getattr(column.dtype, "kind", "O") == "M":
        return f"({line} - {line}.min()).dt.days"
    if library_of(column) == "pandas" and getattr(column.dtype, "kind", "O") == "m":
        return f"{line}.dt.total_seconds()"
    if kind in ("datetime64", "timedelta64"):
        return f"({line} - {line}.min()) / np.timedelta64(1, 'D')"
    part = {
        "time": "v.hour + v.minute / 60",
        "timedelta": "v.total_seconds()",
        "period": "v.ordinal",
    }
    return f"[{part.get(kind, 'v.mid' if kind == 'interval' else 'v.toordinal()')} for v in {line}]"


def _text_sentence(where: str, column: Any, line: str) -> str:
    """What is wrong with a column of texts or categories, with a line that makes numbers of it."""
    values = np.asarray(column, dtype=object).ravel().tolist()
    first = next((v for v in values if not _is_gap(v)), None)
    whose, in_table = library_of(column), line.endswith("]")
    cast = "cast" if whose == "polars" else "astype"
    how = f"({line} == {first!r}).{cast}(float)"
    if isinstance(first, str) and _reads_as_number(first):
        how = f"pd.to_numeric({line})" if whose == "pandas" else f"{line}.{cast}(float)"
    elif in_table and whose == "pandas":
        how = f"pd.get_dummies({line}, drop_first=True)"
    elif in_table and whose == "polars":
        how = f"{line}.to_dummies(drop_first=True)"
    what = f"text ({first!r})" if isinstance(first, str | bytes) else f"categories ({first!r})"
    return (
        f"{where} holds {what}; encode it as numbers{', or use a formula' * in_table}, as in {how}."
    )


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
