"""The first large fit on a machine where nothing is compiled yet: it waits for no compiler.

A process with an empty folder for machine code fits few rows, so that all imports are done, and
then many rows twice.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from goals import Goal, Section

COLUMNS = 20
ROWS, QUICK_ROWS = 2_000_000, 900_000  # numbers enough for compiled loops
MOST_SECONDS = 0.5  # that the first fit may take longer than the second


def section(quick: bool) -> Section:
    """The seconds of the first such fit and of the second."""
    n = QUICK_ROWS if quick else ROWS
    with TemporaryDirectory() as empty:
        done = subprocess.run(
            [sys.executable, __file__, str(n)],
            env={**os.environ, "NUMBA_CACHE_DIR": empty},
            cwd=Path(__file__).parent,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    first, second = json.loads(done.stdout)
    lines = [
        f"{n:,} x {COLUMNS} where no loop is compiled: {first:.2f} s the first time, "
        f"{second:.2f} s the second."
    ]
    text = "the first large fit on a machine, beyond the second"
    return Section(
        "first fit", lines, [Goal("first fit", text, first - second, MOST_SECONDS, unit="s")]
    )


def main(n: int) -> None:
    """Print the seconds of two fits of n rows, after one of few."""
    from growth import fitting
    from problems import MAKERS

    at = MAKERS["iid"](n, COLUMNS)
    fitting(at.X[:1000], at.y[:1000])()
    large, seconds = fitting(at.X, at.y), []
    for _ in range(2):
        started = time.perf_counter()
        large()
        seconds.append(time.perf_counter() - started)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]))
