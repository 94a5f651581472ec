"""The report's figures as SVG text: plain axes, the same bytes for the same numbers."""

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from logit_engine.columns import Array

matplotlib.use("svg")
STYLE: dict[str, Any] = {
    "svg.hashsalt": "logit-engine",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
}
INK, ACCENT, PALE = "#222222", "#1f5fa8", "#9bb8d9"
NAMED = 10  # coefficients of a path that get a label
BARS = 20  # terms of a forest plot
BINS = 10  # of a calibration plot


def drawn(draw: Callable[[Axes], None], width: float = 7.0, height: float = 3.6) -> str:
    """The SVG of what `draw` puts on its axes."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def cv_curve(tuning: pl.DataFrame) -> str:
    """The held-out log-loss with its standard error along the strengths, those chosen by either rule marked."""

    def draw(axes: Axes) -> None:
        strength, loss, error = (tuning[name].to_numpy() for name in ("strength", "log_loss", "std_error"))
        best = int(loss.argmin())
        plain = int(np.flatnonzero(loss <= loss[best] + error[best])[0])
        axes.errorbar(strength, loss, error, fmt="o", ms=3.5, color=ACCENT, ecolor=PALE, elinewidth=1.2)
        axes.axvline(strength[best], color=INK, lw=0.9, ls="--", label="best")
        axes.axvline(strength[plain], color=INK, lw=0.9, ls=":", label="one standard error")
        chosen = tuning["chosen"].to_numpy()
        axes.plot(strength[chosen], loss[chosen], "o", ms=8, mfc="none", color="#b3261e", label="chosen")
        axes.set_xscale("log")
        axes.invert_xaxis()
        axes.set_xlabel("strength of the penalty (on the mean log-likelihood), falling")
        axes.set_ylabel("held-out log-loss")
        axes.legend(frameon=False, loc="upper center")
        top = axes.secondary_xaxis("top")
        some = np.linspace(0, strength.size - 1, min(strength.size, 8)).round().astype(int)
        top.set_xticks(strength[some], [f"{n:.0f}" for n in tuning["terms"].to_numpy()[some]])
        top.tick_params(which="minor", length=0, labelsize=0)
        top.minorticks_off()
        top.set_xlabel("terms that are not zero, mean of the folds")

    return drawn(draw, height=4.0)


def coefficient_path(path: pl.DataFrame, chosen: float) -> str:
    """Each coefficient along the strengths, the largest at the end of the path named; the constant is left out."""

    def draw(axes: Axes) -> None:
        terms = path["term"].unique(maintain_order=True).to_list()
        wide = path.pivot(on="term", index="strength", values="coefficient")
        slopes = [term for term in terms if not term.startswith("intercept")]
        strength = wide["strength"].to_numpy()
        last = {term: float(wide[term][-1]) for term in slopes}
        named = sorted(slopes, key=lambda term: -abs(last[term]))[:NAMED]
        for term in slopes:
            axes.plot(
                strength, wide[term].to_numpy(), lw=1.3 if term in named else 0.6, color=None if term in named else PALE
            )
        axes.axvline(chosen, color="#b3261e", lw=0.9, ls="--")
        axes.axhline(0.0, color=INK, lw=0.6)
        axes.set_xscale("log")
        axes.invert_xaxis()
        heights = _apart(np.array([last[term] for term in named]), axes)
        for term, height in zip(named, heights, strict=True):
            end, beside = (strength[-1], last[term]), axes.get_yaxis_transform()
            line = {"arrowstyle": "-", "lw": 0.5, "color": PALE}
            axes.annotate(
                _short(term), end, (1.02, height), textcoords=beside, va="center", fontsize=8, arrowprops=line
            )
        axes.set_xlabel("strength of the penalty, falling; the one chosen is dashed")
        axes.set_ylabel("coefficient of the normalized column")

    return drawn(draw, height=4.4)


def forest(table: pl.DataFrame) -> str:
    """Odds ratios with their intervals (where there are any), the largest standardized effects first."""

    def draw(axes: Axes) -> None:
        rows = table.filter(pl.col("term") != "intercept").filter(pl.col("estimate") != 0.0)
        rows = rows.sort(pl.col("standardized").abs(), descending=True, maintain_order=True).head(BARS).reverse()
        at = np.arange(rows.height)
        ratio, low, high = (rows[name].to_numpy() for name in ("odds_ratio", "odds_ratio_lower", "odds_ratio_upper"))
        axes.hlines(at, low, high, color=ACCENT, lw=1.4)
        axes.plot(ratio, at, "o", ms=4, color=ACCENT)
        axes.axvline(1.0, color=INK, lw=0.8)
        labels = [_short(term) for term in rows["term"].to_list()]
        axes.set_yticks(at, labels)
        axes.set_xscale("log")
        for ticks in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
            ticks(LogFormatter(minor_thresholds=(2.0, 0.5)))
        axes.set_xlabel("odds ratio, a unit of the column" + (", with its interval" if np.isfinite(low).any() else ""))

    return drawn(draw, height=0.8 + 0.24 * min(BARS, max(1, table.height)))


def calibration(y: Array, probability: Array) -> str:
    """Observed shares against predicted ones, by tenths of the predictions."""

    def draw(axes: Axes) -> None:
        order = np.argsort(probability, kind="stable")
        groups = np.array_split(order, min(BINS, max(1, y.size // 5)))
        predicted = np.array([probability[g].mean() for g in groups])
        observed = np.array([y[g].mean() for g in groups])
        error = np.array([np.sqrt(max(o * (1.0 - o), 1e-12) / g.size) for o, g in zip(observed, groups, strict=True)])
        most = 1.05 * max(predicted.max(), (observed + 1.96 * error).max())
        axes.plot([0.0, most], [0.0, most], color=INK, lw=0.8)
        axes.errorbar(predicted, observed, 1.96 * error, fmt="o", ms=4, color=ACCENT, ecolor=PALE)
        axes.set_xlim(0.0, most)
        axes.set_ylim(0.0, most)
        axes.set_xlabel("predicted probability, mean of a tenth")
        axes.set_ylabel("observed share, 95%")

    return drawn(draw, width=3.6)


def roc(y: Array, probability: Array) -> str:
    """True against false positives over all thresholds."""

    def draw(axes: Axes) -> None:
        order = np.argsort(-probability, kind="stable")
        hits, misses = np.cumsum(y[order]), np.cumsum(1.0 - y[order])
        ends = np.flatnonzero(np.diff(probability[order], append=-1.0) != 0.0)  # ties move together
        ends = ends[np.unique(np.linspace(0, ends.size - 1, 400).round().astype(int))]
        axes.plot(np.r_[0.0, misses[ends] / misses[-1]], np.r_[0.0, hits[ends] / hits[-1]], color=ACCENT, lw=1.4)
        axes.plot([0.0, 1.0], [0.0, 1.0], color=INK, lw=0.8)
        axes.set_xlabel("false positive rate")
        axes.set_ylabel("true positive rate")

    return drawn(draw, width=3.6)


def _apart(heights: Array, axes: Axes) -> Array:
    """Label heights moved so far apart that they do not overlap, in the order of their values."""
    low, high = axes.get_ylim()
    gap = 0.06 * (high - low)
    order = np.argsort(heights)
    out = heights.astype(np.float64)
    for before, after in pairwise(order):
        out[after] = max(out[after], out[before] + gap)
    over = out.max(initial=high) - high
    return out - max(0.0, over) * np.linspace(0.0, 1.0, out.size)[np.argsort(order)] if out.size > 1 else out


def _short(term: str, most: int = 28) -> str:
    return term if len(term) <= most else f"{term[: most - 3]}..."
