"""What the models take as outcomes and columns, by which names, and what they refuse."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from logit_engine.discrete import Logit, add_constant
from logit_engine.errors import DataError, UsageError
from tests.support.samples import drawn_sample

X, Y = drawn_sample(60, [0.2, 0.5, -0.4], constant=True)


@pytest.mark.parametrize(
    ("endog", "exog", "sentence"),
    [
        (np.column_stack([Y, Y]), X, "endog has shape (60, 2); give one outcome for each row."),
        (Y, X[:, :, None], "exog has 3 dimensions; give a table of rows by columns."),
        (Y[:-1], X, "endog has 59 rows and exog 60; give one outcome for each row."),
        (Y, X[:, :0], "endog has 60 rows and exog 0 columns; a model needs some of both."),
    ],
    ids=["two outcomes", "a cube", "too few", "no columns"],
)
def test_outcomes_and_columns_of_other_shapes_are_refused(endog, exog, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        Logit(endog, exog)
    assert sentence in str(caught.value)


def test_an_unknown_policy_for_missing_values_is_refused() -> None:
    with pytest.raises(UsageError, match="missing is 'keep'; it is 'none', 'drop' or 'raise'"):
        Logit(Y, X, missing="keep")


def test_rows_that_all_miss_a_value_cannot_be_dropped() -> None:
    with pytest.raises(DataError, match="every row has a missing or infinite value"):
        Logit(Y, np.full_like(X, np.nan), missing="drop")


def test_an_outcome_of_one_column_is_a_vector() -> None:
    np.testing.assert_array_equal(Logit(Y[:, None], X).endog, Y)


def test_a_series_gives_its_column_its_name() -> None:
    assert Logit(Y, pd.Series(X[:, 1], name="age")).exog_names == ["age"]


def test_rows_to_predict_may_be_a_mapping_of_columns() -> None:
    columns = pd.DataFrame(X, columns=["const", "age", "dose"])
    fitted = Logit(Y, columns).fit(disp=0)
    first = {"dose": X[0, 2], "age": X[0, 1], "const": 1.0}
    np.testing.assert_allclose(fitted.predict(first), fitted.predict(columns)[:1])
    with pytest.raises(DataError, match="exog has no column 'age'"):
        fitted.predict({"dose": 1.0, "const": 1.0})


def test_a_constant_is_added_in_front_or_behind_in_each_library() -> None:
    behind = add_constant(pl.DataFrame({"x": [1.0, 2.0]}), prepend=False)
    assert behind.columns == ["x", "const"]
    assert add_constant(pl.Series("x", [1.0, 2.0])).columns == ["const", "x"]
    np.testing.assert_array_equal(add_constant(np.array([1.0, 2.0])), [[1.0, 1.0], [1.0, 2.0]])


def test_a_column_that_varies_in_its_last_row_alone_is_no_constant() -> None:
    X = np.random.default_rng(0).standard_normal((500, 3))
    X[:, 1] = 2.0
    assert Logit((X[:, 0] > 0.0).astype(float), X).exog_names == ["x1", "const", "x2"]
    assert add_constant(X) is X
    X[-1, 1] = 2.5
    assert Logit((X[:, 0] > 0.0).astype(float), X).exog_names == ["x1", "x2", "x3"]
    np.testing.assert_array_equal(add_constant(X), np.column_stack([np.ones(500), X]))
    behind = add_constant(X, prepend=False)
    np.testing.assert_array_equal(behind, np.column_stack([X, np.ones(500)]))


def test_a_constant_that_is_there_is_kept_refused_or_doubled_as_asked() -> None:
    assert add_constant(X).shape == X.shape
    assert add_constant(X, has_constant="add").shape == (60, 4)
    with pytest.raises(DataError, match="the data already have a constant column"):
        add_constant(X, has_constant="raise")
    with pytest.raises(UsageError, match="has_constant is 'no'; it is 'skip', 'raise' or 'add'"):
        add_constant(X, has_constant="no")


@pytest.mark.parametrize("prepend", [True, False])
def test_a_constant_is_added_to_a_copy_of_the_data(prepend: bool) -> None:
    for data in (pl.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [1.0, 2.0]})):
        added = list(add_constant(data, prepend=prepend).columns)
        assert added == (["const", "a"] if prepend else ["a", "const"])
        assert list(data.columns) == ["a"]
