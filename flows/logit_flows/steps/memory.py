"""Memory: whether a dataset's table fits under compute.memory, or is streamed."""

from collections.abc import Iterator, Sequence

import polars as pl

from logit_engine.design.frame_rows import Outcome
from logit_engine.rows.frame_columns import by_names
from logit_flows.config.model import Config
from logit_flows.steps.load import Dataset, needed_columns

VALUE_BYTES = 16  # of a value in a table and in the columns made from it


def is_streamed(config: Config, dataset: Dataset) -> bool:
    """Whether the rows are read a chunk at a time, as their table is larger than compute.memory."""
    rows = dataset.rows + (0 if dataset.test is None else dataset.test.rows)
    return VALUE_BYTES * rows * len(needed_columns(config)) > config.compute.memory_bytes


def columns_of(config: Config, dataset: Dataset, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Some columns of all rows with a target: in one frame, or streamed."""
    columns = list(dict.fromkeys(columns))
    if not is_streamed(config, dataset):
        yield dataset.present().select(by_names(columns)).collect()
    else:
        present = Outcome(dataset.target).is_present
        yield from dataset.frames(columns, present, [dataset.target]).frames()
