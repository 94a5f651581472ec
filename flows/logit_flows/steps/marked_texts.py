"""Markers of missing values in columns of text: there they are values, counted and said.

The markers were found among numbers. Among texts NA may be Namibia, or mean missing as well: only
the user knows.
"""

from dataclasses import dataclass

from logit_engine.rows.frame_columns import by_name
from logit_flows.config.remedies import CurableError, Remedy
from logit_flows.sources.table import SourceTable
from logit_flows.sources.text.dialect import format_line
from logit_flows.sources.type_names import LogicalType


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A column of text with a marker among its values, and how many rows hold it.

    line: of the config, by which the marker is missing in all columns.
    """

    column: str
    marker: str
    rows: int
    line: str

    @property
    def note(self) -> str:
        """What was made of the marker."""
        return (
            f"column '{self.column}' is text, so {self.marker!r} is a value in {self.rows:,} of "
            f"its rows, and is not missing as among numbers; if it is:  {self.line}"
        )

    @property
    def target_error(self) -> CurableError:
        """What is said where the column is the target, and has too many values."""
        return CurableError(
            f"the target '{self.column}' is {self.marker!r} in {self.rows:,} rows; if that means "
            "missing, say so.",
            Remedy("data.format.null_values", self.line),
            names={"column": self.column},
        )


def marked_texts(table: SourceTable) -> tuple[MarkedText, ...]:
    """The markers in columns of text, by one pass over the rows."""
    dialect = table.contract.dialect
    names = [name for name, kind in table.contract.types.items() if kind is LogicalType.TEXT]
    if dialect is None or not dialect.markers or not names:
        return ()
    pairs = [(name, marker) for name in names for marker in dialect.markers]
    counts = [(by_name(n) == m).sum().alias(str(i)) for i, (n, m) in enumerate(pairs)]
    row = table.scan().select(counts).collect(engine="streaming").row(0)
    line = format_line({"null_values": [*dialect.null_values, *dialect.markers]})
    return tuple(MarkedText(*pair, n, line) for pair, n in zip(pairs, row, strict=True) if n)
