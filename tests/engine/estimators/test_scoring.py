"""Scorers in LogisticRegressionCV: labels of any kind, rare classes, metadata."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import config_context
from sklearn.linear_model import LogisticRegressionCV as PeerCV
from sklearn.metrics import brier_score_loss, f1_score, get_scorer, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from logit_engine.errors import ConvergenceWarning, DataError, SeparationWarning, UsageError
from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from logit_engine.estimators.strengths import Task
from tests.support.samples import Sample, latent_sample

TOLD = {"Cs": 3, "cv": 3, "l1_ratios": (0.0,), "use_legacy_attributes": False}
EXACT = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 500}


def sample(n: int = 240) -> Sample:
    return latent_sample(n, [1.0, -1.0, 0.0], seed=51, cuts=[-1.0, 1.0])


def labeled(kind: str) -> np.ndarray:
    code = sample()[1]
    two = (code > 0).astype(int)
    return {
        "0, 1": two,
        "1, 2": two + 1,
        "bool": two > 0,
        "text": np.array(["no", "yes"])[two],
        "three": np.array(["ash", "birch", "cedar"])[code],
    }[kind]


@pytest.mark.parametrize(
    "scoring", ["f1", "precision", "neg_brier_score", "roc_auc", "accuracy", None]
)
@pytest.mark.parametrize("kind", ["0, 1", "1, 2", "bool", "text"])
def test_scores_of_two_classes_are_scikit_learns(scoring, kind):
    X, y = sample()[0], labeled(kind)
    model = LogisticRegressionCV(scoring=scoring, **TOLD).fit(X, y)
    peer = PeerCV(scoring=scoring, **TOLD, **EXACT).fit(X, y)
    np.testing.assert_allclose(model.scores_, peer.scores_, atol=1e-9)
    assert model.C_ == peer.C_
    # for texts and events scikit-learn's own `score` raises
    assert 0.0 < abs(model.score(X, y)) < 1.0


@pytest.mark.parametrize(
    "scoring", ["f1_macro", "neg_brier_score", "roc_auc_ovr", "neg_log_loss", "accuracy"]
)
def test_scores_of_several_classes_are_scikit_learns(scoring):
    X, y = sample()[0], labeled("three")
    model = LogisticRegressionCV(scoring=scoring, **TOLD).fit(X, y)
    peer = PeerCV(scoring=scoring, **TOLD, **EXACT).fit(X, y)
    np.testing.assert_allclose(model.scores_, peer.scores_, atol=1e-9)
    assert model.score(X, y) == pytest.approx(peer.score(X, y), abs=1e-9)


def test_scorer_objects_keep_their_own_event_and_callables_are_called_fold_by_fold():
    X, y = sample()[0], labeled("text")
    model = LogisticRegressionCV(scoring=make_scorer(f1_score, pos_label="no"), **TOLD).fit(X, y)
    for k, (_, held) in enumerate(StratifiedKFold(3).split(X, y)):
        own = LogisticRegression()
        own.classes_, own.n_features_in_ = model.classes_, 3
        own.coef_, own.intercept_ = (
            model.coefs_paths_[k, 0, 1, :, :3],
            model.coefs_paths_[k, 0, 1, :, 3],
        )
        assert model.scores_[k, 0, 1] == f1_score(y[held], own.predict(X[held]), pos_label="no")
    calls = []

    def scored(estimator: LogisticRegression, X: np.ndarray, y: np.ndarray) -> float:
        calls.append(np.abs(estimator.coef_).sum())
        return -calls[-1]

    model = LogisticRegressionCV(scoring=scored, **(TOLD | {"Cs": [10.0, 0.01]})).fit(X, y)
    np.testing.assert_allclose(model.scores_[:, 0].ravel(), np.negative(calls))
    assert model.C_ == 0.01


def test_cs_keep_their_order_and_of_equal_scores_the_first_counts():
    X, y = sample()[0], labeled("0, 1")
    model = LogisticRegressionCV(**(TOLD | {"Cs": [10.0, 0.01, 1.0]})).fit(X, y)
    rising = LogisticRegressionCV(**(TOLD | {"Cs": [0.01, 1.0, 10.0]})).fit(X, y)
    assert model.Cs_.tolist() == [10.0, 0.01, 1.0]
    np.testing.assert_array_equal(model.scores_, rising.scores_[..., [2, 0, 1]])
    np.testing.assert_array_equal(model.coefs_paths_, rising.coefs_paths_[:, :, [2, 0, 1]])
    assert model.C_ == rising.C_
    settings = TOLD | {
        "Cs": [1.0, 10.0, 0.1],
        "l1_ratios": (0.5, 0.0),
        "scoring": lambda model, X, y: 1.0,
    }
    for kind in (LogisticRegressionCV, PeerCV):
        found = kind(
            **settings, **({} if kind is LogisticRegressionCV else {"solver": "saga"})
        ).fit(X, y)
        assert (found.C_, found.l1_ratio_) == (1.0, 0.5)
    strongest = LogisticRegressionCV(
        rule="one_standard_error", **(settings | {"l1_ratios": (0.0,)})
    ).fit(X, y)
    assert strongest.C_ == 0.1


@pytest.mark.parametrize("classes", [2, 3])
def test_folds_that_lack_a_class_are_scored_and_said(classes):
    random = np.random.default_rng(52)
    labels = np.repeat(["ash", "birch", "cedar"][:classes], 20)
    X = random.normal(size=(labels.size, 2))
    cv = KFold(classes)  # each fold holds out one class, which it has never seen
    with pytest.warns(SeparationWarning, match="of the cross-validation trains without a class"):
        model = LogisticRegressionCV(**(TOLD | {"cv": cv, "scoring": "neg_brier_score"})).fit(
            X, labels
        )
    assert (model.scores_ < (-0.99 if classes == 2 else -1.0)).all()
    if (
        classes == 3
    ):  # the rest of the fold is a fit of its two classes, symmetric: half the contrast each
        train, held = next(cv.split(X))
        own = LogisticRegression(C=model.Cs_[1] / 0.5).fit(X[train], labels[train])
        np.testing.assert_allclose(
            model.coefs_paths_[0, 0, 1, 2, :2], 0.5 * own.coef_[0], rtol=1e-7
        )
        np.testing.assert_array_equal(model.coefs_paths_[0, 0, 1, 0], [0.0, 0.0, -np.inf])
        share = np.c_[np.zeros(held.size), own.predict_proba(X[held])]
        loss = brier_score_loss(labels[held], share, labels=model.classes_)
        assert model.scores_[0, 0, 1] == pytest.approx(-loss, abs=1e-8)
    with pytest.warns(SeparationWarning):
        losses = LogisticRegressionCV(**(TOLD | {"cv": cv})).fit(X, labels).scores_
    assert np.isfinite(losses).all()


def test_a_rare_class_is_in_some_folds_and_others_share_their_passes():
    X, _ = sample()
    y = np.r_[np.zeros(100), np.ones(138), 2.0, 2.0]
    with pytest.warns(
        UserWarning, match=r"The least populated class|without a class: .* class 2\.0"
    ):
        model = LogisticRegressionCV(**(TOLD | {"scoring": "neg_brier_score"})).fit(X, y)
    assert np.isfinite(model.scores_).all()
    assert model.predict_proba(X).shape == (240, 3)


@pytest.mark.parametrize("kind", ["0, 1", "three"])
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("l1_ratios", [None, (0.0,)])
def test_legacy_attributes_are_those_of_scikit_learn_1_9(kind, refit, l1_ratios):
    X, y = sample()[0], labeled(kind)
    settings = TOLD | {
        "l1_ratios": l1_ratios,
        "use_legacy_attributes": True,
        "refit": refit,
        "scoring": "neg_log_loss",
    }
    model = LogisticRegressionCV(**settings).fit(X, y)
    with pytest.warns(FutureWarning) if l1_ratios is None else _nothing():
        peer = PeerCV(**settings, **EXACT).fit(X, y)
    assert model.scores_.keys() == peer.scores_.keys() == model.coefs_paths_.keys()
    for label in peer.scores_:
        np.testing.assert_allclose(model.scores_[label], peer.scores_[label], atol=1e-9)
        np.testing.assert_allclose(model.coefs_paths_[label], peer.coefs_paths_[label], atol=1e-8)
    np.testing.assert_array_equal(model.C_, peer.C_)
    np.testing.assert_array_equal(model.l1_ratio_, 0.0)
    assert model.n_iter_.shape == peer.n_iter_.shape
    np.testing.assert_allclose(model.coef_, peer.coef_, atol=1e-8)


def _nothing() -> object:
    from contextlib import nullcontext

    return nullcontext()


def test_scorers_get_the_metadata_they_ask_for():
    X, y = sample()[0], labeled("0, 1")
    weight = np.random.default_rng(53).random(y.size)
    found = {}
    with config_context(enable_metadata_routing=True):
        for asked in (True, False):
            scorer = get_scorer("accuracy").set_score_request(sample_weight=asked)
            model = LogisticRegressionCV(scoring=scorer, **TOLD).fit(X, y, sample_weight=weight)
            peer = PeerCV(scoring=scorer, **TOLD, **EXACT).fit(X, y, sample_weight=weight)
            np.testing.assert_allclose(model.scores_, peer.scores_, atol=1e-12)
            found[asked] = model
        assert found[True].score(X, y, sample_weight=weight) != found[True].score(X, y)
        with pytest.raises(
            TypeError, match=r"score got unexpected argument\(s\) {'sample_weight'}"
        ):
            found[False].score(X, y, sample_weight=weight)
        groups = np.arange(y.size) // 10
        split = LogisticRegressionCV(**(TOLD | {"cv": GroupKFold(3)})).fit(X, y, groups=groups)
        assert split.scores_.shape == (3, 1, 3)
    plain = LogisticRegressionCV(**(TOLD | {"scoring": "accuracy"})).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(plain.scores_, found[True].scores_)
    for method in (plain.fit, plain.score):
        with pytest.raises(UsageError, match="is only supported if enable_metadata_routing=True"):
            method(X, y, extra=1.0)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy"])
def test_one_weight_for_all_rows_changes_no_score(scoring):
    X, y = sample()[0], labeled("text")
    model = LogisticRegressionCV(**(TOLD | {"scoring": scoring})).fit(X, y, sample_weight=2.0)
    twice = LogisticRegressionCV(**(TOLD | {"scoring": scoring})).fit(
        X, y, sample_weight=np.full(y.size, 2.0)
    )
    np.testing.assert_allclose(model.scores_, twice.scores_, rtol=1e-12)


def test_passes_stay_within_max_iter_whatever_folds_and_penalty():
    X, y = sample()
    with pytest.warns(ConvergenceWarning, match="the folds' fits at C = "):
        model = LogisticRegressionCV(
            **(TOLD | {"l1_ratios": (0.5,), "max_iter": 1, "refit": False})
        ).fit(X, y)
    assert model.n_iter_.max() == 1
    model = LogisticRegressionCV(**(TOLD | {"l1_ratios": (0.5,), "Cs": 8, "cv": 10})).fit(X, y)
    assert model.n_iter_.max() <= 100


def test_a_label_that_was_never_trained_is_refused_by_the_log_loss():
    X, y = sample()[0], labeled("three")
    model = LogisticRegressionCV(**TOLD).fit(X, y)
    with pytest.raises(DataError, match="y has 'yew', which is no class of the model"):
        model.score(X[:2], ["ash", "yew"])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_pipelines_and_searches_take_it(frame):
    X, y = sample()[0], labeled("text")
    table = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    pipeline = make_pipeline(
        StandardScaler(), LogisticRegressionCV(**(TOLD | {"scoring": "f1"}))
    ).fit(table, y)
    assert pipeline.predict(table).shape == y.shape
    search = GridSearchCV(
        LogisticRegressionCV(**TOLD), {"scoring": ["f1", "accuracy"], "refit": [True, False]}, cv=2
    )
    assert 0.0 < search.fit(X, labeled("0, 1")).best_score_ <= 1.0


def test_one_fold_beside_all_rows_is_a_fit_of_its_own_rows():
    X, y = sample()
    task = Task(X, y.astype(float), None, None, 3, True, ("a", "b", "c"), labels=("0", "1", "2"))
    fold = np.where((y == 1) & (np.arange(y.size) % 2 == 0), 0, -1)
    Cs = np.array([1e-4, 1.0, 1e4])
    shared, own = task.path(Cs, 0.0, fold=fold).folds[0], task.of_rows(fold < 0).path(Cs, 0.0).whole
    np.testing.assert_allclose(shared.coef, own.coef, atol=1e-8)
    assert shared.converged.all()


@pytest.mark.parametrize("settings", [{}, {"refit": False}, {"rule": "one_standard_error"}])
def test_folds_whose_score_is_no_number_have_no_say(settings):
    X, y = sample()[0], labeled("0, 1")
    first = next(StratifiedKFold(3).split(X, y))[1]

    def scored(model: LogisticRegression, X_held: np.ndarray, y_held: np.ndarray) -> float:
        return np.nan if np.array_equal(X_held, X[first]) else model.score(X_held, y_held)

    with pytest.warns(
        UserWarning, match="fold 1 of the cross-validation has scores that are no numbers"
    ):
        model = LogisticRegressionCV(**(TOLD | {"scoring": scored} | settings)).fit(X, y)
    others = list(StratifiedKFold(3).split(X, y))[1:]
    same = LogisticRegressionCV(**(TOLD | {"scoring": "accuracy", "cv": others} | settings)).fit(
        X, y
    )
    assert model.C_ == same.C_
    np.testing.assert_allclose(model.coef_, same.coef_, atol=1e-8)
    with pytest.raises(DataError, match="every fold has a score that is no number"):
        LogisticRegressionCV(**(TOLD | {"scoring": lambda model, X, y: np.nan})).fit(X, y)
