"""The triangular factor of the information by orthogonal steps, where a Cholesky factor would not
be safe.

The problem: a Gram matrix squares the condition number, so its Cholesky factor may be noise where a
pivot is small. The idea: the R factor of rows is the R factor of the R factors of their blocks, so
it adds up like a sum over rows, in the same fixed tree (TSQR; Demmel, Grigori, Hoemmen & Langou
2012). It costs more than a Gram matrix, so it is taken only then.
"""

from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array, dense_array
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import r_factor
from logit_engine.rows import Block, QuietFunction, total


@dataclass(slots=True)
class StackedFactor:
    """An R factor that adds up: `+=` makes the R factor of both on top of each other."""

    R: Array

    def __iadd__(self, other: "StackedFactor") -> "StackedFactor":
        self.R = r_factor(np.vstack([self.R, other.R]))
        return self


def column_r_factor(objective: Objective) -> Array:
    """R of the rows of X that have weight, (p, p), each row once: it shows which columns are
    aliased.
    """

    def block_factor(block: Block) -> tuple[StackedFactor]:
        return (StackedFactor(r_factor(dense_array(objective.columns(block))[block.kept])),)

    (stacked,) = total(objective.rows, block_factor, objective.threads)
    p = objective.coordinates.scale.size
    return r_factor(np.vstack([stacked.R, np.zeros((p, p))]))[:p]


def weighted_r_factor(objective: Objective, theta: Array, by_weight_alone: bool = False) -> Array:
    """R of sqrt(W) X with the penalty's rows below, (p, p): R'R is the information at theta.

    With several linear predictors R'R is the sum of their own blocks, with the penalty of the
    first. by_weight_alone: every row counts by its own weight, whatever its curvature.
    """

    @QuietFunction
    def block_factor(block: Block) -> tuple[StackedFactor]:
        X = objective.columns(block)
        w = (
            np.ones(block.y.size)
            if by_weight_alone
            else objective.likelihood.expected(objective.predictors(block, X, theta))
        )
        if w.ndim == 3:
            w = np.trace(w, axis1=1, axis2=2)
        if block.weight is not None:
            w = w * block.weight
        return (StackedFactor(r_factor(dense_array(X) * np.sqrt(w)[:, None])),)

    (stacked,) = total(objective.rows, block_factor, objective.threads)
    p = objective.coordinates.scale.size
    if objective.penalty.absent:
        return r_factor(np.vstack([stacked.R, np.zeros((p, p))]))[:p]
    user = objective.coordinates.to_user(theta)
    penalty = objective.penalty.curvature(user, objective.free)[:p, :p]
    return r_factor(
        np.vstack([stacked.R, _root(penalty) / objective.coordinates.scale, np.zeros((p, p))])
    )[:p]


def _root(A: Array) -> Array:
    """B with B'B = A, (p, p), for an A that is not negative."""
    diagonal = np.diagonal(A)
    if np.count_nonzero(A) == np.count_nonzero(diagonal):
        return np.diag(np.sqrt(diagonal))
    values, vectors = np.linalg.eigh(A)
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)
