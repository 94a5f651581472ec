"""Settings of the estimators: precision, passes, solvers by name, warnings."""

import pickle
import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning as PeersWarning
from sklearn.linear_model import LogisticRegression as Peer

from logit_engine.errors import ConvergenceWarning, DataError, SeparationWarning, UsageError
from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from tests.support.samples import Sample, latent_sample


def sample(n: int = 200, classes: int = 2) -> Sample:
    cuts = [0.0] if classes == 2 else [-1.0, 1.0]
    return latent_sample(n, [1.0, -1.0, 0.0], seed=41, cuts=cuts)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("table", [np.asarray, csr_matrix, pd.DataFrame])
def test_precision_follows_x_as_in_scikit_learn_and_inference_is_exact(table, classes):
    X, y = sample(classes=classes)
    single = table(X.astype(np.float32))
    model, peer = (kind(C=np.inf).fit(single, y) for kind in (LogisticRegression, Peer))
    for name in ("coef_", "intercept_"):
        assert getattr(model, name).dtype == getattr(peer, name).dtype == np.float32
    for method in ("decision_function", "predict_proba", "predict_log_proba"):
        assert (
            getattr(model, method)(single).dtype
            == getattr(peer, method)(single).dtype
            == np.float32
        )
    exact = LogisticRegression(C=np.inf).fit(table(X.astype(np.float32).astype(np.float64)), y)
    np.testing.assert_allclose(model.inference_.estimates, exact.inference_.estimates, rtol=1e-12)
    np.testing.assert_allclose(model.coef_, exact.coef_, rtol=1e-6)
    assert LogisticRegression().fit(X.astype(np.int64), y).coef_.dtype == np.float64


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_max_iter_counts_passes_that_take_a_step(l1_ratio):
    X, y = sample()
    for most in (1, 2, 3):
        with pytest.warns(ConvergenceWarning):
            model = LogisticRegression(max_iter=most, l1_ratio=l1_ratio).fit(X, y)
        assert model.n_iter_.tolist() == [most]
    with pytest.warns(ConvergenceWarning, match="max_iter is 0: nothing is fitted"):
        model = LogisticRegression(max_iter=0).fit(X, y)
    assert not model.coef_.any()
    assert model.n_iter_.tolist() == [0]
    np.testing.assert_array_equal(model.predict_proba(X), 0.5)
    with pytest.raises(UsageError, match="there is no inference where nothing was fitted"):
        _ = model.inference_


def test_warnings_are_also_scikit_learns():
    X, y = sample()
    with pytest.warns(PeersWarning) as caught:
        LogisticRegression(max_iter=1).fit(X, y)
    assert isinstance(caught[0].message, ConvergenceWarning)
    with pytest.warns(PeersWarning) as caught:
        LogisticRegression(C=np.inf).fit(X, X[:, 0] > 0)
    assert isinstance(caught[0].message, SeparationWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", PeersWarning)
        LogisticRegression(max_iter=1).fit(X, y)


@pytest.mark.parametrize(
    ("solver", "sentence"),
    [
        ("lbfgs", r"lbfgs failed to converge after 1 iteration\(s\)"),
        (
            "newton-cg",
            "newton-cg failed to converge after 1 passes. Increase the number of iterations",
        ),
        ("saga", "The max_iter was reached which means the coef_ did not converge"),
    ],
)
def test_a_named_solver_runs_out_of_passes_in_scikit_learns_words(solver, sentence):
    X, y = sample()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LogisticRegression(solver=solver, max_iter=1).fit(X, y)
    said = [str(one.message) for one in caught if issubclass(one.category, PeersWarning)]
    assert len(said) == 1
    assert re.search(sentence, said[0])


@pytest.mark.parametrize(
    ("settings", "classes"),
    [
        ({"solver": "lbfgs", "l1_ratio": 1.0}, 2),
        ({"solver": "newton-cholesky", "l1_ratio": 0.5}, 2),
        ({"solver": "liblinear", "l1_ratio": 0.5}, 2),
        ({"solver": "liblinear", "C": np.inf}, 2),
        ({"solver": "liblinear"}, 3),
        ({"solver": "saga", "dual": True}, 2),
    ],
)
def test_what_a_named_solver_refuses_in_scikit_learn_is_refused_and_auto_takes_it(
    settings, classes
):
    X, y = sample(classes=classes)
    for kind in (LogisticRegression, Peer):
        with pytest.raises(ValueError, match=settings["solver"]):
            kind(**settings).fit(X, y)
    LogisticRegression(**(settings | {"solver": "auto"})).fit(X, y)


def test_deprecated_arguments_are_said_as_scikit_learn_says_them():
    X, y = sample()
    cases = [
        (LogisticRegression(penalty="l2"), FutureWarning, "'penalty' was deprecated"),
        (LogisticRegressionCV(Cs=2, penalty="l1"), FutureWarning, "'penalty' was deprecated"),
        (LogisticRegression(l1_ratio=None), FutureWarning, "'l1_ratio=None' was deprecated"),
        (LogisticRegression(n_jobs=2), FutureWarning, "'n_jobs' has no effect"),
        (
            LogisticRegression(penalty="l1"),
            UserWarning,
            r"Inconsistent values: penalty=l1 with l1_ratio=0\.0",
        ),
        (
            LogisticRegression(penalty=None, C=4.0),
            UserWarning,
            "Setting penalty=None will ignore the C",
        ),
    ]
    for model, category, sentence in cases:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, y)
        assert any(
            one.category is category and re.search(sentence, str(one.message)) for one in caught
        )
    with pytest.warns(FutureWarning), pytest.raises(UsageError, match="l1_ratios"):
        LogisticRegressionCV(penalty="elasticnet").fit(X, y)


@pytest.mark.parametrize("kind", [LogisticRegression, LogisticRegressionCV])
@pytest.mark.parametrize(
    ("settings", "y"),
    [
        ({"class_weight": {"other": 1.0}}, "labels"),
        ({"bounds": (1.0, 0.0)}, "labels"),
        ({"penalty_groups": [1]}, "labels"),
        ({}, "one class"),
    ],
)
def test_a_fit_that_raises_leaves_the_estimator_as_it_was(kind, settings, y):
    X, labels = sample()
    model = kind(**settings)
    before = dict(vars(model))
    wrong = labels if y == "labels" else np.zeros(labels.size)
    with pytest.raises(ValueError, match=r"."):
        model.fit(X, wrong)
    assert vars(model) == before
    model.set_params(**dict.fromkeys(settings)).fit(
        pd.DataFrame(X, columns=["a", "b", "c"]), labels
    )
    kept = model.coef_
    with pytest.raises(ValueError, match=r"."):
        model.set_params(**settings).fit(X[:, :2], wrong)
    assert model.coef_ is kept
    assert model.n_features_in_ == 3
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]


def test_a_scorer_that_raises_leaves_nothing():
    X, y = sample()

    def broken(model: object, X: np.ndarray, y: np.ndarray) -> float:
        raise RuntimeError("no score")

    model = LogisticRegressionCV(Cs=2, scoring=broken)
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="no score"):
        model.fit(X, y)
    assert vars(model) == before
    with pytest.raises(UsageError, match="not fitted yet"):
        _ = model.inference_


def test_callbacks_see_the_estimates_after_every_pass():
    callback = pytest.importorskip("sklearn.callback")

    class Recorder:
        def __init__(self) -> None:
            self.seen: list[np.ndarray] = []

        def setup(self, estimator, context): ...

        def teardown(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None): ...

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "iter" and fitted_estimator is not None:
                self.seen.append(fitted_estimator.coef_)

    assert callback.FitCallback is not None
    X, y = sample()
    recorder = Recorder()
    model = LogisticRegression().set_callbacks(recorder).fit(X, y)
    assert len(recorder.seen) == model.n_iter_[0]
    with pytest.warns(ConvergenceWarning):
        second = LogisticRegression(max_iter=2).fit(X, y)
    np.testing.assert_array_equal(recorder.seen[1], second.coef_)
    np.testing.assert_array_equal(recorder.seen[-1], LogisticRegression().fit(X, y).coef_)
    with pytest.warns(
        UserWarning, match="Callbacks are only supported in LogisticRegression for solver='lbfgs'"
    ):
        LogisticRegression(solver="saga").set_callbacks(recorder)


def test_a_fitted_estimator_is_pickled():
    X, y = sample(classes=3)
    for model in (LogisticRegression().fit(X, y), LogisticRegressionCV(Cs=2).fit(X, y)):
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


ALONE = """
import sys
sys.modules['sklearn'] = None
import warnings
import numpy as np
from scipy.sparse import csr_array
from logit_engine import LogisticRegression
X = np.arange(8.0)[:, None] % 5
good = np.array([0, 1, 0, 1, 1, 0, 1, 0])
bad = [np.where(good, 2.5, 0.0), np.where(np.arange(8) == 3, np.nan, good), good[:5], good[:, None],
       np.array([None, 1, 0, 1, 1, 0, 1, 0], dtype=object),
       np.array(["a", 1, "a", 1, 1, "a", 1, "a"], dtype=object),
       np.where(good, np.inf, 0.0)]
for y in bad:
    model = LogisticRegression()
    before = dict(vars(model))
    try:
        model.fit(X, y)
    except ValueError as error:
        print(error, vars(model) == before)
dense, sparse = LogisticRegression().fit(X, good), LogisticRegression().fit(csr_array(X), good)
p, q = dense.predict_proba(X), sparse.predict_proba(csr_array(X))
print(np.allclose(dense.coef_, sparse.coef_), np.allclose(p, q))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    LogisticRegression(C=np.inf).fit(X, X[:, 0] > 2)
print(caught[0].category.__name__, caught[0].category.__module__)
"""


def test_without_scikit_learn_y_that_is_no_label_is_refused():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    labels = (
        "; it takes labels of classes, whole numbers or texts say, or shares of events from 0 to "
        "1. True"
    )
    assert run.stdout.splitlines() == [
        f"y is 2.5 in row 1{labels}",
        "y is missing in 1 rows (first: row 3); drop them. True",
        "y has shape (5,); give one label for each of the 8 rows of X. True",
        "y has shape (8, 1); give one label for each of the 8 rows of X. True",
        "y is missing in 1 rows (first: row 0); drop them. True",
        "y holds texts and other values; give labels of one kind. True",
        f"y is inf in row 1{labels}",
        "True True",
        "SeparationWarning logit_engine.errors",
    ]


def test_data_errors_are_the_packages_own():
    with pytest.raises(DataError, match="needs samples of at least 2 classes"):
        LogisticRegression().fit(np.ones((3, 1)), np.zeros(3))


@pytest.mark.parametrize("C", [1.0, np.inf])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_pass_at_a_time_from_a_warm_start_is_as_many_passes_at_once(classes, C):
    X, y = sample(classes=classes)
    X = X + 5.0  # the constant of the inner, centered columns is another than the user's
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PeersWarning)
        whole = LogisticRegression(C=C, max_iter=3).fit(X, y)
        single = LogisticRegression(C=C, max_iter=1, warm_start=True)
        for _ in range(3):
            single.fit(X, y)
    np.testing.assert_allclose(single.coef_, whole.coef_, rtol=1e-9)
    np.testing.assert_allclose(single.intercept_, whole.intercept_, rtol=1e-9)


@pytest.mark.parametrize("kind", [LogisticRegression, LogisticRegressionCV])
def test_settings_of_other_kinds_are_refused_in_one_sentence(kind):
    X, y = sample()
    for settings, sentence in (
        ({"fit_intercept": 2}, "fit_intercept is 2; it is True or False."),
        ({"fit_intercept": None}, "fit_intercept is None; it is True or False."),
        ({"fit_intercept": "no"}, "fit_intercept is 'no'; it is True or False."),
        ({"solver": ["lbfgs"]}, "solver '['lbfgs']' is not known; choose one of auto"),
        ({"bounds": 1.0}, "bounds is 1.0; it is a pair, the lowest and the highest coefficients"),
        ({"bounds": [0.0]}, "bounds is [0.0]; it is a pair"),
        ({"bounds": ([0.0, 0.0], 1.0)}, "bounds is ([0.0, 0.0], 1.0); it is a pair"),
        ({"bounds": ("low", 1.0)}, "bounds is ('low', 1.0); it is a pair"),
    ):
        with pytest.raises(UsageError, match=re.escape(sentence)):
            kind(**settings).fit(X, y)


def test_a_bool_of_numpy_is_a_bool():
    X, y = sample()
    for choice in (True, False):
        found = LogisticRegression(fit_intercept=np.bool_(choice)).fit(X, y)
        assert (found.coef_ == LogisticRegression(fit_intercept=choice).fit(X, y).coef_).all()
