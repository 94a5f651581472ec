"""Samples for the faces that have statsmodels' names."""

import numpy as np

from logit_engine.discrete import (
    CLogLog,
    Logit,
    MNLogit,
    Probit,
)

MODELS = (Logit, Probit, CLogLog, MNLogit)


def counts_sample(model: type = Logit, n: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """A constant, a number, a switch and a count, and an outcome of the model."""
    rng = np.random.default_rng(21)
    X = np.column_stack(
        [np.ones(n), rng.standard_normal(n) + 1.0, rng.integers(0, 2, n), rng.integers(0, 4, n)]
    )
    latent = 0.8 * X[:, 1] - 0.5 * X[:, 2] + 0.2 * X[:, 3] - 0.8 + rng.logistic(size=n)
    if model is MNLogit:
        return X, np.digitize(latent, [-0.7, 0.7])
    return X, (latent > 0.0).astype(float)
