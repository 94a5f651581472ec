"""Shared names and unknown labels are refused by name; a name with brackets stays whole."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from logit_engine import array_rows, fit
from logit_engine.design.frame_rows import Outcome, frame_rows
from logit_engine.design.learning import learn
from logit_engine.design.spec import Spec
from logit_engine.design.table_design import Design
from logit_engine.design.terms.numeric import Numeric
from logit_engine.discrete import logit
from logit_engine.errors import DataError
from logit_engine.storage.model_file import (
    StoredModel,
    StoredTarget,
    coefficient_table,
    read_model,
    write_model,
)


def frame() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "a": rng.choice(["b", "c"], 90),
            "a[c]": rng.standard_normal(90),
            "x[y]": rng.standard_normal(90),
            "late": rng.random(90) < 0.5,
        }
    )


def test_columns_of_one_name_are_refused_by_name() -> None:
    X, y = np.random.default_rng(0).standard_normal((20, 3)), np.arange(20) % 2
    with pytest.raises(
        DataError,
        match=r"^two columns are named 'u' \(at positions 1 and 3\); give each a name of its",
    ):
        array_rows(X, y, names=["u", "v", "u"])
    with pytest.raises(DataError, match="two columns are named 'intercept'"):
        array_rows(X, y, names=["u", "v", "intercept"])
    assert array_rows(X, y, names=["u", "v", "intercept"], intercept=False).names[2] == "intercept"
    with pytest.raises(DataError, match="two columns are named 'u'"):
        array_rows(pd.DataFrame(X, columns=["u", "u", "w"]), y)


def test_a_column_named_as_a_level_of_another_is_a_term_of_its_own() -> None:
    spec = Spec(numeric=("a[c]", "x[y]"), categorical=("a",), reference={"a": "b"})
    design, _ = learn(frame(), spec)
    assert design.names == ("intercept", "`a[c]`", "x[y]", "a[c]")
    assert Design.from_content(design.to_content()).names == design.names


def test_terms_of_one_name_are_refused_before_a_model_is_stored(tmp_path: Path) -> None:
    data = frame()
    design, _ = learn(data, Spec(numeric=("a[c]", "x[y]")))
    result = fit(frame_rows(design, data, data["late"].cast(pl.Float64).to_numpy()))
    twice = replace(design, terms=(design.terms[0], Numeric("a[c]", None, 0.0, 1.0)))
    with pytest.raises(DataError, match=r"^two terms are named 'a\[c\]'"):
        write_model(
            StoredModel(twice, result, StoredTarget("late", (False, True)), 0.5),
            tmp_path / "model.parquet",
        )


def test_a_name_with_brackets_is_stored_whole(tmp_path: Path) -> None:
    data = frame()
    design, _ = learn(data, Spec(numeric=("x[y]",), categorical=("a",), reference={"a": "b"}))
    result = fit(frame_rows(design, data, data["late"].cast(pl.Float64).to_numpy()))
    write_model(
        StoredModel(design, result, StoredTarget("late", (False, True)), 0.5),
        tmp_path / "model.parquet",
    )
    back = read_model(tmp_path / "model.parquet")
    assert back.result.names == ("intercept", "x[y]", "a[c]")
    assert coefficient_table(back)["term"].to_list() == ["intercept", "x[y]", "a[c]"]


def test_terms_and_levels_of_a_formula_keep_their_brackets() -> None:
    data = frame().with_columns(level=pl.Series(np.array(["k", "l]", "m[T.n]"])[np.arange(90) % 3]))
    found = logit(
        "late ~ `x[y]` + C(level) + `x[y]`:C(level)",
        data.with_columns(pl.col("late").cast(pl.Float64)),
    )
    result = found.fit(disp=0)
    assert [str(name) for name in result.wald_test_terms().tests] == [
        "Intercept",
        "C(level)",
        "x[y]",
        "x[y]:C(level)",
    ]
    assert result.wald_test_terms().df_constraints.tolist() == [1, 2, 1, 2]
    assert result.t_test_pairwise("C(level)").pairwise.labels == ("l]-k", "m[T.n]-k", "m[T.n]-l]")
    assert result.t_test("x[y] = 0").pvalue[0] == pytest.approx(result.pvalues[3])


@pytest.mark.parametrize("labels", [("no", "yes"), ("no", "yes", "later")])
def test_an_unknown_label_is_refused_and_counted(labels: tuple[str, ...]) -> None:
    data = pl.DataFrame({"y": ["no", "yes", "perhaps", None, "perhaps"]})
    with pytest.raises(
        DataError,
        match=(
            r"^column 'y' holds 'perhaps' \(2 rows\), nothing \(1 rows\), no label of the outcome "
            r"\('no', 'yes'"
        ),
    ):
        Outcome("y", labels)(data)
    assert Outcome("y", labels)(data.head(2)).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([False, True], (False, True)),
        ([3, 7], (3, 7)),
        ([0.0, 1.0], (0, 1)),
        (["a", "b"], ("a", "b")),
    ],
)
def test_known_labels_of_every_type_are_codes(values: list, labels: tuple) -> None:
    assert Outcome("y", labels)(pl.DataFrame({"y": values})).tolist() == [0.0, 1.0]


def test_listed_events_are_one_class_and_all_other_values_the_other() -> None:
    outcome = Outcome("y", ("not b or c", "b or c"), ("b", "c"))
    values = pl.DataFrame({"y": ["a", "b", "c", "d"]})
    assert outcome(values).tolist() == [0.0, 1.0, 1.0, 0.0]
    with pytest.raises(DataError, match=r"column 'y' holds nothing \(1 rows\), no label"):
        outcome(pl.DataFrame({"y": ["a", None]}))
