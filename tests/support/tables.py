"""Models of statsmodels, their tables in our form, and names that break a table."""

from html.parser import HTMLParser

import numpy as np
import pytest
import statsmodels.api as sm

from logit_engine.reporting.layouts import Equation, summary_report
from logit_engine.reporting.number_formats import count_text, significant_digits

MODELS = {"logit": sm.Logit, "probit": sm.Probit, "mnlogit": sm.MNLogit}
EACH_MODEL = pytest.mark.parametrize("fit", MODELS, indirect=True)
NASTY = [
    "a<b> & \"c\" 'd'",
    "50%_of$#{x}~^\\|",
    "[T.new\nline]\ttab",
    "long " * 12 + "name",
    "年齢",
    "e\u0301",
    "a,b",
    "",
]
NUMBERS = [np.nan, np.inf, -np.inf, 1e300, -1e-300, 123456.789, 9999.99996, 0.0, -12.3456]


def array(values):
    """(p,) or (p, k) as (k, p): a row for each equation."""
    values = np.asarray(values)
    return values.T if values.ndim == 2 else values[None]


def equations(fit, alpha=0.05):
    outcome = fit.model.endog_names
    labels = (
        [f"{outcome}={j}" for j in range(1, int(fit.model.J))] if hasattr(fit.model, "J") else [""]
    )
    columns = [array(v) for v in (fit.params, fit.bse, fit.tvalues, fit.pvalues)]
    intervals = np.asarray(fit.conf_int(alpha)).reshape(len(labels), -1, 2)
    return [
        Equation(*row)
        for row in zip(
            labels, [fit.model.exog_names] * len(labels), *columns, intervals, strict=True
        )
    ]


def header(fit, date="Mon, 01 Jan 2024", time="12:00:00"):
    left = [
        ("Dep. Variable:", fit.model.endog_names),
        ("Model:", type(fit.model).__name__),
        ("Method:", fit.method),
        ("Date:", date),
        ("Time:", time),
        ("converged:", str(fit.mle_retvals["converged"])),
        ("Covariance Type:", fit.cov_type),
    ]
    right = [
        ("No. Observations:", count_text(fit.nobs)),
        ("Df Residuals:", count_text(fit.df_resid)),
        ("Df Model:", count_text(fit.df_model)),
        ("Pseudo R-squ.:", significant_digits(fit.prsquared, 4)),
        ("Log-Likelihood:", significant_digits(fit.llf, 5)),
        ("LL-Null:", significant_digits(fit.llnull, 5)),
        ("LLR p-value:", significant_digits(fit.llr_pvalue, 4)),
    ]
    return left, right


def our_summary(fit, alpha=0.05, notes=()):
    return summary_report(
        f"{type(fit.model).__name__} Regression Results",
        *header(fit),
        equations(fit, alpha),
        alpha=alpha,
        notes=notes,
    )


def one_equation(names, values, label=""):
    column = np.resize(np.asarray(values, dtype=float), len(names))
    p_value = np.where(np.isnan(column), np.nan, np.clip(column, 0.0, 1.0))
    return Equation(
        label, names, column, column, column, p_value, np.stack([column, column], axis=1)
    )


def nasty(
    builder=summary_report,
    values=NUMBERS[:8],
    notes=("A note on <x> & 100% of it, " * 9, "one\ntwo"),
):
    e = [one_equation(NASTY, values, label) for label in ("y=<1>", "y=&2")]
    return builder(
        "Title & <b>", [("Dep. Variable:", "y_<&>")], [("LL-Null:", "nan")], e, notes=notes
    )


class Reader(HTMLParser):
    """Cells by table and row; refuses what is not balanced."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.cells: list[list[list[str]]] = []
        self.kinds: list[str] = []
        self.other: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        self.cells = [[[cell.strip() for cell in row] for row in table] for table in self.cells]
        assert not self.open

    def handle_starttag(self, tag, attrs) -> None:
        assert tag in {"table", "caption", "tr", "th", "td", "p"}, f"a cell was read as <{tag}>"
        self.open.append(tag)
        if tag == "table":
            self.cells.append([])
        elif tag == "tr":
            self.cells[-1].append([])
        elif tag in ("td", "th"):
            self.cells[-1][-1].append("")
            self.kinds.append(tag)
        else:
            self.other.setdefault(tag, []).append("")

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1][-1][-1] += data
        elif self.open and self.open[-1] in self.other:
            self.other[self.open[-1]][-1] += data
        else:
            assert not data.strip()
