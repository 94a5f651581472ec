"""The public names of a fit's result are all there, read-only, and the same after a pickle."""

import pickle

import numpy as np
import pytest

from logit_engine import L2, array_rows, fit
from logit_engine.constraints import linear_equalities, linear_inequalities
from logit_engine.fitting.result import FitResult, Status, Verdict
from logit_engine.penalties import ElasticNet
from logit_engine.rows.memory import MemoryRows

N = 200
TYPES: dict[str, type | tuple[type, ...]] = {
    "names": tuple,
    "classes": tuple,
    "estimates": np.ndarray,
    "covariance": np.ndarray,
    "covariance_type": str,
    "clusters": tuple,
    "link": str,
    "penalty_strength": float,
    "l1_ratio": float,
    "n": int,
    "observations": float,
    "loglik": float,
    "null_loglik": float,
    "free": np.ndarray,
    "fixed": int,
    "passes": int,
    "decrement": float,
    "certificate": float,
    "condition": float,
    "infinite": (np.ndarray, type(None)),
    "status": Status,
    "notes": tuple,
    "grouped": bool,
    "fixed_constants": int,
    "coefficient_names": tuple,
    "contrasts": bool,
    "converged": bool,
    "limits": np.ndarray,
    "std_errors": np.ndarray,
    "z": np.ndarray,
    "p_values": np.ndarray,
    "df_model": int,
    "aic": float,
    "bic": float,
    "mcfadden_r2": float,
}
METHODS = ("interval", "in_units")


def rows(separated: bool = False) -> MemoryRows:
    rng = np.random.default_rng(20)
    X = rng.standard_normal((N, 3))
    X[:, 2] = rng.random(N) < 0.1
    y = (X[:, 0] + rng.logistic(size=N) > 0.0).astype(float)
    if separated:
        y[X[:, 2] == 1.0] = 1.0
    return array_rows(X, y, names=["a", "b", "d"])


NAMES = ("intercept", "a", "b", "d")
RESULTS = {
    "plain": lambda: fit(rows()),
    "estimates alone": lambda: fit(rows(), covariance_type=None),
    "l2": lambda: fit(rows(), penalty=L2(2.0)),
    "l1": lambda: fit(
        rows(), penalty=ElasticNet(np.array([0.0, 5.0, 5.0, 5.0]), np.zeros(4)), naive=True
    ),
    "equalities": lambda: fit(rows(), equalities=linear_equalities("a = 0.5", NAMES)),
    "inequalities": lambda: fit(rows(), inequalities=linear_inequalities("a <= 0.5", NAMES)),
    "separated": lambda: fit(rows(separated=True), allow_separation=True),
}


@pytest.fixture(scope="module", params=RESULTS)
def result(request: pytest.FixtureRequest) -> FitResult:
    return RESULTS[request.param]()


@pytest.mark.parametrize("name", TYPES)
def test_each_name_is_there_and_of_its_type(result: FitResult, name: str) -> None:
    value = getattr(result, name)
    assert isinstance(value, TYPES[name])
    with pytest.raises((AttributeError, TypeError)):
        setattr(result, name, value)


@pytest.mark.parametrize("name", TYPES)
def test_each_name_says_the_same_after_a_pickle(result: FitResult, name: str) -> None:
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_equal(getattr(again, name), getattr(result, name))


@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_there(name: str) -> None:
    assert callable(getattr(FitResult, name))


def test_the_groups_say_what_the_names_say() -> None:
    plain, held = RESULTS["plain"](), RESULTS["equalities"]()
    assert plain.converged is (plain.status.verdict is Verdict.CONVERGED)
    assert plain.infinite is None
    assert (plain.fixed, held.fixed) == (0, 1)
    assert RESULTS["l2"]().penalty_strength == 2.0
    assert RESULTS["l1"]().l1_ratio == 1.0
    assert RESULTS["separated"]().infinite.tolist() == [0.0, 0.0, 0.0, 1.0]
