"""A fit as a table that a statistician recognizes, in plain text of fixed columns."""

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.reporting.cell_text import (
    padded_cell,
    text_width,
    visible_text,
    wrapped_lines,
)
from logit_engine.reporting.number_formats import number_text, p_text, z_text

LINE_WIDTH = 100  # characters
VALUE_WIDTH = 38  # characters of the left column of the header
RATIO_LINKS = ("logit", "multinomial")  # whose exponentials are odds ratios


def summarize(
    result: FitResult,
    standardized: FitResult | None = None,
    *,
    title: str = "",
    level: float = 0.95,
    penalty: str | None = None,
) -> str:
    """The header, the table of coefficients and the notes of a fit, as text.

    result: in original units. standardized: the same fit on the scale of X, printed beside it. Odds
    ratios with their interval stand beside the estimates of a logit fit. level: of the intervals.
    penalty: what the header says of it; default: its strength on the sum of the rows. Raises
    UsageError for an object that is no FitResult.
    """
    if not isinstance(result, FitResult):
        raise UsageError(
            f"summarize takes a FitResult, not {type(result).__name__}; of an estimator pass "
            "estimator.inference_, of results of logit_engine.discrete call results.summary()."
        )
    table = _coefficient_lines(result, standardized, level)
    width = max(LINE_WIDTH, *map(text_width, table))
    kind = "Multinomial regression" if result.classes else f"Binary regression, {result.link} link"
    verdict = "" if result.converged else f"{result.status.verdict.value.capitalize()}: "
    notes = (verdict + result.status.sentence, *result.notes)
    lines = [
        title or kind,
        "=" * width,
        *_header_lines(result, _penalty_text(result) if penalty is None else penalty),
        "-" * width,
        *table,
        "-" * width,
        *(line for note in notes for line in wrapped_lines(note, width)),
    ]
    return "\n".join(visible_text(line).rstrip() for line in lines)


def _header_lines(result: FitResult, penalty: str) -> list[str]:
    left = {
        "Rows": f"{result.n:,}",
        "Link": result.link,
        "Covariance": _covariance_text(result),
        "Penalty": penalty,
    }
    right = {
        "Log-likelihood": f"{result.loglik:,.4f}",
        "Null log-likelihood": f"{result.null_loglik:,.4f}",
        "McFadden R2": f"{result.mcfadden_r2:.5f}",
        "AIC / BIC": f"{result.aic:,.1f} / {result.bic:,.1f}",
    }
    width = max(VALUE_WIDTH, *(len(text) + 2 for text in left.values()))
    return [
        f"{a + ':':<14}{b:<{width}}{c + ':':<22}{d:>26}"
        for (a, b), (c, d) in zip(left.items(), right.items(), strict=True)
    ]


def _covariance_text(result: FitResult) -> str:
    """The kind of the covariance, its clusters, and whether a penalty makes it naive."""
    kind = result.covariance_type
    if result.clusters:
        kind += f" ({' x '.join(f'{count:,}' for count in result.clusters)} clusters)"
    if not result.penalty_strength:
        return kind
    is_known = not np.isnan(result.covariance).all()
    return f"{kind}, naive (penalized)" if is_known else "none (penalized)"


def _penalty_text(result: FitResult) -> str:
    """The penalty, with its strength on the scale of the sum over rows, and scikit-learn's C."""
    strength, ratio = result.penalty_strength, result.l1_ratio
    if not strength:
        return "none"
    if result.grouped:
        name = "group lasso" if ratio == 1.0 else f"group lasso with a ridge, {ratio:g}"
    else:
        name = {0.0: "l2", 1.0: "l1"}.get(ratio, f"elastic net {ratio:g}")
    return f"{name}, strength {strength:.4g} (C {1 / strength:.4g})"


def _coefficient_lines(
    result: FitResult,
    standardized: FitResult | None,
    level: float,
) -> list[str]:
    """The heading and a line for each coefficient, below the name of its class."""
    has_ratios = result.link in RATIO_LINKS
    names = [visible_text(name) for name in result.names]
    width = max(map(text_width, ["Term", *names]))
    lines = [_heading_line(width, f"{100 * level:g}% interval", has_ratios, standardized)]
    base = f", against {result.classes[0]}" if result.classes and result.contrasts else ""
    interval, p = result.interval(level), len(result.names)
    for j in range(result.estimates.size):
        if result.classes and j % p == 0:
            lines += ["", result.classes[int(result.contrasts) + j // p] + base]
        line = f"{padded_cell(names[j % p], width, 'l')}  {_estimate_cells(result, interval[j], j)}"
        if has_ratios:
            line += _ratio_cells(result.limits[j], interval[j])
        if standardized is not None:
            line += f"  {number_text(standardized.limits[j]):>12}"
        lines.append(line)
    return lines


def _heading_line(
    width: int,
    interval: str,
    has_ratios: bool,
    standardized: FitResult | None,
) -> str:
    line = f"{'Term':<{width}}  {'Estimate':>11} {'Std. error':>11} {'z':>8} {'P>|z|':>7}"
    line += f" {interval:>23}"
    line += f"  {'Odds ratio':>10} {interval:>21}" if has_ratios else ""
    return line + (f"  {'Standardized':>12}" if standardized is not None else "")


def _estimate_cells(result: FitResult, interval: Array, j: int) -> str:
    """Estimate j with its standard error, z, p-value and interval, (2,)."""
    lower, upper = map(number_text, interval)
    estimate, std_error = number_text(result.limits[j]), number_text(result.std_errors[j])
    test = f"{z_text(result.z[j]):>8} {p_text(result.p_values[j]):>7}"
    return f"{estimate:>11} {std_error:>11} {test} {lower:>11} {upper:>11}"


def _ratio_cells(estimate: float, interval: Array) -> str:
    """The odds ratio of an estimate with its interval, (2,)."""
    with np.errstate(over="ignore"):  # beyond the largest number an odds ratio is infinite
        ratio, lower, upper = (number_text(v, 4) for v in np.exp([estimate, *interval]))
    return f"  {ratio:>10} {lower:>10} {upper:>10}"
