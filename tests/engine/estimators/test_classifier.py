"""The estimator has scikit-learn's names, numbers and manners, also without scikit-learn."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression as Peer
from sklearn.linear_model import LogisticRegressionCV as PeerCV
from sklearn.model_selection import (
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from logit_engine.errors import DataError, SeparationWarning, UsageError
from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from tests.support.estimators import HOURS, PASSED, SCORES, classes, peer, same, sample

FRAMES = pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])


# Numbers
def test_default_c_gives_the_estimates_of_the_lesson():
    model = LogisticRegression().fit(SCORES, PASSED)
    np.testing.assert_allclose(
        [model.intercept_[0], model.coef_[0, 0]], [0.0388, 1.3981], atol=5e-5
    )


def test_infinite_c_gives_the_unpenalized_estimates_of_the_lesson():
    model = LogisticRegression(C=np.inf).fit(SCORES, PASSED)
    np.testing.assert_allclose(
        [model.intercept_[0], model.coef_[0, 0]], [0.1165, 2.2103], atol=5e-5
    )


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
    assert {
        "C": 0.5,
        "fit_intercept": False,
        "solver": "auto",
    }.items() <= model.get_params().items()
    assert Peer().get_params().keys() <= model.get_params().keys()
    assert PeerCV().get_params().keys() - {"penalty"} <= LogisticRegressionCV().get_params().keys()
    copy = clone(model.fit(*sample()))
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "coef_")
    assert copy.set_params(C=2.0).C == 2.0


def test_pipeline_and_cross_validation_score_as_scikit_learn_does():
    X, y = sample()
    mine, theirs = (
        cross_val_score(make_pipeline(StandardScaler(), model), X, y, cv=4)
        for model in (LogisticRegression(), peer())
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
def test_names_are_checked_at_predict(frame):
    X, y = sample()
    table = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    model = LogisticRegression().fit(table, y)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_allclose(
        model.predict_proba(table), LogisticRegression().fit(X, y).predict_proba(X), rtol=1e-12
    )
    with pytest.raises(
        ValueError, match="Feature names must be in the same order as they were in fit"
    ):
        model.predict(table[["c", "a", "b"]])
    with pytest.raises(ValueError, match="- b"):
        model.predict(table[["a", "c"]])


# Refusals
@pytest.mark.parametrize("C", [0.0, -1.0, np.nan])
def test_c_that_is_not_above_zero_is_refused(C):
    with pytest.raises(UsageError, match=r"C is .*inverse of the penalty's strength, above 0"):
        LogisticRegression(C=C).fit(SCORES, PASSED)


def test_one_class_is_refused():
    with pytest.raises(
        DataError,
        match="needs samples of at least 2 classes in the data, but the data contains only one",
    ):
        LogisticRegression().fit(SCORES, np.ones(20))


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_use_before_the_fit_is_refused(method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(LogisticRegression(), method)(SCORES)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"l1_ratio": 1.5}, r"l1_ratio is 1\.5; it is between 0 \(l2\) and 1 \(l1\)"),
        ({"solver": "sgd"}, "solver 'sgd' is not known; choose one of auto, lbfgs"),
        ({"max_iter": -1}, "max_iter is -1; it is a number of passes over the rows, from 0 on"),
        ({"class_weight": "even"}, "class_weight 'even' is not known"),
        ({"penalty_factor": [-1.0]}, "penalty_factor is -1 for column 0; it is from 0 on"),
        ({"bounds": (1.0, 0.0)}, "bounds: the lowest coefficient of column 0 is above the highest"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        LogisticRegression(**settings).fit(SCORES, PASSED)


def test_a_penalty_factor_is_for_columns():
    with pytest.raises(
        DataError, match=r"penalty_factor has shape \(2,\); one value for each of the 1 columns"
    ):
        LogisticRegression(penalty_factor=[1.0, 2.0]).fit(SCORES, PASSED)


@pytest.mark.parametrize("Cs", [[1.0, np.inf], [1.0, -1.0], [1.0, 1.0], 0, [np.nan]])
def test_values_of_C_that_cannot_be_tried_are_refused(Cs):
    with pytest.raises(
        UsageError, match="Cs is a number of values, or some values above 0, finite and each once"
    ):
        LogisticRegressionCV(Cs=Cs).fit(SCORES, PASSED)


def test_negative_weights_are_refused():
    with pytest.raises(DataError, match="sample_weight is -1 in row 3; weights cannot be negative"):
        LogisticRegression().fit(SCORES, PASSED, np.where(np.arange(20) == 3, -1.0, 1.0))


def test_separated_classes_warn_only_without_a_penalty():
    y = (HOURS > 2.6).astype(int)
    assert LogisticRegression().fit(SCORES, y).score(SCORES, y) == 1.0
    with pytest.warns(SeparationWarning, match="column 'x0' predicts y perfectly"):
        model = LogisticRegression(C=np.inf).fit(SCORES, y)
    assert model.score(SCORES, y) == 1.0


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("C", [0.05, 1.0])
@pytest.mark.parametrize("several", [False, True])
def test_elastic_nets_agree_with_scikit_learn_to_1e8(several, C, l1_ratio, fit_intercept):
    X, y, weight = classes()
    y = y if several else (y > 0).astype(int)
    settings = {"C": C, "l1_ratio": l1_ratio, "fit_intercept": fit_intercept}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = Peer(solver="saga", tol=1e-12, max_iter=50_000, random_state=0, **settings).fit(
            X, y, weight
        )
    model = LogisticRegression(**settings).fit(X, y, weight)
    np.testing.assert_allclose(model.coef_, other.coef_, atol=1e-8)
    centered = other.intercept_ - other.intercept_.mean() if several else other.intercept_
    np.testing.assert_allclose(model.intercept_, centered, atol=1e-8)
    np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(X), atol=1e-8)
    assert model.solver_ == ("proximal quasi-newton" if l1_ratio else "quasi-newton")


def test_sparse_rows_give_the_fit_of_dense_ones():
    X, y, weight = classes()
    X[np.abs(X) < 0.7] = 0.0
    for l1_ratio in (0.0, 0.5):
        dense = LogisticRegression(l1_ratio=l1_ratio).fit(X, y, weight)
        rows = LogisticRegression(l1_ratio=l1_ratio).fit(csr_matrix(X), y, weight)
        # sums of other products, of size 1
        np.testing.assert_allclose(rows.coef_, dense.coef_, atol=1e-14)
        np.testing.assert_allclose(
            rows.predict_proba(csr_matrix(X)), dense.predict_proba(X), rtol=1e-12
        )


def test_a_warm_start_takes_fewer_passes():
    X, y, _ = classes()
    for l1_ratio in (0.0, 1.0):
        model = LogisticRegression(warm_start=True, l1_ratio=l1_ratio).fit(X, y)
        first, coef = model.n_iter_[0], model.coef_
        model.fit(X, y)
        assert model.n_iter_[0] < first
        np.testing.assert_allclose(model.coef_, coef, rtol=1e-9, atol=1e-12)


def test_class_weights_are_scikit_learns():
    X, y, weight = classes()
    for asked in ("balanced", {0: 2.0, 2: 0.5}):
        same(
            LogisticRegression(class_weight=asked).fit(X, y, weight),
            Peer(class_weight=asked, solver="newton-cholesky", tol=1e-12, max_iter=500).fit(
                X, y, weight
            ),
            X,
        )


def test_another_solver_is_said_once():
    X, y = sample()
    with pytest.warns(
        UserWarning,
        match="solver 'sag' is not here; quasi-newton solves the same problem to rounding",
    ):
        LogisticRegression(solver="sag").fit(X, y)
    LogisticRegression(solver="sag").fit(X, y)


# Without scikit-learn
ALONE = """
import sys
sys.modules['sklearn'] = None
import numpy as np
from logit_engine import LogisticRegression, LogisticRegressionCV
x = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0], [3.0]])
y = np.array([0, 0, 1, 0, 1, 1])
model = LogisticRegression(C=2.0).fit(x, y)
numbers = map(float, [model.intercept_[0], model.coef_[0, 0]])
print(LogisticRegression.__mro__[1].__module__, *map(repr, numbers))
print(model.predict(x).tolist(), model.score(x, y))
try:
    LogisticRegressionCV().fit(x, y)
except ValueError as error:
    print(error)
"""


def test_works_without_scikit_learn():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    first, second, third = run.stdout.splitlines()
    module, intercept, slope = first.split()
    x, y = np.arange(-2.0, 4.0)[:, None], np.array([0, 0, 1, 0, 1, 1])
    other = peer(C=2.0).fit(x, y)
    assert module == "logit_engine.estimators.base"
    np.testing.assert_allclose(
        [float(intercept), float(slope)], [other.intercept_[0], other.coef_[0, 0]], rtol=1e-8
    )
    assert second == f"{other.predict(x).tolist()} {other.score(x, y)}"
    assert third == "LogisticRegressionCV needs the extra: pip install 'logit-engine[sklearn]'."
