"""A model's link and family answer as statsmodels' own, in both directions."""

import numpy as np
import pytest
import statsmodels.api as sm

from logit_engine.discrete import CLogLog, Logit, Probit
from tests.support.samples import drawn_sample

LINKS = {
    Logit: sm.families.links.Logit(),
    Probit: sm.families.links.Probit(),
    CLogLog: sm.families.links.CLogLog(),
}
EACH_LINK = pytest.mark.parametrize(
    ("model", "theirs"), LINKS.items(), ids=[model.__name__ for model in LINKS]
)
PROBABILITIES = np.array([1e-6, 1e-3, 0.2, 0.5, 0.8, 1.0 - 1e-6])


@EACH_LINK
def test_a_link_takes_a_probability_to_its_predictor_and_back(model: type, theirs) -> None:
    X, y = drawn_sample(50, [0.2, 0.5], constant=True)
    link = model(y, X).link
    eta = theirs(PROBABILITIES)
    np.testing.assert_allclose(link(PROBABILITIES), eta, rtol=1e-8)
    np.testing.assert_allclose(link.inverse(eta), PROBABILITIES, rtol=1e-8)
    np.testing.assert_allclose(link.inverse_deriv(eta), theirs.inverse_deriv(eta), rtol=1e-6)
    np.testing.assert_allclose(link.deriv(PROBABILITIES), theirs.deriv(PROBABILITIES), rtol=1e-6)


def test_the_ends_of_the_probabilities_are_infinitely_far_without_a_warning() -> None:
    X, y = drawn_sample(50, [0.2, 0.5], constant=True)
    np.testing.assert_array_equal(Logit(y, X).link([0.0, 1.0]), [-np.inf, np.inf])


def test_a_family_has_its_link_and_the_binomial_variance() -> None:
    X, y = drawn_sample(50, [0.2, 0.5], constant=True)
    family = Probit(y, X).family
    assert str(family.link) == "probit"
    binomial = sm.families.Binomial()
    np.testing.assert_allclose(family.variance(PROBABILITIES), binomial.variance(PROBABILITIES))
