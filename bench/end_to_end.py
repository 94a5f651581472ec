"""`logit train` on the flights beside the same job by hand, as whole processes: python
bench/end_to_end.py [--quick].

Beside each other: `logit train config.yaml --no-prefect` into a fresh store, and the two scripts of
the same job with pandas or Polars and scikit-learn, each with its default solver and with
newton-cholesky. Rounds alternate between them.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from goals import Goal, Section, section_main
from harness import BENCH, REPEATS, ROOT
from misses import MISSES

STEP = re.compile(r"^ *(\d+\.\d+) s  (.+)$", re.MULTILINE)
READING = """
import logit_flows.cli.application, logit_flows.recipes.training
import logit_flows.reports.printing, logit_engine.reporting.summary
import polars as pl
from logit_flows.config.reading import read_config
from logit_flows.steps.load import needed_columns
from pathlib import Path
config = read_config(Path("config.yaml"), [])
pl.read_parquet(config.resolve(config.data.source[0]), columns=needed_columns(config))
"""
TRAIN = ["-m", "logit_flows", "train", "config.yaml", "--no-prefect", "--set"]


def commands(folder: str) -> dict[str, list[str]]:
    """The words after `python` of each process that is measured, into a folder of its own."""
    scripts = {
        f"{table} + scikit-learn, {solver}": [str(BENCH / f"end_to_end_{table}.py"), folder, solver]
        for table in ("pandas", "polars")
        for solver in ("lbfgs", "newton-cholesky")
    }
    return {
        "logit train": [*TRAIN, f"store={folder}"],
        "its imports and reading": ["-c", READING],
        **scripts,
    }


def process(name: str) -> tuple[float, str]:
    """The seconds of one whole process, and what it wrote to stderr."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        words = [sys.executable, *commands(folder)[name]]
        done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
        return time.perf_counter() - start, done.stderr


def costs(told: str) -> dict[str, float]:
    """Seconds by step of a training run, from what it said as each began; the end of the last is
    not said.
    """
    starts = [(float(seconds), name) for seconds, name in STEP.findall(told)]
    return {name: end - start for (start, name), (end, _) in pairwise(starts)}


def section(quick: bool, say: Callable[[str], object] = print) -> Section:
    """Whole processes in alternating rounds; the goals, and where the time of ours goes."""
    times: dict[str, list[float]] = {name: [] for name in commands("")}
    steps: dict[str, list[float]] = {}
    process("logit train")  # the disk's cache warm, the byte code compiled
    for _ in range(1 if quick else REPEATS):
        for name, found in times.items():
            seconds, told = process(name)
            found.append(seconds)
            if name == "logit train":
                for step, cost in costs(told).items():
                    steps.setdefault(step, []).append(cost)
    middle = {name: median(found) for name, found in times.items()}
    own, outside = middle["logit train"], middle["its imports and reading"]
    by_step = {"imports, and reading the files once": outside}
    by_step |= {step: median(found) for step, found in steps.items()}
    largest = sorted(by_step.items(), key=lambda pair: -pair[1])[:3]
    lines = ["| process | seconds | times ours |", "|---|---|---|"]
    lines += [
        f"| {name} | {seconds:.2f} | {seconds / own:.1f} |" for name, seconds in middle.items()
    ]
    named = ", ".join(f"{step} ({seconds:.2f} s)" for step, seconds in largest)
    lines += ["", f"The three largest costs of `logit train`: {named}."]
    for line in lines:
        say(line)
    goals = [
        Goal(
            "end to end/beyond",
            "`logit train` beyond imports and reading",
            own - outside,
            1.5,
            unit="s",
        ),
        *(
            Goal(
                f"end to end/{table}",
                f"faster than {table} and scikit-learn at its default solver",
                middle[f"{table} + scikit-learn, lbfgs"] / own,
                3.0,
                at_least=True,
            )
            for table in ("pandas", "polars")
        ),
    ]
    return Section("end-to-end", lines, goals)


if __name__ == "__main__":
    section_main(section, __doc__, "one round", MISSES)
