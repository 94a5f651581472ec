"""Tables within a width: nothing is wider, what has gone is named, the full table loses nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from logit_engine import array_rows, fit, summarize
from logit_engine.likelihoods import Multinomial
from logit_engine.penalties import L2
from logit_engine.reporting.column_fitting import LEFT_OUT, Column, fitted_table
from logit_engine.reporting.unknown_values import unknown_notes

NAMES = ["hours", "a name of a column that is far too long for any terminal [level]", "年齢の区分"]


def columns(names: list[str], numbers: int) -> list[Column]:
    """Labels, and columns of numbers, the later of higher rank."""
    cells = ["-1.2345"] * len(names)
    made = [Column("Term", tuple(names), "l", is_label=True)]
    return made + [
        Column(f"column {j}", tuple(cells), rank=j, spare=11, gap=2) for j in range(numbers)
    ]


@given(
    st.lists(st.text(st.characters(exclude_categories=["C", "M", "Z"])), min_size=1, max_size=4),
    st.integers(1, 7),
    st.integers(24, 120),
)
def test_no_line_is_wider_than_the_width_and_what_has_gone_is_named(
    names: list[str], numbers: int, width: int
) -> None:
    made = columns(names, numbers)
    table = fitted_table(made, width)
    assert table.width <= width
    headings = [column.heading for column in made if column.heading in table.lines[0]]
    assert [*headings, *table.left_out] == [column.heading for column in made]
    assert "column 0" in headings


def test_columns_go_by_rank_and_labels_are_cut_before_the_lowest_goes() -> None:
    table = fitted_table(columns(NAMES, 4), 50)
    assert table.left_out == ("column 3",)
    assert table.lines[2].startswith("a name of …l [level]  ")
    assert {len(table.lines[j]) for j in (0, 1, 2)} == {50}


def test_without_a_width_the_table_has_all_columns_and_names() -> None:
    table = fitted_table(columns(NAMES, 9), None)
    assert table.left_out == ()
    assert table.lines[2].startswith(NAMES[1])


@pytest.fixture(scope="module")
def fits() -> dict[str, object]:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 3))
    y = (rng.random(300) < 1.0 / (1.0 + np.exp(-X[:, 0]))).astype(float)
    party = rng.integers(0, 3, 300)
    apart = np.where(X[:, 1] > 0.0, 1.0, 0.0)
    return {
        "binary": fit(array_rows(X, y, names=NAMES)),
        "several": fit(
            array_rows(X, party, names=NAMES, classes=("one", "two", "三つ目の政党")),
            Multinomial(2),
        ),
        "separated": fit(array_rows(X, apart, names=NAMES), allow_separation=True),
    }


@pytest.mark.parametrize("kind", ["binary", "several", "separated"])
@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_a_summary_fits_the_width(fits: dict, kind: str, width: int) -> None:
    text = summarize(fits[kind], fits[kind], title="a title " * 9, width=width)
    assert max(map(cell_len, text.split("\n"))) <= width
    assert (LEFT_OUT in text) == (width < 200)
    assert "Estimate" in text


def test_the_full_summary_has_all_columns_whatever_their_width(fits: dict) -> None:
    text = summarize(fits["binary"], fits["binary"])
    assert all(name in text for name in (*NAMES, "Std. error", "Odds ratio", "Standardized"))
    assert LEFT_OUT not in text


def test_a_warning_stands_above_the_table_and_only_there(fits: dict) -> None:
    text = summarize(fits["separated"], title="demo")
    before, _, after = text.partition("Term ")
    assert before.startswith("demo\nWarning, separated: ")
    assert "no finite estimate" in before
    assert "no finite estimate" not in after


def test_what_is_infinite_or_unknown_says_why() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=60)
    y = (rng.random(60) < 0.5).astype(float)
    penalized = fit(array_rows(x, y, names=["x"]), penalty=L2(1.0))
    assert "AIC and BIC: a penalized fit has no count" in summarize(penalized)
    steep = summarize(fit(array_rows(x * 1e-4, y, names=["x"])))
    assert "+inf" in steep
    assert steep.endswith("Odds ratio +inf: it is larger than the largest number, 1.8e+308.")
    plain = fit(array_rows(x, y, names=["x"]))
    assert unknown_notes(plain, has_ratios=True) == []
    exact = replace(plain, covariance=np.zeros((2, 2)))
    assert unknown_notes(exact, has_ratios=False) == [
        "z: the standard error is zero, so z is infinite, or unknown if the estimate is zero."
    ]
    lost = replace(plain, covariance=np.full((2, 2), np.nan))
    assert unknown_notes(lost, has_ratios=False) == [
        "Std. error .: the fit gives no covariance of this coefficient."
    ]
