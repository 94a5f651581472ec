"""Rows with gaps, types of pandas and Polars, outcomes: what a formula takes from a frame."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf

from logit_engine.design.formulas.design import formula_design
from logit_engine.discrete import logit
from logit_engine.errors import DataError, UsageError
from tests.support.formulas import frame


def test_nullable_pandas_types_are_the_numbers_they_hold() -> None:
    data = frame()
    nullable = data.convert_dtypes()
    nullable.loc[4, "hour"] = pd.NA
    nullable.loc[5, "flag"] = pd.NA
    ours = formula_design("y ~ x + a + flag + hour", nullable)
    np.testing.assert_array_equal(
        ours.X, formula_design("y ~ x + a + flag + hour", data.drop([4, 5])).X
    )


def with_nulls() -> pd.DataFrame:
    data = frame()
    data.loc[[3, 8], "z"] = np.nan
    data.loc[[8, 20], "a"] = None
    data["y"] = data["y"].astype(float)
    data.loc[30, "y"] = np.nan
    data.loc[40, "my col"] = np.nan
    return data


def as_polars(data: pd.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {name: data[name].astype(object).where(data[name].notna(), None).to_list() for name in data}
    )


@pytest.mark.parametrize("convert", [pd.DataFrame, as_polars])
def test_rows_with_nulls_are_dropped_counted_and_said(convert: Any) -> None:
    data = with_nulls()
    ours, theirs = formula_design("y ~ z*a", convert(data)), smf.logit("y ~ z*a", data)
    np.testing.assert_allclose(ours.X, theirs.exog, rtol=1e-15)
    assert np.flatnonzero(~ours.kept).tolist() == [3, 8, 20, 30]
    assert ours.dropped == {"y": 1, "z": 2, "a": 2}
    assert ours.note == "4 of 120 rows were left out for nulls (y in 1, z in 2, a in 2)."


def test_rows_with_nulls_are_refused_or_kept_as_asked() -> None:
    data = with_nulls()
    with pytest.raises(DataError) as refused:
        formula_design("y ~ z*a", data, missing="raise")
    assert str(refused.value) == (
        "4 of 120 rows have nulls ('y' in 1, 'z' in 2, 'a' in 2; first: row 3); drop or impute "
        "them."
    )
    kept = formula_design("y ~ z*a", data, missing="none")
    gone = [3, 8, 20, 30]
    assert kept.kept.all()
    assert np.isnan(kept.X[gone]).all()
    assert np.isnan(kept.outcome[gone]).all()
    np.testing.assert_array_equal(
        np.delete(kept.X, gone, axis=0), formula_design("y ~ z*a", data).X
    )
    with pytest.raises(UsageError, match="missing is 'drop', 'raise' or 'none', not 'keep'"):
        formula_design("y ~ z*a", data, missing="keep")  # type: ignore[arg-type]


def test_new_rows_with_nulls_are_refused_or_nan() -> None:
    design, new = formula_design("y ~ z*a", frame()), with_nulls()
    with pytest.raises(
        DataError, match=r"3 of 120 rows have nulls \('z' in 2, 'a' in 2; first: row 3\)"
    ):
        design.spec.encode(new)
    X = design.spec.encode(new, missing="none")
    assert np.flatnonzero(np.isnan(X).all(axis=1)).tolist() == [3, 8, 20]
    np.testing.assert_array_equal(
        np.delete(X, [3, 8, 20], axis=0), np.delete(design.X, [3, 8, 20], axis=0)
    )
    assert np.isnan(design.spec.encode(new.iloc[[3]], missing="none")).all()


def test_subset_and_drop_cols_are_those_of_statsmodels() -> None:
    data = frame()
    data.index = [f"row{i}" for i in range(len(data))]
    mask = data["x"] > 1.7
    for subset in (mask, data.index[10:60], list(data.index[60:10:-1])):
        ours = formula_design("y ~ x + z + a", data, subset=subset, drop_cols=["z"])
        theirs = smf.logit("y ~ x + z + a", data, subset=subset, drop_cols=["z"])
        assert list(ours.names) == theirs.exog_names
        np.testing.assert_array_equal(ours.X, theirs.exog)
        assert ours.kept.size == len(ours.X)
    np.testing.assert_array_equal(ours.spec.encode(data), formula_design("y ~ x + a", data).X)
    polars = pl.from_pandas(data.drop(columns="size"))
    np.testing.assert_array_equal(
        formula_design("y ~ x + a", polars, subset=mask).X,
        formula_design("y ~ x + a", polars, subset=np.flatnonzero(mask)).X,
    )
    with pytest.raises(
        UsageError, match=r"drop_cols names 'a', which is no column of X; did you mean 'a\[T.c\]'"
    ):
        formula_design("y ~ x + a", data, drop_cols=["a"])
    with pytest.raises(UsageError, match="subset chooses no rows of the data"):
        formula_design("y ~ x + a", polars, subset=np.ones(3, dtype=bool))


def outcomes() -> pd.DataFrame:
    data = frame()
    data["died"] = np.where(data["y"] == 1, "yes", "no")
    data["event"] = data["y"] == 1
    return data


@pytest.mark.parametrize(
    "left",
    [
        "y",
        "event",
        "C(y)",
        "I(died == 'yes')",
        "I(y > 0)",
        "np.where(died == 'yes', 1, 0)",
        "1 * event",
    ],
)
def test_a_binary_outcome_may_be_a_number_a_boolean_or_a_comparison(left: str) -> None:
    data = outcomes()
    if left == "1 * event":
        left = "I(1 * event)"
    design = formula_design(f"{left} ~ x", data)
    np.testing.assert_array_equal(design.y, data["y"])
    assert design.outcome_name == left


@pytest.mark.parametrize("left", ["died", "C(died)"])
def test_a_text_outcome_does_not_say_which_level_is_modeled(left: str) -> None:
    design = formula_design(f"{left} ~ x", outcomes())
    with pytest.raises(DataError) as refused:
        _ = design.y
    assert str(refused.value) == (
        "the outcome 'died' is one of 'no', 'yes', and a binary model needs 0 and 1; say which "
        "level is modeled, as in I(died == 'yes') ~ ..., or fit a multinomial model."
    )
    with pytest.raises(DataError, match="y runs from 1"):
        _ = formula_design("x ~ z", outcomes()).y


def test_a_multinomial_outcome_is_handed_over_as_it_is() -> None:
    data = frame()
    texts, ordered, codes = (
        formula_design(f"{left} ~ x", data) for left in ("a", "size", "C(hour)")
    )
    assert texts.outcome.tolist() == data["a"].tolist()
    assert texts.levels is None
    assert ordered.outcome.tolist() == data["size"].tolist()
    assert ordered.levels == ("small", "mid", "large")
    assert codes.outcome.tolist() == data["hour"].tolist()
    assert (texts.outcome_name, codes.outcome_name) == ("a", "C(hour)")
    with pytest.raises(
        DataError, match="the outcome 'size' is one of 'small', 'mid', 'large', and a binary model"
    ):
        _ = ordered.y


@pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas])
@pytest.mark.parametrize("formula", ["y ~ when", "y ~ z + C(when)", "when ~ z"])
def test_dates_in_a_formula_are_refused_by_name(convert: Any, formula: str) -> None:
    data = frame().assign(when=pd.Timestamp("2020-01-01"))
    with pytest.raises(
        DataError,
        match=r"column 'when' of data holds (Timestamp|Datetime) values; .* as in \(data\['wh",
    ):
        formula_design(formula, convert(data[["y", "z", "when"]]))
    objects = data.assign(when=pd.Series([date(2020, 1, 1)] * len(data), dtype=object))
    with pytest.raises(DataError, match="column 'when' of data holds date values"):
        formula_design(formula, objects)


def test_decimals_in_a_formula_are_numbers() -> None:
    data = frame()
    exact = data.assign(z=[Decimal(repr(float(v))) for v in data["z"]])
    np.testing.assert_array_equal(formula_design("y ~ z", exact).X, formula_design("y ~ z", data).X)


@pytest.mark.parametrize(("x", "z"), [("^x$", "*"), ("count", "rows"), ("intercept", "a[b]")])
def test_a_formula_takes_columns_of_every_name(x: str, z: str) -> None:
    rng = np.random.default_rng(0)
    columns = {
        "x": rng.standard_normal(90),
        "z": rng.standard_normal(90),
        "y": rng.random(90) < 0.5,
    }
    plain = pl.DataFrame(columns).with_columns(pl.col("y").cast(pl.Float64))
    named = plain.rename({"x": x, "z": z, "y": "^y$"})
    found = logit(f"`^y$` ~ `{x}` + `{z}`", named).fit(disp=0)
    expected = logit("y ~ x + z", plain).fit(disp=0)
    np.testing.assert_array_equal(found.params, expected.params)
    np.testing.assert_array_equal(found.predict(named), expected.predict(plain))
