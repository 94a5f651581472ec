"""Effects and derivatives of the log-probability keep their digits in the tails."""

from typing import Any

import mpmath
import numpy as np
import pytest

from logit_engine.inference.margins import At, Effect, margins
from logit_engine.inference.response import response_curvature, response_slope
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import CAUCHIT, CLOGLOG, LOGIT, LOGLOG, PROBIT
from tests.support.margins import (
    EACH_LIKELIHOOD,
    N,
    estimates,
    rows,
    spread,
)


@pytest.mark.parametrize("eta", [-800.0, -30.0, 30.0, 800.0])
@EACH_LIKELIHOOD
def test_effects_and_errors_are_numbers_in_the_tails(likelihood: Likelihood, eta: float) -> None:
    params, V = estimates(likelihood)
    offset = np.full((N, likelihood.outputs), eta)
    for effect in (Effect.DYDX, Effect.DYEX):
        found = margins(likelihood, rows(), params, V, offset=offset, effect=effect)
        assert np.isfinite(found.effects).all()
        assert np.isfinite(found.std_errors).all()


def log_curve(name: str, z: Any) -> Any:
    """log F in arbitrary precision."""
    if name == "probit":
        return mpmath.log(mpmath.ncdf(z))
    if name == "cauchit":
        return mpmath.log(mpmath.mpf(1) / 2 + mpmath.atan(z) / mpmath.pi)
    if name == "loglog":
        return -mpmath.exp(-z)
    return (
        mpmath.log(1 - mpmath.exp(-mpmath.exp(z)))
        if name == "cloglog"
        else -mpmath.log1p(mpmath.exp(-z))
    )


@pytest.mark.parametrize("eta", [-300.0, -30.0, -12.0, -1.0, 2.0, 5.0])
@pytest.mark.parametrize(
    "link", [LOGIT, PROBIT, CLOGLOG, LOGLOG, CAUCHIT], ids=lambda link: link.name
)
def test_derivatives_of_the_log_probability_are_exact_in_the_tails(link, eta: float) -> None:
    at, one = np.array([[eta]]), np.ones((1, 1))
    with mpmath.workdps(400):
        first, second = (
            float(mpmath.diff(lambda z: log_curve(link.name, z), eta, order)) for order in (1, 2)
        )
    assert response_slope(Bernoulli(link), at, log=True).item() == pytest.approx(first, rel=1e-11)
    assert response_curvature(Bernoulli(link), at, one, log=True).item() == pytest.approx(
        second, rel=1e-9
    )


def test_effects_on_a_class_that_is_nearly_certain_keep_their_digits() -> None:
    eta = [mpmath.mpf(45), mpmath.mpf(3)]
    with mpmath.workdps(60):
        odds = [mpmath.mpf(1), *map(mpmath.exp, eta)]
        p = [o / sum(odds) for o in odds]
        theta = [mpmath.mpf(0), mpmath.mpf("0.5"), mpmath.mpf("-0.25")]
        mean = sum(a * b for a, b in zip(p, theta, strict=True))
        expected = [float(a * (b - mean)) for a, b in zip(p, theta, strict=True)]
    X = np.array([[1.0, 0.0], [1.0, 1.0]])
    found = margins(Multinomial(2), X, np.array([45.0, 0.5, 3.0, -0.25]), spread(4), at=At.ZERO)
    np.testing.assert_allclose(found.effects[0], expected, rtol=1e-13)  # 1 - p is 0 in double
