"""Rows to predict: exog of other rows, matched to a model's columns by name or by position."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.inputs import exog_matrix
from logit_engine.errors import DataError
from logit_engine.rows import arrays
from logit_engine.rows.column_numbers import library_of


def matched_exog(exog: Any, names: Sequence[str]) -> Array:
    """exog of m rows in the order of the model's columns, (m, p); gaps are nan.

    Columns are matched by name if exog has the model's names, else by position. Raises DataError if
    some of the model's columns are missing, for another number of columns, and for infinite values.
    """
    if isinstance(exog, Mapping):
        exog = _mapping_matrix(exog, names)
    elif library_of(exog) != "numpy" and hasattr(exog, "columns"):
        exog = _frame_by_name(exog, names)
    X = exog_matrix(exog)
    if X.shape[1] != len(names) and np.asarray(exog).ndim == 1:
        X = X.T
    if X.shape[1] != len(names):
        raise DataError(
            f"exog has {X.shape[1]} columns; the model has {len(names)}: {', '.join(names)}."
        )
    gaps = np.isnan(X)
    arrays.refuse_unusable(np.where(gaps, 0.0, X) if gaps.any() else X, "exog", names)
    return X


def _frame_by_name(frame: Any, names: Sequence[str]) -> Any:
    """The frame with the model's columns in their order; as it is if it has none of the names."""
    there = list(map(str, frame.columns))
    if len(set(there)) < len(there):
        return frame
    missing = [name for name in names if name not in there]
    if len(missing) == len(names):
        return frame
    if missing:
        raise DataError(
            f"exog has no column {_quoted_names(missing)}; the model was fitted with it."
        )
    if library_of(frame) == "pandas":  # whose names need not be texts
        return frame[list(frame.columns[[there.index(name) for name in names]])]
    return frame[list(names)]


def _mapping_matrix(columns: Mapping[str, Any], names: Sequence[str]) -> Array:
    """The model's columns of a mapping of columns, (m, p)."""
    missing = [name for name in names if name not in columns]
    if missing:
        raise DataError(
            f"exog has no column {_quoted_names(missing)}; the model was fitted with it."
        )
    values = [np.atleast_1d(np.asarray(columns[name], dtype=np.float64)) for name in names]
    return np.column_stack(values)


def _quoted_names(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
