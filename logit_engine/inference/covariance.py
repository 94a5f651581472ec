"""Covariances of the user's coefficients: the inverse information, and sandwiches of it.

Problem: V = H^-1 M H^-1, where H is the information and M, the meat, sums squares of scores over
rows or over clusters. A badly scaled X leaves few digits in H^-1, and the intercept's variance is a
difference of large numbers.
Idea: the solver leaves a root R with R R' = H^-1, found in whitened rows. A = `to_user(R)` is the
root in the user's units, and V = A (R'MR) A'. Scores are multiplied by R before they are squared.
Invariants: H is inverted by triangular solves alone. A row that stands for two counts as the row
twice. A row without weight counts nothing, however far out.
Papers: White (1980); MacKinnon & White (1985) with leverages of weighted rows (Zeileis 2006);
Liang & Zeger (1986); two clusterings: Cameron, Gelbach & Miller (2011).
Not taken: 1 - h for rows of leverage near one, as it cancels (see leverage.py); zero in place of a
negative variance of two clusterings, as it hides that clusters are too few.

To add a covariance, give it a member of `Kind`, and compute its meat beside `_row_meat` and
`_cluster_meat`, in the root's directions. `covariance` chooses among them. A correction of HC by
leverage is one line in `LEVERAGE_POWERS`. The config and both faces take the names from `Kind`.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, Coordinates
from logit_engine.diagnostics.wording import first_names
from logit_engine.errors import DataError, Reason, UsageError
from logit_engine.inference.leverage import NEAR_ONE_LEVERAGE, near_row_contributions, row_terms
from logit_engine.likelihoods import weighted
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import cholesky_factor, triangular_inverse
from logit_engine.rows import Block, Maximum, total
from logit_engine.solvers.solution import Solution, Termination
from logit_engine.solvers.whitening import unwhitened


class Kind(Enum):
    """Which covariance: the model's own, White's HC0 with its corrections, or by cluster."""

    NONROBUST = "nonrobust"
    HC0 = "HC0"
    HC1 = "HC1"
    HC2 = "HC2"
    HC3 = "HC3"
    CLUSTER = "cluster"


class InformationKind(Enum):
    """The information that a covariance inverts: the observed or the expected one (R's glm)."""

    OBSERVED = "observed"
    EXPECTED = "expected"


class SmallSample(Enum):
    """The factor of a clustered covariance of G clusters, n rows and q coefficients.

    groups: G/(G-1), as in R's sandwich; stata: G/(G-1) (n-1)/(n-q), as in Stata's regress and
    statsmodels; none: 1.
    """

    NONE = "none"
    GROUPS = "groups"
    STATA = "stata"


@dataclass(frozen=True, slots=True)
class Covariance:
    """A kind of covariance, its information, and the small-sample factor of clusters."""

    kind: Kind = Kind.NONROBUST
    information: InformationKind = InformationKind.OBSERVED
    small_sample: SmallSample = SmallSample.GROUPS


# Of 1 less the leverage: a row's score is divided by that power.
LEVERAGE_POWERS = {Kind.HC2: 0.5, Kind.HC3: 1.0}
NONROBUST, HC0, HC1, HC2, HC3, CLUSTER = (Covariance(kind) for kind in Kind)


@dataclass(slots=True)
class ClusterSums:
    """Sums by cluster that add up: codes (g,), ascending, and their sums (g, p).

    `+=` merges two sets of clusters.
    """

    codes: NDArray[np.int64]
    sums: Array

    def __iadd__(self, other: "ClusterSums") -> "ClusterSums":
        codes = np.union1d(self.codes, other.codes)
        sums = np.zeros((codes.size, self.sums.shape[1]))
        sums[np.searchsorted(codes, self.codes)] = self.sums
        sums[np.searchsorted(codes, other.codes)] += other.sums
        self.codes, self.sums = codes, sums
        return self


def cluster_sums(
    codes: NDArray[np.int64], X: Columns, r: Array, kept: NDArray[np.bool_]
) -> ClusterSums:
    """X' r within each cluster that has a kept row, (g, q).

    codes, kept: (n,); r: (n,), or (n, k).
    """
    present, local = np.unique(codes, return_inverse=True)
    columns = [r] if r.ndim == 1 else list(r.T)
    sums = np.concatenate([X.group_sums(column, local, present.size) for column in columns], axis=1)
    some = np.bincount(local, kept, present.size) > 0.0
    return ClusterSums(present[some], sums[some])


@dataclass(frozen=True, slots=True)
class CovarianceEstimate:
    """The covariance of the user's coefficients, (q, q), and the number of clusters, if any.

    clusters: one number for each clustering.
    """

    matrix: Array
    clusters: tuple[int, ...] = ()


@np.errstate(over="ignore", invalid="ignore")  # far from a maximum variances may be infinite
def covariance(
    objective: Objective, solution: Solution, wanted: Covariance, n: float
) -> CovarianceEstimate:
    """The covariance of the user's coefficients at a solution. n: rows that the weights stand for.

    The root changes to the user's units before it is squared: squares would double the digits that
    the intercept's variance loses. Raises DataError if the rows carry no clusters or one alone, or
    if a row's leverage is one for HC2 or HC3; UsageError if these are asked for with several
    linear predictors.
    """
    assert solution.information is not None  # without one no covariance is asked for
    root = solution.information.root
    if wanted.information is InformationKind.EXPECTED and not objective.likelihood.canonical:
        root = _expected_root(
            objective, solution.theta, solution.information.basis, solution.information.free
        )
    user = objective.coordinates.to_user(root)
    if wanted.kind is Kind.NONROBUST:
        return CovarianceEstimate(user @ user.T)
    if wanted.kind is Kind.CLUSTER:
        meat, clusters = _cluster_meat(objective, solution.theta, root, wanted.small_sample, n)
        matrix = user @ meat @ user.T
        if (np.diagonal(matrix) < 0.0).any():
            raise DataError(_negative_variance(objective, matrix, clusters))
        return CovarianceEstimate(matrix, clusters)
    meat, near = _row_meat(objective, solution.theta, root, wanted)
    if wanted.kind is Kind.HC1:
        meat = meat * (n / (n - root.shape[1]))
    matrix = user @ meat @ user.T
    if near:
        apart = _near_rows_root(objective, solution, root, wanted)
        matrix = matrix + apart @ apart.T
    return CovarianceEstimate(matrix)


def _negative_variance(objective: Objective, matrix: Array, clusters: tuple[int, ...]) -> str:
    """The sentence on a covariance clustered two ways in which some variance is below zero."""
    names = [
        f"'{objective.coefficient_names[j]}'"
        for j in np.flatnonzero(np.diagonal(matrix) < 0.0).tolist()
    ]
    fewer, more = sorted(clusters)
    return (
        f"clustered two ways ({clusters[0]} and {clusters[1]} clusters), the variance of "
        f"{first_names(names)} is negative: "
        "the variance by the intersections of both ways is larger than the sum of the variances by "
        "each way. As few as "
        f"{fewer} clusters may cause this. Cluster by the way with {more} clusters alone, or by "
        "each way alone and keep "
        "the larger standard errors."
    )


def _near_rows_root(
    objective: Objective, solution: Solution, root: Array, wanted: Covariance
) -> Array:
    """The columns that m rows of leverage near one add to the root of HC2 or HC3, (p, m)."""
    if not objective.separable:
        raise DataError(
            f"a row's leverage is above {NEAR_ONE_LEVERAGE:g}, and {wanted.kind.value} after a "
            "penalty is not computed there; choose HC0 or HC1."
        )
    expected = wanted.information is InformationKind.EXPECTED
    score_vanishes = solution.termination is Termination.CONVERGED
    return near_row_contributions(
        objective, solution.theta, root, expected, LEVERAGE_POWERS[wanted.kind], score_vanishes
    )


# Of a column of unit spread: separation leaves a coefficient of a larger variance open.
MAX_KNOWN_VARIANCE = 1e7


def covariance_under_separation(
    matrix: Array, signs: Array, solution: Solution, coordinates: Coordinates
) -> Array:
    """The covariance, (q, q), with nan for coefficients that have no finite estimate.

    At the last iterate the rows that are predicted perfectly have lost their weight. So the rest is
    the covariance of the finite coefficients in the limit. If the iterate separates all rows,
    nothing is left. matrix: (q, q), the user's; signs: (q,), as in `Recession`.
    """
    moved = np.square(coordinates.center / coordinates.scale)
    spread = np.square(coordinates.scale)
    if coordinates.constant is not None:
        spread[coordinates.constant] = 1.0 / (1.0 + moved.sum())
    lost = (signs != 0) | (
        np.diagonal(matrix) * np.tile(spread, signs.size // spread.size) > MAX_KNOWN_VARIANCE
    )
    lost |= solution.termination is Termination.SEPARATED
    out = matrix.copy()
    out[lost], out[:, lost] = np.nan, np.nan
    return out


def _expected_root(
    objective: Objective, theta: Array, basis: Array | None, free: Array | None
) -> Array:
    """The root of the inverse expected information, from one more pass in whitened rows."""
    curvature = objective.evaluate(theta, basis, expected=True).curvature
    factor = cholesky_factor(curvature if free is None else free.T @ curvature @ free)
    if factor is None:
        raise DataError(
            "the expected information is singular at the estimate; ask for the observed one."
        )
    inverse = triangular_inverse(factor)
    return unwhitened(inverse if free is None else free @ inverse, basis)


def _row_scores(objective: Objective, theta: Array, block: Block, X: Columns) -> Array:
    """The score of each row in its linear predictors, without its weight, (n,) or (n, k)."""
    with np.errstate(over="ignore", invalid="ignore"):  # of rows without weight
        score = objective.likelihood.terms(objective.predictors(block, X, theta), block.y).score
    return weighted((block.weights > 0.0).astype(np.float64), score)


def _row_meat(
    objective: Objective, theta: Array, root: Array, wanted: Covariance
) -> tuple[Array, bool]:
    """The sum over rows of their squared scores in the root's directions, (r, r).

    HC2 and HC3 correct the scores by leverage. They leave out rows of leverage near one; the second
    value says whether there are any.
    """
    power = LEVERAGE_POWERS.get(wanted.kind)
    outputs = objective.likelihood.outputs
    if power is not None and outputs > 1:
        raise UsageError(
            f"{wanted.kind.value} needs one leverage a row, which a model of {outputs + 1} classes "
            "has not; "
            "choose HC0 or HC1."
        )

    def outer(block: Block) -> tuple[Array, Maximum]:
        X = objective.columns(block)
        size = np.sqrt(block.weights) * np.sqrt(1.0 if block.precision is None else block.precision)
        if power is None:
            scaled = _directed_scores(objective, theta, root, block, X) * size[:, None]
            return scaled.T @ scaled, Maximum(0.0)
        directions = X.dot(root)
        terms = row_terms(
            objective, theta, block, X, directions, wanted.information is InformationKind.EXPECTED
        )
        near = terms.leverage > NEAR_ONE_LEVERAGE
        rest = np.where(near, np.inf, 1.0 - terms.leverage)
        scaled = directions * (size * terms.score / rest**power)[:, None]
        return scaled.T @ scaled, Maximum(float(near.any()))

    meat, near = total(objective.rows, outer, objective.threads)
    return np.asarray(meat), near.value > 0.0


def _directed_scores(
    objective: Objective, theta: Array, root: Array, block: Block, X: Columns
) -> Array:
    """The rows' scores in the root's directions, without their weights, (n, r)."""
    score = _row_scores(objective, theta, block, X)
    outputs = objective.likelihood.outputs
    if outputs == 1:
        return np.asarray(X.dot(root) * score[:, None])
    parts = root.reshape(outputs, -1, root.shape[1])
    return sum(
        (X.dot(parts[a]) * score[:, [a]] for a in range(outputs)), np.zeros((score.shape[0], 1))
    )


def _cluster_meat(
    objective: Objective, theta: Array, root: Array, small_sample: SmallSample, n: float
) -> tuple[Array, tuple[int, ...]]:
    """The sum over clusters of their squared scores in the root's directions, (r, r)."""

    def summed(block: Block) -> tuple[ClusterSums, ...]:
        if block.cluster is None:
            raise DataError(
                "a clustered covariance needs the clusters of the rows; give the rows their "
                "cluster.",
                reason=Reason.NO_CLUSTERS,
            )
        X = objective.columns(block)
        score = weighted(block.weights, _row_scores(objective, theta, block, X))
        return tuple(
            cluster_sums(codes, X, score, block.kept) for codes in clusterings(block.cluster)
        )

    found = total(objective.rows, summed, objective.threads)
    meat = np.zeros((root.shape[1], root.shape[1]))
    for clusters, sign in zip(found, CLUSTERING_SIGNS, strict=False):
        groups = clusters.codes.size
        if groups < 2:
            raise DataError("a clustered covariance needs at least two clusters; there is one.")
        factor = 1.0 if small_sample is SmallSample.NONE else groups / (groups - 1)
        if small_sample is SmallSample.STATA:
            factor *= (n - 1.0) / (n - root.shape[1])
        whitened = clusters.sums @ root
        meat += sign * factor * (whitened.T @ whitened)
    return meat, tuple(clusters.codes.size for clusters in found[:2])


# Of the sums of squares by each of `clusterings`: intersections are counted twice.
CLUSTERING_SIGNS = (1.0, 1.0, -1.0)


def clusterings(cluster: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The codes of each clustering, then of the intersections of two. cluster: (n, 1 or 2)."""
    if cluster.shape[1] == 1:
        return [cluster[:, 0]]
    first, second = cluster[:, 0], cluster[:, 1]
    return [first, second, (first << 31) + second]


def covariance_named(name: str) -> Covariance:
    """The Covariance of that name. Raises UsageError with the names there are."""
    try:
        return Covariance(Kind(name))
    except ValueError:
        known = ", ".join(kind.value for kind in Kind)
        raise UsageError(f"covariance '{name}' is not known; choose one of {known}.") from None
