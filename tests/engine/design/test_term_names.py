"""Names of terms: no two are alike, whatever the columns and levels are called."""

from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logit_engine.design.learning import learn
from logit_engine.design.spec import Impute, Spec
from logit_engine.design.table_design import Design
from logit_engine.design.terms.categorical import Categorical
from logit_engine.design.terms.missing_indicator import Indicator
from logit_engine.design.terms.naming import column_text, listed_text
from logit_engine.design.terms.numeric import Numeric
from tests.support.awkward_names import AWKWARD_NAMES

# Short texts of the signs that names of terms are made with.
NAMES = st.text(st.sampled_from("ab[]`, "), max_size=6) | st.sampled_from(AWKWARD_NAMES)
LEVELS = st.lists(NAMES, min_size=1, max_size=3, unique=True)


def categorical(name: str, levels: list[str]) -> Categorical:
    """A column whose levels have a coefficient each."""
    count = len(levels)
    known = tuple(levels)
    return Categorical(name, known, known, tuple(range(count)), known, "", None, False)


@given(
    numeric=st.lists(NAMES, max_size=5, unique=True),
    sources=st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=3, unique_by=tuple),
    levels=st.dictionaries(NAMES, LEVELS, max_size=4),
)
def test_no_two_terms_of_a_design_share_a_name(
    numeric: list[str], sources: list[list[str]], levels: dict[str, list[str]]
) -> None:
    design = Design(
        (
            *(Numeric(name, None, 0.0, 1.0) for name in numeric),
            *(Indicator(tuple(names)) for names in sources),
            *(categorical(name, own) for name, own in levels.items()),
        )
    )
    assert len(set(design.names)) == len(design.names)


@given(pairs=st.lists(st.tuples(NAMES, NAMES), min_size=2, max_size=6, unique=True))
def test_a_list_of_names_is_read_in_one_way(pairs: list[tuple[str, str]]) -> None:
    assert len({listed_text(pair) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("age", "age"),
        ("blood pressure (mmHg)", "blood pressure (mmHg)"),
        ("x[y]", "x[y]"),
        ("intercept", "`intercept`"),
        ("missing", "`missing`"),
        ("it`s", "`it``s`"),
        (" x", "` x`"),
        ("", "``"),
    ],
)
def test_a_name_that_could_be_misread_stands_in_backquotes(name: str, text: str) -> None:
    assert column_text(name) == text


def test_a_name_does_not_depend_on_the_levels_that_were_seen() -> None:
    spec = Spec(numeric=("g[b]",), categorical=("g",))
    for levels in (["a", "b"], ["a", "c"]):
        rows = [{"g": g, "g[b]": x} for g, x in product(levels, (0.0, 1.0, 2.0))]
        design, _ = learn(pl.DataFrame(rows), spec)
        assert design.names[:2] == ("intercept", "`g[b]`")


def test_the_indicator_of_columns_with_commas_names_each() -> None:
    frame = pl.DataFrame({"a, b": [None, 1.0, 2.0], "c": [None, 2.0, 1.0]})
    spec = Spec(numeric=("a, b", "c"), impute_numeric=Impute.MEAN, add_indicator=True)
    design, _ = learn(frame, spec)
    assert design.names == ("intercept", "a, b", "c", "missing[`a, b`, c]")
