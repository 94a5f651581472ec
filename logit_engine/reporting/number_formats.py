"""Numbers as the text of a table's cell."""

import numpy as np

UNKNOWN = "."  # stands for a number that is not known


def number_text(value: float, digits: int = 5) -> str:
    """A number to some significant digits; '.' for nan, '+inf' and '-inf' for infinity.

    Plain between 1e-4 and 1e6, else in powers of ten.
    """
    if np.isnan(value):
        return UNKNOWN
    if np.isinf(value):
        return "+inf" if value > 0.0 else "-inf"
    size = abs(value)
    if size == 0.0 or 1e-4 <= size < 1e6:
        exponent = int(np.floor(np.log10(size))) if size else 0
        places = max(0, digits - 1 - exponent)
        return f"{value:.{min(places, digits + 2)}f}"
    return f"{value:.{digits - 2}e}"


def z_text(value: float) -> str:
    """A z statistic to three places; '.' for nan."""
    return UNKNOWN if np.isnan(value) else f"{value:.3f}"


def p_text(value: float) -> str:
    """A p-value to three places; '<0.001' below that; '.' for nan."""
    if np.isnan(value):
        return UNKNOWN
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def decimal_text(value: float, digits: int = 3) -> str:
    """A number to some decimals, as statsmodels' `forg` shows it.

    At 1e4 and more, and below 1e-4, to as many significant digits.
    """
    return f"{value:.{digits}{'f' if 1e-4 <= abs(value) < 1e4 else 'g'}}"


def significant_digits(value: float, digits: int) -> str:
    """A number to some significant digits, trailing zeros kept; '.' for nan."""
    return UNKNOWN if np.isnan(value) else f"{value:#.{digits}g}"


def fixed_decimals(value: float, digits: int) -> str:
    """A number to some decimals; '.' for nan."""
    return UNKNOWN if np.isnan(value) else f"{value:.{digits}f}"


def count_text(value: float) -> str:
    """A count; to two decimals if it is not whole, as a sum of weights may be."""
    return f"{value:.0f}" if value == value // 1 else f"{value:.2f}"
