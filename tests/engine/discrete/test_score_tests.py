"""Score tests beside statsmodels', and beside finite differences where it has none."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

import logit_engine.discrete as ours

MODELS = ("Logit", "Probit", "MNLogit")


def data(name: str, n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    latent = X @ [0.2, 0.8, -0.5] + rng.logistic(size=n)
    y = np.digitize(latent, [-0.5, 0.9]) if name == "MNLogit" else (latent > 0).astype(float)
    return y, X, rng.standard_normal((n, 2))


def fits(name: str, **options):
    y, X, _ = data(name)
    return getattr(sm, name)(y, X).fit(disp=0, tol=1e-14, **options), getattr(ours, name)(y, X).fit(
        disp=0, **options
    )


@pytest.mark.parametrize("own", ["nonrobust", "HC0"])
@pytest.mark.parametrize("asked", [None, "nonrobust", "HC0"])
@pytest.mark.parametrize("name", MODELS)
def test_the_fits_own_covariance_unless_another_is_asked_for(
    name: str, asked: str | None, own: str
) -> None:
    theirs, mine = fits(name, cov_type=own)
    extra = data(name)[2]
    found = mine.score_test(extra, cov_type=asked)
    if name == "MNLogit" and (asked or own) == "HC0":  # there of other parameters: see the page
        expected = fits(name)[1].score_test(extra, cov_type="HC0")
    else:
        expected = theirs.score_test(extra, cov_type=asked)
    np.testing.assert_allclose(np.ravel(found), np.ravel(np.hstack(expected)), rtol=1e-7)
    assert found.distribution == "chi2"
    assert found.k_constraint == expected.k_constraint if expected.k_constraint else True


def test_the_result_is_the_pair_that_statsmodels_gives() -> None:
    theirs, mine = fits("Logit")
    extra = data("Logit")[2]
    expected, found = theirs.score_test(extra), mine.score_test(extra)
    statistic, p_value = found
    assert (found[0], found[1], found[-1], len(found)) == (
        statistic,
        p_value,
        p_value,
        len(expected),
    )
    assert statistic.item() == pytest.approx(np.squeeze(expected[0]).item(), rel=1e-8)
    np.testing.assert_allclose(np.hstack(found), np.hstack(expected), rtol=1e-7)
    with pytest.raises(IndexError):
        _ = found[2]
    apart = mine.score_test(extra, hypothesis="separate")
    assert (apart.distribution, apart.k_constraint) == ("norm", None)
    assert {name for name in dir(expected) if not name.startswith("_")} <= set(dir(found))


@pytest.mark.parametrize("cov_type", ["nonrobust", "HC0"])
@pytest.mark.parametrize("name", ["Logit", "Probit"])
def test_constraints_of_the_fit_are_tested(name: str, cov_type: str) -> None:
    y, X, _ = data(name)
    theirs = getattr(sm, name)(y, X).fit_constrained(
        "x1 = 0.5, x2 = 0", disp=0, cov_type=cov_type, tol=1e-14
    )
    mine = getattr(ours, name)(y, X).fit_constrained("x1 = 0.5, x2 = 0", disp=0, cov_type=cov_type)
    # there the fit forgets its cov_type
    expected = np.ravel(np.hstack(theirs.score_test(cov_type=cov_type)))
    np.testing.assert_allclose(np.ravel(mine.score_test()), expected, rtol=1e-6)
    np.testing.assert_array_equal(mine.constraints.coefs, theirs.constraints.coefs)
    np.testing.assert_array_equal(mine.constraints.constants, theirs.constraints.constants)
    assert mine.k_constr == theirs.k_constr == 2
    assert mine.bse[1] == mine.bse[2] == 0.0
    assert not hasattr(fits(name)[1], "constraints")


@pytest.mark.parametrize("name", MODELS)
def test_a_number_of_constraints_tests_the_whole_score(name: str) -> None:
    y, X, _ = data(name)
    full = getattr(ours, name)(y, X).fit(disp=0)
    at = np.asarray(full.params) * 0.9
    theirs = getattr(sm, name)(y, X).fit(disp=0, tol=1e-14)
    flat = at.ravel(order="F")
    for hypothesis in ("joint", "separate"):
        expected = theirs.score_test(
            params_constrained=flat, k_constraints=2, hypothesis=hypothesis
        )
        found = full.score_test(params_constrained=at, k_constraints=2, hypothesis=hypothesis)
        np.testing.assert_allclose(np.hstack(found), np.hstack(expected), rtol=1e-7)
    for asked, sentence in (
        ({}, "needs exog_extra, r_matrix, k_constraints"),
        ({"k_constraints": 2, "cov_type": "HC0"}, "give r_matrix"),
        (
            {"k_constraints": 3, "exog_extra": np.arange(len(y))},
            "k_constraints is 3, but the test is of",
        ),
    ):
        with pytest.raises(ValueError, match=sentence):
            full.score_test(params_constrained=at, **asked)


def score_by_hand(
    y: np.ndarray, X: np.ndarray, extra: np.ndarray, theta: np.ndarray, groups: np.ndarray
) -> float:
    """The clustered statistic of a logit, by its definition. Boos (1992)."""
    Z = np.column_stack([X, extra])
    p = 1.0 / (1.0 + np.exp(-X @ theta))
    bread = np.linalg.inv(Z.T @ (Z * (p * (1 - p))[:, None]))
    sums = pd.DataFrame(Z * (y - p)[:, None]).groupby(groups).sum().to_numpy()
    sums = sums - sums.mean(axis=0)
    R = np.eye(Z.shape[1])[X.shape[1] :]
    step = R @ bread @ (Z.T @ (y - p))
    return float(step @ np.linalg.solve(R @ bread @ sums.T @ sums @ bread @ R.T, step))


def test_clusters_of_the_fit_are_those_of_its_score_test() -> None:
    y, X, extra = data("Logit")
    groups = np.arange(300) // 6
    own = ours.Logit(y, X).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": groups, "correction": "groups"}
    )
    expected = score_by_hand(y, X, extra, np.asarray(own.params), groups) * 49 / 50
    assert own.score_test(extra).statistic == pytest.approx(expected, rel=1e-9)
    given = {"cov_type": "cluster", "cov_kwds": {"groups": groups, "correction": "none"}}
    plain = ours.Logit(y, X).fit(disp=0).score_test(extra, **given)
    assert plain.statistic == pytest.approx(expected * 50 / 49, rel=1e-9)
    rows = {"cov_type": "cluster", "cov_kwds": {"groups": np.arange(300), "correction": "groups"}}
    each = ours.Logit(y, X).fit(disp=0)
    assert each.score_test(extra, **rows).statistic == pytest.approx(
        each.score_test(extra, cov_type="HC0").statistic, rel=1e-12
    )
    own.remove_data()
    assert own.record.groups is None


@pytest.mark.parametrize("kind", ["HC1", "HC2", "HC3"])
def test_other_robust_fits_are_refused_by_a_sentence(kind: str) -> None:
    mine = fits("Logit")[1].model.fit(disp=0, cov_type=kind)
    with pytest.raises(
        ValueError, match=f"a score test has no {kind} covariance; choose cov_type='HC0'"
    ):
        mine.score_test(data("Logit")[2])
    assert mine.score_test(data("Logit")[2], cov_type="HC0").pvalue < 1.0


def test_the_expected_information_is_rao_of_glm() -> None:
    y, X, extra = data("Probit")
    binomial = sm.families.Binomial(sm.families.links.Probit())
    theirs = sm.GLM(y, X, family=binomial).fit(method="newton", tol=1e-12)
    mine = ours.Probit(y, X).fit(disp=0)
    for observed in (True, False):
        expected = np.ravel(np.hstack(theirs.score_test(exog_extra=extra, observed=observed)))
        np.testing.assert_allclose(
            np.ravel(mine.score_test(extra, observed=observed)), expected, rtol=1e-6
        )


def test_a_chi_squared_of_the_number_of_restrictions() -> None:
    found = fits("MNLogit")[1].score_test(data("MNLogit")[2])
    assert found.k_constraint == 4
    assert found.pvalue == pytest.approx(stats.chi2.sf(found.statistic, 4), rel=1e-12)


def test_survey_weights_square_in_the_scores_covariance() -> None:
    """The scores that are summed are weighted ones, so their covariance has squared weights;
    frequencies do not square.
    """
    y, X, extra = data("Logit")
    w = np.random.default_rng(1).uniform(0.5, 2.0, 300)
    fit = ours.Logit(y, X, sampling_weights=w).fit(disp=0)
    Z, p = np.column_stack([X, extra]), np.asarray(fit.predict())
    bread = np.linalg.inv(Z.T @ (Z * (w * p * (1 - p))[:, None]))
    scores = Z * (w * (y - p))[:, None]
    meat = (scores.T @ scores - np.outer(scores.sum(0), scores.sum(0)) / 300) * 300 / 299
    step = (bread @ scores.sum(0))[3:]
    expected = step @ np.linalg.solve((bread @ meat @ bread)[3:, 3:], step)
    assert fit.score_test(extra).statistic == pytest.approx(expected, rel=1e-9)
    times = np.random.default_rng(2).integers(1, 4, 300)
    at = np.repeat(np.arange(300), times)
    counted = ours.Logit(y, X, freq_weights=times).fit(disp=0, cov_type="HC0").score_test(extra)
    repeated = ours.Logit(y[at], X[at]).fit(disp=0, cov_type="HC0").score_test(extra[at])
    np.testing.assert_allclose(np.ravel(counted), np.ravel(repeated), rtol=1e-9)
