"""A design says in which order a categorical's levels come, where in X they stand, and what of
some rows it has no rule for.
"""

import polars as pl
import pytest

from logit_engine.design.learning import learn
from logit_engine.design.spec import Impute, Spec
from logit_engine.errors import DataError

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


def test_all_that_rows_hold_without_a_rule_is_refused_at_once_each_once() -> None:
    spec = Spec(
        numeric=("x", "hour"),
        categorical=("city",),
        impute_numeric=Impute.MEAN,
        add_indicator=True,
    )
    design, _ = learn(pl.concat([FRAME, FRAME.with_columns(x=None)], how="vertical_relaxed"), spec)
    rows = FRAME.with_columns(x=float("inf"), hour=float("inf"), city=pl.lit("z"))
    with pytest.raises(DataError) as caught:
        design.encode(rows)
    assert [part.names["column"] for part in caught.value.parts] == ["x", "hour", "city"]
