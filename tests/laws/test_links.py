"""Every link against mpmath in both tails, and the laws of a response curve."""

import mpmath as mp
import numpy as np
import pytest

from logit_engine.links import CLOGLOG, LINKS, LOGLOG, Link
from logit_engine.links.law import event_terms, nonevent_terms
from tests.support.every_link import EACH_LINK, EXACT_CURVES

EPS = float(np.finfo(float).eps)
CURVES = ("cdf", "log_cdf", "log_sf", "log_pdf", "dlog_pdf")

# Both tails to 800, where exp(eta) leaves the doubles; the places where the code changes its
# formula, from both sides; zero.
SIZES = (
    1e-300,
    1e-17,
    1e-9,
    1e-3,
    0.3,
    0.7,
    1.0,
    1.5,
    2.5,
    4.0,
    6.5,
    7.99,
    8.01,
    19.9,
    20.1,
    37.0,
    38.5,
    120.0,
    700.0,
    800.0,
)
POINTS = np.array(
    [*(-size for size in reversed(SIZES)), -np.log(2.0), np.log(np.log(2.0)), 0.0, *SIZES]
)


def exact_curves(name: str, t: float) -> dict[str, float]:
    """The five functions at t, rounded once."""
    F, S, f, slope = EXACT_CURVES[name](mp.mpf(t))
    logs = (mp.log(F) if F < 0.5 else mp.log1p(-S), mp.log(S) if S < 0.5 else mp.log1p(-F))
    return {name: float(v) for name, v in zip(CURVES, (F, *logs, mp.log(f), slope), strict=True)}


def assert_close(found: float, true: float, relative: float, what: str) -> None:
    """Equal to so many relative digits; below the normal doubles, to half of the smallest of
    those.
    """
    if np.isinf(true):
        assert found == true, f"{what}: {found} for {true}"
    else:
        assert abs(found - true) <= relative * abs(true) + 2.0**-1023, (
            f"{what}: {found!r} for {true!r}"
        )


@EACH_LINK
@pytest.mark.parametrize("curve", CURVES)
def test_each_curve_is_exact_to_1e_13_in_both_tails(link: Link, curve: str) -> None:
    """To 1e-13, and where the value is an exponential to two roundings of the exponent, which
    cannot be told apart.
    """
    found = getattr(link, curve)(POINTS)
    with mp.workdps(60):
        for i, t in enumerate(POINTS):
            true = exact_curves(link.name, float(t))
            exponent = {
                "cdf": true["log_cdf"],
                "log_cdf": true["log_sf"],
                "log_sf": true["log_cdf"],
            }.get(curve, 0.0)
            tail = abs(exponent) if np.isfinite(exponent) else 0.0
            assert_close(found[i], true[curve], 1e-13 + 2.0 * EPS * tail, f"{curve} at {t}")


@EACH_LINK
@pytest.mark.parametrize("event", [True, False])
def test_score_and_curvature_are_exact_in_both_tails(link: Link, event: bool) -> None:
    """s = f/P to 1e-12 and s (s - dlog f) to 1e-11, of the larger term where a link is not
    concave and they cancel.
    """
    terms = (event_terms if event else nonevent_terms)(link, POINTS)
    with mp.workdps(800):  # the difference cancels 347 digits at 800
        for i, t in enumerate(POINTS):
            F, S, f, slope = EXACT_CURVES[link.name](mp.mpf(float(t)))
            score = f / F if event else -f / S
            assert_close(terms.score[i], float(score), 1e-12, f"score at {t}")
            curvature = score * (score - slope)
            difference = 1 if link.log_concave else max(1, abs(score * slope / curvature))
            assert_close(
                terms.curvature[i], float(curvature), float(1e-11 * difference), f"curvature at {t}"
            )


@pytest.mark.parametrize("size", [1e4, 1e8, 1e100, 1e150])
def test_cauchits_tails_reach_far(size: float) -> None:
    eta = np.array([-size, size])
    with mp.workdps(400):
        for curve in CURVES:
            found = getattr(LINKS["cauchit"], curve)(eta)
            for i, t in enumerate(eta):
                assert_close(
                    found[i], exact_curves("cauchit", float(t))[curve], 1e-13, f"{curve} at {t}"
                )


@EACH_LINK
def test_both_outcomes_share_the_whole_probability(link: Link) -> None:
    eta = np.linspace(-40.0, 40.0, 4001)
    np.testing.assert_allclose(
        np.exp(link.log_cdf(eta)) + np.exp(link.log_sf(eta)), 1.0, rtol=0.0, atol=4.0 * EPS
    )
    np.testing.assert_allclose(
        link.cdf(eta) + np.exp(link.log_sf(eta)), 1.0, rtol=0.0, atol=4.0 * EPS
    )


@EACH_LINK
def test_the_mirror_image_of_a_link_is_itself_or_its_partner(link: Link) -> None:
    eta = np.linspace(-40.0, 40.0, 4001)
    mirror = {"cloglog": LOGLOG, "loglog": CLOGLOG}.get(link.name, link)
    assert link.symmetric == (mirror is link)
    np.testing.assert_array_equal(link.log_sf(eta), mirror.log_cdf(-eta))
    np.testing.assert_array_equal(link.log_pdf(eta), mirror.log_pdf(-eta))
    np.testing.assert_array_equal(link.dlog_pdf(eta), -mirror.dlog_pdf(-eta))
    np.testing.assert_allclose(link.cdf(eta) + mirror.cdf(-eta), 1.0, rtol=0.0, atol=2.0 * EPS)


@EACH_LINK
def test_each_curve_rises_strictly(link: Link) -> None:
    """The log-odds on a fine grid; F itself never falls, and neither does it leave [0, 1]."""
    eta = np.linspace(-700.0, 700.0, 28_001)
    with np.errstate(invalid="ignore"):
        odds = link.log_cdf(eta) - link.log_sf(eta)
    finite = np.isfinite(odds)
    assert finite[np.abs(eta) < 6.0].all()
    assert (np.diff(odds[finite]) > 0.0).all()
    F = link.cdf(eta)
    assert (np.diff(F) >= 0.0).all()
    assert F.min() >= 0.0
    assert F.max() <= 1.0
