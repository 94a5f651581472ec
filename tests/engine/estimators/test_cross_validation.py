"""Cross-validated strengths: scikit-learn's paths, the one-standard-error rule, any splitter."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegressionCV as PeerCV
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from logit_engine.errors import UsageError
from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from tests.support.estimators import classes, sample


# Cross-validation
@pytest.mark.parametrize("several", [False, True])
def test_cross_validated_paths_are_scikit_learns(several):
    X, y, _ = classes()
    y = y if several else (y > 0).astype(int)
    other = PeerCV(
        Cs=5,
        l1_ratios=(0.0,),
        solver="newton-cholesky",
        tol=1e-12,
        max_iter=500,
        scoring="neg_log_loss",
        use_legacy_attributes=False,
    ).fit(X, y)
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
    mean, error = (
        best.scores_[:, 0].mean(axis=0),
        best.scores_[:, 0].std(axis=0, ddof=1) / np.sqrt(5),
    )
    top = mean.argmax()
    assert mean[list(best.Cs_).index(rule.C_)] >= mean[top] - error[top]
    with pytest.raises(
        UsageError, match="there is no inference after a penalty chosen by cross-validation"
    ):
        _ = rule.inference_


@pytest.mark.parametrize(
    "cv", [StratifiedKFold(3), GroupKFold(3), TimeSeriesSplit(3), ShuffleSplit(3, random_state=0)]
)
def test_folds_of_any_splitter_are_fits_of_their_training_rows(cv: object):
    X, y = sample()
    groups = np.arange(300) // 10 if isinstance(cv, GroupKFold) else None
    model = LogisticRegressionCV(Cs=[0.1, 1.0], l1_ratios=(0.5,), cv=cv).fit(X, y, groups=groups)
    for k, (train, held) in enumerate(cv.split(X, y, groups)):
        for i, C in enumerate(model.Cs_):
            own = LogisticRegression(C=C, l1_ratio=0.5).fit(X[train], y[train])
            np.testing.assert_allclose(
                model.coefs_paths_[k, 0, i, 0], np.r_[own.coef_[0], own.intercept_], atol=1e-7
            )
            loss = log_loss(y[held], own.predict_proba(X[held]), labels=[0, 1])
            assert model.scores_[k, 0, i] == pytest.approx(-loss, abs=1e-8)
    if groups is None:
        searched = GridSearchCV(
            LogisticRegression(l1_ratio=0.5), {"C": [0.1, 1.0]}, cv=cv, scoring="neg_log_loss"
        )
        assert searched.fit(X, y).best_params_["C"] == model.C_


def test_groups_of_several_classes_converge_from_the_strongest_penalty_on():
    voters = pd.read_parquet("data/voters/voters.parquet")
    X = voters[["left_right", "age", "education", "income", "tv_news", "log_population"]].to_numpy()
    Z, y = (X - X.mean(axis=0)) / X.std(axis=0), voters["party"].to_numpy()
    settings = {"penalty_groups": list("abcccd"), "l1_ratios": (1.0,), "cv": 3}
    # without a warning
    model = LogisticRegressionCV(Cs=[1e-4, 1e-3, 0.01, 0.1, 10.0], **settings).fit(Z, y)
    assert model.n_iter_.sum() < 3 * 5 * 40
    train, _ = next(StratifiedKFold(3).split(Z, y))
    for at in (0, 3, 4):
        alone = LogisticRegression(
            C=float(model.Cs_[at]), l1_ratio=1.0, penalty_groups=list("abcccd")
        )
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
        Cs=3,
        l1_ratios=(0.0,),
        solver="newton-cholesky",
        tol=1e-12,
        max_iter=500,
        scoring="neg_log_loss",
        use_legacy_attributes=False,
        refit=False,
    ).fit(X, y)
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
