"""Results have the names and keywords that code written for statsmodels uses."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm

import logit_engine.discrete as ours
from tests.support.statsmodels_pairs import NAMES, TIGHT, frame, pair


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
        np.testing.assert_array_equal(
            found.pvalue, mine.t_test(text.replace("y1", "1").replace("y2", "2")).pvalue
        )
        assert mine.wald_test(text).statistic == pytest.approx(
            theirs.wald_test(text, scalar=True).statistic, rel=1e-7
        )
    same = mine.model.fit_constrained("y1_age = y2_age", disp=0)
    np.testing.assert_array_equal(
        same.params, mine.model.fit_constrained("1_age = 2_age", disp=0).params
    )
    with pytest.raises(ValueError, match="no coefficient is called 'y3_age'"):
        mine.t_test("y1_age, y3_age")


def test_tables_of_several_classes_have_statsmodels_labels() -> None:
    theirs, mine = pair("MNLogit")
    for table in (
        lambda r: r.params,
        lambda r: r.bse,
        lambda r: r.conf_int(),
        lambda r: r.cov_params(),
        lambda r: r.get_margeff().summary_frame(),
        lambda r: r.get_margeff(at="mean").summary_frame(alpha=0.1),
    ):
        expected, found = table(theirs), table(mine)
        for axis in ("index", "columns"):
            pd.testing.assert_index_equal(
                getattr(found, axis), getattr(expected, axis), exact="equiv"
            )
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_predictions_of_several_classes_are_labeled_by_row_and_class() -> None:
    X, _ = frame()
    mine = pair("MNLogit")[1]
    new = X.iloc[:3].set_axis(["u", "v", "w"])
    for which, classes in (
        ("mean", mine.model.class_names),
        ("linear", mine.model.class_names[1:]),
    ):
        table = mine.get_prediction(new, which=which).summary_frame()
        assert table.index.tolist() == [(row, c) for row in "uvw" for c in classes]
        assert table.index.names == ["row", mine.model.endog_names]
    probabilities = mine.predict(new)
    for row in "uvw":
        np.testing.assert_array_equal(
            mine.get_prediction(new).summary_frame().loc[row, "predicted"], probabilities.loc[row]
        )
    assert (
        mine.get_prediction(average=True).summary_frame().index.tolist() == mine.model.class_names
    )
    plain = (
        ours.MNLogit(mine.model.endog, X.to_numpy()).fit(disp=0).get_prediction().summary_frame()
    )
    assert plain.index[:2].tolist() == [(0, "0"), (0, "1")]
    table = (
        ours.MNLogit(mine.model.endog, pl.from_pandas(X))
        .fit(disp=0)
        .get_prediction()
        .summary_frame()
    )
    assert table["row"].to_list()[:4] == ["0, 0", "0, 1", "0, 2", "1, 0"]


def test_robust_covariances_take_statsmodels_keywords() -> None:
    X, outcomes = frame()
    y, groups = outcomes["Logit"], np.arange(300) // 6
    for options in (
        {"cov_type": "HC0", "cov_kwds": {"scaling_factor": 32 / 31}},
        {"cov_type": "cluster", "cov_kwds": {"groups": groups, "scaling_factor": 0.5}},
        {
            "cov_type": "cluster",
            "cov_kwds": {"groups": groups, "df_correction": False},
            "use_t": True,
        },
        {
            "cov_type": "cluster",
            "cov_kwds": {"groups": groups, "df_correction": True},
            "use_t": True,
        },
    ):
        theirs, mine = (
            sm.Logit(y, X).fit(**TIGHT, **options),
            ours.Logit(y, X).fit(disp=0, **options),
        )
        np.testing.assert_allclose(mine.bse, theirs.bse, rtol=1e-8)
        np.testing.assert_allclose(mine.pvalues, theirs.pvalues, rtol=1e-6)
    for options, sentence in (
        (
            {"cov_kwds": {"scaling_factor": 2.0}},
            "scaling_factor, which cov_type 'nonrobust' does not use",
        ),
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
        assert mine.model.k_constant == 1
        for attribute in ("exog", "endog", "weights", "offset", "sample"):
            assert not hasattr(mine.model, attribute), attribute
        np.testing.assert_array_equal(mine.mle_retvals["Hessian"], before)
        assert mine.model.exog_names == list(frame()[0].columns)


@pytest.mark.parametrize("use_t", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_hypotheses_answer_as_there(name: str, use_t: bool) -> None:
    X, outcomes = frame()
    y = outcomes[name]
    theirs, mine = (
        getattr(sm, name)(y, X).fit(**TIGHT, use_t=use_t),
        getattr(ours, name)(y, X).fit(disp=0, use_t=use_t),
    )
    R = np.eye(np.size(mine.params))[1:3]
    for ask in (lambda r: r.t_test(R), lambda r: r.wald_test(R), lambda r: r.f_test(R)):
        expected, found = ask(theirs), ask(mine)
        assert found.distribution == expected.distribution
        assert found.dist is expected.dist
        assert found.c_names == expected.c_names
        assert found.df_denom == getattr(expected, "df_denom", None)
        assert found.dist_args == (expected.dist_args or found.dist_args)
        np.testing.assert_allclose(
            np.squeeze(found.statistic), np.squeeze(expected.statistic), rtol=1e-7
        )
        if found.dist_args or expected.distribution == "norm":
            tail = found.dist.sf(np.abs(found.statistic), *found.dist_args)
            np.testing.assert_allclose(found.pvalue, (2 if found.c_names else 1) * tail, rtol=1e-9)


@pytest.mark.parametrize("use_f", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_wald_tests_take_a_metric_and_degrees_of_freedom(name: str, use_f: bool) -> None:
    theirs, mine = pair(name)
    R = np.eye(np.size(mine.params))[1:4]
    for asked in (
        {"invcov": np.diag([3.0, 2.0, 5.0])},
        {"df_constraints": 2},
        {"cov_p": 2 * np.eye(R.shape[1])},
    ):
        expected, found = (r.wald_test(R, use_f=use_f, **asked) for r in (theirs, mine))
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-7)
        assert found.pvalue == pytest.approx(float(expected.pvalue), rel=1e-6)
        assert found.df_denom == expected.df_denom
    expected, found = (r.wald_test(R, use_f=use_f, scalar=False) for r in (theirs, mine))
    assert found.statistic.shape == expected.statistic.shape == (1, 1)
    by_metric = mine.f_test(R, invcov=np.eye(3)).fvalue
    assert by_metric == pytest.approx(float(theirs.f_test(R, invcov=np.eye(3)).fvalue), rel=1e-7)
    for asked, sentence in (
        ({"invcov": np.eye(2)}, "invcov has shape"),
        ({"df_constraints": 0}, "df_constraints is 0"),
        ({"df_constraints": 1.5}, "df_constraints is 1.5"),
    ):
        with pytest.raises(ValueError, match=sentence):
            mine.wald_test(R, **asked)


@pytest.mark.parametrize("use_t", [False, True])
def test_terms_answer_as_there(use_t: bool) -> None:
    X, outcomes = frame()
    asked = {"combine_terms": ["s", "c"], "extra_constraints": [("both", np.eye(4)[1:3])]}
    theirs = sm.Logit(outcomes["Logit"], X).fit(**TIGHT, use_t=use_t).wald_test_terms(**asked)
    mine = ours.Logit(outcomes["Logit"], X).fit(disp=0, use_t=use_t).wald_test_terms(**asked)
    assert mine.distribution == theirs.distribution
    assert mine.col_names == theirs.col_names
    for table in ("table", "summary_frame"):
        expected, found = (getattr(r, table) for r in (theirs, mine))
        expected, found = (expected(), found()) if callable(expected) else (expected, found)
        assert list(found.columns) == list(expected.columns)
        assert list(found.index) == list(expected.index)
        np.testing.assert_allclose(found, expected.astype(float), rtol=1e-6)
    with pytest.raises(ValueError, match="the table of terms holds numbers"):
        ours.Logit(outcomes["Logit"], X).fit(disp=0).wald_test_terms(scalar=False)
    with pytest.raises(ValueError, match="no term has 'nonsense' in its name"):
        ours.Logit(outcomes["Logit"], X).fit(disp=0).wald_test_terms(combine_terms=["nonsense"])


def test_a_constant_is_there_where_it_is_said() -> None:
    X, outcomes = frame()
    for hasconst in (None, True, False):
        theirs = sm.Logit(outcomes["Logit"], X, hasconst=hasconst)
        assert ours.Logit(outcomes["Logit"], X, hasconst=hasconst).k_constant == theirs.k_constant


def test_clusters_are_counted() -> None:
    groups = np.arange(300) // 6
    for given in (groups, np.column_stack([groups, np.arange(300) % 30])):
        theirs, mine = pair("Logit", cov_type="cluster", cov_kwds={"groups": given})
        assert mine.n_groups == theirs.n_groups
        for key in ("use_correction", "adjust_df", "use_t"):
            assert mine.cov_kwds[key] == theirs.cov_kwds[key]
    assert not hasattr(pair("Logit")[1], "n_groups")


def test_covariances_after_l1_take_what_was_trimmed() -> None:
    X, outcomes = frame()
    mine = ours.Logit(outcomes["Logit"], X).fit_regularized(alpha=20.0, disp=0)
    theirs = sm.Logit(outcomes["Logit"], X).fit_regularized(alpha=20.0, disp=0, acc=1e-14)
    for zero in (theirs.mle_retvals["trimmed"], np.array([False, True, False, True])):
        args = (np.asarray(mine.params), {"trimmed": zero})
        expected = theirs.model.cov_params_func_l1(theirs.model, *args)
        np.testing.assert_allclose(
            mine.model.cov_params_func_l1(mine.model, *args), expected, rtol=1e-8
        )


@pytest.mark.parametrize("name", NAMES)
def test_dummies_of_all_levels_hold_a_constant(name: str) -> None:
    """The model of the constant alone lies within that of the dummies, so that the ratio test
    has one term less.
    """
    X, outcomes = frame()
    levels = np.eye(3)[np.random.default_rng(0).integers(0, 3, 300)]
    D = np.column_stack([levels, X["age"]])
    theirs, mine = (getattr(p, name)(outcomes[name].to_numpy(), D) for p in (sm, ours))
    assert mine.k_constant == theirs.k_constant == 1
    theirs, mine = theirs.fit(**TIGHT), mine.fit(disp=0)
    assert (mine.df_model, mine.df_resid, mine.k_constant) == (theirs.df_model, theirs.df_resid, 1)
    assert mine.llr_pvalue == pytest.approx(theirs.llr_pvalue, rel=1e-5)
    mine.remove_data()
    assert mine.df_model == theirs.df_model
    assert getattr(ours, name)(outcomes[name].to_numpy(), D[:, 2:]).k_constant == 0


def test_values_of_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="y_values are counts"):
        pair("Logit")[1].get_prediction(y_values=[0, 1])


def test_sampling_weights_give_no_figure_that_their_scale_would_change(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(200), rng.standard_normal(200)])
    y, weights = (rng.random(200) < 0.4).astype(float), rng.gamma(2.0, 0.5, 200)
    light, heavy = (
        ours.Logit(y, X, sampling_weights=weights * scale).fit(disp=0) for scale in (1.0, 1000.0)
    )
    np.testing.assert_allclose(light.bse, heavy.bse, rtol=1e-10)
    assert light.llr != heavy.llr
    heavy.save(tmp_path / "fit.parquet")
    for result in (light, heavy, ours.load(tmp_path / "fit.parquet")):
        assert np.isnan(
            [result.llr_pvalue, result.aic, result.bic, result.info_criteria("aic")]
        ).all()
        text = " ".join(str(result.summary()).split())
        assert "LLR p-value: ." in text
        assert (
            "the LLR p-value, AIC and BIC are not given, and likelihood-ratio tests do not hold"
            in text
        )
        again = " ".join(str(result.summary2()).split())
        assert all(f"{name}: ." in again for name in ("AIC", "BIC", "LLR p-value"))
    assert np.isnan(heavy.info_criteria("tic"))
    assert np.isnan(heavy.info_criteria("gbic")).all()
    assert np.isfinite(ours.Logit(y, X, var_weights=weights).fit(disp=0).aic)


def test_a_penalized_constant_is_said() -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([np.ones(200), rng.standard_normal(200)])
    model = ours.Logit((X[:, 1] + rng.logistic(size=200) > 0).astype(float), X)
    said = " ".join(model.fit_regularized(alpha=1.0, disp=0).fit_result.notes)
    assert "The constant is penalized too" in said
    assert "There is no constant" not in said
    assert "constant is penalized" not in " ".join(
        model.fit_regularized(alpha=[0.0, 1.0], disp=0).fit_result.notes
    )


def test_hypotheses_show_the_table_of_statsmodels_at_the_prompt() -> None:
    theirs, mine = pair("Logit")
    text = "age = 0, count = 0.1"
    expected = str(theirs.t_test(text, use_t=False)).splitlines()
    for found in (mine.t_test(text), mine.lincom(text)):
        assert [line.split() for line in repr(found).splitlines()] == [
            line.split() for line in expected
        ]
        assert repr(found) == str(found)
        assert found._repr_html_() == found.summary().as_html()
    terms, expected_terms = (
        mine.wald_test_terms(),
        str(theirs.wald_test_terms(scalar=True)).splitlines(),
    )
    assert [line.split()[0] for line in repr(terms).splitlines()] == [
        line.split()[0] for line in expected_terms
    ]
    assert repr(terms) == str(terms)
    assert "<table" in terms._repr_html_()


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_pairs_show_every_row_and_column_at_the_prompt(make: type) -> None:
    rng = np.random.default_rng(0)
    data = make({"y": rng.integers(0, 2, 300), "g": rng.choice(list("abcdef"), 300)})
    pairs = ours.logit("y ~ C(g)", data).fit(disp=0).t_test_pairwise("C(g)")
    assert repr(pairs) == str(pairs)
    for shown in (*pairs.result_frame.columns, *pairs.contrast_labels):
        assert str(shown) in repr(pairs)
    assert "<table" in pairs._repr_html_()
