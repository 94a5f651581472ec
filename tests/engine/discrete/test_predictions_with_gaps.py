"""Rows with a gap are predicted as nan, as statsmodels does, and the others as without them."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf

import logit_engine.discrete as ours
from logit_engine.errors import DataError

RANDOM = np.random.default_rng(11)
DATA = pd.DataFrame(
    {
        "x": RANDOM.normal(size=200),
        "z": RANDOM.normal(size=200),
        "g": RANDOM.choice(list("abc"), 200),
    }
)
DATA["y"] = (DATA["x"] + RANDOM.logistic(size=200) > 0.0).astype(float)
DATA["c"] = RANDOM.choice([0.0, 1.0, 2.0], 200)
NEW = DATA[["x", "z", "g"]].tail(6).set_axis(list("uvwxyz"))
HOLED = NEW.assign(x=NEW["x"].where(NEW.index != "v"), g=NEW["g"].where(NEW.index != "y", None))
GAPS = ["v", "y"]


@pytest.mark.parametrize("formula", ["y ~ x + z + g", "y ~ x*C(g) + I(z**2)", "c ~ x + g"])
@pytest.mark.parametrize("which", ["mean", "linear"])
def test_a_formula_predicts_nan_where_a_row_has_a_gap(formula: str, which: str) -> None:
    name = "logit" if formula.startswith("y") else "mnlogit"
    mine, theirs = (getattr(package, name)(formula, DATA).fit(disp=0) for package in (ours, smf))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = mine.predict(HOLED, which=which)
        several = mine.get_prediction(HOLED, which=which)
    assert list(found.index) == list(NEW.index)
    assert np.isnan(found.loc[GAPS]).to_numpy().all()
    whole = mine.predict(NEW, which=which)
    pd.testing.assert_frame_equal(
        found.drop(GAPS).to_frame() if found.ndim == 1 else found.drop(GAPS),
        whole.drop(GAPS).to_frame() if whole.ndim == 1 else whole.drop(GAPS),
    )
    if name == "logit":
        np.testing.assert_allclose(found, theirs.predict(HOLED, which=which), rtol=1e-8)
        expected = theirs.get_prediction(HOLED, which=which).summary_frame()
        table = several.summary_frame()
        # statsmodels leaves the rows out of this one table
        assert list(table.index) == list(NEW.index)
        columns = ["predicted", "se"]
        np.testing.assert_allclose(table.drop(GAPS)[columns], expected[columns], rtol=1e-6)
    assert np.isnan(np.asarray(several.se).reshape(6, -1)[[1, 4]]).all()


def test_a_frame_of_columns_with_gaps_is_predicted_as_statsmodels_does() -> None:
    X = DATA[["x", "z"]].assign(const=1.0)
    r = ours.Probit(DATA["y"], X).fit(disp=0)
    new = HOLED[["x", "z"]].assign(const=1.0)
    found = r.predict(new)
    assert np.flatnonzero(found.isna()).tolist() == [1]
    np.testing.assert_array_equal(found.dropna(), r.predict(new.dropna()))
    for rows in (new.to_numpy(), pl.from_pandas(new)):
        np.testing.assert_array_equal(np.asarray(r.predict(rows)), found)
    np.testing.assert_array_equal(r.predict(new, offset=new["x"]).isna(), found.isna())


def test_rows_without_a_complete_one_are_nan_and_unseen_levels_are_still_refused() -> None:
    r = ours.logit("y ~ x + g", DATA).fit(disp=0)
    assert r.predict(HOLED.loc[GAPS]).isna().all()
    assert np.isnan(r.predict({"x": [np.nan], "g": ["a"]})).all()
    with pytest.raises(DataError, match="'g' has levels that were not in the training rows: 'q'"):
        r.predict(HOLED.assign(g="q"))


def test_an_infinite_value_to_predict_is_refused_by_column_and_row() -> None:
    X = DATA[["x", "z"]]
    r = ours.Logit(DATA["y"], X).fit(disp=0)
    with pytest.raises(
        DataError, match=r"exog is missing or infinite in 1 rows \(first: row 2, column 'z', inf\)"
    ):
        r.predict(HOLED[["x", "z"]].assign(z=[0.0, 1.0, np.inf, 0.0, 0.0, 0.0]))
