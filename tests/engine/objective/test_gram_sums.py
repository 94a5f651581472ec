"""Sums of information that wait for more rows are those of all rows at once, to equal bits."""

import numpy as np
import pytest

from logit_engine import Multinomial, array_rows, fit
from logit_engine.columns import dense_array
from logit_engine.objective.gram_sums import GramSum, gram_sum, whole_gram
from logit_engine.rows.memory import MemoryRows
from tests.support.coded_rows import coded_rows


def test_waiting_rows_add_up_to_the_matrix_of_all_rows() -> None:
    X = coded_rows(900, (80, 50), numbers=2).X
    w = np.random.default_rng(0).random(900)
    parts = [gram_sum(X.slice_rows(cut), w[cut]) for cut in (slice(0, 400), slice(400, 900))]
    assert all(isinstance(part, GramSum) for part in parts)
    parts[0] += parts[1]
    written = dense_array(X)
    assert whole_gram(parts[0]) == pytest.approx((written.T * w) @ written, rel=1e-12, abs=1e-12)


def test_rows_do_not_wait_for_more_than_the_matrix_is_worth() -> None:
    rows = coded_rows(3_000, (12, 8))
    assert rows.X.least_gram_rows < 3_000
    found = gram_sum(rows.X.slice_rows(slice(0, 100)), np.ones(100))
    for start in range(100, 3_000, 100):
        found += gram_sum(rows.X.slice_rows(slice(start, start + 100)), np.ones(100))
        assert sum(part.shape[0] for part in found.columns) < rows.X.least_gram_rows


def same_bits(rows: MemoryRows, **options: object) -> bool:
    one, two = (fit(rows, threads=threads, **options) for threads in (1, 2))
    return bool((one.estimates == two.estimates).all() and (one.covariance == two.covariance).all())


def test_many_levels_give_the_same_bits_on_any_number_of_threads() -> None:
    assert same_bits(coded_rows(40_000, (150, 30, 20), numbers=1))


def test_levels_of_several_classes_agree_with_the_columns_written_out() -> None:
    rows = coded_rows(20_000, (60, 30))
    y = np.random.default_rng(3).integers(0, 3, 20_000).astype(float)
    three = MemoryRows(rows.X, y, rows.names, classes=("a", "b", "c"))
    written = array_rows(
        dense_array(rows.X)[:, 1:], y, names=rows.names[1:], classes=("a", "b", "c")
    )
    ours, theirs = fit(three, Multinomial(2)), fit(written, Multinomial(2))
    assert ours.std_errors == pytest.approx(theirs.std_errors, rel=1e-10)
    assert ours.estimates == pytest.approx(theirs.estimates, rel=1e-9, abs=1e-10)


def test_the_reach_of_codes_is_that_of_their_longest_row() -> None:
    result = fit(coded_rows(30_000, (100, 20), numbers=2))
    assert result.converged
    assert result.certificate < 1e-11


def test_products_beside_and_the_diagonal_add_up() -> None:
    X = coded_rows(900, (300, 50), numbers=2).X
    w, first = np.random.default_rng(0).random(900), np.arange(3)
    cuts = [slice(start, start + 100) for start in range(0, 900, 100)]
    found = gram_sum(X.slice_rows(cuts[0]), w[cuts[0]], some_columns=first)
    for cut in cuts[1:]:
        found += gram_sum(X.slice_rows(cut), w[cut], some_columns=first)
    written = dense_array(X)
    H = (written.T * w) @ written
    expected = np.column_stack([H[:, first], np.diagonal(H)])
    assert whole_gram(found) == pytest.approx(expected, rel=1e-12, abs=1e-12)
