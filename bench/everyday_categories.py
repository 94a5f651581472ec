"""Many categories beside the peers: python bench/everyday_categories.py [--quick] [CASE ...].

Thousands of levels in eight categoricals, with and without standard errors, and one categorical of
10,000 and 100,000 levels under a ridge. Everybody fits the same table; making codes or indicators
of it is not timed. Accuracy is compared as in bench/harness.py.
"""

import argparse
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from contestants import DECADES, glum_fit
from goals import Goal, Section, goal_table
from harness import EQUAL, Timing, measured, race, tell
from misses import MISSES
from scipy.special import expit

SEED = 20261127
NUMBERS = 5  # normal columns beside a ridge
RIDGE = 1.0
ERRORS, BARE = ("ours", "glum"), ("ours without errors", "newton-cholesky", "glum without errors")


@dataclass(frozen=True, slots=True)
class Case:
    """Rows, the levels of each categorical, whether a ridge, and who takes part."""

    name: str
    n: int
    levels: tuple[int, ...]
    ridge: bool
    who: tuple[str, ...]


CASES = (
    Case(
        "8 categoricals, 1,926 levels",
        300_000,
        (1000, 500, 200, 100, 60, 30, 24, 12),
        False,
        ERRORS + BARE,
    ),
    Case(
        "8 categoricals, 3,020 levels",
        300_000,
        (2000, 600, 200, 100, 60, 24, 24, 12),
        False,
        ERRORS + BARE,
    ),
    Case("10,000 levels, l2", 200_000, (10_000,), True, ("ours", "estimator", "newton-cg")),
    Case("100,000 levels, l2", 200_000, (100_000,), True, ("ours", "estimator", "newton-cg")),
)
BY_NAME = {case.name: case for case in CASES}


@dataclass
class Table:
    """Rows with categoricals: numbers (n, m), codes of each categorical, y (n,) and a ridge.

    The first level of each is the reference. X: numbers and indicators of all others, sparse.
    """

    case: Case
    numbers: np.ndarray = field(init=False)
    codes: list[np.ndarray] = field(init=False)
    y: np.ndarray = field(init=False)
    X: Any = field(init=False)

    def __post_init__(self) -> None:
        rng, n = np.random.default_rng(SEED), self.case.n
        self.numbers = rng.standard_normal((n, NUMBERS if self.case.ridge else 0))
        self.codes = [rng.integers(0, count, n).astype(np.int32) for count in self.case.levels]
        eta = self.numbers.sum(axis=1) * 0.2 - 0.5
        parts = [sp.csr_array(self.numbers)]
        for codes, count in zip(self.codes, self.case.levels, strict=True):
            eta += (0.3 * rng.standard_normal(count))[codes]
            whole = sp.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, count))
            parts.append(sp.csr_array(whole[:, 1:]))
        self.y = (rng.random(n) < expit(eta)).astype(np.float64)
        self.X = sp.csr_array(sp.hstack(parts))

    @property
    def ridge(self) -> float:
        """The strength on half the sum of squares."""
        return RIDGE if self.case.ridge else 0.0

    def residual(self, coef: np.ndarray, intercept: float) -> float:
        """The largest slope, a column counting by its root mean square, over that of the null
        model.
        """
        size = np.sqrt(np.asarray(self.X.power(2).sum(axis=0)) / self.y.size)
        size[size == 0.0] = np.inf  # a level without rows
        null = self.X.T @ (self.y.mean() - self.y) / size
        rest = expit(self.X @ coef + intercept) - self.y
        slopes = (self.X.T @ rest + self.ridge * coef) / size
        return float(max(np.abs(slopes).max(), abs(rest.sum())) / np.abs(null).max())


@dataclass
class Ours:
    """The engine on rows of codes."""

    at: Table
    errors: bool = True
    ladder: Sequence[float] = (0.0,)

    def __post_init__(self) -> None:
        from logit_engine.columns import Coded, Constant, Dense, SideBySide
        from logit_engine.rows.memory import MemoryRows

        levels = self.at.case.levels
        # the reference has the last code
        parts = [
            Coded(np.where(codes == 0, count - 1, codes - 1).astype(np.int32), count - 1)
            for codes, count in zip(self.at.codes, levels, strict=True)
        ]
        numbers = [Dense(self.at.numbers)] if self.at.case.ridge else []
        X = SideBySide((Constant(self.at.y.size), *numbers, *parts))
        self.rows = MemoryRows(X, self.at.y, tuple(f"x{j}" for j in range(X.shape[1])))

    def fit(self, tolerance: float) -> Any:
        """The result."""
        from logit_engine import L2, NONE, NONROBUST, fit

        penalty = L2(self.at.ridge) if self.at.ridge else NONE
        return fit(self.rows, penalty=penalty, covariance_type=NONROBUST if self.errors else None)

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        assert fitted.converged
        assert np.isfinite(fitted.std_errors).all() == (self.errors and not self.at.ridge)
        return self.at.residual(fitted.estimates[1:], fitted.estimates[0])


@dataclass
class Estimator:
    """A LogisticRegression on sparse indicators: scikit-learn's, or the engine's of that name."""

    at: Table
    make: Callable[[float, float], Any]
    ladder: Sequence[float] = DECADES

    def fit(self, tolerance: float) -> Any:
        """The model."""
        C = 1.0 / self.at.ridge if self.at.ridge else np.inf
        return self.make(C, tolerance).fit(self.at.X, self.at.y)

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        return self.at.residual(np.ravel(fitted.coef_), float(np.ravel(fitted.intercept_)[0]))


@dataclass
class Glum:
    """glum on pandas' categoricals without a penalty, with or without nonrobust errors."""

    at: Table
    errors: bool
    ladder: Sequence[float] = DECADES

    def __post_init__(self) -> None:
        import pandas as pd

        self.table = pd.DataFrame(
            {
                f"c{j}": pd.Categorical.from_codes(codes, categories=np.arange(count).astype(str))
                for j, (codes, count) in enumerate(
                    zip(self.at.codes, self.at.case.levels, strict=True)
                )
            }
        )

    def fit(self, tolerance: float) -> Any:
        """The model."""
        return glum_fit(self.table, self.at.y, tolerance, self.errors)

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        return self.at.residual(fitted.coef_, float(fitted.intercept_))


def entry(who: str, at: Table) -> Any:
    """The contestant of that name."""
    warnings.simplefilter("ignore")

    def engine(C: float, tolerance: float) -> Any:
        from logit_engine.estimators import LogisticRegression

        return LogisticRegression(C=C)

    def scikit_learn(C: float, tolerance: float) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=C, solver=who, tol=tolerance, max_iter=10_000)

    match who:
        case "ours" | "ours without errors":
            return Ours(at, errors=who == "ours")
        case "glum" | "glum without errors":
            return Glum(at, errors=who == "glum")
        case "estimator":
            return Estimator(at, engine, ladder=(0.0,))
    return Estimator(at, scikit_learn)


def goals(results: dict[str, dict[str, Timing]]) -> Iterator[Goal]:
    """How our times compare with those of the fastest peer that is as accurate."""
    for name, times in results.items():
        ridge = BY_NAME[name].ridge
        pairs = [("ours", ("estimator",) if ridge else ("glum",))]
        pairs += [] if ridge else [("ours without errors", ("newton-cholesky",))]
        for own, peers in pairs:
            known = [times[who].least for who in peers if times[who].least == times[who].least]
            fine = times[own].residual <= EQUAL and known
            share = times[own].least / min(known) if fine else np.nan
            what = "the engine's own estimator" if ridge else peers[0]
            yield Goal(f"categories/{name}/{peers[0]}", f"{name}: {own}, beside {what}", share, 1.0)


def section(quick: bool) -> Section:
    """All cases measured; quick: 10,000 levels, by our own two alone."""
    if not quick:
        return measured_cases(CASES)
    few = BY_NAME["10,000 levels, l2"]
    return measured_cases([replace(few, who=few.who[:2])])


def measured_cases(chosen: Sequence[Case], say: Callable[[str], Any] = print) -> Section:
    """Some cases, everybody in a process of its own."""
    results: dict[str, dict[str, Timing]] = {}
    for case in chosen:
        results[case.name] = {}
        for who in case.who:
            found = measured(Path(__file__), ["--one", case.name, who])
            results[case.name][who] = found
            say(f"{case.name:32} {who:22} {found.cell}")
    known = list(dict.fromkeys(who for case in chosen for who in case.who))
    lines = ["| case | " + " | ".join(known) + " |", "|---" * (len(known) + 1) + "|"]
    for name, times in results.items():
        cells = [times[who].cell if who in times else "" for who in known]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return Section("categories", lines, list(goals(results)))


def main() -> None:
    """The table of the cases that were asked for, and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="names of cases; default: all")
    parser.add_argument("--quick", action="store_true", help="one case, our own alone")
    parser.add_argument("--one", nargs=2, metavar=("CASE", "WHO"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        name, who = asked.one
        tell(race(entry(who, Table(BY_NAME[name])), tell))
    else:
        chosen = tuple(BY_NAME[name] for name in asked.cases)
        found = measured_cases(chosen) if chosen else section(asked.quick)
        print("\n".join([*found.lines, "", *goal_table(found.goals, MISSES)]))


if __name__ == "__main__":
    main()
