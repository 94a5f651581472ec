"""How a text file is written: separator, marks of numbers, quotes, encoding, header, dates.

What a config declares is a part of a `Dialect`; `sniffing.py` finds the rest in the file.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

NONE = "none"


@dataclass(frozen=True, slots=True)
class Dialect:
    """All that is to be known of a text file but its types.

    header: the line that holds the names, from 1; None: no line does. names: what the columns are
    called instead. skip_rows: lines at the top that hold no data, a header among them or not.
    null_values: texts that stand for missing in all columns, the empty one among them. dates: how
    dates are written beside ISO. markers: texts that stand for missing in all columns but those of
    text, where they may be values; no config declares these.
    """

    separator: str = ","
    decimal: str = "."
    thousands: str | None = None
    quote: str | None = '"'
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ("",)
    header: int | None = 1
    names: tuple[str, ...] = ()
    skip_rows: int = 0
    trim: bool = False
    dates: str | None = None
    markers: tuple[str, ...] = ()

    def to_content(self) -> dict[str, Any]:
        """JSON-ready content; `from_content` is its inverse."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @staticmethod
    def from_content(content: Mapping[str, Any]) -> "Dialect":
        """The dialect of that content."""
        found: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in content.items()
        }
        return Dialect(**found)


class DeclaredFormat(Protocol):
    """The keys of `data.format`; None: not declared."""

    @property
    def separator(self) -> str | None: ...
    @property
    def decimal(self) -> str | None: ...
    @property
    def thousands(self) -> str | None: ...
    @property
    def quote(self) -> str | None: ...
    @property
    def encoding(self) -> str | None: ...
    @property
    def null_values(self) -> list[str] | None: ...
    @property
    def header(self) -> Any: ...
    @property
    def skip_rows(self) -> int | None: ...
    @property
    def trim(self) -> bool | None: ...
    @property
    def dates(self) -> str | None: ...


Declared = Mapping[str, Any]  # fields of a Dialect, those that are declared


def declared_dialect(format: DeclaredFormat | None) -> Declared:
    """The fields of a dialect that the config declares."""
    if format is None:
        return {}
    declared: dict[str, Any] = {}
    for key in ("separator", "decimal", "encoding", "skip_rows", "trim", "dates"):
        if (value := getattr(format, key)) is not None:
            declared[key] = value
    for key in ("thousands", "quote"):
        if (value := getattr(format, key)) is not None:
            declared[key] = None if value == NONE else value
    if format.null_values is not None:
        declared["null_values"] = tuple(dict.fromkeys(("", *format.null_values)))
    if isinstance(format.header, list):
        declared["names"] = tuple(format.header)
    elif format.header is not None:
        declared["header"] = None if format.header == NONE else format.header
    return declared


def format_keys(dialect: Dialect, declared: Declared) -> dict[str, Any]:
    """The keys of `data.format` that turn a plain CSV into the dialect; declared ones left out."""
    plain, found = Dialect().to_content(), dialect.to_content()
    keys = {key: found[key] for key in found if found[key] != plain[key] and key not in declared}
    keys.pop("markers", None)
    if "names" in declared:
        keys.pop("header", None)
    if names := keys.pop("names", None):
        keys["header"] = names
    return {key: NONE if value is None else value for key, value in keys.items()}


def sniffed_notes(dialect: Dialect | None, declared: Declared) -> tuple[str, ...]:
    """What was sniffed in place of being declared, as the line that would declare it."""
    if dialect is None:
        return ()
    notes = []
    if keys := format_keys(dialect, declared):
        notes.append(f"Text files were found to be written as  {format_line(keys)}")
    if dialect.markers:
        listed = " and ".join(repr(marker) for marker in dialect.markers)
        verb = "is" if len(dialect.markers) == 1 else "are"
        notes.append(f"{listed} {verb} read as missing in all columns but those of text.")
    return tuple(notes)


def format_line(keys: Mapping[str, Any]) -> str:
    """The line of a config that declares keys of `data.format`."""
    pairs = (
        f"{key}: {value if value == NONE else json.dumps(value, ensure_ascii=False)}"
        for key, value in keys.items()
    )
    return f"data: {{format: {{{', '.join(pairs)}}}}}"
