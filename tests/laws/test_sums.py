"""Sums over blocks are sums over rows; weights are copies; units change nothing."""

import numpy as np
import pytest

from logit_engine import (
    CLUSTER,
    HC0,
    HC1,
    HC2,
    HC3,
    NONROBUST,
    Covariance,
    array_rows,
    fit,
)
from logit_engine.columns import Coded, Dense, SideBySide, dense_array
from logit_engine.objective.triangles import triangular_inverse
from logit_engine.rows import total
from logit_engine.rows.memory import MemoryRows
from tests.support.samples import overlapping_sample


@pytest.mark.usefixtures("all_threads")
def test_sum_over_blocks_is_sum_over_rows_and_threads_change_no_bit() -> None:
    X, y = overlapping_sample(300_000, 3)
    rows = array_rows(X, y)
    sums = [
        total(rows, lambda b: (b.X.transpose_dot(b.y), float(b.y.sum())), threads)
        for threads in (1, 2, 4)
    ]
    np.testing.assert_allclose(sums[0][0][1:], X.T @ y, rtol=1e-10)
    results = [fit(rows, threads=threads) for threads in (1, 2, 4)]
    for r, s in zip(results[1:], sums[1:], strict=True):
        assert (s[0] == sums[0][0]).all()
        assert (r.estimates == results[0].estimates).all()
        assert (r.covariance == results[0].covariance).all()


@pytest.mark.parametrize(
    "kind", [NONROBUST, HC0, HC1, HC2, HC3, CLUSTER], ids=lambda kind: kind.kind.value
)
def test_weight_two_is_the_row_twice_and_weight_zero_is_no_row(kind: Covariance) -> None:
    X, y = overlapping_sample()
    times = np.arange(400) % 3
    groups = np.arange(400) // 8
    weighted = fit(array_rows(X, y, weight=times, cluster=groups), covariance_type=kind)
    at = np.repeat(np.arange(400), times)
    repeated = fit(array_rows(X[at], y[at], cluster=groups[at]), covariance_type=kind)
    np.testing.assert_allclose(weighted.estimates, repeated.estimates, rtol=1e-11)
    np.testing.assert_allclose(weighted.std_errors, repeated.std_errors, rtol=1e-11)
    assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-13)
    assert weighted.bic == pytest.approx(repeated.bic, rel=1e-13)


def test_codes_are_their_one_hot_columns() -> None:
    rng = np.random.default_rng(3)
    X, y = overlapping_sample(9000)
    a, b = rng.integers(0, 4, 9000), rng.integers(0, 3, 9000)
    coded = SideBySide((Dense(np.ones((9000, 1))), Dense(X), Coded(a, 3), Coded(b, 2)))
    one_hot = np.column_stack(
        [np.ones(9000), X, *(a == k for k in range(3)), *(b == k for k in range(2))]
    )
    w, theta = rng.random(9000), rng.standard_normal(8)
    assert (dense_array(coded) == one_hot).all()
    np.testing.assert_allclose(coded.dot(theta), one_hot @ theta, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(coded.transpose_dot(w), one_hot.T @ w, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(
        coded.gram(w), one_hot.T @ (w[:, None] * one_hot), rtol=1e-11, atol=1e-10
    )
    groups = np.arange(9000) % 7
    expected = np.stack([one_hot[groups == g].T @ w[groups == g] for g in range(7)])
    np.testing.assert_allclose(coded.group_sums(w, groups, 7), expected, rtol=1e-11, atol=1e-10)
    names = tuple(f"t{j}" for j in range(8))
    both = [
        fit(MemoryRows(columns, y, names, cluster=groups[:, None]), covariance_type=CLUSTER)
        for columns in (coded, Dense(one_hot))
    ]
    np.testing.assert_allclose(both[0].estimates, both[1].estimates, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(both[0].std_errors, both[1].std_errors, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1e4, 1e10])
def test_units_and_origins_change_nothing_but_the_coefficient(scale: float) -> None:
    X, y = overlapping_sample()
    plain, moved = fit(array_rows(X, y)), fit(array_rows(X * scale, y))
    np.testing.assert_allclose(moved.estimates[1:] * scale, plain.estimates[1:], rtol=1e-12)
    np.testing.assert_allclose(moved.std_errors[1:] * scale, plain.std_errors[1:], rtol=1e-12)
    shift = np.round(X * 2**20) / 2**20  # so that adding 1e8 loses no bit of the data
    a, b = fit(array_rows(shift, y)), fit(array_rows(shift + 1e8, y))
    np.testing.assert_allclose(b.estimates[1:], a.estimates[1:], rtol=1e-11)
    np.testing.assert_allclose(b.std_errors[1:], a.std_errors[1:], rtol=1e-11)


def test_precision_weights_are_rows_of_their_own_in_the_sandwich() -> None:
    """White's covariance of a row weighted by w squares its whole weighted score; a copied row
    is squared as often.
    """
    X, y = overlapping_sample(300)
    w = 0.5 + np.arange(300) % 3
    r = fit(array_rows(X, y, precision=w), covariance_type=HC0)
    design = np.column_stack([np.ones(300), X])
    p = 1.0 / (1.0 + np.exp(-design @ r.estimates))
    bread = np.linalg.inv(design.T @ (design * (w * p * (1 - p))[:, None]))
    scores = design * (w * (y - p))[:, None]
    np.testing.assert_allclose(r.covariance, bread @ scores.T @ scores @ bread, rtol=1e-10)
    assert r.observations == 300.0


def test_two_ways_of_clustering_add_and_take_their_intersections_away() -> None:
    X, y = overlapping_sample(600)
    first, second = np.arange(600) // 20, np.arange(600) % 25
    both = fit(array_rows(X, y, cluster=np.column_stack([first, second])), covariance_type=CLUSTER)
    parts = [
        fit(array_rows(X, y, cluster=g), covariance_type=CLUSTER)
        for g in (first, second, first * 25 + second)
    ]
    assert both.clusters == (30, 25)
    expected = parts[0].covariance + parts[1].covariance - parts[2].covariance
    np.testing.assert_allclose(both.covariance, expected, rtol=1e-10)


def test_the_inverse_of_an_empty_triangle_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert triangular_inverse(np.zeros((0, 0))).shape == (0, 0)
    assert capfd.readouterr() == ("", "")
