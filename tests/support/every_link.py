"""All links of the engine and the sample newcomer, with their curves in mpmath's numbers."""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import pytest

from logit_engine.links import LINKS
from tests.support.newcomer_link import STUDENT2, exact_student2

EVERY_LINK = {**LINKS, STUDENT2.name: STUDENT2}
EACH_LINK = pytest.mark.parametrize("link", EVERY_LINK.values(), ids=EVERY_LINK)


def logit(t: Any) -> tuple[Any, Any, Any, Any]:
    """F, 1 - F, f and the derivative of log f, each without cancellation."""
    F, S = 1 / (1 + mp.exp(-t)), 1 / (1 + mp.exp(t))
    return F, S, F * S, -mp.tanh(t / 2)


def probit(t: Any) -> tuple[Any, Any, Any, Any]:
    """The same of the standard normal."""
    return mp.erfc(-t / mp.sqrt(2)) / 2, mp.erfc(t / mp.sqrt(2)) / 2, mp.npdf(t), -t


def cloglog(t: Any) -> tuple[Any, Any, Any, Any]:
    """The same of 1 - exp(-exp(eta))."""
    u = mp.exp(t)
    return -mp.expm1(-u), mp.exp(-u), u * mp.exp(-u), -mp.expm1(t)


def loglog(t: Any) -> tuple[Any, Any, Any, Any]:
    """The same of exp(-exp(-eta))."""
    F, S, f, slope = cloglog(-t)
    return S, F, f, -slope


def cauchit(t: Any) -> tuple[Any, Any, Any, Any]:
    """The same of the standard Cauchy."""
    return (
        mp.atan2(1, -t) / mp.pi,
        mp.atan2(1, t) / mp.pi,
        1 / (mp.pi * (1 + t * t)),
        -2 * t / (1 + t * t),
    )


EXACT_CURVES: dict[str, Callable[[Any], tuple[Any, Any, Any, Any]]] = {
    "logit": logit,
    "probit": probit,
    "cloglog": cloglog,
    "loglog": loglog,
    "cauchit": cauchit,
    STUDENT2.name: exact_student2,
}
