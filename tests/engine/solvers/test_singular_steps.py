"""Where the curvature is singular, directions that neither loss nor penalty sees stay."""

import numpy as np
import pytest

from logit_engine.solvers.singular_steps import split_step


def difference_rows(columns: int) -> np.ndarray:
    """X'X of rows that see only differences of neighbors, so not the vector of ones, (columns,
    columns).
    """
    X = np.random.default_rng(4).standard_normal((60, columns - 1)) @ np.diff(
        np.eye(columns), axis=0
    )
    return np.asarray(X.T @ X)


def test_a_direction_that_nothing_sees_is_not_taken():
    """Three predictors without a base share an unpenalized column: their common shift changes
    nothing.
    """
    loss = np.kron(difference_rows(3), np.array([[1.0, 0.3], [0.3, 2.0]]))
    own = np.diag([0.0, 5.0, 0.0, 5.0, 0.0, 5.0])
    b = loss @ np.arange(6.0) + np.diagonal(own)
    x = split_step(loss, own, b, 1e-14)
    assert np.abs(x).max() < 100.0
    np.testing.assert_allclose((loss + own) @ x, b, atol=1e-11)


@pytest.mark.parametrize("strength", [1.0, 1e-8, 1e-15])
def test_a_penalty_far_below_the_loss_decides_what_the_loss_does_not_see(strength: float):
    """b along ones, which the loss does not see: there x is b over the strength."""
    x = split_step(difference_rows(4), strength * np.eye(4), np.full(4, strength), 0.0)
    np.testing.assert_allclose(x, 1.0, rtol=1e-5)  # enough for a step
