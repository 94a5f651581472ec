"""Intervals of metrics against DeLong's and Obuchowski's papers, closed forms and resampling."""

import numpy as np
import pytest

from logit_engine.diagnostics.metric_intervals import Bootstrap, difference_interval
from logit_engine.diagnostics.metrics import METRICS, checked_sample, evaluate
from tests.support.forecasts import SETTINGS, as_table, clustered_forecast, forecast


def delong_1988(y, p):
    """The area's variance as the paper writes it: every positive against every negative,
    equations 4 to 6.
    """
    positive, negative = p[y == 1], p[y == 0]
    psi = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    s10 = np.var(psi.mean(axis=1), ddof=1)
    s01 = np.var(psi.mean(axis=0), ddof=1)
    return s10 / len(positive) + s01 / len(negative)


def obuchowski_1997(y, p, cluster):
    """The area's variance for clustered rows as that paper writes it, cluster by cluster."""
    positive, negative = p[y == 1], p[y == 0]
    m, n = len(positive), len(negative)
    psi = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    area, v10, v01 = psi.mean(), psi.mean(axis=1), psi.mean(axis=0)
    of_positive, of_negative, codes = cluster[y == 1], cluster[y == 0], np.unique(cluster)
    x = np.array([np.sum(v10[of_positive == c] - area) for c in codes])
    z = np.array([np.sum(v01[of_negative == c] - area) for c in codes])
    i10, i01, i = len(set(of_positive)), len(set(of_negative)), len(codes)
    s10 = i10 / ((i10 - 1) * m) * np.sum(x**2)
    s01 = i01 / ((i01 - 1) * n) * np.sum(z**2)
    s11 = i / (i - 1) * np.sum(x * z)
    return s10 / m + s01 / n + 2 / (m * n) * s11


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("rows", [12, 200])
def test_closed_form_auc_interval_is_delongs(rows, ties):
    y, p = forecast(rows, seed=8, ties=ties)
    value, error, lower, upper = as_table(evaluate(y, p, **SETTINGS))["roc_auc"]
    assert error**2 == pytest.approx(delong_1988(y, p), rel=1e-12)
    assert lower == pytest.approx(max(0.0, value - 1.959963984540054 * error), rel=1e-12)
    assert upper == pytest.approx(min(1.0, value + 1.959963984540054 * error), rel=1e-12)


def test_closed_form_clustered_auc_interval_is_obuchowskis():
    y, p, cluster = clustered_forecast(40, seed=9)
    error = as_table(evaluate(y, p, cluster=cluster, **SETTINGS))["roc_auc"][1]
    assert error**2 == pytest.approx(obuchowski_1997(y, p, cluster), rel=1e-12)


def test_standard_error_of_a_mean_is_the_textbooks():
    y, p = forecast(50, seed=10)
    found = as_table(evaluate(y, p, **SETTINGS))
    assert found["brier"][1] == pytest.approx(np.std((y - p) ** 2, ddof=1) / np.sqrt(50), rel=1e-12)


@pytest.fixture(scope="module")
def resampled_errors():
    """Standard errors by 3000 resamplings written out row by row: (with clusters, without)."""
    y, p, cluster = clustered_forecast(250, seed=11)
    members = np.split(np.arange(len(y)), np.flatnonzero(np.diff(cluster)) + 1)
    rng = np.random.default_rng(12)
    tables = []
    for units in (members, [np.array([row]) for row in range(len(y))]):
        draws = []
        for _ in range(3000):
            rows = np.concatenate([units[i] for i in rng.integers(0, len(units), len(units))])
            sample = checked_sample(y[rows], p[rows], **SETTINGS)
            draws.append(
                [metric.statistic(sample).value(np.ones(len(rows))) for metric in METRICS.values()]
            )
        tables.append(dict(zip(METRICS, np.std(draws, axis=0, ddof=1), strict=True)))
    return tables


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize(
    "method", ["closed_form", Bootstrap(3000, 13)], ids=["closed_form", "bootstrap"]
)
def test_standard_error_is_that_of_resampling(method, clustered, resampled_errors):
    """Within 6%: the resampling's own error is 1 / sqrt(2 x 3000) = 1.3%, the rest is the second
    order.
    """
    y, p, cluster = clustered_forecast(250, seed=11)
    found = as_table(
        evaluate(y, p, cluster=cluster if clustered else None, method=method, **SETTINGS)
    )
    for name, error in resampled_errors[0 if clustered else 1].items():
        assert found[name][1] == pytest.approx(error, rel=0.06), name


def test_clusters_that_share_their_luck_widen_the_interval():
    y, p, cluster = clustered_forecast(250, seed=11)
    apart, together = (as_table(evaluate(y, p, cluster=c, **SETTINGS)) for c in (None, cluster))
    assert together["log_loss"][1] > 1.2 * apart["log_loss"][1]


def test_bootstrap_interval_is_near_walds():
    y, p = forecast(3000, seed=14, ties=False)
    wald = as_table(evaluate(y, p, level=0.9, **SETTINGS))
    percentile = as_table(evaluate(y, p, level=0.9, method=Bootstrap(2000, 15), **SETTINGS))
    for name, (value, error, lower, upper) in wald.items():
        assert percentile[name][0] == value
        np.testing.assert_allclose(
            percentile[name][2:], [lower, upper], atol=0.2 * error, err_msg=name
        )


def test_bootstrap_of_one_seed_is_always_the_same():
    y, p = forecast(200, seed=16)
    one, same, other = (
        evaluate(y, p, method=Bootstrap(20, seed), **SETTINGS) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_interval_is_cut_at_the_range():
    y, p = np.array([0.0, 1, 0, 1, 1, 0]), np.array([0.1, 0.9, 0.2, 0.8, 0.3, 0.4])
    found = as_table(evaluate(y, p, **SETTINGS))
    for name, metric in METRICS.items():
        assert metric.lowest <= found[name][2] <= found[name][3] <= metric.highest, name
    assert found["precision"] == (1.0, 0.0, 1.0, 1.0)
    assert found["roc_auc"][3] == 1.0


def test_one_cluster_says_nothing_of_the_spread():
    y, p = forecast(30)
    found = as_table(evaluate(y, p, cluster=np.zeros(30, int), **SETTINGS))
    assert all(np.isfinite(values[0]) and np.isnan(values[1:]).all() for values in found.values())


def test_a_weighted_bootstrap_draws_as_many_rows_as_the_weights_say():
    y, p = forecast(400, seed=21)
    weight = np.random.default_rng(22).integers(0, 4, 400)
    rows = np.repeat(np.arange(400), weight)
    weighted = as_table(evaluate(y, p, weight=weight, method=Bootstrap(1500, 23), **SETTINGS))
    repeated = as_table(evaluate(y[rows], p[rows], method=Bootstrap(1500, 24), **SETTINGS))
    for name, values in weighted.items():
        assert values[1] == pytest.approx(repeated[name][1], rel=0.1), name


def test_difference_interval_is_the_paired_t_tests_but_for_the_normal_quantile():
    difference = np.random.default_rng(27).normal(0.2, 1, 90)
    mean, error, lower, upper = difference_interval(difference, level=0.9)
    assert mean == pytest.approx(difference.mean(), rel=1e-14)
    assert error == pytest.approx(difference.std(ddof=1) / np.sqrt(90), rel=1e-12)
    np.testing.assert_allclose(
        [lower, upper], [mean - 1.6448536269514722 * error, mean + 1.6448536269514722 * error]
    )


def test_clustered_difference_interval_is_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(28)
    cluster = rng.integers(0, 30, 400)
    difference = rng.normal(size=400) + rng.normal(size=30)[cluster]
    weight = rng.uniform(0.2, 3, 400)
    theirs = sm.WLS(difference, np.ones(400), weight).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}
    )
    mean, error, _, _ = difference_interval(difference, weight, cluster)
    assert mean == pytest.approx(theirs.params[0], rel=1e-12)
    assert error == pytest.approx(theirs.bse[0], rel=1e-12)


def test_an_infinite_difference_has_no_interval():
    assert difference_interval([0.1, np.inf, 0.2])[0] == np.inf
    assert np.isnan(difference_interval([0.1, np.inf, -np.inf])).all()
    assert np.isfinite(difference_interval([0.1, np.inf, 0.2], [1, 0, 1])).all()
