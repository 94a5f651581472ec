"""Where inference is known to fail: `reliability_notes` gives a note with a figure per case.

Standard errors rest on many rows for each coefficient, and those by cluster on many clusters. If
there are few rows or events, estimates are too far from zero; if there are few rows or clusters,
intervals cover less than they say. The figures come from bench/interval_coverage.py; a note cites
those of the setting nearest to the fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# 95% intervals begin to fail above it. Sur & Candes (2019).
MAX_SLOPES_PER_ROW = 0.1
MIN_EVENTS_PER_SLOPE = 10  # rows of the rarest outcome per slope. Peduzzi et al. (1996)
SLOPE_SHARES: dict[float, tuple[float, int]] = {
    0.05: (1.09, 93),
    0.1: (1.19, 90),
    0.2: (1.54, 81),
}  # by p/n: estimates over the truth, coverage in %
EVENT_SHARES: dict[float, tuple[float, int]] = {
    10: (1.01, 94),
    5: (1.02, 95),
    2: (1.06, 95),
}  # by events for each slope: the same
# p/n up to which the simulations of few events, of many rows each, are near.
MAX_SLOPE_SHARE_OF_RARE_EVENTS = 0.03
REMEDY = f"Have {MIN_EVENTS_PER_SLOPE} rows of the rarest outcome for each slope"
MIN_CLUSTERS = 20  # Cameron & Miller (2015)
CLUSTER_COVERAGES = {
    2: (39, 67),
    3: (66, 85),
    4: (74, 88),
    5: (79, 89),
    10: (88, 92),
}  # %: normal, Student's t


@dataclass(frozen=True, slots=True)
class Size:
    """How much data a fit has.

    slopes: estimated ones; rarest: rows of the rarest outcome; clusters: of each clustering, if
    any. Of several classes: slopes of one contrast, and rows of its two classes, the fewest.
    """

    slopes: int
    rows: float
    rarest: float
    clusters: tuple[int, ...] = ()
    several_classes: bool = False

    @property
    def slope_share(self) -> float:
        """p/n."""
        return self.slopes / self.rows


def reliability_notes(size: Size) -> tuple[str, ...]:
    """A sentence for each reason why standard errors of such data are not to be trusted."""
    return tuple(
        note for note in (_many_slopes(size) or _few_events(size), _few_clusters(size)) if note
    )


def _many_slopes(size: Size) -> str:
    if size.slopes <= MAX_SLOPES_PER_ROW * size.rows:
        return ""
    what = "slope is" if size.slopes == 1 else "slopes are"
    of = " of two classes" if size.several_classes else ""
    return (
        f"{size.slopes:,} {what} many for {size.rows:,.0f} rows{of} (p/n = "
        f"{size.slope_share:.2g}). "
        f"{_slopes_figures(size.slope_share)} {REMEDY}, or set a penalty."
    )


def _few_events(size: Size) -> str:
    if size.rarest >= MIN_EVENTS_PER_SLOPE * size.slopes:
        return ""
    slopes, each = (
        "1 slope" if size.slopes == 1 else f"{size.slopes:,} slopes",
        size.rarest / size.slopes,
    )
    if each < min(EVENT_SHARES):
        figures = (
            f"Estimates and intervals are rough: below {min(EVENT_SHARES)} for each slope "
            "none were simulated."
        )
    elif size.slope_share > MAX_SLOPE_SHARE_OF_RARE_EVENTS:
        figures = f"p/n is {size.slope_share:.2g}. {_slopes_figures(size.slope_share)}"
    else:
        figures = _events_figures(each)
    return (
        f"The rarest outcome has few rows, {size.rarest:,.0f}, for {slopes}. {figures} {REMEDY}, "
        "set a penalty, "
        "or use an exact method."
    )


def _nearest_row(
    measured: Mapping[float, tuple[float, int]], wanted: float
) -> tuple[float, tuple[float, int]]:
    """The measured case nearest to a wanted one, with its figures."""
    return min(measured.items(), key=lambda row: abs(row[0] - wanted))


def _slopes_figures(share: float) -> str:
    nearest, (ratio, coverage) = _nearest_row(SLOPE_SHARES, share)
    return (
        f"In simulations with p/n = {nearest:g} estimates are {ratio:.2f} times the truth, and 95% "
        "intervals cover "
        f"{coverage}%."
    )


def _events_figures(each: float) -> str:
    nearest, (ratio, coverage) = _nearest_row(EVENT_SHARES, each)
    return (
        f"Intervals are rough, though in simulations with {nearest} rows for each slope they cover "
        f"{coverage}%, "
        f"with estimates {ratio:.2f} times the truth."
    )


def _few_clusters(size: Size) -> str:
    fewest = min(size.clusters, default=MIN_CLUSTERS)
    if fewest >= MIN_CLUSTERS:
        return ""
    count = max((g for g in CLUSTER_COVERAGES if g <= fewest), default=min(CLUSTER_COVERAGES))
    normal, student = CLUSTER_COVERAGES[count]
    return (
        f"{fewest} clusters are few. Below {MIN_CLUSTERS} standard errors are too small: with "
        f"{count} clusters 95% "
        f"intervals cover {normal}%, with Student's t (use_t in logit_engine.discrete) {student}%."
    )
