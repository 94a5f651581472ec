"""Score tests against statsmodels, Pearson's chi-squared, and simulation under the null."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special

from logit_engine.errors import DataError, RankError, UsageError
from logit_engine.inference.covariance import Kind
from logit_engine.inference.score_tests import score_test
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import CAUCHIT, CLOGLOG, LOGIT, PROBIT
from tests.support.hypotheses import TIGHT, R, graded_sample, three_classes


def of_peer(test: object) -> tuple[float, float]:
    return float(np.squeeze(test.statistic)), float(np.squeeze(test.pvalue))


@pytest.mark.parametrize("kind", [Kind.NONROBUST, Kind.HC0])
@pytest.mark.parametrize(
    ("link", "model"), [(LOGIT, sm.Logit), (PROBIT, sm.Probit)], ids=["logit", "probit"]
)
def test_left_out_columns_are_the_score_test_of_statsmodels(
    link: object, model: type, kind: Kind
) -> None:
    X, y = graded_sample(5000, 5)
    peer = model(y, X[:, :3]).fit(**TIGHT)
    theirs = peer.score_test(exog_extra=X[:, 3:], cov_type=kind.value)
    ours = score_test(Bernoulli(link), X[:, :3], y, peer.params, extra=X[:, 3:], kind=kind)
    assert (ours.joint.statistic, ours.joint.p_value) == pytest.approx(of_peer(theirs), rel=1e-9)
    assert ours.joint.df == theirs.k_constraint == 2


@pytest.mark.parametrize("kind", [Kind.NONROBUST, Kind.HC0])
def test_multinomial_left_out_columns_are_the_score_test_of_statsmodels(kind: Kind) -> None:
    X, y = three_classes()
    peer = sm.MNLogit(y, X[:, :2]).fit(**TIGHT)
    ours = score_test(
        Multinomial(2), X[:, :2], y, peer.params.ravel(order="F"), extra=X[:, 2:], kind=kind
    )
    assert ours.joint.df == 2
    if kind is Kind.NONROBUST:  # the peer's HC0 restricts the last class alone
        theirs = peer.score_test(exog_extra=X[:, 2:], cov_type=kind.value)
        assert (ours.joint.statistic, ours.joint.p_value) == pytest.approx(
            of_peer(theirs), rel=1e-9
        )
    rows, at = np.eye(6)[[2, 5]], np.pad(peer.params, ((0, 1), (0, 0))).ravel(order="F")
    restricted = score_test(Multinomial(2), X, y, at, R=rows, kind=kind)
    assert restricted.joint.statistic == pytest.approx(ours.joint.statistic, rel=1e-12)
    np.testing.assert_allclose(restricted.z, ours.z, rtol=1e-11)
    full = sm.MNLogit(y, X)
    scores, bread = full.score_obs(at), np.linalg.inv(-full.hessian(at))
    covariance = bread if kind is Kind.NONROBUST else bread @ (400.0 * np.cov(scores.T)) @ bread
    step = rows @ bread @ scores.sum(axis=0)
    closed = step @ np.linalg.solve(rows @ covariance @ rows.T, step)
    assert ours.joint.statistic == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize("kind", [Kind.NONROBUST, Kind.HC0])
def test_restrictions_with_a_value_are_the_score_test_of_statsmodels(kind: Kind) -> None:
    X, y = graded_sample(800)
    rows = np.array([[0.0, 1.0, -1.0, 0.0]])
    restricted = sm.GLM(y, X, family=sm.families.Binomial()).fit_constrained(
        (rows, np.array([0.1])), tol=1e-14
    )
    params = np.asarray(restricted.params)
    theirs = restricted.score_test(cov_type=kind.value)
    ours = score_test(Bernoulli(LOGIT), X, y, params, R=rows, kind=kind)
    assert ours.joint.statistic == pytest.approx(of_peer(theirs)[0], rel=1e-8)
    assert ours.z[0] ** 2 == pytest.approx(ours.joint.statistic, rel=1e-10)


def test_of_a_two_by_two_table_it_is_pearsons_chi_squared() -> None:
    table = np.array([[30.0, 12.0], [17.0, 41.0]])
    group, y = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    rate = 53.0 / 100.0
    ours = score_test(
        Bernoulli(LOGIT),
        np.ones((4, 1)),
        y,
        np.array([np.log(rate / (1.0 - rate))]),
        extra=group[:, None],
        weight=table.ravel(),
    )
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / 100.0
    chi_squared = float(((table - expected) ** 2 / expected).sum())
    assert ours.joint.statistic == pytest.approx(chi_squared, rel=1e-13)
    assert ours.joint.p_value == pytest.approx(float(special.chdtrc(1, chi_squared)), rel=1e-12)
    # the second group has more events
    assert ours.z[0] == pytest.approx(np.sqrt(chi_squared), rel=1e-13)


def test_of_an_r_by_c_table_it_is_pearsons_chi_squared() -> None:
    table = np.array([[30.0, 12.0, 9.0], [17.0, 41.0, 20.0], [8.0, 11.0, 25.0], [10.0, 10.0, 4.0]])
    group, y = (index.ravel() for index in np.indices(table.shape))
    shares = table.sum(axis=0) / table.sum()
    ours = score_test(
        Multinomial(2),
        np.ones((12, 1)),
        y.astype(float),
        np.log(shares[1:] / shares[0]),
        extra=(group[:, None] == [1, 2, 3]).astype(float),
        weight=table.ravel(),
    )
    expected = np.outer(table.sum(axis=1), shares)
    assert ours.joint.statistic == pytest.approx(
        float(((table - expected) ** 2 / expected).sum()), rel=1e-12
    )
    assert ours.joint.df == 6


def test_each_z_is_the_test_of_its_own_column_alone() -> None:
    X, y = graded_sample(300, 5)
    X[:, 4] += X[:, 3] + X[:, 1]
    peer = sm.Logit(y, X[:, :3]).fit(**TIGHT)
    both = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=X[:, 3:])
    for j in (0, 1):
        alone = peer.score_test(exog_extra=X[:, [3 + j]])
        assert (both.z[j] ** 2, both.p_values[j]) == pytest.approx(of_peer(alone), rel=1e-9)


def test_the_statistic_does_not_depend_on_shifts_and_scales_of_the_columns() -> None:
    X, y = graded_sample()
    peer = sm.Logit(y, X[:, :3]).fit(**TIGHT)
    plain = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=X[:, 3:])
    moved = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=1e6 + 2.0**-20 * X[:, 3:])
    rounded = (1e6 + 2.0**-20 * X[:, 3:] - 1e6) * 2.0**20
    same = score_test(Bernoulli(LOGIT), X[:, :3], y, peer.params, extra=rounded)
    assert same.joint.statistic == pytest.approx(plain.joint.statistic, rel=1e-2)
    assert moved.joint.statistic == pytest.approx(same.joint.statistic, rel=1e-3)


def test_weights_repeat_rows_and_offsets_shift_them() -> None:
    X, y = graded_sample(9000)
    times, offset = np.arange(9000) % 3, 0.3 * np.sin(np.arange(9000))
    at = np.repeat(np.arange(9000), times)
    for kind in (Kind.NONROBUST, Kind.HC0):
        theta = sm.Logit(y[at], X[at, :3], offset=offset[at]).fit(**TIGHT).params
        repeated = score_test(
            Bernoulli(LOGIT), X[at, :3], y[at], theta, extra=X[at, 3:], offset=offset[at], kind=kind
        )
        weighted = score_test(
            Bernoulli(LOGIT),
            X[:, :3],
            y,
            theta,
            extra=X[:, 3:],
            offset=offset,
            weight=times.astype(float),
            kind=kind,
        )
        assert weighted.joint.statistic == pytest.approx(repeated.joint.statistic, rel=1e-11)
        np.testing.assert_allclose(weighted.z, repeated.z, rtol=1e-11)


def test_under_the_null_it_rejects_at_its_level() -> None:
    rng = np.random.default_rng(12)
    X = np.column_stack([np.ones(200), rng.standard_normal((200, 2))])
    rejected = 0
    for _ in range(400):
        y = (rng.random(200) < 1.0 - np.exp(-np.exp(-0.4))).astype(float)
        at = np.array([np.log(-np.log1p(-y.mean()))])
        rejected += (
            score_test(Bernoulli(CLOGLOG), X[:, :1], y, at, extra=X[:, 1:]).joint.p_value < 0.1
        )
    assert 0.06 < rejected / 400 < 0.145  # three standard deviations


def test_what_cannot_be_tested_is_refused() -> None:
    X, y = graded_sample(50)
    theta, likelihood = np.zeros(4), Bernoulli(LOGIT)
    with pytest.raises(
        UsageError,
        match=r"^a score test needs either R, the rows of the restrictions, or extra columns",
    ):
        score_test(likelihood, X, y, theta)
    with pytest.raises(UsageError, match="give one of them"):
        score_test(likelihood, X, y, theta, R=R, extra=X)
    with pytest.raises(
        UsageError,
        match=r"^a score test has no HC3 covariance; choose nonrobust, HC0 or cluster\.$",
    ):
        score_test(likelihood, X, y, theta, R=R, kind=Kind.HC3)
    with pytest.raises(UsageError, match=r"^a clustered score test needs the clusters of the rows"):
        score_test(likelihood, X, y, theta, R=R, kind=Kind.CLUSTER)
    with pytest.raises(
        RankError, match=r"^column 4 \(extra ones last\) is a linear combination of those before it"
    ):
        score_test(likelihood, X, y, theta, extra=X[:, 1:2] - X[:, 2:3])
    with pytest.raises(RankError, match=r"^there are 4 columns for 3 rows; drop some\.$"):
        score_test(likelihood, X[:3], y[:3], theta, R=R)
    with pytest.raises(
        UsageError, match=r"^row 1 of R depends on the others; give each restriction once\.$"
    ):
        score_test(likelihood, X, y, theta, R=np.vstack([R[0], 2.0 * R[0]]))
    with pytest.raises(
        DataError, match=r"^the information is not definite at the constrained estimate"
    ):
        score_test(Bernoulli(CAUCHIT), X[:, :1], 1.0 - y * 0.0, np.array([-5.0]), extra=X[:, 1:])
