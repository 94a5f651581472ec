"""Labels: the values of a target, in one form wherever a person reads or writes them.

A label is true or false, an integer, or text. In Python True equals 1, so labels of two kinds are
told apart by their type.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import polars as pl

Label = bool | int | str

LABEL_KINDS: dict[type, str] = {bool: "booleans", int: "integers", str: "text"}
LABEL_TYPES: dict[type, type[pl.DataType]] = {bool: pl.Boolean, int: pl.Int64, str: pl.String}


def label_of(value: Any) -> Any:
    """A value of a target as its label: a whole number without its point."""
    is_number = isinstance(value, float | Decimal)
    return int(value) if is_number and value == value // 1 else value


def is_same_label(one: object, other: object) -> bool:
    """Whether both are the same value of the same type: 1 is neither true nor the text "1"."""
    return type(one) is type(other) and one == other


def label_text(label: object) -> str:
    """A label as the data and a config have it: true, 1, yes."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def quoted_label(label: object) -> str:
    """A label to paste into a config: text in quotes, so that '1' is not the number 1.

    A missing label is nothing.
    """
    if not isinstance(label, str):
        return "nothing" if label is None else label_text(label)
    is_plain = label.isprintable() and not set("'\\") & set(label)
    return f"'{label}'" if is_plain else quoted_text(label)


def quoted_text(text: str) -> str:
    """A text in double quotes, as YAML and Python read it, control characters as escapes."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    code = ord(sign)
    if sign.isprintable():
        return sign
    return (
        f"\\x{code:02x}" if code < 2**8 else f"\\u{code:04x}" if code < 2**16 else f"\\U{code:08x}"
    )


def quoted_labels(labels: Iterable[object]) -> str:
    """Labels in a sentence, with commas between them."""
    return ", ".join(map(quoted_label, labels))


def label_column(label: Label) -> pl.Expr:
    """The label as a constant: integers are Int64, whatever their size."""
    return pl.lit(label, dtype=LABEL_TYPES[type(label)])
