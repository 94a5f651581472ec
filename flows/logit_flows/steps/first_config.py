"""A first config for a data set: what its columns seem to be for, each guess said, for a person to
correct.
"""

from pathlib import Path
from typing import Any

import polars as pl

from logit_engine.errors import DataError, UsageError
from logit_flows.steps.load import scan_files

MOST_LEVELS = 200  # a text column with more is no categorical
MOST_CLASSES = 12  # nor with more than these an outcome


def first_config(data: Path, target: str | None = None) -> tuple[dict[str, Any], list[str]]:
    """A config for a Parquet or CSV file, and a sentence for each guess; target: the outcome, where
    it is known.

    Raises DataError if nothing can be the outcome, UsageError if the target cannot.
    """
    if data.suffix not in (".parquet", ".csv"):
        raise DataError(f"{data}: give a .parquet or .csv file.")
    try:
        frame = scan_files([str(data)], data.suffix[1:]).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{data} cannot be read: {str(error).splitlines()[0]}") from error
    if frame.is_empty():
        raise DataError(f"{data} has no rows.")
    counts = {name: frame[name].drop_nulls().n_unique() for name in frame.columns}
    if target is None:
        target = _outcome(frame, counts)
    else:
        _check_target(data, frame, counts, target)
    if target is None:
        raise DataError(
            f"{data}: no column has exactly two values, and none holds text of 3 to "
            f"{MOST_CLASSES}, so nothing looks "
            "like an outcome; name one by --target."
        )
    binary = counts[target] == 2
    classes = [_label(value) for value in frame[target].drop_nulls().unique().sort()]
    shown = (
        f"two values), its positive class {classes[-1]!r}"
        if binary
        else f"{counts[target]} classes)"
    )
    said = [f"the outcome is '{target}' ({shown}"]
    key = next((n for n in frame.columns if counts[n] == frame.height and _is_key(frame[n])), None)
    said.append(
        f"the id is '{key}' (unique)"
        if key
        else "no column is a unique id, so there is no test split"
    )
    times = [n for n in frame.columns if frame[n].dtype.is_temporal()]
    rest = [n for n in frame.columns if n not in (target, key, *times) and counts[n] > 1]
    numeric = [n for n in rest if frame[n].dtype.is_numeric()]
    categorical = [
        n for n in rest if n not in numeric and counts[n] <= MOST_LEVELS and _is_label(frame[n])
    ]
    left_out = [n for n in frame.columns if n not in (target, key, *numeric, *categorical)]
    if left_out:
        said.append(
            f"left out: {', '.join(left_out)} (times, constants, or text with too many values)"
        )
    said.append("check that no feature is known only after the outcome")
    outcome: dict[str, Any] = {"column": target} | (
        {"positive": classes[-1]} if binary else {"base": classes[0]}
    )
    data_section: dict[str, Any] = {"source": data.name, "target": outcome}
    if key:
        data_section["id"] = key
    if frame[target].null_count():
        data_section["missing_target"] = "drop"
    features: dict[str, Any] = {"numeric": numeric, "categorical": categorical}
    impute: dict[str, Any] = {}
    if any(frame[n].null_count() for n in numeric):
        impute["numeric"] = {"strategy": "mean", "add_indicator": True}
    if any(frame[n].null_count() for n in categorical):
        impute["categorical"] = {"strategy": "level"}
    if impute:
        features["impute"] = impute
    if categorical:
        features |= {"min_frequency": 20, "handle_unknown": "pooled"}
    method = {"method": "random", "test_size": 0.2} if key else {"method": "none"}
    return {
        "name": "".join(c if c.isalnum() else "-" for c in data.stem).strip("-") or "model",
        "data": data_section,
        "features": features,
        "normalize": "standard",
        "split": method,
        **({} if binary else {"model": {"family": "multinomial"}}),
        "orchestrator": "auto",
        "store": "store",
    }, said


def _check_target(data: Path, frame: pl.DataFrame, counts: dict[str, int], target: str) -> None:
    """Raises UsageError where the column is not there, or cannot be an outcome."""
    if target not in counts:
        raise UsageError(
            f"--target {target}: {data} has no such column; it has {', '.join(frame.columns)}."
        )
    if not 2 <= counts[target] <= MOST_CLASSES or not (
        _is_class(frame[target]) or _is_label(frame[target])
    ):
        raise UsageError(
            f"--target {target}: it holds {counts[target]:,} values of {frame[target].dtype}; an "
            "outcome has 2 to "
            f"{MOST_CLASSES}: text, whole numbers, true and false."
        )


def _label(value: Any) -> Any:
    """A class as a config names it: a whole number without its point."""
    return int(value) if isinstance(value, float) else value


def _outcome(frame: pl.DataFrame, counts: dict[str, int]) -> str | None:
    """The last column of two values, else the last of text with a few."""
    two = [
        n for n in frame.columns if counts[n] == 2 and (_is_class(frame[n]) or _is_label(frame[n]))
    ]
    few = [
        name
        for name in frame.columns
        if 3 <= counts[name] <= MOST_CLASSES and _is_label(frame[name])
    ]
    return next(reversed([*few, *two]), None)


def _is_key(column: pl.Series) -> bool:
    return column.dtype.is_integer() or column.dtype == pl.String


def _is_class(column: pl.Series) -> bool:
    """Whether its values are whole numbers."""
    whole = column.dtype.is_float() and bool(
        (column.drop_nulls() == column.drop_nulls().round()).all()
    )
    return whole or column.dtype.is_integer()


def _is_label(column: pl.Series) -> bool:
    return column.dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum)
