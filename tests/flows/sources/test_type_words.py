"""The words for types: each logical type has them, and a long value is cut."""

import polars as pl
import pytest
from logit_flows.sources.type_names import LogicalType
from logit_flows.sources.type_words import (
    COLUMN_WORDS,
    VALUE_WORDS,
    file_type_words,
    short_value,
)


@pytest.mark.parametrize("words", [COLUMN_WORDS, VALUE_WORDS], ids=["column", "value"])
def test_each_logical_type_has_its_own_words(words: dict[LogicalType, str]) -> None:
    assert words.keys() == set(LogicalType)
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        (pl.Enum(["a"]), "text"),
        (pl.UInt8(), "whole numbers"),
        (pl.Decimal(10, 2), "numbers"),
        (pl.Boolean(), "true and false"),
        (pl.Date(), "dates"),
        (pl.Datetime("ns"), "times without a zone"),
        (pl.Datetime("ms", "UTC"), "times with a zone"),
        (pl.Duration("ms"), "durations"),
        (pl.List(pl.Int64), "List(Int64) values"),
    ],
    ids=str,
)
def test_types_of_files_have_the_words_of_logical_types(dtype: pl.DataType, words: str) -> None:
    assert file_type_words(dtype) == words


def test_long_value_is_cut_at_forty_characters() -> None:
    assert short_value("a" * 40) == "a" * 40
    assert short_value("a" * 41) == "a" * 37 + "..."
