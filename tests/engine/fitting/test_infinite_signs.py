"""The sign of an infinite estimate is given only if all directions that separate have it."""

import json

import numpy as np
import pytest
from scipy.optimize import linprog

from logit_engine import LOGIT, Bernoulli, Multinomial, array_rows, fit
from logit_engine.columns import Coordinates
from logit_engine.constraints import linear_equalities
from logit_engine.errors import UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.inference.hypotheses import contrasts, wald, wald_terms
from logit_engine.likelihoods import Likelihood
from logit_engine.reporting.summary import summarize
from logit_engine.storage.model_file import fit_content, fit_of
from logit_engine.storage.publish import canonical_json

CLASSES = ("a", "b", "c")


def leads(X: np.ndarray, code: np.ndarray, k: int) -> np.ndarray:
    """The rows v of v'd >= 0: how far a row's own class leads each other one along d, (m, k p)."""
    p, out = X.shape[1], []
    for x, own in zip(X, code.astype(int), strict=True):
        for other in set(range(k + 1)) - {own}:
            v = np.zeros((k + 1, p))
            v[own], v[other] = x, -x
            out.append(v[1:].ravel())
    return np.array(out)


def signs_by_program(X: np.ndarray, code: np.ndarray, k: int) -> np.ndarray:
    """-1, 0, 1, or nan if both signs occur, from the extremes of each coefficient in a box."""
    cuts = leads(X, code, k)
    found = []
    for row in np.eye(cuts.shape[1]):
        ends = [
            linprog(way * row, A_ub=-cuts, b_ub=np.zeros(len(cuts)), bounds=(-1, 1)).fun
            for way in (1.0, -1.0)
        ]
        down, up = (-end > 1e-7 for end in ends)
        found.append(np.nan if down and up else float(up) - float(down))
    return np.array(found)


def problem(seed: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Few rows of small whole numbers, so that many separate; the first column is one."""
    rng = np.random.default_rng(20261126 + seed)
    X = rng.integers(-2, 3, (int(rng.integers(8, 25)), int(rng.integers(1, 4)))).astype(float)
    X = np.column_stack([np.ones(len(X)), X])
    code = rng.integers(0, k + 1, len(X)).astype(float)
    if seed % 2:  # a level that some classes never have
        X[:, -1] = rng.random(len(X)) < 0.3
        code[X[:, -1] == 1.0] = rng.integers(0, k + 1)
    else:
        code = np.clip(np.round(X[:, 1] + 0.4 * code), 0, k)
    return X, code


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_sign_is_given_where_every_separating_direction_has_it(k: int) -> None:
    seen = []
    for seed in range(60):
        X, code = problem(seed, k)
        if (
            np.unique(code).size <= k
            or len(X) < X.shape[1] + 5
            or np.linalg.matrix_rank(X) < X.shape[1]
        ):
            continue
        classes = tuple("abcd"[: k + 1]) if k > 1 else ()
        likelihood: Likelihood = Multinomial(k) if k > 1 else Bernoulli(LOGIT)
        found = fit(array_rows(X[:, 1:], code, classes=classes), likelihood, allow_separation=True)
        expected = signs_by_program(X, code, k)
        np.testing.assert_array_equal(
            np.zeros(expected.size) if found.infinite is None else found.infinite, expected
        )
        seen += expected.tolist()
    assert {-1.0, 0.0, 1.0} <= set(seen)
    assert np.isnan(seen).sum() > 20


def unknown_sign() -> FitResult:
    """The level d has class c alone: against a, c is +inf and b may go anywhere below c."""
    rng = np.random.default_rng(0)
    x, d = rng.standard_normal(300), (rng.random(300) < 0.1).astype(float)
    code = rng.integers(0, 3, 300)
    code[d == 1.0] = 2
    rows = array_rows(np.column_stack([x, d]), code, names=["x", "d"], classes=CLASSES)
    return fit(rows, Multinomial(2), allow_separation=True)


def test_an_unknown_sign_is_nan_named_in_the_notes_and_printed_as_a_dot() -> None:
    found = unknown_sign()
    np.testing.assert_array_equal(found.infinite, [0, 0, np.nan, 0, 0, 1])
    np.testing.assert_array_equal(np.isnan(found.limits), [False, False, True, False, False, False])
    assert np.isfinite(found.estimates).all()
    assert "'d (b)' (sign not known), 'd (c)' (+inf)" in found.status.sentence
    assert found.notes[1].startswith("The data do not identify 'd (b)', not even the sign")
    rows = [line.split() for line in summarize(found).splitlines() if line.startswith("d ")]
    assert rows[0] == ["d", *["."] * 9]
    assert rows[1][:2] == ["d", "+inf"]


def test_hypotheses_on_an_unknown_sign_are_refused_or_nan() -> None:
    found = unknown_sign()
    assert np.isnan(contrasts(found.limits, found.covariance, np.eye(6)[2]).effects).all()
    with pytest.raises(
        UsageError, match="row 0 of R involves a coefficient that has no standard error"
    ):
        wald(found.limits, found.covariance, np.eye(6)[2])
    tests = wald_terms(found.limits, found.covariance, {"d": [2, 5], "x": [1, 4]})
    assert np.isnan(tests["d"].p_value)
    assert np.isfinite(tests["x"].p_value)


def test_an_unknown_sign_is_stored_and_stays_unknown_in_other_units() -> None:
    found = unknown_sign()
    content = canonical_json(fit_content(found))
    back = fit_of(json.loads(content), found.names, found.limits, found.covariance)
    np.testing.assert_array_equal(back.infinite, found.infinite)
    np.testing.assert_array_equal(back.estimates, found.estimates)
    units = Coordinates(np.array([0.0, 1.0, 0.2]), np.array([1.0, 2.0, 0.4]), 0, 1.0, np.zeros(3))
    np.testing.assert_array_equal(found.in_units(units).infinite, [np.nan, 0, np.nan, -1, 0, 1])


def test_equalities_tell_a_sign_that_the_data_do_not() -> None:
    rng = np.random.default_rng(3)
    X = rng.standard_normal((60, 2))
    y = (X @ [1.0, 0.2] > 0).astype(float)
    free = fit(array_rows(X, y), allow_separation=True)
    assert free.infinite is not None
    names = ("intercept", "x1", "x2")
    held = fit(
        array_rows(X, y),
        equalities=linear_equalities("x1 - 5 * x2 = 0, intercept = 0", names),
        allow_separation=True,
    )
    np.testing.assert_array_equal(held.infinite, [0, 1, 1])
