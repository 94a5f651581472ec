"""The report's figures as SVG text: plain axes, the same bytes for the same numbers."""

import html
import io
import re
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from logit_engine.columns import Array
from logit_engine.diagnostics.calibration import CalibrationBin

STYLE: dict[str, Any] = {
    "svg.hashsalt": "logit-engine",
    "svg.fonttype": "none",
    "text.parse_math": False,  # a level may hold dollars
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
}
# Metadata would hold a date and addresses.
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
INK, ACCENT, PALE, RED = "#222222", "#1f5fa8", "#9bb8d9", "#b3261e"
MAX_LABEL_LETTERS = 28
MAX_NAMED_TERMS = 10  # coefficients of a path with a label
HALF_WIDTH_INCHES, THIRD_WIDTH_INCHES = 3.6, 2.9  # of figures that stand side by side
PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


def svg_of(
    draw: Callable[[Axes], None], label: str, width: float = 7.0, height: float = 3.4
) -> str:
    """The SVG of what `draw` puts on its axes, for HTML; label: its text for screen readers."""
    with rc_context(), warnings.catch_warnings():
        rcdefaults()  # whatever this machine's matplotlibrc says
        rcParams.update(STYLE)  # type: ignore[arg-type]  # its stubs know only literal names
        # The reader's fonts draw the text, not ours.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        out = io.StringIO()
        FigureCanvasSVG(figure).print_svg(out, metadata=NO_METADATA)  # type: ignore[no-untyped-call]
    svg = out.getvalue()
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg[svg.index("<svg") :])
    own = f"f{zlib.crc32(label.encode()):08x}"  # ids are shared by a whole page
    svg = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{own}-", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)


def cv_curve(tuning: pl.DataFrame, plain: float) -> str:
    """The held-out log-loss with its standard error along the strengths.

    plain: the strength of the one-standard-error rule.
    """

    def draw(axes: Axes) -> None:
        strength, loss, error, terms = (
            tuning[name].to_numpy() for name in ("strength", "log_loss", "std_error", "terms")
        )
        chosen = tuning["chosen"].to_numpy()
        axes.errorbar(
            strength, loss, error, fmt="o", ms=3.5, color=ACCENT, ecolor=PALE, elinewidth=1.2
        )
        axes.axvline(
            strength[loss.argmin()], color=INK, lw=0.9, ls="--", label="lowest log-loss", zorder=0
        )
        axes.axvline(plain, color=INK, lw=0.9, ls=":", label="one standard error", zorder=0)
        axes.plot(strength[chosen], loss[chosen], "o", ms=8, mfc="none", color=RED, label="chosen")
        _set_strength_axis(axes)
        axes.set_ylabel("mean log-loss of the held-out rows")
        axes.legend(loc="upper center", framealpha=1.0, edgecolor="white")
        some = np.unique(np.linspace(0, strength.size - 1, 10).round().astype(int))
        top = axes.secondary_xaxis("top")
        top.set_xticks(strength[some], [f"{n:.0f}" for n in terms[some]])
        top.minorticks_off()
        top.set_xlabel("coefficients that are not zero, mean of the folds")

    return svg_of(draw, "Cross-validation curve", height=4.0)


def coefficient_path(path: pl.DataFrame, chosen: float, label: str) -> str:
    """The coefficients along the strengths without the constant, the largest with their names."""

    def draw(axes: Axes) -> None:
        lines_of = {str(term): part for (term,), part in path.group_by("term", maintain_order=True)}
        last = {term: float(part["coefficient"][-1]) for term, part in lines_of.items()}
        named = sorted(last, key=lambda term: -abs(last[term]))[:MAX_NAMED_TERMS]
        strength = path["strength"].unique(maintain_order=True).to_numpy()
        for term, part in lines_of.items():
            if term not in named:
                axes.plot(strength, part["coefficient"].to_numpy(), lw=0.6, color=PALE)
        axes.axhline(0.0, color=INK, lw=0.6)
        axes.axvline(chosen, color=RED, lw=0.9, ls="--")
        lines = [
            axes.plot(strength, lines_of[term]["coefficient"].to_numpy(), lw=1.3)[0]
            for term in named
        ]
        _set_strength_axis(axes)
        axes.set_xlim(strength[0], strength[-1])
        axes.set_ylabel("coefficient of the normalized column")
        _name_lines(axes, lines, named, [last[term] for term in named])

    return svg_of(draw, label, height=4.4)


def _name_lines(
    axes: Axes,
    lines: Sequence[Line2D],
    names: Sequence[str],
    ends: Sequence[float],
) -> None:
    """Write the name of each line beside its end, moved where names would meet."""
    low, high = axes.get_ylim()
    heights = spread_apart(np.array(ends), 0.045 * (high - low), (low, high))
    side = axes.get_yaxis_transform()
    leader = {"arrowstyle": "-", "lw": 0.6, "relpos": (0.0, 0.5), "shrinkA": 1, "shrinkB": 0}
    for line, name, end, height in zip(lines, names, ends, heights, strict=True):
        color = line.get_color()
        axes.annotate(
            short_label(name),
            xy=(1.0, end),
            xytext=(1.04, height),
            xycoords=side,
            textcoords=side,
            va="center",
            color=color,
            fontsize=8,
            arrowprops={**leader, "color": color},
        )


def forest(
    terms: Sequence[str], effect: Array, interval: Array, label: str, xlabel: str, ratios: bool
) -> str:
    """Effects with their intervals, the first on top; ratios have a log axis."""

    def draw(axes: Axes) -> None:
        at = -np.arange(len(terms))
        axes.axvline(1.0 if ratios else 0.0, color=INK, lw=0.8)
        axes.hlines(at, interval[:, 0], interval[:, 1], color=PALE, lw=2.0)
        axes.plot(effect, at, "o", ms=4, color=ACCENT)
        axes.set_yticks(at, [short_label(term) for term in terms])
        axes.set_ylim(0.6 - len(terms), 0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        if ratios:
            _set_ratio_axis(axes)
        axes.set_xlabel(xlabel)

    return svg_of(draw, label, height=0.75 + 0.22 * len(terms))


def calibration(bins: Sequence[CalibrationBin], label: str, width: float) -> str:
    """Observed shares with their intervals against predicted ones."""

    def draw(axes: Axes) -> None:
        _, predicted, observed, lower, upper = np.array(bins).T
        most = min(1.02, 1.05 * max(predicted.max(), upper.max()))
        axes.plot([0.0, most], [0.0, most], color=INK, lw=0.8)
        axes.vlines(predicted, lower, upper, color=PALE, lw=1.6)
        axes.plot(predicted, observed, "o", ms=4, color=ACCENT, clip_on=False)
        axes.set(xlim=(0.0, most), ylim=(0.0, most), aspect="equal")
        axes.set(xlabel="predicted probability, mean of the bin", ylabel="observed share")

    return svg_of(draw, label, width, height=width)


def roc(curves: Mapping[str, tuple[Array, Array]], label: str) -> str:
    """True against false positives over all thresholds, (y, probability) by name."""

    def draw(axes: Axes) -> None:
        axes.plot([0.0, 1.0], [0.0, 1.0], color=INK, lw=0.8)
        for name, (y, probability) in curves.items():
            order = np.argsort(-probability, kind="stable")
            hits, misses = np.cumsum(y[order]), np.cumsum(1.0 - y[order])
            # Rows of equal probability move together.
            ends = np.flatnonzero(np.diff(probability[order], append=-1.0) != 0.0)
            ends = ends[np.unique(np.linspace(0, ends.size - 1, 400).round().astype(int))]
            at = np.r_[0.0, misses[ends] / misses[-1]], np.r_[0.0, hits[ends] / hits[-1]]
            color = ACCENT if len(curves) == 1 else None
            axes.plot(*at, lw=1.4, color=color, label=legend_label(name))
        axes.set(xlim=(0.0, 1.01), ylim=(0.0, 1.01), aspect="equal")
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        if len(curves) > 1:
            axes.legend(loc="lower right", frameon=False)

    return svg_of(draw, label, width=HALF_WIDTH_INCHES, height=HALF_WIDTH_INCHES)


def distribution(
    y: Array, probability: Array, names: tuple[str, str], threshold: float, label: str
) -> str:
    """The predicted probabilities of each class as shares of the class; the threshold is dashed."""

    def draw(axes: Axes) -> None:
        most = float(probability.max()) or 1.0
        edges = np.linspace(0.0, most, 41)
        for code, color, fill in ((0, "#8a8a8a", True), (1, ACCENT, False)):
            share = np.histogram(probability[y == code], edges)[0] / max(1, (y == code).sum())
            kind: dict[str, Any] = {"fill": True, "alpha": 0.35} if fill else {"lw": 1.4}
            axes.stairs(share, edges, color=color, label=legend_label(names[code]), **kind)
        if threshold <= most:
            axes.axvline(threshold, color=INK, lw=0.9, ls="--")
        axes.set(
            xlim=(0.0, most),
            xlabel=f"predicted probability of {short_label(names[1])}",
            ylabel="share of the class",
        )
        axes.legend(loc="best", frameon=False)

    return svg_of(draw, label, height=2.6)


def spread_apart(heights: Array, gap: float, between: tuple[float, float]) -> Array:
    """The heights of labels, moved to keep the gap between any two.

    They stay within the limits if there is room for all.
    """
    out = np.array(heights, dtype=np.float64)
    falling = np.argsort(-out, kind="stable")
    floor, ceiling = between
    for i in falling:
        out[i] = min(out[i], ceiling)
        ceiling = out[i] - gap
    for i in falling[::-1]:
        out[i] = max(out[i], floor)
        floor = out[i] + gap
    return out


def short_label(text: str) -> str:
    """The text on one line, its end cut off if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_LABEL_LETTERS else f"{line[: MAX_LABEL_LETTERS - 3]}..."


def legend_label(text: str) -> str:
    """The text for a legend, from which Matplotlib leaves out what begins with an underscore."""
    label = short_label(text)
    return f" {label}" if label.startswith("_") else label


def _set_strength_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.invert_xaxis()
    axes.xaxis.set_major_formatter(PLAIN)
    axes.set_xlabel("strength of the penalty on the mean log-likelihood, falling")


def _set_ratio_axis(axes: Axes) -> None:
    """A log axis with plain numbers: at 1, 2 and 5 of each decade if the range suits."""
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_xlim()
    if high > 4.0 * low:
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1.0, 2.0, 5.0) if high < 1e4 * low else (1.0,), numticks=12)
        )
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.minorticks_off()
    axes.xaxis.set_major_formatter(PLAIN)
