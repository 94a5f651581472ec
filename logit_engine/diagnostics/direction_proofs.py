"""How well a direction is proved to separate: exactly, up to rounding, or to ten digits.

The program lets a direction violate a row by 1e-10 of its length. In a row of 1e13 in a column of 0
and 1 that hides all other columns. So no row may be violated by more than the rounding of its own
numbers. Rows that tie in whole numbers may differ by rounding after (x - mean) / sd: they pass. The
rank of the fence in extended precision tells such rows from exact ties, as far as a few thousand
rows tell, and for at most a hundred coefficients.
"""

from enum import Enum

import numpy as np

from logit_engine.columns import Array, Real, dense_array
from logit_engine.diagnostics.linear_program import (
    FENCE_MARGIN,
    WON_MARGIN,
    LinearProgram,
    row_stride,
    unit_length,
)
from logit_engine.objective.shapes import by_predictor
from logit_engine.objective.triangles import smallest_pivot
from logit_engine.rows import Block, Maximum, total

# A margin within as many rounding errors of the numbers behind it is zero.
MAX_ROUNDING_ERRORS = 64.0
# Of the largest move of a typical row: a coefficient that moves the row less does so by rounding.
MIN_MOVE_SHARE = 1e-13
# With more coefficients rounding counts as exact: extended precision takes too long.
MAX_EXTENDED_COEFFICIENTS = 100
EPS = float(np.finfo(np.float64).eps)


class Proof(Enum):
    """How far a direction is proved: exactly, but for rounding, or to 1e-10 of a row's length."""

    EXACT = "exact"
    ROUNDED = "but for the rounding of the data"
    TEN_DIGITS = "to ten digits"


def direction_proof(program: LinearProgram, direction: Array) -> Proof:
    """How well a direction, (q,) in even coordinates, is proved."""
    if not _is_within_rounding(program, direction):
        return Proof.TEN_DIGITS
    return Proof.EXACT if _is_exact(program, direction) else Proof.ROUNDED


def _is_within_rounding(program: LinearProgram, direction: Array) -> bool:
    """Whether no row is violated by more than the rounding of its numbers.

    That is eps sum_j (|x_ij| + |c_j|) |d_j|, with c_j the centers.
    """
    objective = program.objective
    outputs = objective.likelihood.outputs
    inner = program.to_inner(direction)
    moves = np.abs(inner) * np.tile(np.linalg.norm(program.T, axis=0), outputs)
    inner = np.where(moves > MIN_MOVE_SHARE * moves.max(initial=0.0), inner, 0.0)
    along, user = (by_predictor(d, outputs) for d in (inner, objective.coordinates.to_user(inner)))

    def of_block(block: Block) -> tuple[Maximum]:
        sizes = (np.abs(dense_array(block.X)) + np.abs(objective.coordinates.center)) @ np.abs(user)
        allowed = MAX_ROUNDING_ERRORS * EPS * (sizes if outputs == 1 else 2.0 * sizes.max(axis=1))
        leads = program.row_leads(dense_array(objective.columns(block)) @ along, block.y).min(
            axis=1
        )
        return (Maximum(block.maximum(-leads - allowed)),)

    (worst,) = total(objective.rows, of_block, objective.threads)
    return bool(worst.value <= 0.0)


def _is_exact(program: LinearProgram, direction: Array) -> bool:
    """Whether a few thousand rows allow the direction in extended precision.

    Its part is taken that is at a right angle to the rows on its fence.
    """
    objective = program.objective
    coordinates, stride = objective.coordinates, row_stride(objective)
    if direction.size > MAX_EXTENDED_COEFFICIENTS:
        return True

    def sampled_cuts(block: Block) -> tuple[list[Real]]:
        at = np.flatnonzero(block.kept)[::stride]
        X: Real = (
            dense_array(block.X)[at].astype(np.longdouble) - coordinates.center
        ) / coordinates.scale
        return (
            [program.cuts_of(unit_length(X @ program.inverse.astype(np.longdouble)), block.y[at])],
        )

    cuts = np.vstack([*total(objective.rows, sampled_cuts, 1)[0], program.limits])
    margins = cuts @ direction
    fence = cuts[np.abs(margins) <= FENCE_MARGIN]
    # T^-1 enlarges it so much
    rounding = MAX_ROUNDING_ERRORS * float(np.finfo(np.longdouble).eps) / smallest_pivot(program.T)
    fence = fence if program.equal is None else np.vstack([fence, program.equal])
    left, noise = _orthogonal_part(direction, fence, rounding)
    gain = cuts[margins > WON_MARGIN].sum(axis=0)
    if not gain.any():
        return True
    allowed = rounding * float(np.sqrt(np.square(left).sum()))
    gains = gain @ left > max(WON_MARGIN, noise * float(gain @ direction))
    return bool(gains and (cuts @ left).min() >= -allowed)


def _orthogonal_part(direction: Array, rows: Real, rounding: float) -> tuple[Real, float]:
    """The part of a direction, (q,), that is orthogonal to all unit rows, (m, q), in their type.

    rounding: of the rows; one that is no further from those before it lies in their span. The
    second value is the share of the direction that may be rounding in the part: it is large if a
    row hardly differs from the others. By Gram-Schmidt, twice.
    """
    basis, left, out = (
        np.zeros((0, direction.size), dtype=rows.dtype),
        rows,
        direction.astype(rows.dtype),
    )
    nearest = np.inf
    while left.shape[0]:
        sizes = np.sqrt(np.square(left).sum(axis=1))
        if not sizes.max() > rounding:
            break
        nearest = min(nearest, float(sizes.max()))
        unit = left[np.argmax(sizes)] / sizes.max()
        unit = unit - basis.T @ (basis @ unit)
        unit = unit / np.sqrt(np.square(unit).sum())
        basis = np.vstack([basis, unit])
        left = left[sizes > rounding]
        left = left - np.multiply.outer(left @ unit, unit)
    for _ in range(2):
        out = out - basis.T @ (basis @ out)
    return out, rounding / nearest
