"""Offsets, weights and columns of extreme sizes are fitted right, or refused by a sentence."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from logit_engine.errors import DataError
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import CLUSTER, HC0, HC2, HC3, NONROBUST, Covariance
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LINKS
from logit_engine.rows.memory import array_rows
from tests.support.samples import Sample, latent_sample

Vector = NDArray[np.float64]


def data(seed: int = 0, n: int = 60) -> Sample:
    return latent_sample(n, [1.0, 0.0], seed)


def quiet(
    X: Vector, y: Vector, link: str = "logit", kind: Covariance = NONROBUST, **others: object
) -> FitResult:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fit(
            array_rows(X, y, **others), Bernoulli(LINKS[link]), covariance_type=kind, threads=1
        )


@pytest.mark.parametrize("link", ["logit", "cloglog"])
@pytest.mark.parametrize("size", [1e6, 1e8, 1e10])
def test_a_level_of_two_rows_of_very_different_weight_is_reached(link: str, size: float) -> None:
    """The first step is millions too long there; the truth of the level is the log-odds of its
    weights, in closed form.
    """
    X, y = data()
    level = (np.arange(60) < 2).astype(float)
    y[:2], precision = [0.0, 1.0], np.r_[size, np.ones(59)]
    X = np.column_stack([level, X[:, 0] * (1.0 - level)])
    result = quiet(X, y, link, precision=precision)
    share = 1.0 / (1.0 + size)
    wanted = np.log(share / (1.0 - share)) if link == "logit" else np.log(-np.log1p(-share))
    assert result.converged
    assert result.estimates[:2].sum() == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("link", ["logit", "cloglog", "loglog", "probit"])
@pytest.mark.parametrize("size", [42.5, 400.0])
def test_offsets_that_a_column_undoes_cost_passes_not_the_fit(link: str, size: float) -> None:
    X, y = data(3, 80)
    plain, shifted = quiet(X, y, link), quiet(X, y, link, offset=size * X[:, 1])
    assert shifted.converged
    np.testing.assert_allclose(
        np.add(shifted.estimates, [0.0, 0.0, size]), plain.estimates, rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(shifted.std_errors, plain.std_errors, rtol=1e-9)


@pytest.mark.parametrize("kind", [NONROBUST, HC0, HC2, HC3, CLUSTER])
@pytest.mark.parametrize("size", [1e-200, 1e-300, 1e140])
def test_the_size_of_all_weights_only_moves_the_plain_standard_errors(
    kind: Covariance, size: float
) -> None:
    X, y = data()
    precision, cluster = np.random.default_rng(1).uniform(0.5, 2.0, 60), np.arange(60) // 4
    one, other = (
        quiet(X, y, kind=kind, precision=precision * s, cluster=cluster) for s in (1.0, size)
    )
    np.testing.assert_allclose(other.estimates, one.estimates, rtol=1e-12)
    unit = size**-0.5 if kind is NONROBUST else 1.0
    np.testing.assert_allclose(other.std_errors, one.std_errors * unit, rtol=1e-11)


@pytest.mark.parametrize("side", [0.0, 1.0])
def test_a_class_of_next_to_no_weight_has_a_constant_far_out(side: float) -> None:
    X, y = data()
    weights = [np.where(y == side, small, 1.0) for small in (1e-10, 1e-40)]
    near, far = (quiet(X, y, precision=precision) for precision in weights)
    assert far.converged
    np.testing.assert_allclose(far.estimates[1:], near.estimates[1:], rtol=1e-7)
    moved = np.log(1e30) * (1.0 if side == 0.0 else -1.0)
    assert far.estimates[0] - near.estimates[0] == pytest.approx(moved, rel=1e-7)


@pytest.mark.parametrize("power", [155, 165, 200, 300, 320])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_column_too_small_to_be_squared_is_refused_by_name(power: int, intercept: bool) -> None:
    X, y = data()
    X[:, 1] *= 10.0**-power
    with pytest.raises(DataError, match="column 'x2' holds no value beyond 1e-150"):
        quiet(X, y, intercept=intercept)


def test_a_share_of_1e_17_alone_against_a_level_is_reached_by_probit() -> None:
    """The level's estimate is that of its mean share, less the constant's."""
    random = np.random.default_rng(5)
    level = (np.arange(12) < 4).astype(float)
    y = np.where(level == 1.0, 1e-17, np.round(random.beta(2.0, 2.0, 12), 2))
    result = quiet(level[:, None], y, "probit")
    assert result.converged
    # the normal quantile of 1e-17
    assert result.estimates.sum() == pytest.approx(-8.493793224109599, rel=1e-8)


@pytest.mark.parametrize("size", [1e8, 1e12])
def test_an_outlier_that_the_sample_does_not_see_is_no_obstacle(size: float) -> None:
    """Its column is scaled as if it were not there.

    Only the product of slope and outlier counts, whatever its size.
    """
    random = np.random.default_rng(0)
    X = random.normal(size=(50_000, 3))
    y = (X[:, 0] + random.logistic(size=50_000) > 0.0).astype(float)
    X[77, 0], y[77] = size, 0.0
    result = quiet(X, y)
    assert result.converged
    eta = result.estimates[0] + X @ result.estimates[1:]
    residual = y - 1.0 / (1.0 + np.exp(-eta))
    assert abs(residual @ X[:, 0]) < 1e-10 * (np.abs(residual) @ np.abs(X[:, 0]))


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, "column 'x'"),
        ({"offset": np.zeros(1500)}, "column 'x', offsets"),
        ({"weight": np.ones(1500)}, "column 'x', weights"),
    ],
)
def test_a_maximum_that_rounding_hides_is_blamed_on_what_is_there(
    facts: dict[str, np.ndarray], found: str
) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1500, 2))
    y = (rng.random(1500) < 1.0 / (1.0 + np.exp(-X[:, 0]))).astype(float)
    X[7, 0], y[7] = 1e16, 1.0
    result = fit(array_rows(X, y, names=["x", "z"], **facts))
    assert not result.converged
    assert result.status.sentence.endswith(
        f"rounding hides the way. Look for numbers of very different size in {found}; drop "
        "columns, or set a penalty."
    )
