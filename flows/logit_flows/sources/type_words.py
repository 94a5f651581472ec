"""The words of sentences for logical types and types of Polars, and a value cut short."""

import polars as pl

from logit_flows.sources.logical_types import own_type
from logit_flows.sources.type_names import LogicalType

MAX_SHOWN_CHARACTERS = 40  # of a value in a sentence

# of a column: it holds numbers
COLUMN_WORDS = {
    LogicalType.TEXT: "text",
    LogicalType.INTEGER: "whole numbers",
    LogicalType.NUMBER: "numbers",
    LogicalType.BOOLEAN: "true and false",
    LogicalType.DATE: "dates",
    LogicalType.DATETIME: "times without a zone",
    LogicalType.ZONED: "times with a zone",
    LogicalType.DURATION: "durations",
}
# of a value: it is not a number
VALUE_WORDS = {
    LogicalType.TEXT: "text",
    LogicalType.INTEGER: "a whole number",
    LogicalType.NUMBER: "a number",
    LogicalType.BOOLEAN: "true or false",
    LogicalType.DATE: "a date",
    LogicalType.DATETIME: "a time without a zone",
    LogicalType.ZONED: "a time with a zone",
    LogicalType.DURATION: "a number of seconds",
}

# of a time that is no other misfit
TOO_FINE = "a part of a microsecond, finer than times are kept; round the times to microseconds"


def file_type_words(found: pl.DataType) -> str:
    """What a column of a file's type holds."""
    own = own_type(found)
    return f"{found} values" if own is None else COLUMN_WORDS[own]


def short_value(value: object) -> str:
    """The text of a value, cut if it is long."""
    text = str(value)
    is_short = len(text) <= MAX_SHOWN_CHARACTERS
    return text if is_short else text[: MAX_SHOWN_CHARACTERS - 3] + "..."
