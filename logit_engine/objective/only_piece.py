"""X of rows that are one piece (rows/block.py), written out once in inner coordinates.

A fit of few rows is mostly calls of NumPy: with the constant written out beside the other columns
each product is one call, and what does not change from pass to pass is known.
"""

from dataclasses import dataclass

from logit_engine.columns import Columns, Coordinates, one_array
from logit_engine.rows import Block


@dataclass(slots=True)
class OnlyPiece:
    """X as it is and in inner coordinates, once it was asked for.

    longest: the largest sum of squares of a row with weight there, once it was asked for.
    """

    X: Columns | None = None
    inner: Columns | None = None
    longest: float | None = None

    def columns(self, block: Block, coordinates: Coordinates) -> Columns:
        """The block's X in inner coordinates."""
        if self.inner is None or self.X is not block.X:
            written = one_array(block.X.to_inner(coordinates.center, coordinates.scale))
            self.X, self.inner, self.longest = block.X, written, None
        return self.inner

    def longest_row(self, block: Block, X: Columns) -> float:
        """The largest sum of squares of a row of X with weight, -inf if there is none."""
        if X is not self.inner:
            return block.maximum(X.squared_lengths())
        if self.longest is None:
            self.longest = block.maximum(X.squared_lengths())
        return self.longest
