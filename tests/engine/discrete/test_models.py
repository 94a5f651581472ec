"""Curves, classes and bases of the models are statsmodels' own, or refused by name."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm

import logit_engine.discrete as ours
from logit_engine.errors import DataError, UsageError
from tests.support.samples import drawn_sample, latent_sample

ETA = np.array([-6.0, -0.5, 0.0, 2.0])


@pytest.mark.parametrize("name", ["Logit", "Probit"])
def test_the_curve_and_its_slope_are_statsmodels_own(name: str) -> None:
    X, y = drawn_sample(50, [0.2, 0.5], constant=True)
    mine, theirs = getattr(ours, name)(y, X), getattr(sm, name)(y, X)
    np.testing.assert_allclose(mine.cdf(ETA), theirs.cdf(ETA), rtol=1e-12)
    np.testing.assert_allclose(mine.pdf(ETA), theirs.pdf(ETA), rtol=1e-12)


def test_probabilities_of_classes_are_statsmodels_own_and_have_no_slope() -> None:
    X, code = latent_sample(80, [0.2, 0.5], constant=True, cuts=[-0.5, 0.9])
    mine, theirs = ours.MNLogit(code, X), sm.MNLogit(code, X)
    eta = np.column_stack([ETA, ETA[::-1]])
    np.testing.assert_allclose(mine.cdf(eta), theirs.cdf(eta), rtol=1e-12)
    with pytest.raises(UsageError, match="no density of a linear predictor"):
        mine.pdf(eta)


def test_likelihood_and_score_come_together_as_statsmodels_gives_them() -> None:
    X, code = latent_sample(80, [0.2, 0.5], constant=True, cuts=[-0.5, 0.9])
    mine, theirs = ours.MNLogit(code, X), sm.MNLogit(code, X)
    params = np.linspace(-0.3, 0.3, 4)
    value, score = mine.loglike_and_score(params)
    expected = theirs.loglike_and_score(params)
    np.testing.assert_allclose(value, expected[0], rtol=1e-12)
    np.testing.assert_allclose(score, expected[1], rtol=1e-9, atol=1e-10)


def test_a_base_that_is_no_class_is_refused_with_the_classes() -> None:
    X, code = latent_sample(80, [0.2, 0.5], constant=True, cuts=[-0.5, 0.9])
    with pytest.raises(UsageError, match=r"base is 7, which is no class of 'y': \[0, 1, 2\]"):
        ours.MNLogit(code, X, base=7)


def test_one_class_is_refused() -> None:
    X, _ = drawn_sample(20, [0.2, 0.5], constant=True)
    with pytest.raises(DataError, match="is 'a' in every row; a model needs at least two classes"):
        ours.MNLogit(np.full(20, "a", dtype=object), X)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_classes_come_in_their_declared_order(library: str) -> None:
    X, code = latent_sample(80, [0.2, 0.5], constant=True, cuts=[-0.5, 0.9])
    words = np.array(["low", "mid", "high"])[code]
    if library == "pandas":
        outcome = pd.Series(pd.Categorical(words, categories=["low", "mid", "high"]), name="y")
    else:
        outcome = pl.Series("y", words.tolist(), dtype=pl.Enum(["low", "mid", "high"]))
    assert ours.MNLogit(outcome, X).classes == ["low", "mid", "high"]
