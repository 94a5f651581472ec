"""Paths: a penalty at falling strengths, each fit from the one before.

With folds, all their fits share the same passes over the rows. The strong rules of Tibshirani et
al. (2012) guess which columns may leave zero at the next strengths. The working set
(solvers/working_set.py) proves the guess on all columns, or adds what the guess missed.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.fitting.preparation import prepare
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Likelihood
from logit_engine.penalties import NONE, ElasticNet
from logit_engine.rows import Rows, cores, one_blas_thread
from logit_engine.solvers.descent import CONVERGED_RESIDUAL
from logit_engine.solvers.working_set import WorkingSet

LOOKAHEAD_STRENGTHS = 5  # strengths ahead whose columns the strong rule lets in
MAX_PATH_PASSES = 1000  # for one strength


@dataclass(frozen=True, slots=True)
class Path:
    """The fits of a path of m strengths.

    strengths: (m,), falling.
    estimates: (m, q), in the user's units.
    folds: (m, K, q), the estimates without the rows of each fold.
    loglik: (m,), of all rows.
    residual: (m,), the largest of all fits at a strength (`solvers.descent.residuals`).
    passes: (m,), over the rows.
    converged: (m,), whether the residual is within the tolerance, or 1e-10.
    """

    strengths: Array
    estimates: Array
    folds: Array
    loglik: Array
    residual: Array
    passes: NDArray[np.int64]
    converged: NDArray[np.bool_]


class PathPoint(NamedTuple):
    """What stands at one strength: theta of all fits, (K + 1, q), and the numbers of `Path`."""

    thetas: Array
    loglik: float
    residual: float
    passes: int


def fit_path(
    rows: Rows,
    likelihood: Likelihood,
    unit: ElasticNet,
    strengths: Array,
    *,
    folds: int = 0,
    tolerance: float = CONVERGED_RESIDUAL,
    threads: int | None = None,
    max_passes: int = MAX_PATH_PASSES,
) -> Path:
    """Fits at strength * unit, on the sum of the rows, for falling strengths, (m,).

    folds: how many folds the rows' codes name. The fit of a fold leaves its rows out.
    max_passes: for one strength.

    Raises UsageError if the strengths do not fall, DataError as `fit` does.
    """
    if strengths.size == 0 or not (strengths > 0.0).all() or (np.diff(strengths) >= 0.0).any():
        raise UsageError("the strengths of a path fall, and are above 0.")
    with one_blas_thread():
        begun = prepare(rows, likelihood, unit, threads or cores(), strengths.size * (folds + 1))
        coordinates, start = begun.objective.coordinates, begun.start
        kinks = unit.in_units(np.tile(coordinates.scale, likelihood.outputs))
        loss, starts = replace(begun.objective, penalty=NONE), np.tile(start, (folds + 1, 1))
        fits = WorkingSet(loss, starts, tuple(range(-1, folds)), kinks)
        points = _path_points(fits, kinks, strengths, tolerance, max_passes)
    thetas = np.stack([point.thetas for point in points])
    user = coordinates.to_user(thetas.reshape(-1, start.size).T).T.reshape(thetas.shape)
    residual = np.array([point.residual for point in points])
    return Path(
        strengths=strengths,
        estimates=user[:, 0],
        folds=user[:, 1:],
        loglik=np.array([point.loglik for point in points]),
        residual=residual,
        passes=np.array([point.passes for point in points]),
        converged=residual <= max(tolerance, CONVERGED_RESIDUAL),
    )


def _path_points(
    fits: WorkingSet,
    kinks: ElasticNet,
    strengths: Array,
    tolerance: float,
    max_passes: int,
) -> list[PathPoint]:
    """All fits at each strength.

    Columns whose slopes exceed the strong rule's share of their kinks take part from the start.
    """
    points = []
    for i, strength in enumerate(strengths.tolist()):
        later = float(strengths[min(i + LOOKAHEAD_STRENGTHS, strengths.size - 1)])
        strong_rule = max(0.0, 2.0 * later / strength - 1.0)
        before = fits.passes
        residual = fits.fit_under(kinks.multiplied(strength), tolerance, max_passes, strong_rule)
        loglik = -fits.light_passes[0].loss
        points.append(PathPoint(fits.thetas.copy(), loglik, residual, fits.passes - before))
    return points


def relaxed_fit(
    rows: Rows,
    likelihood: Likelihood,
    estimates: Array,
    *,
    threads: int | None = None,
    naive: bool = False,
) -> FitResult:
    """The unpenalized fit of the coefficients that a penalty left; the others stay zero.

    estimates: (q,), of the penalized fit. Constants are free. naive: give standard errors as if the
    zeros had been known beforehand. Meinshausen (2007).
    """
    pinned = np.where(estimates == 0.0, np.inf, 0.0)
    if rows.intercept:
        pinned.reshape(likelihood.outputs, -1)[:, 0] = 0.0
    penalty = ElasticNet(pinned, np.zeros_like(pinned))
    return fit(rows, likelihood, penalty=penalty, threads=threads, naive=naive)
