"""`logit check` as whole processes, on the flights and on 1,000,000 rows of 20 columns of Parquet:
python bench/check_times.py [--quick].

Beside it a script by hand, which counts with Polars what a careful person looks at first: missing
values, repeated ids, levels, spreads and the outcome. It fits nothing, so it cannot see what
separates. Rounds alternate between the two.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

import numpy as np
import polars as pl
from goals import Goal, Section, section_main
from harness import REPEATS, ROOT
from misses import MISSES

ROWS = 1_000_000
NUMBERS, TEXTS = 14, 4
CONFIG = """\
name: million
data: {{source: million.parquet, target: {{column: y, positive: true}}, id: id}}
features:
  numeric: [{numbers}]
  categorical: [{texts}]
split: {{method: random, test_size: 0.2}}
"""
LOOK = """
import sys
import polars as pl
rows = pl.scan_parquet(sys.argv[1].split(","))
name, ids, target = sys.argv[2], pl.col(sys.argv[3]), pl.col(sys.argv[4])
schema = rows.collect_schema()
numbers = [pl.col(c) for c, kind in schema.items() if kind.is_float()]
texts = [pl.col(c) for c, kind in schema.items() if kind == pl.String]
print(rows.select(pl.len(), pl.all().null_count()).collect())
print(rows.select(ids.n_unique().alias("ids"), target.mean().alias("share")).collect())
print(rows.select(c.std() for c in numbers).collect())
for c in texts:
    print(rows.group_by(c).agg(pl.len(), target.mean().alias("share")).sort("len").collect())
"""


def write_million(folder: Path) -> Path:
    """A table of 20 columns and its config, whose path is returned."""
    rng = np.random.default_rng(15)
    numbers = {f"x{j}": rng.standard_normal(ROWS) for j in range(NUMBERS)}
    codes = {f"g{j}": rng.integers(0, 5 * (j + 1), ROWS) for j in range(TEXTS)}
    eta = sum(values * 0.2 for values in numbers.values()) + 0.1 * codes["g0"] - 1.5
    frame = pl.DataFrame(
        {
            "id": np.arange(ROWS),
            **numbers,
            **{name: [f"level {code}" for code in found] for name, found in codes.items()},
            "y": rng.random(ROWS) < 1.0 / (1.0 + np.exp(-eta)),
        }
    )
    frame.write_parquet(folder / "million.parquet")
    config = folder / "config.yaml"
    text = CONFIG.format(numbers=", ".join(numbers), texts=", ".join(codes))
    config.write_text(text, encoding="utf-8")
    return config


def commands(folder: Path, million: Path) -> dict[str, list[str]]:
    """The words after `python` of each process that is measured."""
    flights = ",".join(sorted(str(path) for path in (ROOT / "data/flights/train").glob("*")))
    check = ["-m", "logit_flows", "check"]
    return {
        "flights, `logit check`": [*check, "config.yaml", "--set", f"store={folder}/store"],
        "flights, a look with Polars": ["-c", LOOK, flights, "flights", "flight_id", "late"],
        "1,000,000 x 20, `logit check`": [*check, str(million)],
        "1,000,000 x 20, a look with Polars": [
            *("-c", LOOK, str(million.with_name("million.parquet")), "million", "id", "y")
        ],
    }


def seconds_of(words: list[str]) -> tuple[float, float]:
    """The seconds of one whole process, and those in which a core worked for it."""
    start, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
    seconds, after = time.perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def section(quick: bool, say: Callable[[str], object] = print) -> Section:
    """Whole processes in alternating rounds, and the goals of check."""
    with tempfile.TemporaryDirectory() as folder:
        asked = commands(Path(folder), write_million(Path(folder)))
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
        seconds_of(asked["flights, `logit check`"])  # the disk's cache warm, the code compiled
        for _ in range(1 if quick else REPEATS):
            for name, found in times.items():
                found.append(seconds_of(asked[name]))
    lines = ["| process | seconds | core seconds |", "|---|---|---|"]
    middle = []
    for name, found in times.items():
        seconds, worked = (median(column) for column in zip(*found, strict=True))
        middle.append(seconds)
        lines.append(f"| {name} | {seconds:.2f} | {worked:.2f} |")
    for line in lines:
        say(line)
    flights, _, million, _ = middle
    goals = [
        Goal("check/flights", "`logit check` on the flights", flights, 2.0, unit="s"),
        Goal("check/million", "`logit check` on 1,000,000 x 20", million, 5.0, unit="s"),
    ]
    return Section("check", lines, goals)


if __name__ == "__main__":
    section_main(section, __doc__, "one round", MISSES)
