"""Saved results of a formula predict from data frames as before, to the last bit."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from logit_engine.design.formulas.design import formula_design
from logit_engine.design.formulas.storage import formula_content, formula_of
from logit_engine.discrete import MNLogit, load, logit, mnlogit
from logit_engine.errors import DataError, UsageError
from logit_engine.storage.model_file import METADATA_KEY, read_table
from logit_engine.storage.publish import canonical_json

N = 240
FORMULAS = (
    "y ~ x + C(g)",
    "y ~ 0 + cr(z, df=3) + bs(x, df=4)",
    "y ~ 0 + cc(x, df=3) + poly(z, 2)",
    "y ~ center(x) + scale(z) + standardize(x):z",
    "y ~ C(g, Treatment('b'))*z + C(h, Sum)",
    "y ~ C(k, Poly) + C(h, Diff)",
    "y ~ C(g, Helmert) + bs(x, knots=(1.5, 2.5), degree=2)",
    "y ~ 0 + g:z + np.log(x) + flag",
    'y ~ I(z > 0) + Q("a name") + I(x**2)',
    "y ~ (x + z)**2 + C(h, levels=[4, 2, 1])",
    "I(y == 1) ~ np.where(z > 0, x, 0)",
)


@dataclass(frozen=True, order=True)
class Level:
    """A level of a type that is the user's own."""

    value: int


def data(seed: int = 1) -> pd.DataFrame:
    """Numbers, texts, a switch, whole numbers as levels, ordered categories, and a name that is
    no identifier.
    """
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"x": rng.uniform(1, 3, N), "z": rng.standard_normal(N), "g": rng.choice(list("abc"), N)}
    )
    frame["h"], frame["flag"] = rng.choice([1, 2, 4], N), rng.random(N) > 0.5
    frame["k"] = pd.Categorical(frame["g"], categories=list("cab"), ordered=True)
    frame["a name"] = rng.standard_normal(N)
    frame["y"] = (frame["z"] + rng.logistic(size=N) > 0).astype(int)
    return frame


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_loaded_fit_predicts_other_rows_as_the_fit_did(formula: str, tmp_path: Path) -> None:
    fitted = logit(formula, data()).fit(disp=0, on_separation="ignore")
    fitted.save(tmp_path / "fit.parquet")
    back = load(tmp_path / "fit.parquet")
    inside = data(2).loc[lambda d: d["x"].between(*data()["x"].quantile([0.01, 0.99]))]
    inside = inside.loc[inside["z"].between(*data()["z"].quantile([0.01, 0.99]))].head(20)
    for rows in (inside, inside.head(1)):
        pd.testing.assert_series_equal(back.predict(rows), fitted.predict(rows), check_exact=True)
    pd.testing.assert_frame_equal(
        back.get_prediction(inside).summary_frame(),
        fitted.get_prediction(inside).summary_frame(),
        check_exact=True,
    )
    assert (
        back.wald_test_terms().table.index.tolist() == fitted.wald_test_terms().table.index.tolist()
    )
    gaps = inside.assign(z=[np.nan, *inside["z"][1:]])
    np.testing.assert_array_equal(back.predict(gaps), fitted.predict(gaps))


def test_what_is_learnt_comes_back_from_json() -> None:
    frame = data()
    for formula in FORMULAS:
        spec = formula_design(formula, frame).spec
        back = formula_of(json.loads(canonical_json(formula_content(spec))))
        assert back.terms == spec.terms
        np.testing.assert_array_equal(back.encode(frame), spec.encode(frame))


def test_several_classes_and_polars_predict_after_loading(tmp_path: Path) -> None:
    frame = pl.from_pandas(data().drop(columns="k"))
    fitted = mnlogit("h ~ center(x) + C(g)", frame).fit(disp=0)
    fitted.save(tmp_path / "fit.parquet")
    back = load(tmp_path / "fit.parquet")
    np.testing.assert_array_equal(
        np.asarray(back.predict(frame.head(5))), np.asarray(fitted.predict(frame.head(5)))
    )
    assert isinstance(back.model, MNLogit)


def test_a_loaded_fit_refuses_unseen_levels_and_absent_columns_as_before(tmp_path: Path) -> None:
    logit("y ~ x + C(g)", data()).fit(disp=0).save(tmp_path / "fit.parquet")
    back = load(tmp_path / "fit.parquet")
    with pytest.raises(
        DataError, match="'C\\(g\\)' has levels that were not in the training rows: 'q' in 1"
    ):
        back.predict(pd.DataFrame({"x": [2.0], "g": ["q"]}))
    with pytest.raises(DataError, match="the data lack 'g'"):
        back.predict(pd.DataFrame({"x": [2.0]}))


def test_pairs_of_levels_are_compared_after_loading(tmp_path: Path) -> None:
    fitted = logit("y ~ x + C(g)", data()).fit(disp=0)
    fitted.save(tmp_path / "fit.parquet")
    found = load(tmp_path / "fit.parquet").t_test_pairwise("C(g)").result_frame
    pd.testing.assert_frame_equal(found, fitted.t_test_pairwise("C(g)").result_frame)


def test_levels_that_json_does_not_hold_are_said_when_saving_and_when_predicting(
    tmp_path: Path,
) -> None:
    frame = data().assign(bin=lambda d: d["h"].map({1: Level(1), 2: Level(2), 4: Level(4)}))
    fitted = logit("y ~ C(bin)", frame).fit(disp=0)
    with pytest.warns(UserWarning, match="the formula is not stored: 'C\\(bin\\)' holds Level"):
        fitted.save(tmp_path / "fit.parquet")
    back = load(tmp_path / "fit.parquet")
    with pytest.raises(
        UsageError,
        match=r"the formula 'y ~ C\(bin\)' was not stored.*; give its columns themselves",
    ):
        back.predict(frame)
    np.testing.assert_array_equal(back.predict(fitted.model.exog), fitted.predict())


def test_a_file_whose_formula_says_more_than_a_formula_may_runs_nothing(tmp_path: Path) -> None:
    content = formula_content(formula_design("y ~ x", data()).spec)
    with pytest.raises(UsageError, match="open"):
        formula_of({**content, "text": "y ~ open('x')"})
    logit("y ~ x", data()).fit(disp=0).save(tmp_path / "fit.parquet")
    table, stored = read_table(tmp_path / "fit.parquet")
    stored["design"]["text"] = "y ~ __import__('os').getcwd()"
    table.write_parquet(tmp_path / "fit.parquet", metadata={METADATA_KEY: canonical_json(stored)})
    assert load(tmp_path / "fit.parquet").model.design is None
