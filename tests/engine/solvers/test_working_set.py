"""Working sets: little work where columns are more than rows, and the conditions of optimality,
written out anew.
"""

import numpy as np
import pytest
from scipy.special import expit

from logit_engine import array_rows, fit
from logit_engine.penalties import lasso
from logit_engine.solvers import quadratic_model
from logit_engine.solvers.proximal import Proximal
from logit_engine.solvers.singular_steps import definite_step

N, P = 150, 1500


def wide_sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20261127)
    X = rng.standard_normal((N, P))
    effects = np.r_[rng.standard_normal(20), np.zeros(P - 20)]
    return X, (rng.random(N) < expit(X @ effects)).astype(float)


@pytest.mark.parametrize("C", [3.0, 100.0, 1e5])
def test_a_weak_l1_on_more_columns_than_rows_takes_two_linear_systems_a_pass(
    C: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = wide_sample()
    systems = []

    def counted_step(H: np.ndarray, b: np.ndarray) -> np.ndarray | None:
        systems.append(b.size)
        return definite_step(H, b)

    monkeypatch.setattr(quadratic_model, "definite_step", counted_step)
    strength = 1.0 / C
    own = np.r_[0.0, np.full(P, strength)]
    solver = Proximal(1e-10)
    result = fit(
        array_rows(X, y), penalty=lasso(own), solver=solver, covariance_type=None, threads=1
    )
    assert result.converged
    assert result.passes <= 150
    assert len(systems) <= 2 * result.passes
    assert max(systems) <= N
    theta = result.estimates
    slope = np.column_stack([np.ones(N), X]).T @ (expit(theta[0] + X @ theta[1:]) - y)
    away = np.where(
        theta != 0.0, np.abs(slope + own * np.sign(theta)), np.maximum(np.abs(slope) - own, 0.0)
    )
    assert away.max() <= 1e-6 * strength
