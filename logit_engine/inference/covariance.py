"""Covariances of the estimates: from the information, and sandwiches of it around sums of squared scores.

Each is returned as the matrix C with cov(theta) = C, in inner coordinates, by triangular solves in whitened rows.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from logit_engine.blocks import Block, total
from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
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


def by_cluster(codes: NDArray[np.int64], values: Array) -> ByCluster:
    """The rows of values, (n, p), summed by code, (n,)."""
    order = np.argsort(codes, kind="stable")
    present, starts = np.unique(codes[order], return_index=True)
    return ByCluster(present, np.add.reduceat(values[order], starts, axis=0))


def covariance(objective: Objective, theta: Array, factor: Array, kind: Covariance) -> tuple[Array, int | None]:
    """The covariance, (p, p) in inner coordinates, at theta with information factor'factor, and the number of clusters.

    Nonrobust: the inverse information. HC0: White (1982). Cluster: Liang & Zeger (1986), times G/(G-1) as Stata and R's
    sandwich have it. A frequency weight of 2 counts as the row twice. Raises DataError if clusters are asked for and the
    rows carry none, or only one.
    """
    inverse = triangular_inverse(factor)
    if kind is Covariance.NONROBUST:
        return inverse @ inverse.T, None

    def scores(block: Block) -> tuple[Array, Array]:
        X = objective.columns(block)
        eta = X.dot(theta) if block.offset is None else X.dot(theta) + block.offset
        return X.dot(inverse), objective.likelihood.terms(eta, block.y).score

    if kind is Covariance.HC0:

        def outer(block: Block) -> tuple[Array]:
            Y, score = scores(block)
            root = score if block.weight is None else score * np.sqrt(block.weight)
            scaled = Y * root[:, None]
            return (scaled.T @ scaled,)

        (meat,) = total(objective.rows, outer, objective.threads)
        return inverse @ meat @ inverse.T, None

    def summed(block: Block) -> tuple[ByCluster]:
        if block.cluster is None:
            raise DataError("a clustered covariance needs the clusters of the rows; name the cluster column.")
        Y, score = scores(block)
        weighted = score if block.weight is None else score * block.weight
        return (by_cluster(block.cluster, Y * weighted[:, None]),)

    (clusters,) = total(objective.rows, summed, objective.threads)
    groups = clusters.codes.size
    if groups < 2:
        raise DataError("a clustered covariance needs at least two clusters; there is one.")
    meat = clusters.sums.T @ clusters.sums * (groups / (groups - 1))
    return inverse @ meat @ inverse.T, groups


def covariance_named(name: str) -> Covariance:
    """The Covariance of that name. Raises UsageError with the names there are."""
    try:
        return Covariance(name)
    except ValueError:
        known = ", ".join(kind.value for kind in Covariance)
        raise UsageError(f"covariance '{name}' is not known; choose one of {known}.") from None
