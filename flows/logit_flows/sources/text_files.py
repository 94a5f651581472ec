"""Text files as rows: the names of their columns, their texts, and their turn into Parquet."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name, by_names
from logit_flows.sources.dialect import Dialect
from logit_flows.sources.logical_types import LogicalType, cast_to

ENDINGS = (".csv", ".tsv", ".txt", ".data")


def is_text_file(path: str) -> bool:
    """Whether the name ends as those of text files do."""
    name = Path(path).name.lower().removesuffix(".gz").removesuffix(".zst")
    return name.endswith(ENDINGS)


def column_names(path: str, dialect: Dialect) -> tuple[str, ...]:
    """The names of the columns, as they are in the file."""
    head = pl.read_csv(
        path, separator=dialect.separator, has_header=False, n_rows=1, infer_schema=False
    )
    return tuple(str(name) for name in head.row(0))


def scan_texts(path: str, dialect: Dialect, names: Iterable[str] | None = None) -> pl.LazyFrame:
    """The columns as texts; empty cells and markers are null."""
    rows = pl.scan_csv(
        path,
        glob=False,
        separator=dialect.separator,
        infer_schema=False,
        null_values=list(dialect.null_values),
    )
    return rows if names is None else rows.select(by_names(names))


def write_parquet(
    path: str, dialect: Dialect, types: Mapping[str, LogicalType], target: Path
) -> int:
    """Write the columns with their types as Parquet, and give the number of rows.

    Raises DataError for the first value that is not of its type.
    """
    rows = scan_texts(path, dialect, types)
    values = []
    for name, wanted in types.items():
        cast = cast_to(wanted, by_name(name), pl.String(), parsed=True)
        assert cast is not None, "texts are read as any type"
        values.append(cast.values.alias(name))
        bad = pl.lit(False) if cast.bad is None else cast.bad
        first = rows.with_row_index("(row)").filter(bad).head(1).collect()
        if first.height:
            raise DataError(
                f"{path}: column '{name}' holds '{first[name][0]}' in data row "
                f"{first['(row)'][0] + 1:,}, but it should hold {wanted} values."
            )
    rows.select(values).sink_parquet(target)
    return int(pl.scan_parquet(target, glob=False).select(pl.len()).collect().item())
