"""The outcome, its event and the columns that come close, as a person would guess them."""

from typing import Any

import polars as pl
import pytest
from logit_flows.first_config.outcomes import Outcome, guess_outcome, rank_outcomes
from logit_flows.first_config.profiles import profile_columns

from logit_engine.errors import DataError, UsageError

ROWS = 120


def cycle(values: list[Any], rows: int = ROWS) -> list[Any]:
    """The values again and again."""
    return [values[i % len(values)] for i in range(rows)]


def outcome_of(columns: dict[str, list[Any]], target: str | None = None) -> Outcome:
    """The guess for a table."""
    return guess_outcome(profile_columns(pl.DataFrame(columns)), target, "table.csv")


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        (["a=u,v", "z=0.5,1.5,2.5", "b=f,m"], "b"),
        (["id=1,2,3,4", "Survived=0,1", "Sex=f,m", "Embarked=C,Q,S"], "Survived"),
        (["default=no,yes", "housing=no,yes", "y=no,yes"], "y"),
        (["species=a,b,c", "island=u,v,w", "sex=f,m"], "species"),
        (["Age=1.5,2", "Attrition=No,Yes", "Gender=F,M", "OverTime=No,Yes"], "Attrition"),
        (["loan_status=0,1", "cb_person_default_on_file=N,Y", "length=1.5,2"], "loan_status"),
        (["is_canceled=0,1", "lead=1.5,2", "deposit_type=No,Refund"], "is_canceled"),
        (["prevalentStroke=0,1", "sysBP=1.5,2", "TenYearCHD=0,1"], "TenYearCHD"),
        (["RainToday=No,Yes", "wind=1.5,2", "RainTomorrow=No,Yes"], "RainTomorrow"),
        (["party=dem,rep", "v1=n,y", "v2=n,y", "v3=n,y", "v4=n,y", "v5=n,y"], "party"),
        (["x1=1.5,2.5", "x2=1.5,3", "x3=3,4,5,6,7"], "x3"),
        (["odor=a,b,c,d", "ring=e,f", "class=e,p"], "class"),
        (["income=1,2,3,4,5,6,7", "x=1.5,2", "vote=a,n,u,y"], "vote"),
        (["age=1.5,2", "income_cat=a,b,c,d,e,f,g,h", "voted=0,1", "x=1.5,2.5"], "voted"),
        (["week=1.5,2", "arrest=0,1", "fin=0,1", "paro=0,1", "prio=1.5,2.5"], "arrest"),
        (["rx=a,b,c", "f=0,1", "status=0,1", "node4=0,1", "g=0,1", "etype=1,2"], "status"),
    ],
)
def test_outcome_is_found_by_name_place_and_values(columns: list[str], outcome: str) -> None:
    frame = {}
    for column in columns:
        name, _, texts = column.partition("=")
        values = texts.split(",")
        numbers = all(value.replace(".", "").isdigit() for value in values)
        whole = numbers and not any("." in value for value in values)
        frame[name] = cycle([int(v) if whole else float(v) if numbers else v for v in values])
    assert outcome_of(frame).column == outcome


def test_runners_up_are_told_in_their_order() -> None:
    columns = {"churn": cycle(["n", "y"]), "plan": cycle(["a", "b", "c"]), "card": cycle([0, 1])}
    found = outcome_of(columns)
    assert (found.column, found.runners_up) == ("churn", ("card", "plan"))
    assert found.reason == "its name, the first column, two values"


@pytest.mark.parametrize(
    ("heading", "numbers"),
    [("", [f"r{i}" for i in range(ROWS)]), ("n", list(range(1, ROWS + 1)))],
)
def test_first_column_follows_the_names_of_the_rows(heading: str, numbers: list[Any]) -> None:
    found = outcome_of(
        {heading: numbers, "a": cycle([0, 1]), "ui": cycle([0, 1]), "x": [0.5, 1.5] * 60}
    )
    assert (found.column, found.reason) == ("a", "the first column, two values")


def test_column_that_is_nearly_as_likely_is_the_rival() -> None:
    alike = {"x": [0.5, 1.5] * 60, "a": cycle([0, 1]), "b": cycle([0, 1]), "z": [0.5, 1.5] * 60}
    assert (outcome_of(alike).column, outcome_of(alike).rival) == ("b", "a")
    assert outcome_of(alike | {"churn": cycle([0, 1])}).rival == ""


@pytest.mark.parametrize(
    ("column", "event", "other"),
    [("passed", "Passed", "Failed"), ("loan_approval", "approval", "default")],
)
def test_value_named_like_its_column_is_the_event(column: str, event: str, other: str) -> None:
    found = outcome_of({column: cycle([event, other, event])})
    assert found.events == (event,)
    assert found.event_reason == f"named like the column; the other is '{other}'"


def test_rare_flag_is_no_outcome_beside_a_balanced_one() -> None:
    flag = ["no"] * (ROWS - 1) + ["yes"]
    ranked = rank_outcomes(profile_columns(pl.DataFrame({"a": cycle(["u", "v"]), "flag": flag})))
    assert [name for name, _, _ in ranked] == ["a", "flag"]


def test_table_without_a_candidate_is_refused() -> None:
    with pytest.raises(DataError, match="no column has exactly two values, and none holds text"):
        outcome_of({"x": cycle([1.5, 2.5, 3.5]), "t": [f"t{i}" for i in range(ROWS)]})


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("z", r"--target z: table.csv has no such column; it has x, n"),
        ("N", r"it has x, n\. Did you mean 'n'\?"),
        ("x", r"--target x: it holds 3 values, numbers; an outcome has 2 to 100"),
        ("n", r"--target n: it holds 120 values, whole numbers; an outcome has 2 to 100"),
    ],
)
def test_named_target_that_cannot_be_an_outcome_is_refused(target: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        outcome_of({"x": cycle([1.5, 2.5, 3.5]), "n": list(range(ROWS))}, target)


@pytest.mark.parametrize(
    ("values", "events"),
    [
        ({"<=50K": 76, ">50K": 24}, (">50K",)),
        ({"no": 70, "yes": 50}, ("yes",)),
        ({"yes": 70, "no": 50}, ("yes",)),
        ({0: 20, 1: 100}, (1,)),
        ({-1: 20, 1: 100}, (1,)),
        ({1: 84, 2: 36}, (2,)),
        ({2: 84, 4: 36}, (4,)),
        ({False: 84, True: 36}, (True,)),
        ({"M": 75, "B": 45}, ("M",)),
        ({"g": 75, "b": 45}, ("b",)),
        ({"e": 50, "p": 70}, ("p",)),
        ({"Fully Paid": 30, "Charged Off": 90}, ("Charged Off",)),
        ({"not churned": 61, "churned": 59}, ("churned",)),
        ({"WAHR": 80, "FALSCH": 40}, ("WAHR",)),
        ({"VRAI": 80, "FAUX": 40}, ("VRAI",)),
        ({"ja": 80, "nein": 40}, ("ja",)),
        ({"oui": 80, "non": 40}, ("oui",)),
        ({"si": 80, "no": 40}, ("si",)),
        ({"red": 80, "white": 40}, ("white",)),
        ({"NO": 64, ">30": 40, "<30": 16}, ("<30",)),
        ({0: 64, 1: 30, 2: 16, 3: 10}, (1, 2, 3)),
        ({0: 40, 1: 41, 2: 39}, ()),
        ({"a": 40, "b": 41, "c": 39}, ()),
        ({"none": 60, "mild": 40, "severe": 20}, ()),
    ],
)
def test_event_is_named_like_one_or_the_rarer_value(
    values: dict[Any, int], events: tuple[Any, ...]
) -> None:
    rows = [value for value, count in values.items() for _ in range(count)]
    found = outcome_of({"target": rows})
    assert found.events == events
    assert found.event_share == sum(values[value] for value in events) / sum(values.values())
    assert found.base == max(values, key=lambda value: values[value])
