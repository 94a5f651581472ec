"""Influence against statsmodels, R's formulas, and fits without the row."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.outliers_influence import MLEInfluence, variance_inflation_factor

from logit_engine.diagnostics.collinearity import variance_inflation
from logit_engine.diagnostics.influence import Influence, influence, leverages
from logit_engine.errors import DataError
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import CLOGLOG, LOGIT, PROBIT, Link
from logit_engine.objective.triangles import r_factor

MODELS = pytest.mark.parametrize(
    ("link", "model"), [(LOGIT, sm.Logit), (PROBIT, sm.Probit)], ids=["logit", "probit"]
)
TIGHT = {"disp": 0, "tol": 1e-14, "method": "newton"}


def data(n: int = 250, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.standard_normal(n), rng.standard_t(4, n)])
    offset = 0.3 * rng.standard_normal(n)
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ [-0.3, 0.8, -0.5] - offset))).astype(float)
    return X, y, offset


def factor_of(information: np.ndarray) -> np.ndarray:
    return np.linalg.cholesky(information).T


def agree(ours: Influence, peer: MLEInfluence, rtol: float) -> None:
    np.testing.assert_allclose(ours.hat, peer.hat_matrix_diag, rtol=rtol)
    np.testing.assert_allclose(ours.studentized, peer.resid_studentized, rtol=rtol)
    np.testing.assert_allclose(ours.score_residuals, peer.resid_score_factor(), rtol=rtol)
    np.testing.assert_allclose(ours.d_params, peer.d_params, rtol=rtol, atol=1e-13)
    np.testing.assert_allclose(ours.dfbetas, peer.dfbetas, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(ours.params_one, peer.params_one, rtol=rtol)
    np.testing.assert_allclose(ours.cooks_distance, peer.cooks_distance[0], rtol=rtol)
    np.testing.assert_allclose(ours.cooks_p_values, peer.cooks_distance[1], rtol=rtol)
    np.testing.assert_allclose(ours.d_fitted, peer.d_fittedvalues, rtol=rtol)
    # not its d_fittedvalues_scaled, whose standard errors forget the model's offset
    prediction = peer.results.get_prediction(offset=getattr(peer.results.model, "offset", None))
    np.testing.assert_allclose(ours.dffits, peer.d_fittedvalues / prediction.se, rtol=rtol)


@MODELS
def test_all_measures_are_those_of_statsmodels(link: Link, model: type) -> None:
    X, y, offset = data()
    fitted = model(y, X, offset=offset).fit(**TIGHT)
    factor = factor_of(-fitted.model.hessian(fitted.params))
    ours = influence(Bernoulli(link), X, y, fitted.params, factor, offset=offset)
    agree(ours, fitted.get_influence(), 1e-8)


@MODELS
def test_a_robust_covariance_measures_distances_as_in_statsmodels(link: Link, model: type) -> None:
    X, y, _ = data()
    fitted = model(y, X).fit(cov_type="HC0", **TIGHT)
    factor = factor_of(-fitted.model.hessian(fitted.params))
    ours = influence(Bernoulli(link), X, y, fitted.params, factor, fitted.cov_params())
    np.testing.assert_allclose(ours.std_errors, fitted.bse, rtol=1e-12)
    np.testing.assert_allclose(ours.dffits, fitted.get_influence().d_fittedvalues_scaled, rtol=1e-8)
    agree(ours, fitted.get_influence(), 1e-8)


def test_logit_measures_are_the_formulas_of_r() -> None:
    X, y, _ = data()
    fitted = sm.Logit(y, X).fit(**TIGHT)
    mu = fitted.predict()
    w = mu * (1.0 - mu)
    root = np.sqrt(w)[:, None] * X
    hat = np.diagonal(root @ np.linalg.solve(root.T @ root, root.T))  # hatvalues.glm
    pearson = (y - mu) / np.sqrt(w)
    ours = influence(Bernoulli(LOGIT), X, y, fitted.params, r_factor(root))
    np.testing.assert_allclose(ours.hat, hat, rtol=1e-11)
    # cooks.distance.glm
    np.testing.assert_allclose(
        ours.cooks_distance, (pearson / (1 - hat)) ** 2 * hat / 3, rtol=1e-10
    )
    np.testing.assert_allclose(ours.studentized, pearson / np.sqrt(1 - hat), rtol=1e-11)


@pytest.mark.parametrize(
    ("link", "family"),
    [(PROBIT, sm.families.links.Probit), (CLOGLOG, sm.families.links.CLogLog)],
    ids=["probit", "cloglog"],
)
def test_with_the_expected_information_they_are_the_formulas_of_r_for_every_link(
    link: Link, family: type
) -> None:
    X, y, _ = data()
    fitted = sm.GLM(y, X, family=sm.families.Binomial(link=family())).fit(tol=1e-14)
    likelihood = Bernoulli(link)
    root = np.sqrt(likelihood.expected(X @ fitted.params))[:, None] * X
    ours = influence(likelihood, X, y, fitted.params, r_factor(root))
    hat = np.diagonal(root @ np.linalg.solve(root.T @ root, root.T))
    np.testing.assert_allclose(ours.hat, hat, rtol=1e-10)
    np.testing.assert_allclose(
        ours.hat, fitted.get_influence(observed=False).hat_matrix_diag, rtol=1e-10
    )
    pearson = fitted.resid_pearson
    np.testing.assert_allclose(
        ours.cooks_distance, (pearson / (1 - hat)) ** 2 * hat / 3, rtol=1e-10
    )


def test_shares_of_trials_are_those_of_a_binomial_glm() -> None:
    rng = np.random.default_rng(2)
    X, _, _ = data(60)
    trials = rng.integers(1, 9, 60).astype(float)
    events = rng.binomial(trials.astype(int), 0.4).astype(float)
    fitted = sm.GLM(
        np.column_stack([events, trials - events]), X, family=sm.families.Binomial()
    ).fit(tol=1e-14)
    mu = fitted.predict()
    root = np.sqrt(trials * mu * (1.0 - mu))[:, None] * X
    ours = influence(
        Bernoulli(LOGIT), X, events / trials, fitted.params, r_factor(root), weight=trials
    )
    hat = np.diagonal(root @ np.linalg.solve(root.T @ root, root.T))
    np.testing.assert_allclose(ours.hat, hat, rtol=1e-11)
    np.testing.assert_allclose(
        ours.studentized, fitted.resid_pearson / np.sqrt(1 - hat), rtol=1e-9, atol=1e-13
    )
    np.testing.assert_allclose(
        ours.cooks_distance,
        (fitted.resid_pearson / (1 - hat)) ** 2 * hat / 3,
        rtol=1e-8,
        atol=1e-20,
    )


def test_for_the_logit_it_is_one_newton_step_of_the_fit_without_the_row() -> None:
    X, y, _ = data()
    fitted = sm.Logit(y, X).fit(**TIGHT)
    ours = influence(
        Bernoulli(LOGIT), X, y, fitted.params, factor_of(-fitted.model.hessian(fitted.params))
    )
    for i in (0, 17, 101):
        rest = np.arange(y.size) != i
        without = sm.Logit(y[rest], X[rest])
        step = np.linalg.solve(-without.hessian(fitted.params), without.score(fitted.params))
        np.testing.assert_allclose(ours.d_params[i], -step, rtol=1e-9)
        exact = fitted.params - without.fit(**TIGHT).params
        np.testing.assert_allclose(ours.d_params[i], exact, atol=0.03 * np.abs(exact).max())


def test_leverages_sum_to_the_number_of_parameters_over_many_blocks() -> None:
    X, y, _ = data(10_000)
    fitted = sm.Logit(y, X).fit(**TIGHT)
    factor = factor_of(-fitted.model.hessian(fitted.params))
    assert influence(Bernoulli(LOGIT), X, y, fitted.params, factor).hat.sum() == pytest.approx(
        3.0, rel=1e-12
    )
    ols = OLS(y, X).fit().get_influence().hat_matrix_diag
    np.testing.assert_allclose(leverages(X, r_factor(X)), ols, rtol=1e-10)


def test_leverages_of_nearly_collinear_columns_keep_their_digits() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal(200)
    near = np.column_stack(
        [np.ones(200), x, x + 2.0**-24 * np.round(2.0**8 * rng.standard_normal(200))]
    )
    apart = np.column_stack([near[:, :2], (near[:, 2] - near[:, 1]) * 2.0**16])  # the same space
    np.testing.assert_allclose(
        leverages(near, r_factor(near)), leverages(apart, r_factor(apart)), rtol=1e-9
    )


def test_a_row_of_leverage_one_has_no_measures_and_spoils_no_other() -> None:
    X = np.column_stack([np.ones(9), np.arange(9) == 8])
    y, trials = (
        np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.25]),
        np.array([1.0] * 8 + [4.0]),
    )
    params = np.array([0.0, np.log(0.25 / 0.75)])
    root = np.sqrt(trials * np.array([0.25] * 8 + [0.1875]))[:, None] * X
    ours = influence(Bernoulli(LOGIT), X, y, params, r_factor(root), weight=trials)
    assert ours.hat[8] == pytest.approx(1.0, rel=1e-15)
    for measure in (
        ours.studentized,
        ours.cooks_distance,
        ours.d_params,
        ours.dffits,
        ours.cooks_p_values,
    ):
        assert np.isnan(measure[8]).all()
        assert np.isfinite(measure[:8]).all()


def test_rows_without_weight_move_nothing_and_are_not_counted() -> None:
    X, y, _ = data(100)
    weight = (np.arange(100) % 4 > 0).astype(float)
    keep = weight > 0.0
    fitted = sm.Logit(y[keep], X[keep]).fit(**TIGHT)
    factor = factor_of(-fitted.model.hessian(fitted.params))
    every = influence(Bernoulli(LOGIT), X, y, fitted.params, factor, weight=weight)
    kept = influence(Bernoulli(LOGIT), X[keep], y[keep], fitted.params, factor)
    np.testing.assert_allclose(every.d_params[keep], kept.d_params, rtol=1e-12)
    np.testing.assert_allclose(every.cooks_p_values[keep], kept.cooks_p_values, rtol=1e-12)
    assert not every.d_params[~keep].any()
    assert not every.score_residuals[~keep].any()


def test_a_covariance_that_is_not_definite_is_refused() -> None:
    X, y, _ = data(50)
    with pytest.raises(
        DataError,
        match=r"^the covariance is not positive definite, so influence cannot be measured in it",
    ):
        influence(Bernoulli(LOGIT), X, y, np.zeros(3), r_factor(X), np.ones((3, 3)))


def centered_factor(X: np.ndarray) -> np.ndarray:
    return r_factor(X - X.mean(axis=0))


def test_variance_inflation_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(8)
    X = rng.standard_normal((300, 5)) @ rng.standard_normal((5, 5)) + 100.0
    whole = sm.add_constant(X)
    theirs = [variance_inflation_factor(whole, j) for j in range(1, 6)]
    np.testing.assert_allclose(variance_inflation(centered_factor(X)), theirs, rtol=1e-10)
    np.testing.assert_allclose(
        variance_inflation(centered_factor(X)),
        np.diagonal(np.linalg.inv(np.corrcoef(X.T))),
        rtol=1e-10,
    )


def test_orthogonal_columns_are_not_inflated_and_only_combinations_are_infinitely() -> None:
    x = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    z = np.array([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
    u = np.array([1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0])
    np.testing.assert_allclose(
        variance_inflation(centered_factor(np.column_stack([x, z, u]))), 1.0, rtol=1e-14
    )
    twice = variance_inflation(
        centered_factor(np.column_stack([x, z + 0.5 * u, 3.0 * x, u, np.ones(8)]))
    )
    np.testing.assert_allclose(twice, [np.inf, 1.25, np.inf, 1.25, np.inf], rtol=1e-13)
