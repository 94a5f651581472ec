"""Sentences about a column whose values are not of its type: file, row, value, what to do."""

from collections.abc import Sequence

import polars as pl

from logit_flows.sources.contract import Role
from logit_flows.sources.logical_types import LogicalType, is_text
from logit_flows.sources.raw_files import NEVER, RawColumns

MAX_SHOWN_VALUE = 40  # characters of a value in a sentence
NESTED = (pl.List, pl.Array, pl.Struct, pl.Binary, pl.Object)
ARTICLES = {
    LogicalType.TEXT: "text",
    LogicalType.INTEGER: "whole numbers",
    LogicalType.NUMBER: "numbers",
    LogicalType.BOOLEAN: "true and false",
    LogicalType.DATE: "dates",
    LogicalType.DATETIME: "times without a zone",
    LogicalType.ZONED: "times with a zone",
    LogicalType.DURATION: "durations",
}


def first_look_sentence(
    file: RawColumns, name: str, roles: Sequence[Role], wanted: LogicalType, count: int
) -> str:
    """What a column holds that its role cannot use."""
    held = held_words(file, name, wanted, count)
    if isinstance(file.types[name], NESTED):
        return (
            f"{file.place}: column '{name}' holds {held}, which no role can use; write it as "
            "columns of plain values."
        )
    numeric = set(roles) == {Role.NUMERIC}
    if numeric:
        return (
            f"{file.place}: column '{name}' should hold numbers but holds {held}; "
            f"{_numeric_advice(file, name)}"
        )
    if Role.TIME in roles:
        texts = is_text(file.types[name]) and not file.is_parsed(name)
        line = f", or declare what the texts are:  data: {{types: {{{name}: datetime}}}}"
        return (
            f"{file.place}: column '{name}' (data.time) holds {held}; give dates, dates with "
            f"times, or numbers{line if texts else '.'}"
        )
    advice = "list it under features.numeric, or " if Role.CATEGORICAL in roles else ""
    return (
        f"{file.place}: column '{name}' ({roles[0]}) holds {held}, but its values are names: text, "
        f"whole numbers, true and false, or dates; {advice}convert it."
    )


def later_sentence(
    file: RawColumns, name: str, wanted: LogicalType, count: int, *, declared: bool
) -> str:
    """How a column differs from its known type."""
    held = held_words(file, name, wanted, count, declared=declared)
    if declared:
        return (
            f"{file.place}: column '{name}' holds {held}, but data.types declares "
            f"{wanted}; correct the one or the other."
        )
    return (
        f"{file.place}: column '{name}' holds {held}, but {ARTICLES[wanted]} when its contract "
        f"was learnt; {file.advice}."
    )


def held_words(
    file: RawColumns, name: str, wanted: LogicalType, count: int, *, declared: bool = False
) -> str:
    """What the column holds: its type, or the first value that does not fit, and where."""
    if count == NEVER:
        return f"{file.types[name]} values"
    row, value = file.first_misfit(name, wanted, declared=declared)
    shown = str(value)
    shown = shown if len(shown) <= MAX_SHOWN_VALUE else shown[: MAX_SHOWN_VALUE - 3] + "..."
    others = "" if count == 1 else f", {count:,} in all"
    shown = f"text '{shown}'" if is_text(file.types[name]) else shown
    return f"{shown} in data row {row:,} (the first such value{others})"


def _numeric_advice(file: RawColumns, name: str) -> str:
    dtype = file.types[name]
    if is_text(dtype) and not file.is_parsed(name):
        return (
            f"list it under features.categorical; or, if the texts are numbers,  "
            f"data: {{types: {{{name}: number}}}}"
        )
    if dtype.is_temporal():
        return "a date is no number: list it under features.categorical, or leave it out."
    return (
        "repair the value, name it as missing (data: {format: {null_values: ['', ...]}}), or list "
        "the column under features.categorical."
    )
