"""The metrics against scikit-learn, DeLong's paper, numerical derivatives, and resampling."""

from dataclasses import astuple

import numpy as np
import pytest
import sklearn.metrics as peer

from logit_engine.diagnostics import metrics
from logit_engine.diagnostics.metric_intervals import Bootstrap, difference_interval
from logit_engine.diagnostics.metrics import METRICS, checked_sample, confusion, evaluate, metric_value, row_log_loss
from logit_engine.diagnostics.thresholds import Cost, MaxF1, choose_threshold
from logit_engine.errors import DataError, UsageError

SETTINGS = {"threshold": 0.45, "reference_rate": 0.35}

PEERS = {
    "base_rate": lambda y, p, c, w: np.average(y, weights=w),
    "log_loss": lambda y, p, c, w: peer.log_loss(y, p, sample_weight=w),
    "skill": lambda y, p, c, w: (
        1 - peer.log_loss(y, p, sample_weight=w) / peer.log_loss(y, np.full(len(y), 0.35), sample_weight=w)
    ),
    "brier": lambda y, p, c, w: peer.brier_score_loss(y, p, sample_weight=w),
    "roc_auc": lambda y, p, c, w: peer.roc_auc_score(y, p, sample_weight=w),
    "average_precision": lambda y, p, c, w: peer.average_precision_score(y, p, sample_weight=w),
    "accuracy": lambda y, p, c, w: peer.accuracy_score(y, c, sample_weight=w),
    "balanced_accuracy": lambda y, p, c, w: peer.balanced_accuracy_score(y, c, sample_weight=w),
    "precision": lambda y, p, c, w: peer.precision_score(y, c, sample_weight=w),
    "recall": lambda y, p, c, w: peer.recall_score(y, c, sample_weight=w),
    "specificity": lambda y, p, c, w: peer.recall_score(1 - y, 1 - c, sample_weight=w),
    "f1": lambda y, p, c, w: peer.f1_score(y, c, sample_weight=w),
}


def forecast(rows, seed=0, *, ties=True):
    """Outcomes and well-meant probabilities, on a coarse grid when there are to be ties."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(2, 3, rows)
    y = (rng.random(rows) < probability).astype(float)
    if ties:
        probability = np.clip(np.round(probability, 1 if rows < 100 else 2), 0.01, 0.99)
    return y, probability


def clustered_forecast(clusters, seed=0):
    """Rows in clusters of unequal sizes that share a part of their forecast and of their luck."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(1, 8, clusters))
    shared, luck = rng.normal(size=(2, clusters))
    eta = 0.7 * shared[cluster] + 0.5 * rng.normal(size=len(cluster)) - 0.5
    y = (rng.random(len(cluster)) < 1 / (1 + np.exp(-eta - 0.8 * luck[cluster]))).astype(float)
    return y, np.round(1 / (1 + np.exp(-eta)), 2), cluster


def as_table(values):
    return {value.name: astuple(value)[1:] for value in values}


def assert_same_table(one, other, rtol=1e-12):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=rtol, atol=1e-14, err_msg=name)


# ---- values


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", METRICS)
def test_value_is_scikit_learns(name, ties, weighted):
    y, p = forecast(500, seed=1, ties=ties)
    weight = np.random.default_rng(2).uniform(0.2, 3, 500) if weighted else None
    theirs = PEERS[name](y, p, (p >= 0.45).astype(float), weight)
    assert metric_value(name, y, p, weight, **SETTINGS) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_function_of_its_name(name):
    y, p = forecast(60)
    function = getattr(metrics, name)
    named = {key: value for key, value in SETTINGS.items() if key in function.__annotations__}
    assert function(y, p, **named) == metric_value(name, y, p, **SETTINGS)


def test_confusion_is_scikit_learns():
    y, p = forecast(300, seed=3)
    weight = np.random.default_rng(4).uniform(0, 3, 300)
    theirs = peer.confusion_matrix(y, p >= 0.4, sample_weight=weight).ravel()
    np.testing.assert_allclose(astuple(confusion(y, p, weight, 0.4)), theirs, rtol=1e-12)


def test_a_probability_at_the_threshold_is_predicted_positive():
    assert confusion([1, 0], [0.5, 0.49]).true_positive == 1.0
    assert metrics.accuracy([1, 0], [0.5, 0.49]) == 1.0


def test_what_is_not_defined_is_nan():
    assert np.isnan(metrics.precision([0, 1], [0.1, 0.2]))
    assert np.isnan(metrics.recall([0, 0], [0.1, 0.9]))
    assert np.isnan(metrics.specificity([1, 1], [0.1, 0.9]))
    assert np.isnan(metrics.balanced_accuracy([1, 1], [0.1, 0.9]))
    assert np.isnan(metrics.f1([0, 0], [0.1, 0.2]))
    assert np.isnan(metrics.roc_auc([1, 1], [0.1, 0.9]))
    assert np.isnan(metrics.roc_auc([0, 0], [0.1, 0.9]))
    assert np.isnan(metrics.average_precision([0, 0], [0.1, 0.9]))
    assert metrics.f1([1, 0], [0.1, 0.9]) == 0.0


@pytest.mark.parametrize("method", ["closed_form", Bootstrap(20, 0)])
def test_an_undefined_metric_has_no_interval(method):
    found = as_table(evaluate([1, 1, 1], [0.2, 0.6, 0.7], method=method, **SETTINGS))
    assert np.isnan(found["roc_auc"]).all()
    assert np.isnan(found["specificity"]).all()
    assert found["recall"][0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("method", ["closed_form", Bootstrap(50, 0)])
def test_log_loss_of_the_impossible_that_happened_is_infinite(method):
    y, p = [1, 0, 1, 0, 1], [0.0, 0.0, 1.0, 0.3, 0.7]
    assert metrics.log_loss(y, p) == np.inf
    assert metrics.skill(y, p, reference_rate=0.4) == -np.inf
    found = as_table(evaluate(y, p, method=method, **SETTINGS))
    assert found["log_loss"][0] == np.inf
    assert np.isnan(found["log_loss"][1])
    assert np.isfinite(found["brier"]).all()


def test_log_loss_of_the_certain_that_happened_is_zero():
    assert metrics.log_loss([1, 0], [1.0, 0.0]) == 0.0


def test_row_log_loss_is_finite_where_the_log_scale_is():
    losses = row_log_loss(
        np.array([1.0, 0.0, 1.0, 0.0]), np.array([0, -np.inf, -800, 0]), np.array([-np.inf, 0, 0, -800])
    )
    np.testing.assert_array_equal(losses, [0, 0, 800, 800])
    y, p = forecast(50)
    assert row_log_loss(y, np.log(p), np.log1p(-p)).mean() == pytest.approx(peer.log_loss(y, p), rel=1e-12)


def test_given_row_losses_replace_those_of_a_rounded_probability():
    y, p = np.array([0.0, 1, 0, 1]), np.array([1.0, 0.7, 0.2, 0.4])
    found = as_table(evaluate(y, p, row_loss=[800.0, *-np.log([0.7, 0.8, 0.4])], **SETTINGS))
    assert found["log_loss"][0] == pytest.approx((800 - np.log(0.7 * 0.8 * 0.4)) / 4)
    assert np.isfinite(found["log_loss"]).all()


# ---- influence functions


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", METRICS)
def test_influence_is_the_derivative_by_a_rows_weight(name, ties, seed):
    y, p = forecast(40, seed=seed, ties=ties)
    weight = np.random.default_rng(seed).uniform(0.5, 3, 40)
    step = 1e-4 * np.eye(40)
    statistic = METRICS[name].statistic(checked_sample(y, p, **SETTINGS))
    numerical = [(statistic.value(weight + h) - statistic.value(weight - h)) / 2e-4 for h in step]
    np.testing.assert_allclose(statistic.influence(weight), numerical, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_influences_add_up_to_nothing(name):
    """Weights all scaled alike change no metric (Euler)."""
    y, p = forecast(300, seed=5)
    weight = np.random.default_rng(6).uniform(0, 3, 300)
    influence = METRICS[name].statistic(checked_sample(y, p, **SETTINGS)).influence(weight)
    assert weight @ influence == pytest.approx(0, abs=1e-13)


# ---- standard errors and intervals


def delong_1988(y, p):
    """The area's variance as the paper writes it: every positive against every negative, equations 4 to 6."""
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
            draws.append([metric.statistic(sample).value(np.ones(len(rows))) for metric in METRICS.values()])
        tables.append(dict(zip(METRICS, np.std(draws, axis=0, ddof=1), strict=True)))
    return tables


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("method", ["closed_form", Bootstrap(3000, 13)], ids=["closed_form", "bootstrap"])
def test_standard_error_is_that_of_resampling(method, clustered, resampled_errors):
    """Within 6%: the resampling's own error is 1 / sqrt(2 x 3000) = 1.3%, the rest is the second order."""
    y, p, cluster = clustered_forecast(250, seed=11)
    found = as_table(evaluate(y, p, cluster=cluster if clustered else None, method=method, **SETTINGS))
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
        np.testing.assert_allclose(percentile[name][2:], [lower, upper], atol=0.2 * error, err_msg=name)


def test_bootstrap_of_one_seed_is_always_the_same():
    y, p = forecast(200, seed=16)
    one, same, other = (evaluate(y, p, method=Bootstrap(20, seed), **SETTINGS) for seed in (1, 1, 2))
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


# ---- invariances


def test_order_of_rows_does_not_matter():
    y, p, cluster = clustered_forecast(60, seed=17)
    rng = np.random.default_rng(18)
    weight, order = rng.uniform(0.1, 3, len(y)), rng.permutation(len(y))
    for codes in (None, cluster):
        one = evaluate(y, p, weight=weight, cluster=codes, **SETTINGS)
        shuffled = None if codes is None else codes[order]
        other = evaluate(y[order], p[order], weight=weight[order], cluster=shuffled, **SETTINGS)
        assert_same_table(as_table(one), as_table(other))


@pytest.mark.parametrize("clustered", [True, False])
def test_weight_two_is_the_row_twice_and_zero_its_absence(clustered):
    y, p, cluster = clustered_forecast(60, seed=19)
    weight = np.random.default_rng(20).integers(0, 4, len(y))
    rows = np.repeat(np.arange(len(y)), weight)
    weighted = evaluate(y, p, weight=weight, cluster=cluster if clustered else None, **SETTINGS)
    repeated = evaluate(y[rows], p[rows], cluster=cluster[rows] if clustered else None, **SETTINGS)
    assert_same_table(as_table(weighted), as_table(repeated))


def test_a_weighted_bootstrap_draws_as_many_rows_as_the_weights_say():
    y, p = forecast(400, seed=21)
    weight = np.random.default_rng(22).integers(0, 4, 400)
    rows = np.repeat(np.arange(400), weight)
    weighted = as_table(evaluate(y, p, weight=weight, method=Bootstrap(1500, 23), **SETTINGS))
    repeated = as_table(evaluate(y[rows], p[rows], method=Bootstrap(1500, 24), **SETTINGS))
    for name, values in weighted.items():
        assert values[1] == pytest.approx(repeated[name][1], rel=0.1), name


def test_names_of_clusters_do_not_matter():
    y, p, cluster = clustered_forecast(50, seed=25)
    renamed = evaluate(y, p, cluster=1000 - 7 * cluster, **SETTINGS)
    assert_same_table(as_table(evaluate(y, p, cluster=cluster, **SETTINGS)), as_table(renamed))


# ---- thresholds


def plain_f1(y, p, weight, threshold):
    table = confusion(y, p, weight, threshold)
    return 2 * table.true_positive / (2 * table.true_positive + table.false_positive + table.false_negative)


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


# ---- differences


def test_difference_interval_is_the_paired_t_tests_but_for_the_normal_quantile():
    difference = np.random.default_rng(27).normal(0.2, 1, 90)
    mean, error, lower, upper = difference_interval(difference, level=0.9)
    assert mean == pytest.approx(difference.mean(), rel=1e-14)
    assert error == pytest.approx(difference.std(ddof=1) / np.sqrt(90), rel=1e-12)
    np.testing.assert_allclose([lower, upper], [mean - 1.6448536269514722 * error, mean + 1.6448536269514722 * error])


def test_clustered_difference_interval_is_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(28)
    cluster = rng.integers(0, 30, 400)
    difference = rng.normal(size=400) + rng.normal(size=30)[cluster]
    weight = rng.uniform(0.2, 3, 400)
    theirs = sm.WLS(difference, np.ones(400), weight).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    mean, error, _, _ = difference_interval(difference, weight, cluster)
    assert mean == pytest.approx(theirs.params[0], rel=1e-12)
    assert error == pytest.approx(theirs.bse[0], rel=1e-12)


def test_an_infinite_difference_has_no_interval():
    assert difference_interval([0.1, np.inf, 0.2])[0] == np.inf
    assert np.isnan(difference_interval([0.1, np.inf, -np.inf])).all()
    assert np.isfinite(difference_interval([0.1, np.inf, 0.2], [1, 0, 1])).all()


# ---- what is refused


@pytest.mark.parametrize(
    ("error", "said", "call"),
    [
        (DataError, "y is 2.0 in row 1: it must be 0 or 1", lambda: metrics.brier([0, 2], [0.1, 0.2])),
        (DataError, "y is nan in row 0", lambda: metrics.brier([np.nan, 1], [0.1, 0.2])),
        (DataError, "probability is 1.5 in row 0", lambda: metrics.brier([0, 1], [1.5, 0.2])),
        (DataError, "probability is nan in row 1", lambda: metrics.roc_auc([0, 1], [0.5, np.nan])),
        (DataError, "give one number a row", lambda: metrics.brier([0, 1], [0.5])),
        (DataError, "y is empty", lambda: metrics.brier([], [])),
        (DataError, "weight is -1.0 in row 1", lambda: metrics.brier([0, 1], [0.5, 0.5], [1, -1])),
        (DataError, "every weight is 0", lambda: metrics.brier([0, 1], [0.5, 0.5], [0, 0])),
        (DataError, "one weight a row", lambda: metrics.brier([0, 1], [0.5, 0.5], [1])),
        (DataError, "integer code", lambda: evaluate([0, 1], [0.5, 0.5], cluster=[0.5, 1.0], **SETTINGS)),
        (
            DataError,
            "not whole numbers",
            lambda: evaluate([0, 1], [0.5, 0.5], weight=[0.5, 1], method=Bootstrap(9, 1), **SETTINGS),
        ),
        (UsageError, "there is no metric 'auc'", lambda: metric_value("auc", [0, 1], [0.5, 0.5])),
        (UsageError, "level is 95", lambda: evaluate([0, 1], [0.5, 0.5], level=95, **SETTINGS)),
        (UsageError, "choose 'closed_form'", lambda: evaluate([0, 1], [0.5, 0.5], method="delong", **SETTINGS)),
        (UsageError, "reference_rate is 0", lambda: metrics.skill([0, 1], [0.5, 0.5], reference_rate=0)),
        (UsageError, "threshold is nan", lambda: metrics.f1([0, 1], [0.5, 0.5], threshold=np.nan)),
        (UsageError, "has no spread", lambda: Bootstrap(1, 0)),
        (UsageError, "the threshold is 5", lambda: choose_threshold([0, 1], [0.5, 0.5], 5)),
        (UsageError, "cost of a false_negative is -1", lambda: Cost(1, -1)),
        (DataError, "needs a row with y = 1", lambda: choose_threshold([0, 0], [0.5, 0.5], MaxF1())),
        (DataError, "difference has shape", lambda: difference_interval([])),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_sentence(error, said, call):
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("method", ["closed_form", Bootstrap(20, 3)])
def test_some_metrics_alone_are_those_of_all_to_the_bit(method: str | Bootstrap) -> None:
    rng = np.random.default_rng(5)
    y, p = rng.integers(0, 2, 300).astype(float), rng.random(300)
    asked = {"threshold": 0.4, "reference_rate": 0.5, "cluster": np.arange(300) // 4, "method": method}
    everything = {m.name: m for m in evaluate(y, p, **asked)}
    assert evaluate(y, p, **asked, names=["f1", "roc_auc"]) == (everything["f1"], everything["roc_auc"])
    with pytest.raises(UsageError, match="no metric 'auc'"):
        evaluate(y, p, **asked, names=["auc"])
