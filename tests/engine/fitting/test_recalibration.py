"""The recalibrations are statsmodels' fits of the outcome on the predictor, and nan where these do
not exist.
"""

import numpy as np
import pytest
import statsmodels.api as sm

from logit_engine.fitting.recalibration import calibration_intercept, calibration_slope
from logit_engine.links import LOGIT, PROBIT, Link

LINKS = {LOGIT: sm.families.links.Logit(), PROBIT: sm.families.links.Probit()}


def forecast(
    link: Link, slope: float, intercept: float, rows: int = 4000
) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes (n,), and predictors (n,) that are wrong by this slope and intercept."""
    rng = np.random.default_rng(11)
    eta = rng.standard_normal(rows)
    return (rng.random(rows) < link.cdf(intercept + slope * eta)).astype(np.float64), eta


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
@pytest.mark.parametrize("clustered", [False, True])
def test_slope_and_intercept_are_statsmodels(link: Link, clustered: bool) -> None:
    y, eta = forecast(link, 0.7, 0.3)
    cluster = np.arange(y.size) // 5 if clustered else None
    family = sm.families.Binomial(LINKS[link])
    how = (
        {"cov_type": "cluster", "cov_kwds": {"groups": cluster}}
        if clustered
        else {"cov_type": "nonrobust"}
    )
    slope = sm.GLM(y, sm.add_constant(eta), family=family).fit(tol=1e-12, **how)
    beside = sm.GLM(y, np.ones(y.size), family=family, offset=eta).fit(tol=1e-12, **how)
    for found, theirs in (
        (calibration_slope(y, eta, link, cluster=cluster, level=0.9), slope),
        (calibration_intercept(y, eta, link, cluster=cluster, level=0.9), beside),
    ):
        assert found.value == pytest.approx(theirs.params[-1], rel=1e-7)
        if link is LOGIT or clustered:  # GLM's errors of the probit are by the expected information
            assert found.std_error == pytest.approx(theirs.bse[-1], rel=2e-3)
        assert found.lower < found.value < found.upper


def test_a_right_forecast_has_slope_one_and_intercept_zero() -> None:
    y, eta = forecast(LOGIT, 1.0, 0.0, 50_000)
    slope, intercept = calibration_slope(y, eta), calibration_intercept(y, eta)
    assert slope.lower < 1.0 < slope.upper
    assert intercept.lower < 0.0 < intercept.upper


@pytest.mark.parametrize("y", [np.zeros(6), np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])])
def test_without_a_finite_estimate_it_is_nan(y: np.ndarray) -> None:
    found = calibration_slope(y, np.arange(6.0))
    assert np.isnan([found.value, found.std_error, found.lower, found.upper]).all()
