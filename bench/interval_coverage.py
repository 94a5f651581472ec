"""Where 95% Wald intervals stop covering 95%: many columns for the rows, few events a coefficient,
few clusters.

Run: python bench/interval_coverage.py [repetitions]. Prints the table of docs/engine.md, "When to
trust standard errors"; the notes of a fit (logit_engine/inference/reliability.py) cite it. Seeds
are fixed. 400 repetitions, ten times as many of clusters, take about five minutes.
"""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats

from logit_engine import CLUSTER, NONROBUST, array_rows, fit
from logit_engine.errors import LogitEngineError

SIGNAL = 5.0  # variance of the linear predictor where p/n is studied, as in Sur & Candes (2019)
ROWS_A_CLUSTER = 30


class Case(NamedTuple):
    """A setting: its name, how its data come, and clusters, 0 for none."""

    name: str
    rows: int
    columns: int
    intercept: float = 0.0
    signal: float = 1.0
    clusters: int = 0


CASES = [
    *(
        Case(f"p/n = {share:g}", 500, int(500 * share), 0.0, SIGNAL)
        for share in (0.01, 0.05, 0.1, 0.2)
    ),
    *(Case(f"{e} events a coefficient", 5 * 20 * e, 5, -3.4) for e in (20, 10, 5, 2)),
    *(Case(f"{g} clusters", g * ROWS_A_CLUSTER, 2, clusters=g) for g in (50, 20, 10, 5, 4, 3, 2)),
]


def sample(
    case: Case, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Columns, outcomes, the true slopes, every other one zero, and clusters.

    Of clusters one column is theirs, one the rows' own, both without effect: a shift by cluster
    would shrink one.
    """
    X = rng.standard_normal((case.rows, case.columns))
    slopes = np.where(np.arange(case.columns) % 2, 0.0, np.sqrt(2.0 * case.signal / case.columns))
    cluster, shift = None, 0.0
    if case.clusters:
        cluster = np.repeat(np.arange(case.clusters), ROWS_A_CLUSTER)
        X[:, 0] = rng.standard_normal(case.clusters)[cluster]
        shift, slopes = 0.6 * rng.standard_normal(case.clusters)[cluster], np.zeros(2)
    eta = case.intercept + X @ slopes + shift
    return X, (eta + rng.logistic(size=case.rows) > 0.0).astype(float), slopes, cluster


def coverages(case: Case, repetitions: int) -> Iterator[tuple[float, float, float]]:
    """Of each fit that has a maximum: the share of slopes in their interval, normal and Student's,
    and their mean ratio.

    The slopes are those that are not zero, or of clusters both.
    """
    rng = np.random.default_rng(13)
    for _ in range(repetitions):
        X, y, slopes, cluster = sample(case, rng)
        rows = array_rows(X, y, cluster=cluster)
        try:
            found = fit(rows, covariance_type=NONROBUST if cluster is None else CLUSTER, threads=1)
        except LogitEngineError:
            continue
        studied = (slopes != 0.0) | (case.clusters > 0)
        z = np.abs((found.estimates[1:] - slopes) / found.std_errors[1:])[studied]
        df = case.clusters - 1 if case.clusters else case.rows - case.columns - 1
        ratio = (
            np.nan
            if case.clusters
            else float((found.estimates[1:][studied] / slopes[studied]).mean())
        )
        yield (
            float((z < stats.norm.ppf(0.975)).mean()),
            float((z < stats.t.ppf(0.975, df)).mean()),
            ratio,
        )


def main(repetitions: int = 400) -> None:
    """The table, in Markdown."""
    print("| setting | 95% intervals cover | Student's t | estimates over the truth | fits |")
    print("|---|---|---|---|---|")
    for case in CASES:
        found = np.array(list(coverages(case, repetitions * (10 if case.clusters else 1))))
        normal, student, ratio = found.mean(axis=0)
        truth = "" if case.clusters else f"{ratio:.2f}"
        print(
            f"| {case.name} | {normal:.0%} | {student:.0%} | {truth} | {len(found)} |", flush=True
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
