"""Many tests at once: p-values adjusted for their number, and all pairs of a term's levels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.inference.hypotheses import Contrasts, contrasts


@dataclass(frozen=True, slots=True)
class Pairwise:
    """The differences between all pairs of a term's levels, m of them.

    labels: "later-earlier" of each pair; R: (m, p), the rows tested; adjusted: (m,), p-values for
    all of them at once.
    """

    labels: tuple[str, ...]
    R: Array
    contrasts: Contrasts
    adjusted: Array


def pairwise(
    estimates: Array,
    covariance: Array,
    columns: Sequence[int],
    labels: Sequence[str],
    with_reference: bool,
    method: str = "holm-sidak",
    df: float | None = None,
) -> Pairwise:
    """Each level of a term against each level before it.

    columns: positions of the levels' coefficients; labels: of the levels. with_reference: the first
    label is the reference, whose coefficient is zero and has no column. Raises UsageError if there
    is not one label per level, or if there are fewer than two levels.
    """
    levels = len(columns) + with_reference
    if len(labels) != levels or levels < 2:
        raise UsageError(
            f"{len(labels)} labels were given for {levels} levels; name each, and at least two."
        )
    coding = np.zeros((levels, estimates.size))
    coding[np.arange(int(with_reference), levels), list(columns)] = 1.0
    earlier, later = np.array(list(combinations(range(levels), 2))).T
    R = coding[later] - coding[earlier]
    found = contrasts(estimates, covariance, R, df=df)
    names = tuple(f"{b}-{a}" for a, b in combinations(labels, 2))
    return Pairwise(names, R, found, adjusted_p_values(found.p_values, method))


def adjusted_p_values(p_values: Array, method: str) -> Array:
    """p-values adjusted for their number, (m,), by one of `ADJUSTMENTS`.

    Nan are not counted and stay nan. Raises UsageError with the names there are.
    """
    adjust = ADJUSTMENTS.get(SHORT_NAMES.get(method.lower(), method.lower()))
    if adjust is None:
        raise UsageError(
            f"adjustment '{method}' is not known; choose one of {', '.join(ADJUSTMENTS)}."
        )
    p = np.asarray(p_values, dtype=np.float64)
    tests = np.flatnonzero(~np.isnan(p))
    rising = tests[np.argsort(p[tests], kind="stable")]
    out = np.full_like(p, np.nan)
    if rising.size:
        out[rising] = np.minimum(adjust(p[rising]), 1.0)
    return out


def _at_least_one(p: Array, tests: Array | int) -> Array:
    """1 - (1 - p)^tests, without cancellation."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(tests * np.log1p(-p)))


def _tests_left(p: Array) -> Array:
    """m, m - 1, ..., 1: the tests left at each step."""
    return np.arange(p.size, 0, -1, dtype=np.float64)


def _step_down(p: Array) -> Array:
    return np.maximum.accumulate(p)


def _step_up(p: Array) -> Array:
    return np.minimum.accumulate(p[::-1])[::-1]


def bonferroni(p: Array) -> Array:
    """m p. p: ascending, (m,), as in all of these."""
    return p * p.size


def sidak(p: Array) -> Array:
    """1 - (1 - p)^m. Sidak (1967)."""
    return _at_least_one(p, p.size)


def holm_sidak(p: Array) -> Array:
    """Sidak's, stepping down."""
    return _step_down(_at_least_one(p, _tests_left(p)))


def holm(p: Array) -> Array:
    """Bonferroni's, stepping down. Holm (1979)."""
    return _step_down(p * _tests_left(p))


def simes_hochberg(p: Array) -> Array:
    """Bonferroni's, stepping up, for independent tests. Hochberg (1988)."""
    return _step_up(p * _tests_left(p))


def hommel(p: Array) -> Array:
    """The closure of Simes' tests. Hommel (1988), by the algorithm of Wright (1992)."""
    out = p.copy()
    for m in range(p.size, 1, -1):
        least = float(np.min(m * p[-m:] / np.arange(1, m + 1)))
        out[-m:] = np.maximum(out[-m:], least)
        out[:-m] = np.maximum(out[:-m], np.minimum(m * p[:-m], least))
    return out


def benjamini_hochberg(p: Array) -> Array:
    """The false discovery rate, of tests independent or positively dependent.

    Benjamini & Hochberg (1995).
    """
    return _step_up(p * p.size / np.arange(1, p.size + 1))


def benjamini_yekutieli(p: Array) -> Array:
    """The false discovery rate under any dependence. Benjamini & Yekutieli (2001)."""
    return benjamini_hochberg(p) * float(np.sum(1.0 / np.arange(1, p.size + 1)))


ADJUSTMENTS: dict[str, Callable[[Array], Array]] = {
    "bonferroni": bonferroni,
    "sidak": sidak,
    "holm-sidak": holm_sidak,
    "holm": holm,
    "simes-hochberg": simes_hochberg,
    "hommel": hommel,
    "fdr_bh": benjamini_hochberg,
    "fdr_by": benjamini_yekutieli,
}

SHORT_NAMES = {
    "b": "bonferroni",
    "bonf": "bonferroni",
    "s": "sidak",
    "hs": "holm-sidak",
    "h": "holm",
}
SHORT_NAMES |= {
    "sh": "simes-hochberg",
    "ho": "hommel",
    "fdr_i": "fdr_bh",
    "fdr_p": "fdr_bh",
    "fdr_n": "fdr_by",
}
