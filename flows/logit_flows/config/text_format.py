"""The values of the section `data.format`: each with its check and its sentence."""

import codecs
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from logit_flows.config.problems import shown
from logit_flows.sources.text.dialect import NONE
from logit_flows.sources.type_names import SECONDS_FRACTION

TAB_WORDS = ("\\t", "tab")
OTHER_FRACTION = re.compile(r"\.?%\d?f|%\.\df")  # in Polars nanoseconds, or of a fixed width
DATE_PARTS = {"year": "Yy", "month": "mbB", "day": "de"}


def _separator(value: Any) -> Any:
    if value in TAB_WORDS:
        return "\t"
    if not (isinstance(value, str) and len(value) == 1 and value.isascii()):
        raise ValueError(f"expected one ASCII character such as ';', found {shown(value)}")
    if value in "\"'\r\n\0" or value.isalnum():
        raise ValueError(f"{shown(value)} cannot separate fields")
    return value


def _decimal(value: Any) -> Any:
    if value not in (".", ","):
        raise ValueError(f"expected '.' or ',', found {shown(value)}")
    return value


def _mark(value: Any) -> Any:
    """A character that stands in numbers, or none."""
    if value == NONE:
        return value
    if not isinstance(value, str) or len(value) != 1 or value.isalnum() or value in "+-\r\n\0":
        raise ValueError(f"expected one character such as '.', or none, found {shown(value)}")
    return value


def _quote(value: Any) -> Any:
    if value not in ('"', "'", NONE):
        raise ValueError(f"expected '\"', \"'\" or none, found {shown(value)}")
    return value


def _encoding(value: str) -> str:
    try:
        "".encode(value)
    except (LookupError, ValueError):
        raise ValueError(
            f"expected an encoding such as utf-8, latin-1 or utf-16, found {shown(value)}"
        ) from None
    return codecs.lookup(value).name


def _texts(value: Any) -> Any:
    """Texts that stand for missing; a number in the list means its text."""
    if not isinstance(value, list) or any(
        isinstance(one, bool) or not isinstance(one, str | int | float) for one in value
    ):
        raise ValueError(f"expected a list of texts such as ['', NA], found {shown(value)}")
    return [str(one) for one in value]


def _header(value: Any) -> Any:
    if value == NONE or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise ValueError(
            "expected a list of names, the number of the line that holds them, or none, "
            f"found {shown(value)}"
        )
    return value


def _row_count(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"expected a number of lines, found {shown(value)}")
    return value


def _dates(value: str) -> str:
    parts = re.findall(r"%[-#]?([A-Za-z])", value)
    missing = [name for name, codes in DATE_PARTS.items() if not set(codes) & set(parts)]
    if missing and not {"F", "D"} & set(parts):
        raise ValueError(
            f"expected a date format such as '%d/%m/%Y', found {shown(value)}, "
            f"which has no {missing[0]}"
        )
    if wrong := OTHER_FRACTION.search(value):
        right = value.replace(wrong[0], SECONDS_FRACTION)
        raise ValueError(
            f"a fraction of a second with its point is {SECONDS_FRACTION}: write '{right}', "
            f"found {shown(value)}"
        )
    return value


Separator = Annotated[str, BeforeValidator(_separator)]
Decimal = Annotated[str, BeforeValidator(_decimal)]
Thousands = Annotated[str, BeforeValidator(_mark)]
Quote = Annotated[str, BeforeValidator(_quote)]
Encoding = Annotated[str, AfterValidator(_encoding)]
NullValues = Annotated[list[str], BeforeValidator(_texts)]
Header = Annotated[Any, BeforeValidator(_header)]
LineCount = Annotated[int, BeforeValidator(_row_count)]
DateFormat = Annotated[str, AfterValidator(_dates)]
