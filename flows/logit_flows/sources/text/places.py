"""Where a record of a text file stands, as its errors say it."""

from dataclasses import dataclass

from logit_flows.sources.shown_paths import shown_path


@dataclass(frozen=True, slots=True)
class Place:
    """A file, the first line of the record, and its number among the data, both from 1."""

    path: str
    line: int
    row: int

    def __str__(self) -> str:
        return f"{shown_path(self.path)}, line {self.line:,} (data row {self.row:,})"
