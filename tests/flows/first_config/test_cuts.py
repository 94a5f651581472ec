"""How exactly one rule tells an outcome, against counts by hand."""

import numpy as np
import polars as pl
import pytest
from logit_flows.first_config.cuts import youden_by_cut, youden_by_filled, youden_by_levels

EVENT = np.array([False] * 30 + [True] * 20)
RANDOM = np.random.default_rng(8)


def column(values: list[object]) -> pl.Series:
    """The values as a column."""
    return pl.Series("x", values, strict=False)


def best_youden(values: np.ndarray, event: np.ndarray) -> float:
    """The largest |TPR - FPR| over all cuts, one by one."""
    cuts = [values > bound for bound in np.unique(values)]
    return max(abs(said[event].mean() - said[~event].mean()) for said in cuts)


def test_index_of_numbers_is_the_largest_difference_of_shares() -> None:
    values = RANDOM.integers(0, 12, 50).astype(float)
    assert youden_by_cut(pl.Series(values), EVENT) == pytest.approx(best_youden(values, EVENT))
    assert youden_by_cut(column([1.0] * 30 + [2.0] * 20), EVENT) == 1.0
    assert youden_by_cut(column([2.0] * 30 + [1.0] * 20), EVENT) == 1.0
    assert youden_by_cut(column([1.0] * 50), EVENT) == 0.0


def test_missing_numbers_are_on_neither_side_of_a_cut() -> None:
    values = column([1.0] * 30 + [2.0] * 15 + [None] * 5)
    assert youden_by_cut(values, EVENT) == pytest.approx(1.0)
    assert youden_by_cut(column([1.0] * 15 + [None] * 15 + [2.0] * 20), EVENT) == pytest.approx(1.0)


def test_levels_with_few_rows_say_nothing() -> None:
    assert youden_by_levels(column(["a"] * 30 + ["b"] * 20), EVENT) == pytest.approx(1.0)
    assert youden_by_levels(column(["a"] * 29 + ["b"] * 21), EVENT) == pytest.approx(
        1.0 - 1.0 / 30.0
    )
    unique = [f"v{i}" for i in range(50)]
    assert youden_by_levels(column(unique), EVENT) <= 0.0


def test_a_column_that_is_filled_only_with_the_event_tells_it() -> None:
    assert youden_by_filled(column([None] * 30 + [1.0] * 20), EVENT) == 1.0
    assert youden_by_filled(column([1.0] * 30 + [None] * 20), EVENT) == 1.0
    assert youden_by_filled(column([1.0] * 50), EVENT) == 0.0


def test_most_frequent_of_several_numbers_counts_as_not_filled() -> None:
    spent = [0.0] * 31 + [float(i) for i in range(1, 20)]
    assert youden_by_filled(column(spent), EVENT) == pytest.approx(19 / 20)
    assert youden_by_filled(column([0.0] * 30 + [1.0] * 20), EVENT) == 0.0


def test_few_rows_of_a_class_prove_nothing() -> None:
    few = np.array([False] * 40 + [True] * 10)
    values = column([1.0] * 40 + [2.0] * 10)
    found = (
        youden_by_cut(values, few),
        youden_by_levels(values, few),
        youden_by_filled(values, few),
    )
    assert found == (0.0, 0.0, 0.0)
