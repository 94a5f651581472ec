"""Samples: columns from the normal distribution, and an outcome that follows them."""

from collections.abc import Sequence

import numpy as np

Sample = tuple[np.ndarray, np.ndarray]


def columns_and_predictor(
    rng: np.random.Generator, n: int, effects: Sequence[float], constant: bool
) -> Sample:
    """Standard normal columns, after a constant if asked, and their linear predictor."""
    X = rng.standard_normal((n, len(effects) - constant))
    if constant:
        X = np.column_stack([np.ones(n), X])
    return X, X @ np.asarray(effects, dtype=float)


def drawn_sample(n: int, effects: Sequence[float], seed: int = 0, constant: bool = False) -> Sample:
    """X, (n, p), and y, 1.0 with the probability of a logit model and 0.0 otherwise."""
    rng = np.random.default_rng(seed)
    X, eta = columns_and_predictor(rng, n, effects, constant)
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)


def latent_sample(
    n: int,
    effects: Sequence[float],
    seed: int = 0,
    constant: bool = False,
    cuts: Sequence[float] = (0.0,),
) -> Sample:
    """X, (n, p), and codes of classes: how many cuts lie below the predictor plus a logistic
    error.
    """
    rng = np.random.default_rng(seed)
    X, eta = columns_and_predictor(rng, n, effects, constant)
    return X, np.digitize(eta + rng.logistic(size=n), cuts)


def separated_sample(n: int, numbers: int, seed: int = 0) -> Sample:
    """X, numbers and then a switch under which every outcome is one; y follows the first number."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.standard_normal((n, numbers)), rng.random(n) < 0.1])
    y = (X[:, 0] + rng.logistic(size=n) > 0).astype(float)
    y[X[:, -1] == 1] = 1.0
    return X, y


def overlapping_sample(n: int = 400, p: int = 2, seed: int = 0) -> Sample:
    """Columns of which each has the effect 0.5: no column separates the classes."""
    return drawn_sample(n, [0.5] * p, seed)
