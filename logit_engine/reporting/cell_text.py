"""Text of cells on a terminal and in LaTeX and CSV: its width, its padding, its escapes."""

import csv
import io
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

LATEX_ESCAPES = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
)


# Categories of Unicode that a terminal obeys: controls, directions of writing, halves of pairs,
# and separators of lines. The two joiners only shape the letters beside them.
OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = "\u200c\u200d"

# A picture may be several characters: one with what is joined to it, a flag, a sign with a mark.
JOINED = re.compile("\u200d[\u2600-\u27bf\U0001f000-\U0001faff]\ufe0f?|[\U0001f3fb-\U0001f3ff]")
PICTURE = re.compile("[\U0001f1e6-\U0001f1ff]{2}|.\ufe0f")
WIDE = "\u5b57"  # a character of two columns

CUT_SIGN = "\u2026"


def visible_text(text: str, keep: str = "") -> str:
    """The text with each character that a terminal would obey shown as its escape, as "\\x1b".

    keep: characters that stay as they are, such as line breaks.
    """
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if _is_obeyed(c) and c not in keep else c for c in text
    )


def _is_obeyed(c: str) -> bool:
    return unicodedata.category(c) in OBEYED and c not in JOINERS


def one_line(text: str) -> str:
    """The text on one line: a line break in a name would tear a row apart."""
    return visible_text(text.translate({ord("\n"): " ", ord("\t"): " "}))


def text_width(text: str) -> int:
    """The columns of a terminal that the text takes.

    A wide character takes two, a combining mark none, a picture of several characters two.
    """
    shown = one_line(text)
    if shown.isascii():
        return len(shown)
    return sum(map(_character_width, PICTURE.sub(WIDE, JOINED.sub("", shown))))


def _character_width(c: str) -> int:
    if unicodedata.category(c) in ("Mn", "Me") or c in JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def cut_text(text: str, width: int) -> str:
    """The text, its middle replaced by a sign if it is wider than a width."""
    if text_width(text) <= width:
        return text
    room = max(width - 1, 2)
    head = _fitting_start(text, room - room // 2)
    tail = _fitting_start(text[::-1], room // 2)[::-1]
    return f"{head}{CUT_SIGN}{tail}"


def _fitting_start(text: str, width: int) -> str:
    """The longest beginning of a text that is no wider than a width."""
    used = 0
    for place, c in enumerate(text):
        used += text_width(c)
        if used > width:
            return text[:place]
    return text


def padded_cell(text: str, width: int, side: str) -> str:
    """The text with spaces up to a width. side: l if the text stands at the left, or r."""
    space = " " * (width - text_width(text))
    return one_line(text) + space if side == "l" else space + one_line(text)


def wrapped_lines(text: str, width: int) -> list[str]:
    """The text as lines no wider than a width."""
    lines = []
    for part in text.splitlines():
        shown = one_line(part)
        is_narrow = text_width(shown) <= len(shown)  # textwrap counts a wide character as one
        lines += textwrap.wrap(shown, width) if is_narrow else _wrapped_words(shown, width)
    return lines


def _wrapped_words(text: str, width: int) -> list[str]:
    """The text broken between words, and inside those that are wider than a line."""
    lines = [""]
    for word in text.split():
        if text_width(f"{lines[-1]} {word}".strip()) > width:
            lines.append("")
        while text_width(word) > width:
            head = _fitting_start(word, width)
            lines[-1], word = head, word[len(head) :]
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [line for line in lines if line]


def ruled_text(title: str, tables: Sequence[list[str]], width: int, between: str = "=") -> str:
    """The title centered above the lines of tables, with double rules above and below.

    between: the character of the rule between two tables.
    """
    titles = [
        " " * ((width - text_width(line)) // 2) + line for line in wrapped_lines(title, width)
    ]
    bodies = f"\n{between * width}\n".join("\n".join(lines) for lines in tables)
    return "\n".join([*titles, "=" * width, bodies, "=" * width])


def latex_text(text: str) -> str:
    """The text with LaTeX's special characters escaped."""
    return one_line(text).translate(LATEX_ESCAPES)


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells with commas between the cells."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
