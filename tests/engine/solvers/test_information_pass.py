"""When a pass for the information pays, at the ends of its arguments."""

import numpy as np
import pytest

from logit_engine import array_rows, fit
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.information_pass import information_cost, information_pays
from logit_engine.solvers.proximal import Proximal


@pytest.mark.parametrize(
    ("rate", "curvature_change", "target", "pays"),
    [
        (0.1, 1.0, 1e-4, False),
        (0.1, 1.0, 1e-12, True),
        (0.1, 1.0, 0.0, False),
        (0.1, 0.0, 1e-12, True),
        (0.1, 1.0, -1.0, False),
        (1e-300, 1e-300, 1e-12, False),
    ],
)
def test_it_pays_if_light_passes_alone_cost_more(
    rate: float, curvature_change: float, target: float, pays: bool
) -> None:
    cost = information_cost(40)
    assert information_pays(1e-3, rate, curvature_change, target, cost) is pays


def test_a_penalized_fit_may_be_asked_for_a_residual_of_zero() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60_000, 40))
    rows = array_rows(X, rng.random(60_000) < 1.0 / (1.0 + np.exp(-X[:, 0])))
    ridge = ElasticNet(np.zeros(41), np.r_[0.0, np.full(40, 3.0)])
    exact = fit(rows, penalty=ridge, solver=Proximal(tolerance=0.0))
    assert exact.converged
    assert exact.estimates == pytest.approx(fit(rows, penalty=ridge).estimates, abs=1e-12)
