"""Fits under inequalities meet the conditions of Karush, Kuhn and Tucker, and match SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, minimize

from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit
from logit_engine.errors import UsageError


def data(seed: int = 0, n: int = 250) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 3)) * [1.0, 100.0, 0.01]])
    eta = 0.8 * X[:, 1] - 0.005 * X[:, 2] - 20.0 * X[:, 3]
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)


def test_what_does_not_bind_changes_nothing() -> None:
    X, y = data()
    free = Logit(y, X).fit(disp=0)
    r = Logit(y, X).fit_constrained(inequalities="x1 >= 0, x3 <= 0", disp=0)
    np.testing.assert_allclose(r.params, free.params, rtol=1e-10)
    np.testing.assert_allclose(r.bse, free.bse, rtol=1e-10)
    assert "No inequality is active" in " ".join(str(r.summary()).split())


def test_what_binds_is_an_equality_and_is_said() -> None:
    X, y = data()
    r = Logit(y, X).fit_constrained(inequalities="x1 <= 0.25, x2 <= 1", disp=0)
    equal = Logit(y, X).fit_constrained("x1 = 0.25", disp=0)
    assert r.converged
    np.testing.assert_allclose(r.params, equal.params, rtol=1e-9)
    np.testing.assert_allclose(r.bse, equal.bse, rtol=1e-9, atol=1e-15)
    assert r.df_model == 2
    assert "Active inequalities, as if known: -x1 >= -0.25." in " ".join(str(r.summary()).split())


@given(st.integers(0, 10_000))
def test_the_conditions_of_karush_kuhn_and_tucker_hold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y = data(seed % 7)
    X[:, 2:] /= [100.0, 0.01]
    G = rng.standard_normal((5, 4))
    h = G @ rng.standard_normal(4) - rng.random(5)
    model = [Logit, Probit][seed % 2](y, X)
    r = model.fit_constrained(inequalities=(G, h), disp=0, on_separation="ignore")
    theta = np.asarray(r.params)
    slack = G @ theta - h
    assert slack.min() > -1e-9
    score = model.score(theta)  # of the log-likelihood: it pushes against the active walls
    active = slack < 1e-8
    push = np.linalg.lstsq(-G[active].T, score, rcond=None)[0] if active.any() else np.zeros(0)
    left = score + G[active].T @ push if active.any() else score
    assert np.abs(left).max() < 1e-6 * (1.0 + np.abs(score).max())
    assert (push > -1e-6).all()


def test_scipy_finds_no_better_point() -> None:
    X, y = data(3)
    X[:, 2:] /= [100.0, 0.01]
    model = Logit(y, X)
    r = model.fit_constrained("x2 = x3", inequalities="x1 + x2 <= 0.1, const >= 0.2", disp=0)
    bounds = [
        LinearConstraint(
            [[0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]], [-np.inf, 0.2], [0.1, np.inf]
        ),
        LinearConstraint([[0.0, 0.0, 1.0, -1.0]], 0.0, 0.0),
    ]
    theirs = minimize(
        lambda b: -model.loglike(b),
        np.array([0.3, 0.0, 0.0, 0.0]),
        jac=lambda b: -model.score(b),
        constraints=bounds,
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert r.llf >= -theirs.fun - 1e-9
    np.testing.assert_allclose(r.params, theirs.x, atol=1e-5)


def test_effects_of_ordered_classes_are_held_monotone() -> None:
    X, _ = data(1)
    rng = np.random.default_rng(2)
    classes = rng.integers(0, 3, 250)
    r = MNLogit(classes, X[:, :2]).fit_constrained(inequalities="1_x1 <= 2_x1, 1_x1 >= 0", disp=0)
    B = np.asarray(r.params)
    assert B[1, 0] >= -1e-12
    assert B[1, 1] - B[1, 0] >= -1e-12


def test_contradictions_are_refused() -> None:
    X, y = data()
    with pytest.raises(UsageError, match="'x1 >= 1' and 'x1 <= 0' contradict each other"):
        Logit(y, X).fit_constrained(inequalities="x1 >= 1, x1 <= 0", disp=0)
    with pytest.raises(UsageError, match="no parameters meet all the inequalities"):
        Logit(y, X).fit_constrained("x1 = 0, x2 = 0", inequalities="x1 + x2 >= 1", disp=0)
    with pytest.raises(UsageError, match="fit_constrained needs constraints, or inequalities"):
        Logit(y, X).fit_constrained()


@pytest.mark.parametrize("model", [Logit, Probit, CLogLog])
def test_a_sign_that_binds_is_kept_to_the_last_bit(model: type) -> None:
    for seed in range(10):
        X, y = data(seed)
        r = model(y, X).fit_constrained(inequalities="x1 <= 0.25, x2 >= 0", disp=0)
        assert np.asarray(r.params)[1:3].tolist() == [0.25, 0.0]
        assert not np.signbit(np.asarray(r.params)[1:3]).any()
