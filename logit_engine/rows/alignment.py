"""Rows brought into the order of the rows of X by pandas' labels, or refused.

One rule holds everywhere:

- The same labels in the same order are taken as they are.
- The same labels, each once, in another order are matched by label.
- Other labels, or labels that repeat in another order, are refused: the row meant is unknown.

Values without labels (NumPy, Polars, lists) go by position, and so do all values if X has no
labels.
"""

from typing import Any

from logit_engine.errors import DataError
from logit_engine.rows.column_numbers import library_of


def row_labels(value: Any) -> Any:
    """pandas' labels of the rows of a column or a frame; None for anything else."""
    return getattr(value, "index", None) if library_of(value) == "pandas" else None


def aligned_rows(value: Any, labels: Any, name: str, of: str = "X") -> Any:
    """value with its rows in the order of labels, those of `of`.

    Raises DataError if the rule refuses it.
    """
    own = row_labels(value)
    if own is None or labels is None or own.equals(labels):
        return value
    if len(own) == len(labels) and own.is_unique and labels.is_unique:
        at = own.get_indexer(labels)
        if (at >= 0).all():
            return value.iloc[at]
    return refuse_other_rows(value, labels, name, of)


def refuse_other_rows(value: Any, labels: Any, name: str, of: str = "X") -> Any:
    """value as it is. Raises DataError if its labels are not those of `of` in their order."""
    own = row_labels(value)
    if own is None or labels is None or own.equals(labels):
        return value
    advice = []
    if len(own) != len(labels):
        found = f"it has {len(own):,} rows, those of {of} are {len(labels):,}"
    else:
        row = next((i for i, (a, b) in enumerate(zip(own, labels, strict=True)) if a != b), 0)
        found_label, label = _python_value(own[row]), _python_value(labels[row])
        found = f"it has the label {found_label!r} in row {row}, where that of {of} is {label!r}"
        advice.append(f"{name}.to_numpy() if row by row both are the same")
    if own.is_unique and labels.isin(own).all():
        advice.insert(0, f"{name}.loc[{of}.index] to go by label")
    give = f"Give {', or '.join(advice)}." if advice else f"Give a value for each row of {of}."
    raise DataError(f"the index of {name} is not that of {of}: {found}. {give}")


def _python_value(label: Any) -> Any:
    return label.item() if hasattr(label, "item") else label
