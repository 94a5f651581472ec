"""What sentences about the data call things: the outcome and its values, the units of columns, the
rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Coordinates

MOST_ROWS_SHOWN = 5
MOST_NAMES_SHOWN = 5


def positions(rows: NDArray[np.intp]) -> str:
    """The first positions of some rows, (m,), counted from 0."""
    return f"rows {listed([str(i) for i in rows[:MOST_ROWS_SHOWN].tolist()], rows.size)}"


def listed(shown: list[str], count: int) -> str:
    """What is shown of so many things."""
    return ", ".join(shown) + (", ..." if count > len(shown) else "")


def first_names(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - MOST_NAMES_SHOWN
    return ", ".join(names[:MOST_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Wording:
    """The user's words for the data of a fit.

    outcome: the name of the target; events: its values for a non-event and an event; units: those
    of the data, where columns were normalized; rows: the text of rows given by position, (m,).
    """

    outcome: str = "y"
    events: tuple[str, str] = ("0", "1")
    units: Coordinates | None = None
    rows: Callable[[NDArray[np.intp]], str] = positions


PLAIN = Wording()
