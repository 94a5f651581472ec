"""Text files: their columns, their texts, and their conversion to Parquet."""

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from logit_engine.errors import DataError
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text.cell_values import column_texts, missing_texts
from logit_flows.sources.text.conversion import Conversion, convert
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.layout import text_layout
from logit_flows.sources.text.plain_text import plain_text
from logit_flows.sources.type_names import LogicalType


def column_names(path: str | Path, dialect: Dialect) -> tuple[str, ...]:
    """The names of the columns as the file has them; a name may stand there twice.

    Without a header they are column_1, column_2, ...; a column whose name is empty is unnamed_1 if
    it is the first.
    """
    return text_layout(path, dialect).names


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each that came before with the next free number behind it."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{i}" for i in count(2))
        free = (one for one in numbered if one not in found and one not in names)
        found.append(next(free) if name in found else name)
    return tuple(found)


def scan_texts(
    path: str | Path, dialect: Dialect, names: Sequence[str] | None = None
) -> pl.LazyFrame:
    """The columns of these names as texts, lazily; what stands for missing is null.

    Raises DataError for a line that is wrong.
    """
    text = plain_text(path, dialect)
    wanted = dict.fromkeys(text.layout.names if names is None else names)
    rows = text.scan([pl.String()] * text.layout.width, missing_texts(dialect))
    return rows.select(column_texts(text, name, dialect).alias(name) for name in wanted)


def write_parquet(
    path: str | Path, dialect: Dialect, types: Mapping[str, LogicalType], target: Path
) -> int:
    """Write the columns of these types as Parquet; returns the number of rows.

    Raises DataError for the first line that is wrong, and the first value that is not of its type.
    """
    with TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as folder:
        text = plain_text(path, dialect, Path(folder))
        try:
            convert(Conversion(str(path), text, dialect, types), Path(folder)).replace(target)
        except pl.exceptions.PolarsError as error:
            first = str(error).splitlines()[0]
            raise DataError(f"{shown_path(path)} cannot be read as text: {first}") from error
    return text.records
