"""Columns that are rounded combinations of others in most rows: right, given up, or refused."""

import numpy as np
import pytest

from logit_engine import array_rows, fit
from logit_engine.constraints import linear_equalities
from tests.laws.random_problems import Problem
from tests.laws.verdicts import Judgment, judged

SEEDS = range(120)
PARTS = 3
# a maximum that rounding hides may be given up
FALSE = (
    Judgment.WRONG,
    Judgment.FALSE_REASON,
    Judgment.RAW,
)


def nearly_separated(seed: int) -> Problem:
    """A last column that is a rounded combination of others, but in a few rows, where it tells
    the outcome.
    """
    rng = np.random.default_rng(seed)
    n, p, rows = int(rng.choice([15, 40, 120])), int(rng.choice([2, 3, 4])), int(rng.integers(1, 8))
    X = rng.standard_normal((n, p))
    y = (X.sum(axis=1) + rng.logistic(size=n) > 0).astype(float)
    gap = 10.0 ** rng.uniform(-8, 1) * (np.arange(n) < rows) * (2 * y - 1)
    if rng.random() < 0.3:
        gap[0] = -gap[0]
    combinations = (X[:, 0] + X[:, 1], X[:, 0] * rng.standard_normal(), 0.1 * X[:, 0] - X[:, 1] / 3)
    X = np.column_stack([X, combinations[int(rng.integers(3))] + gap])
    link = str(rng.choice(["logit", "logit", "probit", "cloglog"]))
    return Problem(seed, X, y, link, 2, True, None, None, None, None, "nonrobust", ())


@pytest.mark.parametrize("part", range(PARTS))
def test_a_plateau_that_only_rounding_ends_is_no_maximum(part: int) -> None:
    found = {seed: judged(nearly_separated(seed)) for seed in SEEDS[part::PARTS]}
    assert not {seed: said for seed, said in found.items() if said.judgment in FALSE}


@pytest.mark.parametrize("seed", [22, 39, 52, 85, 127, 130])
def test_nor_is_it_a_maximum_under_constraints(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, rows = int(rng.choice([40, 120])), int(rng.integers(1, 8))
    X = rng.standard_normal((n, 3))
    y = (X.sum(axis=1) + rng.logistic(size=n) > 0).astype(float)
    gap = 10.0 ** rng.uniform(-8, 1) * (np.arange(n) < rows) * (2 * y - 1)
    if rng.random() < 0.5:
        gap[0] = -gap[0]
    X = np.column_stack([X[:, :2], X[:, 0] + X[:, 1] + gap, X[:, 2]])
    held = linear_equalities("x4 = 0", ("intercept", "x1", "x2", "x3", "x4"))
    assert not fit(array_rows(X, y), equalities=held, allow_separation=True).converged
