"""Labels have one form: as the data and a config have them."""

import polars as pl
import pytest
from ruamel.yaml import YAML

from logit_engine.rows.labels import (
    is_same_label,
    label_column,
    label_of,
    label_text,
    quoted_label,
    quoted_labels,
)

NUMBERS = (True, False, 0, 1, -7, 2**60)
TEXTS = ("", "1", "yes", "true", "it's", 'a "b"', "a\\b", "a\tb", "é", "\x7f", "\x85", "😀\x1b")
LABELS = (*NUMBERS, *TEXTS)


def test_labels_of_two_types_are_never_the_same() -> None:
    for i, one in enumerate(LABELS):
        for j, other in enumerate(LABELS):
            assert is_same_label(one, other) == (i == j)


@pytest.mark.parametrize("label", LABELS)
def test_a_label_pasted_into_a_config_is_that_label(label: object) -> None:
    back = YAML(typ="safe", pure=True).load(f"positive: {quoted_label(label)}")["positive"]
    assert is_same_label(back, label)


def test_a_label_in_a_sentence_is_as_a_config_has_it() -> None:
    assert quoted_labels([True, 1, "1", None]) == "true, 1, '1', nothing"
    assert [label_text(label) for label in (False, 0, "no")] == ["false", "0", "no"]


def test_a_whole_number_is_a_label_without_its_point() -> None:
    found = [label_of(value) for value in (1.0, 0.5, True, "1.0")]
    assert [type(value) for value in found] == [int, float, bool, str]


@pytest.mark.parametrize(
    ("label", "dtype"),
    [(True, pl.Boolean), (1, pl.Int64), (2**40, pl.Int64), ("a", pl.String)],
)
def test_a_label_has_the_type_of_the_target(label: bool | int | str, dtype: pl.DataType) -> None:
    assert pl.select(label_column(label)).to_series().dtype == dtype
