"""Thresholds: none is better among all, and of equals the highest is taken."""

import numpy as np
import pytest

from logit_engine.diagnostics.metrics import confusion
from logit_engine.diagnostics.thresholds import Cost, MaxF1, choose_threshold
from tests.support.forecasts import forecast


def plain_f1(y, p, weight, threshold):
    table = confusion(y, p, weight, threshold)
    return (
        2
        * table.true_positive
        / (2 * table.true_positive + table.false_positive + table.false_negative)
    )


@pytest.mark.parametrize("seed", range(4))
def test_max_f1_beats_every_distinct_threshold(seed):
    y, p = forecast(80, seed=seed, ties=seed % 2 == 0)
    weight = np.random.default_rng(seed).uniform(0.1, 3, 80)
    candidates = np.unique(p)
    scores = np.array([plain_f1(y, p, weight, t) for t in candidates])
    best = candidates[scores >= scores.max() - 1e-12].max()
    assert choose_threshold(y, p, MaxF1(), weight) == best


@pytest.mark.parametrize("seed", range(4))
def test_cost_threshold_beats_every_distinct_threshold(seed):
    y, p = forecast(80, seed=seed, ties=seed % 2 == 0)
    candidates = np.append(np.unique(p), np.nextafter(p.max(), np.inf))
    tables = [confusion(y, p, None, t) for t in candidates]
    costs = np.array([3 * table.false_positive + table.false_negative for table in tables])
    assert choose_threshold(y, p, Cost(3.0, 1.0)) == candidates[costs == costs.min()].max()


def test_a_forecast_not_worth_acting_on_predicts_nothing():
    threshold = choose_threshold([0, 0, 1], [0.9, 0.9, 0.9], Cost(100.0, 1.0))
    assert threshold > 0.9
    assert threshold == pytest.approx(0.9, abs=1e-15)


def test_threshold_of_calibrated_forecasts_is_elkans():
    rng = np.random.default_rng(26)
    p = rng.random(200_000)
    y = (rng.random(200_000) < p).astype(float)
    assert choose_threshold(y, p, Cost(1.0, 4.0)) == pytest.approx(1 / 5, abs=0.02)


def test_of_equally_good_thresholds_the_highest_is_taken():
    assert choose_threshold([1, 0, 0, 1], [0.9, 0.7, 0.7, 0.5], Cost(0.5, 1.0)) == 0.9
    assert choose_threshold([0, 1], [0.6, 0.6], Cost(1.0, 1.0)) > 0.6


def test_a_row_of_weight_zero_is_no_candidate():
    assert choose_threshold([1, 1, 0], [0.8, 0.9, 0.1], MaxF1(), [1, 0, 1]) == 0.8


def test_a_number_is_its_own_threshold():
    assert choose_threshold([0, 1], [0.2, 0.3], 0.25) == 0.25
