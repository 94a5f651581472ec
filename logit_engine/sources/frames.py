"""Rows from a Polars frame: its columns through a Design, its outcome as 0 and 1, its clusters as codes."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine import arrays
from logit_engine.columns import Array
from logit_engine.design import Design
from logit_engine.sources.arrays import MemoryRows


def frame_rows(
    design: Design, frame: pl.DataFrame, y: Array, cluster: str | None = None, classes: tuple[str, ...] = ()
) -> MemoryRows:
    """The rows of a frame for a fit; y: (n,) in [0, 1], or where classes are named their codes.

    cluster: a column whose equal values belong together. Raises DataError as `Design.encode` does, and if y is no such
    outcome.
    """
    codes = clusters(frame, cluster)
    outcome = arrays.codes(y, frame.height, len(classes)) if classes else arrays.outcome(np.asarray(y), frame.height)
    return MemoryRows(
        design.encode(frame),
        outcome,
        design.names,
        cluster=None if codes is None else codes[:, None],
        classes=classes,
    )


def clusters(frame: pl.DataFrame, column: str | None) -> NDArray[np.int64] | None:
    """The clusters of the rows as codes 0..G-1 in the order of their values, (n,); None without a column."""
    if column is None:
        return None
    return np.asarray(frame[column].rank("dense").cast(pl.Int64).to_numpy() - 1)
