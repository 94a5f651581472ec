"""A name of a column is data: no name is a pattern, and only a few are refused."""

import polars as pl
import pytest

from logit_engine.rows.frame_columns import by_name, by_names, name_problem, series_of
from tests.support.awkward_names import AWKWARD_NAMES

FRAME = pl.DataFrame({name: [i, None, i] for i, name in enumerate(AWKWARD_NAMES)})


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_a_name_means_the_column_of_that_name_and_no_other(name: str) -> None:
    own = {name: [AWKWARD_NAMES.index(name), None, AWKWARD_NAMES.index(name)]}
    assert FRAME.select(by_name(name)).to_dict(as_series=False) == own
    assert FRAME.lazy().select(by_names([name, name])).collect().to_dict(as_series=False) == own
    assert series_of(FRAME, name).drop_nulls().to_list() == [own[name][0]] * 2
    assert name_problem(name) is None


def test_columns_come_in_the_order_asked_for() -> None:
    asked = AWKWARD_NAMES[::-1]
    assert tuple(FRAME.select(by_names(asked)).columns) == asked


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a\nb", r"the name of column 'a\nb' holds a newline; rename the column."),
        ("a\0", r"the name of column 'a\x00' holds a NUL character; rename the column."),
        (
            "é" * 128,
            "the name of column 'éééééééééééééééééééé...' is 256 bytes long, more than 255; "
            "shorten it.",
        ),
    ],
)
def test_a_name_that_no_column_may_bear_is_refused_in_a_sentence(name: str, sentence: str) -> None:
    assert name_problem(name) == sentence
