"""Memory: whether a dataset's table fits under compute.memory, is streamed, or is refused."""

from collections.abc import Iterator, Sequence

import polars as pl

from logit_engine.design.frame_rows import Outcome
from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_names
from logit_flows.config.model import Config
from logit_flows.steps.load import Dataset, needed_columns

VALUE_BYTES = 16  # of a value in a table and in the columns made from it


def is_streamed(config: Config, dataset: Dataset) -> bool:
    """Whether the rows are read a chunk at a time: if they are large, or if workers of a cluster
    can read them themselves.

    Raises DataError where they should be, and cannot be.
    """
    hurdles = _hurdles(config, dataset)
    if _size(config, dataset) <= config.compute.memory_bytes:
        return config.compute.backend == "dask" and not hurdles
    for hurdle in hurdles:
        refuse_large(config, dataset, hurdle)
    return True


def _hurdles(config: Config, dataset: Dataset) -> list[str]:
    """What needs all rows at once, each with what to do instead."""
    found = []
    if config.model.penalty.strength == "cv":
        found.append("strength: cv needs all rows at once: give model.penalty.strength as a number")
    return found


def refuse_large(config: Config, dataset: Dataset, why: str) -> None:
    """Raises DataError if the table does not fit, with what needs it and what to do instead."""
    size, cap = _size(config, dataset), config.compute.memory_bytes
    if size > cap:
        raise DataError(
            f"{dataset.rows:,} rows of {len(needed_columns(config))} columns take about "
            f"{_shown(size)} as a table, more "
            f"than compute.memory ({_shown(cap)}); {why}, or raise compute.memory."
        )


def columns_of(config: Config, dataset: Dataset, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Some columns of all rows with a target: in one frame, or streamed."""
    columns = list(dict.fromkeys(columns))
    if not is_streamed(config, dataset):
        yield dataset.present().select(by_names(columns)).collect()
    else:
        present = Outcome(dataset.target).is_present
        yield from dataset.frames(columns, present, [dataset.target]).frames()


def _size(config: Config, dataset: Dataset) -> int:
    rows = dataset.rows + (0 if dataset.test is None else dataset.test.rows)
    return VALUE_BYTES * rows * len(needed_columns(config))


def _shown(size: int) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.1f} MB"
