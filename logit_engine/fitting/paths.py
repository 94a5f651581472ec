"""Paths: a penalty at many falling strengths, each fit from the one before; with folds, all their fits in the same passes.

The strong rules of Tibshirani et al. (2012) guess which columns may leave zero at the next strengths; the working set
(solvers/working_set.py) proves the guess on all columns, or adds what it missed.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.fitting.preparation import prepared
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Likelihood
from logit_engine.penalties import NONE, ElasticNet
from logit_engine.rows import Rows, cores, one_blas_thread
from logit_engine.solvers.descent import CONVERGED_RESIDUAL
from logit_engine.solvers.working_set import WorkingSet

AHEAD = 5  # strengths ahead for which columns are let in
PASSES = 1000  # for one strength


@dataclass(frozen=True, slots=True)
class Path:
    """Fits at falling strengths (m,): estimates (m, q) in the user's units, their log-likelihood and residual, (m,).

    folds: (m, K, q), the estimates without the rows of each fold. residual: the largest of all fits at that strength
    (`solvers.descent.residuals`, beside the gradient's size and the penalty); converged: whether it is within the tolerance,
    or 1e-10. passes: passes over the rows, (m,).
    """

    strengths: Array
    estimates: Array
    folds: Array
    loglik: Array
    residual: Array
    passes: NDArray[np.int64]
    converged: NDArray[np.bool_]


def fit_path(
    rows: Rows,
    likelihood: Likelihood,
    unit: ElasticNet,
    strengths: Array,
    *,
    folds: int = 0,
    tolerance: float = CONVERGED_RESIDUAL,
    threads: int | None = None,
    max_passes: int = PASSES,
) -> Path:
    """Fits at strength * unit for falling strengths, (m,), on the sum of the rows, and beside each its folds' fits.

    folds: how many the rows' fold codes name; a fold's own fit leaves its rows out. max_passes: for one strength. Raises
    UsageError where strengths do not fall, DataError as `fit` does.
    """
    if strengths.size == 0 or not (strengths > 0.0).all() or (np.diff(strengths) >= 0.0).any():
        raise UsageError("the strengths of a path fall, and are above 0.")
    with one_blas_thread():
        _, _, objective, start = prepared(
            rows, likelihood, unit, threads or cores(), strengths.size * (folds + 1)
        )
        kinks = unit.in_units(np.tile(objective.coordinates.scale, likelihood.outputs))
        fits = WorkingSet(
            replace(objective, penalty=NONE),
            np.tile(start, (folds + 1, 1)),
            tuple(range(-1, folds)),
            kinks,
        )
        inner, loglik, residual, passes = [], [], [], []
        for i, strength in enumerate(strengths.tolist()):
            ahead = max(
                0.0, 2.0 * float(strengths[min(i + AHEAD, strengths.size - 1)]) / strength - 1.0
            )
            before = fits.passes
            residual.append(
                fits.fit_under(kinks.multiplied(strength), tolerance, max_passes, ahead)
            )
            passes.append(fits.passes - before)
            inner.append(fits.thetas.copy())
            loglik.append(-fits.light_passes[0].loss)
        thetas = np.stack(inner)
        user = objective.coordinates.to_user(thetas.reshape(-1, start.size).T).T.reshape(
            thetas.shape
        )
        worst = np.array(residual)
        return Path(
            strengths,
            user[:, 0],
            user[:, 1:],
            np.array(loglik),
            worst,
            np.array(passes),
            worst <= max(tolerance, CONVERGED_RESIDUAL),
        )


def relaxed(
    rows: Rows,
    likelihood: Likelihood,
    estimates: Array,
    *,
    threads: int | None = None,
    naive: bool = False,
) -> FitResult:
    """The unpenalized fit of the coefficients that a penalty left, (q,); the others stay zero. Meinshausen (2007).

    naive: with standard errors as if the zeros had been known beforehand. Constants are free.
    """
    zero = np.where(estimates == 0.0, np.inf, 0.0)
    if rows.intercept:
        zero.reshape(likelihood.outputs, -1)[:, 0] = 0.0
    return fit(
        rows,
        likelihood,
        penalty=ElasticNet(zero, np.zeros_like(zero)),
        threads=threads,
        naive=naive,
    )
