"""Writing: entries of a config, each with its comment, as YAML that reads like one by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from logit_flows.sources.flow_text import flow_text

COMMENT_COLUMN = 44
# Characters of a line: with a comment behind its value, and all others.
MAX_COMMENTED_WIDTH, MAX_WIDTH = 118, 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A key by its place in the config, its value, and comments.

    An empty key as the last one stands for comments alone.
    """

    place: tuple[str, ...]
    value: Any
    comments: tuple[str, ...] = ()


def content_of(entries: Iterable[Entry]) -> dict[str, Any]:
    """The config of the entries, as a mapping."""
    content: dict[str, Any] = {}
    for entry in entries:
        section = content
        for part in entry.place[:-1]:
            section = section.setdefault(part, {})
        if entry.place[-1]:
            section[entry.place[-1]] = entry.value
    return content


def text_of(entries: Iterable[Entry]) -> str:
    """The config of the entries, as YAML. A section stands once, an empty line before it."""
    lines: list[str] = []
    section = ""
    for entry in entries:
        if len(entry.place) > 1 and entry.place[0] != section:
            lines += ["", f"{entry.place[0]}:"]
        elif len(entry.place) == 1 and section:
            lines.append("")
        section = entry.place[0] if len(entry.place) > 1 else ""
        lines += _entry_lines(entry)
    return "\n".join(lines) + "\n"


def _entry_lines(entry: Entry) -> list[str]:
    """The lines of one entry: its comment behind it if both fit on a line, else above it."""
    indent = "  " * (len(entry.place) - 1)
    comments = [_printable(comment) for comment in entry.comments]
    if not entry.place[-1]:
        return _comment_lines(comments, indent)
    written = _wrapped(f"{indent}{flow_text(entry.place[-1])}: ", entry.value)
    behind = f"{written[0]:<{COMMENT_COLUMN - 1}} # {comments[0]}" if comments else written[0]
    if len(written) == 1 and len(comments) < 2 and len(behind) <= MAX_COMMENTED_WIDTH:
        return [behind]
    return [*_comment_lines(comments, indent), *written]


def _comment_lines(comments: Iterable[str], indent: str) -> list[str]:
    """Comments on lines of their own; what goes on from a line before is indented."""
    return [
        line
        for comment in comments
        for line in wrap(
            comment,
            MAX_WIDTH,
            initial_indent=f"{indent}# ",
            subsequent_indent=f"{indent}#   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _wrapped(key: str, value: Any) -> list[str]:
    """A key with its value, on several lines if a list or a mapping is long."""
    line = key + flow_text(value)
    if len(line) <= MAX_WIDTH or not isinstance(value, list | Mapping):
        return [line]
    opening, closing = ("[", "]") if isinstance(value, list) else ("{", "}")
    parts = (
        [flow_text(part) for part in value]
        if isinstance(value, list)
        else [f"{flow_text(name)}: {flow_text(part)}" for name, part in value.items()]
    )
    lines = [key + opening]
    indent = " " * (len(key) - len(key.lstrip()) + 4)
    for place, part in enumerate(parts):
        piece = part + ("," if place < len(parts) - 1 else closing)
        if len(lines) > 1 and len(lines[-1]) + len(piece) < MAX_WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(indent + piece)
    return lines


def _printable(text: str) -> str:
    """A comment on one line, control characters of names and values escaped."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
