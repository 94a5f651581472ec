"""How near the columns are to being combinations of each other, and which ones are."""

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.diagnostics.collinearity import nearly_collinear
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import condition_number, r_factor
from logit_engine.solvers.solution import FactoredInformation

NOTED_CONDITION = 1e8  # a condition number above it is worth a note


def column_condition(objective: Objective, information: FactoredInformation | None) -> float:
    """Condition number of the weighted columns at unit length, clear of the constants.

    Infinite if there is no information, which is singular then. See docs/engine.md.
    """
    if information is None:
        return np.inf
    return condition_number(_slope_triangle(objective, information)[0])


def collinear_names(
    objective: Objective,
    information: FactoredInformation | None,
    condition: float,
) -> tuple[str, ...]:
    """The columns that are nearly combinations of each other, if the condition is worth a note."""
    if information is None or not NOTED_CONDITION < condition < np.inf:
        return ()
    triangle, coefficients = _slope_triangle(objective, information)
    if not coefficients.size:
        return ()
    names = objective.rows.names
    involved = nearly_collinear(triangle, 1.0 / NOTED_CONDITION)
    columns = {int(coefficients[i]) % len(names) for i in involved}
    return tuple(names[j] for j in sorted(columns))


def _slope_triangle(
    objective: Objective,
    information: FactoredInformation,
) -> tuple[Array, NDArray[np.intp]]:
    """The triangle of the weighted columns clear of the constants, and each column's coefficient.

    Under constraints a column belongs to no coefficient.
    """
    triangle, constant = information.triangle, objective.coordinates.constant
    if triangle.shape[1] != objective.free.size:
        return triangle, np.zeros(0, dtype=np.intp)
    if constant is None:
        return triangle, np.arange(triangle.shape[1])
    terms = objective.coordinates.scale.size
    constants = constant + np.arange(objective.likelihood.outputs) * terms
    if constants.size == 1 and constant == 0:
        return triangle[1:, 1:], np.arange(1, terms)
    slopes = np.delete(np.arange(triangle.shape[1]), constants)
    clear = r_factor(np.ascontiguousarray(triangle[:, np.concatenate([constants, slopes])]))
    return clear[constants.size :, constants.size :], slopes
