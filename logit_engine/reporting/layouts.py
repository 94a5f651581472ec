"""The layouts of statsmodels' reports: summary, summary2, margins and tests of contrasts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from logit_engine.columns import Array
from logit_engine.reporting.number_formats import UNKNOWN, decimal_text
from logit_engine.reporting.tables import Report, Row, Table

Pair = tuple[str, str]  # a label and its text
Format = Callable[[float], str]

SYMBOLS = {"dydx": "dy/dx", "eyex": "d(lny)/d(lnx)", "dyex": "dy/d(lnx)", "eydx": "d(lny)/dx"}

PAIR_WIDTHS = (16, 18, 17, 18)  # with gaps of 3 these make statsmodels' 78 columns
NUMBER_WIDTHS = (10, 10, 10, 10, 10, 11, 11)  # and these with gaps of 1
MOST_CHARACTERS = 16  # of a number in summary2


@dataclass(frozen=True, slots=True)
class Equation:
    """The estimates of one linear predictor.

    label: heads the names, '' if there is one predictor. names, estimate, std_error, z, p_value:
    (p,). interval: (p, 2).
    """

    label: str
    names: Sequence[str]
    estimate: Array
    std_error: Array
    z: Array
    p_value: Array
    interval: Array


def summary_report(
    title: str,
    left: Sequence[Pair],
    right: Sequence[Pair],
    equations: Sequence[Equation],
    *,
    alpha: float = 0.05,
    letter: str = "z",
    notes: Iterable[str] = (),
) -> Report:
    """The report that statsmodels' summary() prints.

    left, right: the two columns of the header, date and time among them, as no clock is read here.
    alpha: one less the level of the equations' intervals. letter: of the statistic, z or t.
    """
    header = _header_table(title, left, right)
    return Report([header, _coefficients_table("coef", equations, alpha, letter)], tuple(notes))


def summary2_report(
    title: str,
    left: Sequence[Pair],
    right: Sequence[Pair],
    equations: Sequence[Equation],
    *,
    alpha: float = 0.05,
    float_format: str = "%.4f",
    letter: str = "z",
    notes: Iterable[str] = (),
) -> Report:
    """The report that statsmodels' summary2() prints: a table for each equation.

    float_format: of every number. The others: see `summary_report`.
    """

    def number_format(value: float) -> str:
        text = float_format % value
        return text if len(text) <= MOST_CHARACTERS else f"{value:.4e}"

    heading = ("Coef.", "Std.Err.", letter, f"P>|{letter}|", *_level_headings(alpha))
    blocks = [_equation_block(equation, heading, [number_format] * 6) for equation in equations]
    every = Table(tuple(blocks), "lrrrrrr", (0,) * 7)
    widths = tuple(every.column_widths())  # so that columns stand below columns
    header = _header_table(title, left, right, "llll", (0,) * 4, gap=1)
    tables = [Table((block,), "lrrrrrr", widths, gap=2) for block in blocks]
    return Report([header, *tables], tuple(notes), between="-")


def margins_report(
    title: str,
    outcome: str,
    method: str,
    at: str,
    equations: Sequence[Equation],
    *,
    alpha: float = 0.05,
    notes: Iterable[str] = (),
) -> Report:
    """The report that statsmodels' get_margeff().summary() prints.

    method: a name in SYMBOLS, which heads the effects. alpha: see `summary_report`.
    """
    header = _header_table(title, [("Dep. Variable:", outcome), ("Method:", method), ("At:", at)])
    return Report([header, _coefficients_table(SYMBOLS[method], equations, alpha)], tuple(notes))


def contrasts_report(
    title: str,
    equation: Equation,
    *,
    alpha: float = 0.05,
    letter: str = "z",
) -> Report:
    """The report that statsmodels' t_test() prints; see `summary_report`."""
    return Report([replace(_coefficients_table("coef", [equation], alpha, letter), title=title)])


def _header_table(
    title: str,
    left: Sequence[Pair],
    right: Sequence[Pair] = (),
    align: str = "lrlr",
    widths: tuple[int, ...] = PAIR_WIDTHS,
    gap: int = 3,
) -> Table:
    """Pairs of label and text in two columns, or in one if there is nothing at the right."""
    rows: tuple[Row, ...] = tuple(left)
    if right:
        rows = tuple(a + b for a, b in zip_longest(left, right, fillvalue=("", "")))
    k = len(rows[0])
    return Table((rows,), align[:k], widths[:k], gap, headed=False, title=title)


def _coefficients_table(
    heading: str,
    equations: Sequence[Equation],
    alpha: float,
    letter: str = "z",
) -> Table:
    """The estimates of all equations, a block for each; heading: of the estimates."""
    headings = (heading, "std err", letter, f"P>|{letter}|", *_level_headings(alpha))
    formats: list[Format] = [
        lambda value: decimal_text(value, 4),
        decimal_text,
        decimal_text,
        "{:.3f}".format,
        decimal_text,
        decimal_text,
    ]
    blocks = tuple(_equation_block(equation, headings, formats) for equation in equations)
    return Table(blocks, "lrrrrrr", NUMBER_WIDTHS)


def _level_headings(alpha: float) -> Pair:
    return f"[{alpha / 2:.10g}", f"{1 - alpha / 2:.10g}]"


def _equation_block(e: Equation, headings: Row, formats: Sequence[Format]) -> tuple[Row, ...]:
    """The headings, and a row of text for each estimate."""
    numbers = zip(e.estimate, e.std_error, e.z, e.p_value, *e.interval.T, strict=True)
    rows = (
        (name, *_number_cells(row, formats)) for name, row in zip(e.names, numbers, strict=True)
    )
    return ((e.label, *headings), *rows)


def _number_cells(row: Sequence[float], formats: Sequence[Format]) -> Row:
    """The numbers of a row as text.

    An infinite estimate, which has no standard error, is its sign and dots. An estimate that is not
    known is dots.
    """
    if np.isnan(row[1]) and not np.isfinite(row[0]):
        first = f"{row[0]:+f}" if np.isinf(row[0]) else UNKNOWN
        return (first, *[UNKNOWN] * (len(row) - 1))
    return tuple(show(float(value)) for show, value in zip(formats, row, strict=True))
