"""Which columns, offsets or weights hold numbers of very different size.

Rounding of such numbers can hide the way to a maximum: the status of a fit then names them.
"""

import numpy as np

from logit_engine.columns import dense_array
from logit_engine.objective.loss import Objective
from logit_engine.rows import Block, Maximum, Sums, total

# Times the mean distance of the quartiles. Beside larger numbers the others lose their digits.
UNEVEN_SPREAD_RATIO = 1e12


def uneven_names(objective: Objective) -> list[str]:
    """What the rows have that may be of very different size: columns by name, offsets, weights."""

    def block_facts(block: Block) -> Sums:
        X = dense_array(block.X)
        lower, upper = np.percentile(X, (25.0, 75.0), axis=0)
        return (
            block.X.ranges(block.y, block.kept),
            np.asarray(upper - lower),
            1.0,
            Maximum(float(block.offset is not None)),
            Maximum(float(block.weight is not None)),
        )

    ranges, spread, blocks, offset, weight = total(objective.rows, block_facts, objective.threads)
    ends = np.vstack([ranges.low, ranges.high])
    largest = np.abs(np.where(np.isfinite(ends), ends, 0.0)).max(axis=0)
    uneven = (largest > UNEVEN_SPREAD_RATIO * spread / blocks) & (spread > 0.0)
    names = [f"column '{objective.rows.names[j]}'" for j in np.flatnonzero(uneven).tolist()]
    return [
        *names,
        *(["offsets"] if offset.value else []),
        *(["weights"] if weight.value else []),
    ]
