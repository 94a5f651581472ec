"""Each point of a path is the fit of its own, by the conditions of optimality."""

from math import fsum

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import expit

from logit_engine import LogisticRegression
from logit_engine.columns import Coded, Columns, Constant, Dense, SideBySide, Sparse
from logit_engine.errors import UsageError
from logit_engine.fitting.paths import fit_path, relaxed_fit
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LINKS, LOGIT
from logit_engine.penalties import ElasticNet
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.curvature_choice import Curvature, Shape, curvature_for


def data(n: int, p: int, seed: int = 0, density: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) * (rng.random((n, p)) < density)
    effects = np.where(np.arange(p) < 5, 1.0, 0.0)
    return X, (rng.random(n) < expit(X @ effects - 0.5)).astype(float)


def rows_of(X: object, y: np.ndarray, **others: object) -> MemoryRows:
    columns: Columns = Sparse(sp.csr_array(X)) if sp.issparse(X) else Dense(np.asarray(X))
    n, p = columns.shape
    names = ("intercept", *(f"x{j}" for j in range(p)))
    return MemoryRows(SideBySide((Constant(n), columns)), y, names, **others)  # type: ignore[arg-type]


def net(p: int, l1_ratio: float) -> ElasticNet:
    penalized = np.r_[0.0, np.ones(p)]
    return ElasticNet(l1_ratio * penalized, (1.0 - l1_ratio) * penalized)


def violation(
    X: np.ndarray, y: np.ndarray, theta: np.ndarray, strength: float, l1_ratio: float
) -> float:
    """The largest violation of the optimality conditions, per row."""
    residual = expit(theta[0] + X @ theta[1:]) - y
    slope = X.T @ residual + strength * (1.0 - l1_ratio) * theta[1:]
    kink = strength * l1_ratio
    on = theta[1:] != 0.0
    away = np.where(
        on, np.abs(slope + kink * np.sign(theta[1:])), np.maximum(np.abs(slope) - kink, 0.0)
    )
    return max(float(away.max()), abs(float(residual.sum()))) / y.size


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("n", "p", "density"),
    [(400, 12, 1.0), (300, 320, 1.0), (300, 900, 0.05)],
    ids=["narrow", "wide", "p>n"],
)
def test_every_point_of_a_path_is_optimal(n: int, p: int, density: float, l1_ratio: float) -> None:
    X, y = data(n, p, density=density)
    strengths = n * np.array([0.1, 0.05, 0.02, 0.01])
    for table in (X, sp.csr_array(X)):
        path = fit_path(
            rows_of(table, y), Bernoulli(LOGIT), net(p, l1_ratio), strengths, tolerance=1e-9
        )
        assert path.converged.all()
        found = [
            violation(X, y, t, s, l1_ratio) for t, s in zip(path.estimates, strengths, strict=True)
        ]
        assert max(found) <= 1e-9
        if l1_ratio == 1.0:
            assert np.count_nonzero(path.estimates[0]) < np.count_nonzero(path.estimates[-1]) < p


def test_a_lasso_of_many_sparse_columns_is_optimal_without_a_matrix_of_their_size() -> None:
    rng = np.random.default_rng(3)
    X = sp.random_array((2000, 3000), density=0.01, format="csr", rng=rng)
    y = (rng.random(2000) < expit(X @ (3.0 * rng.standard_normal(3000)))).astype(float)
    for l1_ratio, strength in ((1.0, 0.3), (0.5, 0.3), (0.0, 1.0)):
        result = fit(rows_of(X, y), penalty=net(3000, l1_ratio).multiplied(strength))
        assert result.converged
        assert violation(X.toarray(), y, result.estimates, strength, l1_ratio) <= 1e-11
    assert result.certificate <= 1e-8


@pytest.mark.parametrize("several", [False, True])
def test_folds_are_the_fits_without_their_rows(several: bool) -> None:
    X, y = data(600, 5)
    rng = np.random.default_rng(1)
    likelihood = Multinomial(3, base=False) if several else Bernoulli(LOGIT)
    y = y + (rng.random(600) < 0.3) if several else y
    fold, weight = rng.integers(0, 3, 600), rng.uniform(0.5, 2.0, 600)
    unit = net(5, 0.5)
    if several:
        unit = ElasticNet(np.tile(unit.l1, 3), np.tile(unit.l2, 3))
        unit.l1[0] = np.inf
    strengths = np.array([30.0, 10.0, 3.0])
    classes = ("a", "b", "c") if several else ()
    rows = rows_of(X, y, fold=fold, weight=weight, classes=classes)
    path = fit_path(rows, likelihood, unit, strengths, folds=3, tolerance=1e-11)
    assert path.passes.max() <= 25  # a fold's own curvature steers it
    for k in range(3):
        kept = fold != k
        alone = rows_of(X[kept], y[kept], weight=weight[kept], classes=classes)
        own = fit_path(alone, likelihood, unit, strengths, tolerance=1e-11)
        np.testing.assert_allclose(path.folds[:, k], own.estimates, atol=1e-8)


@pytest.mark.usefixtures("all_threads")
def test_paths_have_the_same_bits_for_any_number_of_threads() -> None:
    X, y = data(70_000, 4)
    fold = np.arange(y.size) % 2
    found = [
        fit_path(
            rows_of(X, y, fold=fold),
            Bernoulli(LOGIT),
            net(4, 0.5),
            np.array([900.0, 90.0]),
            folds=2,
            threads=threads,
        )
        for threads in (1, 2, 4)
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other.estimates, found[0].estimates)
        np.testing.assert_array_equal(other.folds, found[0].folds)


@pytest.mark.parametrize("name", ["probit", "cloglog"])
def test_a_path_is_that_of_any_link(name: str) -> None:
    X, y = data(500, 4)
    likelihood = Bernoulli(LINKS[name])
    path = fit_path(rows_of(X, y), likelihood, net(4, 1.0), np.array([40.0, 4.0]), tolerance=1e-11)
    for estimates, strength in zip(path.estimates, (40.0, 4.0), strict=True):
        alone = fit(rows_of(X, y), likelihood, penalty=net(4, 1.0).multiplied(strength))
        np.testing.assert_allclose(estimates, alone.estimates, atol=1e-8)


def test_codes_take_part_in_a_path_level_by_level() -> None:
    rng = np.random.default_rng(5)
    # 300 levels and the reference: wider than a path that screens nothing
    codes = rng.integers(0, 301, 3000)
    x = rng.standard_normal((3000, 1))
    y = (rng.random(3000) < expit(x[:, 0] + 2.0 * (codes % 7 == 0))).astype(float)
    names = tuple(f"t{j}" for j in range(302))
    coded = MemoryRows(SideBySide((Constant(3000), Dense(x), Coded(codes, 300))), y, names)
    one_hot = np.column_stack([x, codes[:, None] == np.arange(300)]).astype(float)
    path = fit_path(
        coded, Bernoulli(LOGIT), net(301, 1.0), np.array([8.0, 2.0, 1.0]), tolerance=1e-9
    )
    for theta, strength in zip(path.estimates, (8.0, 2.0, 1.0), strict=True):
        assert violation(one_hot, y, theta, strength, 1.0) <= 1e-9


@pytest.mark.parametrize("strengths", [[1.0, 2.0], [1.0, 1.0], [1.0, 0.0], []])
def test_strengths_that_do_not_fall_are_refused(strengths: list[float]) -> None:
    X, y = data(50, 2)
    with pytest.raises(UsageError, match="the strengths of a path fall, and are above 0"):
        fit_path(rows_of(X, y), Bernoulli(LOGIT), net(2, 1.0), np.array(strengths))


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
@pytest.mark.parametrize("several", [False, True])
def test_bounds_go_with_any_penalty_and_any_number_of_classes(
    several: bool, l1_ratio: float
) -> None:
    X, y = data(300, 4)
    X[:, 1] *= -1.0
    y = y + (np.random.default_rng(2).random(300) < 0.3) if several else y
    low, high = np.array([0.0, 0.0, 0.1, -np.inf]), np.array([0.5, np.inf, 0.2, 0.0])
    model = LogisticRegression(C=0.5, l1_ratio=l1_ratio, bounds=(low, high)).fit(X, y)
    classes = 3 if several else 1
    coef = model.coef_
    assert (coef >= low - 1e-15).all()
    assert (coef <= high + 1e-15).all()
    assert (coef[:, :3] == low[:3]).any()

    def objective(theta: np.ndarray) -> float:  # l1 in two parts, so that it is smooth: w = u - v
        u, v, b = (
            theta[: 4 * classes].reshape(classes, 4),
            theta[4 * classes : 8 * classes].reshape(classes, 4),
            theta[-classes:],
        )
        w = u - v
        eta = X @ w.T + b
        whole = np.column_stack([np.zeros(300), eta]) if classes == 1 else eta
        top = whole.max(axis=1, keepdims=True)
        loss = (
            top[:, 0]
            + np.log(np.exp(whole - top).sum(axis=1))
            - whole[np.arange(300), y.astype(int)]
        ).sum()
        return float(0.5 * loss + (1.0 - l1_ratio) * 0.5 * (w**2).sum() + l1_ratio * (u + v).sum())

    ours = np.r_[np.maximum(coef, 0.0).ravel(), np.maximum(-coef, 0.0).ravel(), model.intercept_]
    box = [
        (max(a, 0.0), b if b > 0 else 0.0)
        for a, b in zip(np.tile(low, classes), np.tile(high, classes), strict=True)
    ]
    box += [(0.0, -a if a < 0 else 0.0) for a in np.tile(low, classes)]
    box = [(a, None if not np.isfinite(b) else b) for a, b in box] + [(None, None)] * classes
    peer = minimize(
        objective,
        np.zeros(ours.size),
        bounds=box,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxfun": 10**6},
    )
    assert objective(ours) <= peer.fun + 1e-8


def test_the_nearest_point_minimizes_its_definition() -> None:
    rng = np.random.default_rng(4)
    x, h, l1 = (
        rng.standard_normal(200) * 2.0,
        rng.uniform(0.5, 2.0, 200),
        rng.uniform(0.0, 1.5, 200),
    )
    low, high = rng.uniform(-2.0, 0.0, 200), rng.uniform(0.0, 2.0, 200)
    grid = np.linspace(-4.0, 4.0, 80_001)
    penalty = ElasticNet(l1, np.zeros(200), low, high)
    found = penalty.proximal_point(x, h)
    for j in range(200):
        inside = grid[(grid >= low[j]) & (grid <= high[j])]
        values = 0.5 * h[j] * np.square(inside - x[j]) + l1[j] * np.abs(inside)
        assert abs(found[j] - inside[values.argmin()]) <= 2e-4
    away = penalty.optimality_gap(found, h * (found - x))
    np.testing.assert_allclose(away, 0.0, atol=1e-12)
    assert (
        penalty.optimality_gap(found + np.where(found < high, 1e-3, -1e-3), h * (found - x)) >= 0.0
    ).all()


def test_a_relaxed_fit_is_the_unpenalized_one_of_the_columns_left() -> None:
    X, y = data(500, 8)
    path = fit_path(rows_of(X, y), Bernoulli(LOGIT), net(8, 1.0), np.array([20.0]))
    left = np.flatnonzero(path.estimates[0, 1:])
    assert 0 < left.size < 8
    result = relaxed_fit(rows_of(X, y), Bernoulli(LOGIT), path.estimates[0], naive=True)
    alone = fit(rows_of(X[:, left], y))
    at = np.r_[0, left + 1]
    np.testing.assert_allclose(result.estimates[at], alone.estimates, atol=1e-9)
    np.testing.assert_allclose(result.std_errors[at], alone.std_errors, rtol=1e-7)
    assert (np.delete(result.estimates, at) == 0.0).all()


@pytest.mark.parametrize(
    ("shape", "curvature"),
    [
        (Shape(51, True, False, False), Curvature.MATRIX),
        (Shape(2000, True, False, False), Curvature.MATRIX),
        (Shape(2000, True, True, False), Curvature.PRODUCTS),
        (Shape(2000, False, False, False), Curvature.MATRIX),
        (Shape(50_000, False, False, False), Curvature.STEPS),
        (Shape(50_000, False, True, False), Curvature.PRODUCTS),
        (Shape(50_000, False, True, True), Curvature.ELIMINATED),
        (Shape(1000, False, True, True), Curvature.PRODUCTS),
    ],
)
def test_the_curvature_is_chosen_by_shape(shape: Shape, curvature: Curvature) -> None:
    assert curvature_for(shape) is curvature


def test_a_ridge_of_very_many_dense_columns_needs_no_matrix() -> None:
    X, y = data(60, 5200)
    result = fit(rows_of(X, y), penalty=net(5200, 0.0).multiplied(30.0))
    assert result.converged
    assert violation(X, y, result.estimates, 30.0, 0.0) <= 1e-9


def test_sums_of_several_models_keep_their_digits_for_rows_sorted_by_outcome() -> None:
    scores = np.repeat([0.68, -0.32], [2048, 4352]) + 1e-3 * np.random.default_rng(
        0
    ).standard_normal(6400)
    true = fsum(scores)
    found = Constant(6400).transpose_dot(np.stack([scores] * 4, axis=1))
    np.testing.assert_allclose(found, true, rtol=0, atol=1e-12)
