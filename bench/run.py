"""The whole benchmark, into the tables of docs/performance.md: python bench/run.py [--quick]
[SECTION ...].

`--help` lists the sections. Ends with 1 if a goal is missed without a sentence on why in
misses.py, or if a section fails. Larger than memory goes by hand.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec

import check_times
import end_to_end
import everyday
import in_memory
import penalized
import text_files
from goals import Goal, Section, between, goal_table, unexplained
from harness import BENCH, ROOT
from machine import sentence
from misses import MISSES

PAGE = ROOT / "docs" / "performance.md"
BUILD = "from logit_engine.compiled.building import build_loops; build_loops()"
CLUSTER = BENCH / "cluster.py"
QUICK_PENALIZED = ("dense_200k_50/l2", "flights/l2")


def cluster(quick: bool) -> Section:
    """What bench/cluster.py prints, as it is, and its goals.

    Raises CalledProcessError where it ends with anything but 0.
    """
    done = subprocess.run(
        [sys.executable, str(CLUSTER)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return Section("cluster", ["```text", done.stdout.strip(), "```"], gains(done.stdout))


def gains(printed: str) -> list[Goal]:
    """How much faster two workers are than one: the last number of the lines that have four."""
    what = {"heavy": "a pass with the information", "fit": "a whole fit"}
    lines = [line.split() for line in printed.splitlines()]
    found = {line[0]: float(line[4]) for line in lines if len(line) == 5 and line[0] in what}
    return [
        Goal(
            f"cluster/{key}", f"{what[key]} on 2 workers, beside 1", found[key], 1.6, at_least=True
        )
        for key in what
    ]


SECTIONS: dict[str, Callable[[bool], Section]] = {
    "in-memory": lambda quick: in_memory.section([], quick),
    "small": in_memory.small_section,
    "everyday": everyday.section,
    "end-to-end": end_to_end.section,
    "check": check_times.section,
    "text": text_files.section,
    "penalized": lambda quick: penalized.section(QUICK_PENALIZED if quick else ()),
    **({"cluster": cluster} if CLUSTER.exists() else {}),
}


def main() -> int:
    """Measure, print, write, and say what is missed without a word; 0 if nothing is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; default: all")
    parser.add_argument(
        "--quick", action="store_true", help="fewer rows and runs; nothing is written"
    )
    asked = parser.parse_args()
    if strange := sorted(set(asked.sections) - SECTIONS.keys()):
        parser.error(f"there is no section {strange[0]!r}; choose of {', '.join(SECTIONS)}.")
    if find_spec("numba"):  # as one does once after an install
        subprocess.run([sys.executable, "-c", BUILD], check=True)
    ran: list[Goal] = []
    failed: list[str] = []
    for name in asked.sections or [
        name for name in SECTIONS if not (asked.quick and name == "cluster")
    ]:
        load = os.getloadavg()[0]
        try:
            found = SECTIONS[name](asked.quick)
        except subprocess.CalledProcessError as error:
            failed.append(f"{name}: {error}")
            continue
        command = "make bench" if not asked.sections else f"python bench/run.py {name}"
        lines = [
            *found.lines,
            "",
            *goal_table(found.goals, MISSES),
            "",
            f"By {sentence(command, load)}",
        ]
        print("\n".join(["", f"## {name}", "", *lines, ""]), flush=True)
        if not asked.quick:
            PAGE.write_text(
                between(PAGE.read_text(encoding="utf-8"), name, lines), encoding="utf-8"
            )
        ran += found.goals
    met = sum(goal.met for goal in ran)
    print(f"{met} of {len(ran)} goals met.")
    silent = unexplained(ran, MISSES)
    for goal in silent:
        print(
            f"missed without a sentence in bench/misses.py: {goal.key} ({goal.text})",
            file=sys.stderr,
        )
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failed or (silent and not asked.quick) else 0


if __name__ == "__main__":
    sys.exit(main())
