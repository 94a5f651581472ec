"""Separation along what a penalty leaves free is found and named."""

import numpy as np
import pytest

from logit_engine import L2, Multinomial, array_rows, fit
from logit_engine.constraints import Inequalities
from logit_engine.errors import SeparationError, UsageError
from logit_engine.fitting.result import Verdict
from logit_engine.penalties import NONE, ElasticNet, lasso
from logit_engine.solvers.newton import Newton
from logit_engine.solvers.scipy_methods import ScipyMethod

Array = np.ndarray
INF = np.inf


def data(seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((200, 3))
    return X, (X[:, 0] > 0.0).astype(float)


def net(
    l1: list[float], low: list[float] | None = None, high: list[float] | None = None
) -> ElasticNet:
    bounds = [None if b is None else np.array(b) for b in (low, high)]
    return ElasticNet(np.array(l1), np.zeros(len(l1)), *bounds)


@pytest.mark.parametrize(
    "penalty",
    [
        net([0.0, 0.0, 1.0, 1.0]),
        net([0.0] * 4, [-INF, 0.0, -1.0, -1.0], [INF, INF, 1.0, 1.0]),
        net([0.0, 0.0, 1.0, 1.0], [-INF, -2.0, -INF, -INF]),
    ],
    ids=["no l1", "a bound below", "a bound below and l1"],
)
def test_a_column_that_the_penalty_lets_go_is_named_where_it_separates(penalty: ElasticNet) -> None:
    X, y = data()
    with pytest.raises(
        SeparationError, match=r"^column 'x1' \(\+inf\) predicts y perfectly in every row"
    ):
        fit(array_rows(X, y), penalty=penalty)
    result = fit(array_rows(X, y), penalty=penalty, allow_separation=True, covariance_type=None)
    assert result.status.verdict is Verdict.SEPARATED
    assert result.infinite is not None
    assert result.infinite.tolist()[1:] == [1, 0, 0]


def test_a_level_that_the_penalty_lets_go_is_named_though_the_residual_vanishes() -> None:
    X, _ = data(1)
    rare = np.arange(200) < 12
    y = np.where(rare, 1.0, (np.random.default_rng(2).random(200) < 0.4).astype(float))
    rows = array_rows(np.column_stack([X, rare]), y)
    with pytest.raises(SeparationError, match=r"'x4' \(\+inf\).* 12 of 200 rows"):
        fit(rows, penalty=net([0.0, 1.0, 1.0, 1.0, 0.0]))


@pytest.mark.parametrize(
    "penalty",
    [
        net([0.0, 1.0, 0.0, 0.0]),
        net([0.0] * 4, None, [INF, 0.5, INF, INF]),
        net([0.0, INF, 0.0, 0.0]),
    ],
    ids=["l1", "a bound above", "a pin"],
)
def test_a_column_that_is_held_does_not_separate(penalty: ElasticNet) -> None:
    X, y = data()
    assert fit(array_rows(X, y), penalty=penalty, covariance_type=None).converged


def test_several_classes_run_off_along_what_is_not_penalized() -> None:
    X, _ = data()
    y = np.digitize(X[:, 0], [-0.5, 0.5]).astype(float)
    pin = np.zeros(12)
    pin[0], pin[[2, 3, 6, 7, 10, 11]] = INF, 1.0
    rows = array_rows(X, y, classes=("a", "b", "c"))
    with pytest.raises(SeparationError, match="'x1"):
        fit(rows, Multinomial(3, base=False), penalty=ElasticNet(pin, np.zeros(12)))


@pytest.mark.parametrize(
    "penalty",
    [L2(0.0), net([0.0] * 4), net([0.0] * 4, [-INF] * 4)],
    ids=["l2", "net", "open bounds"],
)
def test_a_penalty_of_no_strength_is_none(penalty: L2 | ElasticNet) -> None:
    X, _ = data()
    y = (np.random.default_rng(3).random(200) < 0.5).astype(float)
    result, plain = fit(array_rows(X, y), penalty=penalty), fit(array_rows(X, y), penalty=NONE)
    np.testing.assert_array_equal(result.estimates, plain.estimates)
    np.testing.assert_array_equal(result.covariance, plain.covariance)
    assert result.notes == plain.notes
    assert result.aic == plain.aic


@pytest.mark.parametrize("solver", [Newton(), ScipyMethod("BFGS")], ids=["Newton", "ScipyMethod"])
@pytest.mark.parametrize(
    "penalty", [lasso(np.array([0.0, 1.0, 1.0, 1.0])), net([0.0] * 4, [-INF, 0.0, 0.0, 0.0])]
)
def test_a_solver_of_smooth_objectives_is_refused_where_there_are_kinks_or_bounds(
    penalty: ElasticNet, solver: Newton | ScipyMethod
) -> None:
    X, y = data()
    with pytest.raises(UsageError, match=f"^{type(solver).__name__} is for smooth penalties"):
        fit(array_rows(X, y), penalty=penalty, solver=solver)


def test_kinks_do_not_go_with_linear_constraints_even_where_those_are_met() -> None:
    X, y = data()
    loose = Inequalities(
        np.full(4, -50.0), np.full(4, 50.0), np.zeros((0, 4)), np.zeros(0), ("a", "b", "c", "d")
    )
    with pytest.raises(UsageError, match="smooth penalties only"):
        fit(array_rows(X, y), penalty=lasso(np.array([0.0, 1.0, 1.0, 1.0])), inequalities=loose)


def test_bounds_the_wrong_way_round_are_refused() -> None:
    X, y = data()
    with pytest.raises(UsageError, match="low is above its high at position 2"):
        fit(array_rows(X, y), penalty=net([0.0] * 4, [-1.0, -1.0, 2.0, -1.0], [1.0] * 4))
