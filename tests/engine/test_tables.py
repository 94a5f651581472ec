"""Tables in four forms: nothing is cut, everything is escaped, and what is written can be read back."""

import csv
from html.parser import HTMLParser
from io import StringIO

import numpy as np
import pytest

from logit_engine.tables import Report, Table, coefficient_table, latex_escaped, number, pairs_table, summary, summary2

NAMES = ["const", "a_b & <c>", "100% of {all}", "a name much longer than the others, with a comma"]
VALUES = np.array([1.5, -0.25, np.nan, 1e10])


def report(**options) -> Report:
    errors = np.array([0.5, 0.1, np.inf, 1e-7])
    interval = np.stack([VALUES - errors, VALUES + errors], axis=1)
    with np.errstate(invalid="ignore"):
        z = VALUES / errors
    return summary(
        "A & B", [("Model:", "Logit"), ("Method:", "MLE")], [("Rows:", "10")],
        [("y=1", NAMES, VALUES, errors, z, np.full(4, 0.5), interval)], notes=["word " * 60], **options,
    )  # fmt: skip


class Balanced(HTMLParser):
    """Every tag is closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_no_line_of_text_is_wider_than_its_rule_and_no_name_is_cut() -> None:
    lines = str(report()).splitlines()
    rule = max(len(line) for line in lines if set(line) == {"="})
    assert all(len(line) <= rule for line in lines)
    assert all(any(name in line for line in lines) for name in NAMES)
    assert "nan" in str(report())
    assert "1e+10" in str(report())


def test_columns_stand_under_their_headings() -> None:
    table = report().tables[1].as_text().splitlines()
    end = table[1].index("std err") + len("std err")
    assert all(line[end - 1] != " " and line[end : end + 1] in (" ", "") for line in table[3:-1])


def test_html_is_balanced_and_escaped() -> None:
    parser = Balanced()
    parser.feed(report().as_html())
    assert parser.open == []
    assert set(NAMES) <= {text.strip() for text in parser.text}
    assert report()._repr_html_() == report().as_html()


def test_latex_is_escaped() -> None:
    text = report().as_latex()
    assert r"a\_b \& \textless{}c\textgreater{}" in text
    assert r"100\% of \{all\}" in text
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert latex_escaped("\\~^#$|") == r"\textbackslash{}\textasciitilde{}\textasciicircum{}\#\$\textbar{}"


def test_csv_is_read_back() -> None:
    rows = list(csv.reader(StringIO(report().as_csv())))
    assert rows[0] == ["A & B"]
    assert [row[0] for row in rows if len(row) == 7][1:] == NAMES


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (0.0, 4, "0.0000"),
        (12.34567, 4, "12.3457"),
        (12345.6, 4, "1.235e+04"),
        (1e-5, 3, "1e-05"),
        (-0.5, 3, "-0.500"),
        (np.inf, 3, "inf"),
    ],
)
def test_numbers_are_statsmodels(value: float, places: int, text: str) -> None:
    assert number(value, places) == text


def test_levels_name_their_interval() -> None:
    table = coefficient_table(["x"], *(np.ones(1) for _ in range(4)), np.ones((1, 2)), alpha=0.1, use_t=True)
    assert table.header == ("", "coef", "std err", "t", "P>|t|", "[0.05", "0.95]")


def test_the_second_layout_takes_a_format() -> None:
    interval = np.stack([VALUES, VALUES], axis=1)
    made = summary2(
        "B", [("a:", "1"), ("b:", "2"), ("c:", "3")], [("", NAMES, *[VALUES] * 4, interval)], float_format="%.2f"
    )
    assert "-0.25" in str(made)
    assert "c:" in str(made)


def test_a_table_without_pairs_on_the_right_is_filled() -> None:
    table = pairs_table([("a:", "1"), ("b:", "2")], [("c:", "3")])
    assert isinstance(table, Table)
    assert table.data == [["a:", "1", "c:", "3"], ["b:", "2", "", ""]]
