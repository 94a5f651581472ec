"""The multinomial row terms: derivatives by mpmath at hard points, and the laws of classes."""

from functools import partial
from itertools import permutations, product

import mpmath as mp
import numpy as np
import pytest

from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LOGIT

EPS = float(np.finfo(float).eps)
TINY = 1e-300  # below it a double has few digits of its own

# (n, 3): plain, ties, one class near certain, two that share all, all classes but the base
# hopeless, both ends at once.
HARD = np.array(
    [
        [0.3, -1.2, 0.7],
        [0.0, 0.0, 0.0],
        [1e-9, -1e-9, 1e-17],
        [40.0, -3.0, 2.0],
        [40.0, 40.0, -40.0],
        [-37.0, -36.0, -38.0],
        [300.0, 299.5, -200.0],
        [-700.0, -1.0, -345.0],
        [800.0, 800.0, 800.0],
        [800.0, -800.0, 0.0],
        [-800.0, -800.0, -800.0],
    ]
)
EACH_CODE = pytest.mark.parametrize("code", range(4))


def log_probability(code: int, *eta: mp.mpf) -> mp.mpf:
    """log P(y = code), as the definition has it."""
    return (0 if code == 0 else eta[code - 1]) - mp.log(1 + mp.fsum(map(mp.exp, eta)))


def grid(n: int, k: int, seed: int, reach: float = 60.0) -> np.ndarray:
    """(n, k) multiples of 1/64, whose differences are exact."""
    return np.round(np.random.default_rng(seed).uniform(-reach, reach, (n, k)) * 64.0) / 64.0


@EACH_CODE
def test_the_log_probability_is_exact_to_1e_14(code: int) -> None:
    loglik = Multinomial(3).terms(HARD, np.full(len(HARD), code)).loglik
    with mp.workdps(1500):  # 1 + exp(-1600) is not 1
        true = [float(log_probability(code, *map(mp.mpf, eta.tolist()))) for eta in HARD]
    np.testing.assert_allclose(loglik, true, rtol=1e-14, atol=TINY)


def derivatives(code: int, eta: list[mp.mpf]) -> tuple[list[mp.mpf], list[list[mp.mpf]]]:
    """The first derivatives of log P(y = code) and minus the second, with no sum ever taken from
    one.
    """
    sizes = [mp.mpf(1), *map(mp.exp, eta)]
    p = [size / mp.fsum(sizes) for size in sizes]
    rest = [mp.fsum(p[:a] + p[a + 1 :]) for a in range(len(p))]
    k = range(1, len(p))
    score = [rest[a] if a == code else -p[a] for a in k]
    return score, [[p[a] * rest[a] if a == b else -p[a] * p[b] for b in k] for a in k]


@EACH_CODE
def test_the_exact_derivatives_are_those_of_mpmath(code: int) -> None:
    of_code = partial(log_probability, code)
    with mp.workdps(60):
        for eta in HARD[:4]:
            at = tuple(map(mp.mpf, eta.tolist()))
            score, curvature = derivatives(code, list(at))
            for a in range(3):
                slope = mp.diff(of_code, at, tuple(int(j == a) for j in range(3)))
                assert mp.almosteq(slope, score[a], rel_eps=mp.mpf(10) ** -25)
            for a, b in product(range(3), repeat=2):
                bend = -mp.diff(of_code, at, tuple((j == a) + (j == b) for j in range(3)))
                assert mp.almosteq(bend, curvature[a][b], rel_eps=mp.mpf(10) ** -25)


@EACH_CODE
def test_score_and_curvature_are_the_derivatives_to_1e_13(code: int) -> None:
    """Relative, however near to certain a class is: nothing is lost down to 1e-300."""
    terms = Multinomial(3).terms(HARD, np.full(len(HARD), code))
    with mp.workdps(60):
        exact = [derivatives(code, list(map(mp.mpf, eta.tolist()))) for eta in HARD]
    np.testing.assert_allclose(
        terms.score, [list(map(float, s)) for s, _ in exact], rtol=1e-13, atol=TINY
    )
    true = [[list(map(float, row)) for row in W] for _, W in exact]
    np.testing.assert_allclose(terms.curvature, true, rtol=1e-13, atol=TINY)


@pytest.mark.parametrize("k", [1, 2, 5, 30])
def test_probabilities_sum_to_one_to_rounding(k: int) -> None:
    eta = np.vstack([grid(500, k, seed=k), grid(500, k, seed=k, reach=800.0)])
    p = Multinomial(k).probabilities(eta)
    assert p.min() >= 0.0
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=0.0, atol=EPS * (1 + k / 4))
    np.testing.assert_allclose(
        np.exp(Multinomial(k).log_probabilities(eta)), p, rtol=1e-13, atol=TINY
    )


def test_log_probabilities_are_finite_at_800() -> None:
    assert np.isfinite(Multinomial(3).log_probabilities(HARD)).all()


def test_two_classes_are_a_binary_logit() -> None:
    eta = np.concatenate([np.linspace(-40.0, 40.0, 801), [-800.0, -300.0, 300.0, 800.0]])
    for code in (0.0, 1.0):
        y = np.full(eta.size, code)
        two, binary = Multinomial(1).terms(eta[:, None], y), Bernoulli(LOGIT).terms(eta, y)
        for ours, theirs in zip(two, binary, strict=True):
            np.testing.assert_allclose(ours.reshape(-1), theirs, rtol=1e-14, atol=TINY)
    np.testing.assert_allclose(
        Multinomial(1).expected(eta[:, None])[:, 0, 0], Bernoulli(LOGIT).expected(eta), rtol=1e-14
    )


@pytest.mark.parametrize("k", [2, 5])
def test_curvature_is_symmetric_and_positive_semidefinite(k: int) -> None:
    """Weakly diagonally dominant, row by row to rounding: what p_a leaves of one is not less
    than the other classes have.
    """
    eta = np.vstack([grid(400, k, seed=10 + k), grid(100, k, seed=20 + k, reach=2.0)])
    W = Multinomial(k).expected(eta)
    np.testing.assert_array_equal(W, W.transpose(0, 2, 1))
    values = np.linalg.eigvalsh(W)
    assert (values[:, 0] >= -4.0 * EPS * values[:, -1]).all()
    assert (W.sum(axis=2) >= -4.0 * EPS * np.diagonal(W, axis1=1, axis2=2)).all()


@EACH_CODE
def test_the_names_of_the_classes_do_not_matter(code: int) -> None:
    """Any order of the classes, the base among them, gives each the same log-likelihood, score
    and probability.
    """
    likelihood, eta = Multinomial(3), grid(200, 3, seed=30)
    whole = np.column_stack([np.zeros(len(eta)), eta])
    p, plain = likelihood.probabilities(eta), likelihood.terms(eta, np.full(len(eta), code))
    for order in permutations(range(4)):
        moved = whole[:, order] - whole[:, [order[0]]]
        there = likelihood.terms(moved[:, 1:], np.full(len(eta), order.index(code)))
        np.testing.assert_allclose(likelihood.probabilities(moved[:, 1:]), p[:, order], rtol=1e-14)
        np.testing.assert_allclose(there.loglik, plain.loglik, rtol=1e-14, atol=TINY)
        for a, b in product(range(1, 4), repeat=2):
            at, to = order.index(a) - 1, order.index(b) - 1
            if at >= 0:
                np.testing.assert_allclose(there.score[:, at], plain.score[:, a - 1], rtol=1e-14)
            if at >= 0 and to >= 0:
                np.testing.assert_allclose(
                    there.curvature[:, at, to], plain.curvature[:, a - 1, b - 1], rtol=1e-14
                )


def test_the_curvature_does_not_depend_on_the_outcome() -> None:
    likelihood = Multinomial(3)
    for code in range(4):
        observed = likelihood.terms(HARD, np.full(len(HARD), code)).curvature
        np.testing.assert_array_equal(observed, likelihood.expected(HARD))
