"""A first config for a data set: guesses of what its columns are for, each with its reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from logit_engine.errors import DataError, UsageError

MAX_LEVELS = 200  # a text column with more is no categorical
MAX_CLASSES = 12  # nor with more than these an outcome


@dataclass(frozen=True, slots=True)
class ColumnRoles:
    """What each column seems to be for. id: None if no column is unique. left_out: of no use."""

    target: str
    id: str | None
    numeric: list[str]
    categorical: list[str]
    left_out: list[str]


def first_config(data: Path, target: str | None = None) -> tuple[dict[str, Any], list[str]]:
    """A config for a Parquet or CSV file, and a sentence for each guess.

    target: the outcome's column, if it is known. Raises DataError if no column can be the outcome,
    UsageError if the target cannot.
    """
    frame = _whole_file(data)
    counts = {name: frame[name].drop_nulls().n_unique() for name in frame.columns}
    if target is not None:
        _check_target(data, frame, counts, target)
    roles = _column_roles(frame, counts, target or _outcome(data, frame, counts))
    classes = [_label(value) for value in frame[roles.target].drop_nulls().unique().sort()]
    method = {"method": "random", "test_size": 0.2} if roles.id else {"method": "none"}
    return {
        "name": "".join(c if c.isalnum() else "-" for c in data.stem).strip("-") or "model",
        "data": _data_section(data, frame, roles, classes),
        "features": _features_section(frame, roles),
        "normalize": "standard",
        "split": method,
        **({} if len(classes) == 2 else {"model": {"family": "multinomial"}}),
        "orchestrator": "auto",
        "store": "store",
    }, _sentences(roles, classes)


def _whole_file(data: Path) -> pl.DataFrame:
    """All rows. Raises DataError if there are none."""
    if data.suffix not in (".parquet", ".csv"):
        raise DataError(f"{data}: give a .parquet or .csv file.")
    try:
        frame = (
            pl.read_parquet(data)
            if data.suffix == ".parquet"
            else pl.read_csv(data, infer_schema_length=None, try_parse_dates=True)
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{data} cannot be read: {str(error).splitlines()[0]}") from error
    if frame.is_empty():
        raise DataError(f"{data} has no rows.")
    return frame


def _column_roles(frame: pl.DataFrame, counts: dict[str, int], target: str) -> ColumnRoles:
    """The roles of the columns beside a target; counts: of the different values of each."""
    keys = (n for n in frame.columns if counts[n] == frame.height and _is_key(frame[n]))
    key = next(keys, None)
    times = [n for n in frame.columns if frame[n].dtype.is_temporal()]
    rest = [n for n in frame.columns if n not in (target, key, *times) and counts[n] > 1]
    numeric = [n for n in rest if frame[n].dtype.is_numeric()]
    labels = [n for n in rest if n not in numeric and _is_label(frame[n])]
    categorical = [n for n in labels if counts[n] <= MAX_LEVELS]
    left_out = [n for n in frame.columns if n not in (target, key, *numeric, *categorical)]
    return ColumnRoles(target, key, numeric, categorical, left_out)


def _sentences(roles: ColumnRoles, classes: list[Any]) -> list[str]:
    """Each guess, for a person to correct."""
    is_binary = len(classes) == 2
    kind = f"two values), its positive class {classes[-1]!r}" if is_binary else None
    said = [f"the outcome is '{roles.target}' ({kind or f'{len(classes)} classes)'}"]
    unique = f"the id is '{roles.id}' (unique)"
    said.append(unique if roles.id else "no column is a unique id, so there is no test split")
    if roles.left_out:
        named = ", ".join(roles.left_out)
        said.append(f"left out: {named} (times, constants, or text with too many values)")
    return [*said, "check that no feature is known only after the outcome"]


def _data_section(
    data: Path, frame: pl.DataFrame, roles: ColumnRoles, classes: list[Any]
) -> dict[str, Any]:
    """The config's data: source, target, id."""
    label = {"positive": classes[-1]} if len(classes) == 2 else {"base": classes[0]}
    section: dict[str, Any] = {"source": data.name, "target": {"column": roles.target, **label}}
    if roles.id:
        section["id"] = roles.id
    if frame[roles.target].null_count():
        section["missing_target"] = "drop"
    return section


def _features_section(frame: pl.DataFrame, roles: ColumnRoles) -> dict[str, Any]:
    """The config's features, with rules for missing values and rare levels."""
    section: dict[str, Any] = {"numeric": roles.numeric, "categorical": roles.categorical}
    impute: dict[str, Any] = {}
    if any(frame[n].null_count() for n in roles.numeric):
        impute["numeric"] = {"strategy": "mean", "add_indicator": True}
    if any(frame[n].null_count() for n in roles.categorical):
        impute["categorical"] = {"strategy": "level"}
    if impute:
        section["impute"] = impute
    if roles.categorical:
        section |= {"min_frequency": 20, "handle_unknown": "pooled"}
    return section


def _check_target(data: Path, frame: pl.DataFrame, counts: dict[str, int], target: str) -> None:
    """Raises UsageError where the column is not there, or cannot be an outcome."""
    if target not in counts:
        raise UsageError(
            f"--target {target}: {data} has no such column; it has {', '.join(frame.columns)}."
        )
    if not 2 <= counts[target] <= MAX_CLASSES or not (
        _is_class(frame[target]) or _is_label(frame[target])
    ):
        raise UsageError(
            f"--target {target}: it holds {counts[target]:,} values of {frame[target].dtype}; an "
            f"outcome has 2 to {MAX_CLASSES}: text, whole numbers, true and false."
        )


def _label(value: Any) -> Any:
    """A class as a config names it: a whole number without its point."""
    return int(value) if isinstance(value, float) else value


def _outcome(data: Path, frame: pl.DataFrame, counts: dict[str, int]) -> str:
    """The last column of two values, else the last of text with a few.

    Raises DataError if there is none.
    """
    names = frame.columns
    two = [n for n in names if counts[n] == 2 and (_is_class(frame[n]) or _is_label(frame[n]))]
    few = [n for n in names if 3 <= counts[n] <= MAX_CLASSES and _is_label(frame[n])]
    if not two and not few:
        raise DataError(
            f"{data}: no column has exactly two values, and none holds text of 3 to {MAX_CLASSES}, "
            "so nothing looks like an outcome; name one by --target."
        )
    return [*few, *two][-1]


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
