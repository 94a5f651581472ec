"""Notes on naive standard errors agree with the numbers beside them."""

import pickle
from dataclasses import fields

import numpy as np
import pytest

from logit_engine import HC0, L2, Bernoulli, Multinomial, array_rows, fit
from logit_engine.constraints import linear_equalities, linear_inequalities
from logit_engine.estimators import LogisticRegression
from logit_engine.links import PROBIT
from logit_engine.penalties import ElasticNet, Penalty, group_lasso, lasso
from tests.support.samples import Sample, latent_sample

NAMES = ("intercept", "x1", "x2", "x3", "x4")
FREE = np.r_[0.0, np.ones(4)]
NOT_GIVEN = "Standard errors are not given after a penalized fit: the penalty biases the estimates."
NAIVE = "The penalty biases the estimates: standard errors after it are naive, as if "
PENALTIES: dict[str, tuple[Penalty, str]] = {
    "l2": (L2(3.0), "it did not."),
    "ridge": (ElasticNet(0.0 * FREE, 2.0 * FREE), "it did not."),
    "lasso": (lasso(12.0 * FREE), "its zeros were known."),
    "elastic net": (ElasticNet(12.0 * FREE, 2.0 * FREE), "its zeros were known."),
    "groups": (group_lasso([-1, 0, 0, 1, 1], 9.0), "its zeros were known."),
}


def data() -> Sample:
    return latent_sample(200, [1.0, 0.4, 0.0, 0.0], seed=1)


@pytest.mark.parametrize("case", PENALTIES)
def test_the_notes_agree_with_the_numbers_beside_them(case: str) -> None:
    penalty, ending = PENALTIES[case]
    rows = array_rows(*data())
    naive = fit(rows, penalty=penalty, naive=True)
    assert np.isfinite(naive.std_errors).tolist() == (naive.estimates != 0.0).tolist()
    assert NAIVE + ending in naive.notes
    assert NOT_GIVEN not in naive.notes
    plain = fit(rows, penalty=penalty)
    assert np.isnan(plain.std_errors).all()
    assert NOT_GIVEN in plain.notes
    assert not any("naive" in note for note in plain.notes)


@pytest.mark.parametrize("case", PENALTIES)
def test_naive_without_a_covariance_gives_the_estimates_alone(case: str) -> None:
    penalty, _ = PENALTIES[case]
    rows = array_rows(*data())
    alone = fit(rows, penalty=penalty, naive=True, covariance_type=None)
    assert np.isnan(alone.std_errors).all()
    assert not any("naive" in note for note in alone.notes)
    np.testing.assert_allclose(
        alone.estimates, fit(rows, penalty=penalty, naive=True).estimates, atol=1e-9
    )


@pytest.mark.parametrize("case", ["l2", "elastic net"])
def test_naive_covariances_are_the_inverse_information_of_what_is_not_zero(case: str) -> None:
    penalty, _ = PENALTIES[case]
    X, y = data()
    Z = np.column_stack([np.ones(200), X])
    found = fit(array_rows(X, y), penalty=penalty, naive=True)
    mu = 1.0 / (1.0 + np.exp(-Z @ found.estimates))
    on = found.estimates != 0.0
    ridge = 3.0 * FREE if isinstance(penalty, L2) else 2.0 * FREE
    H = (Z.T * (mu * (1.0 - mu))) @ Z + np.diag(ridge)
    expected = np.linalg.inv(H[np.ix_(on, on)])
    np.testing.assert_allclose(found.covariance[np.ix_(on, on)], expected, rtol=1e-9)
    robust = fit(array_rows(X, y), penalty=penalty, naive=True, covariance_type=HC0)
    scores = (Z * (y - mu)[:, None])[:, on]
    np.testing.assert_allclose(
        robust.covariance[np.ix_(on, on)],
        expected @ scores.T @ scores @ expected,
        rtol=1e-8,
        atol=1e-12,
    )


def test_coefficients_that_equalities_hold_are_no_parameters() -> None:
    rows = array_rows(*data())
    slope = fit(rows, equalities=linear_equalities("x1 = 1", NAMES))
    assert (slope.df_model, slope.aic) == (3, 8.0 - 2.0 * slope.loglik)
    constant = fit(rows, equalities=linear_equalities("intercept = 0.5", NAMES))
    assert (constant.df_model, constant.aic) == (4, 8.0 - 2.0 * constant.loglik)


def test_coefficients_at_bounds_are_no_parameters_with_and_without_a_net() -> None:
    rows = array_rows(*data())
    limited = fit(rows, inequalities=linear_inequalities("x1 <= 0.2, x2 <= 9", NAMES))
    low, high = np.full(5, -np.inf), np.array([np.inf, 0.2, 9.0, np.inf, np.inf])
    net = fit(rows, penalty=ElasticNet(0.0 * FREE, 0.0 * FREE, low, high))
    for found in (limited, net):
        assert found.estimates[1] == 0.2
        assert (found.df_model, found.aic + 2.0 * found.loglik) == (3, pytest.approx(8.0))


def test_the_first_class_s_intercept_is_no_parameter() -> None:
    X, _ = data()
    code = np.digitize(X[:, 0] + np.sin(np.arange(200.0)), [-0.5, 0.5])
    l1 = np.tile(FREE, 3)
    l1[0] = np.inf
    found = fit(
        array_rows(X, code, classes=["a", "b", "c"]),
        Multinomial(3, base=False),
        penalty=ElasticNet(l1, 0.0 * l1[1] + np.tile(FREE, 3)),
    )
    assert found.fixed == found.fixed_constants == 1
    assert found.df_model == 12


def test_the_note_on_bounds_names_the_columns() -> None:
    X, y = data()
    model = LogisticRegression(
        C=np.inf, bounds=([-np.inf, -np.inf, -np.inf, -np.inf], [0.2, np.inf, np.inf, np.inf])
    )
    notes = model.fit(X, y).inference_.notes
    assert notes[0].startswith("Active inequalities, as if known: -x0 >= -0.2.")


def test_a_penalty_with_another_link_says_the_same() -> None:
    found = fit(array_rows(*data()), Bernoulli(PROBIT), penalty=L2(2.0), naive=True)
    assert NAIVE + "it did not." in found.notes


@pytest.mark.parametrize("naive", [False, True])
def test_a_pickle_is_equal_and_small_where_no_covariance_is_known(naive: bool) -> None:
    rng = np.random.default_rng(2)
    X, code = rng.standard_normal((300, 60)), np.arange(300) % 6
    found = fit(
        array_rows(X, code, classes=list("abcdef")), Multinomial(5), penalty=L2(1.0), naive=naive
    )
    text = pickle.dumps(found)
    again = pickle.loads(text)
    for field in fields(found):
        np.testing.assert_array_equal(
            getattr(again, field.name), getattr(found, field.name), err_msg=field.name
        )
    assert again.covariance.shape == found.covariance.shape
    assert (len(text) < 100_000) != naive
    np.testing.assert_array_equal(again.std_errors, found.std_errors)
    np.testing.assert_array_equal(again.interval(), found.interval())
