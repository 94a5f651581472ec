"""Linear hypotheses and odds ratios against statsmodels and closed forms."""

import numpy as np
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import special
from statsmodels.stats.contingency_tables import Table2x2

from logit_engine.errors import UsageError
from logit_engine.inference.hypotheses import contrasts, odds_ratios, wald, wald_terms
from tests.support.hypotheses import TIGHT, R, flights, graded_sample, three_classes

Q = np.array([0.2, -0.1])


def fitted() -> tuple[np.ndarray, np.ndarray, object]:
    X, y = graded_sample()
    peer = sm.Logit(y, X).fit(**TIGHT)
    return peer.params, peer.cov_params(), peer


@pytest.mark.parametrize("use_t", [False, True])
def test_contrasts_are_the_t_test_of_statsmodels(use_t: bool) -> None:
    estimates, V, peer = fitted()
    theirs = peer.t_test((R, Q), use_t=use_t)
    ours = contrasts(estimates, V, R, Q, df=peer.df_resid if use_t else None)
    np.testing.assert_allclose(ours.effects, theirs.effect, rtol=1e-13)
    np.testing.assert_allclose(
        ours.std_errors, theirs.sd.diagonal() if theirs.sd.ndim == 2 else theirs.sd, rtol=1e-12
    )
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
    assert (ours.statistic, ours.p_value) == pytest.approx(
        (theirs.statistic, float(theirs.pvalue)), rel=1e-11
    )
    assert (ours.df, ours.df_denominator, ours.dropped) == (2, None, ())
    theirs = peer.wald_test((R, Q), use_f=True, scalar=True)
    ours = wald(estimates, V, R, Q, f_df=peer.df_resid)
    assert (ours.statistic, ours.p_value) == pytest.approx(
        (theirs.statistic, float(theirs.pvalue)), rel=1e-11
    )
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
    # any generalized inverse: the estimates lie in its range
    assert ours.statistic == pytest.approx(1.25, rel=1e-10)


def test_estimates_correlated_to_the_twelfth_digit_are_two_directions() -> None:
    x = 1e5 + np.random.default_rng(0).standard_normal(200)
    X = np.column_stack([np.ones(200), x])
    root = np.linalg.inv(np.linalg.qr(X)[1])
    ours = wald(np.array([1.0, 1e-5]), root @ root.T, np.eye(2))
    assert ours.df == 2
    assert ours.statistic == pytest.approx(float(np.sum((X @ [1.0, 1e-5]) ** 2)), rel=1e-4)


def test_rows_that_contradict_each_other_are_refused() -> None:
    estimates, V, _ = fitted()
    with pytest.raises(
        UsageError,
        match=r"^rows of R theta = q contradict each other: no theta fulfills all of them",
    ):
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
    with pytest.raises(
        UsageError, match=r"^row 2 of R involves a coefficient that has no standard error"
    ):
        wald(holed, W, wide)


def test_an_effect_without_error_differs_from_q_for_certain() -> None:
    ours = contrasts(np.array([1.0, 2.0]), np.ones((2, 2)), np.array([[1.0, -1.0]]))
    assert (ours.z[0], ours.p_values[0]) == (-np.inf, 0.0)


@pytest.mark.parametrize(
    ("rows", "q", "message"),
    [
        (
            np.ones((1, 3)),
            0.0,
            r"^R has shape \(1, 3\); each of its rows needs one entry for each of 4 terms\.$",
        ),
        (np.ones((1, 1, 4)), 0.0, r"^R has shape \(1, 1, 4\)"),
        (
            R,
            np.zeros(3),
            r"^q has shape \(3,\); give a number, or one for each of the 2 rows of R\.$",
        ),
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
    with pytest.raises(
        UsageError, match=f"^the level of an interval is {level:g}; give a number between 0 and 1"
    ):
        contrasts(estimates, V, R).interval(level)


def test_p_values_keep_their_digits_far_out() -> None:
    ours = contrasts(np.array([37.0]), np.eye(1), np.eye(1))
    assert ours.p_values[0] == pytest.approx(2.0 * float(special.ndtr(-37.0)), rel=1e-15)
    assert wald(np.array([37.0]), np.eye(1), np.eye(1)).p_value == pytest.approx(
        ours.p_values[0], rel=1e-10
    )


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


def test_odds_ratios_of_a_two_by_two_table_are_its_closed_form() -> None:
    table = np.array([[30.0, 12.0], [17.0, 41.0]])
    estimates = np.array([np.log(12.0 / 30.0), np.log(30.0 * 41.0 / (12.0 * 17.0))])
    V = np.array([[1 / 30 + 1 / 12, -1 / 30 - 1 / 12], [-1 / 30 - 1 / 12, (1.0 / table).sum()]])
    ours = odds_ratios(estimates, V, 0.9)
    peer = Table2x2(table)
    assert ours.values[1] == pytest.approx(peer.oddsratio, rel=1e-13)
    np.testing.assert_allclose(ours.interval[1], peer.oddsratio_confint(0.1), rtol=1e-12)
    assert ours.std_errors[1] == pytest.approx(peer.oddsratio * peer.log_oddsratio_se, rel=1e-13)
    odds = contrasts(estimates, V, np.array([1.0, 1.0]))  # the odds of the second row
    assert odds.std_errors[0] == pytest.approx(np.sqrt(1 / 17 + 1 / 41), rel=1e-13)
    assert odds.ratios().values[0] == pytest.approx(41.0 / 17.0, rel=1e-13)
    np.testing.assert_allclose(odds.ratios(0.8).interval, np.exp(odds.interval(0.8)), rtol=1e-15)
