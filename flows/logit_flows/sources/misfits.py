"""Errors about a column whose values are not of its type: file, row, value, what to do."""

from collections.abc import Sequence

import polars as pl

from logit_engine.errors import DataError
from logit_flows.sources.contract import Role
from logit_flows.sources.flow_text import flow_text
from logit_flows.sources.logical_types import is_text, is_too_fine
from logit_flows.sources.raw_files import NEVER, RawColumns
from logit_flows.sources.type_names import TIME_TYPES, LogicalType
from logit_flows.sources.type_words import COLUMN_WORDS, TOO_FINE, file_type_words, short_value

NESTED = (pl.List, pl.Array, pl.Struct, pl.Binary, pl.Object)


def first_look_error(
    file: RawColumns, name: str, roles: Sequence[Role], wanted: LogicalType, count: int
) -> DataError:
    """What a column holds that its role cannot use."""
    held = held_words(file, name, wanted, count)
    if wanted in TIME_TYPES and is_too_fine(held):
        return _column_error(file, name, f"holds {held}, with {TOO_FINE}.")
    if isinstance(file.types[name], NESTED):
        advice = "no role can use these; write them as columns of plain values."
        return _column_error(file, name, f"holds {held}: {advice}")
    if set(roles) == {Role.NUMERIC}:
        said = f"should hold numbers but holds {held}; {_numeric_advice(file, name)}"
        return _column_error(file, name, said)
    if Role.TIME in roles:
        said = f"(data.time) holds {held}; give dates, dates with times, or numbers"
        return _column_error(file, name, f"{said}{_time_advice(file, name)}")
    advice = "list it under features.numeric, or " if Role.CATEGORICAL in roles else ""
    return _column_error(
        file,
        name,
        f"({roles[0]}) holds {held}, but its values are names: text, whole numbers, true and "
        f"false, or dates; {advice}convert it.",
    )


def mixed_error(file: RawColumns, first: RawColumns, name: str) -> DataError:
    """How a column differs from that of the first file."""
    held, before = (file_type_words(one.types[name]) for one in (file, first))
    texts = before == "text" or held == "text"
    line = f", or declare what it is:  data: {{types: {{{flow_text(name)}: text}}}}"
    return _column_error(
        file,
        name,
        f"holds {held}, but {before} in {first.place}; write it alike in all files"
        f"{line if texts else '.'}",
    )


def later_error(
    file: RawColumns, name: str, wanted: LogicalType, count: int, *, declared: bool
) -> DataError:
    """How a column differs from its known type."""
    held = held_words(file, name, wanted, count, declared=declared)
    if wanted in TIME_TYPES and is_too_fine(held):
        why = f"with {TOO_FINE}."
    elif declared:
        why = f"but data.types declares {wanted}; correct the one or the other."
    else:
        why = f"but {COLUMN_WORDS[wanted]} when its contract was learnt; {file.advice}."
    return _column_error(file, name, f"holds {held}, {why}")


def _column_error(file: RawColumns, name: str, said: str) -> DataError:
    return DataError(f"{file.place}: column '{name}' {said}", names={"column": name})


def held_words(
    file: RawColumns, name: str, wanted: LogicalType, count: int, *, declared: bool = False
) -> str:
    """What the column holds: its type, or the first value that does not fit, and where."""
    if count == NEVER:
        return file_type_words(file.types[name])
    row, value = file.first_misfit(name, wanted, declared=declared)
    shown = short_value(value)
    others = "" if count == 1 else f", {count:,} in all"
    shown = f"text '{shown}'" if is_text(file.types[name]) else shown
    return f"{shown} in {file.row_words(name, row)} (the first such value{others})"


def _time_advice(file: RawColumns, name: str) -> str:
    if not is_text(file.types[name]):
        return "."
    if file.is_parsed(name):
        return ", or say how they are written:  data: {format: {dates: '%d/%m/%Y'}}"
    return f", or declare what the texts are:  data: {{types: {{{flow_text(name)}: datetime}}}}"


def _numeric_advice(file: RawColumns, name: str) -> str:
    dtype = file.types[name]
    if is_text(dtype) and not file.is_parsed(name):
        return (
            f"list it under features.categorical; or, if the texts are numbers,  "
            f"data: {{types: {{{flow_text(name)}: number}}}}"
        )
    if dtype.is_temporal():
        return "a date is no number: list it under features.categorical, or leave it out."
    return "repair the value, or list the column under features.categorical."
