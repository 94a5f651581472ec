"""Bad input is refused as the table in docs/from-statsmodels.md says, or answered right."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm

from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit, load, logit
from logit_engine.errors import (
    ConvergenceWarning,
    DataError,
    RankError,
)
from logit_engine.storage.model_file import METADATA_KEY, read_table
from logit_engine.storage.publish import canonical_json
from tests.support.bad_input import METHODS, good_sample, quiet


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (lambda X: np.full(200, 3.0), "column 'more' is constant"),
        (lambda X: X[:, 1], "column 'more' is a linear combination of 'x1'"),
        (lambda X: np.zeros(200), "column 'more' is constant"),
        (lambda X: 2.0 * X[:, 1] - X[:, 2], "column 'more' is a linear combination of 'x1', 'x2'"),
    ],
    ids=["constant", "duplicate", "zero", "combination"],
)
@pytest.mark.parametrize("method", ["newton", "bfgs"])
def test_aliased_columns_are_named_or_left_out_on_request(
    column, message: str, method: str
) -> None:
    X, y = good_sample()
    frame = pd.DataFrame(X, columns=["const", "x1", "x2"]).assign(more=column(X))
    with pytest.raises(RankError, match=message):
        quiet(Logit(y, frame), method=method)
    r = quiet(Logit(y, frame, check_rank="drop"), method=method)
    without = quiet(Logit(y, frame.drop(columns="more")), method=method)
    assert np.isnan(r.params["more"])
    assert np.isnan(r.bse["more"])
    np.testing.assert_allclose(r.params.drop("more"), without.params, rtol=1e-9)
    np.testing.assert_allclose(r.predict(), without.predict(), rtol=1e-9)
    assert "Aliased columns were left out, their parameters are nan: more." in str(r.summary())


def test_near_collinearity_is_flagged_with_the_condition_number() -> None:
    X, y = good_sample()
    X[:, 2] = X[:, 1] + 1e-9 * X[:, 2]
    r = quiet(Logit(y, X))
    assert r.converged
    assert "The condition number is" in " ".join(str(r.summary()).split())
    assert r.condition_number > 1e8


def test_more_columns_than_rows_are_refused() -> None:
    rng = np.random.default_rng(0)
    X, y = np.column_stack([np.ones(20), rng.standard_normal((20, 30))]), np.arange(20) % 2
    with pytest.raises(
        DataError, match="there are 31 columns for 20 rows; drop columns or set a penalty"
    ):
        quiet(Logit(y, X))


@pytest.mark.parametrize(
    ("recode", "message"),
    [
        (
            lambda y: y + 1,
            "endog must be in the unit interval, but 'y' runs from 1 to 2; recode it to 0 and 1",
        ),
        (lambda y: 2 * y - 1, "endog must be in the unit interval, but 'y' runs from -1 to 1"),
        (lambda y: np.arange(200) % 3, "or use MNLogit for more than two classes"),
        (lambda y: np.where(y == 1, "yes", "no"), "endog 'y' holds object values"),
        (lambda y: np.ones(200), "no row has y = 0; a model needs all its classes"),
    ],
    ids=["1,2", "-1,1", "three", "text", "one class"],
)
def test_outcomes_of_another_kind_are_refused(recode, message: str) -> None:
    X, y = good_sample()
    with pytest.raises(DataError, match=message):
        quiet(Logit(recode(y), X))


def test_shares_are_accepted_and_said() -> None:
    X, y = good_sample()
    share = np.where(np.arange(200) % 4 == 0, 0.25, y)
    r = quiet(Logit(share, X))
    peer = sm.GLM(share, X, family=sm.families.Binomial()).fit(tol=1e-14)
    np.testing.assert_allclose(r.params, peer.params, rtol=1e-9)
    assert (
        "50 rows of endog are shares of events; the number of trials is one trial a row"
        in " ".join(str(r.summary()).split())
    )


def test_missing_values_are_counted_and_refused_or_dropped() -> None:
    X, y = good_sample()
    frame, outcome = pd.DataFrame(X, columns=["const", "a", "b"]), pd.Series(y, name="out")
    frame.loc[[3, 5], "a"] = np.nan
    outcome.loc[7] = np.nan
    with pytest.raises(
        DataError, match=r"missing or infinite values in 'out' \(1 rows\), 'a' \(2 rows\)"
    ):
        Logit(outcome, frame)
    r = quiet(Logit(outcome, frame, missing="drop"))
    kept = ~np.isin(np.arange(200), [3, 5, 7])
    np.testing.assert_allclose(r.params, quiet(Logit(y[kept], X[kept])).params, rtol=1e-12)
    assert r.nobs == 197
    assert list(r.resid_response.index[:5]) == [0, 1, 2, 4, 6]
    assert "3 rows with missing values were left out: out (1), a (2)." in str(r.summary())


def test_missing_classes_are_not_the_base_class() -> None:
    X, y = good_sample()
    classes = np.where(y == 1, "b", np.where(X[:, 2] > 0, "a", "c")).astype(object)
    classes[4] = None
    with pytest.raises(DataError, match=r"missing or infinite values in 'y' \(1 rows\)"):
        MNLogit(classes, X)


def test_a_missing_offset_is_an_error() -> None:
    X, y = good_sample()
    offset = np.zeros(200)
    offset[9] = np.nan
    with pytest.raises(DataError, match=r"missing or infinite values in 'offset' \(1 rows\)"):
        Logit(y, X, offset=offset)


@pytest.mark.parametrize("scale", [1e-4, 1e4, 1e10])
@pytest.mark.parametrize("method", METHODS)
def test_units_change_nothing(scale: float, method: str) -> None:
    X, y = good_sample()
    base = quiet(Logit(y, X), method=method)
    X[:, 1] *= scale
    r = quiet(Logit(y, X), method=method)
    assert r.converged
    np.testing.assert_allclose(
        np.asarray(r.params) * [1.0, scale, 1.0], base.params, rtol=2e-5, atol=1e-6
    )


def test_a_shift_of_a_hundred_million_changes_nothing() -> None:
    X, y = good_sample()
    base = quiet(Logit(y, X))
    X[:, 1] = np.round(X[:, 1] * 2**20) / 2**20
    exact = quiet(Logit(y, X))
    X[:, 1] += 1e8
    r = quiet(Logit(y, X))
    np.testing.assert_allclose(r.params[1:], exact.params[1:], rtol=1e-6)
    np.testing.assert_allclose(r.bse[1:], base.bse[1:], rtol=1e-5)


@pytest.mark.parametrize("model", [Logit, Probit, CLogLog, MNLogit])
def test_weights_without_a_kind_are_refused_by_naming_the_three(model: type) -> None:
    X, y = good_sample()
    match = r"weights can mean three things; say freq_weights .* var_weights .* or sampling_weights"
    with pytest.raises(TypeError, match=match):
        model(y, X, weights=np.ones(200))
    with pytest.raises(
        TypeError,
        match=r"'weights' is not an option of fit .* freq_weights, var_weights or sampling_weights",
    ):
        quiet(model(y, X), weights=np.ones(200))
    with pytest.raises(TypeError, match="'exposure' is not an argument of this model"):
        model(y, X, exposure=np.ones(200))


def test_clusters_need_their_groups_and_groups_their_clusters() -> None:
    X, y = good_sample()
    with pytest.raises(
        ValueError,
        match=r"cov_type 'cluster' needs the clusters of the rows: cov_kwds={'groups': labels}",
    ):
        quiet(Logit(y, X), cov_type="cluster")
    with pytest.raises(ValueError, match="cov_kwds has groups, which cov_type 'HC1' does not use"):
        quiet(Logit(y, X), cov_type="HC1", cov_kwds={"groups": np.arange(200)})
    with pytest.raises(
        ValueError,
        match="cov_type 'HAC' is not known; choose one of nonrobust, HC0, HC1, HC2, HC3, cluster",
    ):
        quiet(Logit(y, X), cov_type="HAC")


def test_predictions_match_columns_by_name() -> None:
    X, y = good_sample()
    frame = pd.DataFrame(X, columns=["const", "a", "b"])
    r = quiet(Logit(y, frame))
    np.testing.assert_array_equal(r.predict(frame[["b", "const", "a"]]), r.predict(frame))
    with pytest.raises(DataError, match="exog has no column 'b'; the model was fitted with it"):
        r.predict(frame[["const", "a"]])
    with pytest.raises(DataError, match="exog has 2 columns; the model has 3: const, a, b"):
        r.predict(X[:, :2])


@pytest.mark.parametrize("kind", ["freq_weights", "var_weights", "sampling_weights"])
def test_negative_weights_are_refused(kind: str) -> None:
    X, y = good_sample()
    with pytest.raises(DataError, match=rf"{kind} is -1 in row 4; weights cannot be negative"):
        Logit(y, X, **{kind: np.where(np.arange(200) == 4, -1.0, 1.0)})


@pytest.mark.parametrize("eta", [710.0, 800.0])
def test_log_likelihoods_far_out_are_exact(eta: float) -> None:
    one, wrong = np.ones((2, 1)), np.array([0.0, 1.0])
    assert Logit(wrong, one).loglikeobs([eta]).tolist() == pytest.approx(
        [-eta, 0.0], rel=1e-15, abs=1e-300
    )
    at = Probit(wrong, one).loglikeobs([eta])[0]
    assert at == pytest.approx(
        -0.5 * eta**2 - np.log(eta) - 0.5 * np.log(2 * np.pi) - 1 / eta**2, rel=1e-12
    )
    three = MNLogit(np.array(["a", "b", "c"]), np.ones((3, 1))).loglikeobs([eta, -eta])
    assert three.sum(axis=1).tolist() == pytest.approx([-eta, 0.0, -2 * eta], rel=1e-15, abs=1e-300)


def test_eight_events_in_a_million_rows_are_fitted_right() -> None:
    n = 1_000_000
    x = np.linspace(-3.0, 3.0, n)
    y = np.zeros(n)
    y[[200_000, 500_000, 600_000, 700_000, 800_000, 850_000, 900_000, 980_000]] = 1.0
    X = np.column_stack([np.ones(n), x])
    r = quiet(Logit(y, X))
    assert r.converged
    score = r.model.score(r.params)
    assert np.abs(score / np.sqrt(np.diagonal(r.model.information(r.params)))).max() < 1e-9
    assert r.params[1] > 0.3


def test_a_method_that_stops_early_says_so() -> None:
    X, y = good_sample()
    with pytest.warns(ConvergenceWarning, match="method 'nm': not converged after 3 passes"):
        r = quiet(Logit(y, X), method="nm", maxiter=3)
    assert not r.converged
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet(Logit(y, X), method="nm", maxiter=3, warn_convergence=False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.fit(method="irls"), "method 'irls' is not known; choose newton, bfgs"),
        (
            lambda m: m.fit(on_separation="maybe"),
            "on_separation is 'maybe'; it is 'error', 'warn' or 'ignore'",
        ),
        (lambda m: m.fit_regularized(alpha=-1), "alpha is negative or not finite"),
        (
            lambda m: m.fit_regularized(method="ridge"),
            "method 'ridge' does not take a penalty; choose l1",
        ),
        (lambda m: m.fit_constrained("x9 = 0"), "x9"),
        (lambda m: m.predict(np.zeros(4)), r"params has shape \(4,\); this model has 3 parameters"),
        (
            lambda m: m.predict(np.zeros(3), which="median"),
            "which is 'median'; it is one of mean, linear, var, prob",
        ),
    ],
)
def test_what_does_not_exist_is_refused(call, message: str) -> None:
    X, y = good_sample()
    with pytest.raises(ValueError, match=message):
        call(Logit(y, X))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda X, y: Logit(y, pl.DataFrame(X).lazy()),
            "exog is a lazy frame; collect\\(\\) it first",
        ),
        (lambda X, y: Logit([], np.zeros((0, 2))), "endog has 0 rows and exog 2 columns"),
        (lambda X, y: Logit(y, np.zeros((200, 0))), "endog has 200 rows and exog 0 columns"),
        (
            lambda X, y: Logit(
                y, pd.DataFrame(X, columns=list("abc")).assign(d=pd.Timestamp("2020"))
            ),
            "column 'd' of exog holds Timestamp values; make numbers of them",
        ),
        (
            lambda X, y: Logit(
                y, pd.DataFrame(X, columns=list("abc")).assign(d=pd.Categorical(["u"] * 200))
            ),
            r"column 'd' of exog holds text \('u'\); encode it as numbers, or use a formula",
        ),
        (lambda X, y: Logit(y[:9], X), "endog has 9 rows and exog 200"),
        (
            lambda X, y: quiet(Logit(y, X), start_params=[np.nan, 0, 0]),
            "start_params holds values that are not finite",
        ),
        (
            lambda X, y: quiet(Logit(y, X)).summary(xname=["i"]),
            "xname has 1 names; the model has 3 columns",
        ),
        (
            lambda X, y: quiet(Logit(y, X)).summary(xname=3),
            "xname is 3; the model has 3 columns",
        ),
        (
            lambda X, y: quiet(Logit(y, X)).summary2(xname="abc"),
            "xname is 'abc'; the model has 3 columns",
        ),
        (
            lambda X, y: quiet(MNLogit(np.arange(200) % 3, X)).summary(yname_list=3),
            "yname_list is 3; give a name for each of 2 classes",
        ),
        (
            lambda X, y: MNLogit(np.arange(200) % 3, X, offset=np.zeros(200)),
            "the offset of a model of 3 classes has 2 columns",
        ),
    ],
)
def test_inputs_that_are_no_data_are_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(*good_sample())


def test_a_start_far_out_is_left_for_a_better_one() -> None:
    X, y = good_sample()
    for model in (Logit, Probit):
        far = quiet(model(y, X), start_params=[500.0, 500.0, -900.0])
        assert far.converged
        np.testing.assert_allclose(far.params, quiet(model(y, X)).params, rtol=1e-10)


def test_a_file_of_an_earlier_version_says_that_its_formula_was_not_stored(tmp_path) -> None:
    X, y = good_sample()
    frame = pd.DataFrame({"y": y, "a": X[:, 1]})
    logit("y ~ np.exp(a)", frame).fit(disp=False).save(tmp_path / "f.parquet")
    table, content = read_table(tmp_path / "f.parquet")
    del content["design"]
    table.write_parquet(tmp_path / "f.parquet", metadata={METADATA_KEY: canonical_json(content)})
    with pytest.raises(
        ValueError,
        match=r"the formula 'y ~ np\.exp\(a\)' was not stored with the fit .*; give its columns",
    ):
        load(tmp_path / "f.parquet").predict(frame)


def test_categories_come_in_their_own_order_and_empty_ones_are_left_out() -> None:
    X, _ = good_sample()
    classes = pd.Categorical(np.array(list("abc"))[np.arange(200) % 3], categories=list("cbad"))
    assert quiet(MNLogit(classes, X)).model.class_names == ["c", "b", "a"]


def test_general_methods_keep_constraints() -> None:
    X, y = good_sample()
    exact = Logit(y, X).fit_constrained("x1 = x2, const = 0.1", disp=False)
    for method in ("bfgs", "ncg", "nm"):
        r = Logit(y, X).fit_constrained("x1 = x2, const = 0.1", disp=False, method=method)
        assert r.converged
        np.testing.assert_allclose(r.params, exact.params, rtol=1e-6)
