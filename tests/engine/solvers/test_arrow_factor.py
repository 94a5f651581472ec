"""Large categoricals are eliminated from a curvature, and ridges of many levels fitted so."""

from pathlib import Path

import numpy as np
import pytest

from logit_engine import L2, NONE, Bernoulli, array_rows, fit
from logit_engine.errors import UsageError
from logit_engine.fitting.preparation import prepare
from logit_engine.links import LOGIT
from logit_engine.objective.loss import Objective
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.arrow_factor import ArrowFactor, arrow_factor, large_categorical
from logit_engine.solvers.newton import Newton
from logit_engine.storage.checkpoint import CheckpointedRows, Journal
from tests.support.coded_rows import coded_rows


def loss_of(rows: MemoryRows) -> Objective:
    return prepare(rows, Bernoulli(LOGIT), NONE, 1).objective


def curvature(loss: Objective) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """theta, a ridge, and the information there with it, as a matrix."""
    rng = np.random.default_rng(1)
    size = loss.free.size
    theta, ridge = 0.1 * rng.standard_normal(size), 0.5 + rng.random(size)
    return theta, ridge, loss.information(theta) + np.diag(ridge)


def matrix_of(factor: ArrowFactor | None, size: int) -> np.ndarray:
    assert factor is not None
    return np.linalg.inv(np.stack([factor.solve(unit) for unit in np.eye(size)], axis=1))


def test_one_categorical_is_eliminated_exactly() -> None:
    loss = loss_of(coded_rows(40_000, (300, 7), numbers=3))
    theta, ridge, H = curvature(loss)
    found = matrix_of(arrow_factor(loss, theta, ridge), theta.size)
    assert found == pytest.approx(H, rel=1e-9, abs=1e-7)


def test_a_categorical_that_leaves_many_columns_or_none_is_not_eliminated() -> None:
    X = np.random.default_rng(0).standard_normal((50, 4))
    assert large_categorical(loss_of(array_rows(X, np.arange(50) % 2))) is None
    assert large_categorical(loss_of(coded_rows(3_000, (700, 600)))) is None
    assert large_categorical(loss_of(coded_rows(3_000, (700, 60)))) == (1, 700)


@pytest.mark.parametrize("levels", [(1_500,), (900, 700)])
def test_a_ridge_of_many_levels_is_the_one_of_newtons_method(levels: tuple[int, ...]) -> None:
    rows = coded_rows(6_000, levels, numbers=2)
    ours, newton = fit(rows, penalty=L2(0.7)), fit(rows, penalty=L2(0.7), solver=Newton())
    assert ours.converged
    assert ours.estimates == pytest.approx(newton.estimates, rel=1e-10, abs=1e-11)
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


def test_a_ridge_of_many_levels_has_the_same_bits_from_any_source(tmp_path: Path) -> None:
    rows = coded_rows(40_000, (3_000, 12), numbers=1)
    kept = CheckpointedRows(rows, Journal(tmp_path / "sums", tmp_path / "staging"))
    found = [
        fit(source, penalty=L2(0.5), threads=t) for source, t in ((rows, 1), (rows, 2), (kept, 2))
    ]
    assert found[0].converged
    assert (found[0].estimates == found[1].estimates).all()
    assert (found[0].estimates == found[2].estimates).all()
