"""Everyday work: small and middling fits, and that nothing grows by a step: bench/run.py everyday.

Each part measures one thing that users meet every day, and gives its lines and its goals. A new
part is a function of --quick and a line in PARTS.
"""

from collections.abc import Callable

import everyday_categories
import everyday_groups
import everyday_penalized
import everyday_small
import first_fit
import growth
import thread_gain
from goals import Section, section_main
from misses import MISSES

PARTS: tuple[Callable[[bool], Section], ...] = (
    thread_gain.section,
    growth.section,
    first_fit.section,
    everyday_small.section,
    everyday_categories.section,
    everyday_groups.section,
    everyday_penalized.section,
)


def section(quick: bool) -> Section:
    """All parts, one below the other."""
    found = [part(quick) for part in PARTS]
    lines = [line for part in found for line in (*part.lines, "")]
    return Section("everyday", lines[:-1], [goal for part in found for goal in part.goals])


if __name__ == "__main__":
    section_main(section, __doc__, "fewer rows, columns and repetitions", MISSES)
