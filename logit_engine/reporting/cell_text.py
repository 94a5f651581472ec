"""Text of cells on a terminal and in LaTeX and CSV: its width, its padding, its escapes."""

import csv
import io
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

LATEX_ESCAPES = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
)


def one_line(text: str) -> str:
    """The text on one line: a line break in a name would tear a row apart."""
    return "".join(c if c.isprintable() else " " for c in text)


def text_width(text: str) -> int:
    """The columns of a terminal that the text takes.

    A wide character takes two, a combining mark none.
    """
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in one_line(text)
    )


def padded_cell(text: str, width: int, side: str) -> str:
    """The text with spaces up to a width. side: l if the text stands at the left, or r."""
    space = " " * (width - text_width(text))
    return one_line(text) + space if side == "l" else space + one_line(text)


def wrapped_lines(text: str, width: int) -> list[str]:
    """The text as lines no wider than a width."""
    is_narrow = text_width(text) <= len(text)
    most = width if is_narrow else width // 2  # textwrap counts a wide character as one
    return [line for part in text.splitlines() for line in textwrap.wrap(one_line(part), most)]


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
