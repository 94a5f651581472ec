"""Tables as text: line by line what statsmodels prints, within the rule, with no name cut."""

import pickle
import re
import unicodedata

import numpy as np
import pytest

from logit_engine.reporting.layouts import (
    SYMBOLS,
    Equation,
    margins_report,
    summary2_report,
    summary_report,
)
from logit_engine.reporting.number_formats import count_text, significant_digits
from logit_engine.reporting.tables import Report
from tests.support.tables import (
    EACH_MODEL,
    MODELS,
    NASTY,
    Reader,
    array,
    equations,
    nasty,
    one_equation,
    our_summary,
)


def effects(margins, alpha=0.05):
    fit = margins.results
    many = hasattr(fit.model, "J")
    labels = [f"{fit.model.endog_names}={j}" for j in range(int(fit.model.J))] if many else [""]
    columns = [
        array(v) for v in (margins.margeff, margins.margeff_se, margins.tvalues, margins.pvalues)
    ]
    intervals = margins.conf_int(alpha)
    intervals = np.moveaxis(intervals, 2, 0) if many else intervals[None]
    names = [name for name in fit.model.exog_names if name != "const"]
    return [
        Equation(*row)
        for row in zip(labels, [names] * len(labels), *columns, intervals, strict=True)
    ]


def without_clock(text):
    text = re.sub(r"Date: +\w+, \d\d \w+ \d{4}", "Date: " + " " * 20 + "a day", text)
    return re.sub(r"Time: +\d\d:\d\d:\d\d", "Time:  a time", text)


def lines(text):
    return [line.rstrip() for line in without_clock(text).strip("\n").splitlines()]


def room(text):
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


@EACH_MODEL
@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.01])
def test_summary_prints_line_by_line_what_statsmodels_prints(fit, alpha) -> None:
    assert lines(str(our_summary(fit, alpha))) == lines(str(fit.summary(alpha=alpha)))


@EACH_MODEL
def test_tables_hold_the_cells_that_statsmodels_tables_hold(fit) -> None:
    for ours, theirs in zip(our_summary(fit).tables, fit.summary().tables, strict=True):
        different = [
            (a, b.strip())
            for row, other in zip(ours.data, theirs.data, strict=True)
            for a, b in zip(row, other, strict=True)
            if a != b.strip()
        ]
        assert {a for a, _ in different} <= {"Mon, 01 Jan 2024", "12:00:00"}


@EACH_MODEL
def test_html_has_the_cells_and_kinds_of_cells_of_statsmodels(fit) -> None:
    """So pandas.read_html and whatever else reads its tables[1].as_html() reads ours."""
    ours, theirs = (Reader(s.tables[1].as_html()) for s in (our_summary(fit), fit.summary()))
    assert ours.cells == theirs.cells
    assert ours.kinds == theirs.kinds


# statsmodels raises for (e or d)yex of MNLogit: it cannot multiply by x for more than one equation
@pytest.mark.parametrize(
    ("fit", "method"),
    [(m, method) for m in MODELS for method in SYMBOLS if m != "mnlogit" or method.endswith("dx")],
    indirect=["fit"],
)
@pytest.mark.parametrize("at", ["overall", "mean"])
def test_margins_print_what_statsmodels_prints(fit, method, at) -> None:
    margins = fit.get_margeff(at=at, method=method)
    title = f"{type(fit.model).__name__} Marginal Effects"
    ours = margins_report(title, fit.model.endog_names, method, at, effects(margins))
    theirs = margins.summary()
    head, effect = ours.tables
    assert [line.split() for line in lines(head.as_text())] == [
        line.split() for line in lines(str(theirs.tables[0]))
    ]
    assert lines(effect.as_text()) == lines(theirs.tables[1].as_text())


def our_summary2(fit, alpha=0.05, **options):
    left = [
        ("Model:", type(fit.model).__name__),
        ("Dependent Variable:", fit.model.endog_names),
        ("Date:", "2024-01-01 12:00"),
        ("No. Observations:", count_text(fit.nobs)),
        ("Df Model:", count_text(fit.df_model)),
        ("Df Residuals:", count_text(fit.df_resid)),
        ("Converged:", "1.0000"),
        ("No. Iterations:", f"{fit.mle_retvals['iterations']:.4f}"),
    ]
    right = [
        ("Method:", fit.method),
        ("Pseudo R-squared:", f"{fit.prsquared:.3f}"),
        ("AIC:", f"{fit.aic:.4f}"),
        ("BIC:", f"{fit.bic:.4f}"),
        ("Log-Likelihood:", significant_digits(fit.llf, 5)),
        ("LL-Null:", significant_digits(fit.llnull, 5)),
        ("LLR p-value:", significant_digits(fit.llr_pvalue, 5)),
        ("Scale:", "1.0000"),
    ]
    title = f"Results: {type(fit.model).__name__}"
    return summary2_report(title, left, right, equations(fit, alpha), alpha=alpha, **options)


def tokens(text):
    """Words outside rules, without the clock."""
    words = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "a-day", text).split()
    return [word for word in words if not set(word) <= {"=", "-"}]


@EACH_MODEL
@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_summary2_prints_the_tokens_that_statsmodels_prints(fit, alpha) -> None:
    """Save that statsmodels heads the equation of class j + 1 by j, and calls the z statistics
    of MNLogit t.
    """
    theirs = str(fit.summary2(alpha=alpha))
    if hasattr(fit.model, "J"):
        theirs = re.sub(r"PID = (\d)", lambda m: f"PID={int(m[1]) + 1}", theirs)
        theirs = theirs.replace("P>|t|", "P>|z|").replace(" t ", " z ")
    assert tokens(str(our_summary2(fit, alpha=alpha))) == tokens(theirs)


def test_summary2_prints_numbers_in_the_format_asked_for(fits) -> None:
    fit = fits["logit"]  # statsmodels 0.15 takes the format and prints four decimals all the same
    table = our_summary2(fit, float_format="%.7g").tables[1]
    assert [row[1] for row in table.data[1:]] == [f"{v:.7g}" for v in fit.params]


def test_summary2_has_a_table_for_each_equation_with_columns_below_columns(fits) -> None:
    report = our_summary2(fits["mnlogit"])
    assert [len(table.data) for table in report.tables] == [8, *[7] * 6]
    headings = [
        line.replace(f"PID={j}", "")
        for line in str(report).splitlines()
        for j in range(1, 7)
        if f"PID={j}" in line
    ]
    assert len(headings) == 6
    assert len(set(headings)) == 1


@pytest.mark.parametrize("builder", [summary_report, summary2_report])
def test_no_line_exceeds_the_rule_and_no_name_is_cut(builder) -> None:
    text = str(nasty(builder))
    rules = {line for line in text.splitlines() if line and set(line) <= {"=", "-"}}
    width = {len(rule) for rule in rules}
    assert len(width) == 1
    assert max(map(room, text.splitlines())) == width.pop()
    for name in NASTY:
        assert name.replace("\n", " ").replace("\t", " ") in text


def test_columns_end_below_their_headings_whatever_the_names_and_numbers() -> None:
    report = nasty()
    rows = report.tables[1].lines(report.tables[1].width)
    headings = {room(row) for row in rows if "coef" in row}
    assert headings == {
        room(row) for row in rows if row.strip() and "coef" not in row and set(row) != {"-"}
    }
    words = str(report).split()
    assert {"nan", "inf", "-inf", "1e+300", "-1e-300", "1.235e+05", "10000.0000"} <= set(words)


def test_summary2_prints_a_huge_number_in_powers_of_ten() -> None:
    words = str(nasty(summary2_report)).split()
    assert {"1.0000e+300", "nan", "inf", "-inf", "-0.0000", "123456.7890"} <= set(words)


def test_narrower_tables_are_spread_to_the_width_of_the_widest() -> None:
    text = str(nasty(notes=())).splitlines()
    assert text[2].startswith("Dep. Variable:")
    assert len(text[2]) == len(text[1])  # its last column ends where the rule ends


def test_a_long_title_is_wrapped_and_centered_over_the_rule() -> None:
    e = [one_equation(["x"], [1.0])]
    text = str(summary_report("word " * 30, [("a", "b")], [("c", "d")], e)).splitlines()
    assert text[0].strip() == ("word " * 15).strip()
    assert text[2] == "=" * 78
    wide = str(summary_report("年" * 60, [("a", "b")], [("c", "d")], e)).splitlines()
    assert [room(line) for line in wide[:3]] == [78, 60, 78]


def test_notes_stand_below_and_are_wrapped_to_the_rule() -> None:
    text = str(
        summary_report(
            "T",
            [("a", "b")],
            [("c", "d")],
            [one_equation(["x"], [1.0])],
            notes=["word " * 40, "https://" + "x" * 99],
        )
    )
    below = text.split("=" * 78)[-1].splitlines()
    assert below[:2] == ["", ""]
    assert "".join(below).count("x") == 99
    assert all(0 < len(line) <= 78 for line in below[2:])


def test_the_heads_of_two_columns_and_of_one_stay_within_the_rule() -> None:
    e = [one_equation(["x"], [1.0])]
    for report in (
        summary2_report("T", [("a", "b" * 99)], [], e),
        summary_report("T", [("a", "b" * 99)], [("c", "d" * 99)], e),
    ):
        text = str(report).splitlines()
        assert max(map(len, text)) == len(text[1])


def test_the_shorter_side_of_the_header_is_left_blank_below() -> None:
    left = [("a:", "1"), ("b:", "2"), ("c:", "3")]
    report = summary_report("T", left, [("d:", "4")], [one_equation(["x"], [1.0])])
    assert report.tables[0].data == [
        ["a:", "1", "d:", "4"],
        ["b:", "2", "", ""],
        ["c:", "3", "", ""],
    ]


def test_a_report_shows_itself_and_survives_pickling(fits) -> None:
    report = our_summary(fits["logit"])
    again = pickle.loads(pickle.dumps(report))
    assert again == report
    assert isinstance(again, Report)
    assert repr(report) == str(report) == report.as_text()
    assert repr(report.tables[1]) == report.tables[1].as_text()
    assert report.tables[1].as_latex_tabular() == report.tables[1].as_latex()
