"""Residuals against statsmodels, and against 60 digits in the tails."""

import mpmath
import numpy as np
import pytest
import statsmodels.api as sm

from logit_engine.diagnostics.residuals import misclassified, residuals
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LINKS, LOGIT, PROBIT, Link
from tests.support.every_link import EXACT_CURVES
from tests.support.samples import Sample, drawn_sample

KINDS = ("response", "pearson", "deviance", "generalized")
FAR = (-800.0, -300.0, -36.0, -5.0, -0.3, 0.0, 0.7, 4.0, 36.0, 300.0, 800.0)


def data(n: int = 300) -> Sample:
    return drawn_sample(n, [0.6, 0.6, 0.6], constant=True)


@pytest.mark.parametrize(("link", "model"), [(LOGIT, sm.Logit), (PROBIT, sm.Probit)])
def test_binary_residuals_are_those_of_statsmodels(link: Link, model: type) -> None:
    X, y = data()
    peer = model(y, X).fit(disp=0)
    ours = residuals(Bernoulli(link), X @ peer.params, y)
    for kind, theirs in zip(KINDS, ("response", "pearson", "dev", "generalized"), strict=True):
        np.testing.assert_allclose(
            getattr(ours, kind), getattr(peer, f"resid_{theirs}"), rtol=1e-12, err_msg=kind
        )


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("logit", sm.families.links.Logit),
        ("probit", sm.families.links.Probit),
        ("cloglog", sm.families.links.CLogLog),
        ("loglog", sm.families.links.LogLog),
        ("cauchit", sm.families.links.Cauchy),
    ],
)
def test_shares_of_trials_are_those_of_a_binomial_glm(name: str, family: type) -> None:
    rng = np.random.default_rng(1)
    X, _ = data(60)
    trials = rng.integers(1, 12, 60).astype(float)
    events = rng.binomial(trials.astype(int), 0.4).astype(float)
    table = np.column_stack([events, trials - events])
    peer = sm.GLM(table, X, family=sm.families.Binomial(link=family())).fit()
    ours = residuals(Bernoulli(LINKS[name]), X @ peer.params, events / trials, trials)
    # the peer's count
    np.testing.assert_allclose(trials * ours.response, peer.resid_response, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(ours.pearson, peer.resid_pearson, rtol=1e-9, atol=1e-14)
    # the peer's cancel near zero
    np.testing.assert_allclose(ours.deviance, peer.resid_deviance, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(
        ours.generalized, peer.model.score_factor(peer.params), rtol=1e-9, atol=1e-13
    )


@pytest.mark.parametrize("y", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_residuals_are_exact_in_both_tails(link: Link, y: float) -> None:
    ours = residuals(Bernoulli(link), np.array(FAR), np.full(len(FAR), y))
    events, curves = mpmath.mpf(y), EXACT_CURVES[link.name]
    with mpmath.workdps(400):
        for i, point in enumerate(FAR):
            F, S, *_ = curves(mpmath.mpf(point))
            if min(F, S) < mpmath.mpf(10) ** -100_000:
                continue  # mpmath's own tails end here
            exact = {
                "response": events * S - (1 - events) * F,
                "pearson": (events * S - (1 - events) * F) / mpmath.sqrt(F * S),
            }
            for kind, value in exact.items():
                expected = (
                    float(value) if abs(value) < 1e308 else float(mpmath.sign(value)) * np.inf
                )
                assert getattr(ours, kind)[i] == pytest.approx(expected, rel=2e-13, abs=1e-300), (
                    kind,
                    point,
                )
            deviance = (
                -events * mpmath.log(F)
                if y == 1
                else -(1 - events) * mpmath.log(S)
                if y == 0
                else None
            )
            if deviance is None:
                deviance = events * mpmath.log(events / F) + (1 - events) * mpmath.log(
                    (1 - events) / S
                )
            signed = mpmath.sign(events - F) * mpmath.sqrt(2 * deviance)
            assert ours.deviance[i] == pytest.approx(float(signed), rel=1e-13, abs=1e-160), point


@pytest.mark.parametrize("gap", [1e-3, -1e-6, 1e-9])
def test_the_deviance_of_a_share_near_its_mean_keeps_its_digits(gap: float) -> None:
    eta = np.array([-1.25])
    with mpmath.workdps(50):
        mean = 1 / (1 + mpmath.exp(-mpmath.mpf(-1.25)))
        share = float(mean) * (1.0 + gap)
        y = mpmath.mpf(share)
        exact = 2 * (y * mpmath.log(y / mean) + (1 - y) * mpmath.log((1 - y) / (1 - mean)))
        expected = float(mpmath.sign(y - mean) * mpmath.sqrt(exact))
    ours = residuals(Bernoulli(LOGIT), eta, np.array([share])).deviance
    # all that is lost is the rounding of the mean itself
    assert ours[0] == pytest.approx(expected, rel=1e-15 / abs(gap) + 1e-14)


def test_one_row_of_many_trials_adds_the_scores_and_deviances_of_its_trials() -> None:
    eta, y = np.full(5, 0.4), np.array([1.0, 1.0, 0.0, 1.0, 0.0])
    each = residuals(Bernoulli(PROBIT), eta, y)
    row = residuals(Bernoulli(PROBIT), eta[:1], np.array([0.6]), np.array([5.0]))
    assert row.generalized[0] == pytest.approx(each.generalized.sum(), rel=1e-14)
    assert row.response[0] == pytest.approx(each.response.mean(), rel=1e-14)
    assert row.pearson[0] == pytest.approx(each.pearson.sum() / np.sqrt(5.0), rel=1e-14)


def test_rows_without_trials_have_no_residual_however_far_out() -> None:
    eta, trials = np.array([900.0, 0.2]), np.array([0.0, 1.0])
    ours = residuals(Bernoulli(LINKS["cloglog"]), eta, np.zeros(2), trials)
    for kind in ("pearson", "deviance", "generalized"):
        assert getattr(ours, kind)[0] == 0.0
        assert np.isfinite(getattr(ours, kind)).all()


def three_classes(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    utility = np.column_stack([np.zeros(n), X @ [0.2, 0.8, -0.3], X @ [-0.4, 0.1, 0.9]])
    return X, (utility + rng.gumbel(size=(n, 3))).argmax(axis=1).astype(float)


def test_multinomial_residuals_are_those_of_statsmodels() -> None:
    X, y = three_classes()
    peer = sm.MNLogit(y, X).fit(disp=0)
    eta = X @ peer.params
    ours = residuals(Multinomial(2), eta, y)
    np.testing.assert_allclose(ours.response, peer.resid_response, rtol=1e-12)
    np.testing.assert_allclose(
        ours.generalized, peer.model.score_factor(peer.params.ravel(order="F")), rtol=1e-11
    )
    P = peer.predict()
    np.testing.assert_allclose(
        ours.pearson, peer.resid_response / np.sqrt(P * (1.0 - P)), rtol=1e-12
    )
    by_class = peer.model.loglikeobs(peer.params.ravel(order="F"))
    np.testing.assert_allclose(ours.deviance**2, -2.0 * by_class.sum(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(misclassified(eta, y), peer.resid_misclassified)


@pytest.mark.parametrize("y", [0.0, 1.0])
@pytest.mark.parametrize("point", FAR)
def test_two_classes_have_the_residuals_of_the_logit(y: float, point: float) -> None:
    eta, outcome = np.array([point]), np.array([y])
    two, logit = (
        residuals(Multinomial(1), eta[:, None], outcome),
        residuals(Bernoulli(LOGIT), eta, outcome),
    )
    np.testing.assert_allclose(two.response[:, 1], logit.response, rtol=1e-14)
    np.testing.assert_allclose(two.response[:, 0], -logit.response, rtol=1e-14)
    np.testing.assert_allclose(two.pearson[:, 1], logit.pearson, rtol=1e-13)
    np.testing.assert_allclose(two.deviance, np.abs(logit.deviance), rtol=1e-14)
    np.testing.assert_allclose(two.generalized[:, 0], logit.generalized, rtol=1e-14)


def test_multinomial_trials_scale_rows_of_matrices() -> None:
    X, y = three_classes(20)
    eta = X @ np.ones((3, 2))
    one, four = (
        residuals(Multinomial(2), eta, y),
        residuals(Multinomial(2), eta, y, np.full(20, 4.0)),
    )
    np.testing.assert_allclose(four.pearson, 2.0 * one.pearson)
    np.testing.assert_allclose(four.generalized, 4.0 * one.generalized)


def test_the_first_of_equally_likely_classes_is_the_prediction() -> None:
    eta = np.array([[0.0, -1.0], [2.0, 2.0], [1000.0, 999.0]])
    np.testing.assert_array_equal(misclassified(eta, np.array([0.0, 2.0, 1.0])), [0.0, 1.0, 0.0])
