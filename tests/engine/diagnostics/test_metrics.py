"""The metrics against scikit-learn and numerical derivatives; what cannot be judged is refused."""

from dataclasses import astuple

import numpy as np
import pytest
import sklearn.metrics as peer

from logit_engine.diagnostics import metrics
from logit_engine.diagnostics.metric_intervals import Bootstrap, difference_interval
from logit_engine.diagnostics.metrics import (
    METRICS,
    checked_sample,
    confusion,
    evaluate,
    metric_value,
    row_log_loss,
)
from logit_engine.diagnostics.thresholds import Cost, MaxF1, choose_threshold
from logit_engine.errors import DataError, UsageError
from tests.support.forecasts import (
    SETTINGS,
    as_table,
    assert_same_table,
    clustered_forecast,
    forecast,
)

PEERS = {
    "base_rate": lambda y, p, c, w: np.average(y, weights=w),
    "log_loss": lambda y, p, c, w: peer.log_loss(y, p, sample_weight=w),
    "skill": lambda y, p, c, w: (
        1
        - peer.log_loss(y, p, sample_weight=w)
        / peer.log_loss(y, np.full(len(y), 0.35), sample_weight=w)
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
        np.array([1.0, 0.0, 1.0, 0.0]),
        np.array([0, -np.inf, -800, 0]),
        np.array([-np.inf, 0, 0, -800]),
    )
    np.testing.assert_array_equal(losses, [0, 0, 800, 800])
    y, p = forecast(50)
    assert row_log_loss(y, np.log(p), np.log1p(-p)).mean() == pytest.approx(
        peer.log_loss(y, p), rel=1e-12
    )


def test_given_row_losses_replace_those_of_a_rounded_probability():
    y, p = np.array([0.0, 1, 0, 1]), np.array([1.0, 0.7, 0.2, 0.4])
    found = as_table(evaluate(y, p, row_loss=[800.0, *-np.log([0.7, 0.8, 0.4])], **SETTINGS))
    assert found["log_loss"][0] == pytest.approx((800 - np.log(0.7 * 0.8 * 0.4)) / 4)
    assert np.isfinite(found["log_loss"]).all()


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


def test_names_of_clusters_do_not_matter():
    y, p, cluster = clustered_forecast(50, seed=25)
    renamed = evaluate(y, p, cluster=1000 - 7 * cluster, **SETTINGS)
    assert_same_table(as_table(evaluate(y, p, cluster=cluster, **SETTINGS)), as_table(renamed))


@pytest.mark.parametrize(
    ("error", "said", "call"),
    [
        (
            DataError,
            "y is 2.0 in row 1: it must be 0 or 1",
            lambda: metrics.brier([0, 2], [0.1, 0.2]),
        ),
        (DataError, "y is nan in row 0", lambda: metrics.brier([np.nan, 1], [0.1, 0.2])),
        (DataError, "probability is 1.5 in row 0", lambda: metrics.brier([0, 1], [1.5, 0.2])),
        (DataError, "probability is nan in row 1", lambda: metrics.roc_auc([0, 1], [0.5, np.nan])),
        (DataError, "give one number a row", lambda: metrics.brier([0, 1], [0.5])),
        (DataError, "y is empty", lambda: metrics.brier([], [])),
        (DataError, "weight is -1.0 in row 1", lambda: metrics.brier([0, 1], [0.5, 0.5], [1, -1])),
        (DataError, "every weight is 0", lambda: metrics.brier([0, 1], [0.5, 0.5], [0, 0])),
        (DataError, "one weight a row", lambda: metrics.brier([0, 1], [0.5, 0.5], [1])),
        (
            DataError,
            "integer code",
            lambda: evaluate([0, 1], [0.5, 0.5], cluster=[0.5, 1.0], **SETTINGS),
        ),
        (
            DataError,
            "not whole numbers",
            lambda: evaluate(
                [0, 1], [0.5, 0.5], weight=[0.5, 1], method=Bootstrap(9, 1), **SETTINGS
            ),
        ),
        (UsageError, "there is no metric 'auc'", lambda: metric_value("auc", [0, 1], [0.5, 0.5])),
        (UsageError, "level is 95", lambda: evaluate([0, 1], [0.5, 0.5], level=95, **SETTINGS)),
        (
            UsageError,
            "choose 'closed_form'",
            lambda: evaluate([0, 1], [0.5, 0.5], method="delong", **SETTINGS),
        ),
        (
            UsageError,
            "reference_rate is 0",
            lambda: metrics.skill([0, 1], [0.5, 0.5], reference_rate=0),
        ),
        (UsageError, "threshold is nan", lambda: metrics.f1([0, 1], [0.5, 0.5], threshold=np.nan)),
        (UsageError, "has no spread", lambda: Bootstrap(1, 0)),
        (UsageError, "the threshold is 5", lambda: choose_threshold([0, 1], [0.5, 0.5], 5)),
        (UsageError, "cost of a false_negative is -1", lambda: Cost(1, -1)),
        (
            DataError,
            "needs a row with y = 1",
            lambda: choose_threshold([0, 0], [0.5, 0.5], MaxF1()),
        ),
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
    asked = {
        "threshold": 0.4,
        "reference_rate": 0.5,
        "cluster": np.arange(300) // 4,
        "method": method,
    }
    everything = {m.name: m for m in evaluate(y, p, **asked)}
    assert evaluate(y, p, **asked, names=["f1", "roc_auc"]) == (
        everything["f1"],
        everything["roc_auc"],
    )
    with pytest.raises(UsageError, match="no metric 'auc'"):
        evaluate(y, p, **asked, names=["auc"])
