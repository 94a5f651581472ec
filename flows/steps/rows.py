"""Rows: the training or the test rows of a dataset, read afresh, with the outcome as 0 and 1."""

from typing import Literal

import numpy as np
import polars as pl

from flows.config import Config
from flows.steps.load import Dataset, needed_columns
from flows.steps.split import Split, test_mask
from logit_engine.columns import Array

Side = Literal["train", "test", "all"]


def read_rows(config: Config, dataset: Dataset, split: Split, side: Side) -> pl.DataFrame:
    """The rows of a side that have a target, with the columns a run needs.

    Under split method none the test rows are those of the test file, or there are none.
    """
    if side == "test" and dataset.test is not None:
        return _present(config, dataset.test.scan())
    frame = _present(config, dataset.scan())
    if side == "all" or split.method == "none":
        return frame.clear() if side == "test" else frame
    mask = pl.Series(test_mask(split, frame))
    return frame.filter(mask if side == "test" else ~mask)


def outcomes(config: Config, dataset: Dataset, frame: pl.DataFrame) -> Array:
    """The code of each row's class, (n,): of two classes 1.0 for the positive one."""
    target = frame[config.data.target.column]
    codes = np.zeros(frame.height)
    for code, label in enumerate(dataset.classes[1:], 1):
        codes[(target == label).to_numpy()] = code
    return codes


def class_names(dataset: Dataset) -> tuple[str, ...]:
    """The names of more than two classes; none for a binary outcome, as the engine has it."""
    return tuple(str(label) for label in dataset.classes) if len(dataset.classes) > 2 else ()


def _present(config: Config, rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.select(needed_columns(config)).drop_nulls(config.data.target.column).collect()
