"""How the time of a fit grows, from n to 2n rows and from p to 1.25p columns: no step anywhere.

Each size is fitted a few times, and the fastest counts. Where the growth is beyond its bound both
sizes are fitted again: other work on the machine can only add to a time.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from goals import Goal, Section
from problems import MAKERS

mpl.use("Agg")
import matplotlib.pyplot as plt

PLOT = Path(__file__).parents[1] / "docs" / "images" / "growth.png"
COLUMNS = (2, 10, 30, 100)
FEWEST_ROWS, ROWS_PER_COLUMN = 100, 8  # with fewer rows a column no maximum exists
MAX_ROWS, MAX_NUMBERS = 10_000_000, 100_000_000
ROWS_FACTOR, MAX_ROWS_GROWTH = 2.0, 2.6
ROWS_OF_COLUMNS = 20_000
FEWEST_COLUMNS, MAX_COLUMNS = 4, 1000
COLUMNS_FACTOR, MAX_COLUMNS_GROWTH = 1.25, 1.3 * 1.25**2
LEAST_FITS, MOST_FITS, SECONDS = 2, 40, 0.15  # for each size and trial
MAX_TRIALS = 5
QUICK_ROWS, QUICK_COLUMNS = 100_000, 150

Seconds = dict[int, float]


def section(quick: bool) -> Section:
    """The worst growth over rows for each number of columns, and over columns; with a plot."""
    over_rows = {p: seconds_by_rows(p, QUICK_ROWS if quick else MAX_ROWS) for p in COLUMNS}
    over_columns = seconds_by_columns(QUICK_COLUMNS if quick else MAX_COLUMNS)
    lines = [
        "The time of a fit, standard errors included, as rows and columns grow:",
        "",
        "![Seconds of a fit by rows and by columns](images/growth.png)",
        "",
        "| from | to | largest growth | at | bound |",
        "|---|---|---|---|---|",
    ]
    goals = []
    for p, seconds in over_rows.items():
        worst, at = worst_growth(seconds, 2)
        lines.append(
            f"| n rows of {p} columns | 2n | {worst:.2f} x | n = {at:,} | {MAX_ROWS_GROWTH} x |"
        )
        text = f"from n to 2n rows of {p} columns, at most"
        goals.append(Goal(f"growth/rows {p}", text, worst, MAX_ROWS_GROWTH))
    worst, at = worst_growth(over_columns, 1)
    lines.append(
        f"| p columns of {ROWS_OF_COLUMNS:,} rows | 1.25p | {worst:.2f} x | p = {at:,} | "
        f"{MAX_COLUMNS_GROWTH:.2f} x |"
    )
    text = f"from p to 1.25p columns of {ROWS_OF_COLUMNS:,} rows, at most"
    goals.append(Goal("growth/columns", text, worst, MAX_COLUMNS_GROWTH))
    if not quick:
        draw(over_rows, over_columns)
    return Section("growth", lines, goals)


def seconds_by_rows(p: int, max_rows: int) -> Seconds:
    """Seconds of a fit of p columns by rows, two sizes for each doubling."""
    most = min(max_rows, MAX_NUMBERS // p)
    sizes = geometric(max(FEWEST_ROWS, ROWS_PER_COLUMN * p), most, ROWS_FACTOR**0.5)
    at = MAKERS["iid"](sizes[-1], p)
    return least_seconds(sizes, lambda n: fitting(at.X[:n], at.y[:n]), 2, MAX_ROWS_GROWTH)


def seconds_by_columns(max_columns: int) -> Seconds:
    """Seconds of a fit of ROWS_OF_COLUMNS rows by columns."""
    sizes = geometric(FEWEST_COLUMNS, max_columns, COLUMNS_FACTOR)
    at = MAKERS["iid"](ROWS_OF_COLUMNS, sizes[-1])

    def action(p: int) -> Callable[[], object]:
        return fitting(np.ascontiguousarray(at.X[:, :p]), at.y)

    return least_seconds(sizes, action, 1, MAX_COLUMNS_GROWTH)


def fitting(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    """A fit of these rows, for the clock."""
    from logit_engine import array_rows, fit

    rows = array_rows(X, y)
    return lambda: fit(rows)


def geometric(first: int, last: int, factor: float) -> list[int]:
    """Whole numbers from first to last, each by about the factor larger."""
    steps = int(np.log(last / first) / np.log(factor) + 1e-9)
    return [round(first * factor**k) for k in range(steps + 1)]


def least_seconds(
    sizes: Sequence[int], action: Callable[[int], Callable[[], object]], apart: int, bound: float
) -> Seconds:
    """The least seconds of the action of each size; those are measured again, up to MAX_TRIALS
    times, that seem to grow beyond the bound from a size to that so many places on.
    """
    found: Seconds = {}
    wanted = list(sizes)
    for _ in range(MAX_TRIALS):
        for size in wanted:
            found[size] = min(found.get(size, np.inf), least_time(action(size)))
        pairs = zip(sizes, sizes[apart:], strict=False)
        beyond = {
            size for pair in pairs if found[pair[1]] > bound * found[pair[0]] for size in pair
        }
        wanted = sorted(beyond)
    return found


def least_time(action: Callable[[], object]) -> float:
    """The seconds of the fastest of some calls."""
    times: list[float] = []
    while len(times) < LEAST_FITS or (sum(times) < SECONDS and len(times) < MOST_FITS):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def worst_growth(seconds: Seconds, apart: int) -> tuple[float, int]:
    """The largest ratio of a time to that so many sizes before, and the size before."""
    sizes = list(seconds)
    return max((seconds[b] / seconds[a], a) for a, b in zip(sizes, sizes[apart:], strict=False))


def draw(over_rows: dict[int, Seconds], over_columns: Seconds) -> None:
    """Both as lines on logarithmic axes."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9.0, 3.6), sharey=True, layout="constrained"
    )
    shades = ("#9ec5e3", "#5b93bd", "#33658a", "#173247")
    for (p, seconds), color in zip(over_rows.items(), shades, strict=True):
        left.plot(list(seconds), list(seconds.values()), color=color, label=f"{p} columns")
    right.plot(list(over_columns), list(over_columns.values()), color="#33658a")
    left.set(xlabel="rows", ylabel="seconds of a fit")
    right.set(xlabel=f"columns of {ROWS_OF_COLUMNS:,} rows")
    left.legend(frameon=False)
    for axes in (left, right):
        axes.set(xscale="log", yscale="log")
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})
    plt.close(figure)
