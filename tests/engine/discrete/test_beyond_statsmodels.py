"""What statsmodels lacks or fails at: weights, offsets, margins of classes, Polars."""

import sys
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm

from logit_engine.discrete import (
    CLogLog,
    Logit,
    MNLogit,
    Probit,
    add_constant,
    logit,
    mnlogit,
)
from logit_engine.errors import DataError, UsageError
from tests.support.faces import MODELS, counts_sample

KINDS = ("nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", MODELS)
def test_a_row_of_weight_two_is_the_row_twice(model: type, kind: str) -> None:
    if model is MNLogit and kind in ("HC2", "HC3"):
        with pytest.raises(
            UsageError, match="needs one leverage a row, which a model of 3 classes has not"
        ):
            model(*counts_sample(model)[::-1]).fit(disp=0, cov_type=kind)
        return
    X, y = counts_sample(model)
    times = np.arange(240) % 3
    at = np.repeat(np.arange(240), times)
    groups = np.arange(240) // 6
    options = {"cov_kwds": {"groups": groups}} if kind == "cluster" else {}
    again = {"cov_kwds": {"groups": groups[at]}} if kind == "cluster" else {}
    a = model(y, X, freq_weights=times).fit(disp=0, cov_type=kind, **options)
    b = model(y[at], X[at]).fit(disp=0, cov_type=kind, **again)
    for figure in (
        "params",
        "bse",
        "llf",
        "llnull",
        "llr_pvalue",
        "prsquared",
        "nobs",
        "df_resid",
        "df_model",
        "aic",
        "bic",
    ):
        np.testing.assert_allclose(
            getattr(a, figure), getattr(b, figure), rtol=1e-9, err_msg=figure
        )
    np.testing.assert_allclose(
        a.get_margeff(dummy=True, count=True).margeff_se,
        b.get_margeff(dummy=True, count=True).margeff_se,
        rtol=1e-9,
    )
    np.testing.assert_allclose(a.pred_table(), b.pred_table())


@pytest.mark.parametrize("model", [Logit, Probit, CLogLog])
def test_events_of_trials_are_their_rows(model: type) -> None:
    X, y = counts_sample(model)
    cells, inverse = np.unique(X[:, 2:], axis=0, return_inverse=True)
    trials = np.bincount(inverse)
    events = np.bincount(inverse, y)
    design = add_constant(cells)
    grouped = model(events / trials, design, var_weights=trials).fit(disp=0)
    single = model(y, add_constant(X[:, 2:])).fit(disp=0)
    np.testing.assert_allclose(grouped.params, single.params, rtol=1e-9)
    np.testing.assert_allclose(grouped.bse, single.bse, rtol=1e-9)
    assert grouped.llf == pytest.approx(single.llf, rel=1e-12)
    assert grouped.nobs == cells.shape[0]


def test_sampling_weights_give_the_robust_covariance_alone() -> None:
    X, y = counts_sample()
    w = 1.0 + np.arange(240) % 5
    r = Logit(y, X, sampling_weights=w).fit(disp=0)
    assert r.cov_type == "HC0"
    p = r.predict()
    bread = np.linalg.inv(X.T @ (X * (w * p * (1 - p))[:, None]))
    scores = X * (w * (y - p))[:, None]
    np.testing.assert_allclose(r.cov_params(), bread @ scores.T @ scores @ bread, rtol=1e-9)
    with pytest.raises(UsageError, match="sampling_weights give robust covariances only"):
        Logit(y, X, sampling_weights=w).fit(disp=0, cov_type="nonrobust")


@pytest.mark.parametrize("model", [Probit, CLogLog])
def test_the_expected_information_is_that_of_a_generalized_linear_model(model: type) -> None:
    X, y = counts_sample(model)
    link = sm.families.links.Probit() if model is Probit else sm.families.links.CLogLog()
    peer = sm.GLM(y, X, family=sm.families.Binomial(link)).fit(tol=1e-14, maxiter=200)
    r = model(y, X).fit(disp=0, cov_kwds={"information": "expected"})
    np.testing.assert_allclose(r.params, peer.params, rtol=1e-8)
    np.testing.assert_allclose(r.bse, peer.bse, rtol=1e-8)
    np.testing.assert_allclose(
        np.linalg.inv(r.model.information(r.params)), r.cov_params(), rtol=1e-8
    )


def differences(value, at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The Jacobian by central differences, (values, parameters)."""
    columns = [(value(at + step * e) - value(at - step * e)) / (2 * step) for e in np.eye(at.size)]
    return np.stack([column.ravel() for column in columns], axis=1)


@pytest.mark.parametrize(
    ("method", "dummy", "count"),
    [("dydx", True, True), ("eyex", False, False), ("eydx", True, False), ("dyex", False, False)],
)
@pytest.mark.parametrize("at", ["overall", "mean"])
@pytest.mark.parametrize("model", MODELS)
def test_margins_with_offsets_are_derivatives_and_their_errors_the_delta_methods(
    model: type, at: str, method: str, dummy: bool, count: bool
) -> None:
    X, y = counts_sample(model)
    shift = 0.3 * np.sin(np.arange(240))
    offset = np.column_stack([shift, -shift]) if model is MNLogit else shift
    r = model(y, X, offset=offset).fit(disp=0)

    def effects(flat: np.ndarray) -> np.ndarray:
        params = flat.reshape(2, 4).T if model is MNLogit else flat
        rows = X if at == "overall" else X.mean(axis=0)[None]
        off = (
            offset
            if at == "overall"
            else offset.mean(axis=0)[None]
            if model is MNLogit
            else np.array([offset.mean()])
        )

        def probability(Z: np.ndarray) -> np.ndarray:
            p = r.model.predict(params, Z, offset=off)
            return p if p.ndim == 2 else p[:, None]

        found = []
        for j in (1, 2, 3):
            lower, upper = rows.copy(), rows.copy()
            if dummy and j == 2:
                lower[:, j], upper[:, j], width = 0.0, 1.0, 1.0
            elif count and j == 3:
                lower[:, j], upper[:, j], width = rows[:, j] - 1.0, rows[:, j] + 1.0, 2.0
            else:
                lower[:, j], upper[:, j], width = rows[:, j] - 1e-5, rows[:, j] + 1e-5, 2e-5
            low, high = probability(lower), probability(upper)
            if method.startswith("ey"):
                low, high = np.log(low), np.log(high)
            change = (high - low) / width
            found.append((change * rows[:, [j]] if method.endswith("ex") else change).mean(axis=0))
        return np.array(found)

    flat = np.asarray(r.params).ravel(order="F")
    found = r.get_margeff(at=at, method=method, dummy=dummy, count=count)
    expected = effects(flat)
    np.testing.assert_allclose(
        found.margeff.reshape(expected.shape), expected, rtol=1e-6, atol=1e-9
    )
    J = differences(effects, flat, 1e-4)
    se = np.sqrt(np.einsum("ij,jk,ik->i", J, np.asarray(r.cov_params()), J)).reshape(expected.shape)
    np.testing.assert_allclose(found.margeff_se.reshape(expected.shape), se, rtol=2e-4, atol=1e-8)


@pytest.mark.parametrize(
    "options", [{}, {"which": "linear"}, {"average": True}, {"average": True, "which": "linear"}]
)
@pytest.mark.parametrize("model", MODELS)
def test_predictions_have_the_delta_methods_errors(model: type, options: dict) -> None:
    X, y = counts_sample(model)
    r = model(y, X).fit(disp=0)
    new = X[:5] * [1.0, 1.2, 1.0, 0.5]
    flat = np.asarray(r.params).ravel(order="F")

    def value(at: np.ndarray) -> np.ndarray:
        params = at.reshape(2, 4).T if model is MNLogit else at
        out = r.model.predict(params, new, which=options.get("which", "mean"))
        if model is MNLogit and options.get("which") == "linear":
            out = out[:, 1:]
        return out.mean(axis=0, keepdims=True) if options.get("average") else out

    found = r.get_prediction(new, **options)
    expected = value(flat)
    np.testing.assert_allclose(found.predicted.ravel(), expected.ravel(), rtol=1e-12)
    J = differences(value, flat)
    se = np.sqrt(np.einsum("ij,jk,ik->i", J, np.asarray(r.cov_params()), J))
    np.testing.assert_allclose(found.se.ravel(), se, rtol=1e-6)


def test_margins_of_many_classes_take_memory_by_blocks() -> None:
    rng = np.random.default_rng(0)
    n, classes = 100_000, 6
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 9))])
    r = MNLogit(rng.integers(0, classes, n), X).fit(disp=0)
    tracemalloc.start()
    r.get_margeff()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * X.nbytes  # the Jacobian of all rows at once would take 300 times X


def test_two_classes_are_a_logit_and_any_class_can_be_the_base() -> None:
    X, y = counts_sample()
    two = MNLogit(y.astype(int), X).fit(disp=0)
    np.testing.assert_allclose(two.params[:, 0], Logit(y, X).fit(disp=0).params, rtol=1e-11)
    np.testing.assert_allclose(two.bse[:, 0], Logit(y, X).fit(disp=0).bse, rtol=1e-11)
    one = Logit(y, X).fit(disp=0)
    np.testing.assert_allclose(two.predict()[:, 1], one.predict(), rtol=1e-11)
    np.testing.assert_allclose(
        two.predict(which="linear")[:, 1], one.predict(which="linear"), rtol=1e-11
    )
    np.testing.assert_array_equal(two.pred_table(), one.pred_table())
    X, levels = counts_sample(MNLogit)
    names = np.array(["low", "mid", "top"])[levels]
    first, last = MNLogit(names, X).fit(disp=0), MNLogit(names, X, base="top").fit(disp=0)
    np.testing.assert_allclose(last.params[:, 0], -first.params[:, 1], rtol=1e-9)
    np.testing.assert_allclose(last.llf, first.llf, rtol=1e-14)
    assert last.model.class_names == ["top", "low", "mid"]


def test_polars_in_named_arrays_and_tables_out() -> None:
    X, y = counts_sample()
    frame = pl.DataFrame(X, schema=["const", "age", "switch", "count"])
    r = Logit(pl.Series("out", y), frame).fit(disp=0)
    plain = Logit(y, X).fit(disp=0)
    np.testing.assert_array_equal(r.params, plain.params)
    assert r.params["age"] == plain.params[1]
    assert r.bse.names == ("const", "age", "switch", "count")
    table = r.conf_int()
    assert isinstance(table, pl.DataFrame)
    assert table["term"].to_list() == ["const", "age", "switch", "count"]
    assert isinstance(r.get_margeff().summary_frame(), pl.DataFrame)
    np.testing.assert_array_equal(
        r.predict(frame.select("count", "age", "const", "switch").head(3)), plain.predict(X[:3])
    )
    three = MNLogit(pl.Series("level", counts_sample(MNLogit)[1]), frame).fit(disp=0)
    assert isinstance(three.params, pl.DataFrame)
    assert three.params.columns == ["term", "0", "1"]
    assert (
        mnlogit("level ~ age", frame.with_columns(level=pl.Series(counts_sample(MNLogit)[1])))
        .fit(disp=0)
        .converged
    )


def test_odds_ratios_and_combinations_of_them() -> None:
    X, y = counts_sample()
    frame = pd.DataFrame(X, columns=["const", "age", "switch", "count"])
    r = Logit(y, frame).fit(disp=0)
    table = r.odds_ratios(alpha=0.1)
    np.testing.assert_allclose(table["odds ratio"], np.exp(r.params), rtol=1e-15)
    np.testing.assert_allclose(table[["lower", "upper"]], np.exp(r.conf_int(0.1)), rtol=1e-14)
    combined = r.lincom("2 * age - switch")
    weights = np.array([0.0, 2.0, -1.0, 0.0])
    assert combined.effect[0] == pytest.approx(weights @ r.params, rel=1e-14)
    assert combined.sd[0] == pytest.approx(np.sqrt(weights @ r.cov_params() @ weights), rel=1e-13)
    assert combined.odds_ratios()["odds ratio"].iloc[0] == pytest.approx(
        np.exp(weights @ r.params), rel=1e-13
    )


def test_variance_inflation_is_of_the_columns_beside_the_constant() -> None:
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    X, y = counts_sample()
    X[:, 3] += X[:, 1]
    r = Logit(y, pd.DataFrame(X, columns=["const", "age", "switch", "count"])).fit(disp=0)
    expected = [variance_inflation_factor(X, j) for j in (1, 2, 3)]
    np.testing.assert_allclose(r.vif, expected, rtol=1e-9)
    assert list(r.vif.index) == ["age", "switch", "count"]


def test_formulas_refuse_what_they_have_not_seen_and_count_what_they_leave_out() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 2, 200),
            "g": rng.choice(list("abc"), 200),
            "x": rng.standard_normal(200),
        }
    )
    frame.loc[[1, 2, 3], "x"] = np.nan
    weights = 1.0 + np.arange(200) % 2
    r = logit("y ~ C(g) + x", frame, freq_weights=weights).fit(disp=0)
    assert r.nobs == weights[np.isfinite(frame["x"])].sum()
    assert "3 rows with missing values were left out: x (3)." in str(r.summary())
    with pytest.raises(
        DataError, match="'C\\(g\\)' has levels that were not in the training rows: 'z'"
    ):
        r.predict(pd.DataFrame({"g": ["z"], "x": [0.0]}))
    assert list(r.wald_test_terms().table.index) == ["Intercept", "C(g)", "x"]
    pairs = r.t_test_pairwise("C(g)").result_frame
    assert list(pairs.index) == ["b-a", "c-a", "c-b"]


def test_scores_and_clusters_follow_the_rows_that_are_kept() -> None:
    X, y = counts_sample()
    X[::17, 1] = np.nan
    kept = np.isfinite(X[:, 1])
    groups = np.arange(240) // 5
    r = Logit(y, X, missing="drop").fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups})
    direct = Logit(y[kept], X[kept]).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": groups[kept]}
    )
    np.testing.assert_allclose(r.bse, direct.bse, rtol=1e-12)


def test_without_pandas_tables_are_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = counts_sample()
    r = Logit(y, X).fit(disp=0)
    monkeypatch.setattr("logit_engine.discrete.output_format.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert r.odds_ratios().columns == ["term", "odds ratio", "lower", "upper"]
    assert r.get_margeff().summary_frame()["term"].to_list() == ["x1", "x2", "x3"]
    assert r.get_influence().summary_frame().height == 240


def test_margins_are_taken_at_given_rows() -> None:
    X, y = counts_sample()
    r = Logit(y, X).fit(disp=0)
    theirs = sm.Logit(y, X).fit(disp=0, tol=1e-14)
    one = X[3] * 0.5
    np.testing.assert_allclose(
        r.get_margeff(atexog={1: 0.5}).margeff,
        theirs.get_margeff(atexog={1: 0.5}).margeff,
        rtol=1e-8,
    )
    np.testing.assert_allclose(
        r.get_margeff(atexog=one).margeff,
        theirs.get_margeff(atexog=np.tile(one, (240, 1))).margeff,
        rtol=1e-8,
    )
    for bad, sentence in (
        ({9: 1.0}, "atexog: 9 is no column of exog"),
        (np.ones((3, 4)), r"atexog has shape \(3, 4\)"),
    ):
        with pytest.raises(UsageError, match=sentence):
            r.get_margeff(atexog=bad)
