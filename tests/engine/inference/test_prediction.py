"""Predictions against statsmodels' Logit, Probit and GLM, and the delta method by complex steps."""

import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special

from logit_engine.errors import UsageError
from logit_engine.inference.prediction import (
    Prediction,
    average_prediction,
    predict_linear,
    predict_mean,
)
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import CAUCHIT, CLOGLOG, LINKS, LOGIT, LOGLOG, PROBIT

N, P = 300, 3
THETA = np.array([-0.4, 0.6, -0.5])
SEVERAL = np.concatenate([THETA, -0.5 * THETA, 0.3 * THETA[::-1]])
LINKS_OF_STATSMODELS = (LOGIT, PROBIT, CLOGLOG, LOGLOG, CAUCHIT)


def rows(n: int = N, p: int = P) -> np.ndarray:
    return np.column_stack([np.ones(n), np.random.default_rng(0).normal(size=(n, p - 1))])


def spread(size: int) -> np.ndarray:
    """A covariance."""
    root = np.random.default_rng(1).normal(size=(size, size)) / 10.0
    return root @ root.T


def shifts(k: int, n: int = N) -> np.ndarray:
    return np.sin(np.arange(n)[:, None] * np.arange(1, k + 1)) / 2.0


def classes(X: np.ndarray, params: Any, offset: np.ndarray) -> Any:
    """The probabilities of all classes, of real or complex parameters, (n, C)."""
    odds = np.exp(X @ params.reshape(-1, X.shape[1]).T + offset)
    odds = np.concatenate([np.ones((X.shape[0], 1)), odds], axis=1)
    return odds / odds.sum(axis=1, keepdims=True)


def delta(value: Callable[[Any], Any], at: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Standard errors by the delta method, its derivatives by complex steps, which cancel
    nothing.
    """
    J = np.stack([value(at + 1e-30j * e).imag / 1e-30 for e in np.eye(at.size)], axis=-1)
    return np.sqrt(np.einsum("...a,ab,...b->...", J, V, J))


def agree(found: Prediction, expected: Any, rtol: float = 1e-7) -> None:
    np.testing.assert_allclose(found.predicted, expected.predicted, rtol=rtol)
    np.testing.assert_allclose(found.std_errors, expected.se, rtol=rtol)


# --- statsmodels ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def peers() -> dict[str, tuple[Bernoulli, Any, np.ndarray | None]]:
    """Each model of statsmodels, fitted, with and without an offset; the links it names by its
    own names.
    """
    X, rng, offset = rows(), np.random.default_rng(2), shifts(1)[:, 0]
    y = (rng.random(N) < special.expit(X @ THETA)).astype(float)
    links = sm.families.links
    glm = {CLOGLOG: links.CLogLog(), LOGLOG: links.LogLog(), CAUCHIT: links.Cauchy()}
    found = {}
    for name, shift in (("", None), (" with offset", offset)):
        found["logit" + name] = (Bernoulli(LOGIT), sm.Logit(y, X, offset=shift).fit(disp=0), shift)
        found["probit" + name] = (
            Bernoulli(PROBIT),
            sm.Probit(y, X, offset=shift).fit(disp=0),
            shift,
        )
        for link, theirs in glm.items():
            model = sm.GLM(y, X, family=sm.families.Binomial(theirs), offset=shift)
            found[link.name + name] = (Bernoulli(link), model.fit(), shift)
    return found


@pytest.mark.parametrize("shifted", ["", " with offset"])
@pytest.mark.parametrize("link", LINKS_OF_STATSMODELS, ids=lambda link: link.name)
def test_binary_predictions_and_both_intervals_are_those_of_statsmodels(
    link, shifted: str, peers
) -> None:
    likelihood, theirs, offset = peers[link.name + shifted]
    X, V = theirs.model.exog, theirs.cov_params()
    expected = theirs.get_prediction(X, offset=offset)
    glm = isinstance(theirs.model, sm.GLM)
    linear = expected.linpred if glm else theirs.get_prediction(X, which="linear", offset=offset)
    found = predict_mean(likelihood, X, theirs.params, V, offset)
    agree(found, expected)
    np.testing.assert_allclose(found.interval(0.9), expected.conf_int(alpha=0.1), rtol=1e-7)
    np.testing.assert_allclose(
        found.interval(0.9, delta=True),
        expected.conf_int(method="delta", alpha=0.1),
        rtol=1e-7,
        atol=1e-9,
    )
    ours = predict_linear(likelihood, X, theirs.params, V, offset)
    agree(ours, linear)
    np.testing.assert_allclose(ours.interval(), linear.conf_int(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("weights", [None, np.linspace(0.0, 3.0, N)], ids=["mean", "agg_weights"])
@pytest.mark.parametrize("name", ["logit", "probit"])
def test_averages_are_those_of_statsmodels(name: str, weights: np.ndarray | None, peers) -> None:
    likelihood, theirs, _ = peers[name]
    expected = theirs.get_prediction(average=True, agg_weights=weights)
    found = average_prediction(
        likelihood, theirs.model.exog, theirs.params, theirs.cov_params(), weights=weights
    )
    agree(found, expected)
    np.testing.assert_allclose(found.interval()[0], expected.conf_int().ravel(), rtol=1e-7)


def test_statsmodels_predicts_without_the_offset_it_was_fitted_with(peers) -> None:
    likelihood, theirs, offset = peers["logit with offset"]
    X, V = theirs.model.exog, theirs.cov_params()
    agree(predict_mean(likelihood, X, theirs.params, V), theirs.get_prediction())
    np.testing.assert_allclose(
        predict_mean(likelihood, X, theirs.params, V, offset).predicted, theirs.predict()
    )


# --- several classes, of which statsmodels predicts without errors --------------------------------


@pytest.mark.parametrize("shifted", [False, True])
def test_class_probabilities_have_the_delta_methods_errors(shifted: bool) -> None:
    X, V, offset = rows(), spread(9), shifts(3) if shifted else np.zeros((N, 3))
    found = predict_mean(Multinomial(3), X, SEVERAL, V, offset if shifted else None)
    np.testing.assert_allclose(found.predicted, classes(X, SEVERAL, offset), rtol=1e-13)
    np.testing.assert_allclose(
        found.std_errors, delta(lambda t: classes(X, t, offset), SEVERAL, V), rtol=1e-10
    )
    reach = 1.959963984540054 * found.std_errors
    np.testing.assert_allclose(
        found.interval(), np.stack([found.predicted - reach, found.predicted + reach], -1)
    )


def test_class_predictions_are_those_of_statsmodels() -> None:
    X = rows()
    theirs = sm.MNLogit(np.random.default_rng(3).integers(0, 4, N), X).fit(disp=0)
    params, V = theirs.params.ravel("F"), theirs.cov_params()
    np.testing.assert_allclose(
        predict_mean(Multinomial(3), X, params, V).predicted, theirs.predict(), rtol=1e-12
    )
    linear = predict_linear(Multinomial(3), X, params, V).predicted
    np.testing.assert_allclose(
        linear, theirs.predict(which="linear")[:, 1:], rtol=1e-10, atol=1e-14
    )


def test_several_linear_predictors_have_exact_errors() -> None:
    X, V, offset = rows(), spread(9), shifts(3)
    found = predict_linear(Multinomial(3), X, SEVERAL, V, offset)
    np.testing.assert_allclose(found.predicted, X @ SEVERAL.reshape(3, P).T + offset, rtol=1e-14)
    for a in range(3):
        own = V[a * P : (a + 1) * P, a * P : (a + 1) * P]
        np.testing.assert_allclose(
            found.std_errors[:, a], np.sqrt(np.diag(X @ own @ X.T)), rtol=1e-12
        )


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("weights", [None, np.linspace(0.0, 3.0, N)], ids=["mean", "agg_weights"])
def test_averages_over_several_classes_have_the_delta_methods_errors(weights, linear: bool) -> None:
    X, V, offset = rows(), spread(9), shifts(3)
    share = np.ones(N) / N if weights is None else weights / N

    def mean(params: Any) -> Any:
        return share @ (
            X @ params.reshape(3, P).T + offset if linear else classes(X, params, offset)
        )

    found = average_prediction(Multinomial(3), X, SEVERAL, V, offset, weights, linear)
    np.testing.assert_allclose(found.predicted, mean(SEVERAL), rtol=1e-12)
    np.testing.assert_allclose(found.std_errors, delta(mean, SEVERAL, V), rtol=1e-10)


def test_two_classes_are_a_binary_outcome() -> None:
    X, V, offset = rows(), spread(P), shifts(1)
    binary = predict_mean(Bernoulli(LOGIT), X, THETA, V, offset[:, 0])
    several = predict_mean(Multinomial(1), X, THETA, V, offset)
    np.testing.assert_allclose(several.predicted[:, 1], binary.predicted, rtol=1e-13)
    for c in (0, 1):
        np.testing.assert_allclose(several.std_errors[:, c], binary.std_errors, rtol=1e-12)
    assert average_prediction(Bernoulli(LOGIT), X, THETA, V).std_errors == pytest.approx(
        average_prediction(Multinomial(1), X, THETA, V).std_errors[1:], rel=1e-12
    )


def test_without_a_base_class_the_predictions_are_the_same() -> None:
    X, V = rows(), spread(9)
    to_base = np.kron(np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]), np.eye(P))
    for predict in (predict_mean, average_prediction):
        free = predict(Multinomial(3, base=False), X, SEVERAL, V)
        based = predict(Multinomial(2), X, to_base @ SEVERAL, to_base @ V @ to_base.T)
        np.testing.assert_allclose(free.predicted, based.predicted, rtol=1e-12)
        np.testing.assert_allclose(free.std_errors, based.std_errors, rtol=1e-10)


def test_the_blocks_add_up_to_the_rows() -> None:
    X, V, offset = rows(100_000), spread(9), shifts(3, 100_000)
    whole = predict_mean(Multinomial(3), X, SEVERAL, V, offset)
    tail = slice(70_001, None)
    part = predict_mean(Multinomial(3), X[tail], SEVERAL, V, offset[tail])
    np.testing.assert_allclose(whole.predicted[tail], part.predicted, rtol=1e-13)
    np.testing.assert_allclose(whole.std_errors[tail], part.std_errors, rtol=1e-12)
    mean = average_prediction(Multinomial(3), X, SEVERAL, V, offset)
    np.testing.assert_allclose(mean.predicted, whole.predicted.mean(axis=0), rtol=1e-12)


# --- the tails ------------------------------------------------------------------------------------


@pytest.mark.parametrize("eta", [-800.0, 800.0])
@pytest.mark.parametrize("link", LINKS.values(), ids=lambda link: link.name)
def test_binary_predictions_stay_numbers_and_probabilities_in_the_tails(link, eta: float) -> None:
    offset = np.full(N, eta)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = predict_mean(Bernoulli(link), rows(), THETA, spread(P), offset)
        mean = average_prediction(Bernoulli(link), rows(), THETA, spread(P), offset)
    interval = found.interval(0.999)
    assert np.isfinite(found.std_errors).all()
    assert np.isfinite(mean.std_errors).all()
    assert (interval >= 0.0).all()
    assert (interval <= 1.0).all()
    assert (interval[:, 0] <= found.predicted).all()
    assert (found.predicted <= interval[:, 1]).all()


def test_the_error_of_a_class_that_is_nearly_certain_keeps_its_digits() -> None:
    X, V = np.array([[1.0]]), np.array([[0.04, 0.01], [0.01, 0.09]])
    with mpmath.workdps(60):
        odds = [mpmath.mpf(1), mpmath.exp(45), mpmath.exp(3)]
        p = [o / sum(odds) for o in odds]
        first = [[p[c] * ((c == a) - p[a]) for a in (1, 2)] for c in range(3)]
        W = [[mpmath.mpf("0.04"), mpmath.mpf("0.01")], [mpmath.mpf("0.01"), mpmath.mpf("0.09")]]
        squares = [sum(f[a] * W[a][b] * f[b] for a in (0, 1) for b in (0, 1)) for f in first]
        expected = [float(mpmath.sqrt(s)) for s in squares]
    found = predict_mean(Multinomial(2), X, np.array([45.0, 3.0]), V)
    np.testing.assert_allclose(found.std_errors[0], expected, rtol=1e-13)  # 1 - p is 0 in double


# --- memory, and what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predict", "numbers"),
    [(predict_mean, 10), (predict_linear, 8), (average_prediction, 0)],
    ids=["mean", "linear", "average"],
)
def test_predictions_of_several_classes_take_little_more_memory_than_they_return(
    predict, numbers: int
) -> None:
    n, p, k = 200_000, 10, 4
    X, params, V = rows(n, p), np.linspace(-0.2, 0.2, k * p), spread(k * p)
    tracemalloc.start()
    predict(Multinomial(k), X, params, V)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * numbers * 8 + 8 * 2**20  # x'Vx of all pairs at once is 16 times X


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_outside_0_and_1_is_refused(level: float) -> None:
    for found in (
        predict_mean(Bernoulli(PROBIT), rows(), THETA, spread(P)),
        average_prediction(Multinomial(1), rows(), THETA, spread(P)),
    ):
        for by_delta in (False, True):
            with pytest.raises(
                UsageError,
                match=f"the level of an interval is {level:g}; give a number between 0 and 1",
            ):
                found.interval(level, delta=by_delta)
