"""Margins of a formula's variables are total derivatives, against differences of predict."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf

import logit_engine.discrete as ours
from logit_engine.errors import DataError, UnavailableError

N = 160
RANDOM = np.random.default_rng(4)
DATA = pd.DataFrame(
    {
        "x": RANDOM.uniform(0.5, 3.0, N),
        "z": RANDOM.normal(size=N),
        "k": RANDOM.integers(0, 4, N),
        "d": RANDOM.integers(0, 2, N),
        "g": RANDOM.choice(["a", "b", "c"], N),
        "flag": RANDOM.random(N) < 0.5,
        "my col": RANDOM.uniform(1.0, 2.0, N),
        "w": RANDOM.integers(1, 3, N).astype(float),
    }
)
ETA = 1.2 * DATA["x"] - 0.5 * DATA["x"] ** 2 + 0.4 * DATA["z"] * DATA["d"] + (DATA["g"] == "b")
DATA["y"] = (RANDOM.random(N) < 1.0 / (1.0 + np.exp(-ETA))).astype(float)
DATA["c"] = np.where(RANDOM.random(N) < 0.3, "u", np.where(DATA["y"] > 0.0, "v", "w"))
SPLINES = "bs(x, df=4, lower_bound=0.0, upper_bound=4.0)"
FORMULAS = {
    "x + I(x ** 2)": ["x"],
    "x*z": ["x", "z"],
    "x:z + np.log(x)": ["x", "z"],
    f"{SPLINES} + z": ["x", "z"],
    "cr(x, df=3, constraints='center') + z": ["x", "z"],
    "cc(x, df=3, constraints='center')*d": ["x", "d"],
    "poly(x, 3) + d": ["x", "d"],
    "poly(np.exp(z / 3), 2):x": ["z", "x"],
    "standardize(x)*C(g)": ["x"],
    "center(x)*scale(z) + I(x*z - x/(1 + z**2))": ["x", "z"],
    "np.where(x > 1.5, x ** 2, z) + np.sqrt(x)": ["x", "z"],
    "`my col`*x + Q('my col'):z": ["my col", "x", "z"],
    "x*z*d": ["x", "z", "d"],
    "I(x ** k)": ["x", "k"],
}


def model(formula: str, name: str = "logit", data: Any = DATA, **options: Any) -> Any:
    left = "c" if name == "mnlogit" else "y"
    return getattr(ours, name)(f"{left} ~ {formula}", data, **options).fit(disp=0)


def slopes(
    r: Any, column: str, data: pd.DataFrame, method: str = "dydx", h: float = 1e-5
) -> np.ndarray:
    """Effects of a column at each row, (n, C), by a central difference of predict."""

    def probability(shift: float) -> np.ndarray:
        found = np.asarray(r.predict(data.assign(**{column: data[column] + shift}))).reshape(
            len(data), -1
        )
        return np.log(found) if method.startswith("ey") else found

    found = (probability(h) - probability(-h)) / (2.0 * h)
    return found * data[[column]].to_numpy(dtype=float) if method.endswith("ex") else found


def errors(r: Any, effects: Callable[[Any], np.ndarray]) -> np.ndarray:
    """The delta method's standard errors of effects, by differences in each parameter."""
    flat = np.asarray(r.params).ravel(order="F")
    V = np.asarray(r.cov_params())
    encoded: dict[bytes, np.ndarray] = {}

    class At:
        def __init__(self, theta: np.ndarray) -> None:
            self.theta = theta

        def predict(self, data: pd.DataFrame) -> np.ndarray:
            key = pd.util.hash_pandas_object(data, index=False).to_numpy().tobytes()
            if key not in encoded:
                encoded[key] = r.model.design.encode(data)
            return r.model.predict(self.theta, encoded[key])

    def at(theta: np.ndarray) -> np.ndarray:
        return effects(At(theta)).ravel()

    steps = 1e-4 * np.sqrt(np.diagonal(V)) * np.eye(flat.size)
    J = np.stack([(at(flat + s) - at(flat - s)) / (2.0 * s.max()) for s in steps], axis=1)
    return np.sqrt(np.einsum("ij,jk,ik->i", J, V, J))


@pytest.mark.parametrize(
    ("formula", "method"),
    [*((formula, "dydx") for formula in FORMULAS), ("x*z", "eyex"), (f"{SPLINES} + z", "eydx")],
)
def test_an_effect_is_the_total_derivative_of_the_variable(formula: str, method: str) -> None:
    r = model(formula)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = r.get_margeff(method=method)
    inner = DATA
    if "cc(" in formula:  # at the ends the period starts anew
        inner = DATA[(DATA["x"] > DATA["x"].min()) & (DATA["x"] < DATA["x"].max())]
        r = model(formula, data=inner)
        found = r.get_margeff(method=method)
        rows = inner[(inner["x"] > inner["x"].min()) & (inner["x"] < inner["x"].max())]
        every = dict(
            zip(found.names, r.get_margeff(at="all", method=method).margeff.T, strict=True)
        )
        expected = slopes(r, "x", rows, method)[:, 0]
        np.testing.assert_allclose(
            every["x"][inner.index.get_indexer(rows.index)], expected, rtol=1e-5, atol=1e-8
        )
        return
    for column in FORMULAS[formula]:
        expected = slopes(r, column, inner, method).mean(axis=0)
        at = found.names.index(column)
        np.testing.assert_allclose(found.margeff[at], expected[0], rtol=1e-6, atol=1e-8)
    se = errors(
        r, lambda m: np.array([slopes(m, c, inner, method).mean(axis=0) for c in FORMULAS[formula]])
    )
    mine = [found.margeff_se[found.names.index(column)] for column in FORMULAS[formula]]
    np.testing.assert_allclose(mine, se, rtol=2e-4)


@pytest.mark.parametrize("name", ["probit", "cloglog", "mnlogit"])
def test_effects_of_all_models_are_total_derivatives_with_their_errors(name: str) -> None:
    r = model(f"x*C(g) + I(x ** 2) + {SPLINES.replace('x,', 'z,').replace('0.0', '-5.0')}", name)
    found = r.get_margeff()
    shaped = np.asarray(found.margeff).reshape(len(found.names), -1)
    mine = np.asarray(found.margeff_se).reshape(shaped.shape)
    for column in ("x", "z"):
        at = found.names.index(column)
        np.testing.assert_allclose(
            shaped[at], slopes(r, column, DATA).mean(axis=0), rtol=1e-6, atol=1e-9
        )
        np.testing.assert_allclose(
            mine[at], errors(r, lambda m, c=column: slopes(m, c, DATA).mean(axis=0)), rtol=2e-4
        )


def test_effects_are_weighted_keep_offsets_and_come_of_polars() -> None:
    r = model("x + I(x ** 2)", freq_weights=DATA["w"], offset=DATA["z"])
    repeated = DATA.loc[DATA.index.repeat(DATA["w"].astype(int))].reset_index(drop=True)
    twice = model("x + I(x ** 2)", data=repeated, offset=repeated["z"])
    for at in ("overall", "mean", "median", "zero"):
        a, b = r.get_margeff(at=at), twice.get_margeff(at=at)
        np.testing.assert_allclose(a.margeff, b.margeff, rtol=1e-9)
        np.testing.assert_allclose(a.margeff_se, b.margeff_se, rtol=1e-9)
    frame = pl.from_pandas(DATA)
    plain, polars = model("x*C(g)"), model("x*C(g)", data=frame)
    np.testing.assert_allclose(
        polars.get_margeff().margeff, plain.get_margeff().margeff, rtol=1e-12
    )


@pytest.mark.parametrize("at", ["mean", "median", "zero"])
def test_a_place_is_one_of_variables_not_of_columns(at: str) -> None:
    r = model("x + I(x ** 2) + z + k")
    centers = {"mean": DATA.mean(numeric_only=True), "median": DATA.median(numeric_only=True)}
    zero = pd.Series(0.0, index=["x", "z", "k"])
    one = pd.DataFrame([centers.get(at, zero)[["x", "z", "k"]]])
    found = r.get_margeff(at=at)
    assert found.names == ["x", "z", "k"]
    for j, column in enumerate(found.names):
        np.testing.assert_allclose(found.margeff[j], slopes(r, column, one)[0, 0], rtol=1e-6)


def test_values_of_variables_are_fixed_through_all_their_terms() -> None:
    r = model("x*C(g) + I(x ** 2) + z")
    fixed = DATA.assign(x=2.0)
    found = r.get_margeff(atexog={"x": 2.0})
    np.testing.assert_allclose(
        found.margeff[found.names.index("z")], slopes(r, "z", fixed).mean(), rtol=1e-6
    )
    np.testing.assert_allclose(
        found.margeff[found.names.index("x")], slopes(r, "x", fixed).mean(), rtol=1e-6
    )
    in_b = r.get_margeff(atexog={"g": "b", "z": DATA["z"].to_numpy() * 0.5})
    moved = DATA.assign(g="b", z=DATA["z"] * 0.5)
    np.testing.assert_allclose(
        in_b.margeff[in_b.names.index("x")], slopes(r, "x", moved).mean(), rtol=1e-6
    )
    position = r.model.exog_names.index("x")
    np.testing.assert_array_equal(r.get_margeff(atexog={position: 2.0}).margeff, found.margeff)
    at_mean = r.get_margeff(at="mean", atexog={"g": "b"})
    one = DATA[["x", "z"]].mean().to_frame().T.assign(g="b")
    np.testing.assert_allclose(
        at_mean.margeff[at_mean.names.index("x")], slopes(r, "x", one)[0, 0], rtol=1e-6
    )
    for bad, message in (
        ({"q": 1.0}, "atexog: 'q' is no variable of the formula: x, g, z"),
        ({"I(x ** 2)": 1.0}, r"atexog: 'I\(x \*\* 2\)' is no variable of the formula"),
        (np.zeros(6), "atexog of a formula's margins names variables, as in"),
        ({"x": [1.0, 2.0]}, "atexog 'x' has 2 values; give one, or one for each of the 160 rows"),
    ):
        with pytest.raises(ValueError, match=message):
            r.get_margeff(atexog=bad)
    with pytest.raises(DataError, match="levels that were not in the training rows: 'q'"):
        r.get_margeff(atexog={"g": "q"})


def test_a_category_changes_from_its_reference_to_each_level() -> None:
    for formula in (
        "x + C(g)",
        "x*C(g)",
        "g + np.log(x)",
        "x*C(g, Treatment('c'))",
        "x + C(g, Sum)",
    ):
        r = model(formula)
        found = r.get_margeff(dummy=True)
        reference = "c" if "'c'" in formula else "a"
        for level in {"a", "b", "c"} - {reference}:
            at = next(
                i
                for i, name in enumerate(found.names)
                if name.endswith((f"T.{level}]", f"){[level]}".replace("'", "")))
            )
            change = r.predict(DATA.assign(g=level)) - r.predict(DATA.assign(g=reference))
            np.testing.assert_allclose(found.margeff[at], change.mean(), rtol=1e-10)

            def effect(m: Any, to: str = level, by: str = reference) -> np.ndarray:
                return np.mean(
                    m.predict(DATA.assign(g=to)) - m.predict(DATA.assign(g=by)), keepdims=True
                )

            np.testing.assert_allclose(found.margeff_se[at], errors(r, effect)[0], rtol=2e-4)


def test_zeros_and_ones_and_counts_change_by_one_through_all_their_terms() -> None:
    r = model("x*d + k + I(k ** 2)")
    found = r.get_margeff(dummy=True, count=True)
    change = r.predict(DATA.assign(d=1)) - r.predict(DATA.assign(d=0))
    np.testing.assert_allclose(found.margeff[found.names.index("d")], change.mean(), rtol=1e-10)
    change = r.predict(DATA.assign(k=DATA["k"] + 1)) - r.predict(DATA.assign(k=DATA["k"] - 1))
    np.testing.assert_allclose(
        found.margeff[found.names.index("k")], 0.5 * change.mean(), rtol=1e-10
    )
    with pytest.raises(
        ValueError, match="method eyex makes no sense for a change of a whole number"
    ):
        r.get_margeff(method="eyex", dummy=True)


def test_conditions_and_flags_move_all_that_reads_them() -> None:
    r = model("x + I(x > 1.5) + flag*z + np.where(flag, x, z)")
    found = r.get_margeff(dummy=True)
    assert found.names == ["I(x > 1.5)[T.True]", "flag[T.True]", "x", "z"]
    change = r.predict(DATA.assign(flag=True)) - r.predict(DATA.assign(flag=False))
    np.testing.assert_allclose(found.margeff[1], change.mean(), rtol=1e-10)
    np.testing.assert_allclose(found.margeff[3], slopes(r, "z", DATA).mean(), rtol=1e-6)
    away = DATA[np.abs(DATA["x"] - 1.5) > 1e-3]
    np.testing.assert_allclose(
        r.get_margeff(at="all").margeff[away.index, 2],
        slopes(r, "x", away)[:, 0],
        rtol=1e-5,
        atol=1e-9,
    )
    only = model("x + np.where(g == 'b', x, z)")
    change = only.predict(DATA.assign(g="b")) - only.predict(DATA.assign(g="a"))
    table = only.get_margeff(dummy=True).summary_frame()
    np.testing.assert_allclose(table.loc["g[T.b]", "dy/dx"], change.mean(), rtol=1e-10)


@pytest.fixture(scope="module")
def plain() -> tuple[Any, Any]:
    """A fit of plain columns, ours and statsmodels'."""
    return model("x + z + C(g) + d"), smf.logit("y ~ x + z + C(g) + d", DATA).fit(disp=0, tol=1e-12)


@pytest.mark.parametrize("at", ["overall", "mean", "median", "zero", "all"])
@pytest.mark.parametrize("method", ["dydx", "eyex", "dyex", "eydx"])
def test_formulas_of_plain_columns_have_statsmodels_numbers(
    plain: tuple[Any, Any], method: str, at: str
) -> None:
    mine, theirs = plain
    a, b = mine.get_margeff(at=at, method=method), theirs.get_margeff(at=at, method=method)
    np.testing.assert_allclose(a.margeff, b.margeff, rtol=1e-6, atol=1e-12)
    if at != "all":
        with np.errstate(invalid="ignore"):  # statsmodels divides zero by zero
            assert list(a.summary_frame().index) == list(b.summary_frame().index)
        np.testing.assert_allclose(a.margeff_se, b.margeff_se, rtol=1e-5)


def test_categories_beside_curves_keep_statsmodels_numbers_of_their_own_columns() -> None:
    mine, theirs = (
        model("x + I(x ** 2) + C(g)"),
        smf.logit("y ~ x + I(x ** 2) + C(g)", DATA).fit(disp=0, tol=1e-12),
    )
    for at in ("overall", "median"):
        a, b = (r.get_margeff(at=at).summary_frame() for r in (mine, theirs))
        assert list(a.index) == ["C(g)[T.b]", "C(g)[T.c]", "x"]
        if at == "overall":
            np.testing.assert_allclose(a.iloc[:2, :2], b.iloc[:2, :2], rtol=1e-5)


def test_a_slope_that_is_not_finite_is_refused_by_row() -> None:
    data = DATA.assign(x=np.where(DATA.index == 7, 0.0, DATA["x"]))
    r = model("np.sqrt(x) + z", data=data)
    with pytest.raises(
        DataError, match=r"the derivative of 'np.sqrt\(x\)' in 'x' is not finite in 1 of .* row 7\)"
    ):
        r.get_margeff()
    with pytest.raises(DataError, match=r"'np.log\(x\)' is not finite in 1 of 1 rows"):
        model("np.log(x) + z").get_margeff(at="zero")


def test_results_that_forgot_their_rows_say_so() -> None:
    r = model("x + I(x ** 2)")
    r.remove_data()
    with pytest.raises(UnavailableError, match="this model has no data"):
        r.get_margeff()
