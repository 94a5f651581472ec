"""A pilot changes how a fit begins, never what it finds."""

import numpy as np
import pytest
from scipy.special import expit

import logit_engine.fitting.steps as fitting
from logit_engine.errors import SeparationError
from logit_engine.fitting.preparation import prepare
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LINKS, LOGIT
from logit_engine.penalties import NONE
from logit_engine.rows.memory import MemoryRows, array_rows
from logit_engine.solvers.pilot import pilot_approach

N = 60_000


def data(shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(12)
    X = rng.standard_normal((N, 4)) + shift
    return X, (rng.random(N) < expit((X - shift) @ [0.5, -0.3, 0.2, 0.0] - 1.0)).astype(float)


@pytest.mark.parametrize("shift", [0.0, 50.0])
@pytest.mark.parametrize("name", ["logit", "probit", "cloglog"])
def test_a_fit_from_a_pilot_is_the_fit_without_one(
    name: str, shift: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = data(shift)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, N)
    rows, likelihood = array_rows(X, y, weight=weight), Bernoulli(LINKS[name])
    begun = prepare(rows, likelihood, NONE, 1)
    objective, start = begun.objective, begun.start
    assert pilot_approach(objective, start, estimates_only=False) is not None
    piloted = fit(rows, likelihood)
    monkeypatch.setattr(fitting, "pilot_approach", lambda *_: None)
    plain = fit(rows, likelihood)
    np.testing.assert_allclose(piloted.estimates, plain.estimates, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(piloted.std_errors, plain.std_errors, rtol=1e-12)
    assert piloted.loglik == pytest.approx(plain.loglik, rel=1e-14)
    assert piloted.converged
    assert piloted.decrement < 1e-11


def without_a_pilot(rows: MemoryRows, monkeypatch: pytest.MonkeyPatch) -> FitResult:
    with monkeypatch.context() as patched:
        patched.setattr(fitting, "pilot_approach", lambda *_: None)
        return fit(rows)


def assert_same(one: FitResult, other: FitResult) -> None:
    np.testing.assert_allclose(one.estimates, other.estimates, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(one.std_errors, other.std_errors, rtol=1e-12)


def test_a_column_that_a_pilot_hardly_sees_is_fitted_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = data()
    X[:, 3] = np.arange(N) < 3  # in three rows, one of them an event
    y[:3] = [0.0, 1.0, 0.0]
    rows = array_rows(X, y)
    assert fit(rows).converged
    assert_same(fit(rows), without_a_pilot(rows, monkeypatch))


def test_a_column_that_no_row_of_a_pilot_shows_is_looked_at_in_all_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = data()
    X[:, 3] = 7.0
    X[[1, 2, 4], 3], y[[1, 2, 4]] = 8.0, [0.0, 1.0, 0.0]  # the pilot takes every seventh row
    rows = array_rows(X, y)
    begun = prepare(rows, Bernoulli(LOGIT), NONE, 1)
    first, objective, start = begun.first, begun.objective, begun.start
    assert first.sample is not None
    assert first.moments.n == N
    assert pilot_approach(objective, start, estimates_only=False) is None
    assert_same(fit(rows), without_a_pilot(rows, monkeypatch))


def test_few_events_do_without_a_pilot() -> None:
    X, _ = data()
    rare = np.zeros(N)
    rare[::2000] = 1.0
    begun = prepare(array_rows(X[:, :3], rare), Bernoulli(LOGIT), NONE, 1)
    objective, start = begun.objective, begun.start
    assert pilot_approach(objective, start, estimates_only=False) is None
    assert fit(array_rows(X[:, :3], rare)).converged


def test_a_pilot_that_leads_astray_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = data()
    every = N // 8192
    y[::every] = np.arange(0, N, every) % 2  # where the pilot looks, nothing is as elsewhere
    X[::every] *= 3.0
    rows = array_rows(X, y)
    assert_same(fit(rows), without_a_pilot(rows, monkeypatch))


def test_estimates_alone_are_those_with_standard_errors_and_proved() -> None:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((300_000, 20))
    y = (rng.random(300_000) < expit(X @ rng.standard_normal(20) / 5.0 - 0.5)).astype(float)
    rows = array_rows(X, y)
    whole, alone = fit(rows), fit(rows, covariance_type=None)
    assert alone.passes < whole.passes + 1
    assert alone.converged
    assert whole.certificate <= alone.certificate < 0.5
    assert alone.covariance_type == "none"
    assert np.isnan(alone.std_errors).all()
    assert alone.loglik == pytest.approx(whole.loglik, rel=1e-14)
    np.testing.assert_allclose(alone.estimates, whole.estimates, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["logit", "probit"])
def test_estimates_alone_of_few_rows_are_found_as_ever(name: str) -> None:
    X, y = data()
    rows, likelihood = array_rows(X[:500], y[:500]), Bernoulli(LINKS[name])
    whole, alone = fit(rows, likelihood), fit(rows, likelihood, covariance_type=None)
    assert alone.converged
    assert np.isnan(alone.covariance).all()
    np.testing.assert_array_equal(alone.estimates, whole.estimates)


@pytest.mark.parametrize("size", [1e-4, 1e-10, 1e-300])
def test_weights_of_any_size_keep_the_standard_errors_exact(
    size: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = data()
    weight = np.random.default_rng(2).random(N)
    rows = array_rows(X, y, weight=weight / weight.sum() * size)
    plain = without_a_pilot(rows, monkeypatch)
    np.testing.assert_allclose(fit(rows).std_errors, plain.std_errors, rtol=1e-12)


def test_rows_without_weight_may_be_all_that_a_pilot_looks_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = data()
    every = N // 8192
    weight = np.ones(N)
    weight[: 5 * every * 2048 : every] = 0.0
    rows = array_rows(X, y, weight=weight)
    assert_same(fit(rows), without_a_pilot(rows, monkeypatch))


def test_separated_classes_are_named_as_without_a_pilot() -> None:
    X, y = data()
    X[:, 2] = np.where(y == 1.0, np.abs(X[:, 2]), -np.abs(X[:, 2]))
    with pytest.raises(SeparationError, match="x3"):
        fit(array_rows(X, y))
    both = X[:, :2] + np.where(y == 1.0, 4.0, -4.0)[:, None] * [1.0, -1.0]
    with pytest.raises(SeparationError):
        fit(array_rows(both, y))
