"""Options of a fit: one value with the keywords and defaults of `fit`, and no keyword beside
them.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
import pytest

from logit_engine import (
    L2,
    Bernoulli,
    LogisticRegression,
    LogisticRegressionCV,
    Logit,
    array_rows,
    fit,
)
from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.steps import fit_rows
from logit_engine.links import LOGIT
from logit_engine.rows.memory import MemoryRows


def table() -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((80, 2))
    return X, (X[:, 0] + rng.logistic(size=80) > 0.0).astype(float)


def rows() -> MemoryRows:
    return array_rows(*table())


def test_the_keywords_of_fit_are_the_options() -> None:
    keywords = {
        name: one.default
        for name, one in inspect.signature(fit).parameters.items()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert keywords == {field.name: field.default for field in fields(FitOptions)}
    assert MISSING not in keywords.values()


def test_options_give_the_fit_of_their_keywords() -> None:
    one = fit(rows(), penalty=L2(2.0))
    other = fit_rows(rows(), Bernoulli(LOGIT), FitOptions(penalty=L2(2.0)))
    np.testing.assert_array_equal(one.estimates, other.estimates)
    assert one.status == other.status


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="penalti"):
        fit(rows(), penalti=L2(2.0))  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="penalti"):
        FitOptions(penalti=L2(2.0))  # type: ignore[call-arg]


CALLS = {
    "Logit": lambda X, y: Logit(y, X, penalti=1.0),
    "Logit.fit": lambda X, y: Logit(y, X).fit(disp=False, penalti=1.0),
    "Logit.fit, an option of the engine": lambda X, y: Logit(y, X).fit(disp=False, threads=1),
    "Logit.fit, an argument of fit_regularized": lambda X, y: Logit(y, X).fit(
        disp=False, alpha=1.0
    ),
    "Logit.fit_regularized": lambda X, y: Logit(y, X).fit_regularized(disp=False, penalti=1.0),
    "Logit.fit_constrained": lambda X, y: Logit(y, X).fit_constrained("x1 = 0", penalti=1.0),
    "LogisticRegression": lambda X, y: LogisticRegression(penalti=1.0),  # type: ignore[call-arg]
    "LogisticRegression.fit": lambda X, y: LogisticRegression().fit(X, y, penalti=1.0),  # type: ignore[call-arg]
    "LogisticRegressionCV": lambda X, y: LogisticRegressionCV(penalti=1.0),  # type: ignore[call-arg]
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_unknown_keyword_of_a_face_is_a_type_error(call: Callable[..., Any]) -> None:
    X, y = table()
    with pytest.raises(TypeError):
        call(X, y)


def test_texts_are_refused_when_the_options_are_built() -> None:
    with pytest.raises(UsageError, match="penalty is 'l2'"):
        FitOptions(penalty="l2")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="covariance_type is 'HC0'"):
        FitOptions(covariance_type="HC0")  # type: ignore[arg-type]
