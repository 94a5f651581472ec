"""The curvature of one large categorical beside few other columns, solved by elimination.

The problem: a categorical of 100,000 levels makes a matrix that no memory holds.

The idea: the columns of one categorical never meet in a row, so their own part of the curvature is
diagonal. It is eliminated, and what is left is a small matrix, the Schur complement:

    H = | D  C |      S = B - C' D^-1 C,      S y = b_2 - C' D^-1 b_1,      x = D^-1 (b_1 - C y).
        | C' B |

Invariants: H itself is solved. Its parts are sums over rows, so rows may lie anywhere. Golub & Van
Loan (2013), 11.5.

Tried and dropped: two large categoricals, with D twice as large so that the matrix is no smaller
than H anywhere (steps by it, which learn the rest from gradients, stop at eight digits).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import cholesky_factor, triangular_solve

MAX_SMALL_COLUMNS = 500  # that are not eliminated
MAX_CROSS_PRODUCTS = 2**25  # of the products of large and small columns


@dataclass(frozen=True, slots=True)
class ArrowFactor:
    """A matrix, (q, q), whose large part is diagonal.

    is_large: (q,). diagonal: of the matrix, (q,). cross_products: those of the large part with the
    small one, (l, s). schur: the factor of its Schur complement, (s, s), upper.
    """

    is_large: NDArray[np.bool_]
    diagonal: Array
    cross_products: Array
    schur: Array

    @property
    def max_slow_passes(self) -> float:
        """0: it costs little more than a light pass, so one is made at every point."""
        return 0.0

    def solve(self, b: Array) -> Array:
        """x with the matrix times x = b, (q,)."""
        x, own = np.empty_like(b), self.diagonal[self.is_large]
        large = b[self.is_large] / own
        half = triangular_solve(
            self.schur, b[~self.is_large] - self.cross_products.T @ large, transposed=True
        )
        small = triangular_solve(self.schur, half)
        x[self.is_large], x[~self.is_large] = large - (self.cross_products @ small) / own, small
        return x


def arrow_factor(
    loss: Objective, theta: Array, ridge: Array, without: int = -1
) -> ArrowFactor | None:
    """The curvature of a loss at theta, and a ridge, (q,), with its large categorical eliminated.

    None if there is none, or it is not definite. without: the fold whose rows are left out, -1 for
    none.
    """
    span = large_categorical(loss)
    if span is None:
        return None
    is_large = np.zeros(theta.size, dtype=np.bool_)
    is_large[slice(*span)] = True
    found = loss.information(theta, without=without, some_columns=np.flatnonzero(~is_large))
    products, diagonal = found[:, :-1], found[:, -1] + ridge
    if not (diagonal > 0.0).all():
        return None
    cross_products, corner = products[is_large], products[~is_large]
    corner[np.diag_indices_from(corner)] += ridge[~is_large]
    schur = cholesky_factor(corner - cross_products.T @ (cross_products / diagonal[is_large, None]))
    return None if schur is None else ArrowFactor(is_large, diagonal, cross_products, schur)


def large_categorical(loss: Objective) -> tuple[int, int] | None:
    """Where the columns of the categorical to eliminate start and stop.

    None if no one leaves few columns, or nothing, or if there are several linear predictors.
    """
    if not loss.level_spans or loss.likelihood.outputs > 1:
        return None
    start, stop = max(loss.level_spans, key=lambda span: span[1] - span[0])
    left = loss.coordinates.scale.size - (stop - start)
    few = 0 < left <= MAX_SMALL_COLUMNS and left * (stop - start) <= MAX_CROSS_PRODUCTS
    return (start, stop) if few else None
