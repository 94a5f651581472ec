"""A pass with its curvature factored: plainly if that keeps the digits, else in whitened rows, else
majorized.
"""

from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.passes import Evaluation
from logit_engine.objective.triangles import UnitFactor, aliased, unit_factor
from logit_engine.solvers.tsqr import column_r_factor, weighted_r_factor
from logit_engine.solvers.whitening import free_directions

MIN_CHOLESKY_PIVOT = 3e-6  # below it a Cholesky factor may be noise: it is off by about sqrt(n eps)


class FactoredPass(NamedTuple):
    """An evaluation in a basis, with the Cholesky factor of its curvature along the free
    directions.

    full_factor: of the whole curvature, or None. observed: the curvature is the observed one, not
    its expectation. is_information: the factor is not that of a matrix in the place of the
    information. unit: the factor with columns of unit length.
    """

    evaluation: Evaluation
    basis: Array | None
    factor: Array
    free: Array | None
    full_factor: Array | None
    observed: bool
    unit: UnitFactor
    is_information: bool = True


def factored_pass(
    objective: Objective, theta: Array, basis: Array | None, current: Evaluation
) -> FactoredPass | None:
    """The curvature of an evaluation factored in its basis, else in one made by TSQR.

    None if columns are aliased. If classes share a basis, small pivots are taken as they are. So
    are those of columns that are aliased but for linear constraints: they have no whitened rows.
    """
    least_pivot = MIN_CHOLESKY_PIVOT if basis is None or objective.likelihood.outputs == 1 else 0.0
    found = _definite_pass(objective, theta, basis, current, least_pivot)
    if found is not None:
        return found
    white = weighted_r_factor(objective, theta)
    resolution = objective.coordinates.resolution
    if not aliased(white, resolution).any():
        least_pivot = MIN_CHOLESKY_PIVOT if objective.likelihood.outputs == 1 else 0.0
        return _definite_pass(
            objective, theta, white, objective.evaluate(theta, white), least_pivot
        )
    if objective.fixed is None or not aliased(column_r_factor(objective), resolution).any():
        return None
    return _definite_pass(objective, theta, basis, current, 0.0)


def majorized_pass(objective: Objective, theta: Array) -> FactoredPass | None:
    """A pass with the Gram matrix of the rows in place of an information that is zero to rounding.

    None under aliases. Far offsets leave such an information. The steps of the Gram matrix fall
    (Boehning & Lindsay 1988) but prove nothing.
    """
    basis = weighted_r_factor(objective, theta, by_weight_alone=True)
    if aliased(basis, objective.coordinates.resolution).any():
        return None
    free = free_directions(objective, basis)
    size = theta.size if free is None else free.shape[1]
    unit = UnitFactor(np.eye(size), np.ones(size), 1.0)
    evaluation = objective.evaluate(theta, basis)
    return FactoredPass(evaluation, basis, unit.R, free, None, True, unit, is_information=False)


def _definite_pass(
    objective: Objective,
    theta: Array,
    basis: Array | None,
    current: Evaluation,
    least_pivot: float,
) -> FactoredPass | None:
    """The curvature factored as it is.

    If a link is not log-concave and that fails, the expected information. None if a pivot is no
    larger than `least_pivot`.
    """
    free = free_directions(objective, basis)
    for observed in (True, False):
        evaluation = current if observed else objective.evaluate(theta, basis, expected=True)
        full = unit_factor(evaluation.curvature)
        unit = full if free is None else unit_factor(free.T @ evaluation.curvature @ free)
        if unit is not None and unit.pivot > least_pivot:
            factor = unit.R
            full_factor = factor if full is unit else None if full is None else full.R
            return FactoredPass(evaluation, basis, factor, free, full_factor, observed, unit)
        if objective.likelihood.log_concave:
            break
    return None
