"""Everyday penalized fits beside their peers: dummies of 1,000 rows, more columns than rows, and
texts of three classes, at equal residual. A part of everyday.py.
"""

import penalized
from goals import Section, section_main
from misses import MISSES

QUICK = ("one_hot_1k/l1_at_1e3", "wide_500_5000/l1_at_10")
CASES = (
    *(f"one_hot_1k/{task}_at_{C}" for task in ("l1", "net") for C in ("10", "1e3", "1e4")),
    *(f"wide_500_5000/l1_at_{C}" for C in ("3", "10", "100")),
    "text3_20k_50k/l2_at_1",
    "text3_20k_50k/l1_at_1",
)


def section(quick: bool) -> Section:
    """All contestants on all cases, or two; the goals are those of penalized.py."""
    return penalized.section(QUICK if quick else CASES)


if __name__ == "__main__":
    section_main(section, __doc__, "two cases", MISSES)
