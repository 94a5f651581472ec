"""How a sentence names some rows: the first of them by position."""

import numpy as np
from numpy.typing import NDArray

MAX_SHOWN_ROWS = 5


def row_positions(rows: NDArray[np.intp]) -> str:
    """The first positions of some rows, (m,), counted from 0."""
    return f"rows {listed([str(i) for i in rows[:MAX_SHOWN_ROWS].tolist()], rows.size)}"


def listed(shown: list[str], count: int) -> str:
    """The shown ones of `count` things, with dots if there are more."""
    return ", ".join(shown) + (", ..." if count > len(shown) else "")
