"""Condition numbers: of many columns, and of columns behind a constant."""

import numpy as np
import pytest

from logit_engine import fit
from logit_engine.columns import Coded, Constant, SideBySide
from logit_engine.objective.triangles import condition_number, r_factor
from logit_engine.rows import block_count
from logit_engine.rows.memory import MemoryRows
from tests.support.coded_rows import coded_rows

MANY = 520


def test_condition_of_many_columns_is_that_of_all_singular_values() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2 * MANY, MANY))
    X[:, 7] = X[:, 5] + 1e-3 * X[:, 7]
    R = r_factor(X)
    singular = np.linalg.svd(R / np.linalg.norm(R, axis=0), compute_uv=False)
    assert condition_number(R) == pytest.approx(singular[0] / singular[-1], rel=1e-2)


def test_condition_of_many_columns_of_which_one_is_zero_is_infinite() -> None:
    R = np.triu(np.random.default_rng(0).standard_normal((MANY, MANY)))
    R[9, 9] = 0.0
    assert condition_number(R) == np.inf


def exact_errors(rows: MemoryRows, theta: np.ndarray) -> np.ndarray:
    """Standard errors at theta by sums and a Cholesky factor in extended precision."""
    wide = np.longdouble
    blocks = rows.blocks(0, block_count(rows.n))
    X = np.concatenate([block.X.dot(np.eye(theta.size)) for block in blocks])
    eta = X.astype(wide) @ theta.astype(wide)
    w = 1 / (2 + np.exp(eta) + np.exp(-eta))
    H = np.zeros((theta.size, theta.size), dtype=wide)
    for row, weight in zip(X, w, strict=True):
        at = np.flatnonzero(row)
        H[np.ix_(at, at)] += weight
    R = np.zeros_like(H)
    for j in range(theta.size):
        R[j, j:] = (H[j, j:] - R[:j, j] @ R[:j, j:]) / np.sqrt(H[j, j] - (R[:j, j] ** 2).sum())
    inverse = np.zeros_like(H)
    for j in reversed(range(theta.size)):
        inverse[j] = ((np.arange(theta.size) == j) - R[j, j + 1 :] @ inverse[j + 1 :]) / R[j, j]
    return np.sqrt((inverse**2).sum(axis=1))


def test_plain_sums_of_codes_keep_the_promised_digits() -> None:
    rows = coded_rows(20_000, (150, 60, 30))
    result = fit(rows)
    exact = exact_errors(rows, result.estimates)
    promised = min(13.0, 14.0 - np.log10(result.condition))
    assert np.abs(result.std_errors / exact - 1.0).max() < 10.0**-promised


def test_a_level_that_nearly_all_rows_have_keeps_the_promised_digits() -> None:
    rng = np.random.default_rng(2)
    codes = np.ones(16_384, dtype=np.int32)
    codes[rng.choice(codes.size, 8, replace=False)] = [0, 0, 0, 0, 2, 2, 2, 2]
    y = (rng.random(codes.size) < 0.3).astype(float)
    for level in (0, 2):
        y[np.flatnonzero(codes == level)] = [0.0, 1.0, 0.0, 1.0]
    X = SideBySide((Constant(codes.size), Coded(codes, 2)))
    result = fit(MemoryRows(X, y, ("intercept", "rare", "usual")))
    exact = exact_errors(MemoryRows(X, y, ()), result.estimates)
    assert result.condition < 3.0
    assert np.abs(result.std_errors / exact - 1.0).max() < 1e-13


@pytest.mark.parametrize("columns", [501, 600, 1000])
def test_orthogonal_columns_have_condition_one(columns: int) -> None:
    assert condition_number(3.0 * np.eye(columns)) == pytest.approx(1.0, rel=1e-12)
