"""Rows of a constant and categoricals as codes, and the same columns written out."""

from collections.abc import Sequence

import numpy as np

from logit_engine.columns import Coded, Columns, Constant, Dense, SideBySide
from logit_engine.rows.memory import MemoryRows


def coded_rows(n: int, levels: Sequence[int], seed: int = 0, numbers: int = 0) -> MemoryRows:
    """n rows of a constant, normal columns, and categoricals of so many evenly frequent levels, the
    last of which is the reference.
    """
    rng = np.random.default_rng(seed)
    parts: list[Columns] = [Constant(n)]
    names, eta = ["intercept"], np.full(n, -0.3)
    if numbers:
        X = rng.standard_normal((n, numbers))
        parts.append(Dense(X))
        names += [f"x{j}" for j in range(numbers)]
        eta += X @ np.full(numbers, 0.3)
    for which, count in enumerate(levels):
        codes = rng.integers(0, count, n).astype(np.int32)
        parts.append(Coded(codes, count - 1))
        names += [f"c{which}[{level}]" for level in range(count - 1)]
        eta += (0.3 * rng.standard_normal(count))[codes]
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return MemoryRows(SideBySide(tuple(parts)), y, tuple(names))
