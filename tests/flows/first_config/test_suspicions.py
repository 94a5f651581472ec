"""Suspicions: duplicates and leaks are found, and honest columns are left alone."""

from typing import Any

import numpy as np
import polars as pl
from logit_flows.first_config.features import guess_features
from logit_flows.first_config.outcomes import guess_outcome
from logit_flows.first_config.profiles import profile_columns
from logit_flows.first_config.suspicions import duplicate_columns, outcome_leaks, same_as_outcome

ROWS = 1000
RANDOM = np.random.default_rng(20)
Y = RANDOM.integers(0, 2, ROWS)
NOISE = RANDOM.normal(size=ROWS)


def doubled(**columns: Any) -> dict[str, str]:
    """The columns that say the same as another."""
    frame = pl.DataFrame(columns)
    return duplicate_columns(frame, profile_columns(frame), frame.columns)


def judged(**columns: Any) -> tuple[dict[str, str], list[str]]:
    """The columns left out as leaks, and the suspicious ones, of a table with a number beside."""
    frame = pl.DataFrame({"x": NOISE, **columns, "bought": Y})
    profiles = profile_columns(frame)
    outcome = guess_outcome(profiles, "bought", "table")
    features = guess_features(frame, profiles, ["x", *columns], outcome)
    same = same_as_outcome(frame, profiles, features, outcome)
    dropped, suspicious = outcome_leaks(frame, profiles, features.without(same), outcome)
    return {**same, **dropped}, [guess.column for guess in suspicious]


def test_of_two_columns_that_map_one_to_one_the_number_stays() -> None:
    years = RANDOM.integers(1, 17, ROWS)
    names = [f"level {n}" for n in years]
    found = doubled(education=names, education_num=years, other=years // 2)
    assert found == {"education": "says the same as education_num, value by value"}


def test_column_in_other_units_is_left_out_though_it_is_rounded() -> None:
    found = doubled(inches=NOISE.round(3), cm=(NOISE * 2.54).round(2), other=NOISE + Y)
    assert list(found) == ["cm"]
    assert found["cm"].startswith("is inches in other units (correlation 0.9999")


def test_nearly_unique_columns_are_no_duplicates_of_each_other() -> None:
    assert doubled(a=NOISE, b=RANDOM.normal(size=ROWS), c=[f"n{i}" for i in range(ROWS)]) == {}


def test_outcome_in_other_words_is_left_out() -> None:
    status = [["Check-Out", "Canceled", "No-Show"][y + (y and i % 9 == 0)] for i, y in enumerate(Y)]
    dropped, suspicious = judged(status=status)
    assert dropped["status"].startswith("tells bought exactly: the outcome in other words")
    assert suspicious == []


def test_strongest_column_named_like_an_aftermath_is_left_out() -> None:
    dropped, _ = judged(duration=NOISE + 2.0 * Y)
    assert list(dropped) == ["duration"]
    assert "named like something known only after the outcome" in dropped["duration"]
    assert judged(duration=NOISE + 0.3 * Y)[0] == {}
    assert judged(length=NOISE + 2.0 * Y)[0] == {}
    assert judged(duration=NOISE + 1.5 * Y, length=NOISE + 2.0 * Y)[0] == {}


def test_measurement_of_the_body_is_no_aftermath() -> None:
    assert judged(body_mass_index=NOISE + 2.0 * Y)[0] == {}


def test_followers_and_problems_come_before_an_outcome() -> None:
    assert list(judged(follow_up=NOISE + 2.0 * Y)[0]) == ["follow_up"]
    for name in ("followers", "problems"):
        assert judged(**{name: NOISE + 2.0 * Y})[0] == {}


def test_column_about_the_outcome_that_leads_is_left_out() -> None:
    assert list(judged(bought_score=NOISE + 2.0 * Y)[0]) == ["bought_score"]


def test_almost_perfect_column_is_kept_but_suspicious() -> None:
    dropped, suspicious = judged(length=NOISE + 4.5 * Y)
    assert (dropped, suspicious) == ({}, ["length"])


def test_number_that_ranks_without_an_error_is_left_out() -> None:
    dropped, suspicious = judged(today=NOISE + 20.0 * Y)
    assert dropped["today"].startswith("tells bought exactly")
    assert suspicious == []
