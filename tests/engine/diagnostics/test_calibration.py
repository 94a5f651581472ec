"""Calibration by bins: which rows share a bin, and the intervals against statsmodels."""

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from logit_engine.diagnostics.calibration import calibration_bins


def test_bins_hold_all_rows_keep_equal_predictions_together_and_have_wilsons_intervals() -> None:
    rng = np.random.default_rng(5)
    probability = np.round(rng.random(3000), 2)
    y = (rng.random(3000) < probability).astype(np.float64)
    bins = calibration_bins(y, probability)
    assert sum(b.rows for b in bins) == 3000
    assert len(bins) == 10
    edges = np.cumsum([0, *(b.rows for b in bins)])
    order = np.sort(probability)
    assert all(order[e - 1] < order[e] for e in edges[1:-1])
    for b in bins:
        np.testing.assert_allclose(
            [b.lower, b.upper],
            proportion_confint(b.observed * b.rows, b.rows, method="wilson"),
            rtol=1e-12,
        )
    assert [b.rows for b in calibration_bins(np.zeros(9), np.full(9, 0.25))] == [9]
