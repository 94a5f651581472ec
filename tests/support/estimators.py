"""Samples for the estimators, and scikit-learn's classifier beside ours."""

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression as Peer

from logit_engine.estimators import LogisticRegression

EXAM = Path(__file__).parents[2] / "data" / "exam" / "students.csv"

# Hours of study, and who passed the exam.
_, HOURS, _passed = np.loadtxt(EXAM, delimiter=",", skiprows=1).T.copy()
PASSED = _passed.astype(int)

SCORES = ((HOURS - HOURS.mean()) / HOURS.std())[:, None]


def sample(n: int = 300, seed: int = 21) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3)) * np.array([1.0, 0.2, 5.0])
    return X, (
        random.random(n) < 1.0 / (1.0 + np.exp(0.5 - X @ np.array([1.0, -2.0, 0.1])))
    ).astype(int)


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


def classes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, _ = sample()
    X = X / X.std(axis=0)
    random = np.random.default_rng(5)
    return (
        X,
        np.digitize(X[:, 0] - 0.5 * X[:, 1] + random.logistic(size=300), [-1.0, 1.0]),
        random.random(300) * 3.0,
    )
