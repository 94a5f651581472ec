"""Fits have the numbers of statsmodels and scikit-learn, under constraints and offsets too."""

import mpmath
import numpy as np
import pytest
import statsmodels.api as sm

from logit_engine import (
    CLOGLOG,
    CLUSTER,
    HC0,
    LINKS,
    LOGIT,
    Bernoulli,
    Multinomial,
    array_rows,
    fit,
)
from logit_engine.constraints import Equalities
from logit_engine.links import Link
from logit_engine.penalties import L2
from tests.support.samples import overlapping_sample

mpmath.mp.dps = 250


@pytest.mark.parametrize(("name", "peer"), [("logit", sm.Logit), ("probit", sm.Probit)])
def test_statsmodels_agrees_in_every_number(name: str, peer: type) -> None:
    X, y = overlapping_sample()
    groups = np.arange(400) // 8
    theirs = peer(y, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    ours = fit(array_rows(X, y), Bernoulli(LINKS[name]))
    np.testing.assert_allclose(ours.estimates, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(ours.std_errors, theirs.bse, rtol=1e-8)
    np.testing.assert_allclose(ours.p_values, theirs.pvalues, rtol=1e-6)
    np.testing.assert_allclose(ours.interval(0.9), theirs.conf_int(0.1), rtol=1e-8)
    for mine, yours in (
        ("loglik", "llf"),
        ("null_loglik", "llnull"),
        ("aic", "aic"),
        ("bic", "bic"),
    ):
        assert getattr(ours, mine) == pytest.approx(getattr(theirs, yours), rel=1e-10)
    assert ours.mcfadden_r2 == pytest.approx(theirs.prsquared, rel=1e-9)
    white = peer(y, sm.add_constant(X)).fit(disp=0, tol=1e-14, cov_type="HC0")
    np.testing.assert_allclose(
        fit(array_rows(X, y), Bernoulli(LINKS[name]), covariance_type=HC0).std_errors,
        white.bse,
        rtol=1e-8,
    )
    keywords = {"groups": groups, "use_correction": False}
    clustered = peer(y, sm.add_constant(X)).fit(
        disp=0, tol=1e-14, cov_type="cluster", cov_kwds=keywords
    )
    mine = fit(array_rows(X, y, cluster=groups), Bernoulli(LINKS[name]), covariance_type=CLUSTER)
    np.testing.assert_allclose(mine.std_errors, clustered.bse * np.sqrt(50 / 49), rtol=1e-8)
    assert mine.clusters == (50,)


def test_an_l2_fit_is_scikit_learns_and_gives_no_standard_errors() -> None:
    from sklearn.linear_model import LogisticRegression

    X, y = overlapping_sample()
    peer = LogisticRegression(C=0.5, tol=1e-12, solver="newton-cholesky").fit(X, y)
    ours = fit(array_rows(X, y), penalty=L2(2.0))
    np.testing.assert_allclose(ours.estimates, [*peer.intercept_, *peer.coef_[0]], rtol=1e-8)
    assert np.isnan(ours.std_errors).all()
    assert ours.converged


def test_the_null_loglik_counts_the_offset() -> None:
    X, y = overlapping_sample()
    offset = np.linspace(-2.0, 2.0, 400)
    null = sm.GLM(y, np.ones(400), family=sm.families.Binomial(), offset=offset).fit(tol=1e-12)
    assert fit(array_rows(X, y, offset=offset)).null_loglik == pytest.approx(null.llf, rel=1e-10)


def test_equality_constraints_hold_and_take_their_covariance_away() -> None:
    X, y = overlapping_sample(400, 3)
    R, q = np.array([[0.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]), np.array([0.0, 0.25])
    r = fit(array_rows(X, y), equalities=Equalities(R, q, ("c", "x1", "x2", "x3")))
    np.testing.assert_allclose(R @ r.estimates, q, atol=1e-13)
    np.testing.assert_allclose(R @ r.covariance @ R.T, 0.0, atol=1e-16)
    direct = fit(array_rows((X[:, 0] + X[:, 1])[:, None], y, offset=0.25 * X[:, 2]))
    np.testing.assert_allclose(r.estimates[:2], direct.estimates, rtol=1e-11)
    np.testing.assert_allclose(r.std_errors[:2], direct.std_errors, rtol=1e-11)
    assert r.df_model == 1


@pytest.mark.parametrize("shift", [1e3, 1e7])
def test_equality_constraints_hold_for_columns_far_from_zero(shift: float) -> None:
    X, y = overlapping_sample(400, 3)
    equalities = Equalities(
        np.array([[0.0, 1.0, 0.0, 1.0]]), np.array([1.0]), ("c", "x1", "x2", "x3")
    )
    near, far = (
        fit(array_rows(X + np.array([0.0, 0.0, by]), y), equalities=equalities)
        for by in (0.0, shift)
    )
    assert far.converged
    np.testing.assert_allclose(far.estimates[1:], near.estimates[1:], rtol=1e-7)
    np.testing.assert_allclose(far.std_errors[1:], near.std_errors[1:], rtol=1e-7)


@pytest.mark.parametrize("n", [700, 70_000])
@pytest.mark.parametrize("common", [700.0, -700.0])
@pytest.mark.parametrize("link", [LOGIT, CLOGLOG], ids=lambda link: link.name)
def test_a_common_offset_moves_the_constant_alone(n: int, common: float, link: Link) -> None:
    X, y = overlapping_sample(n, 2)
    plain, moved = (
        fit(array_rows(X, y, offset=np.full(n, by)), Bernoulli(link)) for by in (0.0, common)
    )
    assert moved.converged
    np.testing.assert_allclose(moved.estimates, plain.estimates - [common, 0.0, 0.0], rtol=1e-12)
    np.testing.assert_allclose(moved.std_errors, plain.std_errors, rtol=1e-9)


def test_far_offsets_of_both_signs_reach_the_maximum() -> None:
    X, y = overlapping_sample(200, 2)
    offset = np.where(np.arange(200) % 2, 100.0, -100.0)
    found = fit(array_rows(X, y, offset=offset))
    assert found.converged
    exact = [mpmath.mpf(0)] * 3
    with mpmath.workdps(400):  # the scores of far rows differ by so many digits
        for row, outcome, by in zip(X, y, offset, strict=True):
            x = [mpmath.mpf(1), *map(mpmath.mpf, row)]
            eta = sum(a * mpmath.mpf(b) for a, b in zip(x, found.estimates, strict=True)) + by
            rest = mpmath.mpf(outcome) - 1 / (1 + mpmath.exp(-eta))
            exact = [total + rest * a for total, a in zip(exact, x, strict=True)]
        step = [
            sum(mpmath.mpf(v) * g for v, g in zip(row, exact, strict=True))
            for row in found.covariance
        ]
    assert max(abs(s) / error for s, error in zip(step, found.std_errors, strict=True)) < 1e-6


def test_several_classes_agree_with_statsmodels() -> None:
    rng = np.random.default_rng(6)
    X = rng.standard_normal((900, 3))
    eta = np.column_stack([np.zeros(900), X @ rng.standard_normal((3, 3)) * 0.6])
    codes = (
        np.exp(eta).cumsum(axis=1) / np.exp(eta).sum(axis=1, keepdims=True) < rng.random((900, 1))
    ).sum(axis=1)
    r = fit(array_rows(X, codes, classes=list("abcd")), Multinomial(3))
    theirs = sm.MNLogit(codes, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    assert r.converged
    np.testing.assert_allclose(r.estimates.reshape(3, 4).T, theirs.params, rtol=1e-10)
    np.testing.assert_allclose(r.std_errors.reshape(3, 4).T, theirs.bse, rtol=1e-10)
    assert r.loglik == pytest.approx(theirs.llf, rel=1e-13)


@pytest.mark.parametrize("seed", [719, 3, 5])
def test_standard_errors_are_those_at_the_maximum_itself(seed: int) -> None:
    """Seed 719 is a fit whose last step, left out of the information, once cost a digit of
    thirteen.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(40, 400))
    X, shape = rng.standard_normal((n, 2)), (rng.uniform(0, 2), rng.uniform(-2, 2))
    y = (
        rng.random(n) < 1.0 / (1.0 + np.exp(-(X @ np.array([1.0, 0.5]) * shape[0] + shape[1])))
    ).astype(float)
    found = fit(array_rows(X, y))
    design = np.column_stack([np.ones(n), X])
    p = 1.0 / (1.0 + np.exp(-design @ found.estimates))
    exact = np.sqrt(np.diagonal(np.linalg.inv(design.T @ (design * (p * (1.0 - p))[:, None]))))
    np.testing.assert_allclose(found.std_errors, exact, rtol=1e-13)
