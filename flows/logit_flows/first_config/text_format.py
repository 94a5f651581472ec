"""The keys of data.format: what of a dialect a config has to say, and marks of missing texts."""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from logit_engine.rows.frame_columns import by_name
from logit_flows.sources.text.dialect import NONE, Dialect

# In columns of text too these stand for a missing value; None and - may be a level.
MISSING_MARKERS = ("?", "NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "null", "NULL")
CODE_PATTERN = r"^[A-Z]{2}$"  # among such codes NA is one: Namibia, North America
MIN_CODE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class FormatGuess:
    """How a file is written, and a sentence for each part that most files have not."""

    dialect: Dialect
    reasons: tuple[str, ...]

    def texts(self, texts: pl.DataFrame) -> pl.DataFrame:
        """The texts with null where they stand for missing."""
        markers = list(self.dialect.null_values)
        return texts.with_columns(
            pl.when(~by_name(name).is_in(markers)).then(by_name(name)).alias(name)
            for name in texts.columns
        )


def with_markers(texts: pl.DataFrame, found: FormatGuess) -> FormatGuess:
    """With the markers that stand in columns of text, each with its columns.

    texts: the columns of text alone. A marker that is missing among numbers and a code among texts
    is missing among numbers alone; since a list in the config speaks for all columns, none is then
    written, and no other marker is missing among texts.
    """
    numbers = found.dialect.markers
    held = {
        marker: _marked_columns(texts, marker)
        for marker in dict.fromkeys((*numbers, *MISSING_MARKERS))
    }
    coded = {marker: _coded_columns(texts, marker) for marker in numbers}
    if any(coded.values()):
        values = {m: {**coded.get(m, {}), **columns} for m, columns in held.items()}
        said = [_value_sentence(m, columns) for m, columns in values.items() if columns]
        return FormatGuess(found.dialect, (*found.reasons, *said))
    markers = (*numbers, *(m for m, columns in held.items() if columns and m not in numbers))
    said = [_missing_sentence(m, columns, texts.height) for m, columns in held.items() if columns]
    dialect = replace(found.dialect, null_values=("", *markers), markers=())
    return FormatGuess(dialect, (*found.reasons, *said))


def _missing_sentence(marker: str, columns: dict[str, int], height: int) -> str:
    """Where a marker stands among texts, and that it is read as missing."""
    name, *others = sorted(columns, key=lambda one: -columns[one])
    more = ", ".join(f"'{one}' in {columns[one]:,}" for one in others)
    place = f"column '{name}' holds {marker!r} in {columns[name]:,} of {height:,} rows"
    return f"{place}{', ' * bool(more)}{more}: it is read as missing"


def _value_sentence(marker: str, columns: dict[str, int]) -> str:
    """Where a marker is a value."""
    listed = ", ".join(f"'{name}' in {rows:,} rows" for name, rows in columns.items())
    return (
        f"{marker!r} is a value in columns of text ({listed}): data.format.null_values makes it "
        "missing there too"
    )


def _marked_columns(texts: pl.DataFrame, marker: str) -> dict[str, int]:
    """The columns that hold the marker, and in how many rows; not where it is a code."""
    rows = {column.name: int((column.alias("") == marker).sum()) for column in texts}
    coded = _coded_columns(texts, marker)
    return {name: count for name, count in rows.items() if count and name not in coded}


def _coded_columns(texts: pl.DataFrame, marker: str) -> dict[str, int]:
    """The columns where the marker is a code among others like it, and in how many rows."""
    if marker != "NA":
        return {}
    found = {}
    for column in texts:
        values = column.alias("values")
        others = values.filter(values != marker).unique()
        codes = int(others.str.contains(CODE_PATTERN).sum())
        rows = int((values == marker).sum())
        if rows and others.len() > 1 and codes >= MIN_CODE_SHARE * others.len():
            found[column.name] = rows
    return found


def format_keys(dialect: Dialect) -> dict[str, Any]:
    """The keys of data.format that differ from those of a plain CSV file."""
    plain = Dialect()
    keys: dict[str, Any] = {
        key: getattr(dialect, key)
        for key in ("separator", "decimal", "thousands", "quote", "encoding")
        if getattr(dialect, key) != getattr(plain, key)
    }
    if keys.get("separator") == "\t":
        keys["separator"] = "tab"
    if "quote" in keys and dialect.quote is None:
        keys["quote"] = NONE
    if markers := [marker for marker in dialect.null_values if marker]:
        keys["null_values"] = markers
    if dialect.names:
        keys["header"] = list(dialect.names)
    elif dialect.header != plain.header:
        keys["header"] = NONE if dialect.header is None else dialect.header
    for key in ("skip_rows", "trim", "dates"):
        if getattr(dialect, key) != getattr(plain, key):
            keys[key] = getattr(dialect, key)
    return keys
