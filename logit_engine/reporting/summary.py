"""A fit as a table that a statistician recognizes, in plain text of fixed columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.reporting.cell_text import visible_text, wrapped_lines
from logit_engine.reporting.column_fitting import Column, fitted_table
from logit_engine.reporting.number_formats import UNKNOWN, number_text, p_text, z_text
from logit_engine.reporting.unknown_values import unknown_notes

LINE_WIDTH = 100  # characters
VALUE_WIDTH = 38  # characters of the left column of the header
NUMBER_WIDTH = 11  # characters of an estimate in the full table
RATIO_LINKS = ("logit", "multinomial")  # whose exponentials are odds ratios
EMPTY = {UNKNOWN, f"{UNKNOWN} {UNKNOWN}"}  # cells of a column that says nothing


def summarize(
    result: FitResult,
    standardized: FitResult | None = None,
    *,
    title: str = "",
    level: float = 0.95,
    penalty: str | None = None,
    width: int | None = None,
) -> str:
    """The header, the table of coefficients and the notes of a fit, as text.

    result: in original units. standardized: the same fit on the scale of X, printed beside it. Odds
    ratios with their interval stand beside the estimates of a logit fit. level: of the intervals.
    penalty: what the header says of it; default: its strength on the sum of the rows. width: of the
    lines, as of a terminal; a narrow table leaves out columns, and says which. Raises UsageError
    for an object that is no FitResult.
    """
    if not isinstance(result, FitResult):
        raise UsageError(
            f"summarize takes a FitResult, not {type(result).__name__}; of an estimator pass "
            "estimator.inference_, of results of logit_engine.discrete call results.summary()."
        )
    full, narrow = (_columns(result, standardized, level, least) for least in (NUMBER_WIDTH, 0))
    table = fitted_table(full, width, narrow)
    whole = max(LINE_WIDTH, table.width)
    ruled = whole if width is None else min(whole, width)
    kind = "Multinomial regression" if result.classes else f"Binary regression, {result.link} link"
    warning, notes = _status_and_notes(result)
    lines = [
        *wrapped_lines(title or kind, ruled),
        *wrapped_lines(warning, ruled),
        "=" * ruled,
        *_header_lines(result, _penalty_text(result) if penalty is None else penalty, ruled),
        "-" * ruled,
        *_with_classes(result, table.lines),
        "-" * ruled,
        *(line for note in (*table.notes, *notes) for line in wrapped_lines(note, ruled)),
    ]
    return "\n".join(visible_text(line).rstrip() for line in lines)


def _status_and_notes(result: FitResult) -> tuple[str, list[str]]:
    """The warning that stands above the table, empty for a fit that converged, and the notes."""
    sentence, notes = result.status.sentence, result_notes(result)
    if result.converged:
        return "", [sentence, *notes]
    return f"Warning, {result.status.verdict.value}: {sentence}", notes


def result_notes(result: FitResult) -> list[str]:
    """The notes of a fit, and why statistics in its table are unknown or infinite."""
    return [*result.notes, *unknown_notes(result, result.link in RATIO_LINKS)]


def _header_lines(result: FitResult, penalty: str, ruled: int) -> list[str]:
    """The facts of a fit in two columns, or in one if two do not fit."""
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
        "AIC / BIC": UNKNOWN if np.isnan(result.aic) else f"{result.aic:,.1f} / {result.bic:,.1f}",
    }
    columns = _spare_widths(left, right) if ruled >= LINE_WIDTH else _own_widths(left, right)
    if sum(columns) > ruled:
        return [
            (f"{name + ':':<22}" if place == 0 else " " * 22) + line
            for name, text in {**left, **right}.items()
            for place, line in enumerate(wrapped_lines(text, ruled - 22))
        ]
    label, value, other, number = columns
    return [
        f"{a + ':':<{label}}{b:<{value}}{c + ':':<{other}}{d:>{number}}"
        for (a, b), (c, d) in zip(left.items(), right.items(), strict=True)
    ]


def _spare_widths(left: Mapping[str, str], right: Mapping[str, str]) -> tuple[int, ...]:
    """The widths of both labels and values where there is room, label and value in turns."""
    return 14, max(VALUE_WIDTH, *(len(text) + 2 for text in left.values())), 22, 26


def _own_widths(left: Mapping[str, str], right: Mapping[str, str]) -> tuple[int, ...]:
    """The widths that labels and values need."""
    label, value, other, number = (
        max(map(len, texts)) for texts in (left, left.values(), right, right.values())
    )
    return label + 2, value + 2, other + 2, number


def _covariance_text(result: FitResult) -> str:
    """The kind of the covariance, its clusters, and whether a penalty makes it naive."""
    kind = result.covariance_type
    if result.clusters:
        kind += f" ({' x '.join(f'{count:,}' for count in result.clusters)} clusters)"
    if not result.penalty_strength:
        return kind
    is_known = result.errors_known
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


def _columns(
    result: FitResult, standardized: FitResult | None, level: float, least: int
) -> list[Column]:
    """The columns of the coefficients, those that matter most with the lowest rank.

    least: the width of a number at least; columns of free width stand two spaces apart.
    """
    p, interval = len(result.names), result.interval(level)
    names = [visible_text(name) for name in result.names]
    heading = f"{100 * level:g}% interval"
    room, gap = 2 * least + 1, 1 if least else 2
    columns = [
        Column(
            "Term", tuple(names[j % p] for j in range(result.estimates.size)), "l", is_label=True
        ),
        _number_column("Estimate", result.limits, number_text, 0, least, gap=2),
        _number_column("Std. error", result.std_errors, number_text, 4, least, gap),
        _number_column("z", result.z, z_text, 6, 8 if least else 0, gap),
        _number_column("P>|z|", result.p_values, p_text, 2, 7 if least else 0, gap),
        Column(
            heading, _interval_cells(interval, 5, least), rank=3, spare=room * bool(least), gap=gap
        ),
    ]
    if result.link in RATIO_LINKS:
        with np.errstate(over="ignore"):  # beyond the largest number an odds ratio is infinite
            ratios, ends = np.exp(result.limits), np.exp(interval)
        narrow = least - 1 if least else 0
        columns += [
            _number_column("Odds ratio", ratios, lambda v: number_text(v, 4), 5, narrow, gap=2),
            Column(
                heading,
                _interval_cells(ends, 4, narrow),
                rank=7,
                spare=2 * narrow + 1 if least else 0,
                gap=gap,
                name="interval of the odds ratio",
            ),
        ]
    if standardized is not None:
        columns.append(
            _number_column(
                "Standardized", standardized.limits, number_text, 8, 12 if least else 0, gap=2
            )
        )
    return [replace(c, rank=9) if c.rank and set(c.cells) <= EMPTY else c for c in columns]


def _number_column(
    heading: str,
    values: Array,
    text_of: Callable[[float], str],
    rank: int,
    spare: int,
    gap: int,
) -> Column:
    return Column(heading, tuple(map(text_of, values)), rank=rank, spare=spare, gap=gap)


def _interval_cells(ends: Array, digits: int, least: int) -> tuple[str, ...]:
    """The ends of each interval, (q, 2), side by side."""
    texts = [[number_text(end, digits) for end in pair] for pair in ends]
    width = max(least, *(len(text) for pair in texts for text in pair))
    return tuple(f"{lower:>{width}} {upper:>{width}}" for lower, upper in texts)


def _with_classes(result: FitResult, lines: Sequence[str]) -> list[str]:
    """The lines of the table, below the name of its class each."""
    if not result.classes:
        return list(lines)
    p = len(result.names)
    base = f", against {result.classes[0]}" if result.contrasts else ""
    heading, *rows = lines
    found = [heading]
    for j in range(0, len(rows), p):
        found += ["", result.classes[int(result.contrasts) + j // p] + base, *rows[j : j + p]]
    return found
