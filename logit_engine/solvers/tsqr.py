"""The triangular factor of the information by orthogonal steps (TSQR), where a Cholesky factor would not be safe."""

from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array, dense_array
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import r_factor
from logit_engine.rows import Block, QuietFunction, total


@dataclass(slots=True)
class Stacked:
    """An R factor that adds up: `+=` is the R factor of both on top of each other (Demmel et al. 2012, TSQR)."""

    R: Array

    def __iadd__(self, other: "Stacked") -> "Stacked":
        self.R = r_factor(np.vstack([self.R, other.R]))
        return self


def column_r_factor(objective: Objective) -> Array:
    """R of the rows of X that have weight, (p, p), each row taken once whatever its weight: R tells of columns alone."""

    def block_factor(block: Block) -> tuple[Stacked]:
        return (Stacked(r_factor(dense_array(objective.columns(block))[block.kept])),)

    (stacked,) = total(objective.rows, block_factor, objective.threads)
    p = objective.coordinates.scale.size
    return r_factor(np.vstack([stacked.R, np.zeros((p, p))]))[:p]


def weighted_r_factor(objective: Objective, theta: Array, flat: bool = False) -> Array:
    """R of sqrt(W) X with the penalty's rows below, (p, p): R'R is the information at theta without ever forming it.

    With several linear predictors R'R is the sum of their own blocks of it, as far as the first one is penalized.
    flat: every row counts by its own weight alone, whatever its curvature.
    """

    @QuietFunction
    def block_factor(block: Block) -> tuple[Stacked]:
        X = objective.columns(block)
        w = (
            np.ones(block.y.size)
            if flat
            else objective.likelihood.expected(objective.predictors(block, X, theta))
        )
        if w.ndim == 3:
            w = np.trace(w, axis1=1, axis2=2)
        if block.weight is not None:
            w = w * block.weight
        return (Stacked(r_factor(dense_array(X) * np.sqrt(w)[:, None])),)

    (stacked,) = total(objective.rows, block_factor, objective.threads)
    p = objective.coordinates.scale.size
    if objective.penalty.absent:
        return r_factor(np.vstack([stacked.R, np.zeros((p, p))]))[:p]
    user = objective.coordinates.to_user(theta)
    bend = objective.penalty.curvature(user, objective.free)[:p, :p]
    return r_factor(
        np.vstack([stacked.R, _root(bend) / objective.coordinates.scale, np.zeros((p, p))])
    )[:p]


def _root(A: Array) -> Array:
    """B with B'B = A, (p, p), for an A that is not negative."""
    diagonal = np.diagonal(A)
    if np.count_nonzero(A) == np.count_nonzero(diagonal):
        return np.diag(np.sqrt(diagonal))
    values, vectors = np.linalg.eigh(A)
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)
