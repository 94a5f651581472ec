"""A fit converges exactly where the estimate exists; what stops it is named."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import linprog

from logit_engine import (
    CAUCHIT,
    CLUSTER,
    LINKS,
    Bernoulli,
    Multinomial,
    array_rows,
    fit,
)
from logit_engine.columns import Coordinates
from logit_engine.diagnostics.recession import recession
from logit_engine.errors import DataError, RankError, SeparationError
from logit_engine.objective.loss import Objective
from logit_engine.penalties import L2
from logit_engine.solvers.newton import Newton
from tests.support.samples import overlapping_sample

UNIT = Coordinates(np.zeros(5), np.ones(5), 0, 1.0, np.zeros(5))


def separable(X: np.ndarray, y: np.ndarray) -> bool:
    """Konis' linear program (2007): whether some direction separates the outcomes, wholly or in
    some rows.
    """
    signed = np.column_stack([np.ones(len(y)), X]) * np.where(y == 1.0, 1.0, -1.0)[:, None]
    found = linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs"
    )
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
        elif (
            name != "cauchit"
        ):  # its likelihood may have no maximum that Newton finds; it must only not lie
            assert result.converged, (case, result.status)
            assert result.certificate < 1.0
    assert min(verdicts.values()) >= 20


def test_separation_names_the_column_or_the_combination() -> None:
    X, y = overlapping_sample(200)
    flag = np.zeros(200)
    flag[np.flatnonzero(y == 1.0)[:5]] = 1.0
    with pytest.raises(
        SeparationError,
        match=r"column 'x2' predicts y perfectly: y = 1 in every row with x2 above 0",
    ):
        fit(array_rows(np.column_stack([X[:, 0], flag]), y))
    grid = np.random.default_rng(2).integers(0, 3, (200, 2)).astype(float)
    gap = grid[:, 0] - grid[:, 1]
    split = np.where(gap > 0, 1.0, np.where(gap < 0, 0.0, y))
    for link in LINKS.values():
        with pytest.raises(
            SeparationError,
            match=r"a combination of 'x1' .\+inf., 'x2' .-inf. predicts y perfectly in 130 of 200",
        ):
            fit(array_rows(grid, split), Bernoulli(link))
    assert fit(array_rows(grid, split), penalty=L2(1.0)).converged


def test_aliased_columns_are_named_with_their_sources() -> None:
    X, y = overlapping_sample()
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
    r"y is missing or infinite in 1 rows": lambda X, y: (
        X,
        np.where(np.arange(400) == 2, np.nan, y),
    ),
    r"y runs from 1 to 2; a binary outcome is 0 or 1": lambda X, y: (X, y + 1.0),
    r"y is 1 in all 400 rows; a model needs both classes": lambda X, y: (X, np.ones(400)),
    r"y has shape \(399,\); one value for each of the 400 rows": lambda X, y: (X, y[1:]),
}


@pytest.mark.parametrize("message", BAD_INPUT)
def test_bad_arrays_get_one_sentence(message: str) -> None:
    X, y = BAD_INPUT[message](*overlapping_sample())
    with pytest.raises(DataError, match=message):
        array_rows(X, y)


def test_weights_clusters_and_widths_are_checked() -> None:
    X, y = overlapping_sample()
    with pytest.raises(DataError, match=r"weight is -1 in row 0; weights cannot be negative"):
        array_rows(X, y, weight=-np.ones(400))
    with pytest.raises(DataError, match=r"a clustered covariance needs the clusters of the rows"):
        fit(array_rows(X, y), covariance_type=CLUSTER)
    wide = np.random.default_rng(0).standard_normal((20, 30))
    with pytest.raises(
        DataError, match=r"there are 31 columns for 20 rows; drop columns or set a penalty"
    ):
        fit(array_rows(wide, y[:20]))


def test_too_few_passes_and_a_bumpy_likelihood_are_said() -> None:
    X, y = overlapping_sample()
    short = fit(array_rows(X, y), solver=Newton(max_passes=2))
    assert (short.converged, "not converged after 2 passes" in short.status.sentence) == (
        False,
        True,
    )
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
    objective = Objective(
        array_rows(X, y), Bernoulli(LINKS["logit"]), UNIT, np.zeros(5, dtype=bool)
    )
    found = recession(objective)
    assert found is not None
    assert found.rows.tolist() == won.tolist()
