"""Columns side by side agree with the same columns written out."""

import numpy as np
import pytest
from scipy.sparse import random_array

from logit_engine.columns import Coded, Constant, Dense, SideBySide, Sparse, dense_array
from tests.support.coded_rows import coded_rows


@pytest.mark.parametrize("numbers", [0, 3])
def test_row_forms_are_those_of_written_columns(numbers: int) -> None:
    X = coded_rows(500, (7, 5, 3), numbers=numbers).X
    rng = np.random.default_rng(1)
    root = rng.standard_normal((X.shape[1], X.shape[1]))
    written = dense_array(X) @ root
    assert X.row_forms(root @ root.T) == pytest.approx((written**2).sum(axis=1), rel=1e-12)


def every_kind() -> SideBySide:
    """A constant, scaled numbers, sparse numbers twice and codes twice, 40 rows."""
    rng = np.random.default_rng(2)
    sparse = [random_array((40, p), density=0.4, rng=rng, format="csr") for p in (6, 2)]
    numbers = Dense(rng.standard_normal((40, 2)), np.array([2.0, 0.5]))
    codes = [Coded(rng.integers(0, count, 40), count - 1) for count in (4, 3)]
    return SideBySide((Constant(40), numbers, Sparse(sparse[0]), *codes, Sparse(sparse[1])))


def test_row_forms_of_every_kind_are_those_of_written_ones() -> None:
    X = every_kind()
    root = np.random.default_rng(3).standard_normal((X.shape[1], X.shape[1]))
    written = dense_array(X) @ root
    assert X.row_forms(root @ root.T) == pytest.approx((written**2).sum(axis=1), rel=1e-12)


def test_the_gram_matrix_of_every_kind_is_that_of_written_ones() -> None:
    X = every_kind()
    w = np.random.default_rng(4).random(40)
    written = dense_array(X)
    assert X.gram(w) == pytest.approx((written.T * w) @ written, rel=1e-13, abs=1e-13)


def test_sums_by_level_of_several_columns_are_those_of_each() -> None:
    rng = np.random.default_rng(5)
    X, r = Coded(rng.integers(0, 7, 90), 6), rng.standard_normal((90, 3))
    each = np.stack([X.transpose_dot(column) for column in r.T], axis=1)
    assert (X.transpose_dot(r) == each).all()
    assert (X.transpose_dot(np.asfortranarray(r)) == each).all()
