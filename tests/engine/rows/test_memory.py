"""Rows from what users hold: arrays, frames of pandas and Polars, sparse matrices."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from logit_engine.design.frame_rows import frame_clusters
from logit_engine.errors import DataError
from logit_engine.fitting.steps import fit
from logit_engine.penalties import L2
from logit_engine.rows.memory import array_rows

RANDOM = np.random.default_rng(4)
X = np.round(RANDOM.normal(size=(200, 2)) * (RANDOM.random((200, 2)) < 0.5), 1)
Y = (X[:, 0] + RANDOM.logistic(size=200) > 0.0).astype(int)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_frame_names_its_columns(make: type) -> None:
    result = fit(array_rows(make({"dose": X[:, 0], "age": X[:, 1]}), Y))
    assert result.names == ("intercept", "dose", "age")
    np.testing.assert_array_equal(result.estimates, fit(array_rows(X, Y)).estimates)
    renamed = array_rows(make({"dose": X[:, 0], "age": X[:, 1]}), Y, names=["a", "b"])
    assert renamed.names == ("intercept", "a", "b")


def test_nullable_columns_of_pandas_are_numbers_and_their_gaps_are_named() -> None:
    frame = pd.DataFrame({"dose": X[:, 0], "whole": np.arange(200) % 7}).convert_dtypes()
    plain = array_rows(frame.to_numpy(np.float64), Y)
    np.testing.assert_array_equal(fit(array_rows(frame, Y)).estimates, fit(plain).estimates)
    frame.loc[3, "whole"] = pd.NA
    with pytest.raises(DataError, match="X is missing or infinite in 1 rows"):
        array_rows(frame, Y)
    with pytest.raises(
        DataError, match=r"column 'dose' of X holds text \('1.5'\); encode it as numbers"
    ):
        array_rows(frame.assign(dose="1.5"), Y)


@pytest.mark.parametrize("make", [sp.csr_array, sp.csc_matrix, sp.coo_array])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_sparse_matrix_gives_the_fit_of_a_dense_one(make: type, intercept: bool) -> None:
    for penalty in ({}, {"penalty": L2(3.0)}):
        found, dense = (
            fit(array_rows(table, Y, intercept=intercept), **penalty) for table in (make(X), X)
        )
        np.testing.assert_allclose(found.estimates, dense.estimates, rtol=1e-9)
        np.testing.assert_allclose(found.covariance, dense.covariance, rtol=1e-8)


def test_sparse_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="X holds missing or infinite values; drop their rows"):
        array_rows(sp.csr_array(np.where(X > 2.0, np.nan, X)), Y)


@pytest.mark.parametrize("labels", [["a", None, "b"], [1.0, float("nan"), 2.0], [None, 1, 1]])
def test_a_row_of_a_frame_without_a_cluster_is_refused(labels: list[object]) -> None:
    row = 0 if labels[0] is None else 1
    with pytest.raises(
        DataError, match=rf"cluster 'herd' is missing in 1 rows \(first: row {row}\); give them one"
    ):
        frame_clusters(pl.DataFrame({"herd": labels}), "herd")
