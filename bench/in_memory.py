"""The in-memory cases beside the peers and beside the limit of the machine: python
bench/in_memory.py [--quick] [CASE ...].

Every contestant fits the same arrays in a process of its own, at the loosest tolerance of its
ladder at which its gradient, relative to that of the null model, is 1e-10 or less (where it never
is: at its best, which the table says). The limit is one `dsyrk` and two `dgemv` of X, as fast as
NumPy can on all cores.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from contestants import entry, ours
from goals import Goal, Section, goal_table
from harness import EQUAL, Timing, measured, race, steady, tell
from misses import MISSES
from problems import MAKERS, Problem

SKLEARN = ("lbfgs", "newton-cg", "newton-cholesky")
EXAM = Path(__file__).parents[1] / "data" / "exam" / "students.csv"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)  # of the scaling
SCALING_COLUMNS = 20

Times = dict[str, Timing]


@dataclass(frozen=True, slots=True)
class Case:
    """n rows by p columns of a maker, and who takes part."""

    name: str
    maker: str
    n: int
    p: int
    who: tuple[str, ...]

    def problem(self, quick: bool) -> Problem:
        """Its data; a twentieth of the rows where it must be quick."""
        return MAKERS[self.maker](self.n // 20 if quick else self.n, self.p)


CASES = (
    Case(
        "1e6 x 50",
        "iid",
        1_000_000,
        50,
        (
            "limit",
            "ours",
            "ours without errors",
            "ours without Numba",
            *SKLEARN,
            "glum",
            "glum without errors",
            "statsmodels",
        ),
    ),
    Case(
        "1e6 x 50, AR(0.95)", "correlated", 1_000_000, 50, ("ours", *SKLEARN, "glum", "statsmodels")
    ),
    Case(
        "1e6 x 50, scales 1e-3 to 1e3",
        "scales",
        1_000_000,
        50,
        ("ours", *SKLEARN, "glum", "statsmodels"),
    ),
    Case(
        "2e5 x 300",
        "iid",
        200_000,
        300,
        ("limit", "ours", "ours without Numba", *SKLEARN, "glum", "statsmodels"),
    ),
    Case("2e5 x 50, 5 classes", "classes", 200_000, 50, ("ours", "ours without Numba", *SKLEARN)),
    Case("flights with categoricals", "flights", 10**9, 0, ("ours", "glum", "statsmodels")),
)
BY_NAME = {case.name: case for case in CASES}


def limit(X: np.ndarray) -> Timing:
    """One `dsyrk` and two `dgemv` of X by NumPy, on all cores, in the memory order that is
    faster.
    """
    v, r = np.ones(X.shape[1]), np.ones(X.shape[0])
    found = [steady(lambda: (Z.T @ Z, Z @ v, Z.T @ r)) for Z in (X, np.asfortranarray(X))]  # noqa: B023
    return Timing(min(found), 0.0, 0.0, 5)


def one(name: str, who: str, quick: bool) -> None:
    """One contestant on one case, in this process; tells its timing after every run."""
    at = BY_NAME[name].problem(quick)
    if who == "limit":
        tell(limit(at.X))
        return
    entered = entry(who, at)
    if who.startswith("ours"):  # loads compiled loops
        entered.fit(0.0)
    tell(race(entered, tell))


def least(times: Times, *who: str) -> tuple[float, bool]:
    """The least seconds of some peers (all if none is named), and whether that is only where one
    was cut off.
    """
    peers = [times[w] for w in who or times if w in times and not w.startswith(("ours", "limit"))]
    fastest = min(
        (t for t in peers if t.least == t.least), key=lambda t: t.least, default=Timing(None)
    )
    return fastest.least, fastest.seconds is None


def own(times: Times, who: str = "ours") -> float:
    """Our seconds; nan where we were not accurate enough, so that no goal is met by a sloppy
    fit.
    """
    return times[who].least if times[who].residual <= EQUAL else np.nan


def limit_of(times: Times) -> float:
    """The seconds of the limit; nan where it was not measured to its end, which would flatter
    us.
    """
    return np.nan if times["limit"].seconds is None else times["limit"].seconds


def ahead(times: Times, name: str, bound: float, what: str, *who: str, of: str = "ours") -> Goal:
    """A goal of being so many times as fast as the fastest of some peers."""
    seconds, beyond = least(times, *who)
    return Goal(name, what, seconds / own(times, of), bound, at_least=True, beyond=beyond)


def goals(results: dict[str, Times]) -> Iterator[Goal]:
    """The goals of the cases that were measured."""
    for name, times in results.items():
        match name:
            case "1e6 x 50":
                cost = limit_of(times)
                yield Goal(
                    "iid/limit", f"{name}: times the limit (stretch 2.1)", own(times) / cost, 3.0
                )
                yield ahead(
                    times,
                    "iid/scikit-learn",
                    2.0,
                    f"{name}: ahead of scikit-learn's fastest",
                    *SKLEARN,
                )
                yield ahead(times, "iid/glum", 4.0, f"{name}: ahead of glum", "glum")
                yield ahead(
                    times, "iid/statsmodels", 12.0, f"{name}: ahead of statsmodels", "statsmodels"
                )
                plain = own(times, "ours without Numba") / own(times)
                yield Goal(
                    "iid/compiled",
                    f"{name}: compiled loops ahead of NumPy alone",
                    plain,
                    1.5,
                    at_least=True,
                )
                bare, what = "ours without errors", f"{name}, without standard errors"
                yield Goal("bare/limit", f"{what}: times the limit", own(times, bare) / cost, 2.0)
                yield ahead(
                    times,
                    "bare/scikit-learn",
                    3.0,
                    f"{what}: ahead of scikit-learn's fastest",
                    *SKLEARN,
                    of=bare,
                )
            case "1e6 x 50, AR(0.95)" | "1e6 x 50, scales 1e-3 to 1e3":
                key = BY_NAME[name].maker
                if "1e6 x 50" in results:
                    share = own(times) / own(results["1e6 x 50"])
                    yield Goal(f"{key}/iid", f"{name}: times the time of iid columns", share, 1.2)
                yield ahead(times, f"{key}/peers", 4.0, f"{name}: ahead of every peer")
            case "2e5 x 300":
                share = own(times) / limit_of(times)
                yield Goal("wide/limit", f"{name}: times the limit", share, 2.5)
                yield ahead(times, "wide/peers", 3.0, f"{name}: ahead of every peer")
            case "2e5 x 50, 5 classes":
                for who in ("lbfgs", "newton-cg"):
                    yield ahead(times, f"classes/{who}", 3.0, f"{name}: ahead of {who}", who)
            case "flights with categoricals":
                yield ahead(times, "flights/glum", 2.0, f"{name}: ahead of glum", "glum")
                yield ahead(
                    times,
                    "flights/statsmodels",
                    30.0,
                    f"{name}: ahead of statsmodels",
                    "statsmodels",
                )


def exam() -> Timing:
    """The exam's twenty rows fitted, rows made and all: the median of 200."""
    from logit_engine import array_rows

    _, hours, passed = np.loadtxt(EXAM, delimiter=",", skiprows=1).T.copy()
    return Timing(
        steady(lambda: ours(array_rows(hours, passed, names=["hours"])), 200), 0.0, 0.0, 200
    )


def scaling(n: int) -> Timing:
    """n rows of independent columns, fitted by us: the median of several."""
    entered = entry("ours", MAKERS["iid"](n, SCALING_COLUMNS))
    return Timing(steady(lambda: entered.fit(0.0), max(5, min(25, 2_000_000 // n))), 0.0, 0.0, 5)


def small_section(quick: bool) -> Section:
    """The exam, and how the time grows with the rows."""
    script = Path(__file__)
    words = ["--quick"] if quick else []
    test = measured(script, ["--exam", *words])
    sizes = SIZES[:3] if quick else SIZES
    times = {n: measured(script, ["--scaling", str(n), *words]).least for n in sizes}
    per_row = {n: seconds / n * 1e9 for n, seconds in times.items()}
    spread = max(per_row.values()) / min(per_row.values()) - 1.0
    slope = float(np.polyfit(np.log(list(times)), np.log(list(times.values())), 1)[0])
    lines = [
        f"The 20-row exam: {1000.0 * test.least:.2f} ms, rows made and fitted, the median of 200.",
        "",
        f"Rows by {SCALING_COLUMNS} independent columns, with standard errors; the time grows as "
        f"n to the {slope:.2f}.",
        "",
        "| rows | seconds | nanoseconds a row |",
        "|---|---|---|",
        *(f"| {n:,} | {times[n]:.3g} | {per_row[n]:.0f} |" for n in sizes),
    ]
    found = [
        Goal("exam", "20-row exam", 1000.0 * test.least, 2.0, unit="ms"),
        Goal(
            "scaling", "time a row from 1e4 to 1e7 rows, largest over smallest", 1.0 + spread, 1.15
        ),
    ]
    return Section("small", lines, found)


def table(results: dict[str, Times]) -> list[str]:
    """Seconds by case and contestant, and beside ours the ratio to the limit."""
    names = list(dict.fromkeys(who for case in CASES for who in case.who))
    lines = ["| case | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for name, times in results.items():
        cells = [_cell(who, times) for who in names]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _cell(who: str, times: Times) -> str:
    if who not in times:
        return ""
    if who.startswith("ours") and "limit" in times and times[who].seconds is not None:
        return f"{times[who].cell}, {times[who].least / limit_of(times):.1f} x limit"
    return times[who].cell


def section(names: list[str], quick: bool, say: Callable[[str], Any] = print) -> Section:
    """The cases of these names, or all, measured."""
    results: dict[str, Times] = {}
    for case in CASES:
        if names and case.name not in names and case.maker not in names:
            continue
        times = results[case.name] = {}
        for who in case.who:
            words = ["--one", case.name, who, *(["--quick"] if quick else [])]
            times[who] = measured(Path(__file__), words)
            say(f"{case.name:30} {who:20} {times[who].cell}")
    return Section("in-memory", table(results), list(goals(results)))


def main() -> None:
    """The table of the cases that were asked for, and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="names of cases or of their data; default: all")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the rows")
    parser.add_argument("--one", nargs=2, metavar=("CASE", "WHO"), help=argparse.SUPPRESS)
    parser.add_argument("--scaling", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--exam", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(*asked.one, asked.quick)
    elif asked.scaling:
        tell(scaling(asked.scaling))
    elif asked.exam:
        tell(exam())
    else:
        found = section(asked.cases, asked.quick)
        print("\n".join([*found.lines, "", *goal_table(found.goals, MISSES)]))


if __name__ == "__main__":
    main()
