"""The engine against R's glm, sandwich and multinom on R's own data, to ten digits."""

import numpy as np
import pytest

from logit_engine import LINKS, Bernoulli, array_rows, fit
from logit_engine.diagnostics.influence import influence
from logit_engine.fitting.result import FitResult
from logit_engine.inference.covariance import (
    HC0,
    HC1,
    NONROBUST,
    Covariance,
    InformationKind,
    Kind,
    SmallSample,
)
from logit_engine.likelihoods import Multinomial
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


def found(name: str, wanted: Covariance = NONROBUST, ways: str | None = None) -> FitResult:
    """The engine's fit of the same rows; trials are precisions: a row of twenty trials is one
    row.
    """
    case, rows = CASES[name], table(name)
    clusters = None if ways is None else getattr(rows, ways)
    mine = array_rows(
        rows.X,
        rows.y,
        names=case["terms"],
        intercept=False,
        precision=rows.trials,
        offset=rows.offset,
        cluster=clusters,
    )
    return fit(mine, Bernoulli(LINKS[case["link"]]), covariance_type=wanted)


@pytest.mark.parametrize("name", BINARY)
def test_estimates_and_likelihood_are_those_of_glm(name: str) -> None:
    case, result = CASES[name], found(name)
    assert result.converged, result.status.sentence
    assert off(result.estimates, case["coef"], case["se"]) < TIGHT
    assert result.loglik == pytest.approx(case["kernel"], rel=1e-12)
    explained = case["null_deviance"] - case["deviance"]
    assert 2.0 * (result.loglik - result.null_loglik) == pytest.approx(explained, rel=TIGHT)
    if table(name).trials is None:
        assert result.loglik == pytest.approx(case["loglik"], rel=1e-12)
        assert result.aic == pytest.approx(case["aic"], rel=1e-12)


@pytest.mark.parametrize("name", BINARY)
def test_observed_information_is_that_of_symbolic_derivatives(name: str) -> None:
    np.testing.assert_allclose(found(name).std_errors, CASES[name]["se_observed"], rtol=TIGHT)


@pytest.mark.parametrize("name", BINARY)
def test_expected_information_is_that_of_glm(name: str) -> None:
    case, result = CASES[name], found(name, Covariance(information=InformationKind.EXPECTED))
    assert off_covariance(result.covariance, case["cov"]) < TIGHT
    np.testing.assert_allclose(result.z, case["z"], rtol=TIGHT, atol=TIGHT)
    # log p moves by z times what z does
    np.testing.assert_allclose(result.p_values, case["p"], rtol=1e-8)


@pytest.mark.parametrize("name", [name for name in BINARY if CASES[name]["link"] != "logit"])
def test_both_informations_differ_without_the_canonical_link(name: str) -> None:
    case = CASES[name]
    assert np.abs(np.divide(case["se_observed"], case["se"]) - 1.0).max() > 1e-4


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("name", BINARY)
def test_sandwich_is_vcovhc(name: str, kind: str) -> None:
    result = found(name, Covariance(Kind(kind), InformationKind.EXPECTED))
    assert off_covariance(result.covariance, CASES[name][kind]) < TIGHT


@pytest.mark.parametrize(
    ("theirs", "ours"), [("default", "groups"), ("none", "none"), ("HC1", "stata")]
)
@pytest.mark.parametrize(("name", "ways"), WAYS)
def test_clustered_is_vcovcl(name: str, ways: str, theirs: str, ours: str) -> None:
    result = found(
        name, Covariance(Kind.CLUSTER, InformationKind.EXPECTED, SmallSample(ours)), ways
    )
    assert off_covariance(result.covariance, CASES[name][ways][theirs]) < TIGHT
    assert list(np.atleast_1d(result.clusters)) == CASES[name][ways]["clusters"]


def test_clustered_is_the_working_independence_of_geeglm() -> None:
    wanted = Covariance(Kind.CLUSTER, small_sample=SmallSample.NONE)
    errors = found("ohio-logit", wanted, "one_way").std_errors
    np.testing.assert_allclose(errors, CASES["ohio-logit"]["geeglm_se"], rtol=TIGHT)


@pytest.mark.parametrize("name", ROWS)
def test_leverages_and_distances_of_the_expected_information_are_those_of_glm(name: str) -> None:
    case, rows, result = CASES[name], table(name), found(name)
    likelihood = Bernoulli(LINKS[case["link"]])
    eta = rows.X @ result.estimates + (0.0 if rows.offset is None else rows.offset)
    w = likelihood.expected(eta) * (1.0 if rows.trials is None else rows.trials)
    factor = np.linalg.qr(rows.X * np.sqrt(w)[:, None], mode="r")
    measures = influence(
        likelihood, rows.X, rows.y, result.estimates, factor, offset=rows.offset, weight=rows.trials
    )
    assert gap(measures.hat, case["hat"]) < TIGHT
    assert gap(measures.cooks_distance, case["cooks_distance"]) < TIGHT


@pytest.mark.parametrize("name", SEVERAL)
def test_several_classes_are_those_of_multinom(name: str) -> None:
    case, rows = CASES[name], table(name)
    k = len(case["classes"]) - 1
    mine = array_rows(
        rows.X,
        rows.y,
        names=case["terms"],
        classes=case["classes"],
        intercept=False,
        weight=rows.weight,
    )
    result = fit(mine, Multinomial(k))
    assert result.converged, result.status.sentence
    coef, errors = (np.array(case[key]).T.ravel() for key in ("coef", "se"))
    assert off(result.estimates, coef, errors) < TIGHT
    assert off_covariance(result.covariance, case["cov"]) < TIGHT
    assert result.loglik == pytest.approx(case["loglik"], rel=1e-12)
    assert result.null_loglik == pytest.approx(case["null_loglik"], rel=1e-12)
    # nnet's own search ends no higher
    assert -2.0 * result.loglik <= case["nnet"]["deviance"] + 1e-10
    assert off(np.array(case["nnet"]["coef"]).T.ravel(), result.estimates, errors) < 1e-5


def test_grouped_rows_count_once_and_copies_count_as_often() -> None:
    """R has one kind of weight; ours are two, which only the covariances tell apart."""
    case, rows = CASES["menarche-logit"], table("menarche-logit")
    likelihood = Bernoulli(LINKS["logit"])
    grouped = {"names": case["terms"], "intercept": False}
    as_trials = array_rows(rows.X, rows.y, precision=rows.trials, **grouped)
    as_copies = array_rows(rows.X, rows.y, weight=rows.trials, **grouped)
    assert off_covariance(fit(as_copies, likelihood).covariance, case["cov"]) < TIGHT
    assert (
        off_covariance(fit(as_trials, likelihood, covariance_type=HC0).covariance, case["HC0"])
        < TIGHT
    )
    assert (
        off_covariance(fit(as_copies, likelihood, covariance_type=HC1).covariance, case["HC1"])
        > 0.1
    )
