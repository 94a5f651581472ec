"""scikit-learn's public tests of LogisticRegression and LogisticRegressionCV; see peer_tests.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import sklearn
import sklearn.linear_model

import logit_engine

FILES = [Path(sklearn.__file__).parent / "linear_model/tests/test_logistic.py"]
MOST_FAILS = 5
SET_ASIDE: Mapping[str, str] = {}
FAILS: Mapping[str, str] = {}


def substituted() -> Sequence[type]:
    """Our estimators in the package from which the tests import theirs; its own code keeps its own."""
    estimators = [logit_engine.LogisticRegression, logit_engine.LogisticRegressionCV]
    for estimator in estimators:
        setattr(sklearn.linear_model, estimator.__name__, estimator)
    return estimators
