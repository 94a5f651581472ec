"""Under separation no table shows a number for an infinite parameter."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from logit_engine.discrete import Logit, MNLogit, load, logit
from logit_engine.discrete.results import BinaryResults
from logit_engine.errors import SeparationWarning, UsageError
from logit_engine.estimators import LogisticRegression
from tests.support.samples import separated_sample

N = 300
QUIET = {"disp": 0, "on_separation": "ignore"}


def data() -> tuple[pd.Series, pd.DataFrame]:
    """A constant, a number and a switch, under which every outcome is one."""
    X, y = separated_sample(N, 1)
    frame = pd.DataFrame({"const": 1.0, "a": X[:, 0], "d": X[:, 1]})
    return pd.Series(y, name="y"), frame


@pytest.fixture(scope="module")
def fitted() -> BinaryResults:
    y, X = data()
    return Logit(y, X).fit(**QUIET)


@pytest.fixture(scope="module")
def alone() -> BinaryResults:
    """The fit of the rows that are not predicted perfectly."""
    y, X = data()
    return Logit(y[X["d"] == 0], X.loc[X["d"] == 0, ["const", "a"]]).fit(disp=0)


def test_parameters_are_finite_beside_their_infinities_and_inference_is_nan(fitted, alone) -> None:
    assert np.isfinite(fitted.params).all()
    assert fitted.infinite.to_dict() == {"const": 0.0, "a": 0.0, "d": 1.0}
    for numbers in (
        fitted.bse,
        fitted.tvalues,
        fitted.pvalues,
        fitted.conf_int()[0],
        fitted.cov_params()["d"],
    ):
        assert np.isnan(numbers["d"])
    np.testing.assert_allclose(fitted.bse[:2], alone.bse, rtol=1e-6)
    np.testing.assert_allclose(fitted.conf_int()[:2], alone.conf_int(), rtol=1e-6)
    robust = fitted.model.fit(cov_type="HC0", **QUIET)
    np.testing.assert_allclose(
        robust.normalized_cov_params.iloc[:2, :2], alone.cov_params(), rtol=1e-6
    )
    assert np.isnan(robust.normalized_cov_params["d"]).all()
    ratios = fitted.odds_ratios()
    assert ratios.loc["d", "odds ratio"] == np.inf
    assert ratios.loc["d", ["lower", "upper"]].isna().all()


def test_every_table_shows_infinity_and_dots(fitted) -> None:
    dots = ["."] * 5
    for report in (fitted.summary(), fitted.summary2()):
        text = str(report)
        assert next(line for line in text.splitlines() if line.startswith("d ")).split() == [
            "d",
            "+inf",
            *dots,
        ]
        assert "d,+inf,.,.,.,.,." in report.as_csv()
        assert r"\textbf{d} & +inf & . & . & . & . & . \\" in report.as_latex()
        assert "Infinite estimates have no standard errors." in text
        assert ">+inf</td>" in report.as_html()
    assert str(fitted.t_test("d = 0").summary()).splitlines()[4].split() == ["c0", "+inf", *dots]


def test_tests_of_it_are_marked_and_named_and_the_likelihood_ratio_answers(fitted) -> None:
    for test in (fitted.wald_test, fitted.f_test):
        with pytest.warns(
            SeparationWarning,
            match=r"^the test involves 'd', whose estimate is infinite.*twice the diff",
        ):
            found = test("d = 0")
        assert np.isnan([found.statistic, found.pvalue]).all()
        assert "likelihood-ratio" in str(found)
    frame = fitted.t_test("d, a").summary_frame()
    assert frame["coef"].tolist()[0] == np.inf
    assert frame["P>|z|"].isna().tolist() == [True, False]
    assert np.isnan(fitted.wald_test_terms().pvalues).tolist() == [False, False, True]
    y, X = data()
    less = Logit(y, X[["const", "a"]]).fit(disp=0)
    assert 2.0 * (fitted.llf - less.llf) > 20.0


def test_margins_mark_it_and_take_its_discrete_change(fitted, alone) -> None:
    share = 1.0 - data()[1]["d"].mean()
    found = fitted.get_margeff()
    np.testing.assert_allclose(found.margeff[0], alone.get_margeff().margeff[0] * share, rtol=1e-6)
    np.testing.assert_allclose(
        found.margeff_se[0], alone.get_margeff().margeff_se[0] * share, rtol=1e-6
    )
    assert np.isnan([found.margeff[1], found.margeff_se[1], found.pvalues[1]]).all()
    assert "dummy=True" in str(found.summary())
    assert np.isnan(fitted.get_margeff(at="mean").margeff).all()  # the mean of d is neither 0 nor 1
    assert np.isfinite(fitted.get_margeff(at="zero").margeff[0])
    assert np.isfinite(fitted.get_margeff(dummy=True).margeff_se).all()


def test_predictions_go_on_and_have_intervals_where_they_do_not_rest_on_it(fitted, alone) -> None:
    _, X = data()
    on = X["d"] == 1
    assert (fitted.predict(X)[on] > 0.999).all()
    found = fitted.get_prediction(X).summary_frame()
    assert found.loc[on, "se"].isna().all()
    np.testing.assert_allclose(found.loc[~on, "se"], alone.get_prediction().se, rtol=1e-6)


def test_a_stored_result_shows_infinity_and_is_read_back_whole(fitted, tmp_path: Path) -> None:
    fitted.save(tmp_path / "fit.parquet")
    assert pl.read_parquet(tmp_path / "fit.parquet")["estimate"].to_list()[2] == np.inf
    back = load(tmp_path / "fit.parquet")
    assert back.params.tolist() == fitted.params.tolist()
    assert back.infinite.tolist() == fitted.infinite.tolist()


def test_pairs_of_levels_mark_the_level(fitted) -> None:
    y, X = data()
    level = np.where(X["d"] == 1, "z", np.where(np.arange(N) % 2, "b", "a"))
    found = logit("y ~ C(level) + a", pd.DataFrame({"y": y, "a": X["a"], "level": level})).fit(
        **QUIET
    )
    table = found.t_test_pairwise("C(level)").result_frame
    assert table["coef"].tolist()[1:] == [np.inf, np.inf]
    assert table["P>|z|"].isna().tolist() == [False, True, True]


def test_several_classes_mark_the_class() -> None:
    _, X = data()
    rng = np.random.default_rng(2)
    code = np.digitize(X["a"] + rng.logistic(size=N), [-0.5, 1.0])
    code[(X["d"] == 1) & (code == 2)] = 1
    found = MNLogit(code, X).fit(**QUIET)
    assert np.isnan(found.bse.loc["d"]).tolist() == [False, True]
    rows = [line.split() for line in str(found.summary()).splitlines() if line.startswith("d ")]
    assert rows[1] == ["d", "-inf", *["."] * 5]
    assert "." not in rows[0]
    assert np.isnan(found.get_margeff().margeff[1]).all()


def test_a_class_whose_sign_the_data_do_not_tell_has_no_numbers(tmp_path: Path) -> None:
    _, X = data()
    code = np.digitize(X["a"] + np.random.default_rng(2).logistic(size=N), [-0.5, 1.0])
    code[X["d"] == 1] = 2  # against 0, 2 is +inf, and 1 anywhere
    found = MNLogit(code, X).fit(**QUIET)
    assert found.infinite.loc["d"].isna().tolist() == [True, False]
    assert np.isfinite(found.params).all(axis=None)
    rows = [line.split() for line in str(found.summary()).splitlines() if line.startswith("d ")]
    assert rows == [["d", *["."] * 6], ["d", "+inf", *["."] * 5]]
    assert "The data do not identify 'd (1)', not even the sign" in " ".join(
        str(found.summary()).split()
    )
    with pytest.raises(UsageError, match="has no standard error"):
        found.wald_test("y1_d = 0")
    assert found.t_test("y1_d = 0").summary_frame().isna().all(axis=None)
    assert np.isnan(found.wald_test_terms().pvalues).tolist() == [False, False, True]
    assert np.isnan(found.get_margeff().margeff[1]).all()
    found.save(tmp_path / "fit.parquet")
    np.testing.assert_array_equal(load(tmp_path / "fit.parquet").infinite, found.infinite)


def test_the_estimator_s_inference_is_the_same_result() -> None:
    y, X = data()
    with pytest.warns(UserWarning, match="column 'd' predicts y perfectly"):
        model = LogisticRegression(C=np.inf).fit(X[["a", "d"]], y)
    assert np.isfinite(model.coef_).all()
    assert model.inference_.limits[2] == np.inf
    assert np.isnan(model.inference_.p_values[2])
