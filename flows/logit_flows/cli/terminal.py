"""The door to the terminal: all that the command writes passes here, and is shown, not obeyed.

Names, levels and file names are data, and may hold escape codes. Only this file writes codes that
a terminal obeys.
"""

import io
import re
import shutil
import sys
import traceback
import warnings
from types import TracebackType
from typing import TextIO

from logit_engine.reporting.cell_text import text_width, visible_text

MIN_WIDTH = 40  # columns; a narrower terminal breaks lines itself
CLEAR_LINE = "\r\033[K"
OWN_INDENT = re.compile(" *")
FIELD_TITLE = re.compile(r"\S+ {2,}(?=\S)")  # as in "Rows      900"
CONTINUED = " " * len("logit: ")

# Whether the line of the last step stands on the terminal.
_shows_step = False


def say(text: str) -> None:
    """Print sentences. On a terminal, lines are broken between words."""
    _write(
        sys.stdout, [line for part in text.split("\n") for line in _broken_lines(part, sys.stdout)]
    )


def say_table(text: str) -> None:
    """Print lines as they are."""
    _write(sys.stdout, text.split("\n"))


def complain(text: str, to_paste: str | None = None) -> None:
    """Print an error on stderr, each line after the command's name.

    to_paste: a line that stays in one piece.
    """
    sentences = [f"logit: {line}" for line in text.split("\n") if line]
    lines = [line for part in sentences for line in _broken_lines(part, sys.stderr, CONTINUED)]
    _write(sys.stderr, lines if to_paste is None else [*lines, f"logit: {to_paste}"])


def show_step(text: str) -> None:
    """Show on stderr what is done now: one changing line on a terminal, else a line for each."""
    global _shows_step
    width = terminal_width(sys.stderr)
    if width is None:
        _write(sys.stderr, [text])
        return
    print(f"{CLEAR_LINE}{visible_text(text)[: width - 1]}", end="", file=sys.stderr, flush=True)
    _shows_step = True


def clear_step() -> None:
    """Clear the line of the terminal that shows the last step."""
    global _shows_step
    if _shows_step:
        print(CLEAR_LINE, end="", file=sys.stderr, flush=True)
        _shows_step = False


def terminal_width(stream: TextIO | None = None) -> int | None:
    """The columns of the terminal that a stream writes to, by default stdout; None without one."""
    out = sys.stdout if stream is None else stream
    if not out.isatty():
        return None
    width = shutil.get_terminal_size(fallback=(0, 0)).columns
    return max(width, MIN_WIDTH) if width else None


def open_door() -> None:
    """Send what Python itself writes, of warnings and defects, through this file too.

    A character that the encoding of a stream lacks is written as an escape.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.excepthook = _show_defect
    warnings.showwarning = _show_warning


def _show_defect(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    text = "".join(traceback.format_exception(kind, error, trace))
    _write(sys.stderr, text.rstrip("\n").split("\n"))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as Python does; its source line is left out."""
    _write(file or sys.stderr, [f"{filename}:{lineno}: {category.__name__}: {message}"])


def _write(stream: TextIO, lines: list[str]) -> None:
    """Print lines, each made visible, in the place of the line that shows the step."""
    clear_step()
    print("\n".join(map(visible_text, lines)), file=stream, flush=True)


def _broken_lines(line: str, stream: TextIO, indent: str = "") -> list[str]:
    """The line as lines no wider than the terminal; a longer word stands alone.

    indent: before the lines after the first, beside the line's own. Behind the title of a field
    they stand below its text.
    """
    width = terminal_width(stream)
    if width is None or text_width(line) <= width:
        return [line]
    own, title = OWN_INDENT.match(line)[0], FIELD_TITLE.match(line)  # type: ignore[index]
    start = title[0] if title else own
    indent = " " * text_width(title[0]) if title else indent
    first, *words = line[len(start) :].split(" ")
    lines = [start + first]
    for word in words:
        if text_width(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append((indent if title else own + indent) + word)
    return lines
