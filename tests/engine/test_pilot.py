"""A pilot changes how a fit begins, never what it finds."""

import numpy as np
import pytest
from scipy.special import expit

import logit_engine.fitting as fitting
from logit_engine.errors import SeparationError
from logit_engine.fitting import fit, prepared
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LINKS, LOGIT
from logit_engine.penalties import NONE
from logit_engine.solvers.pilot import approached
from logit_engine.sources.arrays import array_rows

N = 60_000


def data(shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(12)
    X = rng.standard_normal((N, 4)) + shift
    return X, (rng.random(N) < expit((X - shift) @ [0.5, -0.3, 0.2, 0.0] - 1.0)).astype(float)


@pytest.mark.parametrize("shift", [0.0, 50.0])
@pytest.mark.parametrize("name", ["logit", "probit", "cloglog"])
def test_a_fit_from_a_pilot_is_the_fit_without_one(name: str, shift: float, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = data(shift)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, N)
    rows, likelihood = array_rows(X, y, weight=weight), Bernoulli(LINKS[name])
    _, objective, start = prepared(rows, likelihood, NONE, 1)
    assert approached(objective, start) is not None
    piloted = fit(rows, likelihood)
    monkeypatch.setattr(fitting, "approached", lambda objective, start: None)
    plain = fit(rows, likelihood)
    np.testing.assert_allclose(piloted.estimates, plain.estimates, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(piloted.std_errors, plain.std_errors, rtol=1e-12)
    assert piloted.loglik == pytest.approx(plain.loglik, rel=1e-14)
    assert piloted.converged
    assert piloted.decrement < 1e-11


def test_rare_levels_and_few_events_do_without_a_pilot() -> None:
    X, y = data()
    X[:, 3] = np.arange(N) < 3  # in three rows, one of them an event
    y[:3] = [0.0, 1.0, 0.0]
    _, objective, start = prepared(array_rows(X, y), Bernoulli(LOGIT), NONE, 1)
    assert approached(objective, start) is None
    assert fit(array_rows(X, y)).converged
    rare = np.zeros(N)
    rare[::2000] = 1.0
    _, objective, start = prepared(array_rows(X[:, :3], rare), Bernoulli(LOGIT), NONE, 1)
    assert approached(objective, start) is None
    assert fit(array_rows(X[:, :3], rare)).converged


def test_separated_classes_are_named_as_without_a_pilot() -> None:
    X, y = data()
    X[:, 2] = np.where(y == 1.0, np.abs(X[:, 2]), -np.abs(X[:, 2]))
    with pytest.raises(SeparationError, match="x3"):
        fit(array_rows(X, y))
    both = X[:, :2] + np.where(y == 1.0, 4.0, -4.0)[:, None] * [1.0, -1.0]
    with pytest.raises(SeparationError):
        fit(array_rows(both, y))
