"""The section data.format: what it takes, and what it refuses by its sentence."""

from collections.abc import Callable

import pytest
from logit_flows.config.model import Config
from logit_flows.sources.text.dialect import declared_dialect

from tests.support.configs import BASE, Problems


def declared(config: Config) -> dict[str, object]:
    return dict(declared_dialect(config.data.format))


def test_nothing_is_declared_by_default(read: Callable[..., Config]) -> None:
    assert declared(read()) == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("separator: ;", {"separator": ";"}),
        ("separator: tab", {"separator": "\t"}),
        ('separator: "\\t"', {"separator": "\t"}),
        ("separator: '\\t'", {"separator": "\t"}),
        ("decimal: ','", {"decimal": ","}),
        ("thousands: ' '", {"thousands": " "}),
        ("thousands: none", {"thousands": None}),
        ("quote: none", {"quote": None}),
        ('quote: "\'"', {"quote": "'"}),
        ("encoding: latin-1", {"encoding": "iso8859-1"}),
        ("null_values: [NA, '?', -999]", {"null_values": ("", "NA", "?", "-999")}),
        ("header: none", {"header": None}),
        ("header: 2", {"header": 2}),
        ("header: [a, b]", {"names": ("a", "b")}),
        ("skip_rows: 3", {"skip_rows": 3}),
        ("trim: false", {"trim": False}),
        ("dates: '%d/%m/%Y'", {"dates": "%d/%m/%Y"}),
    ],
)
def test_a_key_is_the_part_of_the_dialect_that_it_says(
    read: Callable[..., Config], written: str, meant: dict[str, object]
) -> None:
    assert declared(read("", f"data.format={{{written}}}")) == meant


@pytest.mark.parametrize(
    ("written", "key", "sentence"),
    [
        (
            "separator: ;;",
            "separator",
            "expected one ASCII character such as ';', found ';;'",
        ),
        ("separator: a", "separator", "'a' cannot separate fields"),
        ("decimal: ;", "decimal", "expected '.' or ',', found ';'"),
        (
            "thousands: 1",
            "thousands",
            "expected one character such as '.', or none, found 1",
        ),
        ("quote: x", "quote", "expected '\"', \"'\" or none, found 'x'"),
        (
            "encoding: latin-99",
            "encoding",
            "expected an encoding such as utf-8, latin-1 or utf-16, found 'latin-99'",
        ),
        (
            "encoding: base64",
            "encoding",
            "expected an encoding such as utf-8, latin-1 or utf-16, found 'base64'",
        ),
        (
            "null_values: [null]",
            "null_values",
            "expected a list of texts such as ['', NA], found [None]",
        ),
        (
            "header: 0",
            "header",
            "expected a list of names, the number of the line that holds them, or none, found 0",
        ),
        ("skip_rows: -1", "skip_rows", "expected a number of lines, found -1"),
        (
            "dates: '%d/%m'",
            "dates",
            "expected a date format such as '%d/%m/%Y', found '%d/%m', which has no year",
        ),
        (
            "dates: '%Y/%m/%d %H:%M:%S.%f'",
            "dates",
            "a fraction of a second with its point is %.f: write '%Y/%m/%d %H:%M:%S%.f', found "
            "'%Y/%m/%d %H:%M:%S.%f'",
        ),
        (
            "dates: '%Y/%m/%d %H:%M:%S%.6f'",
            "dates",
            "a fraction of a second with its point is %.f: write '%Y/%m/%d %H:%M:%S%.f', found "
            "'%Y/%m/%d %H:%M:%S%.6f'",
        ),
        ("thousands: '.'", "thousands", "it is the decimal mark too; set decimal"),
        ("separator: '|', quotes: none", "quotes", "unknown key (did you mean 'quote'?)"),
    ],
)
def test_a_wrong_value_is_refused_by_its_sentence(
    problems: Problems, written: str, key: str, sentence: str
) -> None:
    text = f"data.format={{{written}}}"
    assert problems(BASE, text) == [f"--set {text}: data.format.{key}: {sentence}."]
