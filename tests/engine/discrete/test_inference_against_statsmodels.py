"""Intervals, hypotheses, influence and printed tables have statsmodels' numbers."""

import numpy as np
import pytest
import statsmodels.api as sm

import logit_engine.discrete as ours
from tests.support.statsmodels_pairs import BINARY, NAMES, TIGHT, frame


@pytest.mark.parametrize("name", BINARY)
def test_predictions_have_the_same_intervals(name: str, fits) -> None:
    theirs, mine = fits[name]
    new = frame()[0].to_numpy()[:9] * 0.9
    for options in ({}, {"which": "linear"}, {"exog": new}, {"average": True}):
        expected, found = theirs.get_prediction(**options), mine.get_prediction(**options)
        np.testing.assert_allclose(found.predicted, expected.predicted, rtol=1e-8)
        np.testing.assert_allclose(found.se, expected.se, rtol=1e-7)
        np.testing.assert_allclose(found.conf_int(), expected.conf_int(), rtol=1e-7)
        assert list(found.summary_frame().columns) == list(expected.summary_frame().columns)


def test_tests_of_hypotheses_give_the_same_numbers(both) -> None:
    theirs, mine = both
    q = np.asarray(theirs.params).size
    R = np.eye(q)[1:3]
    expected, found = theirs.t_test(R), mine.t_test(R)
    np.testing.assert_allclose(found.effect, np.ravel(expected.effect), rtol=1e-8)
    np.testing.assert_allclose(found.sd, np.ravel(expected.sd), rtol=1e-8)
    np.testing.assert_allclose(found.pvalue, np.ravel(expected.pvalue), rtol=1e-7)
    np.testing.assert_allclose(found.conf_int(), expected.conf_int(), rtol=1e-7)
    expected_chi2, chi2 = theirs.wald_test(R, scalar=True), mine.wald_test(R)
    assert chi2.statistic == pytest.approx(expected_chi2.statistic, rel=1e-8)
    assert chi2.pvalue == pytest.approx(expected_chi2.pvalue, rel=1e-7)
    expected_f, f = theirs.f_test(R), mine.f_test(R)
    assert f.fvalue == pytest.approx(float(expected_f.fvalue), rel=1e-8)
    assert f.pvalue == pytest.approx(float(expected_f.pvalue), rel=1e-7)
    if q == 4:
        by_text = mine.t_test(f"{mine.model.exog_names[1]} = {mine.model.exog_names[2]}")
        their_text = theirs.t_test(f"{theirs.model.exog_names[1]} = {theirs.model.exog_names[2]}")
        assert by_text.pvalue == pytest.approx(np.ravel(their_text.pvalue), rel=1e-7)


@pytest.mark.parametrize("name", BINARY)
def test_influence_has_the_same_numbers(name: str, fits) -> None:
    theirs, mine = fits[name]
    expected, found = theirs.get_influence(), mine.get_influence()
    for figure in (
        "hat_matrix_diag",
        "resid_studentized",
        "d_params",
        "dfbetas",
        "params_one",
        "d_fittedvalues",
    ):
        np.testing.assert_allclose(
            getattr(found, figure), getattr(expected, figure), rtol=1e-7, err_msg=figure
        )
    np.testing.assert_allclose(found.cooks_distance[0], expected.cooks_distance[0], rtol=1e-7)
    assert set(found.summary_frame().columns) >= {
        "cooks_d",
        "standard_resid",
        "hat_diag",
        "dffits_internal",
    }


@pytest.mark.parametrize("name", BINARY)
def test_score_tests_of_left_out_columns_are_the_same(name: str) -> None:
    X, outcomes = frame()
    theirs = getattr(sm, name)(outcomes[name], X[["const", "age"]]).fit(**TIGHT)
    mine = getattr(ours, name)(outcomes[name], X[["const", "age"]]).fit(disp=0)
    extra = X[["switch", "count"]].to_numpy()
    statistic, p_value = theirs.score_test(exog_extra=extra)[:2]
    found_statistic, found_p = mine.score_test(exog_extra=extra)
    assert found_statistic == pytest.approx(float(np.squeeze(statistic)), rel=1e-8)
    assert found_p == pytest.approx(float(np.squeeze(p_value)), rel=1e-7)


@pytest.mark.parametrize("alpha", [0.05, 0.1])
@pytest.mark.parametrize("name", NAMES)
def test_summaries_are_the_same_text_but_for_the_clock(name: str, alpha: float, fits) -> None:
    theirs, mine = fits[name]
    expected, found = (str(r.summary(alpha=alpha)).splitlines() for r in (theirs, mine))
    assert len(found) == len(expected)
    for have, line in zip(found, expected, strict=True):
        if line.startswith(("Date:", "Time:")):
            assert have.split()[-2:] == line.split()[-2:]
        else:
            assert have.rstrip() == line.rstrip()
    for form in ("as_html", "as_latex", "as_csv", "as_text"):
        assert len(getattr(mine.summary(), form)()) > 200


@pytest.mark.parametrize("name", NAMES)
def test_margins_and_contrasts_print_the_same_numbers(name: str, fits) -> None:
    theirs, mine = fits[name]
    for expected, found in (
        (theirs.get_margeff().summary(), mine.get_margeff().summary()),
        (
            theirs.t_test(np.eye(theirs.cov_params().shape[0])[1:3]).summary(),
            mine.t_test(np.eye(theirs.cov_params().shape[0])[1:3]).summary(),
        ),
    ):
        words = [word for word in str(expected).split() if set(word) - set("=-")]
        assert [word for word in str(found).split() if set(word) - set("=-")] == words
