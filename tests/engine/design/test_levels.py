"""Levels are merged, pooled, ordered and told apart as asked, in training and in scoring."""

import json
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from logit_engine.design.learning import learn
from logit_engine.design.lookalikes import lookalikes
from logit_engine.design.spec import Impute, PoolAs, Spec, Unknown
from logit_engine.design.table_design import Design
from logit_engine.errors import DataError, Reason, UsageError
from tests.support.designs import CITIES, cities, codes


def test_rare_levels_share_a_column_and_it_is_said() -> None:
    design, notes = cities(min_frequency=4)
    assert design.names == ("intercept", "city[b]", "city[(pooled)]")
    assert codes(design, ["a", "b", "c", "d"]) == ["reference", "b", "(pooled)", "(pooled)"]
    assert notes == ("city: 2 levels with fewer than 4 rows (c, d), 4 rows in all, are pooled.",)


def test_rare_levels_are_a_level_of_their_own_however_rare() -> None:
    design, notes = cities(min_frequency=7)
    assert design.names == ("intercept", "city[(pooled)]")
    assert codes(design, ["a", "b", "c", "d"]) == ["reference", *["(pooled)"] * 3]
    assert design.terms[0].pooled_levels == ("b", "c", "d")
    assert notes == (
        "city: 3 levels with fewer than 7 rows (b, c, d), 10 rows in all, are pooled.",
    )


def test_rare_levels_join_the_reference_where_it_is_asked_and_it_is_said() -> None:
    design, notes = cities(min_frequency=5, pool_as=PoolAs.REFERENCE)
    assert design.names == ("intercept", "city[b]")
    assert codes(design, ["a", "b", "c", "d"]) == ["reference", "b", "reference", "reference"]
    assert design.terms[0].pooled_levels == ()
    assert notes == (
        "city: 2 levels with fewer than 5 rows (c, d), 4 rows in all, join the reference level a.",
    )


def test_rare_levels_are_refused_where_it_is_asked_with_their_rows() -> None:
    with pytest.raises(DataError) as caught:
        cities(min_frequency=5, pool_as=PoolAs.ERROR)
    assert str(caught.value) == (
        "column 'city' has 2 levels with fewer than 5 training rows: c (2 rows), d (2 rows); set "
        "pool_as to PoolAs.LEVEL or PoolAs.REFERENCE, recode them, or lower min_frequency."
    )
    assert caught.value.reason is Reason.RARE_LEVELS
    with pytest.raises(
        DataError, match=r"rows: 'a ' \(1 rows\) \('a ' and 'a' differ by blanks alone"
    ):
        learn(
            pl.DataFrame({"c": ["a", "a", "a ", "b", "b"]}),
            Spec(categorical=("c",), min_frequency=2, pool_as=PoolAs.ERROR),
        )


def test_the_reference_is_the_most_frequent_level_unless_chosen() -> None:
    assert cities()[0].terms[0].reference == "a"
    chosen, notes = cities(reference={"city": "c"}, min_frequency=4)
    assert chosen.terms[0].reference == "c"
    assert chosen.names == ("intercept", "city[a]", "city[b]", "city[(pooled)]")
    assert notes == ("city: 1 level with fewer than 4 rows (d), 2 rows in all, is pooled.",)


def test_a_chosen_reference_that_is_no_level_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"^'B' is not a level of 'city' .*did you mean '"):
        cities(reference={"city": "B"})


def test_an_unseen_level_is_an_error_that_names_and_counts_it() -> None:
    with pytest.raises(
        DataError,
        match=r"^column 'city' has levels that were not in the training rows: z \(2 rows\), y \(1 "
        r"rows\); set unknown to Unknown\.REFERENCE or Unknown\.POOLED, or learn the design "
        r"again\.$",
    ):
        cities()[0].encode(pl.DataFrame({"city": ["a", "z", "y", "z"]}))


@pytest.mark.parametrize(
    ("unknown", "least", "counts_as"),
    [
        (Unknown.REFERENCE, 4, "reference"),
        (Unknown.POOLED, 4, "(pooled)"),
        (Unknown.POOLED, 1, "reference"),
        (Unknown.POOLED, 5, "(pooled)"),
    ],
)
def test_an_unseen_level_counts_as_asked_and_is_counted(
    unknown: Unknown, least: int, counts_as: str
) -> None:
    design, _ = cities(unknown=unknown, min_frequency=least)
    assert codes(design, ["z", "b"]) == [counts_as, "b"]
    audit = design.check(pl.LazyFrame({"city": ["z", "b", "z"]}))
    assert (audit.rows, audit.unseen, audit.missing) == (3, {"city": {"z": 2}}, {})


@pytest.mark.parametrize("taken", ["(pooled)", "(missing)"])
def test_a_level_with_a_name_that_the_design_gives_itself_is_refused(taken: str) -> None:
    frame = pl.DataFrame({"c": [taken, "a", "a", None]})
    spec = Spec(categorical=("c",), min_frequency=2, impute_categorical=Impute.LEVEL)
    with pytest.raises(
        DataError, match=r"^column 'c' has a level '\(\w+\)', a name that the design gives itself"
    ):
        learn(frame, spec)


def test_a_missing_level_is_a_level_of_its_own_when_asked() -> None:
    frame = pl.DataFrame({"city": ["a", "a", "b", None]})
    design, notes = learn(frame, Spec(categorical=("city",), impute_categorical=Impute.LEVEL))
    assert design.names == ("intercept", "city[b]", "city[(missing)]")
    assert codes(design, [None, "a"]) == ["(missing)", "reference"]
    assert notes == ("city: 1 of 4 values were missing and became the level (missing).",)


SCHOOLS = ["HS-grad"] * 5 + ["11th"] * 3 + ["12th"] * 2 + ["Bachelors"] * 6 + ["Masters"]


def schools(**asked: Any) -> tuple[Design, tuple[str, ...]]:
    """The design of a column of schools."""
    frame = pl.DataFrame({"education": SCHOOLS})
    return learn(frame, Spec(categorical=("education",), **asked))


LESS = {"education": {"HS or less": ("HS-grad", "11th", "12th")}}


def test_a_recode_merges_values_before_they_are_counted_in_training_and_scoring() -> None:
    design, notes = schools(recode=LESS, min_frequency=5)
    assert design.names == ("intercept", "education[Bachelors]", "education[(pooled)]")
    term = design.terms[0]
    assert term.reference == "HS or less"
    assert term.known == ("Bachelors", "11th", "12th", "HS-grad", "Masters")
    assert term.levels_in_order == ("Bachelors", "HS or less")
    assert notes == (
        "education: HS-grad, 11th, 12th count as 'HS or less', 10 rows in all.",
        "education: 1 level with fewer than 5 rows (Masters), 1 rows in all, is pooled.",
    )
    levels = ["11th", "HS-grad", "Bachelors", "Masters"]
    assert codes(design, levels, "education") == ["reference"] * 2 + ["Bachelors", "(pooled)"]
    back = Design.from_content(json.loads(json.dumps(design.to_content())))
    assert back == design
    theta = np.array([0.25, 1.0, 2.0])
    rows = pl.DataFrame({"education": levels})
    assert back.linear_predictors(rows, theta).tolist() == [0.25, 0.25, 1.25, 2.25]


def test_a_recode_is_the_design_of_a_column_recoded_by_hand() -> None:
    design, _ = schools(recode=LESS)
    frame = pl.DataFrame({"education": SCHOOLS})
    by_hand = frame.with_columns(
        pl.col("education").replace(["HS-grad", "11th", "12th"], "HS or less")
    )
    plain, _ = learn(by_hand, Spec(categorical=("education",)))
    unit = np.eye(len(plain.names))
    assert design.names == plain.names
    assert np.array_equal(design.encode(frame).dot(unit), plain.encode(by_hand).dot(unit))


def test_a_recoded_value_in_no_training_row_is_said_and_counts_as_its_level_when_scoring() -> None:
    design, notes = schools(
        recode={"education": {"HS or less": ("HS-Grad", "11th", "9th"), "None": ("Preschool",)}},
        reference={"education": "Bachelors"},
    )
    assert notes[:4] == (
        "education: 'HS-Grad', which is recoded to 'HS or less', is in no training row; did you "
        "mean 'HS-grad'?",
        "education: '9th', which is recoded to 'HS or less', is in no training row.",
        "education: 11th counts as 'HS or less', 3 rows in all.",
        "education: 'Preschool', which is recoded to 'None', is in no training row.",
    )
    assert codes(design, ["9th", "11th"], "education") == ["HS or less"] * 2
    assert design.audit(pl.LazyFrame({"education": ["9th", "Preschool"]})).unseen == {
        "education": {"Preschool": 1}
    }


def test_merged_integers_stand_where_the_least_of_them_does() -> None:
    frame = pl.DataFrame({"hour": [22, 3, 10, 9, 9, 23]})
    recode = {"hour": {"night": ("22", "23", "3", "x")}}
    design, _ = learn(frame, Spec(categorical=("hour",), recode=recode, reference={"hour": "9"}))
    assert design.ordered_levels("hour") == ("night", "9", "10")
    assert design.level_positions("hour") == (1, -1, 2)


def test_a_missing_value_may_be_recoded() -> None:
    frame = pl.DataFrame({"c": ["a", "?", None, "b", "a"]})
    spec = Spec(
        categorical=("c",),
        impute_categorical=Impute.LEVEL,
        recode={"c": {"unknown": ("?", "(missing)")}},
    )
    design, _ = learn(frame, spec)
    assert codes(design, ["?", None, "a"], "c") == ["unknown", "unknown", "reference"]


@pytest.mark.parametrize(
    ("recode", "sentence"),
    [
        (
            {"education": {"A": ("11th", "12th"), "B": ("11th",)}},
            "the value '11th' of column 'education' is recoded twice, to 'A' and to 'B'; list it "
            "once.",
        ),
        (
            {"education": {"11th": ("12th", "9th")}},
            "'11th' is to be a new level of column 'education', but training rows have it "
            "already; list it among the values that it joins, or choose another name.",
        ),
    ],
)
def test_a_recode_that_does_not_fit_is_refused(recode: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        schools(recode=recode)
    assert str(caught.value) == sentence


def test_a_merged_value_that_is_to_be_the_reference_is_refused_with_its_level() -> None:
    with pytest.raises(UsageError, match=r"so it cannot be its reference; did you mean 'HS or le"):
        schools(recode=LESS, reference={"education": "12th"})


@pytest.mark.parametrize(
    ("levels", "clause"),
    [
        (["a", " a", "b"], "'a' and ' a' differ by blanks alone"),
        (["NY", "ny", "LA"], "'ny' and 'NY' differ by case alone"),
        (["NY", "ny ", "LA"], "'ny ' and 'NY' differ by case and blanks alone"),
        (["NY", "ny", "LA", "LA "], "'LA ' and 'LA', 'ny' and 'NY' differ by case or blanks alone"),
    ],
)
def test_levels_that_look_alike_are_said_and_stay_apart(levels: list[str], clause: str) -> None:
    design, notes = learn(pl.DataFrame({"c": [*levels, "z", "z"]}), Spec(categorical=("c",)))
    assert notes == (f"c: the levels {clause}; recode can merge them.",)
    assert len(design.names) == 1 + len(levels)
    merged = {"c": {"one": tuple(levels)}}
    assert not any(
        "alike" in note or "differ" in note
        for note in learn(
            pl.DataFrame({"c": [*levels, "z", "z"]}), Spec(categorical=("c",), recode=merged)
        )[1]
    )


def test_an_unseen_value_looks_like_the_known_one_that_it_differs_from_least() -> None:
    known = (" male", "Male", "male", "b")
    assert lookalikes(["MALE", "male ", " MALE", "male", "c"], known) == {
        "MALE": "Male",
        "male ": "male",
        " MALE": "Male",
    }


def test_unseen_values_that_look_like_known_ones_are_told() -> None:
    design, _ = learn(pl.DataFrame({"sex": ["male", "female", "male"]}), Spec(categorical=("sex",)))
    with pytest.raises(DataError) as caught:
        design.encode(pl.DataFrame({"sex": ["MALE", "MALE", "Female", "female", "x"]}))
    assert str(caught.value).startswith(
        "column 'sex' has levels that were not in the training rows: MALE (2 rows), "
    )
    assert "('MALE' and 'male', 'Female' and 'female' differ by case alone); set unknown" in str(
        caught.value
    )


@pytest.mark.parametrize("unknown", Unknown)
def test_a_missing_value_is_not_also_unseen(unknown: Unknown) -> None:
    spec = Spec(categorical=("city",), impute_categorical=Impute.LEVEL, unknown=unknown)
    design, _ = learn(pl.DataFrame({"city": CITIES}), spec)
    rows = pl.DataFrame({"city": ["a", None, "b"]})
    audit = design.audit(rows.lazy())
    assert (audit.missing, audit.unseen) == ({"city": 1}, {})
    if unknown is not Unknown.ERROR:
        assert codes(design, ["a", None, "b"]) == ["reference", "reference", "b"]
        return
    with pytest.raises(
        DataError,
        match=r"^column 'city' is missing in 1 of 3 rows, and was in no training row; set unknown",
    ):
        design.encode(rows)


def test_dates_are_levels_in_the_order_of_time() -> None:
    days = [date(2024, 10, 2), date(2024, 9, 30), date(2024, 10, 2)]
    moments = [datetime(2024, 1, 1, hour) for hour in (9, 10, 9)]
    design, _ = learn(pl.DataFrame({"day": days, "at": moments}), Spec(categorical=("day", "at")))
    assert [c.known for c in design.terms] == [
        ("2024-09-30", "2024-10-02"),
        ("2024-01-01 09:00:00.000000", "2024-01-01 10:00:00.000000"),
    ]


def test_integer_levels_are_ordered_as_numbers_and_boolean_ones_are_false_and_true() -> None:
    frame = pl.DataFrame(
        {"hour": [10, 9, 10, 2, 2, 10], "weekend": [True, False, True, True, None, True]}
    )
    spec = Spec(
        categorical=("hour", "weekend"),
        impute_categorical=Impute.LEVEL,
        reference={"weekend": "false"},
    )
    design, _ = learn(frame, spec)
    assert [c.known for c in design.terms] == [("2", "9", "10"), ("false", "true", "(missing)")]
    assert design.names == (
        "intercept",
        "hour[2]",
        "hour[9]",
        "weekend[true]",
        "weekend[(missing)]",
    )
    narrow = frame.with_columns(pl.col("hour").cast(pl.Int8))
    theta = np.arange(5.0)
    assert design.encode(narrow).dot(theta).tolist() == [3.0, 2.0, 3.0, 4.0, 5.0, 3.0]
