"""The estimator with scikit-learn's names: its numbers, its manners, and its life without scikit-learn."""

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression as Peer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from logit_engine.errors import DataError, SeparationError, UsageError
from logit_engine.estimators import LogisticRegression

HOURS = np.array([0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5])
PASSED = np.array([0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1])
SCORES = ((HOURS - HOURS.mean()) / HOURS.std())[:, None]
FRAMES = pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])


def sample(n: int = 300, seed: int = 21) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3)) * np.array([1.0, 0.2, 5.0])
    return X, (random.random(n) < 1.0 / (1.0 + np.exp(0.5 - X @ np.array([1.0, -2.0, 0.1])))).astype(int)


def peer(**settings: object) -> Peer:
    return Peer(solver="newton-cholesky", tol=1e-12, max_iter=500, **settings)


def same(model: LogisticRegression, other: Peer, X: np.ndarray) -> None:
    for mine, theirs in [
        (model.coef_, other.coef_),
        (model.intercept_, other.intercept_),
        (model.predict_proba(X), other.predict_proba(X)),
        (model.decision_function(X), other.decision_function(X)),
    ]:
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(model.predict(X), other.predict(X))


# Numbers


def test_default_c_gives_the_estimates_of_the_lesson():
    model = LogisticRegression().fit(SCORES, PASSED)
    np.testing.assert_allclose([model.intercept_[0], model.coef_[0, 0]], [0.0388, 1.3981], atol=5e-5)


def test_infinite_c_gives_the_unpenalized_estimates_of_the_lesson():
    model = LogisticRegression(C=np.inf).fit(SCORES, PASSED)
    np.testing.assert_allclose([model.intercept_[0], model.coef_[0, 0]], [0.1165, 2.2103], atol=5e-5)


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0, np.inf])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_agrees_with_scikit_learn_to_1e8(C, fit_intercept):
    X, y = sample()
    settings = {"C": C, "fit_intercept": fit_intercept}
    same(LogisticRegression(**settings).fit(X, y), peer(**settings).fit(X, y), X)


def test_sample_weights_agree_with_scikit_learn_to_1e8():
    X, y = sample()
    weight = np.random.default_rng(22).random(y.size) * 3.0
    model, other = LogisticRegression().fit(X, y, weight), peer().fit(X, y, weight)
    same(model, other, X)
    assert model.score(X, y, weight) == pytest.approx(other.score(X, y, weight), abs=1e-12)


def test_probabilities_of_both_classes_sum_to_one_in_every_row():
    X, y = sample()
    proba = LogisticRegression().fit(X, y).predict_proba(np.vstack([X, 1e3 * X]))
    assert proba.shape == (600, 2)
    assert (proba >= 0.0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=0.0, atol=4e-16)


# Manners


def test_clone_and_parameters_work():
    model = LogisticRegression(C=0.5, fit_intercept=False)
    assert model.get_params() == {"C": 0.5, "fit_intercept": False}
    copy = clone(model.fit(*sample()))
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "coef_")
    assert copy.set_params(C=2.0).C == 2.0


def test_pipeline_and_cross_validation_score_as_scikit_learn_does():
    X, y = sample()
    mine, theirs = (
        cross_val_score(make_pipeline(StandardScaler(), model), X, y, cv=4) for model in (LogisticRegression(), peer())
    )
    np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_fitted_attributes_have_the_shapes_of_scikit_learn():
    X, y = sample()
    model = LogisticRegression().fit(X, y)
    assert (model.coef_.shape, model.intercept_.shape, model.n_iter_.shape) == ((1, 3), (1,), (1,))
    assert model.n_features_in_ == 3
    np.testing.assert_array_equal(model.classes_, [0, 1])


def test_labels_of_text_come_back_in_alphabetical_classes():
    X, y = sample()
    labels = np.where(y == 1, "yes", "no")
    model = LogisticRegression().fit(X, labels)
    assert model.classes_.tolist() == ["no", "yes"]
    np.testing.assert_array_equal(model.predict(X), peer().fit(X, labels).predict(X))
    np.testing.assert_allclose(model.coef_, LogisticRegression().fit(X, y).coef_, rtol=1e-12)
    assert 0.5 < model.score(X, labels) <= 1.0


@FRAMES
def test_reordered_columns_are_matched_by_name(frame):
    X, y = sample()
    table = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    model = LogisticRegression().fit(table, y)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    expected = LogisticRegression().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(table), expected, rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(table[["c", "a", "b"]]), expected, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(table[["c", "a", "b"]]), model.predict(table))


@FRAMES
def test_a_missing_column_is_named(frame):
    X, y = sample()
    table = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    model = LogisticRegression().fit(table, y)
    with pytest.raises(DataError, match="column 'b', which the model was fitted on, is not in X"):
        model.predict(table[["a", "c"]])


@FRAMES
def test_a_fit_on_an_array_after_one_on_a_frame_forgets_the_names(frame):
    X, y = sample()
    model = LogisticRegression().fit(frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}), y)
    model.fit(X, y)
    expected = LogisticRegression().fit(X, y).predict_proba(X)
    other_names = frame({"u": X[:, 0], "v": X[:, 1], "w": X[:, 2]})
    np.testing.assert_allclose(model.predict_proba(other_names), expected, rtol=1e-12)


# Refusals


@pytest.mark.parametrize("C", [0.0, -1.0, np.nan])
def test_c_that_is_not_above_zero_is_refused(C):
    with pytest.raises(UsageError, match=r"C is .*inverse of the penalty's strength, above 0"):
        LogisticRegression(C=C).fit(SCORES, PASSED)


@pytest.mark.parametrize(("labels", "count"), [([0, 1, 2], 3), ([1], 1)])
def test_other_than_two_classes_are_refused(labels, count):
    with pytest.raises(DataError, match=f"y has {count} classes; this model needs two"):
        LogisticRegression().fit(SCORES, np.resize(labels, 20))


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_use_before_the_fit_is_refused(method):
    with pytest.raises(UsageError, match="not fitted yet; call fit first"):
        getattr(LogisticRegression(), method)(SCORES)


def test_labels_of_two_dimensions_and_of_another_length_are_refused():
    with pytest.raises(DataError, match=r"y has shape \(20, 1\); give one label for each row"):
        LogisticRegression().fit(SCORES, PASSED[:, None])
    with pytest.raises(DataError, match="20 rows"):
        LogisticRegression().fit(SCORES, PASSED[:19])


def test_another_number_of_columns_is_refused():
    model = LogisticRegression().fit(*sample())
    with pytest.raises(DataError, match="X has 1 columns; the model was fitted on 3"):
        model.predict(SCORES)


def test_separated_classes_are_refused_only_without_a_penalty():
    y = (HOURS > 2.6).astype(int)
    assert LogisticRegression().fit(SCORES, y).score(SCORES, y) == 1.0
    with pytest.raises(SeparationError, match="'x1' predicts y perfectly"):
        LogisticRegression(C=np.inf).fit(SCORES, y)


# Without scikit-learn

ALONE = """
import sys
sys.modules['sklearn'] = None
import numpy as np
from logit_engine import LogisticRegression
x = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0], [3.0]])
y = np.array([0, 0, 1, 0, 1, 1])
model = LogisticRegression(C=2.0).fit(x, y)
print(LogisticRegression.__mro__[1].__module__, *map(repr, map(float, [model.intercept_[0], model.coef_[0, 0]])))
print(model.predict(x).tolist(), model.score(x, y))
"""


def test_works_without_scikit_learn():
    run = subprocess.run([sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    first, second = run.stdout.splitlines()
    module, intercept, slope = first.split()
    x, y = np.arange(-2.0, 4.0)[:, None], np.array([0, 0, 1, 0, 1, 1])
    other = peer(C=2.0).fit(x, y)
    assert module == "logit_engine.estimators"
    np.testing.assert_allclose([float(intercept), float(slope)], [other.intercept_[0], other.coef_[0, 0]], rtol=1e-8)
    assert second == f"{other.predict(x).tolist()} {other.score(x, y)}"
