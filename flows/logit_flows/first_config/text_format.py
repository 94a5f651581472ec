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
    """With the markers that stand in columns of text, each with the column that has most."""
    dialect, reasons = found.dialect, found.reasons
    for marker in MISSING_MARKERS:
        if marker in dialect.null_values:
            continue
        rows = {name: _marked_rows(texts.get_column(name), marker) for name in texts.columns}
        name = max(rows, key=lambda one: rows[one])
        if rows[name]:
            dialect = replace(dialect, null_values=(*dialect.null_values, marker))
            place = f"column '{name}' holds {marker!r} in {rows[name]:,} of {texts.height:,} rows"
            reasons = (*reasons, f"{place}: it is read as missing")
    return FormatGuess(dialect, reasons)


def _marked_rows(column: pl.Series, marker: str) -> int:
    """The rows that hold the marker; none if it is a code among others like it."""
    values = column.alias("values")
    rows = int((values == marker).sum())
    if not rows or marker != "NA":
        return rows
    others = values.filter(values != marker).unique()
    codes = int(others.str.contains(CODE_PATTERN).sum())
    return 0 if others.len() > 1 and codes >= MIN_CODE_SHARE * others.len() else rows


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
