"""Names and keywords of results that code written for statsmodels uses: criteria, hypotheses, covariances, removed rows."""

import numpy as np
import pytest
import statsmodels.api as sm
from test_against_statsmodels import NAMES, TIGHT, frame, pair

import logit_engine.discrete as ours


@pytest.mark.parametrize("name", ["aic", "bic", "tic", "gbic"])
def test_criteria_are_asked_for_in_any_case(name: str) -> None:
    mine = pair("Logit")[1]
    assert mine.info_criteria(name.upper()) == mine.info_criteria(name)
    with pytest.raises(ValueError, match="crit is"):
        mine.info_criteria("nonsense")


def test_hypotheses_of_several_classes_are_named_as_there() -> None:
    theirs, mine = pair("MNLogit")
    for text in ("y1_age", "y1_age = y2_age", "2 * y1_age - y2_switch = 0.3", "y1_age, y2_count"):
        expected, found = theirs.t_test(text), mine.t_test(text)
        np.testing.assert_allclose(found.pvalue, np.ravel(expected.pvalue), rtol=1e-7)
        np.testing.assert_array_equal(found.pvalue, mine.t_test(text.replace("y1", "1").replace("y2", "2")).pvalue)
        assert mine.wald_test(text).statistic == pytest.approx(theirs.wald_test(text, scalar=True).statistic, rel=1e-7)
    same = mine.model.fit_constrained("y1_age = y2_age", disp=0)
    np.testing.assert_array_equal(same.params, mine.model.fit_constrained("1_age = 2_age", disp=0).params)
    with pytest.raises(ValueError, match="no coefficient is called 'y3_age'"):
        mine.t_test("y1_age, y3_age")


def test_robust_covariances_take_statsmodels_keywords() -> None:
    X, outcomes = frame()
    y, groups = outcomes["Logit"], np.arange(300) // 6
    for options in (
        {"cov_type": "HC0", "cov_kwds": {"scaling_factor": 32 / 31}},
        {"cov_type": "cluster", "cov_kwds": {"groups": groups, "scaling_factor": 0.5}},
        {"cov_type": "cluster", "cov_kwds": {"groups": groups, "df_correction": False}, "use_t": True},
        {"cov_type": "cluster", "cov_kwds": {"groups": groups, "df_correction": True}, "use_t": True},
    ):
        theirs, mine = sm.Logit(y, X).fit(**TIGHT, **options), ours.Logit(y, X).fit(disp=0, **options)
        np.testing.assert_allclose(mine.bse, theirs.bse, rtol=1e-8)
        np.testing.assert_allclose(mine.pvalues, theirs.pvalues, rtol=1e-6)
    for options, sentence in (
        ({"cov_kwds": {"scaling_factor": 2.0}}, "scaling_factor, which cov_type 'nonrobust' does not use"),
        ({"cov_type": "HC0", "cov_kwds": {"scaling_factor": -1}}, "scaling_factor is -1"),
        ({"cov_type": "HC0", "cov_kwds": {"nonsense": 1}}, "cov_kwds holds 'nonsense'"),
    ):
        with pytest.raises(ValueError, match=sentence):
            ours.Logit(y, X).fit(disp=0, **options)


def test_what_needs_rows_is_not_there_once_they_are_removed() -> None:
    for name in NAMES:
        mine = pair(name)[1]
        before = mine.mle_retvals["Hessian"]
        mine.remove_data()
        for attribute in ("exog", "endog", "weights", "offset", "k_constant", "sample"):
            assert not hasattr(mine.model, attribute), attribute
        np.testing.assert_array_equal(mine.mle_retvals["Hessian"], before)
        assert mine.model.exog_names == list(frame()[0].columns)
