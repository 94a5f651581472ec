"""Ids, clusters and times: by what the values do, and by the names that people give them."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from logit_flows.first_config.profiles import profile_columns
from logit_flows.first_config.roles import Roles, guess_roles, is_id_name

ROWS = 400


def roles_of(**columns: list[Any]) -> Roles:
    """The roles in a table with an outcome y."""
    frame = pl.DataFrame({**columns, "y": [i % 2 for i in range(ROWS)]})
    return guess_roles(frame, profile_columns(frame), "y")


def chosen(roles: Roles) -> dict[str, str]:
    """The columns by their role."""
    found = {"id": roles.id, "cluster": roles.cluster, "time": roles.time}
    return {role: guess.column for role, guess in found.items() if guess is not None}


SPREAD = [(i * 7919) % 100_003 for i in range(ROWS)]  # unique, in no order


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "ID",
        "customerID",
        "PassengerId",
        "customer_id",
        "Unnamed:_0",
        "patient_nbr",
        "EmployeeNumber",
        "Loan_ID",
        "uuid",
        "studentid",
        "record_no",
        "Kundennr",
        "Patientennummer",
        "index",
    ],
)
def test_names_of_ids_are_known(name: str) -> None:
    assert is_id_name(name)


@pytest.mark.parametrize(
    "name",
    ["age", "zip_code", "number_inpatient", "num_procedures", "height", "paid", "column_1", "x1"],
)
def test_other_names_are_no_ids(name: str) -> None:
    assert not is_id_name(name)


def test_unique_column_with_the_name_of_an_id_is_the_id() -> None:
    found = chosen(roles_of(x=SPREAD[::-1], customerID=[f"C{i}" for i in SPREAD]))
    assert found == {"id": "customerID"}


def test_named_id_is_preferred_to_the_number_of_the_row() -> None:
    roles = roles_of(RowNumber=list(range(1, ROWS + 1)), CustomerId=SPREAD)
    assert chosen(roles) == {"id": "CustomerId"}
    assert [guess.column for guess in roles.others] == ["RowNumber"]


@pytest.mark.parametrize("name", ["customer", "Patient", "Kunde"])
def test_whom_the_rows_are_about_is_an_id_or_a_cluster(name: str) -> None:
    persons = [i * 7919 % 150 for i in range(ROWS)]
    assert chosen(roles_of(x=[0.5] * ROWS, **{name: persons})) == {"cluster": name}
    assert chosen(roles_of(x=[0.5] * ROWS, **{name: SPREAD})) == {"id": name}
    few = [i % 5 for i in range(ROWS)]
    assert chosen(roles_of(x=[0.5] * ROWS, **{name: few})) == {}
    assert chosen(roles_of(x=[0.5] * ROWS, **{f"calls per {name}": persons})) == {}


def test_numbers_of_the_rows_are_an_id_whatever_their_name() -> None:
    assert chosen(roles_of(x=[0.5] * ROWS, n=list(range(7, ROWS + 7)))) == {"id": "n"}


def test_unique_measurement_is_no_id() -> None:
    assert chosen(roles_of(x=[0.5] * ROWS, income=SPREAD, length=[n / 7 for n in SPREAD])) == {}


def test_id_that_repeats_is_the_cluster() -> None:
    roles = roles_of(encounter_id=SPREAD, patient_nbr=[n // 2 for n in range(ROWS)])
    assert chosen(roles) == {"id": "encounter_id", "cluster": "patient_nbr"}
    assert roles.cluster is not None
    assert "it repeats: 200 values in 400 rows" in roles.cluster.reason


@pytest.mark.parametrize("name", ["MRN", "chart_no", "record", "RecordNumber"])
def test_record_number_that_repeats_is_the_cluster(name: str) -> None:
    roles = roles_of(**{"x": [0.5] * ROWS, name: [n // 2 for n in range(ROWS)]})
    assert chosen(roles) == {"cluster": name}


def test_times_that_rise_with_gaps_are_no_id() -> None:
    assert chosen(roles_of(Time=sorted(SPREAD), x=[0.5] * ROWS)) == {}
    assert chosen(roles_of(Time=list(range(ROWS)), x=[0.5] * ROWS)) == {"id": "Time"}


def test_code_of_a_few_values_is_no_cluster() -> None:
    assert chosen(roles_of(admission_type_id=[n % 8 for n in range(ROWS)])) == {}


def test_first_column_of_large_numbers_that_are_nearly_unique_is_the_cluster() -> None:
    nearly = [SPREAD[max(n, 5)] for n in range(ROWS)]
    assert chosen(roles_of(column_1=nearly, column_2=[n % 10 for n in range(ROWS)])) == {
        "cluster": "column_1"
    }


def test_the_only_column_of_dates_is_the_time() -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(ROWS)]
    assert chosen(roles_of(x=[0.5] * ROWS, opened=days)) == {"time": "opened"}
    assert chosen(roles_of(x=[0.5] * ROWS, birth_date=days)) == {}
    several = roles_of(x=[0.5] * ROWS, opened=days, closed=days[::-1])
    assert chosen(several) == {}
    assert [guess.column for guess in several.others] == ["opened", "closed"]


def test_columns_of_times_say_that_they_are_no_features_and_what_to_write() -> None:
    opened = [date(2024, 1, 1) + timedelta(days=i) for i in range(ROWS)]
    both = roles_of(opened=opened, closed=[day + timedelta(days=3) for day in opened])
    assert both.time is None
    assert [guess.column for guess in both.others] == ["opened", "closed"]
    assert all("times are no features yet: write what they" in g.reason for g in both.others)
    only = roles_of(opened=opened).time
    assert only is not None
    assert only.reason.endswith("it orders the rows, and is no feature yet")
