"""The direction in which an estimate runs off to infinity, by linear programming.

Problem: a maximum exists unless the likelihood rises forever along some direction. If one exists,
which coefficients are infinite, of which sign, and which rows are predicted perfectly?
Idea: a linear program (linear_program.py) finds a direction that loses no row and gains as many
rows as possible. It is solved again for the rows that are left, and the directions are added, until
no row is gained. Where a solver ran to is tried first: it is the answer if it separates all rows.
Invariants: no row is lost by more than 1e-10 of its length, and `Proof` says how far that holds.
Other directions may gain the same rows: a sign is given only if all of them share it, else nan.
Papers: Albert & Anderson (1984); Konis (2007). Existence does not depend on the link.
Not taken: the signs of one direction, as another vertex of the program may have others; the size
of estimates or standard errors as evidence, as both may be large where a maximum exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.diagnostics.direction_proofs import Proof, direction_proof
from logit_engine.diagnostics.linear_program import (
    FENCE_MARGIN,
    WON_MARGIN,
    Cone,
    LinearProgram,
    even_coordinates,
)
from logit_engine.diagnostics.wording import DEFAULT_WORDING, Wording, first_names
from logit_engine.objective.loss import Objective

# Each sign takes a program of its own: if more coefficients move, no sign is called known.
MAX_CHECKED_SIGNS = 100


@dataclass(frozen=True, slots=True)
class Recession:
    """A direction along which no row loses likelihood and some rows gain forever.

    signs: (q,), of the directions that separate as many rows as possible: -1 or 1 for a coefficient
    that runs off to that infinity along all of them, 0 for one that moves along none, nan if they
    disagree. rows: (m,), the positions of the rows that are predicted perfectly in the limit. n:
    how many rows have weight. perfect: false if no row beats all rival classes; rows are then those
    that beat some. proof: how well the direction is proved.
    """

    signs: Array
    rows: NDArray[np.intp]
    n: int
    perfect: bool
    proof: Proof

    def clause(
        self, names: Sequence[str], free: NDArray[np.bool_], wording: Wording = DEFAULT_WORDING
    ) -> str:
        """The columns, the infinity of each, and the rows. names, free: (q,)."""
        moving = [j for j in np.flatnonzero(self.signs).tolist() if not free[j]]
        texts = [wording.column_text(names[j], _limit_text(self.signs[j])) for j in moving]
        shown = first_names(texts)
        what = (
            f"column {shown}"
            if len(moving) == 1
            else f"a combination of {shown}"
            if moving
            else "the constant"
        )
        where = f"{self.rows.size:,} of {self.n:,} rows ({wording.rows(self.rows)})"
        where = "every row" if self.rows.size == self.n else where
        if not self.perfect:
            return f"{what} rules out a class of {wording.outcome} in {where}"
        return f"{what} predicts {wording.outcome} perfectly in {where}"


def _limit_text(sign: float) -> str:
    """Where a coefficient of that sign goes, in words."""
    return "sign not known" if np.isnan(sign) else "+inf" if sign > 0.0 else "-inf"


def recession(
    objective: Objective,
    far: Array | None = None,
    cone: Cone | None = None,
) -> Recession | None:
    """The direction that separates as many rows as possible; None if a maximum exists.

    far: where a solver ran to, (q,); an answer if it separates all rows by itself. cone: the
    directions that are allowed.
    """
    program = LinearProgram(objective, even_coordinates(objective), cone)
    found, won = (
        np.zeros(objective.free.size),
        np.zeros((objective.rows.n, program.rival_count), dtype=bool),
    )
    if far is not None and cone is None:
        found, won = program.separated_by(far)
    if not won.any():
        found, won = _widest_direction(program)
    if not won.any():
        return None
    beaten = won.sum(axis=1)
    perfect = beaten >= max(program.rival_count - 1, 1)  # all rivals but the row's own class
    return Recession(
        _common_signs(program, found, won),
        np.flatnonzero(perfect if perfect.any() else beaten > 0),
        int(program.kept.sum()),
        bool(perfect.any()),
        direction_proof(program, found),
    )


def _widest_direction(program: LinearProgram) -> tuple[Array, NDArray[np.bool_]]:
    """The direction, (q,), that wins most rows, and which rivals it beats, (n, rival_count).

    Directions are in even coordinates.
    """
    found = np.zeros(program.objective.free.size)
    won = np.zeros((program.objective.rows.n, program.rival_count), dtype=bool)
    while True:
        step = program.best_direction(won)
        if step is None:
            return found, won
        found = found + step
        more = won | (program.leads_along(step)[0] > WON_MARGIN)
        if (more == won).all():
            return found, won
        won = more


def _common_signs(program: LinearProgram, found: Array, won: NDArray[np.bool_]) -> Array:
    """The signs of the user's coefficients along all directions that win the same rows, (q,).

    found: one of these directions, in even coordinates; won: (n, rival_count). A sign that differs
    is nan. These directions are the inside of the cone of all that violate no row. So a sign is
    shared unless some direction of the cone moves the coefficient to the other side, or moves it at
    all although `found` does not.
    """
    signs, basis = program.signs(found), program.null_space(won)
    if basis.shape[1] <= 1:
        return signs
    users = program.objective.coordinates.to_user(
        np.asarray(np.kron(np.eye(program.outputs), program.inverse))
    )
    users = users / np.linalg.norm(users, axis=1, keepdims=True)
    other = np.zeros(signs.size, dtype=bool)
    moved = np.linalg.norm(users @ basis, axis=1) > FENCE_MARGIN
    if moved.sum() > MAX_CHECKED_SIGNS:
        return np.where(moved, np.nan, signs)
    for j in np.flatnonzero(moved).tolist():
        if other[j]:
            continue
        wanted = (-signs[j] or 1.0) * users[j]
        step = program.nearest_direction(wanted, basis)
        step = program.gaining_direction(wanted, basis) if step is None else step
        if step is not None:
            along = program.signs(step)
            other |= (along != 0.0) & (along != signs)
    return np.where(other, np.nan, signs)
