"""Linear hypotheses, adjusted p-values and score tests against statsmodels, closed forms and simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import special
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.multitest import multipletests

from logit_engine.errors import DataError, RankError, UsageError
from logit_engine.inference.covariance import Kind
from logit_engine.inference.hypotheses import contrasts, linear_combination, odds_ratios, wald, wald_terms
from logit_engine.inference.multiplicity import ADJUSTMENTS, SHORT, adjusted, pairwise
from logit_engine.inference.score_tests import score_test
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import CAUCHIT, CLOGLOG, LOGIT, PROBIT

R = np.array([[0.0, 1.0, -1.0, 0.0], [0.0, 1.0, 1.0, 2.0]])
Q = np.array([0.2, -0.1])
TIGHT = {"disp": 0, "tol": 1e-14, "method": "newton"}


def data(n: int = 400, p: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, p - 1))])
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ np.linspace(-0.3, 0.6, p)))).astype(float)


def fitted() -> tuple[np.ndarray, np.ndarray, object]:
    X, y = data()
    peer = sm.Logit(y, X).fit(**TIGHT)
    return peer.params, peer.cov_params(), peer


# --- contrasts and Wald tests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("use_t", [False, True])
def test_contrasts_are_the_t_test_of_statsmodels(use_t: bool) -> None:
    estimates, V, peer = fitted()
    theirs = peer.t_test((R, Q), use_t=use_t)
    ours = contrasts(estimates, V, R, Q, df=peer.df_resid if use_t else None)
    np.testing.assert_allclose(ours.effects, theirs.effect, rtol=1e-13)
    np.testing.assert_allclose(ours.std_errors, theirs.sd.diagonal() if theirs.sd.ndim == 2 else theirs.sd, rtol=1e-12)
    np.testing.assert_allclose(ours.z, theirs.tvalue, rtol=1e-12)
    np.testing.assert_allclose(ours.p_values, theirs.pvalue, rtol=1e-11)
    np.testing.assert_allclose(ours.interval(0.9), theirs.conf_int(0.1), rtol=1e-11)


def test_a_multinomial_contrast_is_class_major_as_in_statsmodels() -> None:
    X, y = three_classes()
    peer = sm.MNLogit(y, X).fit(**TIGHT)
    row = np.array([[0.0, 1.0, 0.0, 0.0, -1.0, 0.0]])  # the same slope in both classes
    theirs = peer.t_test(row)
    ours = contrasts(peer.params.ravel(order="F"), np.asarray(peer.cov_params()), row)
    assert ours.z[0] == pytest.approx(float(np.squeeze(theirs.tvalue)), rel=1e-12)


def test_one_row_may_be_given_flat_and_its_wald_test_is_z_squared() -> None:
    estimates, V, _ = fitted()
    one = contrasts(estimates, V, R[0], 0.2)
    joint = wald(estimates, V, R[0], 0.2)
    assert joint.statistic == pytest.approx(one.z[0] ** 2, rel=1e-13)
    assert joint.p_value == pytest.approx(one.p_values[0], rel=1e-12)


def test_wald_tests_are_those_of_statsmodels() -> None:
    estimates, V, peer = fitted()
    theirs = peer.wald_test((R, Q), scalar=True)
    ours = wald(estimates, V, R, Q)
    assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, float(theirs.pvalue)), rel=1e-11)
    assert (ours.df, ours.df_denominator, ours.dropped) == (2, None, ())
    theirs = peer.wald_test((R, Q), use_f=True, scalar=True)
    ours = wald(estimates, V, R, Q, f_df=peer.df_resid)
    assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, float(theirs.pvalue)), rel=1e-11)
    assert (ours.df, ours.df_denominator) == (2, peer.df_resid)


def test_rows_that_depend_on_others_are_dropped_and_named() -> None:
    estimates, V, _ = fitted()
    more = np.vstack([R, 2.0 * R[0] - R[1], np.zeros(4)])
    ours, full = wald(estimates, V, more, [*Q, 2.0 * Q[0] - Q[1], 0.0]), wald(estimates, V, R, Q)
    assert (ours.df, len(ours.dropped)) == (2, 2)
    assert 3 in ours.dropped
    assert ours.statistic == pytest.approx(full.statistic, rel=1e-11)


def test_a_covariance_of_few_clusters_gives_a_test_of_its_rank() -> None:
    rng = np.random.default_rng(4)
    root = rng.standard_normal((4, 2))
    estimates = root @ np.array([0.5, -1.0])
    ours = wald(estimates, root @ root.T, np.eye(4))
    assert ours.df == 2
    assert ours.statistic == pytest.approx(1.25, rel=1e-10)  # any generalized inverse: the estimates lie in its range


def test_estimates_correlated_to_the_twelfth_digit_are_two_directions() -> None:
    x = 1e5 + np.random.default_rng(0).standard_normal(200)
    X = np.column_stack([np.ones(200), x])
    root = np.linalg.inv(np.linalg.qr(X)[1])
    ours = wald(np.array([1.0, 1e-5]), root @ root.T, np.eye(2))
    assert ours.df == 2
    assert ours.statistic == pytest.approx(float(np.sum((X @ [1.0, 1e-5]) ** 2)), rel=1e-4)


def test_rows_that_contradict_each_other_are_refused() -> None:
    estimates, V, _ = fitted()
    with pytest.raises(UsageError, match=r"^rows of R theta = q contradict each other: no theta fulfills all of them"):
        wald(estimates, V, np.vstack([R[0], 2.0 * R[0]]), [0.1, 0.3])
    with pytest.raises(UsageError, match="contradict each other"):
        wald(estimates, V, np.vstack([R[0], np.zeros(4)]), [0.1, 0.3])


def test_a_hypothesis_without_content_is_refused() -> None:
    estimates, V, _ = fitted()
    with pytest.raises(UsageError, match=r"^R theta has no variance, so there is nothing to test"):
        wald(estimates, V, np.zeros((1, 4)))


def test_coefficients_without_estimate_spoil_only_what_involves_them() -> None:
    estimates, V, _ = fitted()
    holed, W = np.append(estimates, np.nan), np.full((5, 5), np.nan)
    W[:4, :4] = V
    wide = np.column_stack([np.vstack([R, R[0]]), [0.0, 0.0, 1.0]])
    ours, plain = contrasts(holed, W, wide), contrasts(estimates, V, R)
    np.testing.assert_array_equal(ours.std_errors[:2], plain.std_errors)
    assert np.isnan([ours.effects[2], ours.std_errors[2], ours.p_values[2]]).all()
    assert wald(holed, W, wide[:2]).statistic == wald(estimates, V, R).statistic
    with pytest.raises(UsageError, match=r"^row 2 of R involves a coefficient that has no standard error"):
        wald(holed, W, wide)


def test_an_effect_without_error_differs_from_q_for_certain() -> None:
    ours = contrasts(np.array([1.0, 2.0]), np.ones((2, 2)), np.array([[1.0, -1.0]]))
    assert (ours.z[0], ours.p_values[0]) == (-np.inf, 0.0)


@pytest.mark.parametrize(
    ("rows", "q", "message"),
    [
        (np.ones((1, 3)), 0.0, r"^R has shape \(1, 3\); each of its rows needs one entry for each of 4 terms\.$"),
        (np.ones((1, 1, 4)), 0.0, r"^R has shape \(1, 1, 4\)"),
        (R, np.zeros(3), r"^q has shape \(3,\); give a number, or one for each of the 2 rows of R\.$"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(rows: np.ndarray, q: float, message: str) -> None:
    estimates, V, _ = fitted()
    for test in (contrasts, wald):
        with pytest.raises(UsageError, match=message):
            test(estimates, V, rows, q)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_outside_zero_and_one_is_refused(level: float) -> None:
    estimates, V, _ = fitted()
    with pytest.raises(UsageError, match=f"^the level of an interval is {level:g}; give a number between 0 and 1"):
        contrasts(estimates, V, R).interval(level)


def test_p_values_keep_their_digits_far_out() -> None:
    ours = contrasts(np.array([37.0]), np.eye(1), np.eye(1))
    assert ours.p_values[0] == pytest.approx(2.0 * float(special.ndtr(-37.0)), rel=1e-15)
    assert wald(np.array([37.0]), np.eye(1), np.eye(1)).p_value == pytest.approx(ours.p_values[0], rel=1e-10)


# --- terms, pairs, ratios -------------------------------------------------------------------------------------------


def flights(seed: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.choice(list("abcd"), 500), "x": rng.standard_normal(500)})
    eta = 0.5 * frame.x + frame.g.map({"a": 0.0, "b": 0.3, "c": -0.8, "d": 0.9})
    frame["y"] = (rng.random(500) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return frame


def test_terms_are_the_wald_test_terms_of_statsmodels() -> None:
    peer = smf.logit("y ~ C(g) + x", flights()).fit(**TIGHT)
    theirs = peer.wald_test_terms(scalar=True).table
    terms = {"Intercept": [0], "C(g)": [1, 2, 3], "x": [4]}
    ours = wald_terms(peer.params.to_numpy(), peer.cov_params().to_numpy(), terms)
    for name, test in ours.items():
        assert (test.statistic, test.p_value) == pytest.approx(
            tuple(theirs.loc[name, ["statistic", "pvalue"]]), rel=1e-10
        )
        assert test.df == theirs.loc[name, "df_constraint"]


@pytest.mark.parametrize(
    ("formula", "columns", "with_reference"),
    [("y ~ C(g) + x", [1, 2, 3], True), ("y ~ C(g) + x - 1", [0, 1, 2, 3], False)],
)
def test_pairs_are_the_t_test_pairwise_of_statsmodels(formula: str, columns: list[int], with_reference: bool) -> None:
    peer = smf.logit(formula, flights()).fit(**TIGHT)
    theirs = peer.t_test_pairwise("C(g)", method=["hs", "bonferroni", "fdr_bh"]).result_frame
    for method in ("hs", "bonferroni", "fdr_bh"):
        ours = pairwise(peer.params.to_numpy(), peer.cov_params().to_numpy(), columns, "abcd", with_reference, method)
        assert list(ours.labels) == list(theirs.index)
        np.testing.assert_allclose(ours.contrasts.effects, theirs["coef"], rtol=1e-12)
        np.testing.assert_allclose(ours.contrasts.p_values, theirs["P>|z|"], rtol=1e-10)
        np.testing.assert_allclose(ours.adjusted, theirs[f"pvalue-{method}"], rtol=1e-10)


def test_labels_that_do_not_match_the_levels_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^2 labels were given for 3 levels; name each, and at least two\.$"):
        pairwise(np.zeros(4), np.eye(4), [1, 2], "ab", True)


@pytest.mark.parametrize("method", [*ADJUSTMENTS, *SHORT])
def test_adjusted_p_values_are_those_of_statsmodels(method: str) -> None:
    p = np.random.default_rng(7).random(25) ** 4
    p[3] = p[5] = p[9]
    np.testing.assert_allclose(adjusted(p, method), multipletests(p, method=method)[1], rtol=1e-13)


@pytest.mark.parametrize("method", ADJUSTMENTS)
def test_missing_p_values_are_no_tests(method: str) -> None:
    p = np.array([0.01, np.nan, 0.04, 1.0, 0.03])
    there = ~np.isnan(p)
    ours = adjusted(p, method)
    np.testing.assert_array_equal(ours[there], adjusted(p[there], method))
    assert np.isnan(ours[1])
    assert adjusted(np.array([]), method).size == 0
    assert adjusted(np.array([np.nan]), method).size == 1


def test_an_unknown_adjustment_names_those_there_are() -> None:
    with pytest.raises(
        UsageError, match=r"^adjustment 'tukey' is not known; choose one of bonferroni, sidak, holm-sidak,"
    ):
        adjusted(np.array([0.1]), "tukey")


def test_odds_ratios_of_a_two_by_two_table_are_its_closed_form() -> None:
    table = np.array([[30.0, 12.0], [17.0, 41.0]])
    estimates = np.array([np.log(12.0 / 30.0), np.log(30.0 * 41.0 / (12.0 * 17.0))])
    V = np.array([[1 / 30 + 1 / 12, -1 / 30 - 1 / 12], [-1 / 30 - 1 / 12, (1.0 / table).sum()]])
    ours = odds_ratios(estimates, V, 0.9)
    peer = Table2x2(table)
    assert ours.values[1] == pytest.approx(peer.oddsratio, rel=1e-13)
    np.testing.assert_allclose(ours.interval[1], peer.oddsratio_confint(0.1), rtol=1e-12)
    assert ours.std_errors[1] == pytest.approx(peer.oddsratio * peer.log_oddsratio_se, rel=1e-13)
    odds = linear_combination(estimates, V, {0: 1.0, 1: 1.0})  # the odds of the second row
    assert odds.std_errors[0] == pytest.approx(np.sqrt(1 / 17 + 1 / 41), rel=1e-13)
    assert odds.ratios().values[0] == pytest.approx(41.0 / 17.0, rel=1e-13)
    np.testing.assert_allclose(odds.ratios(0.8).interval, np.exp(odds.interval(0.8)), rtol=1e-15)


# --- score tests ----------------------------------------------------------------------------------------------------


def three_classes(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    utility = np.column_stack([np.zeros(n), X @ [0.2, 0.8, -0.3], X @ [-0.4, 0.1, 0.9]])
    return X, (utility + rng.gumbel(size=(n, 3))).argmax(axis=1).astype(float)


def of_peer(test: object) -> tuple[float, float]:
    return float(np.squeeze(test.statistic)), float(np.squeeze(test.pvalue))


@pytest.mark.parametrize("kind", [Kind.NONROBUST, Kind.HC0])
@pytest.mark.parametrize(("link", "model"), [(LOGIT, sm.Logit), (PROBIT, sm.Probit)], ids=["logit", "probit"])
def test_left_out_columns_are_the_score_test_of_statsmodels(link: object, model: type, kind: Kind) -> None:
    X, y = data(5000, 5)
    peer = model(y, X[:, :3]).fit(**TIGHT)
    theirs = peer.score_test(exog_extra=X[:, 3:], cov_type=kind.value)
    ours = score_test(Bernoulli(link), X[:, :3], y, peer.params, extra=X[:, 3:], kind=kind)
    assert (ours.joint.statistic, ours.joint.p_value) == pytest.approx(of_peer(theirs), rel=1e-9)
    assert ours.joint.df == theirs.k_constraint == 2


@pytest.mark.parametrize("kind", [Kind.NONROBUST, Kind.HC0])
def test_multinomial_left_out_columns_are_the_score_test_of_statsmodels(kind: Kind) -> None:
    X, y = three_classes()
    peer = sm.MNLogit(y, X[:, :2]).fit(**TIGHT)
    ours = score_test(Multinomial(2), X[:, :2], y, peer.params.ravel(order="F"), extra=X[:, 2:], kind=kind)
    assert ours.joint.df == 2
    if kind is Kind.NONROBUST:  # the peer's HC0 restricts the last class alone
        theirs = peer.score_test(exog_extra=X[:, 2:], cov_type=kind.value)
        assert (ours.joint.statistic, ours.joint.p_value) == pytest.approx(of_peer(theirs), rel=1e-9)
    rows, at = np.eye(6)[[2, 5]], np.pad(peer.params, ((0, 1), (0, 0))).ravel(order="F")
    restricted = score_test(Multinomial(2), X, y, at, R=rows, kind=kind)
    assert restricted.joint.statistic == pytest.approx(ours.joint.statistic, rel=1e-12)
    np.testing.assert_allclose(restricted.z, ours.z, rtol=1e-11)
    full = sm.MNLogit(y, X)
    scores, bread = full.score_obs(at), np.linalg.inv(-full.hessian(at))
    covariance = bread if kind is Kind.NONROBUST else bread @ (400.0 * np.cov(scores.T)) @ bread
    step = rows @ bread @ scores.sum(axis=0)
    closed = step @ np.linalg.solve(rows @ covariance @ rows.T, step)
    assert ours.joint.statistic == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize("kind", [Kind.NONROBUST, Kind.HC0])
def test_restrictions_with_a_value_are_the_score_test_of_statsmodels(kind: Kind) -> None:
    X, y = data(800)
    rows = np.array([[0.0, 1.0, -1.0, 0.0]])
    restricted = sm.GLM(y, X, family=sm.families.Binomial()).fit_constrained((rows, np.array([0.1])), tol=1e-14)
    params = np.asarray(restricted.params)
    theirs = restricted.score_test(cov_type=kind.value)
    ours = score_test(Bernoulli(LOGIT), X, y, params, R=rows, kind=kind)
    assert ours.joint.statistic == pytest.approx(of_peer(theirs)[0], rel=1e-8)
    assert ours.z[0] ** 2 == pytest.approx(ours.joint.statistic, rel=1e-10)


def test_of_a_two_by_two_table_it_is_pearsons_chi_squared() -> None:
    table = np.array([[30.0, 12.0], [17.0, 41.0]])
    group, y = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    rate = 53.0 / 100.0
    ours = score_test(
        Bernoulli(LOGIT),
        np.ones((4, 1)),
        y,
        np.array([np.log(rate / (1.0 - rate))]),
        extra=group[:, None],
        weight=table.ravel(),
    )
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / 100.0
    chi_squared = float(((table - expected) ** 2 / expected).sum())
    assert ours.joint.statistic == pytest.approx(chi_squared, rel=1e-13)
    assert ours.joint.p_value == pytest.approx(float(special.chdtrc(1, chi_squared)), rel=1e-12)
    assert ours.z[0] == pytest.approx(np.sqrt(chi_squared), rel=1e-13)  # the second group has more events


def test_of_an_r_by_c_table_it_is_pearsons_chi_squared() -> None:
    table = np.array([[30.0, 12.0, 9.0], [17.0, 41.0, 20.0], [8.0, 11.0, 25.0], [10.0, 10.0, 4.0]])
    group, y = (index.ravel() for index in np.indices(table.shape))
    shares = table.sum(axis=0) / table.sum()
    ours = score_test(
        Multinomial(2),
        np.ones((12, 1)),
        y.astype(float),
        np.log(shares[1:] / shares[0]),
        extra=(group[:, None] == [1, 2, 3]).astype(float),
        weight=table.ravel(),
    )
    expected = np.outer(table.sum(axis=1), shares)
    assert ours.joint.statistic == pytest.approx(float(((table - expected) ** 2 / expected).sum()), rel=1e-12)
    assert ours.joint.df == 6


def test_each_z_is_the_test_of_its_own_column_alone() -> None:
    X, y = data(300, 5)
    X[:, 4] += X[:, 3] + X[:, 1]
    peer = sm.Logit(y, X[:, :3]).fit(**TIGHT)
    both = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=X[:, 3:])
    for j in (0, 1):
        alone = peer.score_test(exog_extra=X[:, [3 + j]])
        assert (both.z[j] ** 2, both.p_values[j]) == pytest.approx(of_peer(alone), rel=1e-9)


def test_the_statistic_does_not_depend_on_shifts_and_scales_of_the_columns() -> None:
    X, y = data()
    peer = sm.Logit(y, X[:, :3]).fit(**TIGHT)
    plain = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=X[:, 3:])
    moved = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=1e6 + 2.0**-20 * X[:, 3:])
    rounded = (1e6 + 2.0**-20 * X[:, 3:] - 1e6) * 2.0**20
    same = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=rounded)
    assert same.joint.statistic == pytest.approx(plain.joint.statistic, rel=1e-2)
    assert moved.joint.statistic == pytest.approx(same.joint.statistic, rel=1e-3)


def test_weights_repeat_rows_and_offsets_shift_them() -> None:
    X, y = data(9000)
    times, offset = np.arange(9000) % 3, 0.3 * np.sin(np.arange(9000))
    at = np.repeat(np.arange(9000), times)
    for kind in (Kind.NONROBUST, Kind.HC0):
        theta = sm.Logit(y[at], X[at, :3], offset=offset[at]).fit(**TIGHT).params
        repeated = score_test(Bernoulli(LOGIT), X[at, :3], y[at], theta, extra=X[at, 3:], offset=offset[at], kind=kind)
        weighted = score_test(
            Bernoulli(LOGIT),
            X[:, :3],
            y,
            theta,
            extra=X[:, 3:],
            offset=offset,
            weight=times.astype(float),
            kind=kind,
        )
        assert weighted.joint.statistic == pytest.approx(repeated.joint.statistic, rel=1e-11)
        np.testing.assert_allclose(weighted.z, repeated.z, rtol=1e-11)


def test_under_the_null_it_rejects_at_its_level() -> None:
    rng = np.random.default_rng(12)
    X = np.column_stack([np.ones(200), rng.standard_normal((200, 2))])
    rejected = 0
    for _ in range(400):
        y = (rng.random(200) < 1.0 - np.exp(-np.exp(-0.4))).astype(float)
        at = np.array([np.log(-np.log1p(-y.mean()))])
        rejected += score_test(Bernoulli(CLOGLOG), X[:, :1], y, at, extra=X[:, 1:]).joint.p_value < 0.1
    assert 0.06 < rejected / 400 < 0.145  # three standard deviations


def test_what_cannot_be_tested_is_refused() -> None:
    X, y = data(50)
    theta, likelihood = np.zeros(4), Bernoulli(LOGIT)
    with pytest.raises(
        UsageError, match=r"^a score test needs either R, the rows of the restrictions, or extra columns"
    ):
        score_test(likelihood, X, y, theta)
    with pytest.raises(UsageError, match="give one of them"):
        score_test(likelihood, X, y, theta, R=R, extra=X)
    with pytest.raises(UsageError, match=r"^a score test has no HC3 covariance; choose nonrobust, HC0 or cluster\.$"):
        score_test(likelihood, X, y, theta, R=R, kind=Kind.HC3)
    with pytest.raises(UsageError, match=r"^a clustered score test needs the clusters of the rows"):
        score_test(likelihood, X, y, theta, R=R, kind=Kind.CLUSTER)
    with pytest.raises(RankError, match=r"^column 4 \(extra ones last\) is a linear combination of those before it"):
        score_test(likelihood, X, y, theta, extra=X[:, 1:2] - X[:, 2:3])
    with pytest.raises(RankError, match=r"^there are 4 columns for 3 rows; drop some\.$"):
        score_test(likelihood, X[:3], y[:3], theta, R=R)
    with pytest.raises(UsageError, match=r"^row 1 of R depends on the others; give each restriction once\.$"):
        score_test(likelihood, X, y, theta, R=np.vstack([R[0], 2.0 * R[0]]))
    with pytest.raises(DataError, match=r"^the information is not definite at the constrained estimate"):
        score_test(Bernoulli(CAUCHIT), X[:, :1], 1.0 - y * 0.0, np.array([-5.0]), extra=X[:, 1:])
