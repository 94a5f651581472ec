"""Tables as HTML, CSV and LaTeX give every cell, title and note back."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.iolib.summary import forg

from logit_engine.reporting.layouts import summary2_report, summary_report
from logit_engine.reporting.number_formats import count_text, decimal_text, significant_digits
from tests.support.tables import (
    EACH_MODEL,
    Reader,
    array,
    nasty,
    one_equation,
    our_summary,
)


def flat(cells):
    """Cells on one line, as HTML and LaTeX give them."""
    return [[re.sub(r"[\n\t]", " ", cell).strip() for cell in row] for row in cells]


@pytest.mark.parametrize("builder", [summary_report, summary2_report])
def test_html_is_balanced_and_gives_every_cell_title_and_note_back(builder) -> None:
    report = nasty(builder)
    read = Reader(report.as_html())
    assert read.cells == [flat(table.data) for table in report.tables]
    assert read.other["caption"] == ["Title & <b>"]
    assert read.other["p"] == [note.replace("\n", " ") for note in report.notes]
    assert report._repr_html_() == report.as_html()


def test_csv_gives_every_cell_title_and_note_back() -> None:
    report = nasty()
    rows = list(csv.reader(io.StringIO(report.as_csv(), newline="")))
    assert rows == [
        ["Title & <b>"],
        *report.tables[0].data,
        *report.tables[1].data,
        *([note] for note in report.notes),
    ]
    assert (
        list(csv.reader(io.StringIO(report.tables[1].as_csv(), newline="")))
        == report.tables[1].data
    )


@EACH_MODEL
def test_pandas_reads_the_numbers_from_csv(fit) -> None:
    table = our_summary(fit).tables[1]
    frame = pd.read_csv(io.StringIO(table.as_csv()), index_col=0)
    expected = np.asarray(array(fit.params)[0])
    shown = frame["coef"].iloc[: len(expected)].astype(float)
    np.testing.assert_allclose(shown, expected, atol=5.1e-5)


def unescaped(latex):
    """What LaTeX prints of a cell."""
    names = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^"}
    names |= {"textless": "<", "textgreater": ">", "textbar": "|"}
    bold = re.fullmatch(r"\\textbf\{(.*)\}", latex)
    text = re.sub(
        r"\\([a-z]+)\{\}|\\([&%$#_{}])", lambda m: names.get(m[1], m[2]), bold[1] if bold else latex
    )
    active = re.sub(r"\\[a-z]+\{\}|\\[&%$#_{}]", "", bold[1] if bold else latex)
    assert not set(active) & set("\\&%$#_{}~^<>|"), f"{latex} is not escaped"
    return text


@pytest.mark.parametrize("builder", [summary_report, summary2_report])
def test_latex_escapes_every_cell_and_gives_it_back(builder) -> None:
    report = nasty(builder)
    for table in report.tables:
        rows = [
            line.removesuffix(r" \\")
            for line in table.as_latex().splitlines()
            if line.endswith(r" \\")
        ]
        cells = [[unescaped(cell.strip()) for cell in re.split(r"(?<!\\)&", row)] for row in rows]
        assert cells == flat(table.data)
    text = report.as_latex()
    assert text.count(r"\begin{") == text.count(r"\end{") == len(report.tables) + 1
    assert r"\caption{Title \& \textless{}b\textgreater{}}" in text
    assert r"100\% of it" in text
    assert report._repr_latex_() == text


def test_a_row_of_latex_never_opens_with_a_bracket() -> None:
    r"""After \\ a bracket would be read as a length."""
    report = summary_report(
        "T", [("[a]", "[b]")], [("[c]", "d")], [one_equation(["[T.x]", "*"], [1.0], label="[y]")]
    )
    rows = [line for table in report.tables for line in table.as_latex().splitlines()]
    assert not [row for row in rows if row.startswith(("[", "*"))]


@given(
    value=st.floats(-1.79e308, 1.79e308)
    | st.floats(1e-5, 1e5)
    | st.sampled_from([np.nan, np.inf, -np.inf])
)
def test_a_printed_number_is_the_number_to_its_digits_and_fits_its_column(value: float) -> None:
    for digits, room_for_it in ((3, 10), (4, 11)):
        shown = decimal_text(value, digits)
        assert len(shown) <= room_for_it
        assert shown == forg(value, digits).strip()
        np.testing.assert_allclose(
            float(shown), value, rtol=0.51 * 10.0 ** (1 - digits), atol=0.51 * 10.0**-digits
        )


@pytest.mark.parametrize(
    ("value", "text"),
    [(32.0, "32"), (31.5, "31.50"), (np.int64(7), "7"), (1e12, "1000000000000"), (np.nan, "nan")],
)
def test_counts_are_whole_where_they_are_whole(value, text) -> None:
    assert count_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(-12.8896, "-12.890"), (-1461.92, "-1461.9"), (1.8223e-102, "1.8223e-102"), (np.inf, "inf")],
)
def test_significant_digits_keep_their_zeros(value, text) -> None:
    assert significant_digits(value, 5) == text
