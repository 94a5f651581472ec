"""Separation is named with its column, direction and rows, whatever the method."""

import numpy as np
import pytest

from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit
from logit_engine.errors import (
    SeparationError,
    SeparationWarning,
)
from tests.support.bad_input import METHODS, good_sample, quiet


def quasi_separated() -> tuple[np.ndarray, np.ndarray]:
    """x1 + x2 where 8 of 200 rows, all events, have x2 = x1 + 1."""
    X, y = good_sample()
    X[:, 2] = X[:, 1]
    X[np.flatnonzero(y == 1.0)[:8], 2] += 1.0
    return X, y


def test_complete_separation_names_column_direction_and_rows() -> None:
    X, _ = good_sample()
    y = (X[:, 1] > 0.1).astype(float)
    message = (
        r"column 'x1' predicts y perfectly: y = 1 in every row with x1 above -?\d.*no finite "
        "estimate.*set a penalty"
    )
    with pytest.raises(SeparationError, match=message):
        quiet(Logit(y, X), on_separation="error")
    with pytest.warns(SeparationWarning, match=message):
        r = quiet(Logit(y, X))
    assert not r.converged
    assert r.infinite[1] == 1
    assert np.isfinite(r.params).all()


@pytest.mark.parametrize("model", [Logit, Probit, CLogLog])
@pytest.mark.parametrize("method", METHODS)
def test_quasi_separation_in_four_percent_of_the_rows_gets_one_verdict(
    method: str, model: type
) -> None:
    X, y = quasi_separated()
    match = (
        r"a combination of 'x1' \(-inf\), 'x2' \(\+inf\) predicts y perfectly in 8 of 200 rows "
        r"\(rows \d+, "
    )
    with pytest.warns(SeparationWarning, match=match):
        r = quiet(model(y, X), method=method)
    assert not r.converged
    assert r.infinite.tolist() == [0, -1, 1]


def test_separation_can_be_ignored_but_not_hidden() -> None:
    X, y = quasi_separated()
    r = quiet(Logit(y, X), on_separation="ignore")
    assert not r.converged
    assert "predicts y perfectly in 8 of 200 rows" in " ".join(str(r.summary()).split())


@pytest.mark.parametrize("method", ["newton", "bfgs", "lbfgs"])
def test_separable_classes_get_a_verdict(method: str) -> None:
    X, _ = good_sample()
    classes = np.where(X[:, 1] > 0.5, "c", np.where(X[:, 1] > -0.5, "b", "a"))
    with pytest.warns(SeparationWarning, match=r"'x1 \(c\)' \(\+inf\)"):
        r = quiet(MNLogit(classes, X), method=method)
    assert not r.converged
