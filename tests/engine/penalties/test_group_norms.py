"""Norms of groups: the proximal point by its definition, fits by an independent plain method."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit, softmax

from logit_engine.columns import Coded, Columns, Constant, Dense, SideBySide, Sparse
from logit_engine.fitting.paths import fit_path
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LINKS, LOGIT
from logit_engine.penalties import ElasticNet, Groups, group_lasso, groups_of
from logit_engine.rows.memory import MemoryRows

Array = np.ndarray


def data(
    n: int, sizes: list[int], seed: int = 0, density: float = 1.0
) -> tuple[Array, Array, Array]:
    """X, whose columns have spreads from 0.1 to 10, y, and the group of each column; the first
    two groups matter.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    X = rng.standard_normal((n, labels.size)) * (rng.random((n, labels.size)) < density)
    effects = np.where(labels < 2, rng.standard_normal(labels.size), 0.0)
    y = (rng.random(n) < expit(X @ effects - 0.5)).astype(float)
    return X * 10.0 ** rng.uniform(-1.0, 1.0, labels.size), y, labels


def rows_of(X: object, y: Array, **others: object) -> MemoryRows:
    columns: Columns = Sparse(sp.csr_array(X)) if sp.issparse(X) else Dense(np.asarray(X))
    n, p = columns.shape
    names = ("intercept", *(f"x{j}" for j in range(p)))
    return MemoryRows(SideBySide((Constant(n), columns)), y, names, **others)  # type: ignore[arg-type]


def by_proximal_gradient(
    slope: Callable[[Array], Array],
    theta: Array,
    labels: Array,
    strength: Array,
    bound: float,
    steps: int,
) -> Array:
    """Accelerated proximal gradient with a fixed step 1/bound and restarts, written out anew;
    labels: -1 for free ones.
    """
    ahead, momentum = theta, 1.0
    for _ in range(steps):
        new = ahead - slope(ahead) / bound
        for g, s in enumerate(strength):
            size = np.linalg.norm(new[labels == g])
            new[labels == g] *= max(0.0, 1.0 - s / bound / size) if size > 0.0 else 0.0
        if (ahead - new) @ (new - theta) > 0.0:
            momentum = 1.0
        later = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        ahead, theta, momentum = new + (momentum - 1.0) / later * (new - theta), new, later
    return theta


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("kinked", [False, True])
def test_the_nearest_point_minimizes_its_definition(kinked: bool, bounded: bool) -> None:
    rng = np.random.default_rng(4)
    q = 300
    codes = rng.integers(-1, 60, q)
    groups = Groups(codes, rng.uniform(0.2, 4.0, 60), 2.0 ** rng.integers(-3, 4, q))
    low, high = (
        (rng.choice([-1.0, 0.0, 0.3], q, p=[0.6, 0.38, 0.02]), rng.choice([0.3, 2.0], q))
        if bounded
        else (None, None)
    )
    l1 = rng.uniform(0.0, 0.5, q) if kinked else np.zeros(q)
    penalty = ElasticNet(l1, np.zeros(q), low, high, groups)
    x, h = rng.standard_normal(q) * 2.0, 10.0 ** rng.uniform(-1.0, 1.0, q)
    found = penalty.proximal_point(x, h)

    def value(t: Array) -> Array:
        """Group by group, (61,): they do not touch each other."""
        own = np.bincount(codes + 1, 0.5 * h * np.square(t - x) + l1 * np.abs(t), 61)
        norms = np.sqrt(np.bincount(codes + 1, np.square(groups.weight * t), 61))
        return own + np.r_[0.0, groups.strength * norms[1:]]

    least = value(found)
    zero = np.array([not found[codes == g].any() for g in range(60)])
    assert 5 < zero.sum() < 55
    for scale in 10.0 ** np.arange(-6.0, 1.0):
        for _ in range(300):
            near = found + scale * rng.standard_normal(q) * (
                rng.random(q) < rng.choice([0.05, 0.5, 1.0])
            )
            near = np.clip(near, low, high) if bounded else near
            assert (value(near) >= least - 1e-13 * np.abs(least)).all()
    assert (value(0.999 * found) >= least - 1e-13).all() or bounded
    np.testing.assert_allclose(penalty.optimality_gap(found, h * (found - x)), 0.0, atol=2e-12)


def test_the_distance_is_none_only_at_the_optimum_and_the_curvature_is_the_slopes_change() -> None:
    rng = np.random.default_rng(1)
    groups = Groups(
        np.array([-1, 0, 0, 1, 1, 1]),
        np.array([1.0, 2.0]),
        np.array([1.0, 2.0, 1.0, 0.5, 1.0, 4.0]),
    )
    penalty = ElasticNet(np.zeros(6), np.zeros(6), groups=groups)
    zero = np.zeros(6)
    assert not penalty.optimality_gap(
        zero, np.array([0.0, 1.2, 0.8, 0.0, 1.2, 6.4])
    ).any()  # |(0.6, 0.8)| = 1, |(1.2, 1.6)| = 2
    assert penalty.optimality_gap(zero, np.array([0.0, 1.3, 0.8, 0.0, 1.2, 6.4])).argmax() == 1
    np.testing.assert_array_equal(
        penalty.leaving_zero(np.array([0.0, 1.3, 0.8, 0.0, 1.1, 6.4]), 1.0), [1, 1, 1, 0, 0, 0]
    )
    theta, v = rng.standard_normal(6), rng.standard_normal(6)
    numeric = (groups.gradient(theta + 1e-6 * v) - groups.gradient(theta - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(groups.curvature(theta) @ v, numeric, atol=1e-8)
    half = np.array(
        [(groups.value(theta + s) - groups.value(theta - s)) / 2e-6 for s in 1e-6 * np.eye(6)]
    )
    np.testing.assert_allclose(groups.gradient(theta), half, atol=1e-8)


@pytest.mark.parametrize("table", ["dense", "sparse", "p>n"])
@pytest.mark.parametrize("ridge", [0.0, 2.0])
def test_a_group_lasso_is_that_of_plain_proximal_gradients(ridge: float, table: str) -> None:
    X, y, labels = (
        data(120, [4] * 45, density=0.5) if table == "p>n" else data(300, [3, 2, 4, 1, 3])
    )
    X = X / X.std(axis=0) * 2.0 ** np.random.default_rng(0).integers(-1, 2, X.shape[1])
    strength = 8.0 * np.sqrt(np.bincount(labels))
    p = labels.size
    unit = group_lasso([-1, *labels], 8.0)
    penalty = ElasticNet(unit.l1, ridge * np.r_[0.0, np.ones(p)], groups=unit.groups)
    result = fit(rows_of(sp.csr_array(X) if table == "sparse" else X, y), penalty=penalty)
    assert result.converged
    assert result.certificate <= 1e-11
    Z = np.column_stack([np.ones(y.size), X])

    def slope(theta: Array) -> Array:
        return Z.T @ (expit(Z @ theta) - y) + ridge * np.r_[0.0, theta[1:]]

    bound = 0.25 * np.linalg.norm(Z, 2) ** 2 + ridge
    peer = by_proximal_gradient(slope, np.zeros(p + 1), np.r_[-1, labels], strength, bound, 6000)
    np.testing.assert_allclose(result.estimates, peer, atol=1e-8)
    np.testing.assert_array_equal(result.estimates == 0.0, peer == 0.0)
    kept = {g for g in range(strength.size) if result.estimates[1:][labels == g].all()}
    assert 0 < len(kept) < strength.size
    assert np.count_nonzero(result.estimates[1:]) == sum(int((labels == g).sum()) for g in kept)


def test_a_group_of_all_classes_leaves_them_together() -> None:
    X, y, labels = data(400, [2, 2, 2, 2])
    X /= X.std(axis=0)
    y = y + (np.random.default_rng(2).random(400) < 0.4)
    classes = ("a", "b", "c")
    every = np.tile(np.r_[-1, labels], 3)
    result = fit(
        rows_of(X, y, classes=classes),
        Multinomial(2),
        penalty=group_lasso(np.tile(np.r_[-1, labels], 2).tolist(), 6.0),
    )
    Z = np.column_stack([np.ones(400), X])
    hot = np.eye(3)[y.astype(int)]

    def slope(theta: Array) -> Array:
        eta = np.column_stack([np.zeros(400), Z @ theta.reshape(2, -1).T])
        return ((softmax(eta, axis=1) - hot)[:, 1:].T @ Z).ravel()

    strength = 6.0 * np.full(4, 2.0)
    peer = by_proximal_gradient(
        slope, np.zeros(18), every[:18], strength, 0.5 * np.linalg.norm(Z, 2) ** 2, 6000
    )
    np.testing.assert_allclose(result.estimates, peer, atol=1e-8)
    by_class = result.estimates.reshape(2, -1)[:, 1:] != 0.0
    np.testing.assert_array_equal(by_class[0], by_class[1])
    assert 0 < by_class[0].sum() < 8


@pytest.mark.parametrize("strength", [0.5, 2.0, 8.0])
def test_classes_of_equal_size_are_no_obstacle(strength: float) -> None:
    X, y, labels = data(300, [2, 2])
    X /= X.std(axis=0)
    order = np.argsort(X @ [1.0, -0.5, 0.3, 0.2] + y + np.random.default_rng(3).logistic(size=300))
    y[order] = np.repeat([0.0, 1.0, 2.0], 100)
    result = fit(
        rows_of(X, y, classes=("a", "b", "c")),
        Multinomial(2),
        penalty=group_lasso(np.tile(np.r_[-1, labels], 2).tolist(), strength),
    )
    assert result.converged
    Z = np.column_stack([np.ones(300), X])
    theta = result.estimates.reshape(2, -1).T
    slope = (
        Z.T
        @ (softmax(np.column_stack([np.zeros(300), Z @ theta]), axis=1) - np.eye(3)[y.astype(int)])[
            :, 1:
        ]
    )
    assert np.abs(slope[0]).max() <= 1e-9
    for group in (slice(1, 3), slice(3, 5)):
        norm = np.linalg.norm(theta[group])
        away = slope[group] + 2.0 * strength * theta[group] / norm if norm > 0.0 else slope[group]
        assert np.linalg.norm(away) <= (1e-9 if norm > 0.0 else 2.0 * strength)


def violation(
    X: Array, y: Array, theta: Array, labels: Array, strength: Array, ridge: float
) -> float:
    """The largest violation of the optimality conditions of a group, per row."""
    residual = expit(theta[0] + X @ theta[1:]) - y
    slope, worst = X.T @ residual + ridge * theta[1:], abs(float(residual.sum()))
    for g, s in enumerate(strength):
        on = labels == g
        size = float(np.linalg.norm(theta[1:][on]))
        own = slope[on] + s * theta[1:][on] / size if size > 0.0 else slope[on]
        worst = max(worst, float(np.linalg.norm(own)) - (0.0 if size > 0.0 else s))
    return worst / y.size


@pytest.mark.parametrize(
    ("n", "sizes", "density"),
    [(400, [3] * 4, 1.0), (300, [4] * 80, 1.0), (300, [3] * 300, 0.05), (300, [900], 0.05)],
    ids=["narrow", "wide", "p>n", "one"],
)
def test_every_point_of_a_path_is_optimal(n: int, sizes: list[int], density: float) -> None:
    X, y, labels = data(n, sizes, density=density)
    X /= X.std(axis=0)
    unit = group_lasso([-1, *labels])
    strengths = n * np.array([0.08, 0.05, 0.02, 0.01])
    for table in (X, sp.csr_array(X)):
        fold = np.arange(n) % 2
        path = fit_path(
            rows_of(table, y, fold=fold), Bernoulli(LOGIT), unit, strengths, folds=2, tolerance=1e-9
        )
        assert path.converged.all()
        for theta, s in zip(path.estimates, strengths, strict=True):
            assert violation(X, y, theta, labels, s * np.sqrt(sizes), 0.0) <= 1e-8
        for theta, s in zip(path.folds[:, 1], strengths, strict=True):
            assert (
                violation(X[fold != 1], y[fold != 1], theta, labels, s * np.sqrt(sizes), 0.0)
                <= 1e-8
            )
        if len(sizes) > 1:
            assert np.count_nonzero(path.estimates[0]) < np.count_nonzero(path.estimates[-1])


def test_a_lasso_of_many_groups_of_sparse_columns_is_optimal_without_a_matrix_of_their_size() -> (
    None
):
    rng = np.random.default_rng(3)
    X = sp.random_array((2000, 3000), density=0.01, format="csr", rng=rng)
    y = (rng.random(2000) < expit(X @ (3.0 * rng.standard_normal(3000)))).astype(float)
    labels = np.arange(3000) // 5
    result = fit(rows_of(X, y), penalty=group_lasso([-1, *labels], 0.25))
    assert result.converged
    assert 600 < np.count_nonzero(result.estimates) < 2900
    assert (
        violation(X.toarray(), y, result.estimates, labels, 0.25 * np.sqrt(np.full(600, 5.0)), 0.0)
        <= 1e-11
    )


def test_levels_of_a_categorical_enter_together() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.integers(0, 6, 3000), rng.integers(0, 9, 3000)
    x = rng.standard_normal((3000, 1))
    y = (rng.random(3000) < expit(0.5 * x[:, 0] + 0.4 * (first % 2) - 0.3)).astype(float)
    X = SideBySide((Constant(3000), Dense(x), Coded(first, 5), Coded(second, 8)))
    rows = MemoryRows(X, y, tuple(f"t{j}" for j in range(15)))
    labels = np.r_[0, np.full(5, 1), np.full(8, 2)]
    result = fit(rows, penalty=group_lasso([-1, *labels], 14.0))
    assert result.estimates[1:7].all()
    assert not result.estimates[7:].any()
    hot = np.column_stack(
        [x, first[:, None] == np.arange(5), second[:, None] == np.arange(8)]
    ).astype(float)
    assert (
        violation(hot, y, result.estimates, labels, 14.0 * np.sqrt([1.0, 5.0, 8.0]), 0.0) <= 1e-11
    )


@pytest.mark.parametrize("name", sorted(LINKS))
def test_groups_go_with_bounds_an_l1_a_ridge_and_any_link(name: str) -> None:
    X, y, labels = data(400, [3, 2, 4, 2])
    X /= X.std(axis=0)
    p = labels.size
    own = np.r_[0.0, np.ones(p)]
    low, high = np.r_[-np.inf, np.full(p, -0.1)], np.r_[np.inf, np.where(labels == 1, 0.05, np.inf)]
    groups = groups_of(np.r_[-1, labels]).multiplied(2.0)
    penalty = ElasticNet(1.0 * own, 0.5 * own, low, high, groups)
    link = LINKS[name]
    result = fit(rows_of(X, y), Bernoulli(link), penalty=penalty)
    assert result.converged
    theta = result.estimates

    def objective(t: Array) -> float:
        eta = t[0] + X @ t[1:]
        loss = -np.where(y == 1.0, link.log_cdf(eta), link.log_sf(eta)).sum()
        norms = sum(
            np.sqrt((labels == g).sum()) * np.linalg.norm(t[1:][labels == g]) for g in range(4)
        )
        return float(loss + np.abs(t[1:]).sum() + 0.25 * t[1:] @ t[1:] + 2.0 * norms)

    assert (theta == high).any()
    assert (theta == low).any()
    rng = np.random.default_rng(0)
    least = objective(theta)
    for scale in 10.0 ** np.arange(-5.0, 0.0):
        for _ in range(200):
            near = np.clip(
                theta + scale * rng.standard_normal(p + 1) * (rng.random(p + 1) < 0.4), low, high
            )
            assert objective(near) >= least - 1e-11


def test_weights_of_zero_leave_a_group() -> None:
    groups = groups_of(np.array([0, 0, 1, -1, 1]), np.array([1.0, 0.0, 2.0, 1.0, 1.0]))
    np.testing.assert_array_equal(groups.codes, [0, -1, 1, -1, 1])
    np.testing.assert_allclose(groups.strength, [1.0, np.sqrt(2.0)])
