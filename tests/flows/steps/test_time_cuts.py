"""A cut in time is stored and read back to the same moment, whatever the type of the times."""

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from logit_flows.steps.hashing import RowKey
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import Split, split_rows
from logit_flows.steps.split import test_mask as hold_out
from logit_flows.steps.time_cuts import plain_cut

from logit_engine.errors import DataError
from tests.support.pipeline import Make, city_table
from tests.support.times import MINUTES, TIMES

hold_out.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [0.25, 0.75, 0.85])
@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_a_cut_in_time_is_read_back_to_the_same_moment(
    make: Make, times: pl.Series, size: float
) -> None:
    config = make(
        city_table().with_columns(day=times).sample(fraction=1.0, shuffle=True, seed=3),
        data__time="day",
        split={"method": "time", "test_size": size},
    )
    dataset = load_dataset(config)
    rule = split_rows(config, dataset)
    again = Split.from_content(json.loads(json.dumps(rule.to_content())))
    frame = dataset.scan().collect()
    latest = frame["key"] >= round(frame.height * (1.0 - size))
    assert again == rule
    assert type(again.threshold) is type(rule.threshold)
    assert hold_out(rule, frame).tolist() == hold_out(again, frame).tolist() == latest.to_list()


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_a_moment_has_its_side_in_any_zone_and_unit(zone: str, unit: Any) -> None:
    frame = pl.DataFrame({"t": MINUTES.dt.convert_time_zone(zone).dt.cast_time_unit(unit)})
    by_time = Split("time", "t", threshold=MINUTES[150])
    by_hash = Split("hash", "t", threshold=0.4)
    by_row = Split("hash", row=RowKey((), ("t",)), threshold=0.4)
    for rule in (by_time, by_hash, by_row):
        expected = hold_out(rule, pl.DataFrame({"t": MINUTES}))
        assert hold_out(rule, frame).tolist() == expected.tolist()
        assert 0 < expected.sum() < 600


def test_a_moment_is_stored_in_utc() -> None:
    cut = datetime(2023, 11, 5, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York"))
    content = Split("time", "t", threshold=cut).to_content()
    assert content["threshold"] == ["datetime", "2023-11-05T06:30:00+00:00"]


@pytest.mark.parametrize(
    ("cut", "column", "found"),
    [
        ("moments", "naive times", "times without a zone, but the split cuts times with a zone"),
        ("naive times", "moments", "times with a zone, but the split cuts times without a zone"),
        ("dates", "moments", "times with a zone, but the split cuts dates at 2024-01-01"),
        ("integers", "dates", "dates, but the split cuts numbers at 0"),
        ("dates", "integers", "numbers, but the split cuts dates at 2024-01-01"),
    ],
)
def test_times_of_another_kind_than_the_cut_are_refused(cut: str, column: str, found: str) -> None:
    rule = Split("time", "t", threshold=plain_cut(TIMES[cut][0]))
    with pytest.raises(DataError) as caught:
        hold_out(rule, pl.DataFrame({"t": TIMES[column]}))
    assert str(caught.value).startswith(f"column 't' holds {found}")
    assert str(caught.value).endswith("; these do not compare: convert the column.")


def test_a_date_and_its_midnight_compare() -> None:
    dates = pl.Series([date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)])
    midnights = dates.cast(pl.Datetime("us"))
    for cut in (dates[1], midnights[1]):
        rule = Split("time", "t", threshold=cut)
        for times in (dates, midnights):
            assert hold_out(rule, pl.DataFrame({"t": times})).tolist() == [False, True, True]


def test_a_time_that_is_no_number_is_refused(make: Make) -> None:
    frame = city_table().with_columns(day=pl.Series([float("nan"), *range(599)], strict=False))
    config = make(frame, data__time="day", split__method="time")
    with pytest.raises(
        DataError, match=r"^column 'day' is missing in 1 of 600 rows; fill or drop them\.$"
    ):
        split_rows(config, load_dataset(config))
