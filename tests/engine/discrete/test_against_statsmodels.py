"""Estimates, likelihoods and methods of statsmodels' three models have the same numbers here."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import logit_engine.discrete as ours
from tests.support.statsmodels_pairs import BINARY, NAMES, TIGHT, frame, pair

PROPERTIES = (
    "params",
    "bse",
    "tvalues",
    "pvalues",
    "llf",
    "llnull",
    "llr",
    "llr_pvalue",
    "prsquared",
    "aic",
    "bic",
    "nobs",
    "df_model",
    "df_resid",
    "fittedvalues",
    "resid_response",
    "resid_pearson",
    "normalized_cov_params",
    "im_ratio",
    "scale",
    "k_constant",
    "use_t",
    "converged",
    "method",
    "cov_type",
)


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties_have_the_same_numbers_and_shapes(both, name: str) -> None:
    theirs, mine = both
    if name in (
        "fittedvalues",
        "resid_response",
        "resid_pearson",
    ):  # as arrays: statsmodels cannot label two columns
        theirs = theirs._results
    expected, found = getattr(theirs, name), getattr(mine, name)
    if isinstance(expected, str | bool):
        assert found == expected
        return
    assert np.shape(found) == np.shape(expected)
    # statsmodels fits the null by bfgs
    rtol = 1e-6 if name in ("llnull", "llr", "llr_pvalue", "prsquared") else 1e-8
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-10)
    if isinstance(expected, pd.Series | pd.DataFrame):
        assert list(found.index) == list(expected.index)
        assert list(getattr(found, "columns", ())) == list(getattr(expected, "columns", ()))


@pytest.mark.parametrize("name", ["resid_dev", "resid_generalized"])
@pytest.mark.parametrize("model", BINARY)
def test_residuals_of_binary_models_are_statsmodels_own(model: str, name: str) -> None:
    theirs, mine = pair(model)
    np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-8)


@pytest.mark.parametrize("name", ["conf_int", "cov_params", "pred_table"])
def test_tables_have_the_same_numbers_and_labels(both, name: str) -> None:
    theirs, mine = both
    expected, found = getattr(theirs, name)(), getattr(mine, name)()
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-12)
    assert type(found) is type(expected)
    if isinstance(expected, pd.DataFrame):
        assert list(found.index) == list(expected.index)
        assert list(found.columns) == list(expected.columns)


@pytest.mark.parametrize("crit", ["aic", "bic", "tic", "gbic"])
def test_information_criteria_are_statsmodels_own(both, crit: str) -> None:
    theirs, mine = both
    expected = theirs.info_criteria(crit, 0)
    if (
        mine.params.ndim == 2 and crit != "tic"
    ):  # there theirs counts one constant, where its own aic counts one a class
        found = mine.info_criteria("aic" if crit == "aic" else "bic")
        assert found == pytest.approx(getattr(theirs, "aic" if crit == "aic" else "bic"), rel=1e-12)
        return
    np.testing.assert_allclose(mine.info_criteria(crit, 0), expected, rtol=1e-9)


@pytest.mark.parametrize(
    "name",
    ["loglike", "loglikeobs", "score", "score_obs", "score_factor", "hessian", "hessian_factor"],
)
def test_the_likelihood_away_from_the_maximum_is_the_same(both, name: str) -> None:
    theirs, mine = both
    at = np.asarray(theirs.params).ravel(order="F") * 0.7 + 0.05
    expected = getattr(theirs.model, name)(at)
    np.testing.assert_allclose(getattr(mine.model, name)(at), expected, rtol=1e-10, atol=1e-10)


def test_predictions_in_and_out_of_the_sample_are_the_same(both) -> None:
    theirs, mine = both
    for which in ("mean", "linear"):
        np.testing.assert_allclose(
            mine.predict(which=which), theirs.predict(which=which), rtol=1e-9, atol=1e-12
        )
    new = frame()[0].iloc[:7] * 1.1
    new = new if isinstance(mine.model.inputs.index, pd.Index) else new.to_numpy()
    found, expected = mine.predict(new), theirs.predict(new)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "method", ["bfgs", "lbfgs", "nm", "powell", "cg", "ncg", "basinhopping", "minimize"]
)
@pytest.mark.parametrize("name", BINARY)
def test_every_method_finds_the_same_maximum(name: str, method: str) -> None:
    X, outcomes = frame()
    options = {"niter": 2} if method == "basinhopping" else {}
    seen: list[np.ndarray] = []
    watch = lambda params, *_: seen.append(params)  # noqa: E731  (of hops also the value, and whether it was accepted)
    mine = getattr(ours, name)(outcomes[name], X).fit(
        disp=0, method=method, callback=watch, **options
    )
    theirs = getattr(sm, name)(outcomes[name], X).fit(**TIGHT)
    assert mine.converged
    assert mine.mle_settings["optimizer"] == method
    np.testing.assert_allclose(mine.params, theirs.params, rtol=1e-9, atol=1e-10)
    assert seen


def test_start_params_maxiter_and_callback_are_heard() -> None:
    X, outcomes = frame()
    seen: list[np.ndarray] = []
    best = ours.Logit(outcomes["Logit"], X).fit(disp=0)
    again = ours.Logit(outcomes["Logit"], X).fit(
        start_params=best.params, disp=0, callback=seen.append
    )
    assert again.mle_retvals["iterations"] < best.mle_retvals["iterations"]
    np.testing.assert_allclose(seen[-1], best.params, rtol=1e-10)
    with pytest.warns(UserWarning, match="not converged after 2 passes"):
        assert not ours.Logit(outcomes["Logit"], X).fit(disp=0, maxiter=2).converged


@pytest.mark.parametrize("name", BINARY)
def test_hc0_and_clusters_are_statsmodels_own(name: str) -> None:
    groups = np.arange(300) // 6
    for options in (
        {"cov_type": "HC0"},
        {"cov_type": "cluster", "cov_kwds": {"groups": groups}},
        {"cov_type": "cluster", "cov_kwds": {"groups": groups, "use_correction": False}},
        {
            "cov_type": "cluster",
            "cov_kwds": {"groups": np.column_stack([groups, np.arange(300) % 30])},
        },
    ):
        theirs, mine = pair(name, **options)
        np.testing.assert_allclose(mine.bse, theirs.bse, rtol=1e-8)
        assert mine.cov_type == theirs.cov_type


def test_hc1_to_hc3_are_what_they_say() -> None:
    """Statsmodels prints HC1 to HC3 and gives HC0; the formulas, and MacKinnon and White's
    leverages, by hand.
    """
    X, outcomes = frame()
    y, Z = outcomes["Logit"].to_numpy(), X.to_numpy()
    p = np.asarray(ours.Logit(y, Z).fit(disp=0).predict())
    bread = np.linalg.inv(Z.T @ (Z * (p * (1 - p))[:, None]))
    leverage = p * (1 - p) * np.einsum("ij,jk,ik->i", Z, bread, Z)
    for kind, factor in (
        ("HC1", np.full(300, 300 / 296)),
        ("HC2", 1 / (1 - leverage)),
        ("HC3", 1 / (1 - leverage) ** 2),
    ):
        meat = Z.T @ (Z * (factor * (y - p) ** 2)[:, None])
        found = ours.Logit(y, Z).fit(disp=0, cov_type=kind)
        np.testing.assert_allclose(found.cov_params(), bread @ meat @ bread, rtol=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 2.0, [0.0, 3.0, 3.0, 3.0], 40.0])
@pytest.mark.parametrize("name", BINARY)
def test_l1_fits_find_the_same_estimates(name: str, alpha) -> None:
    X, outcomes = frame()
    theirs = getattr(sm, name)(outcomes[name], X).fit_regularized(
        alpha=alpha, disp=0, acc=1e-15, maxiter=2000, trim_mode="size", size_trim_tol=1e-6
    )
    mine = getattr(ours, name)(outcomes[name], X).fit_regularized(alpha=alpha, disp=0)
    np.testing.assert_allclose(mine.params, theirs.params, atol=2e-6)
    np.testing.assert_allclose(mine.bse, theirs.bse, rtol=1e-4)
    for figure in ("aic", "bic", "df_model", "df_resid", "llf"):
        assert getattr(mine, figure) == pytest.approx(getattr(theirs, figure), rel=1e-6), figure
    assert mine.converged


def test_l1_fits_of_several_classes_find_the_same_estimates() -> None:
    X, outcomes = frame()
    alpha = np.full((4, 2), 3.0)
    alpha[0] = 0.0
    theirs = sm.MNLogit(outcomes["MNLogit"], X).fit_regularized(
        alpha=alpha, disp=0, acc=1e-15, maxiter=2000
    )
    mine = ours.MNLogit(outcomes["MNLogit"], X).fit_regularized(alpha=alpha, disp=0)
    np.testing.assert_allclose(mine.params, theirs.params, atol=1e-5)
    assert mine.llf - 0.0 >= theirs.llf - 1e-4


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "constraints", ["switch = count", "switch = count, age = 0.5", "age + switch = 0.2"]
)
def test_constrained_fits_find_the_same_estimates(name: str, constraints: str) -> None:
    X, outcomes = frame()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(sm, name)(outcomes[name], X).fit_constrained(
            constraints, disp=0, tol=1e-14
        )
    mine = getattr(ours, name)(outcomes[name], X).fit_constrained(constraints, disp=0)
    np.testing.assert_allclose(mine.params, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(mine.cov_params(), theirs.cov_params(), rtol=1e-7, atol=1e-12)
    assert mine.llf == pytest.approx(theirs.llf, rel=1e-12)
    assert mine.df_model == theirs.df_model


def test_constraints_across_classes_hold_at_the_maximum() -> None:
    """Statsmodels cannot; the score is orthogonal to every direction that the constraints leave."""
    X, outcomes = frame()
    r = ours.MNLogit(outcomes["MNLogit"], X).fit_constrained(
        "1_age = 2_age, 1_switch = 0", disp=0, start_params=np.zeros(8)
    )
    B = np.asarray(r.params)
    assert B[1, 0] == pytest.approx(B[1, 1], rel=1e-14)
    assert B[2, 0] == pytest.approx(0.0, abs=1e-15)
    score = r.model.score(B)
    assert np.abs(score[[0, 3, 4, 6, 7]]).max() < 1e-9
    assert score[1] + score[5] == pytest.approx(0.0, abs=1e-9)
    assert abs(score[2]) > 1e-3


@pytest.mark.parametrize(
    ("at", "method"),
    list(product(["overall", "mean", "median", "zero", "all"], ["dydx", "eyex", "dyex", "eydx"])),
)
@pytest.mark.parametrize("discrete", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("name", NAMES)
def test_marginal_effects_are_the_same(
    name: str, at: str, method: str, discrete: tuple[bool, bool], fits
) -> None:
    theirs, mine = fits[name]
    options = {"at": at, "method": method, "dummy": discrete[0], "count": discrete[1]}
    forbidden = any(discrete) and (method.endswith("ex") or at in ("median", "zero"))
    if forbidden:
        with pytest.raises(ValueError, match="makes no sense for a change of a whole number"):
            mine.get_margeff(**options)
        return
    found = mine.get_margeff(**options)
    if name == "MNLogit" and (any(discrete) or method.endswith("ex")):
        # statsmodels fails with a broadcasting error; finite differences are in
        # test_beyond_statsmodels.py
        return
    expected = theirs.get_margeff(**options)
    np.testing.assert_allclose(
        found.margeff, expected.margeff.reshape(found.margeff.shape), rtol=1e-7, atol=1e-12
    )
    if at != "all":
        np.testing.assert_allclose(found.margeff_se, expected.margeff_se, rtol=1e-5)
        np.testing.assert_allclose(found.conf_int(), expected.conf_int(), rtol=1e-4, atol=1e-8)


def test_null_options_are_taken() -> None:
    mine = pair("Logit")[1]
    mine.set_null_options(llnull=-250.0)
    assert mine.llnull == -250.0
    mine.set_null_options()
    assert mine.res_null.params[0] == pytest.approx(
        np.log(mine.model.endog.mean() / (1 - mine.model.endog.mean()))
    )


def test_distributions_are_scipys() -> None:
    for name in BINARY:
        theirs, mine = pair(name)
        np.testing.assert_allclose(
            mine.get_distribution().mean(), theirs.get_distribution().mean(), rtol=1e-9
        )
    three = pair("MNLogit")[1]
    np.testing.assert_allclose(three.get_distribution().p, three.predict(), rtol=1e-12)


def test_predict_linear_of_fourteen_works_with_a_warning() -> None:
    mine = pair("Logit")[1]
    with pytest.warns(FutureWarning, match="say which='linear'"):
        np.testing.assert_array_equal(mine.predict(linear=True), mine.predict(which="linear"))


def test_constants_are_added_as_there() -> None:
    X, _ = frame()
    rest = X.drop(columns="const")
    pd.testing.assert_frame_equal(ours.add_constant(rest), sm.add_constant(rest))
    pd.testing.assert_frame_equal(
        ours.add_constant(rest, prepend=False), sm.add_constant(rest, prepend=False)
    )
    np.testing.assert_array_equal(
        ours.add_constant(rest.to_numpy()), sm.add_constant(rest.to_numpy())
    )
    assert ours.add_constant(X) is X
