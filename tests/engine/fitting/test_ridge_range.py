"""The range of a ridge is that of the loss's curvature, by numbers of their own."""

import numpy as np
import pytest
from scipy import linalg

from logit_engine import array_rows
from logit_engine.fitting.ridge_range import MAX_SPECTRUM_SIZE, ridge_range
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import CLOGLOG, LOGIT
from logit_engine.penalties import ElasticNet, differences

RNG = np.random.default_rng(4)
X = RNG.standard_normal((500, 4)) @ RNG.standard_normal((4, 4)) + [0.0, 5.0, -2.0, 0.0]
Y = (RNG.random(500) < 0.3).astype(float)
FACTORS = np.array([1.0, 2.0, 0.5, 1.0])


def ridge(factors: np.ndarray, outputs: int = 1) -> ElasticNet:
    weights = np.tile(np.r_[0.0, factors], outputs)
    return ElasticNet(np.zeros(weights.size), weights)


def centered_gram(columns: np.ndarray) -> np.ndarray:
    centered = columns - columns.mean(axis=0)
    return np.asarray(centered.T @ centered)


def test_the_range_of_a_logit_is_that_of_generalized_eigenvalues() -> None:
    share = Y.mean()
    curvature = share * (1.0 - share) * centered_gram(X)
    expected = linalg.eigh(curvature, np.diag(FACTORS), eigvals_only=True)
    found = ridge_range(array_rows(X, Y), Bernoulli(LOGIT), ridge(FACTORS))
    assert found == pytest.approx((expected[0], expected[-1]), rel=1e-9)


def test_a_coefficient_without_a_ridge_gives_way() -> None:
    share, design = Y.mean(), np.column_stack([np.ones(500), X])
    H = share * (1.0 - share) * design.T @ design
    free, held = [0, 2], [1, 3, 4]
    left = H[np.ix_(held, held)] - H[np.ix_(held, free)] @ np.linalg.solve(
        H[np.ix_(free, free)], H[np.ix_(free, held)]
    )
    expected = np.linalg.eigvalsh(left)
    found = ridge_range(array_rows(X, Y), Bernoulli(LOGIT), ridge(np.array([1.0, 0.0, 1.0, 1.0])))
    assert found == pytest.approx((expected[0], expected[-1]), rel=1e-9)


def test_neighbors_drawn_together_have_their_own_directions() -> None:
    codes = np.arange(600) % 6
    levels = (codes[:, None] == np.arange(1, 6)).astype(float)
    y = (np.arange(600) % 7 < 2).astype(float)
    runs = differences([[-1, 1, 2, 3, 4, 5]], 6)
    unit = ElasticNet(np.zeros(6), np.zeros(6), smooth=runs)
    curvature = y.mean() * (1.0 - y.mean()) * centered_gram(levels)
    expected = linalg.eigh(curvature, runs.toarray()[1:, 1:], eigvals_only=True)
    found = ridge_range(array_rows(levels, y), Bernoulli(LOGIT), unit)
    assert found == pytest.approx((expected[0], expected[-1]), rel=1e-9)


def test_several_classes_have_the_range_of_all_their_predictors() -> None:
    classes = RNG.integers(0, 3, 500)
    shares = np.bincount(classes)[1:] / 500.0
    curvature = np.kron(np.diag(shares) - np.outer(shares, shares), centered_gram(X))
    expected = np.linalg.eigvalsh(curvature)
    rows = array_rows(X, classes.astype(float), classes=["a", "b", "c"])
    found = ridge_range(rows, Multinomial(2), ridge(np.ones(4), 2))
    assert found == pytest.approx((expected[0], expected[-1]), rel=1e-9)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_units_move_the_range_and_no_column_out_of_it(scale: float) -> None:
    units = np.array([1.0, scale, 1.0, 1.0])
    share = Y.mean()
    own = share * (1.0 - share) * np.diagonal(centered_gram(X * units))
    found = ridge_range(array_rows(X * units, Y), Bernoulli(LOGIT), ridge(np.ones(4)))
    assert found.weakest <= own.min()
    assert found.strongest >= own.max() * (1.0 - 1e-9)
    assert found.weakest > own.min() * 1e-4


def test_a_direction_without_curvature_is_left_out() -> None:
    twice = np.column_stack([X, X[:, :1]])
    found = ridge_range(array_rows(twice, Y), Bernoulli(LOGIT), ridge(np.ones(5)))
    once = ridge_range(array_rows(X, Y), Bernoulli(LOGIT), ridge(np.ones(4)))
    assert 1e-3 * once.weakest < found.weakest < 1e3 * once.weakest


@pytest.mark.parametrize("link", [LOGIT, CLOGLOG])
def test_of_very_many_columns_each_is_looked_at_alone(link: object) -> None:
    wide = RNG.standard_normal((3000, MAX_SPECTRUM_SIZE)) * np.geomspace(1.0, 100.0, 1000)
    y = (RNG.random(3000) < 0.3).astype(float)
    likelihood = Bernoulli(link)  # type: ignore[arg-type]
    eta = likelihood.constants(np.array([(y == 0.0).sum(), y.sum()]))
    own = likelihood.expected(np.full(3000, eta[0])).mean() * 3000 * wide.var(axis=0)
    found = ridge_range(array_rows(wide, y), likelihood, ridge(np.ones(1000)))
    assert found == pytest.approx((own.min(), own.max()), rel=0.2)
