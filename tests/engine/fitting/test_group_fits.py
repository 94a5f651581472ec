"""A model per group: each is the model that `fit` finds of the group's rows alone."""

from datetime import datetime
from typing import Any

import numpy as np
import pytest

from logit_engine import (
    CLUSTER,
    HC1,
    L2,
    PROBIT,
    Bernoulli,
    FitResult,
    Multinomial,
    array_rows,
    fit,
    fit_groups,
)
from logit_engine.columns import Coded, Constant, Dense, SideBySide
from logit_engine.errors import DataError, LogitEngineError, SeparationError, UsageError
from logit_engine.fitting import group_fits
from logit_engine.fitting.result import Verdict
from tests.support.coded_rows import coded_rows

RELATIVE = 1e-11  # of standard errors and of the distance between estimates in standard errors


def shops(
    seed: int = 1, groups: int = 60, most: int = 300, p: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of shops of 5 to `most` rows in any order; the small ones often are separated."""
    rng = np.random.default_rng(seed)
    by = np.repeat(np.arange(groups), np.geomspace(5, most, groups).astype(int))
    by = rng.permutation(by)
    X = rng.standard_normal((by.size, p))
    effects = rng.standard_normal((groups, p + 1))
    eta = effects[by, 0] + np.einsum("ij,ij->i", X, effects[by, 1:])
    return X, (rng.random(by.size) < 1.0 / (1.0 + np.exp(-eta))).astype(float), by


def own_fit(rows: Any, *rest: Any, **options: Any) -> FitResult | LogitEngineError:
    """The fit, or the error that refuses it."""
    try:
        return fit(rows, *rest, **options)
    except LogitEngineError as error:
        return error


def assert_same_fit(found: FitResult, expected: FitResult) -> None:
    """Equal but for rounding, with the same words."""
    assert found.status.verdict is expected.status.verdict
    assert (found.names, found.n, found.notes) == (expected.names, expected.n, expected.notes)
    errors = expected.std_errors
    assert (np.abs(found.estimates - expected.estimates) <= RELATIVE * errors).all()
    np.testing.assert_allclose(found.std_errors, errors, rtol=RELATIVE)
    np.testing.assert_allclose(
        found.covariance, expected.covariance, atol=RELATIVE * errors.max() ** 2
    )
    for name in ("loglik", "null_loglik", "condition", "observations"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_each_group_has_the_fit_or_the_error_of_its_rows_alone(seed: int) -> None:
    X, y, by = shops(seed)
    found = fit_groups(array_rows(X, y), by)
    refused = 0
    for label in found:
        own = by == label
        if np.unique(y[own]).size == 1:  # array_rows refuses them sooner, in other words
            refused += 1
            assert "a model needs all its classes" in str(found.refusals[label])
            continue
        expected = own_fit(array_rows(X[own], y[own]))
        if isinstance(expected, LogitEngineError):
            refused += 1
            assert type(found.refusals[label]) is type(expected)
            assert str(found.refusals[label]) == str(expected)
            with pytest.raises(type(expected)):
                found[label]
        else:
            assert_same_fit(found[label], expected)
    assert len(found) == 60
    assert refused == len(found.refusals) == int((~found.converged).sum())
    assert 3 < refused < 40
    assert len(found.apart) < 45


def test_the_table_has_what_the_fits_have() -> None:
    X, y, by = shops()
    found = fit_groups(array_rows(X, y), by)
    for i, label in enumerate(found):
        if label in found.refusals:
            assert np.isnan(found.table.estimates[i]).all()
            assert np.isnan(found.std_errors[i]).all()
            continue
        np.testing.assert_array_equal(found.table.estimates[i], found[label].estimates)
        np.testing.assert_array_equal(found.std_errors[i], found[label].std_errors)
        assert found.table.loglik[i] == found[label].loglik
        assert found.table.n[i] == found[label].n


@pytest.mark.parametrize(
    ("likelihood", "options"),
    [
        (Bernoulli(PROBIT), {}),
        (None, {"penalty": L2(0.5)}),
        (None, {"covariance_type": HC1}),
        (None, {"covariance_type": CLUSTER}),
        (None, {"covariance_type": None}),
        (None, {"allow_separation": True}),
    ],
    ids=["probit", "l2", "HC1", "cluster", "estimates alone", "separation allowed"],
)
def test_options_are_those_of_fit(likelihood: Any, options: dict[str, Any]) -> None:
    X, y, by = shops(2, groups=12, most=100)
    cluster = np.arange(by.size) // 3
    rest = () if likelihood is None else (likelihood,)
    found = fit_groups(array_rows(X, y, cluster=cluster), by, *rest, **options)
    for label in found:
        own = by == label
        if np.unique(y[own]).size == 1:
            continue
        rows = array_rows(X[own], y[own], cluster=cluster[own])
        expected = own_fit(rows, *rest, **options)
        if isinstance(expected, LogitEngineError):
            assert str(found.refusals[label]) == str(expected)
        else:
            np.testing.assert_allclose(found[label].estimates, expected.estimates, rtol=1e-9)
            np.testing.assert_allclose(found[label].std_errors, expected.std_errors, rtol=1e-9)
            assert found[label].covariance_type == expected.covariance_type


def test_weights_and_offsets_count() -> None:
    X, y, by = shops(3, groups=10, most=200)
    rng = np.random.default_rng(3)
    weight, offset = rng.integers(1, 4, by.size), rng.standard_normal(by.size)
    found = fit_groups(array_rows(X, y, weight=weight, offset=offset), by)
    own = by == 9
    expected = fit(array_rows(X[own], y[own], weight=weight[own], offset=offset[own]))
    np.testing.assert_array_equal(found[9].estimates, expected.estimates)
    assert found[9].loglik == expected.loglik


def test_several_classes_are_fitted_by_group() -> None:
    rng = np.random.default_rng(5)
    X, by = rng.standard_normal((900, 2)), np.arange(900) % 3
    y = (X[:, 0] + rng.gumbel(size=(3, 900))).argmax(axis=0)
    found = fit_groups(array_rows(X, y, classes=("a", "b", "c")), by, Multinomial(2))
    own = by == 1
    expected = fit(array_rows(X[own], y[own], classes=("a", "b", "c")), Multinomial(2))
    np.testing.assert_array_equal(found[1].estimates, expected.estimates)
    assert found.table.estimates.shape == (3, 6)


def test_collinear_columns_are_left_to_fit() -> None:
    X, y, by = shops(4, groups=8, most=200)
    nearly = np.column_stack([X[:, 0], X[:, 0] + 1e-5 * X[:, 1]])
    found = fit_groups(array_rows(nearly, y), by)
    assert len(found.apart) == len(found)
    same = fit_groups(array_rows(np.column_stack([X[:, 0], X[:, 0]]), y), by)
    assert len(same.refusals) == len(same)


@pytest.mark.parametrize("away", [10.0, 30.0, 1e4])
def test_columns_far_from_zero_keep_the_promised_digits(away: float) -> None:
    X, y, by = shops(10, groups=4, most=300)
    near, far = (fit_groups(array_rows(at, y), by) for at in (X, np.round(X, 8) + away))
    exact = fit_groups(array_rows(np.round(X, 8) + away - away, y), by)
    assert near.apart.keys() == far.apart.keys()
    own = np.setdiff1d(np.arange(4), list(far.apart))
    assert own.size
    slopes = np.s_[own, 1:]
    np.testing.assert_allclose(far.std_errors[slopes], exact.std_errors[slopes], rtol=1e-13)
    difference = np.abs(far.table.estimates[slopes] - exact.table.estimates[slopes])
    assert (difference <= 1e-13 * exact.std_errors[slopes]).all()
    intercepts = exact.table.estimates[own, 0] - away * exact.table.estimates[slopes].sum(axis=1)
    np.testing.assert_allclose(far.table.estimates[own, 0], intercepts, rtol=1e-12)


def test_a_constant_with_rounding_is_left_to_fit() -> None:
    X, y, by = shops(11, groups=3, most=200)
    X[:, 1] = 1e8 * (1.0 + np.finfo(float).eps * (X[:, 1] > 0.0))
    found = fit_groups(array_rows(X, y), by)
    assert len(found.apart) == len(found)
    X[:, 1] = 1e-155 * X[:, 2]
    found = fit_groups(array_rows(X, y), by)
    assert "their squares vanish" in str(found.refusals[2])


def test_codes_stay_codes() -> None:
    rows = coded_rows(400, (300,), numbers=1)
    groups = group_fits._grouped_rows(rows, np.arange(400) % 2)
    own = groups.rows_of(1).X
    np.testing.assert_array_equal(own.dot(np.eye(301)), rows.X.dot(np.eye(301))[1::2])
    assert isinstance(own, SideBySide)
    assert [type(part) for part in own.parts] == [Constant, Dense, Coded]


def test_no_number_of_threads_changes_a_bit() -> None:
    X, y, by = shops(6, groups=200)
    one, two = (fit_groups(array_rows(X, y), by, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.table.estimates, two.table.estimates)
    np.testing.assert_array_equal(one.table.covariance, two.table.covariance)


def test_labels_may_be_text_and_are_asked_for_each_row() -> None:
    X, y, by = shops(7, groups=4, most=200)
    names = np.array(["a", "b", "c", "d"])[by]
    found = fit_groups(array_rows(X, y), names)
    assert found.labels == ("a", "b", "c", "d")
    assert found["d"].status.verdict is Verdict.CONVERGED
    with pytest.raises(KeyError):
        found["e"]
    with pytest.raises(DataError, match=r"by has shape \(3,\); one label for each of the"):
        fit_groups(array_rows(X, y), by[:3])
    with pytest.raises(UsageError, match="by has two columns"):
        fit_groups(array_rows(X, y), np.column_stack([by, by]))
    with pytest.raises(TypeError, match="penalti"):
        fit_groups(array_rows(X, y), by, penalti=L2(1.0))


def test_times_and_tables_are_labels() -> None:
    X, y, by = shops(7, groups=4, most=200)
    days = np.datetime64("2026-11-01", "ns") + by * np.timedelta64(1, "D")
    found = fit_groups(array_rows(X, y), days)
    assert found[datetime(2026, 11, 4)].n == np.count_nonzero(by == 3)
    ticks = np.datetime64("2026-11-01", "ns") + by * np.timedelta64(1, "ns")
    assert fit_groups(array_rows(X, y), ticks)[ticks[by == 3][0]].n == np.count_nonzero(by == 3)
    assert fit_groups(array_rows(X, y), by[:, None]).labels == (0, 1, 2, 3)


def test_classes_have_their_names_and_are_counted() -> None:
    X, y, by = shops(12, groups=4, most=200)
    found = fit_groups(array_rows(X, y.astype(int), classes=("no", "yes")), by)
    assert found[3].classes == ("no", "yes")
    three = array_rows(X, np.arange(by.size) % 3, classes=("a", "b", "c"))
    with pytest.raises(UsageError, match=r"give Multinomial\(2\)"):
        fit_groups(three, by)


def test_a_separated_group_says_so_and_stops_no_other() -> None:
    X, y, by = shops(8, groups=6, most=400)
    y[by == 3] = (X[by == 3, 0] > 0.0).astype(float)
    found = fit_groups(array_rows(X, y), by)
    assert isinstance(found.refusals[3], SeparationError)
    assert found[5].converged


def test_stacks_hold_groups_of_about_equal_size() -> None:
    X, y, by = shops(9, groups=300, most=900)
    groups = group_fits._grouped_rows(array_rows(X, y), by)
    for which in groups.stacks():
        sizes = groups.sizes[which]
        assert sizes.max() <= group_fits.MAX_SIZE_RATIO * sizes.min()
        assert which.size * sizes.max() * 4 <= group_fits.MAX_STACK_NUMBERS
