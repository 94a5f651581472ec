"""Columns side by side agree with the same columns written out."""

import numpy as np
import pytest

from logit_engine.columns import Coded, Constant, Dense, SideBySide, Sparse, dense_array
from tests.support.coded_rows import coded_rows


@pytest.mark.parametrize("numbers", [0, 3])
def test_row_forms_are_those_of_written_columns(numbers: int) -> None:
    X = coded_rows(500, (7, 5, 3), numbers=numbers).X
    rng = np.random.default_rng(1)
    root = rng.standard_normal((X.shape[1], X.shape[1]))
    written = dense_array(X) @ root
    assert X.row_forms(root @ root.T) == pytest.approx((written**2).sum(axis=1), rel=1e-12)


def test_row_forms_of_sparse_and_scaled_columns_are_those_of_written_ones() -> None:
    from scipy.sparse import random_array

    rng = np.random.default_rng(2)
    sparse = random_array((40, 6), density=0.4, rng=rng, format="csr")
    parts = (
        Constant(40),
        Dense(rng.standard_normal((40, 2)), np.array([2.0, 0.5])),
        Sparse(sparse),
    )
    X = SideBySide((*parts, Coded(rng.integers(0, 4, 40), 3)))
    root = rng.standard_normal((X.shape[1], X.shape[1]))
    written = dense_array(X) @ root
    assert X.row_forms(root @ root.T) == pytest.approx((written**2).sum(axis=1), rel=1e-12)
