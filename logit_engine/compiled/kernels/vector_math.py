"""Exponentials and logarithms of many numbers at once, in loops that a compiler turns into vector
instructions.
"""

from math import factorial

import numpy as np

from logit_engine.compiled.kernels.machine_code import ordered_loop

MIN_EXPONENT = -708.0  # e^x is about the smallest normal number there, and is taken for it below
LN2, LN2_TAIL = 0.6931471805598903, 5.497923018708371e-14  # log 2: its first 42 bits, and the rest
# a number to which it is added has the nearest integer in its last bits
ROUNDING_SHIFT = 1.5 * 2.0**52
EXPONENT_OF_ONE = 1023  # as the bits of 1.0 hold it
E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13 = (1.0 / factorial(k) for k in range(2, 14))


@ordered_loop
def exp_of_negatives(x, out, room):  # type: ignore[no-untyped-def]
    """out = e^x for x <= 0 to a unit in the last place, several numbers at once: (m,), (m,), room
    (m,) of 64-bit integers.

    x = k log 2 + r with |r| <= (log 2) / 2, and Taylor's series of e^r. Muller, Elementary
    Functions (2016), 11.
    """
    power = room.view(np.float64)
    for i in range(x.size):
        value = max(x[i], MIN_EXPONENT)
        power[i] = value * (1.0 / LN2) + ROUNDING_SHIFT
        k = power[i] - ROUNDING_SHIFT
        r = (value - k * LN2) - k * LN2_TAIL
        series = ((((E13 * r + E12) * r + E11) * r + E10) * r + E9) * r + E8
        series = (((((series * r + E7) * r + E6) * r + E5) * r + E4) * r + E3) * r + E2
        out[i] = 1.0 + (r + r * r * series)
    for i in range(x.size):
        room[i] = (room[i] + EXPONENT_OF_ONE) << 52
    for i in range(x.size):
        out[i] *= power[i]


@ordered_loop
def log1p_of_fractions(x, out):  # type: ignore[no-untyped-def]
    """out = log(1 + x) for 0 <= x <= 1, to two units in the last place, several numbers at once:
    (m,), (m,).

    Twice the series of artanh at x / (2 + x), which is at most a third. Abramowitz & Stegun (1964),
    4.1.27.
    """
    for i in range(x.size):
        s = x[i] / (2.0 + x[i])
        q = s * s
        series = (((1 / 33 * q + 1 / 31) * q + 1 / 29) * q + 1 / 27) * q + 1 / 25
        series = ((((series * q + 1 / 23) * q + 1 / 21) * q + 1 / 19) * q + 1 / 17) * q + 1 / 15
        series = (
            ((((series * q + 1 / 13) * q + 1 / 11) * q + 1 / 9) * q + 1 / 7) * q + 1 / 5
        ) * q + 1 / 3
        out[i] = 2.0 * (s + s * q * series)
