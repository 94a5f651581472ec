"""Words of sentences about the data: the outcome, its values, units of columns, rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Coordinates
from logit_engine.rows.row_names import row_positions

MAX_SHOWN_NAMES = 5


def first_names(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - MAX_SHOWN_NAMES
    return ", ".join(names[:MAX_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Wording:
    """The user's words for the data of a fit.

    outcome: the name of the target; events: its values for a non-event and an event; units: those
    of the data, where columns were normalized; rows: the text of rows given by position, (m,).
    pools: by the name of a column that rare levels share, these levels.
    """

    outcome: str = "y"
    events: tuple[str, str] = ("0", "1")
    units: Coordinates | None = None
    rows: Callable[[NDArray[np.intp]], str] = row_positions
    pools: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def column_text(self, name: str, limit: str = "") -> str:
        """A column's name in quotes, with the levels that share it and its estimate's limit."""
        levels = f"levels {first_names(self.pools[name])}" if name in self.pools else ""
        more = "; ".join(filter(None, (levels, limit)))
        return f"'{name}' ({more})" if more else f"'{name}'"


DEFAULT_WORDING = Wording()
