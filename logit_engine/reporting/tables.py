"""Frozen tables of text that show themselves as text, HTML, LaTeX and CSV."""

import html
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from logit_engine.reporting.cell_text import (
    csv_text,
    latex_text,
    one_line,
    padded_cell,
    ruled_text,
    text_width,
    wrapped_lines,
)

Row = tuple[str, ...]

HTML_STYLES = {
    "l": "text-align: left; padding: 1px 8px",
    "r": "text-align: right; padding: 1px 8px",
}


class Shown(ABC):
    """An object that shows itself as text on a console, and as HTML or LaTeX in a notebook."""

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

    headed: whether each block opens with its heading, and the first column holds labels; else each
    row is label, value, label, value. align: l or r for each column. widths: the least width of
    each column; gap: the least space between columns; both in characters.
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
        """The width of the text in characters, without spare width."""
        return sum(self.column_widths()) + self.gap * (len(self.align) - 1)

    def column_widths(self) -> list[int]:
        """The width of each column of the text, in characters."""
        columns = zip(*chain(*self.blocks), strict=True)
        return [
            max(least, *map(text_width, column))
            for least, column in zip(self.widths, columns, strict=True)
        ]

    def as_text(self) -> str:
        """The title and the cells in columns, between two rules."""
        return ruled_text(self.title, [self.lines(self.width)], self.width)

    def lines(self, width: int) -> list[str]:
        """The rows as lines of a width, with rules between them.

        Spare width goes behind the labels, or between the pairs.
        """
        widths, gaps = self.column_widths(), [0] + [self.gap] * (len(self.align) - 1)
        if len(gaps) > 2:  # a lone pair stays together
            gaps[1 if self.headed else 2] += width - self.width

        def row_line(row: Row, is_heading: bool) -> str:
            sides = "r" * len(row) if is_heading else self.align
            cells = zip(gaps, row, widths, sides, strict=True)
            padded = (" " * gap + padded_cell(cell, room, side) for gap, cell, room, side in cells)
            return "".join(padded).rstrip()

        return self._rows_with_rules(row_line, "-" * width)

    def as_html(self) -> str:
        """A table element, of statsmodels' class of tables."""
        caption = [f"<caption>{html.escape(one_line(self.title))}</caption>"] if self.title else []
        rows = [
            self._html_row(row, is_heading=self.headed and i == 0)
            for block in self.blocks
            for i, row in enumerate(block)
        ]
        return "\n".join(['<table class="simpletable">', *caption, *rows, "</table>"])

    def as_latex(self) -> str:
        """A tabular environment with the rules of booktabs."""
        first = rf"\begin{{tabular}}{{{self.align}}} \toprule"
        rows = self._rows_with_rules(self._latex_row, r"\midrule")
        return "\n".join([first, *rows, r"\bottomrule", r"\end{tabular}"])

    as_latex_tabular = as_latex

    def as_csv(self) -> str:
        """All rows, headings included, with commas between cells."""
        return csv_text(self.data)

    def _rows_with_rules(self, show_row: Callable[[Row, bool], str], rule: str) -> list[str]:
        """The rows as shown, with a rule under each heading and between two blocks."""
        lines = []
        for first, *others in self.blocks:
            lines += [show_row(first, self.headed), *[rule] * self.headed]
            lines += [*(show_row(row, False) for row in others), rule]
        return lines[:-1]

    def _is_label(self, j: int) -> bool:
        return j == 0 if self.headed else j % 2 == 0

    def _html_row(self, row: Row, is_heading: bool) -> str:
        cells = []
        for j, (cell, side) in enumerate(zip(row, self.align, strict=True)):
            is_header = cell and (is_heading or self._is_label(j))
            name = "th" if is_header else "td"
            scope = f' scope="{"col" if is_heading else "row"}"' if is_header else ""
            text = html.escape(one_line(cell))
            cells.append(f'<{name}{scope} style="{HTML_STYLES[side]}">{text}</{name}>')
        return f"<tr>{''.join(cells)}</tr>"

    def _latex_row(self, row: Row, is_heading: bool) -> str:
        cells = [
            rf"\textbf{{{text}}}" if text and (is_heading or self._is_label(j)) else text
            for j, text in enumerate(map(latex_text, row))
        ]
        return " & ".join(cells) + r" \\"


@dataclass(frozen=True, slots=True, repr=False)
class Report(Shown):
    """Tables under one another, as wide as the widest, with notes under them.

    between: the character of the rule between two tables.
    """

    tables: list[Table]
    notes: tuple[str, ...] = ()
    between: str = "="

    def as_text(self) -> str:
        """The first table's title, the tables between rules, and the notes."""
        width = max(table.width for table in self.tables)
        bodies = [table.lines(width) for table in self.tables]
        text = ruled_text(self.tables[0].title, bodies, width, self.between)
        notes = [line for note in self.notes for line in wrapped_lines(note, width)]
        return "\n".join([text, "", *notes] if notes else [text])

    def as_html(self) -> str:
        """The tables, and each note as a paragraph."""
        notes = (f"<p>{html.escape(one_line(note))}</p>" for note in self.notes)
        return "\n".join([*(table.as_html() for table in self.tables), *notes])

    def as_latex(self, label: str = "") -> str:
        """A table environment, with a label to refer to if one is given.

        The document's preamble needs booktabs.
        """
        title = self.tables[0].title
        caption = [rf"\caption{{{latex_text(title)}}}"] if title else []
        mark = [rf"\label{{{label}}}"] if label else []
        tables = "\n\\par\\medskip\n".join(table.as_latex() for table in self.tables)
        notes = " ".join(rf"{latex_text(note)}\par" for note in self.notes)
        notes = rf"\par\medskip {notes}" if notes else ""
        last = rf"{notes}\end{{table}}"
        return "\n".join([r"\begin{table} \centering", *caption, *mark, tables, last])

    def as_csv(self) -> str:
        """The title, all rows of all tables, and the notes."""
        title = [[self.tables[0].title]] if self.tables[0].title else []
        rows = chain(*(table.data for table in self.tables))
        return csv_text([*title, *rows, *([note] for note in self.notes)])
