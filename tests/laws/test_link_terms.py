"""Terms of a row are the derivatives of the exact log-probability, and finite at 800."""

import pickle

import mpmath
import numpy as np
import pytest

from logit_engine.links import Link
from logit_engine.links.law import event_terms, law_terms, nonevent_terms
from tests.support.every_link import EACH_LINK, EXACT_CURVES

mpmath.mp.dps = 250
POINTS = (-30.0, -9.0, -7.5, -3.0, -0.5, 0.0, 0.7, 2.0, 3.5)


def log_probability(name: str, event: bool) -> object:
    """log F or log(1 - F) as a function of mpmath's numbers."""
    return lambda t: mpmath.log(EXACT_CURVES[name](t)[0 if event else 1])


@pytest.mark.parametrize("event", [True, False])
@EACH_LINK
def test_row_terms_are_the_derivatives_of_the_exact_log_probability(
    link: Link, event: bool
) -> None:
    terms = (event_terms if event else nonevent_terms)(link, np.array(POINTS))
    exact = log_probability(link.name, event)
    for i, point in enumerate(POINTS):
        value, slope, bend = (float(mpmath.diff(exact, mpmath.mpf(point), k)) for k in range(3))
        assert terms.loglik[i] == pytest.approx(value, rel=1e-12, abs=1e-300)
        assert terms.score[i] == pytest.approx(slope, rel=1e-12, abs=1e-300)
        assert terms.curvature[i] == pytest.approx(-bend, rel=1e-11, abs=1e-25)


@EACH_LINK
def test_closed_forms_equal_the_law(link: Link) -> None:
    eta = np.linspace(-4.0, 2.5, 60)
    for event, closed in ((True, event_terms(link, eta)), (False, nonevent_terms(link, eta))):
        for a, b in zip(closed, law_terms(link, eta, event), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@EACH_LINK
def test_the_score_of_either_outcome_in_one_is_that_of_the_terms(link: Link) -> None:
    if link.residual is None:
        return
    eta = np.concatenate([np.linspace(-60.0, 60.0, 481), [-1e3, 1e3, -1e150, 1e150]])
    with np.errstate(over="ignore"):
        events, others = event_terms(link, eta).score, nonevent_terms(link, eta).score
        mixed = 0.25 * events + 0.75 * others
    for y, score in ((1.0, events), (0.0, others), (0.25, mixed)):
        found, known = link.residual(eta, np.full(eta.size, y)), np.isfinite(score)
        assert np.isfinite(found[known]).all()
        np.testing.assert_allclose(found[known], score[known], rtol=1e-14, atol=1e-15)


@EACH_LINK
def test_terms_are_finite_at_800_wherever_the_truth_is(link: Link) -> None:
    eta = np.array([-800.0, 800.0])
    terms = event_terms(link, eta)
    finite = [True, True] if link.name != "loglog" else [False, True]  # exp(800) is beyond a double
    assert np.isfinite(terms.loglik).tolist() == finite
    assert np.isfinite(terms.curvature).tolist() == finite


@EACH_LINK
def test_links_travel_to_other_processes(link: Link) -> None:
    assert pickle.loads(pickle.dumps(link)) == link
