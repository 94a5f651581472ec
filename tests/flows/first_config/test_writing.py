"""Writing: the text of entries is YAML that reads back as their content."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from logit_flows.first_config.writing import Entry, content_of, text_of
from ruamel.yaml import YAML

NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NUMBERS = st.floats(-1e9, 1e9).map(lambda x: round(x, 9))
SCALARS = st.one_of(NAMES, st.integers(-9, 10**12), st.booleans(), st.none(), NUMBERS)


def read_back(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@given(
    st.lists(NAMES, max_size=20, unique=True), st.dictionaries(NAMES, SCALARS, max_size=5), NAMES
)
def test_text_reads_back_as_the_content(
    names: list[str], mapping: dict[str, Any], comment: str
) -> None:
    entries = [
        Entry(("name",), "x"),
        Entry(("features", "numeric"), names, (comment,)),
        Entry(("features", "reference"), mapping, (comment, "another")),
        Entry(("store",), "store"),
    ]
    assert read_back(text_of(entries)) == content_of(entries)


@pytest.mark.parametrize("letter", ["\n", "\r", "\x1b", "\u2028", "\x85"])
def test_comment_stays_on_its_line_whatever_it_holds(letter: str) -> None:
    entries = [Entry(("name",), "x", (f"a{letter}store: b",))]
    assert read_back(text_of(entries)) == {"name": "x"}


def test_short_comment_stands_behind_and_long_ones_above() -> None:
    entries = [
        Entry(("data", "id"), "key", ("unique",)),
        Entry(("data", "time"), "day", ("long " * 40,)),
        Entry(("split",), {"method": "none"}),
    ]
    lines = text_of(entries).splitlines()
    assert lines[:3] == ["", "data:", "  id: key" + " " * 35 + "# unique"]
    assert lines[3].startswith("  # long long")
    assert lines[-3:] == ["  time: day", "", "split: {method: none}"]
    assert max(map(len, lines)) <= 118


def test_long_list_is_wrapped() -> None:
    names = [f"column_{i}" for i in range(40)]
    text = text_of([Entry(("features", "numeric"), names)])
    assert max(map(len, text.splitlines())) <= 100
    assert read_back(text) == {"features": {"numeric": names}}
