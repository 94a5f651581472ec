"""Constraints are read as patsy reads them, and refused with the place of the fault."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patsy import DesignInfo

from logit_engine.constraints import Equalities, linear_equalities, linear_inequalities
from logit_engine.constraints.equations import null_space
from logit_engine.errors import UsageError

NAMES = (
    "const",
    "x1",
    "x2",
    "x3",
    "x11",
    "C(x)[T.b]",
    "C(x)[T.b c]",
    "x1:x2",
    "I(x ** 2)",
    "np.log(x)",
    "1_x1",
)

ACCEPTED_BY_PATSY = [
    "x1",
    "x1 = x2",
    "x1 = x2, 2*x3 - x11 = 1",
    "(x1 + x2)/2 = 0, const",
    "x1 = x2 = 0",
    "x1 = x2 = x3 = 1.5e-1",
    "(x1 = x2), (x3 = 2), (x11/1829 = 1)",
    "(x1 = 1, x2 = 2), x3",
    "-x1 - -(x2 - 3) * 2 / 4 = +.5 - x2",
    "2 * x1 = (x1 + 2 * x1) / 3",
    "C(x)[T.b] = C(x)[T.b c]",
    "x1:x2 - x1 * 3 = I(x ** 2) + 1",
    "np.log(x)=1_x1",
    "1_x1 + 1 = 2",
    ["x1 = x2", "x3, const = 1"],
    {"x1": 0.5, "I(x ** 2)": -2},
    {0: 1.0, "x1": 2},
    np.eye(11)[2:5],
    np.arange(11.0),
    (np.eye(11)[:2], [1.0, 2.0]),
    (np.eye(11)[:2], [[1.0], [2.0]]),
    (np.eye(11)[3], 4),
]


@pytest.mark.parametrize("spec", ACCEPTED_BY_PATSY, ids=str)
def test_equalities_are_those_that_patsy_reads(spec: Any) -> None:
    ours, patsys = linear_equalities(spec, NAMES), DesignInfo(NAMES).linear_constraint(spec)
    np.testing.assert_allclose(ours.R, patsys.coefs, rtol=1e-15, atol=1e-16)
    np.testing.assert_allclose(ours.q, patsys.constants[:, 0], rtol=1e-15, atol=1e-16)


numbers = st.integers(1, 99).map(str) | st.floats(0.01, 99.0).map(repr)
products = st.builds("{}*{}".format, numbers, st.sampled_from(NAMES)) | st.builds(
    "{}/{}".format, st.sampled_from(NAMES), numbers
)
sums = st.recursive(
    st.sampled_from(NAMES) | numbers | products,
    lambda inner: (
        st.builds("{} + {}".format, inner, inner)
        | st.builds("{}-({})".format, inner, inner)
        | st.builds("-({}) * {}".format, inner, numbers)
    ),
    max_leaves=6,
)


@given(left=sums, right=sums)
def test_sums_of_any_shape_are_read_as_patsy_reads_them(left: str, right: str) -> None:
    text, names = f"anchor + {left} = {right}", (*NAMES, "anchor")
    ours, patsys = linear_equalities(text, names), DesignInfo(names).linear_constraint(text)
    np.testing.assert_allclose(ours.R, patsys.coefs, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(ours.q, patsys.constants[:, 0], rtol=1e-12, atol=1e-9)


def test_a_mapping_may_hold_sums_on_both_sides() -> None:
    ours = linear_equalities({"x1 + x2": "x3 - 1", "const": "0.5"}, NAMES)
    expected = linear_equalities("x1 + x2 = x3 - 1, const = 0.5", NAMES)
    np.testing.assert_array_equal(ours.R, expected.R)
    np.testing.assert_array_equal(ours.q, expected.q)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            "x1 = cost",
            "no coefficient is called 'cost', at character 6 of 'x1 = cost'; did you mean 'const'?",
        ),
        (
            "C(x)[T.z]",
            "no coefficient is called 'C(x)[T.z]', at character 1 of 'C(x)[T.z]'; did you mean "
            "'C(x)[T.b]'?",
        ),
        (
            "2x1 = 0",
            "no coefficient is called '2x1', at character 1 of '2x1 = 0'; did you mean 'x1'?",
        ),
        (
            "x1 = ",
            "found the end, at character 6 of 'x1 = '; a name, a number or '(' was expected.",
        ),
        (
            "x1 + = 2",
            "found '=', at character 6 of 'x1 + = 2'; a name, a number or '(' was expected.",
        ),
        ("x1 == x2", "found '==' where only '=' can stand, at character 4 of 'x1 == x2'."),
        ("x1 >= 2", "found '>=' where only '=' can stand, at character 4 of 'x1 >= 2'."),
        ("(x1 = 2", "a bracket is not closed, at character 8 of '(x1 = 2'."),
        (
            "x1 x2",
            "found 'x' where an operator or a comma was expected, at character 4 of 'x1 x2'.",
        ),
        (
            "(x1 = 0) + 2",
            "a constraint cannot be part of a sum, at character 13 of '(x1 = 0) + 2'.",
        ),
        ("x1 / 0 = 1", "found a division by zero, at character 7 of 'x1 / 0 = 1'."),
        ("x1, 1 = 1", "no coefficient is left in the constraint '1 = 1'."),
        ("__import__('os')", "no coefficient is called '__import__('os')', at character 1"),
        ("(" * 5000, "found too many brackets within brackets"),
        (
            {"x1": None},
            "the constraint on 'x1' is None; give a finite number or a sum of coefficients.",
        ),
        ({11: 1.0}, "there is no coefficient at position 11; there are 11, counted from 0."),
        (np.eye(3), "R has shape (3, 3); one column for each of the 11 coefficients is needed."),
        ((np.eye(11), [1.0, 2.0]), "q has 2 values; one for each of the 11 rows of R is needed."),
        ((np.eye(11), 1.0, 2.0), "a tuple of constraints is a pair (R, q); this one has 3 parts."),
        (np.full(11, np.nan), "R and q hold values that are not finite."),
        ({}, "constraints are text, a mapping, a matrix R of numbers, or a pair (R, q)."),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused_with_its_place(spec: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        linear_equalities(spec, NAMES)
    assert sentence in str(refused.value)


def test_products_of_coefficients_are_refused() -> None:
    for text in ("x1 * x2 = 0", "1 / x1 = 2"):
        with pytest.raises(UsageError, match="constraints are linear, at character"):
            linear_equalities(text, NAMES)


def test_a_name_that_two_coefficients_share_cannot_be_used() -> None:
    with pytest.raises(UsageError, match="several coefficients are called 'x'; give a matrix R"):
        linear_equalities("x = 0", ("x", "z", "x"))
    assert linear_equalities("z = 0", ("x", "z", "x")).R.tolist() == [[0.0, 1.0, 0.0]]


def random_equalities(p: int, m: int, seed: int) -> Equalities:
    """m constraints on p coefficients, some of which are in none of them, with a known solution."""
    rng = np.random.default_rng(seed)
    R = rng.integers(-3, 4, (m, p)) * (rng.random(p) < 0.7)
    return linear_equalities((R, R @ rng.standard_normal(p)), [f"x{j}" for j in range(p)])


@given(p=st.integers(1, 9), m=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_the_null_space_holds_every_free_direction_and_no_other(p: int, m: int, seed: int) -> None:
    equalities = random_equalities(p, m, seed)
    free = null_space(equalities)
    rank = np.linalg.matrix_rank(equalities.R)
    assert free.basis.shape == (p, p - rank)
    assert len(free.notes) == m - rank
    np.testing.assert_allclose(equalities.R @ free.basis, 0.0, atol=1e-12)
    np.testing.assert_allclose(free.basis.T @ free.basis, np.eye(p - rank), atol=1e-14)


def test_coefficients_that_no_constraint_mentions_are_untouched() -> None:
    free = null_space(linear_equalities("x2 = 0.3", ("x1", "x2", "x3")))
    np.testing.assert_array_equal(free.basis, [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])


def test_a_constraint_that_follows_from_others_is_dropped_and_said() -> None:
    free = null_space(linear_equalities("x1 = x2, x2 = x3, x3 = x1, 3*x11 = 1, x11 = 1/3", NAMES))
    assert free.notes == (
        "The constraint '-x1 + x3 = 0' follows from 'x1 - x2 = 0' and 'x2 - x3 = 0' and was "
        "dropped.",
        "The constraint 'x11 = 0.333333' follows from '3*x11 = 1' and was dropped.",
    )


def test_constraints_that_contradict_each_other_are_named() -> None:
    with pytest.raises(UsageError) as refused:
        null_space(linear_equalities("x3 = 5, x1 = 1, x2 = 2, x1 + x2 = 4", NAMES))
    assert str(refused.value) == (
        "the constraint 'x1 + x2 = 4' contradicts 'x1 = 1' and 'x2 = 2'; drop one of them."
    )
    with pytest.raises(UsageError, match="'0 = 1' holds for no coefficients"):
        null_space(linear_equalities((np.zeros(2), 1.0), ("a", "b")))


def test_nearly_equal_constraints_are_two() -> None:
    free = null_space(linear_equalities("x1 = 0, x1 = 1e-8*x2", NAMES))
    assert free.basis.shape[1] == len(NAMES) - 2


def test_inequalities_become_bounds_where_they_concern_one_coefficient() -> None:
    found = linear_inequalities(
        "x1 >= 0, x2 <= x3, -2*x3 >= 4, 0 <= const + 1 <= 3, x1 >= -1", NAMES
    )
    assert found.lower[:4].tolist() == [-1.0, 0.0, -np.inf, -np.inf]
    assert found.upper[:4].tolist() == [2.0, np.inf, np.inf, -2.0]
    assert np.isneginf(found.lower[4:]).all()
    assert np.isposinf(found.upper[4:]).all()
    assert found.R.tolist() == [[0.0, 0.0, -1.0, 1.0] + [0.0] * 7]
    assert found.q.tolist() == [0.0]


def test_inequalities_may_be_matrices_or_lists_of_texts() -> None:
    pair = linear_inequalities((np.eye(3)[[0, 0]] + np.eye(3)[[1, 0]], [1.0, 4.0]), ("a", "b", "c"))
    texts = linear_inequalities(["a + b >= 1", "a >= 2"], ("a", "b", "c"))
    for field in ("lower", "upper", "R", "q"):
        np.testing.assert_array_equal(getattr(pair, field), getattr(texts, field))


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("x1", "a relation is missing where only '>=' and '<=' can stand, at character 3 of 'x1'."),
        ("x1 > 0", "found '>' where only '>=' and '<=' can stand, at character 4 of 'x1 > 0'."),
        ("x1 = 0", "found '=' where only '>=' and '<=' can stand, at character 4 of 'x1 = 0'."),
        ("x1 >= 2, x1 <= 1", "'x1 >= 2' and 'x1 <= 1' contradict each other."),
        (np.eye(11), "inequalities are text, a list of texts, or a pair (R, q) for R theta >= q."),
    ],
    ids=str,
)
def test_inequalities_that_cannot_be_read_are_refused(spec: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        linear_inequalities(spec, NAMES)
    assert str(refused.value) == sentence
