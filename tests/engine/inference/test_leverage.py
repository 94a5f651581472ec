"""HC2 and HC3 keep their digits where a row's leverage is near one, and refuse it at one."""

from typing import Any

import mpmath as mp
import numpy as np
import pytest

from logit_engine import HC0, HC2, HC3, array_rows, fit
from logit_engine.constraints import linear_equalities
from logit_engine.errors import DataError
from logit_engine.fitting.steps import Covariance

DIGITS = 60
POWER = {HC2: 1, HC3: 2}


def far_row(size: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Forty rows, of which the first lies far out and has a share of events for its outcome."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((40, 2))
    y = (X[:, 1] + rng.logistic(size=40) > 0).astype(float)
    X[0, 0], y[0] = size, 0.3
    return X, y


def exact_std_errors(
    X: np.ndarray,
    y: np.ndarray,
    power: int,
    copies: np.ndarray | None = None,
    precision: np.ndarray | None = None,
) -> np.ndarray:
    """Standard errors of a logit fit with a constant by Newton's method and MacKinnon and
    White's formula, in 60 digits.
    """
    with mp.workdps(DIGITS):
        Z = mp.matrix(np.column_stack([np.ones(y.size), X]).tolist())
        n, p = Z.rows, Z.cols
        theta = mp.matrix(p, 1)
        count = [mp.mpf(1)] * n if copies is None else [mp.mpf(float(c)) for c in copies]
        part = [mp.mpf(1)] * n if precision is None else [mp.mpf(float(c)) for c in precision]

        def information(theta: Any) -> tuple[list[Any], list[Any], Any]:
            mu = [1 / (1 + mp.exp(-e)) for e in Z * theta]
            score = [mp.mpf(float(yi)) - m for yi, m in zip(y, mu, strict=True)]
            w = [m * (1 - m) for m in mu]
            H = mp.matrix(p, p)
            for i in range(n):
                H += count[i] * part[i] * w[i] * (Z[i, :].T * Z[i, :])
            return score, w, H**-1

        for _ in range(200):
            score, _, V = information(theta)
            step = V * sum(
                (count[i] * part[i] * score[i] * Z[i, :].T for i in range(n)), mp.matrix(p, 1)
            )
            theta += step * min(mp.mpf(1), 4 / (mp.norm(Z * step, mp.inf) + mp.mpf(10) ** -40))
            if mp.norm(Z * step, mp.inf) < mp.mpf(10) ** -30:
                break
        score, w, V = information(theta)
        meat = mp.matrix(p, p)
        for i in range(n):
            x = Z[i, :].T
            leverage = part[i] * w[i] * (x.T * V * x)[0]
            meat += count[i] * (part[i] * score[i]) ** 2 / (1 - leverage) ** power * (x * x.T)
        covariance = V * meat * V
        return np.array([float(mp.sqrt(covariance[j, j])) for j in range(p)])


@pytest.mark.parametrize("wanted", [HC2, HC3], ids=["HC2", "HC3"])
@pytest.mark.parametrize("size", [1e2, 1e6, 1e10])
def test_standard_errors_keep_their_digits_however_near_one_a_leverage_is(
    size: float, wanted: Covariance
) -> None:
    X, y = far_row(size)
    found = fit(array_rows(X, y), covariance_type=wanted)
    np.testing.assert_allclose(found.std_errors, exact_std_errors(X, y, POWER[wanted]), rtol=1e-13)


def test_three_far_rows_keep_their_digits_beside_weights_and_columns_far_from_zero() -> None:
    X, y = far_row(1e8, seed=1)
    X[3, 0], y[3] = 1e5, 0.6
    X[5, 1], y[5] = 3e4, 0.5
    X = np.column_stack([X, 1000.0 + np.sin(np.arange(40))])
    copies, precision = np.tile([1.0, 2.0], 20), np.tile([1.0, 0.5, 2.0, 1.0], 10)
    found = fit(array_rows(X, y, weight=copies, precision=precision), covariance_type=HC3)
    np.testing.assert_allclose(
        found.std_errors, exact_std_errors(X, y, 2, copies, precision), rtol=1e-12
    )


def test_under_a_constraint_the_far_row_counts_as_in_the_model_without_the_constraint() -> None:
    X, y = far_row(1e8)
    twice = np.column_stack(
        [X[:, 0] / 2, X[:, 0] / 2 + np.cos(np.arange(40)), X[:, 1], np.cos(np.arange(40))]
    )
    names = ("intercept", "x1", "x2", "x3", "x4")
    held = fit(
        array_rows(twice, y),
        covariance_type=HC3,
        equalities=linear_equalities("x1 = x2, x4 + x2 = 0", names),
    )
    free = fit(array_rows(X, y), covariance_type=HC3)
    np.testing.assert_allclose(held.std_errors[[0, 1, 3]], free.std_errors, rtol=1e-8)


@pytest.mark.parametrize("wanted", [HC2, HC3], ids=["HC2", "HC3"])
def test_a_row_with_a_parameter_of_its_own_is_named(wanted: Covariance) -> None:
    X, y = far_row(1.0)
    X[:, 0] = np.arange(40) == 7
    y[7] = 0.4
    rows = array_rows(X, y, names=["own", "x"])
    with pytest.raises(
        DataError,
        match=r"^row 7 alone determines the coefficient of 'own': its leverage is 1, and HC",
    ):
        fit(rows, covariance_type=wanted)
    assert np.isfinite(fit(rows, covariance_type=HC0).std_errors).all()
