"""Tables for people: rows of text that render as plain text, HTML, LaTeX and CSV, and the two summaries of a fit."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from textwrap import wrap

import numpy as np

from logit_engine.links import Array

LEAST_WIDTH = 78
LATEX = {
    "\\": r"\textbackslash{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}

Block = tuple[str, Sequence[str], Array, Array, Array, Array, Array]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header (or none); the first column is flush left, the others right.

    pairs: the columns come in twos, a label and its value, as in the head of a summary.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    pairs: bool = False

    @property
    def data(self) -> list[list[str]]:
        """All rows with the header first, as lists."""
        return [list(row) for row in ((self.header, *self.rows) if self.header else self.rows)]

    def lines(self, width: int) -> list[str]:
        """The rows in columns, spread to the width; a rule of hyphens under the header."""
        widths = [max(len(row[i]) for row in self.data) for i in range(len(self.data[0]))]
        spare = width - sum(widths)
        if self.pairs:
            gaps = [max(1, (width - 3) // 2 - widths[0] - widths[1]), 3, 0]
            gaps[2] = max(1, width - sum(widths) - gaps[0] - gaps[1]) if len(widths) == 4 else 0
            texts = [self._pair(row, widths, gaps) for row in self.rows]
        else:
            each, more = divmod(max(spare, 2 * (len(widths) - 1)), max(1, len(widths) - 1))
            gap = [0] + [each + (i <= more) for i in range(1, len(widths))]
            texts = [
                row[0].ljust(widths[0])
                + "".join(cell.rjust(w + g) for cell, w, g in zip(row[1:], widths[1:], gap[1:], strict=True))
                for row in self.data
            ]
        if self.header:
            texts.insert(1, "-" * max(width, len(texts[0])))
        return [text.rstrip() for text in texts]

    @staticmethod
    def _pair(row: tuple[str, ...], widths: list[int], gaps: list[int]) -> str:
        text = row[0].ljust(widths[0]) + " " * gaps[0] + row[1].rjust(widths[1])
        if len(row) == 4:
            text += " " * gaps[1] + row[2].ljust(widths[2]) + " " * gaps[2] + row[3].rjust(widths[3])
        return text

    @property
    def least_width(self) -> int:
        """The narrowest that its columns fit in."""
        widths = [max(len(row[i]) for row in self.data) for i in range(len(self.data[0]))]
        return sum(widths) + 2 * (len(widths) - 1) + 2

    def as_text(self) -> str:
        """The table between two rules."""
        width = max(LEAST_WIDTH, self.least_width)
        return "\n".join(["=" * width, *self.lines(width), "=" * width])

    def as_html(self) -> str:
        """A table element."""
        lines = ['<table class="simpletable">']
        for i, row in enumerate(self.data):
            heading = bool(self.header) and i == 0
            cells = []
            for j, cell in enumerate(row):
                label = j == 0 or (self.pairs and j == 2)
                tag, side = "th" if heading or label else "td", "left" if label else "right"
                cells.append(f'<{tag} style="text-align: {side}; padding: 0 0.4em">{escape(cell)}</{tag}>')
            lines.append(f"<tr>{''.join(cells)}</tr>")
        return "\n".join([*lines, "</table>"])

    def as_latex_tabular(self) -> str:
        """A tabular environment (booktabs' rules)."""
        columns = "lr" * (len(self.data[0]) // 2) if self.pairs else "l" + "r" * (len(self.data[0]) - 1)
        body = [" & ".join(map(latex_escaped, row)) + r" \\" for row in self.data]
        if self.header:
            body.insert(1, r"\midrule")
        return "\n".join([f"\\begin{{tabular}}{{{columns}}}", r"\toprule", *body, r"\bottomrule", r"\end{tabular}"])

    def as_csv(self) -> str:
        """Comma-separated rows, quoted where needed."""
        out = StringIO()
        csv.writer(out, lineterminator="\n").writerows(self.data)
        return out.getvalue()

    def _repr_html_(self) -> str:
        return self.as_html()

    def __str__(self) -> str:
        return self.as_text()


@dataclass(frozen=True, slots=True)
class Report:
    """Tables one under the other, with a title and notes."""

    title: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()

    def as_text(self) -> str:
        """All in plain text, as wide as its widest table."""
        width = max(LEAST_WIDTH, *(table.least_width for table in self.tables))
        lines = [self.title.center(width).rstrip(), "=" * width]
        for table in self.tables:
            lines += [*table.lines(width), "=" * width]
        lines += [line for note in self.notes for line in wrap(note, width)]
        return "\n".join(lines)

    def as_html(self) -> str:
        """All as HTML."""
        notes = "".join(f"<p>{escape(note)}</p>\n" for note in self.notes)
        tables = "\n".join(table.as_html() for table in self.tables)
        return f"<h4>{escape(self.title)}</h4>\n{tables}\n{notes}"

    def as_latex(self) -> str:
        """All as LaTeX."""
        parts = [table.as_latex_tabular() for table in self.tables]
        notes = [latex_escaped(note) + r"\\" for note in self.notes]
        caption = f"\\caption{{{latex_escaped(self.title)}}}"
        return "\n".join([r"\begin{table}", caption, *parts, *notes, r"\end{table}"])

    def as_csv(self) -> str:
        """All as comma-separated rows: the title, the tables, the notes."""
        out = StringIO()
        csv.writer(out, lineterminator="\n").writerows([[self.title]])
        tables = "".join(table.as_csv() for table in self.tables)
        csv.writer(notes := StringIO(), lineterminator="\n").writerows([[note] for note in self.notes])
        return out.getvalue() + tables + notes.getvalue()

    def _repr_html_(self) -> str:
        return self.as_html()

    def _repr_latex_(self) -> str:
        return self.as_latex()

    def __str__(self) -> str:
        return self.as_text()

    __repr__ = __str__


def latex_escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(LATEX.get(character, character) for character in text)


def number(value: float, places: int = 4) -> str:
    """A number to so many places; below 1e-4 and from 1e4 on to so many significant digits, as statsmodels has it."""
    if value == 0.0 or 1e-4 <= abs(value) < 1e4:
        return f"{value:.{places}f}"
    return f"{value:.{places}g}"


def coefficient_table(
    names: Sequence[str],
    estimates: Array,
    std_errors: Array,
    z: Array,
    p_values: Array,
    interval: Array,
    alpha: float = 0.05,
    use_t: bool = False,
    label: str = "",
    estimate_label: str = "coef",
) -> Table:
    """One row for each estimate: value, standard error, z (or t), p-value and interval; arrays (m,), interval (m, 2)."""
    letter = "t" if use_t else "z"
    header = (label, estimate_label, "std err", letter, f"P>|{letter}|", f"[{alpha / 2:.3g}", f"{1 - alpha / 2:.3g}]")
    rows = tuple(
        (str(name), number(b), number(s, 3), f"{t:.3f}", f"{p:.3f}", number(low, 3), number(high, 3))
        for name, b, s, t, p, (low, high) in zip(names, estimates, std_errors, z, p_values, interval, strict=True)
    )
    return Table(header, rows)


def pairs_table(left: Sequence[tuple[str, str]], right: Sequence[tuple[str, str]]) -> Table:
    """Labels with values in two columns."""
    short = max(len(left), len(right))
    blank = [("", "")] * short
    rows = zip([*left, *blank][:short], [*right, *blank][:short], strict=True)
    return Table((), tuple((*a, *b) for a, b in rows), pairs=True)


def summary(
    title: str,
    left: Sequence[tuple[str, str]],
    right: Sequence[tuple[str, str]],
    blocks: Sequence[Block],
    alpha: float = 0.05,
    use_t: bool = False,
    notes: Sequence[str] = (),
    estimate_label: str = "coef",
) -> Report:
    """A fit: its facts in two columns, then a table of coefficients for each block (label, names and arrays)."""
    tables = [coefficient_table(*block[1:], alpha, use_t, block[0], estimate_label) for block in blocks]
    return Report(title, (pairs_table(left, right), *tables), tuple(notes))


def summary2(
    title: str,
    facts: Sequence[tuple[str, str]],
    blocks: Sequence[Block],
    alpha: float = 0.05,
    float_format: str = "%.4f",
    notes: Sequence[str] = (),
) -> Report:
    """A fit in the second layout: facts in pairs from left to right, all numbers in one format."""

    def text(value: float) -> str:
        return float_format % value

    head = pairs_table(facts[0::2], facts[1::2])
    tables = [_plain(block, alpha, text) for block in blocks]
    return Report(title, (head, *tables), tuple(notes))


def _plain(block: Block, alpha: float, text: Callable[[float], str]) -> Table:
    label, names, *columns, interval = block
    header = (label, "Coef.", "Std.Err.", "z", "P>|z|", f"[{alpha / 2:.3g}", f"{1 - alpha / 2:.3g}]")
    numbers = np.column_stack([*columns, interval])
    return Table(header, tuple((str(n), *map(text, row)) for n, row in zip(names, numbers.tolist(), strict=True)))
