"""A value as YAML on one line, quoted where a reader of YAML, old or new, may take it for more."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

PLAIN_TEXT = re.compile(r"[^\W\d]([\w .+/()%*<>-]*[\w+/()%*<>-])?")
MEANINGFUL_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def flow_text(value: Any) -> str:
    """The value in flow style: text, numbers, booleans, None, and lists and mappings of these."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow_text(k)}: {flow_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_text(part) for part in value) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted_text(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _is_plain(text: str) -> bool:
    return bool(PLAIN_TEXT.fullmatch(text)) and text.lower() not in MEANINGFUL_WORDS


def _quoted_text(text: str) -> str:
    # Polars is loaded where a text has to be quoted, and only there.
    from logit_engine.rows.labels import quoted_text

    return quoted_text(text)
