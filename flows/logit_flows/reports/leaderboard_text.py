"""A leaderboard as plain text: a line per cell, then the sentences of those that failed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from logit_engine.reporting.cell_text import visible_text
from logit_engine.reporting.column_fitting import Column, fitted_table
from logit_engine.reporting.number_formats import UNKNOWN, number_text
from logit_flows.sources.flow_text import flow_text

if TYPE_CHECKING:
    from logit_flows.steps.leaderboard import Cell, Leaderboard


def leaderboard_text(board: "Leaderboard", width: int | None = None) -> tuple[str, str]:
    """The table of the cells, the best first, and the sentences below it.

    width: of a terminal; a narrow table leaves out columns, and says which.
    """
    table = fitted_table(list(_columns(board.cells)), width)
    failed = [f"Failed: {_settings(cell)}: {cell.error}" for cell in board.cells if cell.error]
    return "\n".join(table.ruled_lines), "\n".join([*table.notes, *failed])


def _settings(cell: "Cell") -> str:
    return ", ".join(f"{key}={flow_text(value)}" for key, value in cell.settings)


def _columns(cells: "Sequence[Cell]") -> Iterator[Column]:
    scores = [cell.validated for cell in cells]
    ranks = (UNKNOWN if score is None else str(n) for n, score in enumerate(scores, 1))
    yield Column("rank", tuple(ranks))
    for key in dict(cells[0].settings):
        values = (visible_text(flow_text(dict(cell.settings)[key])) for cell in cells)
        yield Column(key, tuple(values), "l", gap=2, is_label=True)
    losses = (UNKNOWN if score is None else number_text(score.log_loss, 6) for score in scores)
    yield Column("log_loss", tuple(losses), gap=2)
    errors = (UNKNOWN if score is None else number_text(score.std_error, 4) for score in scores)
    yield Column("std_error", tuple(errors), rank=1, gap=2)
    yield Column("run", tuple(cell.run or UNKNOWN for cell in cells), "l", rank=2, gap=2)
