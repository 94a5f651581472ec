"""Sniffing: how a text file is written, and why one thinks so."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from logit_flows.sources.dialect import Declared, Dialect

SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A dialect, and a sentence for each choice."""

    dialect: Dialect
    reasons: tuple[str, ...]


def sniff_dialect(path: str, declared: Declared, number_columns: Collection[str] = ()) -> Sniffed:
    """The dialect of a file; what is declared stands."""
    with open(path, encoding="utf-8", errors="replace") as file:
        head = file.readline()
    found = Dialect(separator=max(SEPARATORS, key=head.count))
    return Sniffed(replace(found, **declared), ())
