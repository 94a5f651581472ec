"""Every likelihood of the registry and the sample newcomer: derivatives, means of scores, leads,
constants, and fits.
"""

import pickle

import numpy as np
import pytest

from logit_engine import array_rows, fit
from logit_engine.likelihoods import LIKELIHOODS, Likelihood
from logit_engine.links import LOGIT
from tests.support.newcomer_likelihood import ContinuationRatio

EVERY_LIKELIHOOD = {**LIKELIHOODS, "continuation_ratio": ContinuationRatio.of_classes}
CASES = [
    pytest.param(make(classes, LOGIT), id=f"{name}-{classes}")
    for name, make in EVERY_LIKELIHOOD.items()
    for classes in ((2,) if name == "binary" else (2, 3, 5))
]
EACH_LIKELIHOOD = pytest.mark.parametrize("likelihood", CASES)
N, STEP = 60, 1e-5


def predictors(likelihood: Likelihood, seed: int = 0) -> np.ndarray:
    """(n, k), or (n,) for one predictor."""
    eta = np.random.default_rng(seed).normal(0.0, 2.0, (N, likelihood.outputs))
    return eta[:, 0] if likelihood.outputs == 1 else eta


def codes(likelihood: Likelihood) -> np.ndarray:
    return np.arange(N) % likelihood.classes * 1.0


def matrix(values: np.ndarray, *shape: int) -> np.ndarray:
    """Values of one predictor in the shape of several."""
    return values.reshape(N, *shape)


def moves(likelihood: Likelihood) -> list[np.ndarray]:
    """A small step of each predictor."""
    steps = STEP * np.eye(likelihood.outputs)
    return [step[0] if likelihood.outputs == 1 else step for step in steps]


@EACH_LIKELIHOOD
def test_score_and_curvature_are_derivatives(likelihood: Likelihood) -> None:
    eta, y, k = predictors(likelihood), codes(likelihood), likelihood.outputs
    ahead = [likelihood.terms(eta + d, y) for d in moves(likelihood)]
    behind = [likelihood.terms(eta - d, y) for d in moves(likelihood)]
    slopes = [(a.loglik - b.loglik) / (2.0 * STEP) for a, b in zip(ahead, behind, strict=True)]
    bends = [
        matrix(b.score - a.score, k) / (2.0 * STEP) for a, b in zip(ahead, behind, strict=True)
    ]
    terms = likelihood.terms(eta, y)
    np.testing.assert_allclose(matrix(terms.score, k), np.stack(slopes, axis=1), atol=1e-8)
    np.testing.assert_allclose(matrix(terms.curvature, k, k), np.stack(bends, axis=2), atol=1e-8)
    np.testing.assert_allclose(likelihood.score(eta, y), terms.score, atol=1e-15)


@EACH_LIKELIHOOD
def test_scores_have_mean_zero_and_the_expected_curvature_as_variance(
    likelihood: Likelihood,
) -> None:
    eta, k = predictors(likelihood), likelihood.outputs
    p = likelihood.probabilities(eta)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-13)
    np.testing.assert_allclose(np.log(p), likelihood.log_probabilities(eta), atol=1e-12)
    mean, variance, curvature = np.zeros((N, k)), np.zeros((N, k, k)), np.zeros((N, k, k))
    for c in range(likelihood.classes):
        terms = likelihood.terms(eta, np.full(N, float(c)))
        score = matrix(terms.score, k)
        np.testing.assert_allclose(terms.loglik, np.log(p[:, c]), atol=1e-12)
        mean += p[:, [c]] * score
        variance += p[:, c, None, None] * score[:, :, None] * score[:, None]
        curvature += p[:, c, None, None] * matrix(terms.curvature, k, k)
    expected = matrix(likelihood.expected(eta), k, k)
    np.testing.assert_allclose(mean, 0.0, atol=1e-14)
    np.testing.assert_allclose(expected, variance, atol=1e-13)
    np.testing.assert_allclose(expected, curvature, atol=1e-13)
    if likelihood.canonical:
        observed = likelihood.terms(eta, codes(likelihood)).curvature
        np.testing.assert_allclose(observed, likelihood.expected(eta), atol=1e-15)


@EACH_LIKELIHOOD
def test_slopes_and_bends_of_the_log_probabilities_are_derivatives(likelihood: Likelihood) -> None:
    eta, k = matrix(predictors(likelihood), likelihood.outputs), likelihood.outputs
    own = [
        eta[:, 0] + d if k == 1 else eta + d
        for sign in (1.0, -1.0)
        for d in sign * np.stack(moves(likelihood))
    ]
    logs = [likelihood.log_probabilities(one) for one in own]
    slopes = [(a - b) / (2.0 * STEP) for a, b in zip(logs[:k], logs[k:], strict=True)]
    np.testing.assert_allclose(likelihood.log_slopes(eta), np.stack(slopes, axis=2), atol=1e-8)
    along = np.random.default_rng(1).standard_normal((k, 3))
    bends = [
        (likelihood.log_slopes(eta + STEP * d) - likelihood.log_slopes(eta - STEP * d))
        / (2.0 * STEP)
        for d in along.T
    ]
    found = np.broadcast_to(likelihood.log_curvatures(eta, along), (N, likelihood.classes, 3, k))
    np.testing.assert_allclose(found, np.stack(bends, axis=2), atol=1e-8)


@EACH_LIKELIHOOD
def test_constants_give_the_shares_of_the_classes(likelihood: Likelihood) -> None:
    y, weight = codes(likelihood), np.random.default_rng(2).uniform(0.5, 2.0, N)
    weights = likelihood.class_weights(y, weight)
    np.testing.assert_allclose(weights, [weight[y == c].sum() for c in range(likelihood.classes)])
    constants = likelihood.constants(weights)
    found = likelihood.probabilities(constants if likelihood.outputs == 1 else constants[None])
    np.testing.assert_allclose(found[0], weights / weights.sum(), rtol=1e-13)


@EACH_LIKELIHOOD
def test_a_row_is_won_for_ever_if_and_only_if_its_margin_is_positive(
    likelihood: Likelihood,
) -> None:
    y, linear = codes(likelihood), predictors(likelihood, seed=4)
    margins = likelihood.margins(linear, y)
    leads = likelihood.row_leads(matrix(linear, likelihood.outputs), y)
    others = np.where(np.arange(likelihood.classes) == y[:, None], np.inf, leads)
    np.testing.assert_allclose(margins, others.min(axis=1), atol=1e-14)
    far = likelihood.terms(1e4 * linear, y).loglik
    assert ((far > -1.0) == (margins > 0.0)).all()
    assert 0 < (margins > 0.0).sum() < N


@EACH_LIKELIHOOD
def test_a_likelihood_travels_to_other_processes(likelihood: Likelihood) -> None:
    assert pickle.loads(pickle.dumps(likelihood)) == likelihood


def sample(likelihood: Likelihood) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(7)
    X = rng.standard_normal((600, 3))
    cuts = np.quantile(rng.logistic(size=600), np.linspace(0.0, 1.0, likelihood.classes + 1)[1:-1])
    y = np.digitize(X @ [1.0, -0.5, 0.3] + rng.logistic(size=600), cuts).astype(float)
    return (
        X,
        y,
        [] if likelihood.outputs == 1 else [f"class {c}" for c in range(likelihood.classes)],
    )


@EACH_LIKELIHOOD
def test_a_fit_is_certified_and_its_scores_sum_to_zero(likelihood: Likelihood) -> None:
    X, y, classes = sample(likelihood)
    result = fit(array_rows(X, y, classes=classes), likelihood)
    assert result.converged
    Z, theta = np.column_stack([np.ones(600), X]), result.estimates.reshape(likelihood.outputs, -1)
    eta = Z @ theta.T
    terms = likelihood.terms(eta[:, 0] if likelihood.outputs == 1 else eta, y)
    np.testing.assert_allclose(Z.T @ terms.score, 0.0, atol=1e-9)
    assert result.loglik == pytest.approx(terms.loglik.sum(), rel=1e-12)
    blocks = terms.curvature.reshape(600, *(likelihood.outputs,) * 2)
    information = np.einsum("nab,ni,nj->aibj", blocks, Z, Z).reshape(theta.size, theta.size)
    np.testing.assert_allclose(result.covariance, np.linalg.inv(information), rtol=1e-9)


@EACH_LIKELIHOOD
def test_separated_classes_are_never_said_to_converge(likelihood: Likelihood) -> None:
    X, _, classes = sample(likelihood)
    y = np.digitize(
        X[:, 0], np.quantile(X[:, 0], np.linspace(0.0, 1.0, likelihood.classes + 1)[1:-1])
    ).astype(float)
    result = fit(array_rows(X, y, classes=classes), likelihood, allow_separation=True)
    assert not result.converged
    assert result.infinite is not None


def test_the_newcomer_is_the_binary_fits_of_its_stages() -> None:
    likelihood = ContinuationRatio(3)
    X, y, classes = sample(likelihood)
    result = fit(array_rows(X, y, classes=classes), likelihood)
    for stage, theta in enumerate(result.estimates.reshape(3, -1)):
        came = y >= stage
        alone = fit(array_rows(X[came], (y[came] == stage).astype(float)))
        np.testing.assert_allclose(theta, alone.estimates, rtol=1e-9)
