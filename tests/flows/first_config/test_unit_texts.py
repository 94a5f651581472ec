"""Texts that are numbers with a unit are told from codes and levels."""

import polars as pl
import pytest
from logit_flows.first_config.unit_texts import unit_reason


def texts(form: str, many: int = 40) -> pl.Series:
    """A column of texts made of the numbers from 1 by a form."""
    return pl.Series("x", [form.format(i) for i in range(1, many)])


@pytest.mark.parametrize(
    ("form", "shown", "plain"),
    [
        ("${:,}", "$1", "1"),
        ("$1,{:03}.50", "$1,001.50", "1001.50"),
        ("EUR {}", "EUR 1", "1"),
        ("{} €", "1 €", "1"),
        ("1.{:03},75 €", "1.001,75 €", "1001.75"),
        ("{} %", "1 %", "1"),
        ("{}%", "1%", "1"),
        ("(1,{:03})", "(1,001)", "-1001"),
        ("-${}", "-$1", "-1"),
        ("{} yrs", "1 yrs", "1"),
        ("{}cm", "1cm", "1"),
        ("{} km/h", "1 km/h", "1"),
        ("{}.5k", "1.5k", "1500"),
        ("Rs. {}", "Rs. 1", "1"),
        ("{}°C", "1°C", "1"),
        ("0.{:03} %", "0.001 %", "0.001"),
        ("-0,{:03} %", "-0,001 %", "-0.001"),
    ],
)
def test_number_with_a_unit_is_named_with_its_plain_form(form: str, shown: str, plain: str) -> None:
    said = f"numbers with a unit, which no key reads: write {plain} for '{shown}'"
    assert unit_reason(texts(form)) == said


@pytest.mark.parametrize(
    "form", ["E{:03}", "S{}", "{}-{}", "v{}", "Room {}", "{}", "a{}b", "{:04}", "{}xx"]
)
def test_codes_and_plain_numbers_have_no_unit(form: str) -> None:
    assert unit_reason(pl.Series("x", [form.format(i, i + 1) for i in range(1, 40)])) == ""


def test_example_is_a_text_that_can_mean_one_number_alone() -> None:
    weights = pl.concat([texts("1.{:03} kg"), texts("{}.5 kg")])
    assert "write 1.5 for '1.5 kg'" in unit_reason(weights)


def test_codes_of_several_letters_behind_a_number_are_levels() -> None:
    seats = [f"{row}{seat}" for row in range(1, 20) for seat in "ABC"]
    assert unit_reason(pl.Series("x", seats)) == ""


def test_thousands_and_millions_are_one_form() -> None:
    assert "write 1000 for '1k'" in unit_reason(pl.concat([texts("{}k"), texts("{}.5M")]))


def test_few_texts_with_a_unit_are_levels() -> None:
    assert unit_reason(texts("{} months", 9)) == ""


def test_numbers_beside_a_few_words_name_the_words() -> None:
    column = pl.concat([texts("{}", 60), pl.Series("x", ["<5", "unknown", "unknown"])])
    reason = unit_reason(column)
    assert reason.startswith("numbers but for 'unknown', '<5' in 3 rows: if these mean a missing")
    for others in ([f"name {chr(65 + i)}" for i in range(26)], ["V57", "E909"]):
        assert unit_reason(pl.concat([texts("{}", 60), pl.Series("x", others)])) == ""
    assert unit_reason(pl.concat([texts("{:05}"), pl.Series("x", ["unknown"])])) == ""
