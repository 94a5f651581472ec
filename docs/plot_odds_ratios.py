"""Draws docs/images/odds_ratios.png: python docs/plot_odds_ratios.py RUN_FOLDER (needs [dev])."""

import math
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import polars as pl


def draw(run: Path, out: Path) -> None:
    """Odds ratios of the carriers and of the weather, with their intervals by day."""
    weather = {"temp": 10, "humid": 10, "wind_speed": 5, "visib": -2}
    table = pl.read_parquet(run / "model.parquet", columns=["term", "estimate", "lower", "upper"])
    rows = []
    for term, estimate, lower, upper in table.iter_rows():
        if term in weather:
            step = weather[term]
            ends = sorted((lower * step, upper * step))
            rows.append((f"{term} {step:+d}", estimate * step, *ends))
        elif term.startswith("carrier"):
            rows.append((f"{term} (against UA)", estimate, lower, upper))
    rows.sort(key=lambda row: row[1])
    figure, axes = plt.subplots(figsize=(7.5, 5.2), layout="constrained")
    for place, (_, estimate, lower, upper) in enumerate(rows):
        axes.plot([lower, upper], [place, place], color="#33658a", linewidth=2)
        axes.plot(estimate, place, "o", color="#33658a", markersize=6)
    ticks = [0.5, 0.7, 1.0, 1.4, 2.0]
    axes.axvline(0.0, color="#999999", linewidth=1, linestyle="--")
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.set_xticks([math.log(t) for t in ticks], ticks)
    axes.set_xlabel("odds ratio of a late arrival, 95% interval clustered by day")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(__file__).parent / "images" / "odds_ratios.png")
