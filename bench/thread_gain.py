"""A fit by default threads beside the same fit by one thread, taking turns in one process."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from goals import Goal, Section
from machine import cores
from problems import MAKERS

SIZES = (
    (1_100, 10), (4_000, 10), (16_000, 10), (17_000, 10), (33_000, 10), (100_000, 10),
    (300_000, 10), (17_000, 30), (33_000, 30), (100_000, 30), (16_000, 100), (33_000, 100),
    (100_000, 100), (300_000, 2),
)  # fmt: skip
MOST = 1.05  # times what one thread takes
ROUNDS = (5, 60)  # at least, and at most
SECONDS = 1.5  # for each size
MAX_TRIALS = 4  # where the ratio is above MOST: other work on the machine can only add to a time


def section(quick: bool) -> Section:
    """The milliseconds of both, and their ratio, for each size."""
    lines = [
        f"A fit by default threads ({cores()} cores) beside the same fit by one thread, in turns:",
        "",
        "| rows x columns | one thread, ms | default, ms | default over one |",
        "|---|---|---|---|",
    ]
    ratios = []
    for n, p in SIZES[::3] if quick else SIZES:
        one, default = both_seconds(n, p)
        ratios.append(default / one)
        lines.append(f"| {n:,} x {p} | {1e3 * one:.2f} | {1e3 * default:.2f} | {ratios[-1]:.2f} |")
    goal = Goal(
        "threads/one", "default threads beside one thread, the worst size", max(ratios), MOST
    )
    return Section("threads", lines, [goal])


def both_seconds(n: int, p: int) -> tuple[float, float]:
    """The least seconds of a fit of n x p by one thread, and by default threads."""
    from logit_engine import array_rows, fit

    at = MAKERS["iid"](n, p)
    rows = array_rows(at.X, at.y)
    found = np.full(2, np.inf)
    for _ in range(MAX_TRIALS):
        turns = [lambda: fit(rows, threads=1), lambda: fit(rows)]
        found = np.minimum(found, least_in_turns(turns))
        if found[1] <= MOST * found[0]:
            break
    return float(found[0]), float(found[1])


def least_in_turns(actions: list[Callable[[], Any]]) -> np.ndarray:
    """The least seconds of each action, (actions,), which take turns."""
    least, begun, rounds = np.full(len(actions), np.inf), time.perf_counter(), 0
    while rounds < ROUNDS[0] or (rounds < ROUNDS[1] and time.perf_counter() - begun < SECONDS):
        for i, action in enumerate(actions):
            started = time.perf_counter()
            action()
            least[i] = min(least[i], time.perf_counter() - started)
        rounds += 1
    return least
