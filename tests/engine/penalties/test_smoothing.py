"""Ordered levels drawn to neighbors: the matrix by its definition, fits by their equations."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import root
from scipy.special import expit

from logit_engine.columns import Coded, Constant, Dense, SideBySide, Sparse
from logit_engine.constraints import linear_equalities
from logit_engine.fitting.paths import fit_path
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LOGIT
from logit_engine.penalties import ElasticNet, differences, group_lasso
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.newton import Newton

Array = np.ndarray
NAMES = ("intercept", "x0", "x1", *(f"level{j}" for j in range(7)))
RUN = [3, 4, 5, -1, 6, 7, 8, 9]  # eight levels, the fourth the reference


def data(n: int = 800) -> tuple[MemoryRows, Array, Array]:
    """Rows with two numbers and a categorical of eight levels, the same one-hot, and y."""
    rng = np.random.default_rng(7)
    level, x = rng.integers(0, 8, n), rng.standard_normal((n, 2)) * [1.0, 20.0]
    y = (rng.random(n) < expit(x[:, 0] + np.sin(level))).astype(float)
    codes = np.array([0, 1, 2, 7, 3, 4, 5, 6])[level]
    rows = MemoryRows(SideBySide((Constant(n), Dense(x), Coded(codes, 7))), y, NAMES)
    return rows, np.column_stack([np.ones(n), x, codes[:, None] == np.arange(7)]), y


def smooth(strength: float, order: int = 1, ridge: float = 0.0, l1: float = 0.0) -> ElasticNet:
    numbers = np.r_[0.0, 1.0, 1.0, np.zeros(7)]
    return ElasticNet(
        l1 * numbers, ridge * numbers, smooth=differences([RUN], 10, order) * strength
    )


@pytest.mark.parametrize("order", [1, 2])
def test_the_matrix_is_the_sum_of_squared_differences(order: int) -> None:
    theta = np.random.default_rng(0).standard_normal(10)
    whole = np.append(theta, 0.0)[RUN]
    expected = np.square(np.diff(whole, order)).sum()
    S = differences([RUN], 10, order)
    assert theta @ S @ theta == pytest.approx(expected, rel=1e-13)
    assert smooth(3.0, order).value(theta, np.zeros(0)) == pytest.approx(1.5 * expected, rel=1e-13)
    both = differences([[0, 1, -1], [-1, 2], [4]], 5)
    assert both.toarray().tolist() == [
        [1, -1, 0, 0, 0],
        [-1, 2, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("solver", [None, Newton()], ids=["default", "newton"])
def test_levels_drawn_to_their_neighbors_solve_their_equations(
    solver: Newton | None, order: int
) -> None:
    rows, X, y = data()
    S = np.zeros((10, 10))
    for first in range(8 - order):
        weights = np.zeros(11)
        weights[[RUN[first + k] for k in range(order + 1)]] = (
            [-1.0, 1.0] if order == 1 else [1.0, -2.0, 1.0]
        )
        S += np.outer(weights[:10], weights[:10])
    S = 20.0 * S + 2.0 * np.diag(np.r_[0.0, 1.0, 1.0, np.zeros(7)])
    result = fit(rows, penalty=smooth(20.0, order, ridge=2.0), solver=solver)
    assert result.converged

    def slope(theta: Array) -> Array:
        return X.T @ (expit(X @ theta) - y) + S @ theta

    def bend(theta: Array) -> Array:
        mu = expit(X @ theta)
        return (X.T * (mu * (1.0 - mu))) @ X + S

    peer = root(slope, np.zeros(10), jac=bend, tol=1e-13)
    np.testing.assert_allclose(result.estimates, peer.x, atol=1e-10)


def test_the_strongest_leaves_a_level_line() -> None:
    rows, _, _ = data()
    flat = fit(rows, penalty=smooth(1e9)).estimates[3:]
    np.testing.assert_allclose(flat, 0.0, atol=1e-6)
    line = np.append(fit(rows, penalty=smooth(1e9, order=2)).estimates, 0.0)[RUN]
    np.testing.assert_allclose(np.diff(line, 2), 0.0, atol=1e-6)
    assert abs(line[0]) > 0.01


def test_it_goes_with_an_l1_groups_bounds_and_constraints() -> None:
    rows, X, y = data()
    S = 20.0 * differences([RUN], 10).toarray()
    penalty = smooth(20.0, l1=30.0)
    result = fit(rows, penalty=penalty)
    assert result.converged
    slope = X.T @ (expit(X @ result.estimates) - y) + S @ result.estimates
    assert result.estimates[1] > 0.0
    np.testing.assert_allclose(slope[[0, *range(3, 10)]], 0.0, atol=1e-8)
    assert slope[1] == pytest.approx(-30.0, abs=1e-8)
    together = ElasticNet(
        np.zeros(10),
        np.zeros(10),
        groups=group_lasso([-1, -1, -1, *[0] * 7], 1.0).groups,
        smooth=penalty.smooth,
    )
    grouped = fit(rows, penalty=together).estimates
    slope = X.T @ (expit(X @ grouped) - y) + S @ grouped
    norm = np.linalg.norm(grouped[3:])
    assert norm > 0.0
    np.testing.assert_allclose(slope[:3], 0.0, atol=1e-7)
    np.testing.assert_allclose(slope[3:], -np.sqrt(7.0) * grouped[3:] / norm, atol=1e-8)
    tied = fit(
        rows, penalty=smooth(20.0), equalities=linear_equalities("x0 = 0.5, level0 = level1", NAMES)
    )
    assert tied.converged
    assert tied.estimates[1] == pytest.approx(0.5, abs=1e-12)
    assert tied.estimates[3] == pytest.approx(tied.estimates[4], abs=1e-12)
    free = np.array([0, 2, *range(5, 10)])
    slope = X.T @ (expit(X @ tied.estimates) - y) + S @ tied.estimates
    np.testing.assert_allclose(slope[free], 0.0, atol=1e-8)
    assert slope[3] + slope[4] == pytest.approx(0.0, abs=1e-8)


def test_each_class_has_levels_of_its_own_and_paths_are_those_of_single_fits() -> None:
    rows, X, y = data()
    three = y + (np.random.default_rng(1).random(y.size) < 0.4)
    runs = [RUN, [j + 10 if j >= 0 else -1 for j in RUN]]
    penalty = ElasticNet(np.zeros(20), np.zeros(20), smooth=differences(runs, 20))
    several = MemoryRows(rows.X, three, NAMES, classes=("a", "b", "c"))
    path = fit_path(several, Multinomial(2), penalty, np.array([50.0, 5.0]), tolerance=1e-11)
    for estimates, strength in zip(path.estimates, (50.0, 5.0), strict=True):
        eta = np.column_stack([np.zeros(y.size), X @ estimates.reshape(2, 10).T])
        p = np.exp(eta - eta.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        slope = ((p - np.eye(3)[three.astype(int)])[:, 1:].T @ X).ravel()
        np.testing.assert_allclose(slope + strength * penalty.smooth @ estimates, 0.0, atol=1e-7)
        alone = fit(several, Multinomial(2), penalty=penalty.multiplied(strength), solver=Newton())
        np.testing.assert_allclose(estimates, alone.estimates, atol=1e-8)


def test_many_ordered_levels_of_sparse_columns_need_no_matrix() -> None:
    rng = np.random.default_rng(3)
    level = rng.integers(0, 900, 4000)
    y = (rng.random(4000) < expit(2.0 * np.sin(level / 150.0))).astype(float)
    X = sp.csr_array((np.ones(4000), (np.arange(4000), level)), shape=(4000, 900))
    rows = MemoryRows(
        SideBySide((Constant(4000), Sparse(X))), y, tuple(f"t{j}" for j in range(901))
    )
    S = differences([list(range(1, 901))], 901) * 50.0 + sp.diags_array(
        np.r_[0.0, np.full(900, 1e-3)]
    )
    result = fit(rows, Bernoulli(LOGIT), penalty=ElasticNet(np.zeros(901), np.zeros(901), smooth=S))
    assert result.converged
    residual = expit(result.estimates[0] + X @ result.estimates[1:]) - y
    slope = np.r_[residual.sum(), X.T @ residual] + S @ result.estimates
    np.testing.assert_allclose(slope, 0.0, atol=1e-7)
