"""Linear hypotheses R theta = q on estimates with a covariance V: one by one, or in a Wald test.

Problem: (R theta - q)'(R V R')^-1 (R theta - q) needs an inverse that may not exist. Rows of R may
depend on each other, V may have fewer directions than coefficients (few clusters, constraints), and
after separation some estimates are infinite and some variances nan.
Idea: scale R V R' to a unit diagonal and factor it with pivots (LAPACK's dpstrf). The rank of the
factor is the degrees of freedom; rows beyond the rank are dropped and named.
Invariants: the units of the columns change no statistic but by rounding. A row without a variance
tests nothing. A nan stays in the rows that involve it.
Papers: Greene (2018), 5.4; LAPACK Working Note 161 for the factorization.
Not taken: a pseudo-inverse, as its cut-off depends on the units of the columns; a Wald test of
infinite estimates, as its statistic tends to zero however strong the effect (Hauck & Donner 1977).
A note names the likelihood-ratio test instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.inference.delta import standard_errors, two_sided_p_values, wald_interval

LIKELIHOOD_RATIO = (
    "The likelihood-ratio test works: fit without the column, and compare twice the difference of "
    "the log-likelihoods "
    "with chi-squared."
)


RANK_NOTE = (
    "{asked} restrictions were asked for, but the covariance has rank {rank} along them, as with "
    "few clusters or "
    "constraints: only {rank} are tested. Test fewer at once, or have more clusters."
)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Effects on the odds-ratio scale: exp of each effect and of its interval.

    Standard errors are by the delta method. values, std_errors: (m,); interval: (m, 2).
    """

    values: Array
    std_errors: Array
    interval: Array


@dataclass(frozen=True, slots=True)
class Contrasts:
    """m linear combinations R theta, each tested against its own q.

    effects, std_errors, null (q): (m,). df: of Student's t, or None for the normal distribution.
    """

    effects: Array
    std_errors: Array
    null: Array
    df: float | None = None

    @property
    def z(self) -> Array:
        """(R theta - q) over its standard error, (m,).

        Infinite where an effect without error differs from q.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.effects - self.null) / self.std_errors

    @property
    def p_values(self) -> Array:
        """Two-sided p-values of z, (m,)."""
        return two_sided_p_values(self.z, self.df)

    def interval(self, level: float = 0.95) -> Array:
        """Wald intervals of the effects (not less q), (m, 2).

        Raises UsageError unless 0 < level < 1.
        """
        return wald_interval(self.effects, self.std_errors, level, self.df)

    def ratios(self, level: float = 0.95) -> Ratios:
        """The same effects as odds ratios (logit) or other ratios of exponentials."""
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.exp(self.effects)
            return Ratios(values, values * self.std_errors, np.exp(self.interval(level)))


@dataclass(frozen=True, slots=True)
class Test:
    """A joint test: chi-squared of df, or F of (df, df_denominator).

    dropped: positions of the rows of R that add no direction with a variance to the other rows.
    note: why there is no number, or why fewer restrictions are tested than were asked for.
    """

    __test__ = False  # not a test of pytest's

    statistic: float
    p_value: float
    df: int
    df_denominator: float | None = None
    dropped: tuple[int, ...] = ()
    note: str = ""


def contrasts(
    estimates: Array, covariance: Array, R: Array, q: float | Array = 0.0, df: float | None = None
) -> Contrasts:
    """Each row of R theta = q by itself. estimates: (p,); covariance: (p, p); R: (m, p) or (p,).

    q: a number or (m,). A row is nan if it involves a coefficient that is nan or has no variance.
    Its effect is infinite if all infinite estimates in it draw to one side. Raises UsageError if
    the shapes do not fit.
    """
    R, null = _checked_hypothesis(estimates, R, q)
    theta, V, missing = _known_part(estimates, covariance, R)
    variance = np.einsum("ij,ij->i", R @ V, R)
    effects, std_errors = R @ theta, standard_errors(variance)
    effects[missing] = [_infinite_effect(row, estimates) for row in R[missing]]
    std_errors[missing] = np.nan
    return Contrasts(effects, std_errors, null, df)


def wald(
    estimates: Array,
    covariance: Array,
    R: Array,
    q: float | Array = 0.0,
    f_df: float | None = None,
    names: Sequence[str] | None = None,
) -> Test:
    """All rows of R theta = q together: chi-squared, or F with f_df in the denominator.

    Shapes as in `contrasts`. Rows that depend on others are dropped. If R involves an infinite
    estimate the test is nan, with a note that takes the coefficients' names. Raises UsageError if
    rows contradict each other, involve a coefficient without a standard error, or test nothing.
    """
    R, null = _checked_hypothesis(estimates, R, q)
    if note := _infinite_note(estimates, R, names):
        return Test(np.nan, np.nan, int(np.linalg.matrix_rank(R)), f_df, note=note)
    theta, V, missing = _known_part(estimates, covariance, R)
    _check_testable(R, null, missing)
    statistic, rank, dropped = _pivoted_statistic(R, R @ theta - null, V)
    asked = int(np.linalg.matrix_rank(R))
    note = RANK_NOTE.format(asked=asked, rank=rank) if rank < asked else ""
    if f_df is None:
        return Test(statistic, float(special.chdtrc(rank, statistic)), rank, None, dropped, note)
    F = statistic / rank
    return Test(F, float(special.fdtrc(rank, f_df, F)), rank, f_df, dropped, note)


def _check_testable(R: Array, null: Array, missing: NDArray[np.bool_]) -> None:
    """Raises UsageError if a row of R has no standard error, or if rows contradict each other."""
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        raise UsageError(
            f"row {row} of R involves a coefficient that has no standard error; leave it out of "
            "the test."
        )
    if _rows_contradict(R, null):
        raise UsageError(
            "rows of R theta = q contradict each other: no theta fulfills all of them; correct q."
        )


def _pivoted_statistic(R: Array, gap: Array, V: Array) -> tuple[float, int, tuple[int, ...]]:
    """gap' (R V R')^-1 gap over the rows that pivoting keeps, their number, and the other rows.

    gap: (m,), R theta - q. Raises UsageError if no row has a variance.
    """
    M, bound = R @ V @ R.T, np.square(np.abs(R) @ np.sqrt(np.diagonal(V)))
    rounding = 8.0 * sum(R.shape) * float(np.finfo(np.float64).eps)
    varies = np.diagonal(M) > rounding * bound
    if not varies.any():
        raise UsageError(
            "R theta has no variance, so there is nothing to test; give rows that involve an "
            "estimate."
        )
    unit = np.where(varies, 1.0 / np.sqrt(np.where(varies, np.diagonal(M), 1.0)), 0.0)
    tolerance = rounding * float(np.max(bound * unit * unit, initial=1.0))
    factor, pivots, rank, _ = dpstrf(M * np.outer(unit, unit), tol=tolerance)
    order = pivots - 1
    whitened = solve_triangular(factor[:rank, :rank], (gap * unit)[order[:rank]], trans="T")
    return float(whitened @ whitened), int(rank), tuple(sorted(order[rank:].tolist()))


def wald_terms(
    estimates: Array,
    covariance: Array,
    terms: Mapping[str, Sequence[int]],
    f_df: float | None = None,
) -> dict[str, Test]:
    """One Wald test per term, that all its coefficients are zero.

    terms: the positions of each term's coefficients. The test of a term with an infinite or an
    unknown estimate is nan.
    """
    identity = np.eye(estimates.size)
    unknown = {name: bool(np.isnan(estimates[list(at)]).any()) for name, at in terms.items()}
    return {
        name: Test(np.nan, np.nan, len(at), f_df)
        if unknown[name]
        else wald(estimates, covariance, identity[list(at)], f_df=f_df)
        for name, at in terms.items()
    }


def odds_ratios(estimates: Array, covariance: Array, level: float = 0.95) -> Ratios:
    """exp of each estimate with its interval. estimates: (p,); covariance: (p, p)."""
    return Contrasts(estimates, np.sqrt(np.diagonal(covariance)), np.zeros_like(estimates)).ratios(
        level
    )


def _checked_hypothesis(estimates: Array, R: Array, q: float | Array) -> tuple[Array, Array]:
    """R as (m, p) and q as (m,)."""
    rows = np.atleast_2d(np.asarray(R, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != estimates.size:
        raise UsageError(
            f"R has shape {np.shape(R)}; each of its rows needs one entry for each of "
            f"{estimates.size} terms."
        )
    null = np.asarray(q, dtype=np.float64)
    if null.shape not in ((), (rows.shape[0],)):
        raise UsageError(
            f"q has shape {null.shape}; give a number, or one for each of the {rows.shape[0]} rows "
            "of R."
        )
    return rows, np.broadcast_to(null, rows.shape[:1]).copy()


def _infinite_effect(row: Array, estimates: Array) -> float:
    """The infinity of a combination whose infinite estimates all draw to one side, else nan."""
    drawn = row[row != 0.0] * np.sign(estimates[row != 0.0])
    drawn = drawn[~np.isfinite(estimates[row != 0.0])]
    alike = drawn.size > 0 and bool((drawn > 0.0).all() or (drawn < 0.0).all())
    return float(np.sign(drawn[0]) * np.inf) if alike else float("nan")


def _infinite_note(estimates: Array, R: Array, names: Sequence[str] | None) -> str:
    """The sentence on a test whose R involves infinite estimates; empty if it involves none."""
    found = np.flatnonzero(np.isinf(estimates) & (R != 0.0).any(axis=0)).tolist()
    if not found:
        return ""
    shown = ", ".join(f"'{names[j]}'" if names else f"coefficient {j}" for j in found[:5])
    what, its = (
        ("estimates are", "these estimates") if len(found) > 1 else ("estimate is", "this estimate")
    )
    return (
        f"the test involves {shown}, whose {what} infinite, and a Wald test of {its} says "
        f"nothing. {LIKELIHOOD_RATIO}"
    )


def _known_part(
    estimates: Array, covariance: Array, R: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Estimates and covariance with zeros for nan, and which rows of R involve those, (m,)."""
    unknown = ~np.isfinite(estimates) | np.isnan(np.diagonal(covariance))
    V = np.where(unknown[:, None] | unknown, 0.0, covariance)
    return np.where(unknown, 0.0, estimates), V, (R[:, unknown] != 0.0).any(axis=1)


def _rows_contradict(R: Array, null: Array) -> bool:
    """Whether [R q] has a higher rank than R, with rows of unit length and q over its maximum."""
    length = np.linalg.norm(R, axis=1)
    if (null[length == 0.0] != 0.0).any():
        return True
    unit = np.where(length > 0.0, length, 1.0)
    rows, ends = R / unit[:, None], null / unit
    if not ends.any():
        return False
    both = np.column_stack([rows, ends / np.abs(ends).max()])
    return bool(np.linalg.matrix_rank(both, tol=1e-10) > np.linalg.matrix_rank(rows, tol=1e-10))
