"""The core laws in one place: links against mpmath, sums against rows, fits against statsmodels and a linear program."""

import pickle

import mpmath
import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import linprog

from logit_engine import (
    CAUCHIT,
    CLOGLOG,
    CLUSTER,
    HC0,
    HC1,
    HC2,
    HC3,
    LINKS,
    LOGIT,
    NONROBUST,
    Bernoulli,
    Covariance,
    Multinomial,
    array_rows,
    fit,
)
from logit_engine.columns import Coded, Coordinates, Dense, SideBySide, dense_array
from logit_engine.constraints import Equalities
from logit_engine.diagnostics.recession import recession
from logit_engine.errors import DataError, RankError, SeparationError
from logit_engine.links import Link
from logit_engine.links.law import event_terms, law_terms, nonevent_terms
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import triangular_inverse
from logit_engine.penalties import L2
from logit_engine.rows.blocks import total
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.newton import Newton

mpmath.mp.dps = 250
EXACT = {
    "logit": lambda t: 1 / (1 + mpmath.exp(-t)),
    "probit": lambda t: mpmath.erfc(-t / mpmath.sqrt(2)) / 2,
    "cloglog": lambda t: -mpmath.expm1(-mpmath.exp(t)),
    "loglog": lambda t: mpmath.exp(-mpmath.exp(-t)),
    "cauchit": lambda t: mpmath.atan2(1, -t) / mpmath.pi,
}
UNIT = Coordinates(np.zeros(5), np.ones(5), 0, 1.0, np.zeros(5))
POINTS = (-30.0, -9.0, -7.5, -3.0, -0.5, 0.0, 0.7, 2.0, 3.5)


def log_probability(name: str, event: bool) -> object:
    """log F or log(1 - F) in 60 digits; 1 - F by the mirror image where F is near one."""
    F = EXACT[name]
    mirror = {"logit": F, "probit": F, "cauchit": F, "cloglog": EXACT["loglog"], "loglog": EXACT["cloglog"]}[name]
    return (lambda t: mpmath.log(F(t))) if event else (lambda t: mpmath.log(mirror(-t)))


@pytest.mark.parametrize("event", [True, False])
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_row_terms_are_the_derivatives_of_the_exact_log_probability(link: Link, event: bool) -> None:
    terms = (event_terms if event else nonevent_terms)(link, np.array(POINTS))
    exact = log_probability(link.name, event)
    for i, point in enumerate(POINTS):
        value, slope, bend = (float(mpmath.diff(exact, mpmath.mpf(point), k)) for k in range(3))
        assert terms.loglik[i] == pytest.approx(value, rel=1e-12, abs=1e-300)
        assert terms.score[i] == pytest.approx(slope, rel=1e-12, abs=1e-300)
        assert terms.curvature[i] == pytest.approx(-bend, rel=1e-11, abs=1e-25)


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_closed_forms_equal_the_law(link: Link) -> None:
    eta = np.linspace(-4.0, 2.5, 60)
    for event, closed in ((True, event_terms(link, eta)), (False, nonevent_terms(link, eta))):
        for a, b in zip(closed, law_terms(link, eta, event), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_terms_are_finite_at_800_wherever_the_truth_is(link: Link) -> None:
    eta = np.array([-800.0, 800.0])
    terms = event_terms(link, eta)
    finite = [True, True] if link.name != "loglog" else [False, True]  # exp(800) is beyond a double
    assert np.isfinite(terms.loglik).tolist() == finite
    assert np.isfinite(terms.curvature).tolist() == finite


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_links_travel_to_other_processes(link: Link) -> None:
    assert pickle.loads(pickle.dumps(link)) == link


def data(n: int = 400, p: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping data."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ np.full(p, 0.5)))).astype(float)


def test_sum_over_blocks_is_sum_over_rows_and_threads_change_no_bit() -> None:
    X, y = data(300_000, 3)
    rows = array_rows(X, y)
    sums = [total(rows, lambda b: (b.X.tdot(b.y), float(b.y.sum())), threads) for threads in (1, 2, 4)]
    np.testing.assert_allclose(sums[0][0][1:], X.T @ y, rtol=1e-10)
    results = [fit(rows, threads=threads) for threads in (1, 2, 4)]
    for r, s in zip(results[1:], sums[1:], strict=True):
        assert (s[0] == sums[0][0]).all()
        assert (r.estimates == results[0].estimates).all()
        assert (r.covariance == results[0].covariance).all()


@pytest.mark.parametrize("kind", [NONROBUST, HC0, HC1, HC2, HC3, CLUSTER], ids=lambda kind: kind.kind.value)
def test_weight_two_is_the_row_twice_and_weight_zero_is_no_row(kind: Covariance) -> None:
    X, y = data()
    times = np.arange(400) % 3
    groups = np.arange(400) // 8
    weighted = fit(array_rows(X, y, weight=times, cluster=groups), covariance_type=kind)
    at = np.repeat(np.arange(400), times)
    repeated = fit(array_rows(X[at], y[at], cluster=groups[at]), covariance_type=kind)
    np.testing.assert_allclose(weighted.estimates, repeated.estimates, rtol=1e-11)
    np.testing.assert_allclose(weighted.std_errors, repeated.std_errors, rtol=1e-11)
    assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-13)
    assert weighted.bic == pytest.approx(repeated.bic, rel=1e-13)


def test_codes_are_their_one_hot_columns() -> None:
    rng = np.random.default_rng(3)
    X, y = data(9000)
    a, b = rng.integers(0, 4, 9000), rng.integers(0, 3, 9000)
    coded = SideBySide((Dense(np.ones((9000, 1))), Dense(X), Coded(a, 3), Coded(b, 2)))
    one_hot = np.column_stack([np.ones(9000), X, *(a == k for k in range(3)), *(b == k for k in range(2))])
    w, theta = rng.random(9000), rng.standard_normal(8)
    assert (dense_array(coded) == one_hot).all()
    np.testing.assert_allclose(coded.dot(theta), one_hot @ theta, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(coded.tdot(w), one_hot.T @ w, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(coded.gram(w), one_hot.T @ (w[:, None] * one_hot), rtol=1e-11, atol=1e-10)
    groups = np.arange(9000) % 7
    expected = np.stack([one_hot[groups == g].T @ w[groups == g] for g in range(7)])
    np.testing.assert_allclose(coded.grouped(w, groups, 7), expected, rtol=1e-11, atol=1e-10)
    names = tuple(f"t{j}" for j in range(8))
    both = [
        fit(MemoryRows(columns, y, names, cluster=groups[:, None]), covariance_type=CLUSTER)
        for columns in (coded, Dense(one_hot))
    ]
    np.testing.assert_allclose(both[0].estimates, both[1].estimates, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(both[0].std_errors, both[1].std_errors, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1e4, 1e10])
def test_units_and_origins_change_nothing_but_the_coefficient(scale: float) -> None:
    X, y = data()
    plain, moved = fit(array_rows(X, y)), fit(array_rows(X * scale, y))
    np.testing.assert_allclose(moved.estimates[1:] * scale, plain.estimates[1:], rtol=1e-12)
    np.testing.assert_allclose(moved.std_errors[1:] * scale, plain.std_errors[1:], rtol=1e-12)
    shift = np.round(X * 2**20) / 2**20  # so that adding 1e8 loses no bit of the data
    a, b = fit(array_rows(shift, y)), fit(array_rows(shift + 1e8, y))
    np.testing.assert_allclose(b.estimates[1:], a.estimates[1:], rtol=1e-11)
    np.testing.assert_allclose(b.std_errors[1:], a.std_errors[1:], rtol=1e-11)


@pytest.mark.parametrize(("name", "peer"), [("logit", sm.Logit), ("probit", sm.Probit)])
def test_statsmodels_agrees_in_every_number(name: str, peer: type) -> None:
    X, y = data()
    groups = np.arange(400) // 8
    theirs = peer(y, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    ours = fit(array_rows(X, y), Bernoulli(LINKS[name]))
    np.testing.assert_allclose(ours.estimates, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(ours.std_errors, theirs.bse, rtol=1e-8)
    np.testing.assert_allclose(ours.p_values, theirs.pvalues, rtol=1e-6)
    np.testing.assert_allclose(ours.interval(0.9), theirs.conf_int(0.1), rtol=1e-8)
    for mine, yours in (("loglik", "llf"), ("null_loglik", "llnull"), ("aic", "aic"), ("bic", "bic")):
        assert getattr(ours, mine) == pytest.approx(getattr(theirs, yours), rel=1e-10)
    assert ours.mcfadden_r2 == pytest.approx(theirs.prsquared, rel=1e-9)
    white = peer(y, sm.add_constant(X)).fit(disp=0, tol=1e-14, cov_type="HC0")
    np.testing.assert_allclose(
        fit(array_rows(X, y), Bernoulli(LINKS[name]), covariance_type=HC0).std_errors, white.bse, rtol=1e-8
    )
    keywords = {"groups": groups, "use_correction": False}
    clustered = peer(y, sm.add_constant(X)).fit(disp=0, tol=1e-14, cov_type="cluster", cov_kwds=keywords)
    mine = fit(array_rows(X, y, cluster=groups), Bernoulli(LINKS[name]), covariance_type=CLUSTER)
    np.testing.assert_allclose(mine.std_errors, clustered.bse * np.sqrt(50 / 49), rtol=1e-8)
    assert mine.clusters == (50,)


def test_an_l2_fit_is_scikit_learns_and_gives_no_standard_errors() -> None:
    from sklearn.linear_model import LogisticRegression

    X, y = data()
    peer = LogisticRegression(C=0.5, tol=1e-12, solver="newton-cholesky").fit(X, y)
    ours = fit(array_rows(X, y), penalty=L2(2.0))
    np.testing.assert_allclose(ours.estimates, [*peer.intercept_, *peer.coef_[0]], rtol=1e-8)
    assert np.isnan(ours.std_errors).all()
    assert ours.converged


def test_the_null_loglik_counts_the_offset() -> None:
    X, y = data()
    offset = np.linspace(-2.0, 2.0, 400)
    null = sm.GLM(y, np.ones(400), family=sm.families.Binomial(), offset=offset).fit(tol=1e-12)
    assert fit(array_rows(X, y, offset=offset)).null_loglik == pytest.approx(null.llf, rel=1e-10)


def separable(X: np.ndarray, y: np.ndarray) -> bool:
    """Konis' linear program (2007): whether some direction separates the outcomes, wholly or in some rows."""
    signed = np.column_stack([np.ones(len(y)), X]) * np.where(y == 1.0, 1.0, -1.0)[:, None]
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs")
    return bool(-found.fun > 1e-7)


@pytest.mark.parametrize("name", ["logit", "probit", "cloglog", "cauchit"])
def test_converged_is_claimed_exactly_where_the_estimate_exists(name: str) -> None:
    rng = np.random.default_rng(11)
    verdicts = {True: 0, False: 0}
    for case in range(250):
        n, p = int(rng.integers(6, 16)), int(rng.integers(1, 4))
        X = rng.integers(0, 3, (n, p)).astype(float) if case % 2 else rng.standard_normal((n, p))
        y = (rng.random(n) < 0.35).astype(float)
        if y.min() == y.max() or np.linalg.matrix_rank(np.column_stack([np.ones(n), X])) <= p:
            continue
        separated = separable(X, y)
        result = fit(array_rows(X, y), Bernoulli(LINKS[name]), allow_separation=True)
        verdicts[separated] += 1
        if separated:
            assert not result.converged, (case, result.status)
        elif name != "cauchit":  # its likelihood may have no maximum that Newton finds; it must only not lie
            assert result.converged, (case, result.status)
            assert result.certificate < 1.0
    assert min(verdicts.values()) >= 20


def test_separation_names_the_column_or_the_combination() -> None:
    X, y = data(200)
    flag = np.zeros(200)
    flag[np.flatnonzero(y == 1.0)[:5]] = 1.0
    with pytest.raises(SeparationError, match=r"column 'x2' predicts y perfectly: y = 1 in every row with x2 above 0"):
        fit(array_rows(np.column_stack([X[:, 0], flag]), y))
    grid = np.random.default_rng(2).integers(0, 3, (200, 2)).astype(float)
    gap = grid[:, 0] - grid[:, 1]
    split = np.where(gap > 0, 1.0, np.where(gap < 0, 0.0, y))
    for link in LINKS.values():
        with pytest.raises(
            SeparationError, match=r"a combination of 'x1' .\+inf., 'x2' .-inf. predicts y perfectly in 130 of 200"
        ):
            fit(array_rows(grid, split), Bernoulli(link))
    assert fit(array_rows(grid, split), penalty=L2(1.0)).converged


def test_aliased_columns_are_named_with_their_sources() -> None:
    X, y = data()
    cases = {
        r"column 'x3' is a linear combination of 'x1'\. Drop": X[:, 0],
        r"column 'x3' is a linear combination of 'x1', 'x2'\.": X[:, 0] - 2.0 * X[:, 1],
        r"column 'x3' is constant": np.full(400, 7.0),
    }
    for message, column in cases.items():
        with pytest.raises(RankError, match=message):
            fit(array_rows(np.column_stack([X, column]), y))


BAD_INPUT = {
    r"X is missing or infinite in 1 rows \(first: row 3, column 0, nan\)": lambda X, y: (
        np.where(X[3, 0] == X, np.nan, X),
        y,
    ),
    r"y is missing or infinite in 1 rows": lambda X, y: (X, np.where(np.arange(400) == 2, np.nan, y)),
    r"y runs from 1 to 2; a binary outcome is 0 or 1": lambda X, y: (X, y + 1.0),
    r"y is 1 in all 400 rows; a model needs both classes": lambda X, y: (X, np.ones(400)),
    r"y has shape \(399,\); one value for each of the 400 rows": lambda X, y: (X, y[1:]),
}


@pytest.mark.parametrize("message", BAD_INPUT)
def test_bad_arrays_get_one_sentence(message: str) -> None:
    X, y = BAD_INPUT[message](*data())
    with pytest.raises(DataError, match=message):
        array_rows(X, y)


def test_weights_clusters_and_widths_are_checked() -> None:
    X, y = data()
    with pytest.raises(DataError, match=r"weight is -1 in row 0; weights cannot be negative"):
        array_rows(X, y, weight=-np.ones(400))
    with pytest.raises(DataError, match=r"a clustered covariance needs the clusters of the rows"):
        fit(array_rows(X, y), covariance_type=CLUSTER)
    wide = np.random.default_rng(0).standard_normal((20, 30))
    with pytest.raises(DataError, match=r"there are 31 columns for 20 rows; drop columns or set a penalty"):
        fit(array_rows(wide, y[:20]))


def test_too_few_passes_and_a_bumpy_likelihood_are_said() -> None:
    X, y = data()
    short = fit(array_rows(X, y), solver=Newton(max_passes=2))
    assert (short.converged, "not converged after 2 passes" in short.status.sentence) == (False, True)
    assert "this is a local maximum" in fit(array_rows(X, y), Bernoulli(CAUCHIT)).status.sentence


def test_eight_events_in_a_hundred_thousand_rows_are_fitted_right() -> None:
    rng = np.random.default_rng(8)
    X = rng.standard_normal((100_000, 2))
    y = np.zeros(100_000)
    y[np.argsort(-(X[:, 0] + rng.gumbel(size=100_000)))[:8]] = 1.0
    theirs = sm.Logit(y, sm.add_constant(X)).fit(disp=0, maxiter=100, tol=1e-14)
    ours = fit(array_rows(X, y))
    assert ours.converged
    np.testing.assert_allclose(ours.estimates, theirs.params, rtol=1e-7)
    np.testing.assert_allclose(ours.std_errors, theirs.bse, rtol=1e-7)


def test_a_perfect_prediction_of_classes_is_named_with_its_class_and_sign() -> None:
    rng = np.random.default_rng(4)
    X, codes = rng.standard_normal((300, 2)), np.arange(300) % 3
    X[:, 1] = np.where(codes == 2, rng.integers(0, 2, 300), 0)
    r = fit(array_rows(X, codes, classes=["a", "b", "c"]), Multinomial(2), allow_separation=True)
    assert r.infinite is not None
    assert r.infinite.tolist() == [0, 0, 0, 0, 0, 1] or r.infinite.reshape(2, 3)[1, 2] == 1
    assert "'x2 (c)' (+inf)" in r.status.sentence


def test_the_linear_program_finds_every_row_that_can_be_won() -> None:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((400, 4))
    y = (rng.random(400) < 0.5).astype(float)
    X[:, 2] = (y == 1.0) * (np.arange(400) % 20 == 0) * 1e-3
    X[:, 3] = (y == 0.0) * (np.arange(400) % 25 == 0) * 1e3
    won = np.flatnonzero((X[:, 2] > 0) | (X[:, 3] > 0))
    r = fit(array_rows(X, y), allow_separation=True)
    assert r.infinite is not None
    assert r.infinite.tolist() == [0, 0, 0, 1, -1]
    assert not r.converged
    objective = Objective(array_rows(X, y), Bernoulli(LINKS["logit"]), UNIT, np.zeros(5, dtype=bool))
    found = recession(objective)
    assert found is not None
    assert found.rows.tolist() == won.tolist()


def test_equality_constraints_hold_and_take_their_covariance_away() -> None:
    X, y = data(400, 3)
    R, q = np.array([[0.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]), np.array([0.0, 0.25])
    r = fit(array_rows(X, y), equalities=Equalities(R, q, ("c", "x1", "x2", "x3")))
    np.testing.assert_allclose(R @ r.estimates, q, atol=1e-13)
    np.testing.assert_allclose(R @ r.covariance @ R.T, 0.0, atol=1e-16)
    direct = fit(array_rows((X[:, 0] + X[:, 1])[:, None], y, offset=0.25 * X[:, 2]))
    np.testing.assert_allclose(r.estimates[:2], direct.estimates, rtol=1e-11)
    np.testing.assert_allclose(r.std_errors[:2], direct.std_errors, rtol=1e-11)
    assert r.df_model == 1


@pytest.mark.parametrize("shift", [1e3, 1e7])
def test_equality_constraints_hold_for_columns_far_from_zero(shift: float) -> None:
    X, y = data(400, 3)
    equalities = Equalities(np.array([[0.0, 1.0, 0.0, 1.0]]), np.array([1.0]), ("c", "x1", "x2", "x3"))
    near, far = (fit(array_rows(X + np.array([0.0, 0.0, by]), y), equalities=equalities) for by in (0.0, shift))
    assert far.converged
    np.testing.assert_allclose(far.estimates[1:], near.estimates[1:], rtol=1e-7)
    np.testing.assert_allclose(far.std_errors[1:], near.std_errors[1:], rtol=1e-7)


@pytest.mark.parametrize("n", [700, 70_000])
@pytest.mark.parametrize("common", [700.0, -700.0])
@pytest.mark.parametrize("link", [LOGIT, CLOGLOG], ids=lambda link: link.name)
def test_a_common_offset_moves_the_constant_alone(n: int, common: float, link: Link) -> None:
    X, y = data(n, 2)
    plain, moved = (fit(array_rows(X, y, offset=np.full(n, by)), Bernoulli(link)) for by in (0.0, common))
    assert moved.converged
    np.testing.assert_allclose(moved.estimates, plain.estimates - [common, 0.0, 0.0], rtol=1e-12)
    np.testing.assert_allclose(moved.std_errors, plain.std_errors, rtol=1e-9)


def test_far_offsets_of_both_signs_reach_the_maximum() -> None:
    X, y = data(200, 2)
    offset = np.where(np.arange(200) % 2, 100.0, -100.0)
    found = fit(array_rows(X, y, offset=offset))
    assert found.converged
    exact = [mpmath.mpf(0)] * 3
    with mpmath.workdps(400):  # the scores of far rows differ by so many digits
        for row, outcome, by in zip(X, y, offset, strict=True):
            x = [mpmath.mpf(1), *map(mpmath.mpf, row)]
            eta = sum(a * mpmath.mpf(b) for a, b in zip(x, found.estimates, strict=True)) + by
            rest = mpmath.mpf(outcome) - 1 / (1 + mpmath.exp(-eta))
            exact = [total + rest * a for total, a in zip(exact, x, strict=True)]
        step = [sum(mpmath.mpf(v) * g for v, g in zip(row, exact, strict=True)) for row in found.covariance]
    assert max(abs(s) / error for s, error in zip(step, found.std_errors, strict=True)) < 1e-6


def test_several_classes_agree_with_statsmodels() -> None:
    rng = np.random.default_rng(6)
    X = rng.standard_normal((900, 3))
    eta = np.column_stack([np.zeros(900), X @ rng.standard_normal((3, 3)) * 0.6])
    codes = (np.exp(eta).cumsum(axis=1) / np.exp(eta).sum(axis=1, keepdims=True) < rng.random((900, 1))).sum(axis=1)
    r = fit(array_rows(X, codes, classes=list("abcd")), Multinomial(3))
    theirs = sm.MNLogit(codes, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    assert r.converged
    np.testing.assert_allclose(r.estimates.reshape(3, 4).T, theirs.params, rtol=1e-10)
    np.testing.assert_allclose(r.std_errors.reshape(3, 4).T, theirs.bse, rtol=1e-10)
    assert r.loglik == pytest.approx(theirs.llf, rel=1e-13)


def test_precision_weights_are_rows_of_their_own_in_the_sandwich() -> None:
    """White's covariance of a row weighted by w squares its whole weighted score; a copied row is squared as often."""
    X, y = data(300)
    w = 0.5 + np.arange(300) % 3
    r = fit(array_rows(X, y, precision=w), covariance_type=HC0)
    design = np.column_stack([np.ones(300), X])
    p = 1.0 / (1.0 + np.exp(-design @ r.estimates))
    bread = np.linalg.inv(design.T @ (design * (w * p * (1 - p))[:, None]))
    scores = design * (w * (y - p))[:, None]
    np.testing.assert_allclose(r.covariance, bread @ scores.T @ scores @ bread, rtol=1e-10)
    assert r.observations == 300.0


def test_two_ways_of_clustering_add_and_take_their_intersections_away() -> None:
    X, y = data(600)
    first, second = np.arange(600) // 20, np.arange(600) % 25
    both = fit(array_rows(X, y, cluster=np.column_stack([first, second])), covariance_type=CLUSTER)
    parts = [fit(array_rows(X, y, cluster=g), covariance_type=CLUSTER) for g in (first, second, first * 25 + second)]
    assert both.clusters == (30, 25)
    expected = parts[0].covariance + parts[1].covariance - parts[2].covariance
    np.testing.assert_allclose(both.covariance, expected, rtol=1e-10)


@pytest.mark.parametrize("seed", [719, 3, 5])
def test_standard_errors_are_those_at_the_maximum_itself(seed: int) -> None:
    """Seed 719 is a fit whose last step, left out of the information, once cost a digit of thirteen."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(40, 400))
    X, shape = rng.standard_normal((n, 2)), (rng.uniform(0, 2), rng.uniform(-2, 2))
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-(X @ np.array([1.0, 0.5]) * shape[0] + shape[1])))).astype(float)
    found = fit(array_rows(X, y))
    design = np.column_stack([np.ones(n), X])
    p = 1.0 / (1.0 + np.exp(-design @ found.estimates))
    exact = np.sqrt(np.diagonal(np.linalg.inv(design.T @ (design * (p * (1.0 - p))[:, None]))))
    np.testing.assert_allclose(found.std_errors, exact, rtol=1e-13)


def test_the_inverse_of_an_empty_triangle_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert triangular_inverse(np.zeros((0, 0))).shape == (0, 0)
    assert capfd.readouterr() == ("", "")
