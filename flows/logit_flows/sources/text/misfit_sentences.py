"""The sentence on a value of a text file that is not of its column's type."""

import math
import re
from dataclasses import dataclass

from logit_engine.rows.labels import quoted_text
from logit_flows.sources.flow_text import flow_text
from logit_flows.sources.logical_types import is_too_fine
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.places import Place
from logit_flows.sources.type_names import NUMBER_TYPES, TIME_TYPES, LogicalType
from logit_flows.sources.type_words import TOO_FINE, VALUE_WORDS, short_value

LEADING_ZERO = re.compile(r"[+-]?0\d+")
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
GROUPED_POINT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that is not of its type, and where it stands."""

    place: Place
    name: str
    value: str
    wanted: LogicalType
    dialect: Dialect


def misfit_sentence(found: Misfit) -> str:
    """What was found, where, and what to do."""
    shown = short_value(found.value)
    place = f"{found.place}, column '{found.name}'"
    if found.wanted in TIME_TYPES and is_too_fine(found.value):
        return f"{place}: '{shown}' has {TOO_FINE}."
    if found.wanted in NUMBER_TYPES and _is_infinite(found):
        what = "is infinite or too large for a number"
    else:
        what = f"is not {VALUE_WORDS[found.wanted]}"
    return f"{place}: '{shown}' {what}; {_remedy(found)}"


def _remedy(found: Misfit) -> str:
    """What to do about the value, with the line of YAML where one cures it."""
    dialect = found.dialect
    if LEADING_ZERO.fullmatch(found.value):
        return f"if it is a code:  data: {{types: {{{flow_text(found.name)}: text}}}}"
    if found.wanted not in (*NUMBER_TYPES, LogicalType.INTEGER):
        return (
            "repair the value, say how dates are written (data.format.dates), or what the column "
            "is (data.types)."
            if found.wanted in TIME_TYPES
            else "repair the value, or say what the column is (data.types)."
        )
    if dialect.decimal == ".":
        if GROUPED_COMMA.fullmatch(found.value):
            return "if the comma parts thousands:  data: {format: {thousands: ','}}"
        if DECIMAL_COMMA.fullmatch(found.value):
            return "if the comma is the decimal mark:  data: {format: {decimal: ','}}"
    elif GROUPED_POINT.fullmatch(found.value) and dialect.thousands is None:
        return "if the point parts thousands:  data: {format: {thousands: '.'}}"
    return _as_missing(found)


def _as_missing(found: Misfit) -> str:
    """The line that names the value as missing, beside what is missing already."""
    dialect = found.dialect
    texts = dict.fromkeys(("", *dialect.null_values, *dialect.markers, short_value(found.value)))
    listed = ", ".join(map(_in_quotes, texts))
    return (
        "repair the value, or if it means missing, add it:  "
        f"data: {{format: {{null_values: [{listed}]}}}}"
    )


def _in_quotes(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else quoted_text(text)


def _is_infinite(found: Misfit) -> bool:
    """Whether the text is a number, but none that is finite."""
    plain = found.value.strip()
    if found.dialect.thousands:
        plain = plain.replace(found.dialect.thousands, "")
    try:
        return math.isinf(float(plain.replace(found.dialect.decimal, ".")))
    except ValueError:
        return False
