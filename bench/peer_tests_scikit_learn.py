"""scikit-learn's public tests of LogisticRegression and LogisticRegressionCV; see peer_tests.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import sklearn
import sklearn.linear_model

import logit_engine

FILES = [Path(sklearn.__file__).parent / "linear_model/tests/test_logistic.py"]
MOST_FAILS = 5
PRIVATE = "reads a private name of scikit-learn"
SET_ASIDE: Mapping[str, str] = {
    "test_logistic_cv_multinomial_score[[]*": (
        f"{PRIVATE}: _log_reg_scoring_path, by all parameters of an estimator"
    ),
    "test_get_default_scorer": f"{PRIVATE}: _get_scorer",
}
LATER = "defaults are those of scikit-learn 1.10 and 1.11, so there is nothing to warn of"
FAILS: Mapping[str, str] = {
    "test_lr_scoring_warns": f"{LATER}: scoring is 'neg_log_loss'",
    "test_logisticregressioncv_warns_with_use_legacy_attributes": (
        f"{LATER}: use_legacy_attributes is False"
    ),
    "test_l1_ratio_None_deprecated": f"{LATER}: l1_ratios=None is (0.0,)",
    "test_liblinear_dual_random_state[[]*": (
        "solutions do not depend on random_state: each is the optimum, to rounding"
    ),
    "test_newton_cholesky_fallback_to_lbfgs": (
        "no solver falls back to another, so none warns in the name of another"
    ),
}


def substituted() -> Sequence[type]:
    """Our estimators in the package from which the tests import theirs; its own code keeps its
    own.
    """
    estimators = [logit_engine.LogisticRegression, logit_engine.LogisticRegressionCV]
    for estimator in estimators:
        setattr(sklearn.linear_model, estimator.__name__, estimator)
    return estimators
