"""Compiled loops built before any fit needs them, for every type of rows that a fit may hand them.

Each is compiled by a pass over a few rows, as a fit would call it; Numba keeps the machine code.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Coordinates, Dense
from logit_engine.compiled.build_record import loops_are_built, write_build_record
from logit_engine.compiled.loops import COMPILED_TYPES, Loops
from logit_engine.errors import UsageError
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT
from logit_engine.rows import Block

BUILT_LIKELIHOODS: tuple[Likelihood, ...] = (Bernoulli(LOGIT), Multinomial(2))
ROWS, COLUMNS = 8, 3  # of the passes that compile


def build_loops() -> Path:
    """Compile what is not compiled yet, and write the build record, whose path is returned.

    About a minute where nothing is. Raises UsageError without Numba, and where nothing can be kept.
    """
    if find_spec("numba") is None:
        raise UsageError("compiled loops need Numba: pip install 'logit-engine[fast]'")
    for likelihood in BUILT_LIKELIHOODS:
        for dtype in COMPILED_TYPES:
            X = np.zeros((2 * ROWS, COLUMNS), dtype)
            compile_for(likelihood, X[:ROWS])
            compile_for(likelihood, X[::2])
    written = write_build_record()
    loops_are_built.cache_clear()
    return written


def compile_for(likelihood: Likelihood, X: NDArray[np.floating]) -> None:
    """Compile the loops of one likelihood for X, (ROWS, COLUMNS), of this type.

    Whether its numbers lie one after another makes a difference too.
    """
    theta = np.zeros(likelihood.outputs * COLUMNS)
    coordinates = Coordinates(np.zeros(COLUMNS), np.ones(COLUMNS), None, 1.0, np.zeros(COLUMNS))
    block = Block(Dense(X), np.tile([0.0, 1.0], ROWS // 2))
    loops = Loops(likelihood, coordinates, theta)
    loops.light_sums(block, (-1,))
    loops.sums(block, np.float64)
    loops.sums(block, np.float32)
