"""Rows: the training or test rows of a dataset, in memory or streamed, with coded outcomes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.design.frame_rows import Outcome, column_clusters, frame_rows
from logit_engine.design.parquet_rows import ParquetFrames, ParquetRows
from logit_engine.design.table_design import Design
from logit_engine.diagnostics.wording import Wording
from logit_engine.rows import Rows
from logit_engine.rows.labels import label_text
from logit_engine.rows.row_names import MAX_SHOWN_ROWS, listed
from logit_engine.rows.table_frames import Frames, MemoryFrames
from logit_flows.config.model import Config
from logit_flows.steps.load import Dataset, Keep, needed_columns
from logit_flows.steps.memory import is_streamed
from logit_flows.steps.split import Split, side_rule

Side = Literal["train", "test", "all"]
Table = MemoryFrames | ParquetFrames


def open_rows(
    config: Config, dataset: Dataset, split: Split, side: Side, for_workers: bool = False
) -> Table:
    """The rows of a side that have a target, with the columns a run needs, a frame at a time.

    They come from memory; large ones are streamed from the files. for_workers: streamed too, as
    workers of a cluster read them. Under split method none the test rows are those of the test
    file, or there are none.
    """
    test_file = dataset.test if side == "test" else None
    outcome, is_test = Outcome(dataset.target), side_rule(split, dataset.present())

    def keep(frame: pl.DataFrame) -> NDArray[np.bool_]:
        there = outcome.is_present(frame)
        if test_file is not None or side == "all":
            return there
        mask = is_test(frame)
        return there & (mask if side == "test" else ~mask)

    reads = (dataset.target, *(() if test_file is not None else split.columns))
    streamed = for_workers or is_streamed(config, dataset)
    return kept_rows(test_file or dataset, needed_columns(config), keep, reads, streamed)


def kept_rows(
    dataset: Dataset, columns: Sequence[str], keep: Keep, reads: Sequence[str], streamed: bool
) -> Table:
    """The rows that `keep`, given frames of the columns `reads`, keeps: in memory or streamed."""
    if streamed:
        return dataset.frames(columns, keep, reads)
    frame = dataset.scan().collect()
    return MemoryFrames(frame).filter(keep(frame))


def outcome_of(dataset: Dataset) -> Outcome:
    """The code of each row's class: of two classes 1.0 for the positive one."""
    return Outcome(dataset.target, dataset.classes, dataset.events)


def outcomes(dataset: Dataset, rows: Frames) -> Array:
    """The code of each row's class, (n,)."""
    code_of = outcome_of(dataset)
    return np.concatenate([np.empty(0), *map(code_of, rows.frames([dataset.target]))])


def clusters(config: Config, rows: Frames) -> NDArray[np.int64] | None:
    """The cluster of each row, (n,), or None without clusters."""
    column = config.data.cluster
    if column is None:
        return None
    codes_of = column_clusters(rows, column)
    return np.concatenate([np.empty(0, dtype=np.int64), *map(codes_of, rows.frames([column]))])


def rows_for_fit(
    dataset: Dataset, frames: Table, design: Design, cluster: str | None = None
) -> Rows:
    """The rows of `open_rows`, encoded for a fit; the design was learnt from them.

    cluster: a column of rows that depend on each other, for a clustered covariance.
    """
    names = class_names(dataset)
    if isinstance(frames, ParquetFrames):
        codes = None if cluster is None else column_clusters(frames, cluster)
        return ParquetRows(frames, design, outcome_of(dataset), names, codes)
    return frame_rows(design, frames.table, outcomes(dataset, frames), cluster, names)


def wording_of(config: Config, dataset: Dataset, split: Split, design: Design) -> Wording:
    """The user's words for target and rows, for the engine's messages."""
    no, yes = (label_text(label) for label in (dataset.classes[0], dataset.classes[-1]))

    def file_rows(positions: NDArray[np.intp]) -> str:
        return training_rows(config, dataset, split, positions)

    return Wording(config.data.target.column, (no, yes), design.units, file_rows, design.pools)


def training_rows(
    config: Config, dataset: Dataset, split: Split, positions: NDArray[np.intp]
) -> str:
    """Some training rows, given by position, as data rows of their files with their ids."""
    wanted, seen, shown = positions[:MAX_SHOWN_ROWS], 0, []
    outcome, identifier = Outcome(dataset.target), config.data.id
    is_test = side_rule(split, dataset.present())
    for file in dataset.table.files:
        frame = dataset.table.open_file(file.parquet.file.path).collect()
        here = np.flatnonzero(outcome.is_present(frame) & ~is_test(frame))
        at = here[wanted[(wanted >= seen) & (wanted < seen + here.size)] - seen]
        seen += here.size
        for row in at.tolist():
            name = "" if identifier is None else f" ({identifier} {frame[identifier][row]})"
            shown.append(f"{row + 1:,}{name}")
        if at.size and len(dataset.table.files) > 1:
            shown[-1] += f" of {Path(file.source.path).name}"
    return f"data rows {listed(shown, positions.size)}"


def class_names(dataset: Dataset) -> tuple[str, ...]:
    """The names of more than two classes; none for a binary outcome, as the engine has it."""
    return tuple(map(label_text, dataset.classes)) if len(dataset.classes) > 2 else ()
