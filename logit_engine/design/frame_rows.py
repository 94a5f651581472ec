"""Rows from a Polars frame: columns through a Design, the outcome as 0 and 1, clusters as codes."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.design.table_design import Design
from logit_engine.errors import DataError
from logit_engine.rows import arrays
from logit_engine.rows.column_numbers import is_missing
from logit_engine.rows.frame_columns import series_of
from logit_engine.rows.labels import quoted_label, quoted_labels
from logit_engine.rows.memory import MemoryRows
from logit_engine.rows.table_frames import Frames, MemoryFrames


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome in a column: the code of each row's label; without labels the number itself.

    events: the values that are the second of two labels; every other value is the first. Without
    them each label is a value.
    """

    column: str
    labels: tuple[str | int | float | bool, ...] = ()
    events: tuple[str | int | float | bool, ...] = ()

    def __call__(self, frame: pl.DataFrame) -> Array:
        """0.0, 1.0, ... by label, (n,). Raises DataError for a value that is no label."""
        values = series_of(frame, self.column)
        if not self.labels:
            return np.asarray(values.cast(pl.Float64).to_numpy())
        is_other = bool(self.events) & values.is_not_null().to_numpy()
        codes = np.where(is_other, 0.0, -1.0)
        for code, value in self._coded_values():
            codes[(values == value).fill_null(False).to_numpy()] = code
        if (codes < 0.0).any():
            raise DataError(self._unknown_labels_sentence(values.filter(pl.Series(codes < 0.0))))
        return codes

    def _coded_values(self) -> list[tuple[int, str | int | float | bool]]:
        """The values that have a code of their own."""
        return [(1, event) for event in self.events] or list(enumerate(self.labels))

    def _unknown_labels_sentence(self, values: pl.Series) -> str:
        """What is wrong with values that are no labels, the most frequent first."""
        counted = values.alias("label").value_counts(sort=True, name="rows").rows()
        shown = ", ".join(f"{quoted_label(label)} ({n:,} rows)" for label, n in counted[:5])
        known = quoted_labels(self.labels)
        return (
            f"column '{self.column}' holds {shown}, no label of the outcome ({known}); drop these "
            "rows, or relabel them."
        )

    def is_present(self, frame: pl.DataFrame) -> NDArray[np.bool_]:
        """Which rows have an outcome, (n,): neither null nor NaN."""
        values = series_of(frame, self.column)
        present = values.is_not_null()
        if values.dtype.is_float():
            present &= values.is_not_nan().fill_null(False)
        return np.asarray(present.to_numpy())


def frame_rows(
    design: Design,
    frame: pl.DataFrame,
    y: Array,
    cluster: str | None = None,
    classes: tuple[str, ...] = (),
) -> MemoryRows:
    """The rows of a frame for a fit; y: (n,) in [0, 1], or the codes of named classes.

    cluster: a column; rows of equal values depend on each other. Raises DataError as
    `Design.encode` does, and if y is no such outcome.
    """
    codes = frame_clusters(frame, cluster)
    outcome = (
        arrays.class_codes(y, frame.height, len(classes))
        if classes
        else arrays.binary_outcome(np.asarray(y), frame.height)
    )
    return MemoryRows(
        design.encode(frame),
        outcome,
        design.names,
        cluster=None if codes is None else codes[:, None],
        classes=classes,
    )


def frame_clusters(frame: pl.DataFrame, column: str | None) -> NDArray[np.int64] | None:
    """The clusters of the rows as codes 0..G-1, (n,), in the order of the column's values.

    None without a column.

    Raises DataError for a row without a cluster.
    """
    return None if column is None else column_clusters(MemoryFrames(frame), column)(frame)


@dataclass(frozen=True, slots=True)
class ClusterCodes:
    """The clusters in a column of rows that come a frame at a time; values: the G different ones,
    sorted.
    """

    column: str
    values: pl.Series

    def __call__(self, frame: pl.DataFrame) -> NDArray[np.int64]:
        """A code 0..G-1 for each row, (n,), in the order of the values."""
        codes = self.values.search_sorted(_cluster_values(frame, self.column))
        return np.asarray(codes.to_numpy(), dtype=np.int64)


def column_clusters(rows: Frames, column: str) -> ClusterCodes:
    """The clusters of some rows. Raises DataError for a row without a cluster.

    Each different value is held a few times at most, however many frames have it.
    """
    parts: list[pl.Series] = []
    missing, first, start = 0, 0, 0
    for frame in rows.frames([column]):
        gaps = np.flatnonzero(is_missing(series_of(frame, column)))
        if gaps.size and not missing:
            first = start + int(gaps[0])
        missing += gaps.size
        start += frame.height
        parts.append(_cluster_values(frame, column).unique())
        if sum(map(len, parts[1:])) > len(parts[0]):
            parts = [pl.concat(parts).unique()]
    if missing:
        raise DataError(
            f"cluster '{column}' is missing in {missing:,} rows (first: row {first}); "
            "give them one."
        )
    values = pl.concat(parts) if parts else pl.Series([], dtype=pl.Int64)
    return ClusterCodes(column, values.unique().sort())


def _cluster_values(frame: pl.DataFrame, column: str) -> pl.Series:
    """The values in a type that sorts alike in every frame."""
    values = series_of(frame, column)
    is_level = isinstance(values.dtype, pl.Categorical | pl.Enum)
    return values.cast(pl.String) if is_level else values
