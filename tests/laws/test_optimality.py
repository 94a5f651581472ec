"""Random penalized problems meet the conditions of Karush, Kuhn and Tucker, written out anew.

A residual may be at most 1e-6 of the penalty, or what rounding leaves: 32 eps of the sum over i of
|x_ij (mu_i - y_i)|. PROBLEMS=500 takes as many seeds as that, FIRST_SEED the first one.
"""

import os
import time
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit, softmax

from logit_engine import array_rows, fit
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT
from logit_engine.penalties import ElasticNet, differences, groups_of

Array = np.ndarray
EPS = float(np.finfo(float).eps)
DESIGNS = ("normal", "one-hot", "sums", "scales", "wide", "rare")
PENALTIES = (
    "l1",
    "l2",
    "elastic net",
    "factors",
    "groups",
    "sparse groups",
    "smooth",
    "bounds",
    "signs",
)
PASSES, SECONDS = 50, 1.0
FIRST = int(os.environ.get("FIRST_SEED", "0"))
# 262 starts an ulp beside a bound
SEEDS = sorted({*range(FIRST, FIRST + int(os.environ.get("PROBLEMS", "108"))), 262})


@dataclass(frozen=True)
class Problem:
    """X (n, p), codes y (n,), and of each predictor's coefficients, intercept first: what is
    subtracted, in plain arrays.
    """

    X: Array
    y: Array
    classes: int
    base: bool
    strength: float
    l1: Array
    l2: Array
    low: Array
    high: Array
    labels: Array
    S: Array

    @property
    def outputs(self) -> int:
        return 1 if self.classes == 2 else self.classes - self.base

    @property
    def likelihood(self) -> Likelihood:
        return Bernoulli(LOGIT) if self.classes == 2 else Multinomial(self.outputs, base=self.base)

    @property
    def penalty(self) -> ElasticNet:
        l1, bounded = (
            self.l1.copy(),
            bool(np.isfinite(self.low).any() or np.isfinite(self.high).any()),
        )
        if self.classes > 2 and not self.base:
            l1[0] = np.inf  # only differences of the intercepts count
        groups = (
            groups_of(self.labels).multiplied(self.strength) if (self.labels >= 0).any() else None
        )
        smooth = None
        if self.S.any():
            p = self.X.shape[1] + 1
            runs = [(p * k + 1 + np.arange(4)).tolist() for k in range(self.outputs)]
            smooth = differences(runs, l1.size) * self.strength
        return ElasticNet(
            l1,
            self.l2,
            self.low if bounded else None,
            self.high if bounded else None,
            groups,
            smooth,
        )

    def slopes(self, theta: Array) -> tuple[Array, Array]:
        """The gradient of minus the log-likelihood, (q,), and the sum of its terms' sizes, (q,)."""
        Z = np.column_stack([np.ones(self.y.size), self.X])
        if self.classes == 2:
            eta = Z @ theta
            sign = 2.0 * self.y - 1.0
            residual = (-sign * expit(-sign * eta))[:, None]
        else:
            eta = Z @ theta.reshape(self.outputs, -1).T
            if self.base:
                eta = np.column_stack([np.zeros(self.y.size), eta])
            code = self.y.astype(int)
            residual = softmax(eta, axis=1)
            rows = np.arange(code.size)
            residual[rows, code] = 0.0
            residual[rows, code] = -residual.sum(axis=1)
            residual = residual[:, int(self.base) :]
        return (Z.T @ residual).T.ravel(), (np.abs(Z).T @ np.abs(residual)).T.ravel()

    def excess(self, theta: Array) -> float:
        """The largest distance of a coefficient, or a group, to optimality over what it may be."""
        loss, sizes = self.slopes(theta)
        slope = loss + self.l2 * theta + self.S @ theta
        allowed = np.maximum(1e-6 * self.strength, 32.0 * EPS * sizes)
        norms = np.zeros_like(theta)
        for label in np.unique(self.labels[self.labels >= 0]):
            on = self.labels == label
            norms[on] = np.linalg.norm(theta[on])
            if norms[on][0] > 0.0:
                slope[on] += self.strength * np.sqrt(on.sum()) * theta[on] / norms[on]
        up, down = (
            slope + self.l1 * np.where(theta < 0.0, -1.0, 1.0),
            slope + self.l1 * np.where(theta > 0.0, 1.0, -1.0),
        )
        up, down = np.minimum(up, 0.0), np.maximum(down, 0.0)  # what a step up, or down, would win
        up, down = np.where(theta >= self.high, 0.0, up), np.where(theta <= self.low, 0.0, down)
        away = np.maximum(-up, down)
        worst = 0.0
        for label in np.unique(self.labels[self.labels >= 0]):
            on = self.labels == label
            if norms[on][0] == 0.0:
                free = np.linalg.norm(away[on]) - self.strength * np.sqrt(on.sum())
                worst = max(worst, free / float(np.linalg.norm(allowed[on])))
                away[on] = 0.0
        return max(worst, float((away / allowed).max()))


def design(kind: str, n: int, rng: np.random.Generator) -> Array:
    if kind == "one-hot":
        sizes = rng.integers(2, 8, size=2)
        return np.column_stack(
            [*(np.eye(k)[rng.integers(0, k, n)] for k in sizes), rng.standard_normal((n, 2))]
        )
    if kind == "sums":
        A = rng.standard_normal((n, 4))
        return np.column_stack([A, A[:, 0] + A[:, 1], A[:, 2] - A[:, 3], A[:, 0]])
    if kind == "scales":
        return (rng.standard_normal((n, 6)) + rng.uniform(-3.0, 3.0, 6)) * 10.0 ** rng.uniform(
            -3.0, 3.0, 6
        )
    if kind == "wide":
        return rng.standard_normal((n // 4, 60))
    if kind == "rare":
        return np.column_stack([rng.standard_normal((n, 3)), rng.random((n, 4)) < 0.02]).astype(
            float
        )
    return np.sqrt(0.8) * rng.standard_normal((n, 8)) + np.sqrt(0.2) * rng.standard_normal((n, 1))


def problem(seed: int) -> Problem:
    rng = np.random.default_rng([13, seed])
    kind, what = DESIGNS[seed % len(DESIGNS)], PENALTIES[(seed // len(DESIGNS)) % len(PENALTIES)]
    X = design(kind, int(rng.integers(80, 600)), rng)
    n, p = X.shape
    classes = int(rng.choice([2, 2, 2, 3, 4, 5]))
    effects = (
        rng.standard_normal((p, classes - 1))
        * (rng.random((p, classes - 1)) < 0.5)
        / np.maximum(X.std(axis=0), 0.05)[:, None]
    )
    eta = np.column_stack([np.zeros(n), (X - X.mean(axis=0)) @ effects])
    y = (rng.uniform(0.3, 3.0) * eta + rng.gumbel(size=eta.shape)).argmax(axis=1).astype(float)
    y[:classes] = np.arange(classes)
    base = bool(rng.random() < 0.3)
    outputs = 1 if classes == 2 else classes - base
    strength = 1.0 / 10.0 ** rng.uniform(-6.0, 8.0)
    own = np.tile(np.r_[0.0, np.ones(p)], outputs)
    ratio = rng.uniform(0.1, 0.9)
    if what == "factors":
        own *= rng.choice([0.3, 1.0, 3.0], own.size)
    share = {"l1": 1.0, "l2": 0.0, "groups": 0.0, "bounds": 0.0, "smooth": 0.5}.get(what, ratio)
    l2 = 0.0 if what == "groups" else 1.0 - share
    if what == "sparse groups":
        share, l2 = 0.3, 0.0
    labels = np.full(own.size, -1)
    if what.endswith("groups"):
        labels = np.tile(np.r_[-1, np.arange(p) // 3], outputs)
    low, high = np.full(own.size, -np.inf), np.full(own.size, np.inf)
    if what == "bounds":
        low, high = np.where(own > 0.0, -0.2, -np.inf), np.where(own > 0.0, 0.5, np.inf)
    elif what == "signs":
        low = np.where(own > 0.0, 0.0, -np.inf)
    S = np.zeros((own.size, own.size))
    if what == "smooth":
        for k in range(outputs):
            for j in range(1, 4):
                row = np.zeros(own.size)
                row[k * (p + 1) + j], row[k * (p + 1) + j + 1] = -1.0, 1.0
                S += strength * np.outer(row, row)
    return Problem(
        X,
        y,
        classes,
        base,
        strength,
        share * strength * own,
        l2 * strength * own,
        low,
        high,
        labels,
        S,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_penalized_fit_meets_its_conditions_beside_the_penalty(seed: int) -> None:
    at = problem(seed)
    rows = array_rows(
        at.X, at.y, classes=[f"c{k}" for k in range(at.classes)] if at.classes > 2 else ()
    )
    started = time.perf_counter()
    result = fit(rows, at.likelihood, penalty=at.penalty, covariance_type=None)
    seconds = time.perf_counter() - started
    assert result.converged, result.status.sentence
    assert at.excess(result.estimates) <= 1.0
    assert result.passes <= PASSES or seconds <= SECONDS


def test_many_dependent_sparse_columns_meet_them_too() -> None:
    rng = np.random.default_rng(5)
    n, sizes = 1500, (350, 250, 50)
    codes = [rng.integers(0, levels, n) for levels in sizes]
    X = np.column_stack([np.eye(levels)[code] for levels, code in zip(sizes, codes, strict=True)])
    eta = sum(
        0.6 * rng.standard_normal(levels)[code] for levels, code in zip(sizes, codes, strict=True)
    )
    y = (rng.random(n) < expit(eta)).astype(float)
    own = np.r_[0.0, np.ones(X.shape[1])]
    nothing, open_ = np.zeros_like(own), np.full(own.size, np.inf)
    S = np.zeros((own.size, own.size))
    at = Problem(X, y, 2, True, 1e-3, 1e-3 * own, nothing, -open_, open_, np.full(own.size, -1), S)
    result = fit(array_rows(csr_array(X), y), penalty=at.penalty, covariance_type=None)
    assert result.converged, result.status.sentence
    assert at.excess(result.estimates) <= 1.0
