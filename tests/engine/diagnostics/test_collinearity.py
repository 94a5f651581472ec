"""Collinear columns are named as combinations of others, the constant among them."""

import numpy as np
import pandas as pd
import pytest

from logit_engine import LOGIT, Bernoulli, Multinomial, array_rows, fit
from logit_engine.diagnostics.collinearity import nearly_collinear
from logit_engine.discrete import logit
from logit_engine.errors import RankError

N = 200


def data() -> tuple[np.ndarray, np.ndarray]:
    """Two columns far from zero, and an outcome."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((N, 2)) + 50.0
    return X, (X[:, 0] - 50.0 + rng.logistic(size=N) > 0).astype(float)


@pytest.mark.parametrize(
    ("more", "sources"),
    [
        (lambda X: X[:, 0], "'x1'"),
        (lambda X: X[:, 0] - 2.0 * X[:, 1], "'x1', 'x2'"),
        (lambda X: X[:, 0] + 3.0, "'intercept', 'x1'"),
        (lambda X: 1.0 - X[:, 0] - X[:, 1], "'intercept', 'x1', 'x2'"),
    ],
)
def test_a_combination_names_the_constant_where_it_has_a_part(more, sources: str) -> None:
    X, y = data()
    for shift in (0.0, 50.0):  # near zero columns are not centered
        Z = X - shift
        with pytest.raises(
            RankError, match=rf"^column 'x3' is a linear combination of {sources}\. Drop"
        ):
            fit(array_rows(np.column_stack([Z, more(Z)]), y))


def test_a_spline_that_holds_the_constant_names_it() -> None:
    X, y = data()
    frame = pd.DataFrame({"y": y, "x": X[:, 0]})
    with pytest.raises(
        RankError, match=r"^column 'cr\(x, df=4\)\[3\]' is a linear combination of 'Intercept', 'cr"
    ):
        logit("y ~ cr(x, df=4)", frame).fit(disp=0)


@pytest.mark.parametrize("several", [False, True])
def test_the_note_on_the_condition_number_names_the_columns(several: bool) -> None:
    rng = np.random.default_rng(3)
    X = rng.standard_normal((N, 4))
    X[:, 3] = X[:, 0] + X[:, 1] + 1e-11 * rng.standard_normal(N)
    code = np.digitize(X[:, 2] + rng.logistic(size=N), [-1.0, 1.0] if several else [0.0])
    rows = array_rows(
        X, code, names=["a", "b", "c", "sum"], classes=["u", "v", "w"] if several else ()
    )
    notes = fit(rows, Multinomial(2) if several else Bernoulli(LOGIT)).notes
    (note,) = [note for note in notes if "condition number" in note]
    assert "the columns 'a', 'b', 'sum' are nearly collinear" in note


def test_only_columns_of_the_combination_are_named() -> None:
    rng = np.random.default_rng(4)
    X = rng.standard_normal((50, 5)) * [1.0, 1e-6, 1e6, 1.0, 1.0]
    X[:, 4] = X[:, 1] * 3e5 + 1e-10 * rng.standard_normal(50)
    R = np.linalg.qr(X)[1]
    assert nearly_collinear(R, 1e-8) == [1, 4]
    assert nearly_collinear(np.linalg.qr(rng.standard_normal((50, 5)))[1], 1e-8) == []
