"""Outcomes with forecasts of them, and tables of metrics compared."""

from dataclasses import astuple

import numpy as np

SETTINGS = {"threshold": 0.45, "reference_rate": 0.35}


def forecast(rows, seed=0, *, ties=True):
    """Outcomes and well-meant probabilities, on a coarse grid when there are to be ties."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(2, 3, rows)
    y = (rng.random(rows) < probability).astype(float)
    if ties:
        probability = np.clip(np.round(probability, 1 if rows < 100 else 2), 0.01, 0.99)
    return y, probability


def clustered_forecast(clusters, seed=0):
    """Rows in clusters of unequal sizes that share a part of their forecast and of their luck."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(1, 8, clusters))
    shared, luck = rng.normal(size=(2, clusters))
    eta = 0.7 * shared[cluster] + 0.5 * rng.normal(size=len(cluster)) - 0.5
    y = (rng.random(len(cluster)) < 1 / (1 + np.exp(-eta - 0.8 * luck[cluster]))).astype(float)
    return y, np.round(1 / (1 + np.exp(-eta)), 2), cluster


def as_table(values):
    return {value.name: astuple(value)[1:] for value in values}


def assert_same_table(one, other, rtol=1e-12):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=rtol, atol=1e-14, err_msg=name)
