"""Columns that fit a width: long labels are cut in the middle, and columns that matter less go.

The full table has all columns at their spare widths. A narrower one has no spare width. If that is
still too wide, the labels are cut to a share of the width, then columns go by their rank, and what
room is left goes back to the labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from logit_engine.reporting.cell_text import cut_text, padded_cell, text_width

LABEL_SHARE = 0.3  # of the width that the labels take at least, if they need it
LEFT_OUT = "Left out to fit the width:"
MIN_LABEL_WIDTH = 6  # of a label that has to give way


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, as text.

    side: l or r, where the cells stand. rank: the highest goes first; columns of rank 0 stay.
    spare: least width in the full table. gap: spaces before it. name: what the column is called
    once it has gone, by default its heading.
    """

    heading: str
    cells: tuple[str, ...]
    side: str = "r"
    rank: int = 0
    spare: int = 0
    gap: int = 1
    name: str = ""
    is_label: bool = False

    @property
    def width(self) -> int:
        """The columns of a terminal that its widest cell takes."""
        return max(map(text_width, (self.heading, *self.cells)))

    def cut(self, width: int) -> "Column":
        """The same column, no wider than a width."""
        heading = cut_text(self.heading, width)
        cells = tuple(cut_text(cell, width) for cell in self.cells)
        return replace(self, heading=heading, cells=cells)


@dataclass(frozen=True, slots=True)
class FittedTable:
    """The lines of a table, the heading first, and the names of the columns that have gone."""

    lines: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def width(self) -> int:
        """The width of the widest line."""
        return max(map(text_width, self.lines))

    @property
    def notes(self) -> list[str]:
        """A sentence that names the columns that have gone, if any."""
        return [f"{LEFT_OUT} {', '.join(self.left_out)}."] if self.left_out else []

    @property
    def ruled_lines(self) -> list[str]:
        """The lines with a rule below the heading."""
        heading, *rows = self.lines
        return [heading, "-" * self.width, *rows]


def fitted_table(
    columns: Sequence[Column], width: int | None, narrow: Sequence[Column] | None = None
) -> FittedTable:
    """The table within a width; the full one without a width, or if it fits.

    narrow: the same columns where they have less room, if they differ.
    """
    spare_widths = [max(column.spare, column.width) for column in columns]
    full = FittedTable(_table_lines(columns, spare_widths), ())
    if width is None or full.width <= width:
        return full
    cap = max(int(LABEL_SHARE * width), MIN_LABEL_WIDTH)
    kept = columns = list(columns if narrow is None else narrow)
    while _least_width(kept, cap) > width and any(column.rank for column in kept):
        rank = max(column.rank for column in kept)
        kept = [column for column in kept if column.rank != rank]
    fitting = _cut_labels(kept, width)
    gone = [column.name or column.heading for column in columns if column not in kept]
    lines = _table_lines(fitting, [column.width for column in fitting])
    return FittedTable(lines, tuple(dict.fromkeys(gone)))


def _least_width(columns: Sequence[Column], cap: int) -> int:
    """The width of the columns if no label is wider than a cap."""
    widths = (min(c.width, cap) if c.is_label else c.width for c in columns)
    return sum(widths) + _gaps(columns)


def _gaps(columns: Sequence[Column]) -> int:
    return sum(column.gap for column in columns[1:])


def _cut_labels(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns with their labels cut to the room that the others leave, the widest first."""
    fixed = sum(column.width for column in columns if not column.is_label)
    room = width - fixed - _gaps(columns)
    labels = sorted(c.width for c in columns if c.is_label)
    limit = room
    for place, own in enumerate(labels):
        limit = max(room // (len(labels) - place), MIN_LABEL_WIDTH)
        if own > limit:
            break
        room -= own
    return [column.cut(limit) if column.is_label else column for column in columns]


def _table_lines(columns: Sequence[Column], widths: Sequence[int]) -> tuple[str, ...]:
    rows = zip(*((column.heading, *column.cells) for column in columns), strict=True)
    return tuple(_row_line(columns, widths, row) for row in rows)


def _row_line(columns: Sequence[Column], widths: Sequence[int], row: Sequence[str]) -> str:
    parts = [
        " " * (column.gap if place else 0) + padded_cell(cell, width, column.side)
        for place, (column, cell, width) in enumerate(zip(columns, row, widths, strict=True))
    ]
    return "".join(parts).rstrip()
