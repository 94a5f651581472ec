"""Warnings point at the caller's line, and a loop over fits shows each once."""

import warnings

import numpy as np
import pandas as pd
import pytest

from logit_engine.discrete import Logit, MNLogit, logit
from logit_engine.errors import SeparationWarning
from logit_engine.estimators import LogisticRegression

N = 120


def data() -> tuple[np.ndarray, np.ndarray]:
    """A switch under which every outcome is one."""
    rng = np.random.default_rng(1)
    X = np.column_stack([np.ones(N), rng.standard_normal(N), (rng.random(N) < 0.1).astype(float)])
    y = (rng.random(N) < 0.5).astype(float)
    y[X[:, 2] == 1] = 1.0
    return y, X


def fits() -> dict[str, object]:
    """Calls that warn of separation, each by another way into the package."""
    y, X = data()
    frame = pd.DataFrame({"y": y, "a": X[:, 1], "d": X[:, 2]})
    separated = Logit(y, X).fit(disp=0, on_separation="ignore")
    return {
        "fit": lambda: Logit(y, X).fit(disp=0),
        "bfgs": lambda: Logit(y, X).fit(disp=0, method="bfgs"),
        "constrained": lambda: Logit(y, X).fit_constrained("x1 = 0.1", disp=0),
        "several": lambda: MNLogit(y + (X[:, 1] > 1), X).fit(disp=0),
        "formula": lambda: logit("y ~ a + C(d)", frame).fit(disp=0),
        "wald": lambda: separated.wald_test("x2 = 0"),
        "f": lambda: separated.f_test("x2 = 0"),
        "estimator": lambda: LogisticRegression(C=np.inf).fit(X[:, 1:], y),
    }


@pytest.mark.parametrize("way", list(fits()))
def test_a_warning_points_here_and_is_said_once_in_a_loop(way: str) -> None:
    call = fits()[way]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            call()
    assert [issubclass(found.category, SeparationWarning) for found in caught] == [True]
    assert caught[0].filename == __file__


def test_who_listens_anew_or_always_hears_it_again() -> None:
    call = fits()["formula"]
    heard = []
    for rule in ("default", "default", "always"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter(rule)
            call()
            call()
        heard.append(len(caught))
    assert heard == [1, 1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            with pytest.raises(SeparationWarning):
                call()
