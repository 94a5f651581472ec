"""Samples of an outcome with its columns."""

import numpy as np


def overlapping_sample(n: int = 400, p: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping data."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ np.full(p, 0.5)))).astype(float)
