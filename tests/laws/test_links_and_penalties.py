"""Every link and several classes under every penalty, against a plain independent method."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit, ndtr, softmax

from logit_engine import L2
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.penalties import ElasticNet, Penalty, differences, groups_of
from logit_engine.rows.memory import array_rows
from tests.support.every_link import EVERY_LINK
from tests.support.newcomer_likelihood import ContinuationRatio
from tests.support.newcomer_penalty import LogCosh

Array = np.ndarray
# the last four columns are levels 0, 1, 3 and 4 of a categorical, level 2 being its reference
N, P = (
    400,
    7,
)
RUN = [4, 5, -1, 6, 7]

# cdf and pdf of each link, by scipy.special alone
CURVES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "logit": (expit, lambda t: expit(t) * expit(-t)),
    "probit": (ndtr, lambda t: np.exp(-t * t / 2.0) / np.sqrt(2.0 * np.pi)),
    "cloglog": (lambda t: -np.expm1(-np.exp(t)), lambda t: np.exp(t - np.exp(t))),
    "loglog": (lambda t: np.exp(-np.exp(-t)), lambda t: np.exp(-t - np.exp(-t))),
    "cauchit": (lambda t: 0.5 + np.arctan(t) / np.pi, lambda t: 1.0 / (np.pi * (1.0 + t * t))),
}
MODELS: dict[str, Likelihood] = {
    **{name: Bernoulli(link) for name, link in EVERY_LINK.items()},
    "multinomial": Multinomial(2),
    "multinomial without a base": Multinomial(3, base=False),
    "continuation_ratio": ContinuationRatio(2),
}


def data(several: bool) -> tuple[Array, Array]:
    rng = np.random.default_rng(12)
    level = rng.integers(0, 5, N)
    X = np.column_stack([rng.standard_normal((N, 3)), level[:, None] == np.array([0, 1, 3, 4])])
    eta = X[:, 0] - 0.5 * X[:, 1] + 0.3 * level - 0.6
    if several:
        return X, np.digitize(eta + rng.logistic(size=N), [-0.5, 1.0]).astype(float)
    return X, (rng.random(N) < expit(eta)).astype(float)


def penalties(outputs: int, pinned: bool) -> dict[str, Penalty]:
    """By name; of several classes without a base the first intercept is pinned, for only
    differences count.
    """
    own = np.tile(np.r_[0.0, np.ones(P)], outputs)
    nothing = np.zeros_like(own)
    pin = nothing.copy()
    pin[0] = np.inf if pinned else 0.0
    labels = np.tile([-1, 0, 1, 1, 2, 2, 2, 2], outputs) + 3 * np.repeat(np.arange(outputs), P + 1)
    labels[:: P + 1] = -1
    groups = groups_of(labels)
    factor = np.tile([0.0, 2.0, 0.5, 0.0, 1.0, 3.0, 0.2, 1.0], outputs)
    numbers = np.tile([0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], outputs)
    runs = [[j + (P + 1) * k if j >= 0 else -1 for j in RUN] for k in range(outputs)]
    smooth = differences(runs, own.size) * 6.0
    ordered = ElasticNet(pin, 2.0 * numbers, smooth=smooth)
    low, high = np.where(own > 0.0, 0.0, -np.inf), np.where(own > 0.0, 0.4, np.inf)
    return {
        "l2": ElasticNet(pin, 3.0 * own) if pinned else L2(3.0),
        "log_cosh": ElasticNet(pin, 3.0 * own) if pinned else LogCosh(3.0),
        "ridge": ElasticNet(pin, 3.0 * own),
        "l1": ElasticNet(pin + 6.0 * own, nothing),
        "elastic net": ElasticNet(pin + 4.0 * own, 2.0 * own),
        "weighted": ElasticNet(pin + 4.0 * factor, 2.0 * own),
        "groups": ElasticNet(pin, 0.5 * own if pinned else nothing, groups=groups.multiplied(4.0)),
        "sparse groups": ElasticNet(pin + 2.0 * own, 1.0 * own, groups=groups.multiplied(2.0)),
        "bounds": ElasticNet(pin, 1.0 * own, low, high),
        "signs and l1": ElasticNet(pin + 3.0 * own, 1.0 * own, low),
        "ordered": ordered,
        "ordered and l1": ElasticNet(
            pin + 4.0 * numbers, nothing, smooth=smooth + 0.5 * differences([], own.size)
        ),
    }


def slope_of(name: str, X: Array, y: Array) -> Callable[[Array], Array]:
    """The gradient of minus the log-likelihood, written out anew."""
    Z = np.column_stack([np.ones(N), X])
    if name in EVERY_LINK:
        link = EVERY_LINK[name]
        cdf, pdf = CURVES.get(name, (link.cdf, lambda t: np.exp(link.log_pdf(t))))

        def binary(theta: Array) -> Array:
            eta = Z @ theta
            F = cdf(eta)
            return Z.T @ (pdf(eta) * np.where(y == 1.0, -1.0 / F, 1.0 / (1.0 - F)))

        return binary
    if name == "continuation_ratio":  # whose score is held by test_likelihoods.py
        return lambda theta: -(MODELS[name].score(Z @ theta.reshape(-1, P + 1).T, y).T @ Z).ravel()
    base = name == "multinomial"

    def several(theta: Array) -> Array:
        eta = Z @ theta.reshape(-1, P + 1).T
        eta = np.column_stack([np.zeros(N), eta]) if base else eta
        return ((softmax(eta, axis=1) - np.eye(3)[y.astype(int)])[:, int(base) :].T @ Z).ravel()

    return several


def plain(slope: Callable[[Array], Array], penalty: Penalty, q: int, steps: int = 40_000) -> Array:
    """Accelerated proximal gradient (Beck & Teboulle 2009) in steps of one length, with
    restarts.
    """
    free = np.arange(q) % (P + 1) == 0
    net = penalty.as_elastic_net(1.0 * ~free) or ElasticNet(np.zeros(q), np.zeros(q))
    S = np.diag(net.l2) + (0.0 if net.smooth is None else net.smooth.toarray())

    def smooth_slope(theta: Array) -> Array:
        """Of an elastic net written out anew; a newcomer's own gradient is held by
        test_penalties.py.
        """
        return (
            penalty.gradient(theta, free)
            if penalty.as_elastic_net(1.0 * ~free) is None
            else S @ theta
        )

    groups = [] if net.groups is None else list(enumerate(net.groups.strength))
    bound = 900.0
    theta = ahead = np.zeros(q)
    momentum = 1.0
    for _ in range(steps):
        moved = ahead - (slope(ahead) + smooth_slope(ahead)) / bound
        new = np.where(
            np.abs(moved) > net.l1 / bound,
            moved - np.sign(moved) * np.minimum(net.l1 / bound, 1e9),
            0.0,
        )
        for g, strength in groups:
            on = net.groups.codes == g
            size = np.linalg.norm(new[on])
            new[on] *= max(0.0, 1.0 - strength / bound / size) if size > 0.0 else 0.0
        new = np.clip(
            new, -np.inf if net.low is None else net.low, np.inf if net.high is None else net.high
        )
        if np.abs(new - ahead).max() <= 1e-14:
            return new
        if (ahead - new) @ (new - theta) > 0.0:
            momentum = 1.0
        later = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        ahead, theta, momentum = new + (momentum - 1.0) / later * (new - theta), new, later
    return theta


@pytest.mark.parametrize("kind", list(penalties(1, False)))
@pytest.mark.parametrize("name", list(MODELS))
def test_every_link_is_solved_and_certified_under_every_penalty(name: str, kind: str) -> None:
    likelihood = MODELS[name]
    several = likelihood.outputs > 1
    X, y = data(several)
    pinned = likelihood.outputs == 3
    penalty = penalties(likelihood.outputs, pinned)[kind]
    if pinned and "ordered" in kind:  # what only differences identify needs a ridge of its own
        penalty = ElasticNet(
            penalty.l1, penalty.l2 + np.tile(np.r_[0.0, np.full(P, 0.5)], 3), smooth=penalty.smooth
        )
    rows = array_rows(X, y, classes=["a", "b", "c"] if several else ())
    result = fit(rows, likelihood, penalty=penalty)
    assert result.converged
    assert result.certificate <= 1e-8
    q = likelihood.outputs * (P + 1)
    peer = plain(slope_of(name, X, y), penalty, q)
    np.testing.assert_allclose(result.estimates, peer, atol=1e-8)
    if isinstance(penalty, ElasticNet) and penalty.kinked:
        np.testing.assert_array_equal(result.estimates == 0.0, peer == 0.0)
