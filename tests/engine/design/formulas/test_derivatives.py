"""The slope of every expression of a formula, against central differences of formulaic's values."""

import numpy as np
import pandas as pd
import pytest

from logit_engine.design.formulas.derivatives import (
    RULES,
    STEP_FUNCTIONS,
    expression_slope,
    piecewise_slope,
)
from logit_engine.design.formulas.design import formula_design
from logit_engine.design.formulas.language import FUNCTIONS, ROW_FUNCTIONS
from logit_engine.design.formulas.matrices import encode

RANDOM = np.random.default_rng(0)
N = 60
ROWS = pd.DataFrame(
    {
        "x": RANDOM.uniform(0.2, 0.8, N),
        "z": RANDOM.uniform(0.1, 2.0, N),
        "my col": RANDOM.uniform(1.0, 2.0, N),
        "k": RANDOM.integers(1, 5, N),
        "y": RANDOM.integers(0, 2, N),
    }
)
BINARY = ("power", "float_power", "hypot", "logaddexp", "arctan2", "minimum", "maximum", "mod")
EXPRESSIONS = [
    *(
        f"np.{name}(x)"
        for name in RULES
        if name in ROW_FUNCTIONS and name not in (*BINARY, "clip", "where")
    ),
    *(f"np.{name}(x, z)" for name in BINARY),
    *(f"np.{name}(z, x ** 2)" for name in BINARY),
    "np.clip(x, 0.3, 0.6)",
    "np.clip(z, a_min=x, a_max=1.0)",
    "np.where(x > 0.5, x ** 2, z * x)",
    "bs(x, df=5)",
    "bs(x, df=6, degree=2)",
    "bs(x, knots=[0.41, 0.52], lower_bound=0, upper_bound=1)",
    "bs(np.log(x), df=4)",
    "bs(x, df=5, include_intercept=True)",
    "cr(x, df=4)",
    "cc(x, df=4)",
    "poly(x, 5)",
    "cr(x, df=4, constraints='center')",
    "poly(x * z, 2)",
    "poly(x, 2, raw=True)",
    "center(x)",
    "scale(x)",
    "standardize(x)",
    "I(center(x) ** 2)",
    "np.exp(center(x) * scale(z))",
    "log(x)",
    "log2(x)",
    "log10(x)",
    "exp(x)",
    "I(x * k)",
    "I(x / (1 + x) ** 2 - z)",
    "I(2 ** x)",
    "I(x ** z)",
    "I(x ** -2)",
    "I(-x + +z)",
    "I(x % 0.07)",
    "I((x > 0.5) * x)",
    "I(`my col` * x)",
    "Q('my col')",
    "I(np.pi * x + np.round(z) + x // 5)",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_slope_of_an_expression_is_that_of_its_values(expression: str) -> None:
    column = "my col" if "my col" in expression else "x"
    model = formula_design(f"y ~ 0 + {expression}", ROWS).spec.model
    factor = next(
        iter(factor.expr for factor in model.factors if factor.expr in model.encoder_state)
    )
    found = expression_slope(factor, column, ROWS, model.transform_state)
    values = ROWS[column]
    inner = ((values > values.min()) & (values < values.max())).to_numpy()
    h = 1e-6
    up, down = (encode(model, ROWS[inner].assign(**{column: values[inner] + s})) for s in (h, -h))
    expected = (up - down) / (2.0 * h)
    np.testing.assert_allclose(
        found[inner].reshape(expected.shape),
        expected,
        rtol=1e-6,
        atol=1e-7 * np.abs(expected).max(),
    )


def test_every_function_of_the_language_has_a_rule_or_is_a_step() -> None:
    assert {*STEP_FUNCTIONS} == {
        *("sign", "floor", "ceil", "trunc", "rint", "round", "floor_divide"),
        *("logical_and", "logical_or", "logical_not", "logical_xor", "equal", "not_equal"),
        *("less", "less_equal", "greater", "greater_equal"),
    }
    tried = " ".join(EXPRESSIONS)
    known = {
        *(f"np.{name}" for name in STEP_FUNCTIONS),
        "C",
        "Treatment",
        "Sum",
        "Helmert",
        "Diff",
        "Poly",
        "np.absolute",
    }
    assert [name for name in FUNCTIONS if f"{name}(" not in tried and name not in known] == []


def test_polynomials_between_knots_are_differentiated_to_rounding_at_their_ends_too() -> None:
    u = np.array([0.0, 0.3, 1.0, 1.5, 2.0])

    def pieces(values: np.ndarray) -> np.ndarray:
        return np.where(values < 1.0, values**3, 3.0 * values - 2.0 + (values - 1.0) ** 3)

    expected = np.where(u < 1.0, 3.0 * u**2, 3.0 + 3.0 * (u - 1.0) ** 2)
    np.testing.assert_allclose(
        piecewise_slope(pieces, u, [0.0, 1.0, 2.0], 3), expected, rtol=1e-13, atol=1e-13
    )
