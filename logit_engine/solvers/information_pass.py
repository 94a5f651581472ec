"""When a pass for the information pays: it costs as much as some light passes, and later ones gain
more.

A step by an old curvature leaves a steady share of the distance to the solution. A step by the
curvature at hand leaves a share that is about as small as the distance itself, because the
curvature changes by no more on the way.
"""

from math import ceil, log
from sys import float_info

MAX_EXACT_RATE = 0.1  # the share of the distance that a step by exact curvature leaves
MIN_LIGHT_PASSES = 2.0  # that an information pass costs
SMALLEST = float_info.min
COEFFICIENTS_PER_LIGHT_PASS = 50.0  # so many more make an information pass dearer by one light pass


def information_cost(coefficients: int) -> float:
    """The cost of an information pass in light passes, measured on dense rows."""
    return MIN_LIGHT_PASSES + coefficients / COEFFICIENTS_PER_LIGHT_PASS


def information_pays(
    distance: float, rate: float, curvature_change: float, target: float, cost: float
) -> bool:
    """Whether the next pass is for the information.

    It is if that costs less than light passes alone, and no more than after one more light pass.
    distance: to the solution. target: where to stop. rate: the share of the distance that a light
    pass leaves now. curvature_change: relative, over a distance of one. cost: of the information
    pass, in light ones. A target or a rate of zero is as good as the smallest number.
    """

    def light_passes(distance: float, rate: float) -> int:
        if distance <= target:
            return 0
        return ceil(log(max(target, SMALLEST) / distance) / log(max(rate, SMALLEST)))

    def cost_after(distance: float) -> float:
        return cost + light_passes(distance, min(MAX_EXACT_RATE, distance * curvature_change)) - 1

    now, later = cost_after(distance), 1 + cost_after(distance * rate)
    return now < light_passes(distance, rate) and now <= later
