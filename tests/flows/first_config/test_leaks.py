"""Leaks are found, and honest columns are left alone."""

from typing import Any

import numpy as np
import polars as pl
from logit_flows.first_config.features import guess_features
from logit_flows.first_config.leaks import outcome_leaks, same_as_outcome
from logit_flows.first_config.outcomes import guess_outcome
from logit_flows.first_config.profiles import profile_columns

ROWS = 1000
RANDOM = np.random.default_rng(20)
Y = RANDOM.integers(0, 2, ROWS)
NOISE = RANDOM.normal(size=ROWS)


def judged(**columns: Any) -> tuple[dict[str, str], list[str]]:
    """The columns left out as leaks, and the suspicious ones, of a table with a number beside."""
    frame = pl.DataFrame({"x": NOISE, **columns, "bought": Y})
    profiles = profile_columns(frame)
    outcome = guess_outcome(profiles, "bought", "table")
    features = guess_features(frame, profiles, ["x", *columns], outcome)
    same = same_as_outcome(frame, profiles, features, outcome)
    dropped, suspicious = outcome_leaks(frame, profiles, features.without(same), outcome)
    return {**same, **dropped}, [guess.column for guess in suspicious]


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


def test_exact_column_of_a_small_table_is_left_out_unless_it_is_the_only_feature() -> None:
    rows = 120
    y = np.arange(rows) % 2
    frame = pl.DataFrame({"x": NOISE[:rows], "grams": 2400 + 200 * y + 0.1 * NOISE[:rows], "y": y})
    for names, left_out, doubted in ((["x", "grams"], ["grams"], []), (["grams"], [], ["grams"])):
        profiles = profile_columns(frame)
        outcome = guess_outcome(profiles, "y", "table")
        features = guess_features(frame, profiles, names, outcome)
        dropped, suspicious = outcome_leaks(frame, profiles, features, outcome)
        assert (list(dropped), [guess.column for guess in suspicious]) == (left_out, doubted)


def test_amount_that_is_spent_with_the_event_alone_is_left_out() -> None:
    spent = np.where((Y == 1) & (np.arange(ROWS) % 50 > 0), 10.0 + NOISE, 0.0)
    dropped, _ = judged(spent=spent)
    assert dropped["spent"].startswith(
        "tells bought almost exactly by whether it has its most frequent value: "
    )
    assert dropped["spent"].endswith("If not, list it as a feature")


def test_column_that_is_filled_with_the_event_alone_is_left_out() -> None:
    reason = [["price", "service"][i % 2] if y else None for i, y in enumerate(Y)]
    number = [float(i) if y and i % 40 else None for i, y in enumerate(Y)]
    assert "reason" in judged(reason=reason)[0]
    assert judged(number=number)[0]["number"].startswith(
        "tells bought almost exactly by whether it is filled: "
    )
