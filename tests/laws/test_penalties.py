"""Every penalty of the registry and the sample newcomer: scale, derivatives, answers, and an
optimal fit.
"""

import numpy as np
import pytest

from logit_engine import array_rows, fit
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.penalties import L2, PENALTIES, ElasticNet, Penalty, PenaltyTarget
from tests.support.newcomer_penalty import LogCosh
from tests.support.samples import drawn_sample

EVERY_PENALTY = {**PENALTIES, "log_cosh": LogCosh.of_target}
EACH_PENALTY = pytest.mark.parametrize("name", EVERY_PENALTY)
EFFECTS = [0.4, 1.0, -0.7, 0.5, 0.0, 0.2]
FREE = np.arange(len(EFFECTS)) == 0
TARGET = PenaltyTarget(weights=1.0 - FREE, labels=np.array([-1, 0, 0, 1, 1, 2]), l1_ratio=0.5)
THETA = np.array([0.3, 1.2, -0.8, 0.5, 2.0, -0.1])


def unit(name: str) -> Penalty:
    return EVERY_PENALTY[name](TARGET)


@EACH_PENALTY
def test_strength_and_value_are_multiplied(name: str) -> None:
    one, three = unit(name), unit(name).multiplied(3.0)
    assert three.strength == pytest.approx(3.0 * one.strength)
    assert three.value(THETA, FREE) == pytest.approx(3.0 * one.value(THETA, FREE))
    assert three.l1_ratio == one.l1_ratio


@pytest.mark.parametrize("kind", [L2, LogCosh, ElasticNet, Multinomial, Bernoulli])
def test_what_a_value_is_made_of_has_to_be_given(kind: type) -> None:
    with pytest.raises(TypeError, match="missing"):
        kind()


@EACH_PENALTY
def test_zero_costs_nothing_and_what_is_not_zero_something(name: str) -> None:
    penalty = unit(name)
    assert penalty.value(np.zeros_like(THETA), FREE) == 0.0
    assert (penalty.value(THETA, FREE) > 0.0) != penalty.absent
    assert penalty.idle == penalty.absent
    assert unit(name).multiplied(0.0).idle


@EACH_PENALTY
def test_the_constant_is_free(name: str) -> None:
    penalty, moved = unit(name), THETA + 5.0 * FREE
    assert penalty.value(moved, FREE) == penalty.value(THETA, FREE)
    assert penalty.gradient(THETA, FREE)[0] == 0.0
    penalty.check(THETA.size, 1, intercept=True)


@pytest.mark.parametrize("name", [name for name in EVERY_PENALTY if unit(name).differentiable])
def test_gradient_and_curvature_are_derivatives_of_the_value(name: str) -> None:
    """Kinks are held by their proximal points, in tests/engine/penalties."""
    penalty, steps = unit(name), 1e-5 * np.eye(THETA.size)
    values = [penalty.value(THETA + d, FREE) - penalty.value(THETA - d, FREE) for d in steps]
    slopes = [penalty.gradient(THETA + d, FREE) - penalty.gradient(THETA - d, FREE) for d in steps]
    np.testing.assert_allclose(penalty.gradient(THETA, FREE), np.array(values) / 2e-5, atol=1e-8)
    np.testing.assert_allclose(penalty.curvature(THETA, FREE), np.array(slopes) / 2e-5, atol=1e-8)


@EACH_PENALTY
def test_a_fit_is_certified_and_no_step_lowers_its_objective(name: str) -> None:
    X, y = drawn_sample(300, EFFECTS[1:], seed=3)
    penalty = unit(name).multiplied(4.0)
    result = fit(array_rows(X, y), penalty=penalty)
    assert result.converged
    Z = np.column_stack([np.ones(300), X])

    def objective(theta: np.ndarray) -> float:
        return float(np.logaddexp(0.0, (1.0 - 2.0 * y) * (Z @ theta)).sum()) + penalty.value(
            theta, FREE
        )

    least = objective(result.estimates)
    for step in np.random.default_rng(5).standard_normal((200, THETA.size)):
        for size in (1e-4, 1e-2, 1.0):
            assert objective(result.estimates + size * step) > least
    zeros = penalty.zeros(result.estimates)
    assert zeros.shape == THETA.shape
    assert (result.estimates[zeros] == 0.0).all()
