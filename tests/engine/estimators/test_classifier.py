"""The estimator with scikit-learn's names: its numbers, its manners, and its life without scikit-learn."""

import inspect
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression as Peer
from sklearn.linear_model import LogisticRegressionCV as PeerCV
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from logit_engine.errors import DataError, SeparationWarning, UsageError
from logit_engine.estimators import LogisticRegression
from logit_engine.estimators.cross_validation import LogisticRegressionCV
from logit_engine.reporting.summary import summarize

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
    assert {"C": 0.5, "fit_intercept": False, "solver": "auto"}.items() <= model.get_params().items()
    assert Peer().get_params().keys() <= model.get_params().keys()
    assert PeerCV().get_params().keys() - {"penalty"} <= LogisticRegressionCV().get_params().keys()
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
def test_names_are_checked_at_predict(frame):
    X, y = sample()
    table = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    model = LogisticRegression().fit(table, y)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_allclose(model.predict_proba(table), LogisticRegression().fit(X, y).predict_proba(X), rtol=1e-12)
    with pytest.raises(ValueError, match="Feature names must be in the same order as they were in fit"):
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
        DataError, match="needs samples of at least 2 classes in the data, but the data contains only one"
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
    with pytest.raises(DataError, match=r"penalty_factor has shape \(2,\); one value for each of the 1 columns"):
        LogisticRegression(penalty_factor=[1.0, 2.0]).fit(SCORES, PASSED)


@pytest.mark.parametrize("Cs", [[1.0, np.inf], [1.0, -1.0], [1.0, 1.0], 0, [np.nan]])
def test_values_of_C_that_cannot_be_tried_are_refused(Cs):
    with pytest.raises(UsageError, match="Cs is a number of values, or some values above 0, finite and each once"):
        LogisticRegressionCV(Cs=Cs).fit(SCORES, PASSED)


def test_inference_that_is_not_there_is_an_attribute_that_is_not_there():
    unfitted, penalized = LogisticRegression(), LogisticRegression().fit(SCORES, PASSED)
    assert not hasattr(unfitted, "inference_")
    assert not hasattr(penalized, "inference_")
    assert hasattr(LogisticRegression(C=np.inf).fit(SCORES, PASSED), "inference_")
    assert "coef_" in dict(inspect.getmembers(penalized))
    with pytest.raises(NotFittedError, match="not fitted yet; call fit first"):
        _ = unfitted.inference_


@pytest.mark.parametrize("several", [False, True])
def test_a_column_in_no_group_is_left_to_the_l2(several: bool):
    X, code, _ = classes()
    y = code if several else (code > 0).astype(int)
    rest = {"C": 0.02, "l1_ratio": 0.9}
    found = [LogisticRegression(penalty_groups=g, **rest).fit(X, y) for g in ([0, None, "b"], [0, -1, "b"])]
    np.testing.assert_array_equal(found[0].coef_, found[1].coef_)
    residual = found[0].predict_proba(X) - np.eye(found[0].classes_.size)[y]
    slope = 0.02 * (residual.T @ X)[-found[0].coef_.shape[0] :] + 0.1 * found[0].coef_
    np.testing.assert_allclose(slope[:, 1], 0.0, atol=1e-9)
    assert found[0].coef_[:, 1].all()
    assert np.abs(slope[:, 0]).max() > 1e-3
    alone = LogisticRegression(penalty_groups=[None] * 3, **rest).fit(X, y)
    ridge = LogisticRegression(C=0.2).fit(X, y)
    np.testing.assert_allclose(alone.coef_, ridge.coef_, rtol=1e-7)


def test_negative_weights_are_refused():
    with pytest.raises(DataError, match="sample_weight is -1 in row 3; weights cannot be negative"):
        LogisticRegression().fit(SCORES, PASSED, np.where(np.arange(20) == 3, -1.0, 1.0))


def test_separated_classes_warn_only_without_a_penalty():
    y = (HOURS > 2.6).astype(int)
    assert LogisticRegression().fit(SCORES, y).score(SCORES, y) == 1.0
    with pytest.warns(SeparationWarning, match="column 'x0' predicts y perfectly"):
        model = LogisticRegression(C=np.inf).fit(SCORES, y)
    assert model.score(SCORES, y) == 1.0


# More than scikit-learn


def test_inference_is_given_without_a_penalty_and_refused_with_one():
    X, y = sample()
    found = LogisticRegression(C=np.inf).fit(X, y).inference_
    theirs = sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    np.testing.assert_allclose(found.std_errors, theirs.bse, rtol=1e-9)
    np.testing.assert_allclose(found.p_values, theirs.pvalues, rtol=1e-7)
    with pytest.raises(
        UsageError, match="there is no inference after a penalty, which biases the estimates; fit with C=inf"
    ):
        _ = LogisticRegression().fit(X, y).inference_


def test_naive_inference_is_given_when_it_is_asked_for_by_its_name():
    X, y = sample()
    model = LogisticRegression(C=0.05, l1_ratio=1.0, naive_inference=True).fit(X, y)
    found, kept = model.inference_, np.flatnonzero(model.coef_[0])
    assert 0 < kept.size < 3
    design = sm.add_constant(X[:, kept])
    hessian = sm.Logit(y, design).hessian(np.r_[model.intercept_, model.coef_[0, kept]])
    errors = np.sqrt(np.diagonal(np.linalg.inv(-hessian)))
    np.testing.assert_allclose(found.std_errors[[0, *kept + 1]], errors, rtol=1e-8)
    assert np.isnan(np.delete(found.std_errors, [0, *kept + 1])).all()
    assert "standard errors after it are naive" in " ".join(found.notes)
    chosen = LogisticRegressionCV(Cs=3, naive_inference=True).fit(X, y)
    again = LogisticRegression(C=chosen.C_, naive_inference=True).fit(X, y)
    np.testing.assert_allclose(chosen.inference_.p_values, again.inference_.p_values, rtol=1e-8)
    with pytest.raises(
        UsageError, match=r"there is no inference .* or with naive_inference=True to take it all the same"
    ):
        _ = LogisticRegression(C=0.05, l1_ratio=1.0).fit(X, y).inference_
    X, y, _ = classes()
    together = LogisticRegression(C=0.05, l1_ratio=1.0, penalty_groups=[0, 0, 1], naive_inference=True).fit(X, y)
    with pytest.raises(UsageError, match="the information is singular where the penalty left off"):
        _ = together.inference_  # only differences between the classes are known


def test_separated_classes_are_named_and_still_predicted():
    random = np.random.default_rng(0)
    X = random.standard_normal((300, 2))
    code = random.integers(0, 3, 300)
    X, y = np.c_[X, (code == 0) * 2.0], np.array(["ash", "birch", "cedar"])[code]
    model = LogisticRegression(C=np.inf)
    with pytest.warns(SeparationWarning, match=r"'x2 \(birch\)' \(-inf\).* predicts y perfectly"):
        model.fit(X, y)
    assert (model.predict(X)[code == 0] == "ash").all()
    assert model.score(X, y) > 0.6


def test_inference_of_several_classes_names_each_contrast_and_agrees_with_statsmodels():
    X, code, _ = classes()
    y = np.array(["ash", "birch", "cedar"])[code]
    model = LogisticRegression(C=np.inf).fit(X, y)
    found, peer = model.inference_, sm.MNLogit(code, sm.add_constant(X)).fit(disp=0, method="newton")
    terms, labels = ("intercept", "x0", "x1", "x2"), tuple(np.unique(y).tolist())
    assert found.coefficient_names == tuple(f"{name} ({label})" for label in labels[1:] for name in terms)
    np.testing.assert_allclose(found.estimates, peer.params.ravel(order="F"), rtol=1e-7)
    np.testing.assert_allclose(found.std_errors, peer.bse.ravel(order="F"), rtol=1e-7)
    own = np.vstack([np.zeros(len(terms)), found.estimates.reshape(-1, len(terms))])
    np.testing.assert_allclose(model.coef_, (own - own.mean(axis=0))[:, 1:], atol=1e-12)
    table = summarize(found)
    assert table.startswith("Multinomial regression")
    assert all(f"{label}, against ash" in table for label in labels[1:])


def test_naive_inference_of_several_classes_names_every_class_and_the_intercept_that_is_zero():
    X, code, _ = classes()
    found = LogisticRegression(C=0.1, naive_inference=True).fit(X, np.array(["ash", "birch", "cedar"])[code]).inference_
    assert len(found.coefficient_names) == found.estimates.size
    assert found.coefficient_names[0] == "intercept (ash)"
    table = summarize(found)
    assert "none (penalized)" not in table
    assert "nonrobust, naive (penalized)" in table
    assert "\nash\nintercept " in table
    assert "The first class's intercept is zero by choice" in table


@pytest.mark.parametrize("several", [False, True])
def test_grouped_columns_are_zero_together_and_stand_at_the_optimum(several: bool):
    random = np.random.default_rng(3)
    X = random.normal(size=(400, 9))
    y = np.digitize(X[:, 0] - X[:, 1] + random.logistic(size=400), [-1.0, 1.0] if several else [0.0])
    labels = np.array(["a", "a", "a", "b", "b", "c", "c", "c", "d"])
    C, ratio, factor = 0.05, 0.8, np.array([1, 2, 1, 1, 1, 1, 0, 1, 0.5])
    model = LogisticRegression(C=C, l1_ratio=ratio, penalty_factor=factor, penalty_groups=labels).fit(X, y)
    residual = model.predict_proba(X) - np.eye(model.classes_.size)[y]
    W = model.coef_
    slope = C * (residual.T @ X)[-W.shape[0] :] + (1.0 - ratio) * factor * W
    np.testing.assert_allclose(residual.sum(axis=0), 0.0, atol=1e-8)
    np.testing.assert_allclose(slope[:, 6], 0.0, atol=1e-8)  # a factor of 0 leaves its group
    for label in "abcd":
        on = (labels == label) & (factor > 0.0)
        strength, weight = ratio * np.sqrt(on.sum()), factor[on]
        size = np.linalg.norm(weight * W[:, on])
        if size == 0.0:
            assert np.linalg.norm(slope[:, on] / weight) <= strength + 1e-9
        else:
            assert W[:, on].all()
            np.testing.assert_allclose(slope[:, on] + strength * weight**2 * W[:, on] / size, 0.0, atol=1e-8)
    assert W[:, 0].all()
    assert not W[:, 3].any()


def test_single_columns_as_groups_are_the_lasso_and_cross_validation_takes_groups_and_bounds():
    X, y = sample()
    alone = LogisticRegression(C=0.1, l1_ratio=1.0, penalty_groups=[0, 1, 2]).fit(X, y)
    lasso = LogisticRegression(C=0.1, l1_ratio=1.0).fit(X, y)
    np.testing.assert_allclose(alone.coef_, lasso.coef_, atol=1e-9)
    tuned = LogisticRegressionCV(Cs=5, l1_ratios=(1.0,), penalty_groups=[0, 0, 1]).fit(X, y)
    again = LogisticRegression(C=tuned.C_, l1_ratio=1.0, penalty_groups=[0, 0, 1]).fit(X, y)
    np.testing.assert_allclose(tuned.coef_, again.coef_, atol=1e-9)
    zero = tuned.coefs_paths_[..., 0, :3] == 0.0
    np.testing.assert_array_equal(zero[..., 0], zero[..., 1])
    signed = LogisticRegressionCV(Cs=5, l1_ratios=(0.5,), bounds=(0.0, np.inf)).fit(X, y)
    again = LogisticRegression(C=signed.C_, l1_ratio=0.5, bounds=(0.0, np.inf)).fit(X, y)
    np.testing.assert_allclose(signed.coef_, again.coef_, atol=1e-9)
    assert (signed.coefs_paths_[..., :3] >= 0.0).all()
    with pytest.raises(UsageError, match=r"penalty_groups has shape \(2,\); give one label for each of the 3 columns"):
        LogisticRegression(penalty_groups=[0, 1]).fit(X, y)


def test_offsets_factors_and_bounds():
    X, y = sample()
    shift = np.sin(np.arange(300))
    offset = LogisticRegression(C=np.inf).fit(X, y, offset=shift)
    peer = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), offset=shift).fit(tol=1e-14)
    np.testing.assert_allclose(np.r_[offset.intercept_, offset.coef_[0]], peer.params, rtol=1e-8)
    np.testing.assert_allclose(offset.predict_proba(X, offset=shift)[:, 1], peer.fittedvalues, rtol=1e-9)
    free = LogisticRegression(C=1e-6, penalty_factor=[0, 1, 1]).fit(X, y)
    alone = LogisticRegression(C=np.inf).fit(X[:, :1], y)
    np.testing.assert_allclose(free.coef_[0, 0], alone.coef_[0, 0], rtol=1e-3)
    assert np.abs(free.coef_[0, 1:]).max() < 1e-2
    bounded = LogisticRegression(bounds=(0.0, np.inf)).fit(X, y)
    assert (bounded.coef_ >= -1e-12).all()
    assert bounded.coef_[0, 1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("C", [0.05, np.inf])
def test_signs_are_kept_to_the_last_bit_and_the_others_are_the_fit_without_those_at_zero(C: float, l1_ratio: float):
    X, y = sample(seed=5)
    free = LogisticRegression(C=C, l1_ratio=l1_ratio).fit(X, y).coef_[0]
    low, high = np.where(free > 0.0, -np.inf, 0.0), np.where(free > 0.0, 0.0, np.inf)  # every sign turned but the last
    low[-1], high[-1] = (0.0, np.inf) if free[-1] > 0.0 else (-np.inf, 0.0)
    signed = LogisticRegression(C=C, l1_ratio=l1_ratio, bounds=(low, high)).fit(X, y)
    kept = np.flatnonzero(signed.coef_[0])
    assert ((signed.coef_[0] >= low) & (signed.coef_[0] <= high)).all()
    assert kept.size < X.shape[1]
    again = LogisticRegression(C=C, l1_ratio=l1_ratio).fit(X[:, kept], y)
    np.testing.assert_allclose(signed.coef_[0, kept], again.coef_[0], atol=1e-8)


def test_shares_of_events_are_events_and_non_events_in_their_measure():
    X, y = sample()
    share = np.where(np.arange(300) % 3 == 0, 0.25, y)
    twice = np.r_[np.ones(300), np.zeros(300)]
    model = LogisticRegression(C=0.5).fit(X, share)
    both = LogisticRegression(C=0.5).fit(np.vstack([X, X]), twice, np.r_[share, 1.0 - share])
    np.testing.assert_allclose(model.coef_, both.coef_, rtol=1e-10)


def classes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, _ = sample()
    X = X / X.std(axis=0)
    random = np.random.default_rng(5)
    return X, np.digitize(X[:, 0] - 0.5 * X[:, 1] + random.logistic(size=300), [-1.0, 1.0]), random.random(300) * 3.0


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
        other = Peer(solver="saga", tol=1e-12, max_iter=50_000, random_state=0, **settings).fit(X, y, weight)
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
        np.testing.assert_allclose(rows.coef_, dense.coef_, atol=1e-14)  # sums of other products, of size 1
        np.testing.assert_allclose(rows.predict_proba(csr_matrix(X)), dense.predict_proba(X), rtol=1e-12)


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
            Peer(class_weight=asked, solver="newton-cholesky", tol=1e-12, max_iter=500).fit(X, y, weight),
            X,
        )


def test_another_solver_is_said_once():
    X, y = sample()
    with pytest.warns(UserWarning, match="solver 'sag' is not here; quasi-newton solves the same problem to rounding"):
        LogisticRegression(solver="sag").fit(X, y)
    LogisticRegression(solver="sag").fit(X, y)


# Cross-validation


@pytest.mark.parametrize("several", [False, True])
def test_cross_validated_paths_are_scikit_learns(several):
    X, y, _ = classes()
    y = y if several else (y > 0).astype(int)
    other = PeerCV(
        Cs=5, l1_ratios=(0.0,), solver="newton-cholesky", tol=1e-12, max_iter=500, scoring="neg_log_loss",
        use_legacy_attributes=False,
    ).fit(X, y)  # fmt: skip
    model = LogisticRegressionCV(Cs=5).fit(X, y)
    assert model.scores_.shape == (5, 1, 5)
    np.testing.assert_allclose(model.scores_, other.scores_, atol=1e-10)
    np.testing.assert_allclose(model.coefs_paths_, other.coefs_paths_, atol=1e-8)
    assert (model.C_, model.l1_ratio_) == (other.C_, other.l1_ratio_)
    np.testing.assert_allclose(model.coef_, other.coef_, atol=1e-8)
    assert model.score(X, y) == pytest.approx(other.score(X, y), abs=1e-10)


def test_the_one_standard_error_rule_takes_a_stronger_penalty():
    X, y, _ = classes()
    best = LogisticRegressionCV(Cs=15, l1_ratios=(1.0,)).fit(X, y)
    rule = LogisticRegressionCV(Cs=15, l1_ratios=(1.0,), rule="one_standard_error").fit(X, y)
    assert rule.C_ < best.C_
    mean, error = best.scores_[:, 0].mean(axis=0), best.scores_[:, 0].std(axis=0, ddof=1) / np.sqrt(5)
    top = mean.argmax()
    assert mean[list(best.Cs_).index(rule.C_)] >= mean[top] - error[top]
    with pytest.raises(UsageError, match="there is no inference after a penalty chosen by cross-validation"):
        _ = rule.inference_


@pytest.mark.parametrize("cv", [StratifiedKFold(3), GroupKFold(3), TimeSeriesSplit(3), ShuffleSplit(3, random_state=0)])
def test_folds_of_any_splitter_are_fits_of_their_training_rows(cv: object):
    X, y = sample()
    groups = np.arange(300) // 10 if isinstance(cv, GroupKFold) else None
    model = LogisticRegressionCV(Cs=[0.1, 1.0], l1_ratios=(0.5,), cv=cv).fit(X, y, groups=groups)
    for k, (train, held) in enumerate(cv.split(X, y, groups)):
        for i, C in enumerate(model.Cs_):
            own = LogisticRegression(C=C, l1_ratio=0.5).fit(X[train], y[train])
            np.testing.assert_allclose(model.coefs_paths_[k, 0, i, 0], np.r_[own.coef_[0], own.intercept_], atol=1e-7)
            loss = log_loss(y[held], own.predict_proba(X[held]), labels=[0, 1])
            assert model.scores_[k, 0, i] == pytest.approx(-loss, abs=1e-8)
    if groups is None:
        searched = GridSearchCV(LogisticRegression(l1_ratio=0.5), {"C": [0.1, 1.0]}, cv=cv, scoring="neg_log_loss")
        assert searched.fit(X, y).best_params_["C"] == model.C_


def test_groups_of_several_classes_converge_from_the_strongest_penalty_on():
    voters = pd.read_parquet("data/voters/voters.parquet")
    X = voters[["left_right", "age", "education", "income", "tv_news", "log_population"]].to_numpy()
    Z, y = (X - X.mean(axis=0)) / X.std(axis=0), voters["party"].to_numpy()
    settings = {"penalty_groups": list("abcccd"), "l1_ratios": (1.0,), "cv": 3}
    model = LogisticRegressionCV(Cs=[1e-4, 1e-3, 0.01, 0.1, 10.0], **settings).fit(Z, y)  # without a warning
    assert model.n_iter_.sum() < 3 * 5 * 40
    train, _ = next(StratifiedKFold(3).split(Z, y))
    for at in (0, 3, 4):
        alone = LogisticRegression(C=float(model.Cs_[at]), l1_ratio=1.0, penalty_groups=list("abcccd"))
        alone.fit(Z[train], y[train])
        np.testing.assert_allclose(model.coefs_paths_[0, 0, at, :, :6], alone.coef_, atol=1e-8)
        np.testing.assert_allclose(model.coefs_paths_[0, 0, at, :, 6], alone.intercept_, atol=1e-8)


def test_groups_reach_the_splitter_and_the_folds_mean_is_scikit_learns():
    X, y, _ = classes()
    groups = np.arange(300) // 10
    model = LogisticRegressionCV(Cs=3, cv=GroupKFold(4)).fit(X, y, groups=groups)
    assert model.scores_.shape == (4, 1, 3)
    mean = LogisticRegressionCV(Cs=3, refit=False).fit(X, y)
    other = PeerCV(
        Cs=3, l1_ratios=(0.0,), solver="newton-cholesky", tol=1e-12, max_iter=500, scoring="neg_log_loss",
        use_legacy_attributes=False, refit=False,
    ).fit(X, y)  # fmt: skip
    np.testing.assert_allclose(mean.coef_, other.coef_, atol=1e-8)


@parametrize_with_checks(
    [
        LogisticRegression(),
        LogisticRegression(l1_ratio=0.5),
        LogisticRegression(l1_ratio=0.5, naive_inference=True),
        LogisticRegressionCV(Cs=3, cv=3),
    ]
)
def test_every_check_of_scikit_learn_passes(estimator, check):
    if getattr(check, "func", check).__name__ == "check_array_api_input":
        return  # skips itself unless SCIPY_ARRAY_API is set, as it does for scikit-learn's own
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


# Without scikit-learn

ALONE = """
import sys
sys.modules['sklearn'] = None
import numpy as np
from logit_engine import LogisticRegression, LogisticRegressionCV
x = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0], [3.0]])
y = np.array([0, 0, 1, 0, 1, 1])
model = LogisticRegression(C=2.0).fit(x, y)
print(LogisticRegression.__mro__[1].__module__, *map(repr, map(float, [model.intercept_[0], model.coef_[0, 0]])))
print(model.predict(x).tolist(), model.score(x, y))
try:
    LogisticRegressionCV().fit(x, y)
except ValueError as error:
    print(error)
"""


def test_works_without_scikit_learn():
    run = subprocess.run([sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    first, second, third = run.stdout.splitlines()
    module, intercept, slope = first.split()
    x, y = np.arange(-2.0, 4.0)[:, None], np.array([0, 0, 1, 0, 1, 1])
    other = peer(C=2.0).fit(x, y)
    assert module == "logit_engine.estimators.base"
    np.testing.assert_allclose([float(intercept), float(slope)], [other.intercept_[0], other.coef_[0, 0]], rtol=1e-8)
    assert second == f"{other.predict(x).tolist()} {other.score(x, y)}"
    assert third == "LogisticRegressionCV needs the extra: pip install 'logit-engine[sklearn]'."


def test_a_prediction_without_the_offset_of_the_fit_says_so() -> None:
    rng = np.random.default_rng(7)
    X, offset = rng.standard_normal((100, 2)), rng.standard_normal(100)
    y = X[:, 0] + offset + rng.logistic(size=100) > 0
    model = LogisticRegression().fit(X, y, offset=offset)
    with pytest.warns(UserWarning, match="fitted with an offset; rows are predicted with 0 unless"):
        found = model.predict_proba(X)
    np.testing.assert_array_equal(found, model.predict_proba(X, offset=np.zeros(100)))
    with pytest.warns(UserWarning, match="fitted with an offset"):
        model.predict(X)
    model.fit(X, y).predict(X)
