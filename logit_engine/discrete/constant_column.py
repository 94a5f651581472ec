"""A column of ones, added to data of NumPy, pandas or Polars."""

from typing import Any

import numpy as np

from logit_engine.discrete.inputs import exog_matrix, is_constant
from logit_engine.discrete.output_format import Table
from logit_engine.errors import DataError, UsageError
from logit_engine.rows.column_numbers import library_of


def add_constant(data: Any, prepend: bool = True, has_constant: str = "skip") -> Table:
    """The data with a column of ones named const, first or last; of the kind that was given.

    has_constant: what to do if there is a constant column: "skip" returns the data as they are,
    "raise" raises DataError, "add" adds another. Raises UsageError for another has_constant.
    """
    if has_constant not in ("skip", "raise", "add"):
        raise UsageError(f"has_constant is '{has_constant}'; it is 'skip', 'raise' or 'add'.")
    X = exog_matrix(data)
    if bool(is_constant(X).any()):
        if has_constant == "raise":
            raise DataError("the data already have a constant column.")
        if has_constant == "skip":
            return data
    if library_of(data) == "pandas":
        frame = data.copy() if hasattr(data, "columns") else data.to_frame()
        frame.insert(0 if prepend else frame.shape[1], "const", 1.0)
        return frame
    if library_of(data) == "polars":
        import polars as pl

        frame = data.to_frame() if isinstance(data, pl.Series) else data
        ones = pl.Series("const", np.ones(frame.height))
        return frame.clone().insert_column(0, ones) if prepend else frame.with_columns(ones)
    n, p = X.shape
    out = np.empty((n, p + 1), order="C" if X.flags.c_contiguous else "F")
    out[:, 0 if prepend else p] = 1.0
    out[:, int(prepend) : p + int(prepend)] = X
    return out
