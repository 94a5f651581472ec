"""The faces against R's glm, sandwich and multinom on R's own data, to ten digits."""

from typing import Any

import numpy as np
import pytest

from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit
from tests.agreement.r_cases import (
    BINARY,
    CASES,
    ROWS,
    SEVERAL,
    WAYS,
    gap,
    off,
    off_covariance,
    table,
)

TIGHT = 1e-10
MODELS = {"logit": Logit, "probit": Probit, "cloglog": CLogLog}
EXPECTED = {"information": "expected"}  # what R's glm inverts


def fitted(name: str, **options: Any) -> Any:
    """The face's results of the same rows; trials are var_weights: a row of twenty trials is one
    row.
    """
    rows = table(name)
    grouped = {} if rows.trials is None else {"var_weights": rows.trials}
    return MODELS[CASES[name]["link"]](rows.y, rows.X, offset=rows.offset, **grouped).fit(
        disp=0, **options
    )


@pytest.mark.parametrize("name", BINARY)
def test_estimates_are_those_of_glm(name: str) -> None:
    case, r = CASES[name], fitted(name, cov_kwds=EXPECTED)
    assert r.converged
    assert off(r.params, case["coef"], case["se"]) < TIGHT
    np.testing.assert_allclose(r.bse, case["se"], rtol=TIGHT)
    assert r.llf == pytest.approx(case["kernel"], rel=1e-12)
    assert r.llr == pytest.approx(case["null_deviance"] - case["deviance"], rel=TIGHT)
    assert np.sum(np.square(r.resid_dev)) == pytest.approx(case["deviance"], rel=TIGHT)


@pytest.mark.parametrize("name", BINARY)
def test_nonrobust_is_of_the_observed_information(name: str) -> None:
    np.testing.assert_allclose(fitted(name).bse, CASES[name]["se_observed"], rtol=TIGHT)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("name", BINARY)
def test_sandwiches_are_those_of_vcovhc(name: str, kind: str) -> None:
    r = fitted(name, cov_type=kind, cov_kwds=EXPECTED)
    assert off_covariance(r.cov_params(), CASES[name][kind]) < TIGHT


@pytest.mark.parametrize(
    ("theirs", "ours"), [("default", "groups"), ("none", "none"), ("HC1", "stata")]
)
@pytest.mark.parametrize(("name", "ways"), WAYS)
def test_clustered_covariances_are_those_of_vcovcl(
    name: str, ways: str, theirs: str, ours: str
) -> None:
    groups = getattr(table(name), ways)
    r = fitted(
        name, cov_type="cluster", cov_kwds={"groups": groups, "correction": ours, **EXPECTED}
    )
    assert off_covariance(r.cov_params(), CASES[name][ways][theirs]) < TIGHT


@pytest.mark.parametrize("kind", ["response", "pearson", "deviance"])
@pytest.mark.parametrize("name", ROWS)
def test_residuals_are_those_of_r(name: str, kind: str) -> None:
    r = fitted(name)
    found = {"response": r.resid_response, "pearson": r.resid_pearson, "deviance": r.resid_dev}
    assert gap(found[kind], CASES[name]["residuals"][kind]) < TIGHT


@pytest.mark.parametrize("name", ROWS)
def test_leverages_and_distances_are_those_of_r(name: str) -> None:
    case, influence = CASES[name], fitted(name, cov_kwds=EXPECTED).get_influence()
    assert gap(influence.hat_matrix_diag, case["hat"]) < TIGHT
    assert gap(influence.cooks_distance[0], case["cooks_distance"]) < TIGHT


@pytest.mark.parametrize(("theirs", "ours"), [("link", "linear"), ("response", "mean")])
@pytest.mark.parametrize("name", ROWS)
def test_predictions_are_those_of_r(name: str, theirs: str, ours: str) -> None:
    expected, rows = CASES[name]["prediction"][theirs], table(name)
    offset = None if rows.offset is None else rows.offset[:5]
    found = fitted(name, cov_kwds=EXPECTED).get_prediction(rows.X[:5], which=ours, offset=offset)
    np.testing.assert_allclose(found.predicted, expected["fit"], rtol=TIGHT)
    np.testing.assert_allclose(found.se, expected["se"], rtol=TIGHT)


@pytest.mark.parametrize("name", SEVERAL)
def test_estimates_of_several_classes_are_those_of_multinom(name: str) -> None:
    case, rows = CASES[name], table(name)
    counted = {} if rows.weight is None else {"freq_weights": rows.weight}
    r = MNLogit(rows.y, rows.X, **counted).fit(disp=0)
    assert r.params.shape == (rows.X.shape[1], len(case["classes"]) - 1)
    assert off(r.params, case["coef"], case["se"]) < TIGHT
    np.testing.assert_allclose(r.bse, case["se"], rtol=TIGHT)
    assert off_covariance(r.cov_params(), case["cov"]) < TIGHT
    assert r.llf == pytest.approx(case["loglik"], rel=1e-12)
    assert r.llnull == pytest.approx(case["null_loglik"], rel=1e-12)
    assert r.aic == pytest.approx(case["aic"], rel=1e-12)
    np.testing.assert_allclose(r.predict()[:5], case["probabilities"], rtol=TIGHT)
