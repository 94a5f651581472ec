"""The triangle of weighted rows, with a penalty's rows below, is the root of their curvature."""

import numpy as np
import pytest

from logit_engine.fitting.preparation import prepare
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LOGIT, PROBIT, Link
from logit_engine.penalties import L2, NONE, ElasticNet, Penalty, differences
from logit_engine.rows.memory import array_rows
from logit_engine.solvers.tsqr import weighted_r_factor
from tests.support.samples import drawn_sample

PENALTIES: dict[str, Penalty] = {
    "none": NONE,
    "ridge": L2(3.0),
    "smooth": ElasticNet(np.zeros(6), np.zeros(6), smooth=3.0 * differences([[2, 3, 4, 5]], 6)),
}


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize("link", [LOGIT, PROBIT], ids=lambda link: link.name)
def test_the_triangle_squared_is_the_expected_information_and_the_penalty(
    penalty: Penalty, link: Link
) -> None:
    X, y = drawn_sample(300, [0.5, -0.3, 0.2, 0.1, 0.0])
    X, weight = 5.0 * X + 100.0, np.linspace(0.5, 2.0, 300)
    objective = prepare(array_rows(X, y, weight=weight), Bernoulli(link), penalty, 1).objective
    theta = np.linspace(-0.4, 0.4, 6)
    R = weighted_r_factor(objective, theta)

    to_user = objective.coordinates.to_user(np.eye(6))
    Z = np.column_stack([np.ones(300), X])
    eta = Z @ to_user @ theta
    F, f = link.cdf(eta), np.exp(link.log_pdf(eta))
    information = Z.T @ ((weight * f**2 / (F * (1.0 - F)))[:, None] * Z)
    curvature = information + penalty.curvature(to_user @ theta, np.arange(6) == 0)
    np.testing.assert_array_equal(R, np.triu(R))
    np.testing.assert_allclose(R.T @ R, to_user.T @ curvature @ to_user, rtol=1e-9, atol=1e-9)
