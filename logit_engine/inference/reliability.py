"""Where inference is known to fail: one function, `reliability_notes`, gives a note with a figure for each such case.

Standard errors rest on many rows for each coefficient, and those by cluster on many clusters. If there are few rows,
estimates are too far from zero; if there are few of either, intervals cover less than they say. The figures come from
bench/interval_coverage.py.
"""

from dataclasses import dataclass

MANY_SLOPES = 0.1  # slopes per row, above which 95% intervals begin to fail. Sur & Candes (2019)
FEW_EVENTS = 10  # rows of the rarest outcome per slope. Peduzzi et al. (1996)
FEW_CLUSTERS = 20  # Cameron & Miller (2015)
CLUSTER_COVERAGES = {2: (39, 67), 3: (66, 85), 4: (74, 88), 5: (79, 89), 10: (88, 92)}  # %: normal, Student's t


@dataclass(frozen=True, slots=True)
class Size:
    """How much data a fit has: slopes estimated, rows, rows of the rarest outcome, and clusters of each way, if any."""

    slopes: int
    rows: float
    rarest: float
    clusters: tuple[int, ...] = ()


def reliability_notes(size: Size) -> tuple[str, ...]:
    """A sentence for each reason why standard errors of such data are not to be trusted."""
    return tuple(note for note in (_many_slopes(size), _few_clusters(size)) if note)


def _many_slopes(size: Size) -> str:
    if not (size.slopes > MANY_SLOPES * size.rows or size.rarest < FEW_EVENTS * size.slopes):
        return ""
    what = "slope is" if size.slopes == 1 else "slopes are"
    return (
        f"{size.slopes:,} {what} many for {size.rows:,.0f} rows, {size.rarest:,.0f} of them of the rarest outcome. With 5 "
        "rows a slope (p/n = 0.2) estimates are 1.5 times the truth, and 95% intervals cover 81%. Have "
        f"{FEW_EVENTS} rows of the rarest outcome for each slope, or set a penalty."
    )


def _few_clusters(size: Size) -> str:
    fewest = min(size.clusters, default=FEW_CLUSTERS)
    if fewest >= FEW_CLUSTERS:
        return ""
    count = max((g for g in CLUSTER_COVERAGES if g <= fewest), default=min(CLUSTER_COVERAGES))
    normal, student = CLUSTER_COVERAGES[count]
    return (
        f"{fewest} clusters are few. Below {FEW_CLUSTERS} standard errors are too small: with {count} clusters 95% "
        f"intervals cover {normal}%, with Student's t (use_t in logit_engine.discrete) {student}%."
    )
