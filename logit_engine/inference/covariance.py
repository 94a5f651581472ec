"""Covariances of the estimates: from the information, and sandwiches of it around sums of squared scores.

Each is the covariance of the user's coefficients, by triangular solves in whitened rows.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from logit_engine.blocks import Block, total
from logit_engine.columns import Array, Columns
from logit_engine.errors import DataError, UsageError
from logit_engine.likelihoods import weighted
from logit_engine.objective import Objective, triangular_inverse


class Covariance(Enum):
    """Which covariance: of the model (nonrobust), of White (HC0), or summed by cluster (cluster)."""

    NONROBUST = "nonrobust"
    HC0 = "HC0"
    CLUSTER = "cluster"


@dataclass(slots=True)
class ByCluster:
    """Sums by cluster that add up: codes (g,), ascending, and their sums (g, p); `+=` merges two sets of clusters."""

    codes: NDArray[np.int64]
    sums: Array

    def __iadd__(self, other: "ByCluster") -> "ByCluster":
        codes = np.union1d(self.codes, other.codes)
        sums = np.zeros((codes.size, self.sums.shape[1]))
        sums[np.searchsorted(codes, self.codes)] = self.sums
        sums[np.searchsorted(codes, other.codes)] += other.sums
        self.codes, self.sums = codes, sums
        return self


def by_cluster(codes: NDArray[np.int64], X: Columns, r: Array, weight: Array | None = None) -> ByCluster:
    """X' r within each cluster that has a row with weight; codes, r, weight: (n,)."""
    present, local = np.unique(codes, return_inverse=True)
    sums = X.grouped(r, local, present.size)
    if weight is not None:
        some = np.bincount(local, weight > 0.0, present.size) > 0.0
        present, sums = present[some], sums[some]
    return ByCluster(present, sums)


def covariance(objective: Objective, theta: Array, factor: Array, kind: Covariance) -> tuple[Array, int | None]:
    """The covariance of the user's coefficients, (p, p), at theta with information factor'factor, and how many clusters.

    The change to the user's units is applied to the root A T^-1, before anything is squared: the intercept's variance
    is a difference of large numbers, and squaring them first would double the digits it loses.

    Nonrobust: the inverse information. HC0: White (1982). Cluster: Liang & Zeger (1986), times G/(G-1) as Stata and R's
    sandwich have it. A frequency weight of 2 counts as the row twice. Raises DataError if clusters are asked for and the
    rows carry none, or only one.
    """
    inverse = triangular_inverse(factor)
    root = objective.coordinates.to_user(inverse)
    if kind is Covariance.NONROBUST:
        return root @ root.T, None

    def weighted_scores(block: Block, X: Columns, power: float) -> Array:
        eta = X.dot(theta) if block.offset is None else X.dot(theta) + block.offset
        with np.errstate(over="ignore", invalid="ignore"):  # of rows without weight
            score = objective.likelihood.terms(eta, block.y).score
        return score if block.weight is None else weighted(block.weight**power, score)

    if kind is Covariance.HC0:

        def outer(block: Block) -> tuple[Array]:
            X = objective.columns(block)
            scaled = X.dot(inverse) * weighted_scores(block, X, 0.5)[:, None]
            return (scaled.T @ scaled,)

        (meat,) = total(objective.rows, outer, objective.threads)
        return root @ meat @ root.T, None

    def summed(block: Block) -> tuple[ByCluster]:
        if block.cluster is None:
            raise DataError("a clustered covariance needs the clusters of the rows; name the cluster column.")
        X = objective.columns(block)
        return (by_cluster(block.cluster, X, weighted_scores(block, X, 1.0), block.weight),)

    (clusters,) = total(objective.rows, summed, objective.threads)
    groups = clusters.codes.size
    if groups < 2:
        raise DataError("a clustered covariance needs at least two clusters; there is one.")
    whitened = clusters.sums @ inverse
    meat = whitened.T @ whitened * (groups / (groups - 1))
    return root @ meat @ root.T, groups


def covariance_named(name: str) -> Covariance:
    """The Covariance of that name. Raises UsageError with the names there are."""
    try:
        return Covariance(name)
    except ValueError:
        known = ", ".join(kind.value for kind in Covariance)
        raise UsageError(f"covariance '{name}' is not known; choose one of {known}.") from None
