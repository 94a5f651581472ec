"""Where the dialect of text files comes from: the config, an older contract, or a look."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from logit_flows.sources.text.dialect import Declared, Dialect
from logit_flows.sources.text.sniffing import look_for_markers, sniff_head


@dataclass(frozen=True, slots=True)
class DialectChoice:
    """What is known before a file is seen.

    declared: what the config says, above all else. older: the dialect of an older contract.
    number_columns: the columns in which markers of missing values are looked for.
    """

    declared: Declared
    older: Dialect | None = None
    number_columns: Collection[str] = ()

    def of(self, path: str) -> Dialect:
        """How the file is written. What its head does not tell, `with_markers` finds."""
        if self.older is not None:
            markers = () if "null_values" in self.declared else self.older.markers
            return replace(self.older, markers=markers, **self.declared)
        return sniff_head(path, self.declared).dialect

    def with_markers(self, path: str, dialect: Dialect) -> Dialect:
        """The dialect with the markers of missing values among numbers, by a look at all rows.

        Most files have none, so the look is taken only where a value is no number.
        """
        if self.older is not None or "null_values" in self.declared:
            return dialect
        markers, _ = look_for_markers(path, dialect, self.number_columns)
        return replace(dialect, markers=markers)
