"""Duplicates are found, and columns that only look alike are left alone."""

from typing import Any

import numpy as np
import polars as pl
from logit_flows.first_config.duplicates import duplicate_columns
from logit_flows.first_config.profiles import profile_columns

ROWS = 1000
RANDOM = np.random.default_rng(20)
Y = RANDOM.integers(0, 2, ROWS)
NOISE = RANDOM.normal(size=ROWS)


def doubled(**columns: Any) -> dict[str, str]:
    """The columns that say the same as another."""
    frame = pl.DataFrame(columns)
    return duplicate_columns(frame, profile_columns(frame), frame.columns)


def test_of_two_columns_that_map_one_to_one_the_number_stays() -> None:
    years = RANDOM.integers(1, 17, ROWS)
    names = [f"level {n}" for n in years]
    found = doubled(education=names, education_num=years, other=years // 2)
    assert found == {"education": "says the same as education_num, value by value"}


def test_column_in_other_units_is_left_out_though_it_is_rounded() -> None:
    found = doubled(inches=NOISE.round(3), cm=(NOISE * 2.54).round(2), other=NOISE + Y)
    assert list(found) == ["cm"]
    assert found["cm"].startswith("is inches in other units (correlation 0.9999")


def test_nearly_unique_columns_are_no_duplicates_of_each_other() -> None:
    assert doubled(a=NOISE, b=RANDOM.normal(size=ROWS), c=[f"n{i}" for i in range(ROWS)]) == {}
