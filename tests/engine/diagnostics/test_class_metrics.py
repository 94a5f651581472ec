"""Metrics of several classes are scikit-learn's, with intervals; bad shapes are refused."""

import numpy as np
import pytest
import sklearn.metrics as peer

from logit_engine.diagnostics.class_metrics import class_confusion, evaluate_classes
from logit_engine.diagnostics.metric_intervals import Bootstrap
from logit_engine.errors import DataError, UsageError

CLASSES = ("a", "b", "c")
SHARES = np.array([0.5, 0.3, 0.2])


def forecast(rows: int = 600, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Codes (n,) drawn from probabilities (n, 3)."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([2.0, 1.5, 1.0], rows)
    return (p.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1), p


def test_values_and_baselines_are_scikit_learns() -> None:
    code, p = forecast()
    found = {one.metric.name: one for one in evaluate_classes(code, p, SHARES, CLASSES)}
    base = np.tile(SHARES, (len(code), 1))
    expected = {
        "log_loss": (peer.log_loss(code, p), peer.log_loss(code, base)),
        "skill": (1.0 - peer.log_loss(code, p) / peer.log_loss(code, base), 0.0),
        "accuracy": (peer.accuracy_score(code, p.argmax(axis=1)), np.mean(code == 0)),
        **{
            f"roc_auc[{name}]": (peer.roc_auc_score(code == c, p[:, c]), 0.5)
            for c, name in enumerate(CLASSES)
        },
    }
    assert list(found) == list(expected)
    for name, (value, baseline) in expected.items():
        assert found[name].metric.value == pytest.approx(value, rel=1e-12), name
        assert found[name].baseline == pytest.approx(baseline, rel=1e-12), name


def test_the_confusion_is_scikit_learns() -> None:
    code, p = forecast()
    np.testing.assert_array_equal(
        class_confusion(code, p), peer.confusion_matrix(code, p.argmax(axis=1))
    )


def test_given_row_losses_replace_those_of_the_probabilities() -> None:
    code, p = forecast(50)
    (found, *_) = evaluate_classes(code, p, SHARES, CLASSES, row_loss=np.full(50, 2.0))
    assert (found.metric.value, found.metric.std_error) == (2.0, 0.0)


def test_closed_form_and_bootstrap_intervals_agree() -> None:
    code, p = forecast(2000)
    closed = evaluate_classes(code, p, SHARES, CLASSES)
    drawn = evaluate_classes(code, p, SHARES, CLASSES, method=Bootstrap(400, 1))
    for one, other in zip(closed, drawn, strict=True):
        assert other.metric.value == one.metric.value
        assert other.metric.std_error == pytest.approx(one.metric.std_error, rel=0.15), (
            one.metric.name
        )


def test_copies_in_a_cluster_count_once() -> None:
    code, p = forecast(300)
    alone = evaluate_classes(code, p, SHARES, CLASSES, cluster=np.arange(300))
    twice = evaluate_classes(
        np.tile(code, 2), np.tile(p, (2, 1)), SHARES, CLASSES, cluster=np.tile(np.arange(300), 2)
    )
    for one, other in zip(alone, twice, strict=True):
        assert other.metric.std_error == pytest.approx(one.metric.std_error, rel=1e-10), (
            one.metric.name
        )


def test_an_impossible_class_that_happens_has_infinite_loss() -> None:
    code, p = np.array([0, 1, 2]), np.array([[0.5, 0.5, 0.0]] * 3)
    (found, *_) = evaluate_classes(code, p, SHARES, CLASSES)
    assert found.metric.value == np.inf
    assert np.isnan(found.metric.std_error)


def test_a_class_without_rows_has_no_area() -> None:
    code, p = np.array([0, 1, 0, 1]), np.tile([0.5, 0.3, 0.2], (4, 1))
    assert np.isnan(evaluate_classes(code, p, SHARES, CLASSES)[-1].metric.value)


def test_shapes_that_do_not_fit_are_refused() -> None:
    code, p = forecast(10)
    with pytest.raises(
        DataError, match=r"10 rows of 2 classes go with probabilities of shape \(10, 2\)"
    ):
        evaluate_classes(code, p, SHARES, ("a", "b"))
    with pytest.raises(DataError, match=r"as many shares as classes; found \(10, 3\) and \(2,\)"):
        evaluate_classes(code, p, SHARES[:2], CLASSES)
    with pytest.raises(UsageError, match="level is 95"):
        evaluate_classes(code, p, SHARES, CLASSES, level=95)
