"""The linear program over directions that violate no row, in coordinates that can be trusted.

The problem: is there a direction d with v'd >= 0 for every row, and > 0 for some? v is x for an
event, -x for a non-event, both for a share, and (e_y - e_c) x for each class c that a row is not
in. Konis (2007) maximizes the sum of the margins v'd in a box. Three things make that safe here.

Scale: a margin means nothing where one row is 1e14 times as long as the others, or two columns
differ by 1e-8. So rows are brought to unit length in coordinates in which the unit rows point
evenly in all directions (Tyler 1987). Whether a direction separates does not depend on the lengths
of rows, nor on the coordinates.

Size: the rows are taken as cuts, a few thousand at first and then those that the direction
violates, so that a pass over the data is all that n costs. The program is solved again for the rows
it left on the fence, until there are none to win.

Proof: the program's own tolerance is no proof. The rows on the fence span a space; the direction is
projected onto what is at a right angle to it. It only counts if no row is violated then by more
than 1e-10 of its length. Beside a row of size 1e13 that is not enough: see direction_proofs.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Real, dense_array
from logit_engine.objective.loss import Objective
from logit_engine.objective.shapes import by_predictor
from logit_engine.objective.triangles import r_factor, smallest_pivot, triangular_inverse
from logit_engine.rows import Block, block_count, total

PROGRAM_TOLERANCE = 1e-9  # of HiGHS, feasibility
FENCE_MARGIN = 1e-7  # a unit row's margin below it may be zero
ZERO_MARGIN = 1e-10  # a unit row's margin below it is zero, once the direction is projected
FENCE_RANK = 1e-8  # the smallest singular value of the fence, of the largest, that counts
WON_MARGIN = 1e-8  # above it a row is predicted perfectly in the limit
MAX_WORST_CUTS = 64  # that are taken from a block at once
MIN_FIRST_ROWS = 2000  # that the program starts with, if there are as many
FIRST_ROWS_PER_COEFFICIENT = 20
MAX_ROUNDS = 60
MAX_FORCE_STEPS = 30  # of non-negative least squares, for each row and column
MAX_EVEN_ROUNDS = 20  # rounds in which coordinates are made even
# Of a column's norm: below it the column is a combination of others, and keeps its scale.
ALIASED_PIVOT = 1e-12
EVEN_SIZE = 0.1  # of a coordinate of unit rows, times their number: they point evenly enough
ROW_ROUNDING = 1e-14  # a coordinate of a unit row below it is zero
EXTENDED_PIVOT = 1e-4  # below it unit rows are computed in extended precision


@dataclass(frozen=True, slots=True)
class Cone:
    """Which directions are allowed: bounds of inner coordinates, (q,), each zero or infinite."""

    low: Array
    high: Array


def even_coordinates(objective: Objective) -> Array:
    """An upper triangular T, (p, p), such that unit rows of X T^-1 point evenly in all directions.

    T comes from a few thousand rows. Tyler (1987).
    """
    stride = row_stride(objective)

    def sampled_rows(block: Block) -> tuple[list[Array]]:
        return ([dense_array(objective.columns(block))[np.flatnonzero(block.kept)[::stride]]],)

    X = np.vstack(total(objective.rows, sampled_rows, 1)[0]).astype(np.longdouble)
    p = X.shape[1]
    T = np.diag(_typical_sizes(X, np.eye(p), rounding=0.0))
    for _ in range(MAX_EVEN_ROUNDS):
        U = unit_length(X @ triangular_inverse(T).astype(np.longdouble))
        R = r_factor(np.vstack([U, np.zeros((p, p))])) * np.sqrt(p / max(U.shape[0], 1))
        norms = np.sqrt(np.square(R).sum(axis=0))
        aliased = np.abs(np.diagonal(R)) <= ALIASED_PIVOT * norms
        R[aliased] = 0.0
        R[aliased, aliased] = np.where(norms > 0.0, norms, 1.0)[aliased]
        T = R @ T
        size = _typical_sizes(X, triangular_inverse(T))
        if size.min(initial=1.0) * U.shape[0] > EVEN_SIZE:  # as small as one row in them makes it
            break
        T = size[:, None] * T
    return T


def row_stride(objective: Objective) -> int:
    """The distance of the first rows, so that a few thousand come from all over the data."""
    return max(
        1, objective.rows.n // max(MIN_FIRST_ROWS, FIRST_ROWS_PER_COEFFICIENT * objective.free.size)
    )


def _typical_sizes(
    X: NDArray[np.longdouble], inverse: Array, rounding: float = ROW_ROUNDING
) -> Array:
    """The median size of each coordinate of the unit rows of X T^-1, (p,).

    Sizes up to `rounding` do not count.
    """
    U = np.abs(unit_length(X @ inverse.astype(np.longdouble)))
    sizes = [np.median(u[u > rounding]) if (u > rounding).any() else 1.0 for u in U.T]
    return np.asarray(sizes)


def unit_length(Z: Real) -> Real:
    """Rows of unit length; rows of zeros stay."""
    largest = np.abs(Z).max(axis=1, initial=0.0, keepdims=True)
    Z = Z / np.where(largest > 0.0, largest, 1.0)
    lengths = np.sqrt(np.square(Z).sum(axis=1, keepdims=True))
    return np.asarray(Z / np.where(lengths > 0.0, lengths, 1.0))


class LinearProgram:
    """The linear program of an objective in even coordinates, with the cuts taken so far."""

    def __init__(self, objective: Objective, T: Array, cone: Cone | None) -> None:
        self.objective, self.T, self.inverse = objective, T, triangular_inverse(T)
        self.outputs = objective.likelihood.outputs
        self.precise = smallest_pivot(T) < EXTENDED_PIVOT
        self.kept = np.concatenate(total(objective.rows, lambda block: ([block.kept],), 1)[0])
        self.equal, self.limits = self._cone_limits(cone)
        stride = row_stride(objective)

        def sampled_cuts(block: Block) -> tuple[list[Real]]:
            at = np.flatnonzero(block.kept)[::stride]
            return ([self.cuts_of(self.unit_rows(block)[at], block.y[at])],)

        self.cuts = np.vstack([*total(objective.rows, sampled_cuts, 1)[0], self.limits])

    def unit_rows(self, block: Block) -> Array:
        """The rows of a block in even coordinates, at unit length, (n, p)."""
        X = dense_array(self.objective.columns(block))
        if self.precise:
            return unit_length(X.astype(np.longdouble) @ self.inverse.astype(np.longdouble)).astype(
                np.float64
            )
        return np.asarray(unit_length(X @ self.inverse), dtype=np.float64)

    @property
    def rival_count(self) -> int:
        """The columns of `leads_along`: one for a binary outcome, else one for each class."""
        return 1 if self.outputs == 1 else self.objective.likelihood.classes

    def cuts_of(self, U: Real, y: Array, take: NDArray[np.bool_] | None = None) -> Real:
        """Constraints v'd >= 0 of unit rows, (m, q), one for each class that a row is not in.

        take: (n, rival_count), which constraints to take; None for all.
        """
        take = np.ones((y.size, self.rival_count), dtype=bool) if take is None else take
        if self.outputs == 1:
            shares = take[:, 0] & (y > 0.0) & (y < 1.0)  # a share of events binds from both sides
            return np.vstack([(np.where(y == 1.0, 1.0, -1.0)[:, None] * U)[take[:, 0]], U[shares]])
        code = y.astype(np.intp)
        rows = []
        for other in range(self.rival_count):
            at = np.flatnonzero((code != other) & take[:, other])
            lead = self.objective.likelihood.lead_vectors[code[at], other]
            rows.append(
                (lead[:, :, None] * U[at][:, None, :]).reshape(at.size, self.objective.free.size)
            )
        return np.vstack(rows)

    def separated_by(self, far: Array) -> tuple[Array, NDArray[np.bool_]]:
        """A point of inner coordinates, (q,), as a direction, and the rivals it beats.

        Rivals: (n, rival_count), none unless every row beats all its rivals.
        """
        direction = self.from_inner(far)
        direction = direction / np.abs(direction).max(initial=np.finfo(float).tiny)
        leads, _ = self.leads_along(direction)
        won = leads > ZERO_MARGIN
        return direction, won & won[self.kept].all()

    def best_direction(self, won: NDArray[np.bool_]) -> Array | None:
        """The best direction, (q,), for rows that are not won yet; None if there is none."""
        gain = self.total_margin(won)
        return (
            self.gaining_direction(gain, np.eye(gain.size))
            if np.abs(gain).sum() > WON_MARGIN
            else None
        )

    def gaining_direction(self, gain: Array, basis: Array) -> Array | None:
        """The direction in a box with the largest product with `gain`, (q,); None if none gains.

        basis: (q, m), the directions that are allowed; the box is in its coordinates.
        """
        from scipy.optimize import linprog  # slow to import, and rarely needed

        size = float(np.abs(gain).sum())
        tolerances: Any = dict.fromkeys(
            ("primal_feasibility_tolerance", "dual_feasibility_tolerance"), PROGRAM_TOLERANCE
        )
        for _ in range(MAX_ROUNDS):
            answer = linprog(
                -(gain @ basis) / size,
                A_ub=-self.cuts @ basis,
                b_ub=np.zeros(self.cuts.shape[0]),
                A_eq=None if self.equal is None else self.equal @ basis,
                b_eq=None if self.equal is None else np.zeros(self.equal.shape[0]),
                bounds=(-1.0, 1.0),
                method="highs",
                options=tolerances,
            )
            if answer.x is None or gain @ basis @ answer.x <= WON_MARGIN * size:
                return None
            direction = np.asarray(basis @ answer.x)
            _, violated = self.leads_along(direction, FENCE_MARGIN)
            if violated.shape[0] == 0:
                return self.proved_direction(direction, gain)
            self.cuts = np.vstack([self.cuts, violated])
        return None

    def nearest_direction(self, wanted: Array, basis: Array) -> Array | None:
        """The unit direction nearest to `wanted`, (q,), that violates no row; None on failure.

        It is the part of `wanted` that the rows leave (Moreau's decomposition): zero if they leave
        nothing. basis: (q, m), as in `gaining_direction`.
        """
        from scipy.optimize import nnls

        aim = wanted @ basis
        for _ in range(MAX_ROUNDS):
            cuts = self.cuts @ basis
            cuts = cuts[np.linalg.norm(cuts, axis=1) > FENCE_MARGIN]
            rest = aim
            if cuts.size:  # of nothing nnls brings down the process (SciPy 1.17)
                forces, _ = nnls(-cuts.T, aim, maxiter=MAX_FORCE_STEPS * sum(cuts.shape))
                rest = aim + cuts.T @ forces
            if np.linalg.norm(rest) <= FENCE_MARGIN * np.linalg.norm(aim):
                return np.zeros(wanted.size)
            rest = rest / np.linalg.norm(rest)
            if (cuts @ rest).min(initial=0.0) < -ZERO_MARGIN:  # nnls may stop short if rows repeat
                return None
            _, violated = self.leads_along(basis @ rest, ZERO_MARGIN)
            if violated.shape[0] == 0:
                return np.asarray(basis @ rest)
            self.cuts = np.vstack([self.cuts, violated])
        return None

    def proved_direction(self, direction: Array, gain: Array) -> Array | None:
        """The direction at a right angle to the rows on its fence; None if it violates a row."""
        for fence_margin in (FENCE_MARGIN, 1e-2 * FENCE_MARGIN):
            for _ in range(MAX_ROUNDS):
                fence = self.cuts[np.abs(self.cuts @ direction) <= fence_margin]
                fence = fence if self.equal is None else np.vstack([fence, self.equal])
                exact = _at_right_angle(direction, fence)
                if gain @ exact <= WON_MARGIN:
                    break
                _, violated = self.leads_along(exact, ZERO_MARGIN)
                if violated.shape[0] == 0:
                    return exact
                if not (np.abs(violated @ direction) <= fence_margin).all():
                    break
                self.cuts = np.vstack([self.cuts, violated])
        return None

    def total_margin(self, won: NDArray[np.bool_]) -> Array:
        """The sum of the constraints that are not won yet, (q,)."""
        out = np.zeros(self.objective.free.size)
        for cuts in self._open_cuts(won):
            out += cuts.sum(axis=0)
        return out

    def _open_cuts(self, won: NDArray[np.bool_]) -> Iterator[Real]:
        """The constraints, (m, q), that are not won, block by block. won: (n, rival_count)."""
        start = 0
        for block in self.objective.rows.blocks(0, block_count(self.objective.rows.n)):
            stop = start + block.y.size
            take = block.kept[:, None] & ~won[start:stop]
            at = np.flatnonzero(take.any(axis=1))
            start = stop
            if at.size:
                yield self.cuts_of(self.unit_rows(block)[at], block.y[at], take[at])

    def leads_along(self, direction: Array, allowed: float = np.inf) -> tuple[Array, Array]:
        """How far rows lead their rivals along a direction, (n, rival_count), and violated cuts.

        Cuts: the worst of each block, violated by more than `allowed`. A lead is zero over the
        row's own class and of rows without weight. Of a share of events it is never positive.
        """
        matrix = by_predictor(direction, self.outputs)

        def of_block(block: Block) -> tuple[list[Real], list[Real]]:
            U = self.unit_rows(block)
            found = np.where(block.kept[:, None], self.row_leads(U @ matrix, block.y), 0.0)
            least = found.min(axis=1)
            worst = np.argsort(least, kind="stable")[:MAX_WORST_CUTS]
            worst = worst[least[worst] < -allowed]
            return [found], [self.cuts_of(U[worst], block.y[worst])]

        found, violated = total(self.objective.rows, of_block, self.objective.threads)
        return np.concatenate(found), np.vstack(violated)

    def row_leads(self, linear: Real, y: Array) -> Real:
        """`leads_along` of rows by their predictors along the direction, (n,) or (n, k)."""
        likelihood = self.objective.likelihood
        return (
            likelihood.margins(linear, y)[:, None]
            if self.outputs == 1
            else likelihood.row_leads(linear, y)
        )

    def from_inner(self, direction: Array) -> Array:
        """A direction of inner coordinates, (q,), in even ones."""
        return np.concatenate([self.T @ part for part in direction.reshape(self.outputs, -1)])

    def to_inner(self, direction: Array) -> Array:
        """The inverse of `from_inner`."""
        return np.concatenate([self.inverse @ part for part in direction.reshape(self.outputs, -1)])

    def _cone_limits(self, cone: Cone | None) -> tuple[Real | None, Real]:
        """Equalities (None without one) and cuts of linear constraints and a cone.

        Both are in even coordinates.
        """
        whole = np.kron(np.eye(self.outputs), self.inverse)
        equal = [] if self.objective.fixed is None else [self.objective.fixed @ whole]
        cuts = [np.zeros((0, whole.shape[0]))]
        if cone is not None:
            fixed = (cone.low == 0.0) & (cone.high == 0.0)
            equal.append(whole[fixed])
            cuts += [whole[(cone.low == 0.0) & ~fixed], -whole[(cone.high == 0.0) & ~fixed]]
        rows = np.vstack(equal) if equal else np.zeros((0, whole.shape[0]))
        return (unit_length(rows) if rows.size else None), unit_length(np.vstack(cuts))

    def null_space(self, won: NDArray[np.bool_]) -> Array:
        """The directions, (q, m), that move only won rows. won: (n, rival_count)."""
        q = self.objective.free.size
        R = np.zeros((q, q))
        for cuts in self._open_cuts(won):
            R = r_factor(np.vstack([R, cuts]))
        fence = R if self.equal is None else np.vstack([R, self.equal])
        _, sizes, V = np.linalg.svd(fence)
        return np.asarray(V[sizes <= FENCE_RANK * sizes.max(initial=0.0)].T)

    def signs(self, direction: Array) -> Array:
        """The signs of a direction in the user's coefficients, (q,); 0 for a move by rounding."""
        coordinates, inner = self.objective.coordinates, self.to_inner(direction)
        user = coordinates.to_user(inner)
        # T has the typical size of each column in its first row's units: what a coefficient moves
        # in a typical row
        size = np.linalg.norm(self.T, axis=0)
        moved = np.abs(inner).reshape(self.outputs, -1) * size
        least = 1e-6 * moved.max(initial=0.0) / (size * coordinates.scale)
        least = np.tile(least, self.outputs)
        if coordinates.constant is not None:
            by_class = np.abs(user).reshape(self.outputs, -1)
            least.reshape(by_class.shape)[:, coordinates.constant] += (
                1e-6 * by_class @ np.abs(coordinates.center) / abs(coordinates.value)
            )
        return np.sign(np.where(np.abs(user) > least, user, 0.0))


def _at_right_angle(direction: Array, rows: Array) -> Array:
    """The part of a direction, (q,), that is orthogonal to all rows, (m, q)."""
    if rows.shape[0] == 0:
        return direction
    _, sizes, V = np.linalg.svd(
        r_factor(np.vstack([rows, np.zeros((direction.size, direction.size))]))
    )
    V = V[sizes > FENCE_RANK * sizes.max(initial=0.0)]
    out = direction - V.T @ (V @ direction)
    return np.asarray(out - V.T @ (V @ out))
