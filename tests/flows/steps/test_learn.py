"""What a design learns of the training rows by the config's features, and what it refuses."""

import numpy as np
import polars as pl
import pytest
from logit_flows.config.model import Config
from logit_flows.steps.learn import Learned, learn_design
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import split_rows

from logit_engine.errors import DataError, Reason
from tests.support.pipeline import Make, city_table


def learned(config: Config) -> Learned:
    """The design of the config's training rows."""
    dataset = load_dataset(config)
    return learn_design(config, dataset, split_rows(config, dataset))


def test_every_problem_of_the_features_is_said_at_once_with_data_rows_and_ids(make: Make) -> None:
    row = pl.int_range(pl.len())
    frame = city_table().with_columns(
        x=pl.when(row == 77).then(np.inf).otherwise(pl.col("x")),
        z=pl.when(row % 50 == 0).then(None).otherwise(pl.col("z")),
        same=pl.lit("a"),
    )
    config = make(
        frame, split__method="none", features__categorical=["city", "same"], data__id="key"
    )
    with pytest.raises(DataError) as caught:
        learned(config)
    key = frame["key"][77]
    assert [str(part) for part in caught.value.parts] == [
        f"column 'x' is infinite in 1 of 600 rows (data rows 78 (key {key})); make these values "
        "missing or finite.",
        "column 'z' is missing in 12 of 600 rows; give impute_numeric a rule, or drop these rows.",
        "column 'same' has one level ('a') in the training rows; drop it.",
    ]
    assert [part.reason for part in caught.value.parts] == [None, Reason.MISSING_NUMBERS, None]
