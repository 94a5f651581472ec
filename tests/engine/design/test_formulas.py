"""Formulas: the matrices, names and order of statsmodels; new rows encoded alike; nothing evaluated but what is listed."""

import pickle
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf

import logit_engine.design.formulas
from logit_engine.design.formulas.design import FormulaDesign, formula_design
from logit_engine.errors import DataError, UsageError


def frame(n: int = 120, seed: int = 1) -> pd.DataFrame:
    """Numbers, texts, booleans, integer codes, ordered categories and a name with a space."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(1.0, 3.0, n)
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(size=n),
            "a": rng.choice(list("abc"), n),
            "b": rng.choice(["u", "v"], n),
            "flag": rng.random(n) < 0.5,
            "hour": rng.integers(8, 12, n),
            "size": pd.Categorical(rng.choice(["small", "mid", "large"], n), categories=["small", "mid", "large"]),
            "my col": x**2,
            "y": (rng.random(n) < 0.5).astype(int),
        }
    )


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
    np.testing.assert_allclose(design.spec.encode(data[columns].iloc[some]), design.X[some], rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(
        design.spec.encode(data[columns].iloc[some[:1]]), design.X[some[:1]], rtol=1e-13, atol=1e-14
    )
    np.testing.assert_array_equal(design.spec.encode(data), design.X)


def test_new_rows_are_encoded_as_statsmodels_predicts_them() -> None:
    data, new = frame(), frame(40, seed=2)
    new["x"] = new["x"].clip(data["x"].min(), data["x"].max())
    formula = "y ~ bs(x, df=5) + center(z)*a + C(hour) + standardize(np.log(x)):flag"
    theta = np.random.default_rng(3).normal(size=len(formula_design(formula, data).names))
    theirs = smf.logit(formula, data).fit(start_params=theta, maxiter=0, disp=False, warn_convergence=False)
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


def test_nullable_pandas_types_are_the_numbers_they_hold() -> None:
    data = frame()
    nullable = data.convert_dtypes()
    nullable.loc[4, "hour"] = pd.NA
    nullable.loc[5, "flag"] = pd.NA
    ours = formula_design("y ~ x + a + flag + hour", nullable)
    np.testing.assert_array_equal(ours.X, formula_design("y ~ x + a + flag + hour", data.drop([4, 5])).X)


def with_nulls() -> pd.DataFrame:
    data = frame()
    data.loc[[3, 8], "z"] = np.nan
    data.loc[[8, 20], "a"] = None
    data["y"] = data["y"].astype(float)
    data.loc[30, "y"] = np.nan
    data.loc[40, "my col"] = np.nan
    return data


def as_polars(data: pd.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({name: data[name].astype(object).where(data[name].notna(), None).to_list() for name in data})


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
        "4 of 120 rows have nulls ('y' in 1, 'z' in 2, 'a' in 2; first: row 3); drop or impute them."
    )
    kept = formula_design("y ~ z*a", data, missing="none")
    gone = [3, 8, 20, 30]
    assert kept.kept.all()
    assert np.isnan(kept.X[gone]).all()
    assert np.isnan(kept.outcome[gone]).all()
    np.testing.assert_array_equal(np.delete(kept.X, gone, axis=0), formula_design("y ~ z*a", data).X)
    with pytest.raises(UsageError, match="missing is 'drop', 'raise' or 'none', not 'keep'"):
        formula_design("y ~ z*a", data, missing="keep")  # type: ignore[arg-type]


def test_new_rows_with_nulls_are_refused_or_nan() -> None:
    design, new = formula_design("y ~ z*a", frame()), with_nulls()
    with pytest.raises(DataError, match=r"3 of 120 rows have nulls \('z' in 2, 'a' in 2; first: row 3\)"):
        design.spec.encode(new)
    X = design.spec.encode(new, missing="none")
    assert np.flatnonzero(np.isnan(X).all(axis=1)).tolist() == [3, 8, 20]
    np.testing.assert_array_equal(np.delete(X, [3, 8, 20], axis=0), np.delete(design.X, [3, 8, 20], axis=0))
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
    with pytest.raises(UsageError, match=r"drop_cols names 'a', which is no column of X; did you mean 'a\[T.c\]'"):
        formula_design("y ~ x + a", data, drop_cols=["a"])
    with pytest.raises(UsageError, match="subset chooses no rows of the data"):
        formula_design("y ~ x + a", polars, subset=np.ones(3, dtype=bool))


def test_unseen_levels_are_named_with_their_rows() -> None:
    design, new = formula_design("y ~ C(a)*x + C(hour)", frame()), frame(20, seed=5)
    new.loc[[4, 7], "a"] = "new"
    new.loc[9, "a"] = "other"
    with pytest.raises(DataError) as refused:
        design.spec.encode(new)
    assert str(refused.value) == (
        "'C(a)' has levels that were not in the training rows: 'new' in 2 (rows 4, 7); 'other' in 1 (row 9). "
        "Drop these rows, or fit with them."
    )
    new["a"], new["hour"] = "a", 8
    new.loc[3, "hour"] = 99
    with pytest.raises(
        DataError, match=r"'C\(hour\)' has levels that were not in the training rows: 99 in 1 \(row 3\)"
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
        (lambda new: new.to_dict(), "the data of a formula are a pandas or Polars frame, not dict."),
    ],
)
def test_new_rows_that_do_not_fit_are_refused(change: Any, sentence: str) -> None:
    design = formula_design("y ~ bs(x) + a + flag", frame())
    with pytest.raises((DataError, UsageError)) as refused:
        design.spec.encode(change(frame()))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("y ~ xx", "the data have no column 'xx'; did you mean 'x'?"),
        ("y ~ np.log(flog)", "the data have no column 'flog', read by 'np.log(flog)'; did you mean 'flag'?"),
        ("y ~ Q('mycol')", "the data have no column 'mycol', read by 'Q('mycol')'; did you mean 'my col'?"),
        ("y + x ~ z", "the formula 'y + x ~ z' needs one outcome on its left side, as in 'y ~ x'."),
        ("~ x", "the formula '~ x' needs one outcome on its left side, as in 'y ~ x'."),
        ("y ~ 0", "the formula 'y ~ 0' leaves X without columns; give it a term."),
        ("y ~ x > 2", "cannot be read: Unknown operator '>'. A comparison goes inside I(...)."),
        ("y ~ x +", "the formula 'y ~ x +' cannot be read: Operator `+` has insuffient arguments"),
        ("y ~ .", "cannot be read: The `.` operator requires additional context"),
        ("y ~ np.mean(x)", "'np.mean' in 'np.mean(x)' is not a function that a formula may call; did you mean"),
        ("y ~ x.mean()", "'x.mean' in 'x.mean()' is not a function that a formula may call"),
        ("y ~ abs(x)", "'abs' in 'abs(x)' is not a function that a formula may call; did you mean 'bs'?"),
        ("y ~ I(x.values)", "'x.values' in 'I(x.values)' is not allowed: a formula holds columns, numbers, operators"),
        ("y ~ I([v for v in x])", "is not allowed: a formula holds columns, numbers, operators"),
        ("y ~ x[0]", "'x[0]' in 'x[0]' is not allowed"),
        ("y ~ I(a == 'it\\'s')", "holds a quote, a backslash or a control character; rename it."),
        (3, "a formula is a text such as 'y ~ x', not int."),
    ],
)
def test_formulas_that_cannot_be_used_are_refused(formula: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        formula_design(formula, frame())
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("y ~ C(one)", "'C(one)' is 'k' in all 120 rows, so it has no column; drop it."),
        ("y ~ unused", "no row has the level 'd' that 'unused' declares, so its column would be zero"),
        ("y ~ C(a, levels=['a', 'b'])", "'C(a, levels=['a', 'b'])' has values outside its levels: 'c' in "),
        ("y ~ C(a, Treatment('q'))", "the formula cannot be evaluated on these rows: Value `'q'`"),
        ("y ~ np.log(signed)", "'np.log(signed)' is not finite in 2 of 120 rows without nulls (rows 1, 6)."),
        ("y ~ infinite", "'infinite' is not finite in 1 of 120 rows without nulls (row 2)."),
        ("y ~ I(a + 1)", "the formula cannot be evaluated on these rows: Unable to evaluate factor `I(a + 1)`."),
        ("y ~ date", "column 'date' of data holds Timestamp values; make numbers of them"),
        ("y ~ empty", "no row is complete in the columns that the formula 'y ~ empty' reads."),
    ],
)
def test_data_that_would_be_dropped_or_zeroed_are_refused(formula: str, sentence: str) -> None:
    data = frame().assign(one="k", date=pd.Timestamp("2020-01-01"), signed=1.0, infinite=1.0, empty=np.nan)
    data["unused"] = pd.Categorical(data["a"], categories=list("abcd"))
    data.loc[[1, 6], "signed"] = [-1.0, 0.0]
    data.loc[2, "infinite"] = np.inf
    with pytest.raises(DataError) as refused:
        formula_design(formula, data)
    assert sentence in str(refused.value)


def test_codes_that_were_categories_are_no_numbers_later() -> None:
    data = frame()
    design = formula_design("y ~ hour + x", data.astype({"hour": "category"}))
    with pytest.raises(
        DataError, match="'hour' is numerical here and was categorical in the training rows; convert it"
    ):
        design.spec.encode(data)
    with pytest.raises(DataError, match="'x' is categorical here and was numerical in the training rows; convert it"):
        design.spec.encode(data.astype({"hour": "category", "x": str}))


def test_a_column_may_be_called_like_a_function_unless_both_are_meant() -> None:
    data = frame().rename(columns={"a": "C", "z": "np"})
    assert formula_design("y ~ C + np", data).names == ("Intercept", "C[T.b]", "C[T.c]", "np")
    for formula in ("y ~ C(C)", "y ~ C(b) + C", "y ~ np + np.log(x)"):
        with pytest.raises(UsageError, match="is a column and a word of the formula"):
            formula_design(formula, data)


CALL = "(__import__('os').system('touch {0}'))()"
ATTACKS = [
    "y ~ __import__('os').system('touch {0}')",
    "y ~ I(__import__('os').system('touch {0}'))",
    f"y ~ I({CALL})",
    f"I({CALL}) ~ x",
    f"I({CALL}) ~ .",
    f"I({CALL}) + y - I({CALL}) ~ x",
    f"y ~ x - I({CALL})",
    f"y ~ {{{{{CALL}}}}}",
    "y ~ np.f2py.os.system('touch {0}')",
    "y ~ I(open('{0}', 'w'))",
    "y ~ I(x.__class__.__base__.__subclasses__())",
    "y ~ I(eval('open(1)'))",
    'y ~ center(x, \'\\") or open("{0}", "w") or ("\')',
    'y ~ Q(\'x\\") or open("{0}", "w") or ("\')',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_outside_the_language_is_evaluated(attack: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with pytest.raises(UsageError):
        formula_design(attack.format(trace), frame())
    assert not trace.exists()


def test_the_callers_names_are_not_seen() -> None:
    threshold = 2.0
    with pytest.raises(UsageError, match="the data have no column 'threshold', read by 'I\\(x > threshold\\)'"):
        formula_design("y ~ I(x > threshold)", frame())
    assert threshold


def outcomes() -> pd.DataFrame:
    data = frame()
    data["died"] = np.where(data["y"] == 1, "yes", "no")
    data["event"] = data["y"] == 1
    return data


@pytest.mark.parametrize(
    "left", ["y", "event", "C(y)", "I(died == 'yes')", "I(y > 0)", "np.where(died == 'yes', 1, 0)", "1 * event"]
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
        "the outcome 'died' is one of 'no', 'yes', and a binary model needs 0 and 1; say which level is modeled, as in "
        "I(died == 'yes') ~ ..., or fit a multinomial model."
    )
    with pytest.raises(DataError, match="y runs from 1"):
        _ = formula_design("x ~ z", outcomes()).y


def test_a_multinomial_outcome_is_handed_over_as_it_is() -> None:
    data = frame()
    texts, ordered, codes = (formula_design(f"{left} ~ x", data) for left in ("a", "size", "C(hour)"))
    assert texts.outcome.tolist() == data["a"].tolist()
    assert texts.levels is None
    assert ordered.outcome.tolist() == data["size"].tolist()
    assert ordered.levels == ("small", "mid", "large")
    assert codes.outcome.tolist() == data["hour"].tolist()
    assert (texts.outcome_name, codes.outcome_name) == ("a", "C(hour)")
    with pytest.raises(DataError, match="the outcome 'size' is one of 'small', 'mid', 'large', and a binary model"):
        _ = ordered.y


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


@pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas])
@pytest.mark.parametrize("formula", ["y ~ when", "y ~ z + C(when)", "when ~ z"])
def test_dates_in_a_formula_are_refused_by_name(convert: Any, formula: str) -> None:
    data = frame().assign(when=pd.Timestamp("2020-01-01"))
    with pytest.raises(
        DataError, match=r"column 'when' of data holds (Timestamp|Datetime) values; .* as in \(data\['wh"
    ):
        formula_design(formula, convert(data[["y", "z", "when"]]))
    objects = data.assign(when=pd.Series([date(2020, 1, 1)] * len(data), dtype=object))
    with pytest.raises(DataError, match="column 'when' of data holds date values"):
        formula_design(formula, objects)


def test_decimals_in_a_formula_are_numbers() -> None:
    data = frame()
    exact = data.assign(z=[Decimal(repr(float(v))) for v in data["z"]])
    np.testing.assert_array_equal(formula_design("y ~ z", exact).X, formula_design("y ~ z", data).X)
