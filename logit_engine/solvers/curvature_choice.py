"""Which model of the curvature steers a penalized fit: a table by shape, measured by
bench/penalized.py.
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple


class Curvature(Enum):
    """How a model holds the curvature of the loss."""

    PRODUCTS = "exact at every step, by products with sparse columns or codes"
    ELIMINATED = "exact at every step, with a large categorical eliminated"
    STEPS = "by the last steps alone, without a matrix"
    MATRIX = "a matrix, corrected by every step; factored once if there are no kinks"


class Shape(NamedTuple):
    """What a choice depends on.

    kinked: the penalty has kinks or bounds. cheap_products: columns are sparse or mostly codes.
    large_categorical: there is one beside few other columns.
    """

    coefficients: int
    kinked: bool
    cheap_products: bool
    large_categorical: bool


class Choice(NamedTuple):
    """A curvature, and the shapes that get it."""

    curvature: Curvature
    fits: Callable[[Shape], bool]


CHOICES = (
    Choice(
        Curvature.ELIMINATED,
        lambda shape: shape.large_categorical and not shape.kinked and shape.coefficients > 1000,
    ),
    Choice(Curvature.PRODUCTS, lambda shape: shape.cheap_products and shape.coefficients > 600),
    Choice(Curvature.STEPS, lambda shape: not shape.kinked and shape.coefficients > 5000),
    Choice(Curvature.MATRIX, lambda shape: True),
)


def curvature_for(shape: Shape) -> Curvature:
    """The first choice that fits."""
    return next(choice.curvature for choice in CHOICES if choice.fits(shape))
