"""The estimators add to scikit-learn: inference, groups, offsets, factors, bounds, shares."""

import inspect

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.exceptions import NotFittedError

from logit_engine.errors import SeparationWarning, UsageError
from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from logit_engine.reporting.summary import summarize
from tests.support.estimators import PASSED, SCORES, classes, sample


def test_inference_that_is_not_there_is_an_attribute_that_is_not_there():
    unfitted, penalized = LogisticRegression(), LogisticRegression().fit(SCORES, PASSED)
    assert not hasattr(unfitted, "inference_")
    assert not hasattr(penalized, "inference_")
    assert hasattr(LogisticRegression(C=np.inf).fit(SCORES, PASSED), "inference_")
    assert "coef_" in dict(inspect.getmembers(penalized))
    with pytest.raises(NotFittedError, match="not fitted yet; call fit first"):
        _ = unfitted.inference_


@pytest.mark.parametrize("several", [False, True])
def test_a_column_in_no_group_is_left_to_the_l2(several: bool):
    X, code, _ = classes()
    y = code if several else (code > 0).astype(int)
    rest = {"C": 0.02, "l1_ratio": 0.9}
    found = [
        LogisticRegression(penalty_groups=g, **rest).fit(X, y)
        for g in ([0, None, "b"], [0, -1, "b"])
    ]
    np.testing.assert_array_equal(found[0].coef_, found[1].coef_)
    residual = found[0].predict_proba(X) - np.eye(found[0].classes_.size)[y]
    slope = 0.02 * (residual.T @ X)[-found[0].coef_.shape[0] :] + 0.1 * found[0].coef_
    np.testing.assert_allclose(slope[:, 1], 0.0, atol=1e-9)
    assert found[0].coef_[:, 1].all()
    assert np.abs(slope[:, 0]).max() > 1e-3
    alone = LogisticRegression(penalty_groups=[None] * 3, **rest).fit(X, y)
    ridge = LogisticRegression(C=0.2).fit(X, y)
    np.testing.assert_allclose(alone.coef_, ridge.coef_, rtol=1e-7)


# More than scikit-learn
def test_inference_is_given_without_a_penalty_and_refused_with_one():
    X, y = sample()
    found = LogisticRegression(C=np.inf).fit(X, y).inference_
    theirs = sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    np.testing.assert_allclose(found.std_errors, theirs.bse, rtol=1e-9)
    np.testing.assert_allclose(found.p_values, theirs.pvalues, rtol=1e-7)
    with pytest.raises(
        UsageError,
        match="there is no inference after a penalty, which biases the estimates; fit with C=inf",
    ):
        _ = LogisticRegression().fit(X, y).inference_


def test_naive_inference_is_given_when_it_is_asked_for_by_its_name():
    X, y = sample()
    model = LogisticRegression(C=0.05, l1_ratio=1.0, naive_inference=True).fit(X, y)
    found, kept = model.inference_, np.flatnonzero(model.coef_[0])
    assert 0 < kept.size < 3
    design = sm.add_constant(X[:, kept])
    hessian = sm.Logit(y, design).hessian(np.r_[model.intercept_, model.coef_[0, kept]])
    errors = np.sqrt(np.diagonal(np.linalg.inv(-hessian)))
    np.testing.assert_allclose(found.std_errors[[0, *kept + 1]], errors, rtol=1e-8)
    assert np.isnan(np.delete(found.std_errors, [0, *kept + 1])).all()
    assert "standard errors after it are naive" in " ".join(found.notes)
    chosen = LogisticRegressionCV(Cs=3, naive_inference=True).fit(X, y)
    again = LogisticRegression(C=chosen.C_, naive_inference=True).fit(X, y)
    np.testing.assert_allclose(chosen.inference_.p_values, again.inference_.p_values, rtol=1e-8)
    with pytest.raises(
        UsageError,
        match=r"there is no inference .* or with naive_inference=True to take it all the same",
    ):
        _ = LogisticRegression(C=0.05, l1_ratio=1.0).fit(X, y).inference_
    X, y, _ = classes()
    together = LogisticRegression(
        C=0.05, l1_ratio=1.0, penalty_groups=[0, 0, 1], naive_inference=True
    ).fit(X, y)
    with pytest.raises(UsageError, match="the information is singular where the penalty left off"):
        _ = together.inference_  # only differences between the classes are known


def test_separated_classes_are_named_and_still_predicted():
    random = np.random.default_rng(0)
    X = random.standard_normal((300, 2))
    code = random.integers(0, 3, 300)
    X, y = np.c_[X, (code == 0) * 2.0], np.array(["ash", "birch", "cedar"])[code]
    model = LogisticRegression(C=np.inf)
    with pytest.warns(SeparationWarning, match=r"'x2 \(birch\)' \(-inf\).* predicts y perfectly"):
        model.fit(X, y)
    assert (model.predict(X)[code == 0] == "ash").all()
    assert model.score(X, y) > 0.6


def test_inference_of_several_classes_names_each_contrast_and_agrees_with_statsmodels():
    X, code, _ = classes()
    y = np.array(["ash", "birch", "cedar"])[code]
    model = LogisticRegression(C=np.inf).fit(X, y)
    found, peer = (
        model.inference_,
        sm.MNLogit(code, sm.add_constant(X)).fit(disp=0, method="newton"),
    )
    terms, labels = ("intercept", "x0", "x1", "x2"), tuple(np.unique(y).tolist())
    assert found.coefficient_names == tuple(
        f"{name} ({label})" for label in labels[1:] for name in terms
    )
    np.testing.assert_allclose(found.estimates, peer.params.ravel(order="F"), rtol=1e-7)
    np.testing.assert_allclose(found.std_errors, peer.bse.ravel(order="F"), rtol=1e-7)
    own = np.vstack([np.zeros(len(terms)), found.estimates.reshape(-1, len(terms))])
    np.testing.assert_allclose(model.coef_, (own - own.mean(axis=0))[:, 1:], atol=1e-12)
    table = summarize(found)
    assert table.startswith("Multinomial regression")
    assert all(f"{label}, against ash" in table for label in labels[1:])


def test_naive_inference_of_several_classes_names_every_class_and_the_intercept_that_is_zero():
    X, code, _ = classes()
    found = (
        LogisticRegression(C=0.1, naive_inference=True)
        .fit(X, np.array(["ash", "birch", "cedar"])[code])
        .inference_
    )
    assert len(found.coefficient_names) == found.estimates.size
    assert found.coefficient_names[0] == "intercept (ash)"
    table = summarize(found)
    assert "none (penalized)" not in table
    assert "nonrobust, naive (penalized)" in table
    assert "\nash\nintercept " in table
    assert "The first class's intercept is zero by choice" in table


@pytest.mark.parametrize("several", [False, True])
def test_grouped_columns_are_zero_together_and_stand_at_the_optimum(several: bool):
    random = np.random.default_rng(3)
    X = random.normal(size=(400, 9))
    y = np.digitize(
        X[:, 0] - X[:, 1] + random.logistic(size=400), [-1.0, 1.0] if several else [0.0]
    )
    labels = np.array(["a", "a", "a", "b", "b", "c", "c", "c", "d"])
    C, ratio, factor = 0.05, 0.8, np.array([1, 2, 1, 1, 1, 1, 0, 1, 0.5])
    model = LogisticRegression(
        C=C, l1_ratio=ratio, penalty_factor=factor, penalty_groups=labels
    ).fit(X, y)
    residual = model.predict_proba(X) - np.eye(model.classes_.size)[y]
    W = model.coef_
    slope = C * (residual.T @ X)[-W.shape[0] :] + (1.0 - ratio) * factor * W
    np.testing.assert_allclose(residual.sum(axis=0), 0.0, atol=1e-8)
    np.testing.assert_allclose(slope[:, 6], 0.0, atol=1e-8)  # a factor of 0 leaves its group
    for label in "abcd":
        on = (labels == label) & (factor > 0.0)
        strength, weight = ratio * np.sqrt(on.sum()), factor[on]
        size = np.linalg.norm(weight * W[:, on])
        if size == 0.0:
            assert np.linalg.norm(slope[:, on] / weight) <= strength + 1e-9
        else:
            assert W[:, on].all()
            np.testing.assert_allclose(
                slope[:, on] + strength * weight**2 * W[:, on] / size, 0.0, atol=1e-8
            )
    assert W[:, 0].all()
    assert not W[:, 3].any()


def test_single_columns_as_groups_are_the_lasso_and_cross_validation_takes_groups_and_bounds():
    X, y = sample()
    alone = LogisticRegression(C=0.1, l1_ratio=1.0, penalty_groups=[0, 1, 2]).fit(X, y)
    lasso = LogisticRegression(C=0.1, l1_ratio=1.0).fit(X, y)
    np.testing.assert_allclose(alone.coef_, lasso.coef_, atol=1e-9)
    tuned = LogisticRegressionCV(Cs=5, l1_ratios=(1.0,), penalty_groups=[0, 0, 1]).fit(X, y)
    again = LogisticRegression(C=tuned.C_, l1_ratio=1.0, penalty_groups=[0, 0, 1]).fit(X, y)
    np.testing.assert_allclose(tuned.coef_, again.coef_, atol=1e-9)
    zero = tuned.coefs_paths_[..., 0, :3] == 0.0
    np.testing.assert_array_equal(zero[..., 0], zero[..., 1])
    signed = LogisticRegressionCV(Cs=5, l1_ratios=(0.5,), bounds=(0.0, np.inf)).fit(X, y)
    again = LogisticRegression(C=signed.C_, l1_ratio=0.5, bounds=(0.0, np.inf)).fit(X, y)
    np.testing.assert_allclose(signed.coef_, again.coef_, atol=1e-9)
    assert (signed.coefs_paths_[..., :3] >= 0.0).all()
    with pytest.raises(
        UsageError,
        match=r"penalty_groups has shape \(2,\); give one label for each of the 3 columns",
    ):
        LogisticRegression(penalty_groups=[0, 1]).fit(X, y)


def test_offsets_factors_and_bounds_are_heard():
    X, y = sample()
    shift = np.sin(np.arange(300))
    offset = LogisticRegression(C=np.inf).fit(X, y, offset=shift)
    peer = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), offset=shift).fit(tol=1e-14)
    np.testing.assert_allclose(np.r_[offset.intercept_, offset.coef_[0]], peer.params, rtol=1e-8)
    np.testing.assert_allclose(
        offset.predict_proba(X, offset=shift)[:, 1], peer.fittedvalues, rtol=1e-9
    )
    free = LogisticRegression(C=1e-6, penalty_factor=[0, 1, 1]).fit(X, y)
    alone = LogisticRegression(C=np.inf).fit(X[:, :1], y)
    np.testing.assert_allclose(free.coef_[0, 0], alone.coef_[0, 0], rtol=1e-3)
    assert np.abs(free.coef_[0, 1:]).max() < 1e-2
    bounded = LogisticRegression(bounds=(0.0, np.inf)).fit(X, y)
    assert (bounded.coef_ >= -1e-12).all()
    assert bounded.coef_[0, 1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("C", [0.05, np.inf])
def test_signs_are_kept_to_the_last_bit_and_the_others_are_the_fit_without_those_at_zero(
    C: float, l1_ratio: float
):
    X, y = sample(seed=5)
    free = LogisticRegression(C=C, l1_ratio=l1_ratio).fit(X, y).coef_[0]
    # every sign turned but the last
    low, high = (
        np.where(free > 0.0, -np.inf, 0.0),
        np.where(free > 0.0, 0.0, np.inf),
    )
    low[-1], high[-1] = (0.0, np.inf) if free[-1] > 0.0 else (-np.inf, 0.0)
    signed = LogisticRegression(C=C, l1_ratio=l1_ratio, bounds=(low, high)).fit(X, y)
    kept = np.flatnonzero(signed.coef_[0])
    assert ((signed.coef_[0] >= low) & (signed.coef_[0] <= high)).all()
    assert kept.size < X.shape[1]
    again = LogisticRegression(C=C, l1_ratio=l1_ratio).fit(X[:, kept], y)
    np.testing.assert_allclose(signed.coef_[0, kept], again.coef_[0], atol=1e-8)


def test_shares_of_events_are_events_and_non_events_in_their_measure():
    X, y = sample()
    share = np.where(np.arange(300) % 3 == 0, 0.25, y)
    twice = np.r_[np.ones(300), np.zeros(300)]
    model = LogisticRegression(C=0.5).fit(X, share)
    both = LogisticRegression(C=0.5).fit(np.vstack([X, X]), twice, np.r_[share, 1.0 - share])
    np.testing.assert_allclose(model.coef_, both.coef_, rtol=1e-10)


def test_a_prediction_without_the_offset_of_the_fit_says_so() -> None:
    rng = np.random.default_rng(7)
    X, offset = rng.standard_normal((100, 2)), rng.standard_normal(100)
    y = X[:, 0] + offset + rng.logistic(size=100) > 0
    model = LogisticRegression().fit(X, y, offset=offset)
    with pytest.warns(UserWarning, match="fitted with an offset; rows are predicted with 0 unless"):
        found = model.predict_proba(X)
    np.testing.assert_array_equal(found, model.predict_proba(X, offset=np.zeros(100)))
    with pytest.warns(UserWarning, match="fitted with an offset"):
        model.predict(X)
    model.fit(X, y).predict(X)
