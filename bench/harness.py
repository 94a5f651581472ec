"""Contestants in processes of their own: the loosest tolerance that is accurate enough, medians;
knows no case.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import numpy as np

BENCH = Path(__file__).parent
ROOT = BENCH.parent
EQUAL = 1e-10  # the relative gradient at which all are compared
REPEATS = 5
PATIENCE = 30.0  # seconds by which the last repetition must be likely to end
CUT_OFF = 60.0  # seconds a contestant may take in all, its data included


@dataclass(frozen=True, slots=True)
class Timing:
    """What a contestant did: the median of `runs` runs, how accurate it was there, and what is to
    be said of it.

    seconds: None where it did not finish even once, and `said` tells why. floor: the seconds it
    took at least.
    """

    seconds: float | None
    residual: float = np.nan
    tolerance: float = np.nan
    runs: int = 0
    said: str = ""
    floor: float = np.nan

    @property
    def least(self) -> float:
        """The seconds to compare with: those it took, or those after which it was cut off."""
        return self.floor if self.seconds is None else self.seconds

    @property
    def cell(self) -> str:
        """The time, with the residual where it stayed above the equal one, and the runs where
        they are fewer.
        """
        if self.seconds is None:
            return self.said
        notes = [f"{self.residual:.0e}"] if self.residual > EQUAL else []
        notes += (
            [f"{self.runs} runs" if self.runs > 1 else "1 run"] if 0 < self.runs < REPEATS else []
        )
        notes += [f"cut off: {self.said}"] if self.said else []
        shown = f"{1000.0 * self.seconds:.2f} ms" if self.seconds < 0.01 else f"{self.seconds:.2f}"
        return f"{shown} ({', '.join(notes)})" if notes else shown


class Contestant(Protocol):
    """How somebody fits a case: `prepare` is not timed, `fit` is; `residual` judges what `fit`
    gave.
    """

    ladder: Sequence[float]

    def fit(self, tolerance: float) -> Any: ...

    def residual(self, fitted: Any) -> float: ...


def race(entry: Contestant, tell: Callable[[Timing], None] = lambda _: None) -> Timing:
    """The contestant at the loosest tolerance of its falling ladder that is accurate enough, else
    at its most accurate.

    The ladder is halved again and again: whoever is accurate at one tolerance is at all tighter
    ones. `tell` hears what is known after each run, for the case that there is no next.
    """
    times: dict[float, list[float]] = {}
    residuals: dict[float, float] = {}
    begun = time.perf_counter()

    def run(tolerance: float) -> None:
        started = time.perf_counter()
        fitted = entry.fit(tolerance)
        times.setdefault(tolerance, []).append(time.perf_counter() - started)
        if tolerance not in residuals:
            residuals[tolerance] = entry.residual(fitted)
        tell(best())

    def best() -> Timing:
        fine = [t for t in residuals if residuals[t] <= EQUAL]
        at = max(fine) if fine else min(residuals, key=lambda t: residuals[t])
        return Timing(median(times[at]), residuals[at], at, len(times[at]))

    low, high = 0, len(entry.ladder)
    while low < high:
        middle = (low + high) // 2
        run(entry.ladder[middle])
        low, high = (
            (low, middle) if residuals[entry.ladder[middle]] <= EQUAL else (middle + 1, high)
        )
    while best().runs < REPEATS and time.perf_counter() - begun + best().least < PATIENCE:
        run(best().tolerance)
    return best()


def steady(action: Callable[[], Any], repeats: int = REPEATS) -> float:
    """The median seconds of an action, once it has been done once."""
    action()
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return median(found)


def child(script: Path, words: Sequence[str], cut_off: float = CUT_OFF) -> tuple[list[Any], str]:
    """The JSON lines that a script printed in a process of its own, and why it did not come to
    its end, if it did not.
    """
    command = [sys.executable, "-W", "ignore", str(script), *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    said = ""
    try:
        out, err = process.communicate(timeout=cut_off)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        said = f"over {cut_off:.0f} s"
    if process.returncode and not said:
        said = (err.strip().splitlines() or ["failed"])[-1][:90]
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")], said


def measured(script: Path, words: Sequence[str], cut_off: float = CUT_OFF) -> Timing:
    """The timing that a script told last, in a process of its own."""
    told, said = child(script, words, cut_off)
    if told:
        known = {
            key: np.nan if value is None and key != "seconds" else value
            for key, value in told[-1].items()
        }
        return Timing(**known | {"said": said})
    return Timing(None, said=said, floor=cut_off if said.startswith("over ") else np.nan)


def tell(timing: Timing) -> None:
    """Print a timing as the JSON line that `measured` reads."""
    content = {key: None if value != value else value for key, value in asdict(timing).items()}
    print(json.dumps(content), flush=True)
