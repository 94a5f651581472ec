"""A design says in which order a categorical's levels come, and where in X they stand."""

import polars as pl
import pytest

from logit_engine.design.learning import learn
from logit_engine.design.spec import Spec

FRAME = pl.DataFrame(
    {"x": [0.5, 1.5, 2.5, 3.5], "hour": [10, 9, 9, 1], "city": ["a", "b", "a", "a"]}
)


def test_levels_come_in_order_and_the_reference_has_no_column() -> None:
    design, _ = learn(FRAME, Spec(numeric=("x",), categorical=("city", "hour")))
    assert design.ordered_levels("hour") == ("1", "9", "10")
    positions = dict(
        zip(design.ordered_levels("hour"), design.level_positions("hour"), strict=True)
    )
    for level, position in positions.items():
        assert position == -1 or design.names[position] == f"hour[{level}]"
    assert [level for level, position in positions.items() if position == -1] == ["9"]


def test_a_name_that_is_no_categorical_has_no_levels() -> None:
    design, _ = learn(FRAME, Spec(numeric=("x",), categorical=("city",)))
    with pytest.raises(KeyError, match="x"):
        design.ordered_levels("x")
