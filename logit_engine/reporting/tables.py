"""What a statistician sees of a fit: frozen tables that print as text, HTML, LaTeX and CSV, laid out as statsmodels does."""

import csv
import html
import io
import textwrap
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

import numpy as np

from logit_engine.columns import Array

Row = tuple[str, ...]
Pair = tuple[str, str]

SYMBOLS = {"dydx": "dy/dx", "eyex": "d(lny)/d(lnx)", "dyex": "dy/d(lnx)", "eydx": "d(lny)/dx"}

_PAIR_WIDTHS = (16, 18, 17, 18)  # with gaps of 3 these make statsmodels' 78 columns
_NUMBER_WIDTHS = (10, 10, 10, 10, 10, 11, 11)  # and these with gaps of 1
_STYLES = {"l": "text-align: left; padding: 1px 8px", "r": "text-align: right; padding: 1px 8px"}
_LATEX = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
)


class Shown(ABC):
    """What has as_text, as_html, as_latex and as_csv shows itself: as text on a console, as HTML in a notebook."""

    __slots__ = ()

    @abstractmethod
    def as_text(self) -> str: ...

    @abstractmethod
    def as_html(self) -> str: ...

    @abstractmethod
    def as_latex(self) -> str: ...

    def __str__(self) -> str:
        return self.as_text()

    def __repr__(self) -> str:
        return self.as_text()

    def _repr_html_(self) -> str:
        return self.as_html()

    def _repr_latex_(self) -> str:
        return self.as_latex()


@dataclass(frozen=True, slots=True, repr=False)
class Table(Shown):
    """Cells of text, in blocks of rows of equal length.

    headed: each block opens with its heading, and the first column holds labels; else each row is label, value, label,
    value. align: 'l' or 'r' by column; widths: the least by column; gap: the least between columns, all in characters.
    """

    blocks: tuple[tuple[Row, ...], ...]
    align: str
    widths: tuple[int, ...]
    gap: int = 1
    headed: bool = True
    title: str = ""

    @property
    def data(self) -> list[list[str]]:
        """All rows, headings included."""
        return [list(row) for row in chain(*self.blocks)]

    @property
    def width(self) -> int:
        """Of the text, in characters, without spare width."""
        return sum(self.column_widths()) + self.gap * (len(self.align) - 1)

    def column_widths(self) -> list[int]:
        """Of the text, in characters."""
        cells = zip(*chain(*self.blocks), strict=True)
        return [max(least, *map(_room, column)) for least, column in zip(self.widths, cells, strict=True)]

    def as_text(self) -> str:
        """The title and the cells in columns, between two rules."""
        return _framed(self.title, [self.lines(self.width)], self.width)

    def lines(self, width: int) -> list[str]:
        """The rows as text with rules between them; spare width goes behind the labels, or between the pairs."""
        widths, gaps = self.column_widths(), [0] + [self.gap] * (len(self.align) - 1)
        if len(gaps) > 2:  # a lone pair stays together
            gaps[1 if self.headed else 2] += width - self.width

        def line(row: Row, head: bool) -> str:
            sides = "r" * len(row) if head else self.align
            cells = zip(gaps, row, widths, sides, strict=True)
            return "".join(" " * gap + _padded(cell, room, side) for gap, cell, room, side in cells).rstrip()

        return self._ruled(line, "-" * width)

    def as_html(self) -> str:
        """A table element, of the class that statsmodels gives its own."""
        rows = [self._html_row(row, self.headed and not i) for block in self.blocks for i, row in enumerate(block)]
        caption = [f"<caption>{html.escape(_plain(self.title))}</caption>"] if self.title else []
        return "\n".join(['<table class="simpletable">', *caption, *rows, "</table>"])

    def as_latex(self) -> str:
        """A tabular environment with the rules of booktabs."""
        rows = self._ruled(self._latex_row, r"\midrule")
        return "\n".join([rf"\begin{{tabular}}{{{self.align}}} \toprule", *rows, r"\bottomrule", r"\end{tabular}"])

    as_latex_tabular = as_latex

    def as_csv(self) -> str:
        """All rows, headings included, a comma between cells."""
        return _csv(self.data)

    def _ruled(self, show: Callable[[Row, bool], str], rule: str) -> list[str]:
        """The rows as shown, a rule under each heading and between two blocks."""
        lines = []
        for first, *others in self.blocks:
            lines += [show(first, self.headed), *[rule] * self.headed, *(show(row, False) for row in others), rule]
        return lines[:-1]

    def _is_label(self, j: int) -> bool:
        return j == 0 if self.headed else j % 2 == 0

    def _html_row(self, row: Row, head: bool) -> str:
        cells = []
        for j, (cell, side) in enumerate(zip(row, self.align, strict=True)):
            tag = f'th scope="{"col" if head else "row"}"' if cell and (head or self._is_label(j)) else "td"
            cells.append(f'<{tag} style="{_STYLES[side]}">{html.escape(_plain(cell))}</{tag[:2]}>')
        return f"<tr>{''.join(cells)}</tr>"

    def _latex_row(self, row: Row, head: bool) -> str:
        cells = [_latex(cell) for cell in row]
        bold = [rf"\textbf{{{c}}}" if c and (head or self._is_label(j)) else c for j, c in enumerate(cells)]
        return " & ".join(bold) + r" \\"


@dataclass(frozen=True, slots=True, repr=False)
class Report(Shown):
    """Tables under one another, as wide as the widest, with notes under them; between: what the rule between two is of."""

    tables: list[Table]
    notes: tuple[str, ...] = ()
    between: str = "="

    def as_text(self) -> str:
        """The first table's title, the tables between rules, and the notes wrapped to their width."""
        width = max(table.width for table in self.tables)
        text = _framed(self.tables[0].title, [table.lines(width) for table in self.tables], width, self.between)
        notes = [line for note in self.notes for line in _wrapped(note, width)]
        return "\n".join([text, "", *notes] if notes else [text])

    def as_html(self) -> str:
        """The tables, and each note as a paragraph."""
        notes = (f"<p>{html.escape(_plain(note))}</p>" for note in self.notes)
        return "\n".join([*(table.as_html() for table in self.tables), *notes])

    def as_latex(self, label: str = "") -> str:
        """A table environment, with a label to refer to if one is given; its preamble needs booktabs."""
        title = self.tables[0].title
        caption = [rf"\caption{{{_latex(title)}}}"] if title else []
        mark = [rf"\label{{{label}}}"] if label else []
        tables = "\n\\par\\medskip\n".join(table.as_latex() for table in self.tables)
        notes = r"\par\medskip " + " ".join(rf"{_latex(note)}\par" for note in self.notes) if self.notes else ""
        return "\n".join([r"\begin{table} \centering", *caption, *mark, tables, rf"{notes}\end{{table}}"])

    def as_csv(self) -> str:
        """The title, all rows of all tables, and the notes."""
        title = [[self.tables[0].title]] if self.tables[0].title else []
        return _csv([*title, *chain(*(table.data for table in self.tables)), *([note] for note in self.notes)])


@dataclass(frozen=True, slots=True)
class Equation:
    """The estimates of one equation.

    label: heads its names ('' where there is only one equation); names: p of them; estimate, std_error, z, p_value: (p,);
    interval: (p, 2).
    """

    label: str
    names: Sequence[str]
    estimate: Array
    std_error: Array
    z: Array
    p_value: Array
    interval: Array


def summary(
    title: str,
    left: Sequence[Pair],
    right: Sequence[Pair],
    equations: Sequence[Equation],
    *,
    alpha: float = 0.05,
    letter: str = "z",
    notes: Iterable[str] = (),
) -> Report:
    """The report that statsmodels' summary() prints; letter: z, or t.

    left, right: label and text, the two columns of the header, date and time among them, as no clock is read here;
    alpha: one minus the level of the equations' intervals.
    """
    return Report([_header(title, left, right), _coefficients("coef", equations, alpha, letter)], tuple(notes))


def summary2(
    title: str,
    left: Sequence[Pair],
    right: Sequence[Pair],
    equations: Sequence[Equation],
    *,
    alpha: float = 0.05,
    float_format: str = "%.4f",
    letter: str = "z",
    notes: Iterable[str] = (),
) -> Report:
    """The report that statsmodels' summary2() prints: a table for each equation, every number in one format."""

    def number(value: float) -> str:
        text = float_format % value
        return text if len(text) <= 16 else f"{value:.4e}"

    heading = ("Coef.", "Std.Err.", letter, f"P>|{letter}|", *_limits(alpha))
    blocks = [_block(equation, heading, [number] * 6) for equation in equations]
    widths = tuple(Table(tuple(blocks), "lrrrrrr", (0,) * 7).column_widths())  # of all, so columns stand below columns
    head = _header(title, left, right, "llll", (0,) * 4, gap=1)
    return Report([head, *(Table((block,), "lrrrrrr", widths, gap=2) for block in blocks)], tuple(notes), between="-")


def margins_table(
    title: str,
    outcome: str,
    method: str,
    at: str,
    equations: Sequence[Equation],
    *,
    alpha: float = 0.05,
    notes: Iterable[str] = (),
) -> Report:
    """The report that statsmodels' get_margeff().summary() prints; method: a name in SYMBOLS, which heads the effects."""
    top = [("Dep. Variable:", outcome), ("Method:", method), ("At:", at)]
    return Report([_header(title, top), _coefficients(SYMBOLS[method], equations, alpha)], tuple(notes))


def contrasts_table(title: str, equation: Equation, *, alpha: float = 0.05, letter: str = "z") -> Report:
    """The report that statsmodels' t_test() prints; letter: z, or t."""
    return Report([replace(_coefficients("coef", [equation], alpha, letter), title=title)])


def plain(value: float, digits: int = 3) -> str:
    """A number to some decimals; at 1e4 and more and below 1e-4 to as many significant digits."""
    return f"{value:.{digits}{'f' if 1e-4 <= abs(value) < 1e4 else 'g'}}"


def significant(value: float, digits: int) -> str:
    """A number to some significant digits, trailing zeros kept; '.' for nan."""
    return "." if np.isnan(value) else f"{value:#.{digits}g}"


def fixed_decimals(value: float, digits: int) -> str:
    """A number to some decimals; '.' for nan."""
    return "." if np.isnan(value) else f"{value:.{digits}f}"


def count(value: float) -> str:
    """A count: whole where it is whole, else, as a sum of weights may be, to two decimals."""
    return f"{value:.0f}" if value == value // 1 else f"{value:.2f}"


def _header(
    title: str,
    left: Sequence[Pair],
    right: Sequence[Pair] = (),
    align: str = "lrlr",
    widths: tuple[int, ...] = _PAIR_WIDTHS,
    gap: int = 3,
) -> Table:
    """Pairs of label and text in two columns, or in one where there is nothing at the right."""
    rows = tuple(a + b for a, b in zip_longest(left, right, fillvalue=("", ""))) if right else tuple(left)
    k = len(rows[0])
    return Table((rows,), align[:k], widths[:k], gap, headed=False, title=title)


def _coefficients(heading: str, equations: Sequence[Equation], alpha: float, letter: str = "z") -> Table:
    columns = (heading, "std err", letter, f"P>|{letter}|", *_limits(alpha))
    formats = [lambda v: plain(v, 4), plain, plain, "{:.3f}".format, plain, plain]
    return Table(tuple(_block(equation, columns, formats) for equation in equations), "lrrrrrr", _NUMBER_WIDTHS)


def _limits(alpha: float) -> Pair:
    return f"[{alpha / 2:.10g}", f"{1 - alpha / 2:.10g}]"


def _block(e: Equation, heading: Row, formats: Sequence[Callable[[float], str]]) -> tuple[Row, ...]:
    numbers = zip(e.estimate, e.std_error, e.z, e.p_value, *e.interval.T, strict=True)
    rows = ((name, *_cells(row, formats)) for name, row in zip(e.names, numbers, strict=True))
    return ((e.label, *heading), *rows)


def _cells(row: Sequence[float], formats: Sequence[Callable[[float], str]]) -> Row:
    """The numbers of a row as text.

    An infinite estimate, which has no standard error, is its sign and dots; an estimate that is not known is dots.
    """
    if np.isnan(row[1]) and not np.isfinite(row[0]):
        return (f"{row[0]:+f}" if np.isinf(row[0]) else ".", *"." * (len(row) - 1))
    return tuple(show(float(v)) for show, v in zip(formats, row, strict=True))


def _framed(title: str, tables: Sequence[list[str]], width: int, between: str = "=") -> str:
    """The title centered above the tables' lines, a double rule above and below, another between two tables."""
    titles = [" " * ((width - _room(line)) // 2) + line for line in _wrapped(title, width)]
    bodies = f"\n{between * width}\n".join("\n".join(lines) for lines in tables)
    return "\n".join([*titles, "=" * width, bodies, "=" * width])


def _wrapped(text: str, width: int) -> list[str]:
    room = width if _room(text) <= len(text) else width // 2  # textwrap counts a wide character as one
    return [line for part in text.splitlines() for line in textwrap.wrap(_plain(part), room)]


def _plain(text: str) -> str:
    """On one line: a line break in a name would tear the row apart."""
    return "".join(c if c.isprintable() else " " for c in text)


def _room(text: str) -> int:
    """The columns of a terminal that the text takes: wide characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in _plain(text))


def _padded(text: str, width: int, side: str) -> str:
    space = " " * (width - _room(text))
    return _plain(text) + space if side == "l" else space + _plain(text)


def _latex(text: str) -> str:
    return _plain(text).translate(_LATEX)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
