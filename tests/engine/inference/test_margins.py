"""Marginal effects against statsmodels, and complex steps where it does not go."""

import tracemalloc
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special

from logit_engine.errors import UsageError
from logit_engine.inference.delta import standard_errors
from logit_engine.inference.margins import At, Effect, Margins, margins
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT, PROBIT
from tests.support.margins import (
    EACH_LIKELIHOOD,
    SEVERAL,
    THETA,
    N,
    P,
    estimates,
    rows,
    spread,
)

# The probabilities once more, written so that they take complex numbers.
CURVES: dict[str, Callable[[Any], Any]] = {
    "logit": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "probit": special.ndtr,
    "cloglog": lambda z: 1.0 - np.exp(-np.exp(z)),
    "loglog": lambda z: np.exp(-np.exp(-z)),
    "cauchit": lambda z: 0.5 + np.arctan(z) / np.pi,
}
CASES = [
    *((at, effect, False, False) for at, effect in product(At, Effect)),
    *(
        (at, effect, *steps)
        for at in (At.OVERALL, At.MEAN, At.ALL)
        for effect in (Effect.DYDX, Effect.EYDX)
        for steps in ((True, False), (False, True), (True, True))
    ),
]


def shift(likelihood: Likelihood, n: int = N) -> np.ndarray:
    wave = 0.4 * np.sin(np.arange(n) + 0.2)
    return wave if likelihood.outputs == 1 else np.column_stack([wave, -0.5 * wave])


def probabilities(likelihood: Likelihood, X: Any, params: np.ndarray, offset: np.ndarray) -> Any:
    """(n, C), of real or complex rows."""
    eta = X @ params.reshape(likelihood.outputs, -1).T + offset.reshape(X.shape[0], -1)
    if isinstance(likelihood, Bernoulli):
        return CURVES[likelihood.name](eta)
    odds = np.concatenate([np.ones((X.shape[0], 1)), np.exp(eta)], axis=1)
    return odds / odds.sum(axis=1, keepdims=True)


def row_effects(
    likelihood, X, params, offset, effect: Effect, dummy: bool, count: bool
) -> np.ndarray:
    """The definition, (n, 3, C): derivatives by complex steps in X, which cancel nothing, and
    discrete changes.
    """

    def response(Z: Any) -> Any:
        p = probabilities(likelihood, Z, params, offset)
        return np.log(p) if effect in ("eyex", "eydx") else p

    found = []
    for j in (1, 2, 3):
        unit = np.eye(P)[j]
        if dummy and j == 2:
            found.append(response(X * (1.0 - unit) + unit) - response(X * (1.0 - unit)))
        elif count and j == 3:
            found.append((response(X + unit) - response(X - unit)) / 2.0)
        else:
            change = response(X + 1e-30j * unit).imag / 1e-30
            found.append(change * X[:, [j]] if effect in ("eyex", "dyex") else change)
    return np.stack(found, axis=1)


def jacobian(
    value: Callable[[np.ndarray], np.ndarray], at: np.ndarray, h: float = 2e-3
) -> np.ndarray:
    """By central differences of the fourth order, (values, parameters)."""

    def along(e: np.ndarray) -> np.ndarray:
        near, far = (
            value(at + h * e) - value(at - h * e),
            value(at + 2 * h * e) - value(at - 2 * h * e),
        )
        return ((8.0 * near - far) / (12.0 * h)).T.ravel()

    return np.stack([along(e) for e in np.eye(at.size)], axis=1)


def close(found: Margins, expected: Margins, rtol: float = 1e-11) -> None:
    np.testing.assert_array_equal(found.columns, expected.columns)
    np.testing.assert_allclose(found.effects, expected.effects, rtol=rtol, atol=1e-15)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=rtol, atol=1e-15)


@pytest.fixture(scope="module")
def fits() -> dict[str, tuple[Likelihood, Any]]:
    X, rng = rows(n=400), np.random.default_rng(5)
    y = (rng.random(400) < CURVES["logit"](X @ THETA)).astype(float)
    classes = (rng.random(400)[:, None] > [0.3, 0.55, 0.8]).sum(axis=1)
    return {
        "Logit": (Bernoulli(LOGIT), sm.Logit(y, X).fit(disp=0)),
        "Probit": (Bernoulli(PROBIT), sm.Probit(y, X).fit(disp=0)),
        "MNLogit": (
            Multinomial(3),
            sm.MNLogit(classes, X).fit(disp=0),
        ),  # as many classes as columns: see below
    }


@pytest.mark.parametrize(("at", "effect", "dummy", "count"), CASES)
@pytest.mark.parametrize("name", ["Logit", "Probit", "MNLogit"])
def test_effects_are_those_of_statsmodels(
    name: str, at: At, effect: Effect, dummy: bool, count: bool, fits
) -> None:
    if name == "MNLogit" and (effect.log_x or count):
        # statsmodels multiplies classes by columns (eyex, dyex), and slices by a float (count)
        return
    likelihood, theirs = fits[name]
    params = np.asarray(theirs.params).ravel("F")
    expected = theirs.get_margeff(at=at.value, method=effect.value, dummy=dummy, count=count)
    found = margins(
        likelihood,
        theirs.model.exog,
        params,
        theirs.cov_params(),
        at=at,
        effect=effect,
        dummy=dummy,
        count=count,
    )
    shaped = expected.margeff.reshape(found.effects.shape)
    np.testing.assert_allclose(found.effects, shaped, rtol=1e-7, atol=1e-13)
    if at is not At.ALL:
        # its Jacobian is a forward difference; ours is held below
        rtol = 1e-5 if name == "Probit" else 1e-7
        shape = found.effects.shape
        np.testing.assert_allclose(found.std_errors, expected.margeff_se.reshape(shape), rtol=rtol)
        np.testing.assert_allclose(
            found.covariance, expected.margeff_cov, rtol=10 * rtol, atol=1e-4 * rtol
        )
        with np.errstate(
            invalid="ignore"
        ):  # of x = 0 on both sides, an elasticity of zero without error
            np.testing.assert_allclose(found.z, expected.tvalues.reshape(shape), rtol=rtol)
        np.testing.assert_allclose(found.p_values, expected.pvalues.reshape(shape), rtol=100 * rtol)
        theirs_interval = expected.conf_int(0.1)  # (m, 2), or (m, 2, C)
        ours = found.interval(0.9)
        ours = ours[:, 0] if name != "MNLogit" else np.swapaxes(ours, 1, 2)
        np.testing.assert_allclose(ours, theirs_interval, rtol=10 * rtol, atol=rtol)


@EACH_LIKELIHOOD
@pytest.mark.parametrize(("at", "effect", "dummy", "count"), CASES)
def test_effects_with_offsets_are_derivatives_and_their_errors_the_delta_methods(
    likelihood: Likelihood, at: At, effect: Effect, dummy: bool, count: bool
) -> None:
    X, offset = rows(), shift(likelihood)
    params, V = estimates(likelihood)
    at_rows, at_offset = X, offset
    if at in (At.MEAN, At.MEDIAN):
        center = np.mean if at is At.MEAN else np.median
        at_rows, at_offset = center(X, axis=0)[None], np.atleast_1d(center(offset, axis=0))
    elif at is At.ZERO:
        at_rows, at_offset = np.eye(1, P), np.zeros(likelihood.outputs)

    def effects(theta: np.ndarray) -> np.ndarray:
        every = row_effects(likelihood, at_rows, theta, at_offset, effect, dummy, count)
        return every if at is At.ALL else every.mean(axis=0)

    found = margins(
        likelihood, X, params, V, offset=offset, at=at, effect=effect, dummy=dummy, count=count
    )
    np.testing.assert_array_equal(found.columns, [1, 2, 3])
    np.testing.assert_allclose(found.effects, effects(params), rtol=1e-10, atol=1e-14)
    if at is not At.ALL:
        J = jacobian(effects, params)
        np.testing.assert_allclose(found.covariance, J @ V @ J.T, rtol=1e-7, atol=1e-11)


@EACH_LIKELIHOOD
@pytest.mark.parametrize("at", [At.OVERALL, At.MEAN, At.MEDIAN, At.ZERO])
def test_a_row_of_weight_two_counts_twice_and_one_of_weight_zero_is_not_there(
    likelihood: Likelihood, at: At
) -> None:
    X, offset = rows(), shift(likelihood)
    weight = np.random.default_rng(2).integers(0, 4, N).astype(float)
    X[weight == 0.0] += (
        # these alone keep the constant from being one, the dummy from 0 and 1, the count from being
        # whole
        0.5
    )
    repeated = np.repeat(np.arange(N), weight.astype(int))
    steps = {"dummy": at in (At.OVERALL, At.MEAN), "count": at in (At.OVERALL, At.MEAN)}
    options = {"at": at, "fixed": {1: np.linspace(-1.0, 1.0, N)}}
    once = margins(
        likelihood, X, *estimates(likelihood), offset=offset, weight=weight, **options, **steps
    )
    options["fixed"] = {1: np.linspace(-1.0, 1.0, N)[repeated]}
    twice = margins(
        likelihood, X[repeated], *estimates(likelihood), offset=offset[repeated], **options, **steps
    )
    close(once, twice)


@EACH_LIKELIHOOD
@pytest.mark.parametrize("at", [At.OVERALL, At.MEAN, At.MEDIAN, At.ZERO])
def test_fixed_values_stand_for_the_column_wherever_the_effects_are_taken(
    likelihood: Likelihood, at: At
) -> None:
    X, (params, V) = rows(), estimates(likelihood)
    found = margins(likelihood, X, params, V, at=at, fixed={1: 0.7, 3: 2.0})
    held = X.copy()
    held[:, 1], held[:, 3] = 0.7, 2.0
    place = {
        At.OVERALL: held,
        At.MEAN: held.mean(axis=0)[None],
        At.MEDIAN: np.median(held, axis=0)[None],
    }
    points = place.get(at, np.array([[1.0, 0.7, 0.0, 2.0]]))
    none = np.zeros((points.shape[0], likelihood.outputs))
    expected = row_effects(likelihood, points, params, none, Effect.DYDX, False, False).mean(axis=0)
    np.testing.assert_allclose(found.effects, expected, rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(X, rows())


def test_constant_columns_are_left_out_whatever_their_value_and_keep_it_at_zero() -> None:
    X = rows()
    for constant in (
        0.1,
        2.0,
    ):  # the variance of 0.1 rounds to 1e-31, which statsmodels takes for a variable
        X[:, 0] = constant
        found = margins(Bernoulli(LOGIT), X, THETA, spread(P), at=At.ZERO)
        np.testing.assert_array_equal(found.columns, [1, 2, 3])
        p = CURVES["logit"](constant * THETA[0])
        np.testing.assert_allclose(found.effects[:, 0], p * (1.0 - p) * THETA[1:], rtol=1e-14)


def test_two_classes_are_a_binary_outcome() -> None:
    X, V, offset = rows(), spread(P), shift(Bernoulli(LOGIT))
    for effect in Effect:
        binary = margins(Bernoulli(LOGIT), X, THETA, V, offset=offset, effect=effect)
        several = margins(Multinomial(1), X, THETA, V, offset=offset[:, None], effect=effect)
        np.testing.assert_allclose(several.effects[:, 1:], binary.effects, rtol=1e-12)
        np.testing.assert_allclose(several.std_errors[:, 1:], binary.std_errors, rtol=1e-12)
        if not effect.log_y:
            np.testing.assert_allclose(several.effects[:, 0], -several.effects[:, 1], rtol=1e-12)


def test_without_a_base_class_the_effects_are_the_same() -> None:
    X, V = rows(), spread(3 * P)
    params = np.concatenate([0.3 * THETA, SEVERAL])
    to_base = np.kron(np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]), np.eye(P))
    for effect in Effect:
        free = margins(Multinomial(3, base=False), X, params, V, effect=effect)
        close(
            free,
            margins(Multinomial(2), X, to_base @ params, to_base @ V @ to_base.T, effect=effect),
        )


def test_the_blocks_add_up_to_the_rows() -> None:
    X = rows(n=30_000)
    for likelihood in (Bernoulli(PROBIT), Multinomial(2)):
        params, V = estimates(likelihood)
        whole = margins(likelihood, X, params, V, dummy=True, count=True)
        every = margins(likelihood, X, params, V, dummy=True, count=True, at=At.ALL)
        np.testing.assert_allclose(whole.effects, every.effects.mean(axis=0), rtol=1e-11)
        halves = [
            margins(likelihood, half, params, V, dummy=True, count=True)
            for half in (X[::2], X[1::2])
        ]
        np.testing.assert_allclose(
            whole.effects, (halves[0].effects + halves[1].effects) / 2.0, rtol=1e-11
        )


def test_a_variance_of_zero_that_was_rounded_below_it_is_zero() -> None:
    np.testing.assert_array_equal(standard_errors(np.array([-1e-20, 0.0, 4.0])), [0.0, 0.0, 2.0])
    assert np.isnan(standard_errors(np.array([np.nan])))
    assert (margins(Multinomial(1), rows(), THETA, np.zeros((P, P))).std_errors == 0.0).all()


@pytest.mark.parametrize(
    "options",
    [{}, {"dummy": True, "count": True}, {"fixed": {1: 0.5}}, {"at": At.MEAN}, {"at": At.MEDIAN}],
)
def test_margins_of_several_classes_take_less_memory_than_their_rows(
    options: dict[str, Any],
) -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rows(n=200_000), rng.normal(size=(200_000, 6))])
    params = 0.1 * rng.normal(size=40)
    tracemalloc.start()
    margins(Multinomial(4), X, params, spread(40), **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.25 * X.nbytes + 8 * 2**20  # all rows' Jacobians at once are 200 times X


@pytest.mark.parametrize("steps", [{"dummy": True}, {"count": True}])
@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"effect": Effect.DYEX}, "method dyex"),
        ({"effect": Effect.EYEX}, "method eyex"),
        ({"at": At.MEDIAN}, "at median"),
        ({"at": At.ZERO}, "at zero"),
    ],
)
def test_a_discrete_change_is_refused_where_it_means_nothing(
    options: dict, what: str, steps: dict
) -> None:
    with pytest.raises(
        UsageError,
        match=f"{what} makes no sense for a change of a whole number; leave out dummy and",
    ):
        margins(Bernoulli(LOGIT), rows(), THETA, spread(P), **options, **steps)


def test_effects_at_every_row_have_no_errors_and_levels_lie_between_0_and_1() -> None:
    every = margins(Bernoulli(LOGIT), rows(), THETA, spread(P), at=At.ALL)
    for inference in (
        lambda: every.std_errors,
        lambda: every.z,
        lambda: every.p_values,
        every.interval,
    ):
        with pytest.raises(
            UsageError, match="effects at every row have no standard errors; choose at='overall' or"
        ):
            inference()
    with pytest.raises(
        UsageError, match="the level of an interval is 95; give a number between 0 and 1"
    ):
        margins(Bernoulli(LOGIT), rows(), THETA, spread(P)).interval(95.0)


def test_what_statsmodels_gets_wrong(fits) -> None:
    _, several = fits["MNLogit"]
    X = several.model.exog
    with pytest.raises(TypeError, match="slice indices"):
        several.get_margeff(count=True)
    with pytest.raises(ValueError, match="broadcast"):
        several.get_margeff(method="eyex")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fewer = sm.MNLogit(np.arange(400) % 3, X).fit(disp=0)
    with pytest.raises(ValueError, match="broadcast"):
        fewer.get_margeff(dummy=True)
    ours = margins(
        Multinomial(3),
        X,
        several.params.ravel("F"),
        several.cov_params(),
        at=At.MEAN,
        effect=Effect.DYEX,
    )
    theirs = several.get_margeff(at="mean", method="dyex").margeff
    plain = several.get_margeff(at="mean").margeff
    np.testing.assert_allclose(ours.effects, plain * X.mean(axis=0)[1:, None], rtol=1e-10)
    # classes times columns, without a word
    np.testing.assert_allclose(theirs, plain * X.mean(axis=0), rtol=1e-10)
    _, logit = fits["Logit"]
    at_zero = logit.get_margeff(at="zero").margeff
    # atexog is dropped
    np.testing.assert_array_equal(logit.get_margeff(at="zero", atexog={1: 1.5}).margeff, at_zero)
