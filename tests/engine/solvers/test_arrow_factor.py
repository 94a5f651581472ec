"""Large categoricals are eliminated from a curvature, and ridges of many levels fitted so."""

import numpy as np
import pytest

from logit_engine import L2, fit
from logit_engine.columns import Columns, Dense
from logit_engine.errors import UsageError
from logit_engine.solvers import arrow_factor as eliminated
from logit_engine.solvers.arrow_factor import ArrowFactor, arrow_factor
from logit_engine.solvers.newton import Newton
from tests.support.coded_rows import coded_rows


def curvature(X: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """w, a ridge, and X' diag(w) X with it."""
    rng = np.random.default_rng(1)
    w, ridge = rng.random(X.shape[0]), 0.5 + rng.random(X.shape[1])
    return w, ridge, X.gram(w) + np.diag(ridge)


def factor_of(X: Columns, w: np.ndarray, ridge: np.ndarray) -> ArrowFactor:
    found = arrow_factor(X, w, X.gram_diagonal(w), ridge)
    assert found is not None
    return found


def matrix_of(factor: ArrowFactor, size: int) -> np.ndarray:
    return np.linalg.inv(np.stack([factor.solve(unit) for unit in np.eye(size)], axis=1))


def test_one_categorical_is_eliminated_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eliminated, "WRITTEN_NUMBERS", 1_000)
    X = coded_rows(2_000, (300, 7), numbers=3).X
    w, ridge, H = curvature(X)
    b = np.random.default_rng(2).standard_normal(X.shape[1])
    assert factor_of(X, w, ridge).solve(b) == pytest.approx(np.linalg.solve(H, b), rel=1e-10)


def test_two_large_categoricals_are_bounded_from_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eliminated, "MAX_SMALL_COLUMNS", 10)
    X = coded_rows(2_000, (60, 40), numbers=3).X
    w, ridge, H = curvature(X)
    share = np.linalg.eigvals(np.linalg.solve(matrix_of(factor_of(X, w, ridge), X.shape[1]), H))
    assert 0.0 < share.real.min() <= share.real.max() <= 1.0 + 1e-9


def test_columns_without_codes_are_not_eliminated() -> None:
    X = Dense(np.random.default_rng(0).standard_normal((50, 4)))
    w, ridge, _ = curvature(X)
    assert arrow_factor(X, w, X.gram_diagonal(w), ridge) is None


@pytest.mark.parametrize("levels", [(1_500,), (900, 700)])
def test_a_ridge_of_many_levels_is_the_one_of_newtons_method(levels: tuple[int, ...]) -> None:
    rows = coded_rows(6_000, levels, numbers=2)
    ours, newton = fit(rows, penalty=L2(0.7)), fit(rows, penalty=L2(0.7), solver=Newton())
    assert ours.converged
    assert ours.estimates == pytest.approx(newton.estimates, rel=1e-9, abs=1e-10)
    assert ours.loglik == pytest.approx(newton.loglik, rel=1e-12)
    assert ours.penalty_strength == newton.penalty_strength == 0.7
    assert np.isnan(ours.std_errors).all()


def test_naive_errors_of_many_levels_are_those_of_newtons_method() -> None:
    rows = coded_rows(6_000, (1_200,), numbers=2)
    ours = fit(rows, penalty=L2(0.7), naive=True)
    newton = fit(rows, penalty=L2(0.7), naive=True, solver=Newton())
    assert ours.std_errors == pytest.approx(newton.std_errors, rel=1e-9)


def test_a_ridge_of_100_000_levels_needs_no_matrix() -> None:
    rows = coded_rows(150_000, (100_000,), numbers=2)
    result = fit(rows, penalty=L2(1.0))
    assert result.converged
    eta = rows.X.dot(result.estimates)
    slope = rows.X.transpose_dot(rows.y - 1.0 / (1.0 + np.exp(-eta)))
    assert np.abs(slope[1:] - result.estimates[1:]).max() < 1e-7
    assert abs(slope[0]) < 1e-7


def test_naive_errors_of_100_000_levels_are_refused_with_their_size() -> None:
    rows = coded_rows(150_000, (100_000,), numbers=2)
    with pytest.raises(UsageError, match=r"errors of 100,002 coefficients need matrices of 80 GB"):
        fit(rows, penalty=L2(1.0), naive=True)
