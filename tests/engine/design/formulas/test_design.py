"""Formulas: the matrices, names and order of statsmodels; new rows encoded alike."""

import pickle
import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf

import logit_engine.design.formulas
from logit_engine.design.formulas.design import FormulaDesign, formula_design
from logit_engine.errors import DataError, UsageError
from tests.support.formulas import frame

SAME_AS_STATSMODELS = [
    "x + z",
    "x + a + flag",
    "x*a + b",
    "a:b",
    "a:b - 1",
    "x:a + a",
    "0 + x + a",
    "0 + flag + a",
    "x:z + z",
    "z:a + x",
    "x:a:b + x:b",
    "b + x + a:x + z:x",
    "a/x",
    "x*z*a",
    "(x + z + a)**2",
    "(x + a + b + z)**3",
    "a*flag*x - a:flag",
    "size + size:x",
    "C(hour)*x",
    "C(hour, Treatment(9))*center(z)",
    "C(a, Treatment('b'))",
    'C(a,Treatment("b")) + x',
    "C(a, Treatment(reference='c')):z",
    "C(a, levels=['c', 'b', 'a'])",
    "C(a, Sum)",
    "C(a, Helmert)",
    "C(hour, Diff)",
    "C(hour, Poly)",
    "np.log(x+1)+I(x**2)",
    "I(x>2)*a",
    "C(x > 2)",
    "np.where(a == 'b', x, 0)",
    "np.maximum(z, 0) + np.exp(z):a",
    "center(x) + standardize(z)",
    "scale(x)",
    "Q('my col') + x",
    "bs(x, df=4)",
    "bs(x, df=5, degree=2)*a",
    "bs(x, knots=[1.5, 2.5])",
    "cr(x, df=4) + z",
    "cc(x, df=4)",
]


@pytest.mark.parametrize("terms", SAME_AS_STATSMODELS)
def test_the_design_is_that_of_statsmodels(terms: str) -> None:
    data = frame()
    ours, theirs = formula_design(f"y ~ {terms}", data), smf.logit(f"y ~ {terms}", data)
    assert list(ours.names) == theirs.exog_names
    np.testing.assert_allclose(ours.X, theirs.exog, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(ours.y, theirs.endog)


@pytest.mark.parametrize("terms", [*SAME_AS_STATSMODELS, "poly(x, 3)", "log(`my col`) + `my col`"])
def test_rows_are_encoded_alike_alone_and_together(terms: str) -> None:
    data = frame()
    design = formula_design(f"y ~ {terms}", data)
    some = np.random.default_rng(0).permutation(len(data))[:7]
    columns = [name for name in data.columns[::-1] if name != "y"]
    np.testing.assert_allclose(
        design.spec.encode(data[columns].iloc[some]), design.X[some], rtol=1e-13, atol=1e-14
    )
    np.testing.assert_allclose(
        design.spec.encode(data[columns].iloc[some[:1]]), design.X[some[:1]], rtol=1e-13, atol=1e-14
    )
    np.testing.assert_array_equal(design.spec.encode(data), design.X)


def test_new_rows_are_encoded_as_statsmodels_predicts_them() -> None:
    data, new = frame(), frame(40, seed=2)
    new["x"] = new["x"].clip(data["x"].min(), data["x"].max())
    formula = "y ~ bs(x, df=5) + center(z)*a + C(hour) + standardize(np.log(x)):flag"
    theta = np.random.default_rng(3).normal(size=len(formula_design(formula, data).names))
    theirs = smf.logit(formula, data).fit(
        start_params=theta, maxiter=0, disp=False, warn_convergence=False
    )
    eta = formula_design(formula, data).spec.encode(new) @ theta
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-eta)), theirs.predict(new), rtol=1e-12)


@pytest.mark.parametrize("terms", ["x*a + flag + C(hour)", "size:z + bs(x, df=4)"])
def test_polars_and_pandas_give_the_same_bits(terms: str) -> None:
    data = frame()
    polars = pl.DataFrame({name: data[name].to_list() for name in data.columns}).with_columns(
        pl.col("size").cast(pl.Enum(["small", "mid", "large"])),
        pl.col("a").cast(pl.Categorical),
        pl.col("hour").cast(pl.UInt8),
    )
    ours, theirs = formula_design(f"y ~ {terms}", polars), formula_design(f"y ~ {terms}", data)
    assert ours.names == theirs.names
    np.testing.assert_array_equal(ours.X, theirs.X)
    np.testing.assert_array_equal(ours.y, theirs.y)
    np.testing.assert_array_equal(theirs.spec.encode(polars[:5]), ours.spec.encode(data[:5]))


def test_unseen_levels_are_named_with_their_rows() -> None:
    design, new = formula_design("y ~ C(a)*x + C(hour)", frame()), frame(20, seed=5)
    new.loc[[4, 7], "a"] = "new"
    new.loc[9, "a"] = "other"
    with pytest.raises(DataError) as refused:
        design.spec.encode(new)
    assert str(refused.value) == (
        "'C(a)' has levels that were not in the training rows: 'new' in 2 (rows 4, 7); 'other' in "
        "1 (row 9). Drop these rows, or fit with them."
    )
    new["a"], new["hour"] = "a", 8
    new.loc[3, "hour"] = 99
    with pytest.raises(
        DataError,
        match=r"'C\(hour\)' has levels that were not in the training rows: 99 in 1 \(row 3\)",
    ):
        design.spec.encode(pl.from_pandas(new[["a", "x", "hour"]]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda new: new.drop(columns=["x", "a"]),
            "the data lack 'x', 'a', which the formula 'y ~ bs(x) + a + flag' reads.",
        ),
        (lambda new: new.assign(x=9.0), "extend beyond upper and/or lower bounds"),
        (
            lambda new: new.assign(a=1),
            "'a' is numerical here and was categorical in the training rows; convert it.",
        ),
        (
            lambda new: new.assign(x=pd.Timestamp("2020-01-01")),
            "column 'x' of data holds Timestamp values; make numbers of them",
        ),
        (
            lambda new: new.to_dict(),
            "the data of a formula are a pandas or Polars frame, not dict.",
        ),
    ],
)
def test_new_rows_that_do_not_fit_are_refused(change: Any, sentence: str) -> None:
    design = formula_design("y ~ bs(x) + a + flag", frame())
    with pytest.raises((DataError, UsageError)) as refused:
        design.spec.encode(change(frame()))
    assert sentence in str(refused.value)


def test_codes_that_were_categories_are_no_numbers_later() -> None:
    data = frame()
    design = formula_design("y ~ hour + x", data.astype({"hour": "category"}))
    with pytest.raises(
        DataError,
        match="'hour' is numerical here and was categorical in the training rows; convert it",
    ):
        design.spec.encode(data)
    with pytest.raises(
        DataError,
        match="'x' is categorical here and was numerical in the training rows; convert it",
    ):
        design.spec.encode(data.astype({"hour": "category", "x": str}))


def test_a_spec_survives_pickling() -> None:
    design = formula_design("y ~ bs(x, df=4)*a + C(hour, Treatment(9))", frame())
    again: FormulaDesign = pickle.loads(pickle.dumps(design))
    np.testing.assert_array_equal(again.spec.encode(frame()), design.X)


def test_without_formulaic_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    formula_design("y ~ x", frame())
    monkeypatch.delitem(sys.modules, "logit_engine.design.formulas.matrices")
    monkeypatch.delattr(logit_engine.design.formulas, "matrices")
    monkeypatch.setitem(sys.modules, "formulaic", None)
    with pytest.raises(UsageError) as refused:
        formula_design("y ~ x", frame())
    assert str(refused.value) == "formulas need the extra: pip install 'logit-engine[formula]'."
