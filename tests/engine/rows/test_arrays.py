"""Arrays at the door: what is no table or vector of usable numbers is refused in a sentence."""

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from logit_engine import array_rows
from logit_engine.errors import DataError

Y = np.array([0.0, 1.0, 0.0, 1.0])
X = np.array([[1.0], [2.0], [4.0], [3.0]])


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (np.zeros((4, 2, 2)), "X has 3 dimensions; give a table of rows by columns."),
        (np.zeros((0, 2)), "X has no rows."),
        (coo_array(np.ones((4, 2)) * 1j), "X is sparse, of shape (4, 2) and complex128 values"),
        (csr_array((0, 2)), "X is sparse, of shape (0, 2)"),
        (csr_array([[1.0], [1e200], [0.0], [0.0]]), "X holds values beyond 1e+150 (first: row 1"),
        (csr_array([[1.0], [0.0], [np.nan], [0.0]]), "X holds missing or infinite values"),
    ],
    ids=["a cube", "no rows", "complex", "sparse without rows", "too large", "missing"],
)
def test_a_table_of_no_usable_numbers_is_refused(table: object, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        array_rows(table, Y)
    assert sentence in str(caught.value)


def test_an_outcome_of_one_column_is_a_vector() -> None:
    rows = array_rows(X, Y[:, None])
    np.testing.assert_array_equal(rows.y, Y)


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ([0.0, 1.0, 2.0, 1.0], "y runs from 0 to 2; a binary outcome is 0 or 1"),
        (np.ones(4), "y is 1 in all 4 rows; a model needs both classes."),
        (np.ones(3), "y has shape (3,); one value for each of the 4 rows is needed."),
    ],
    ids=["codes", "one class", "too few"],
)
def test_an_outcome_that_is_not_binary_is_refused(outcome: object, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        array_rows(X, outcome)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("codes", [[0, 1, 1, 0], [0, 1, 3, 1], [0.5, 1, 2, 0]])
def test_codes_of_classes_are_all_of_theirs_and_no_others(codes: list[float]) -> None:
    with pytest.raises(DataError, match="it takes the codes 0 to 2 of 3 classes, all of them"):
        array_rows(X, codes, classes=["a", "b", "c"])


def test_offsets_of_several_classes_have_a_column_each() -> None:
    with pytest.raises(DataError, match="2 values for each of the 4 rows are needed"):
        array_rows(X, [0, 1, 2, 1], classes=["a", "b", "c"], offset=np.ones((4, 3)))
