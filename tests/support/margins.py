"""Likelihoods with estimates and rows at which effects are taken."""

import numpy as np
import pytest

from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LINKS

N, P = 240, 4
THETA = np.array([-0.4, 0.6, -0.5, 0.25])
SEVERAL = np.concatenate([THETA, -0.5 * THETA[::-1]])
LIKELIHOODS = [*(Bernoulli(link) for link in LINKS.values()), Multinomial(2)]
EACH_LIKELIHOOD = pytest.mark.parametrize(
    "likelihood", LIKELIHOODS, ids=lambda likelihood: likelihood.name
)


def rows(seed: int = 0, n: int = N) -> np.ndarray:
    """A constant, a continuous column, a dummy and a count."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [np.ones(n), rng.normal(size=n), rng.random(n) < 0.4, rng.poisson(1.5, n)]
    )


def spread(size: int, seed: int = 1) -> np.ndarray:
    """A covariance."""
    root = np.random.default_rng(seed).normal(size=(size, size)) / 20.0
    return root @ root.T


def estimates(likelihood: Likelihood) -> tuple[np.ndarray, np.ndarray]:
    params = THETA if isinstance(likelihood, Bernoulli) else SEVERAL
    return params, spread(params.size)
