"""When a pass for the information pays: it costs as much as some light passes, and those that follow it gain more.

A step by an old curvature leaves a steady share of the distance to the solution. A step by the curvature at hand leaves a
share that is about as small as the distance itself, because the curvature changes by no more on the way.
"""

from math import ceil, log

INFORMED_RATE = 0.1  # the share of the distance that a step by exact curvature leaves, at most
COEFFICIENTS_PER_LIGHT_PASS = (
    50.0  # by which the cost of an information pass rises by one light pass, from two on
)


def information_cost(coefficients: int) -> float:
    """The cost of an information pass in light passes, measured on dense rows."""
    return 2.0 + coefficients / COEFFICIENTS_PER_LIGHT_PASS


def information_pays(
    distance: float, rate: float, curvature_change: float, target: float, cost: float
) -> bool:
    """Whether the next pass is for the information: cheaper than light ones alone, and than one light one before it.

    distance: to the solution; target: where to stop; rate: the share of the distance that a light pass leaves now;
    curvature_change: the relative change of the curvature over a distance of one; cost: of the pass, in light ones.
    """

    def light_passes(distance: float, rate: float) -> int:
        return ceil(log(target / distance) / log(rate)) if distance > target else 0

    def informed_cost(distance: float) -> float:
        return cost + light_passes(distance, min(INFORMED_RATE, distance * curvature_change)) - 1

    return informed_cost(distance) < light_passes(distance, rate) and informed_cost(
        distance
    ) <= 1 + informed_cost(distance * rate)
