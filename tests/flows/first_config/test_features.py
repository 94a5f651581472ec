"""Features: amounts stay numbers, codes become levels, and useless columns say why."""

from typing import Any

import polars as pl
import pytest
from logit_flows.first_config.features import Features, guess_features, least_frequency
from logit_flows.first_config.outcomes import guess_outcome
from logit_flows.first_config.profiles import profile_columns

ROWS = 600


def features_of(name: str, values: list[Any], y: list[Any] | None = None) -> Features:
    """What a column is, in a table with an outcome y."""
    outcome = [i % 2 for i in range(ROWS)] if y is None else y
    frame = pl.DataFrame({name: values, "y": outcome})
    profiles = profile_columns(frame)
    return guess_features(frame, profiles, [name], guess_outcome(profiles, "y", "table"))


def kind_of(name: str, values: list[Any], y: list[Any] | None = None) -> tuple[str, str]:
    """The kind of a column, and the reason."""
    found = features_of(name, values, y)
    for kind in ("numeric", "categorical", "left_out"):
        for guess in getattr(found, kind):
            return kind, guess.reason
    raise AssertionError(name)


def whole(low: int, high: int) -> list[int]:
    """Whole numbers from low to high, again and again."""
    return [low + i * 7 % (high - low + 1) for i in range(ROWS)]


@pytest.mark.parametrize(
    ("name", "low", "high", "kind"),
    [
        ("age", 18, 90, "numeric"),
        ("number_inpatient", 0, 5, "numeric"),
        ("hypertension", 0, 1, "numeric"),
        ("Cl.thickness", 1, 10, "numeric"),
        ("day", 1, 31, "numeric"),
        ("SEX", 1, 2, "categorical"),
        ("Pclass", 1, 3, "categorical"),
        ("month", 1, 12, "categorical"),
        ("admission_type_id", 1, 8, "categorical"),
        ("PAY_0", -2, 8, "categorical"),
        ("zip", 101, 160, "categorical"),
        ("shop_id", 1, 59, "categorical"),
        ("city_population", 101, 199, "numeric"),
        ("product_margin", 101, 199, "numeric"),
        ("temperature", -20, 30, "numeric"),
    ],
)
def test_whole_numbers_are_amounts_or_codes(name: str, low: int, high: int, kind: str) -> None:
    assert kind_of(name, whole(low, high))[0] == kind


def test_number_along_which_the_outcome_goes_up_and_down_is_a_code() -> None:
    values = whole(0, 3)
    bent = [int(v in (1, 2)) if i % 5 else i % 2 for i, v in enumerate(values)]
    assert kind_of("cp", values, bent)[0] == "categorical"
    steady = [int(v > 1) if i % 5 else i % 2 for i, v in enumerate(values)]
    assert kind_of("cp", values, steady) == ("numeric", "")


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("c", [1] * ROWS, "one value, 1, in all rows"),
        ("c", [None] * ROWS, "no values"),
        ("c", [None] * 580 + [1.5, 2.5] * 10, "missing in 580 of 600 rows"),
        ("fnlwgt", list(range(ROWS)), "named like a weight of the rows"),
        ("Pondération", [0.5, 1.0, 2.1] * 200, "named like a weight of the rows"),
        ("Gewicht", [0.5, 1.0, 1.5] * 200, "a weight of the rows, by its name and its mean 1.00"),
        ("name", [f"t{i}" for i in range(ROWS)], "nearly an id: 600 values in 600 rows"),
        ("town", [f"t{i % 200}" for i in range(ROWS)], "too many rare levels: 200 values"),
        ("tags", [["a"], ["b", "c"]] * 300, "values of a type that is no feature"),
        ("tags", [{"a": 1}] * ROWS, "values of a type that is no feature"),
        ("issued", ["Jan-2013", "Feb-2013", "Mar-2013"] * 200, "such as 'Feb-2013': no training"),
        ("period", ["2013-11", "2013-12", "2014-01"] * 200, "months or quarters"),
        ("period", ["Q1 2013", "Q2 2013", "Q1 2014"] * 200, "months or quarters"),
        ("drug", ["No"] * 597 + ["Up"] * 3, "all but 3 of 600 rows have one value"),
        ("note", [f"a long text about {i}, " * 3 for i in range(ROWS)], "free text, "),
    ],
)
def test_useless_column_is_left_out_with_its_reason(
    name: str, values: list[Any], reason: str
) -> None:
    kind, said = kind_of(name, values)
    assert (kind, reason in said) == ("left_out", True), said


def test_ranges_and_digits_as_text_are_levels_and_it_is_said() -> None:
    ranges = [f"[{low}-{low + 10})" for low in (0, 10, 20)] * 200
    assert kind_of("age", ranges) == ("categorical", "ranges in an order; each is a level")
    assert kind_of("charge", ["(F1)", "(F2)", "(M1)"] * 200) == ("categorical", "")
    assert kind_of("month", ["jan", "feb", "mar"] * 200) == ("categorical", "")
    codes = ["0123", "0456", "0789"] * 200
    assert "digits kept as text" in kind_of("zip", codes)[1]


def test_rare_levels_are_rarer_than_a_thousandth_but_ten_at_least() -> None:
    assert [least_frequency(rows) for rows in (100, 30_000, 101_766)] == [10, 30, 102]


def test_many_levels_stay_where_each_has_rows_of_the_rarest_class() -> None:
    rows = 60_000
    codes = [f"c{i % 120}" if i % 10 else f"r{i % 3000}" for i in range(rows)]
    for every, kind in ((3, "categorical"), (40, "left_out")):
        frame = pl.DataFrame({"diag": codes, "y": [int(i % every == 0) for i in range(rows)]})
        profiles = profile_columns(frame)
        found = guess_features(frame, profiles, ["diag"], guess_outcome(profiles, "y", "table"))
        (guess,) = getattr(found, kind)
        said = {
            "categorical": "408 levels, of which 300 rare ones are pooled",
            "left_out": "108 frequent levels are too many for 1,500 rows of a class; merge them",
        }
        assert guess.reason.startswith(said[kind])
