"""The curvature of sparse columns as products: of several linear predictors, held against the
matrix; and fits of three classes against the conditions of optimality, written out anew.
"""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from scipy.special import softmax

from logit_engine import array_rows, fit
from logit_engine.columns import Sparse
from logit_engine.likelihoods import Multinomial
from logit_engine.penalties import ElasticNet
from logit_engine.solvers.product_steps import ProductCurvature

N, P, K = 600, 700, 3


def sparse_columns(n: int, p: int) -> csr_array:
    return random_array((n, p), density=0.02, format="csr", rng=np.random.default_rng(4))


def test_products_of_several_predictors_are_those_of_the_matrix() -> None:
    rng = np.random.default_rng(5)
    n, p = 40, 6
    X = random_array((n, p), density=0.4, format="csr", rng=rng)
    mu = rng.dirichlet(np.ones(K), n)
    w = mu[:, :, None] * (np.eye(K) - mu[:, None, :])
    ridge = ElasticNet(np.zeros(K * p), rng.random(K * p))
    A = X.toarray()
    H = np.einsum("ni,nab,nj->aibj", A, w, A).reshape(K * p, K * p) + np.diag(ridge.l2)
    products = ProductCurvature(Sparse(X), w, ridge, np.diagonal(H))
    v = rng.standard_normal(K * p)
    np.testing.assert_allclose(products.times(v), H @ v, atol=1e-12)
    some = np.array([0, 3, 4, 8, 15])
    part = products.select(some)
    np.testing.assert_allclose(part.times(v[some]), H[np.ix_(some, some)] @ v[some], atol=1e-12)


@pytest.mark.parametrize("base", [True, False])
@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_three_classes_of_sparse_columns_meet_the_conditions(base: bool, ratio: float) -> None:
    rng = np.random.default_rng(6)
    X = sparse_columns(N, P)
    eta = X @ (4.0 * rng.standard_normal((P, K)) * (rng.random((P, K)) < 0.1))
    y = (eta + rng.gumbel(size=eta.shape)).argmax(axis=1).astype(float)
    outputs, strength = K - base, 0.1
    own = np.tile(np.r_[0.0, np.full(P, strength)], outputs)
    l1 = ratio * own
    l1[0] = 0.0 if base else np.inf  # only differences of the intercepts count
    result = fit(
        array_rows(X, y, classes=["a", "b", "c"]),
        Multinomial(outputs, base=base),
        penalty=ElasticNet(l1, (1.0 - ratio) * own),
        covariance_type=None,
    )
    assert result.converged, result.status.sentence
    theta = result.estimates
    Z = np.column_stack([np.ones(N), X.toarray()])
    linear = Z @ theta.reshape(outputs, -1).T
    mu = softmax(np.column_stack([np.zeros(N), linear]) if base else linear, axis=1)
    slope = (Z.T @ (mu - np.eye(K)[y.astype(int)])[:, int(base) :]).T.ravel()
    slope += (1.0 - ratio) * own * theta
    kink = ratio * own
    away = np.where(
        theta != 0.0, np.abs(slope + kink * np.sign(theta)), np.maximum(np.abs(slope) - kink, 0.0)
    )
    assert away.max() <= 1e-6 * strength
