"""Compiled loops over the rows of a block: each value of X is read once, and all is done with it in
a cache.

The problem: NumPy goes over a block once per operation, and each time its numbers come from memory.

The idea: a few hundred rows at a time are written out in inner coordinates. While they are in a
core's cache, their predictors, scores, gradients and Gram matrices are all taken. What comes next
does not depend on X's type and memory order, so neither changes a bit.

Invariants: the sums of a block are those of NumPy's way to rounding, and the same bits however rows
come and on any number of threads, because a block is summed by one thread from front to back. The
interpreter's lock is released throughout. Loops are for dense columns, after a constant or not,
under the logit link or several classes.

Tried and dropped: BLAS for the Gram matrices (kernels/tiles.py says why); `rows[i, j]` in place of
`row = rows[i]` and then `row[j]`, whose check for a negative index keeps a loop from becoming
vector instructions: a third of the speed.
"""

from logit_engine.compiled.kernels.binary import NEAR_CACHE_ROWS, binary_light_sums, binary_sums
from logit_engine.compiled.kernels.several_classes import class_light_sums, class_sums
from logit_engine.compiled.kernels.tiles import padded_columns

__all__ = [
    "NEAR_CACHE_ROWS",
    "binary_light_sums",
    "binary_sums",
    "class_light_sums",
    "class_sums",
    "padded_columns",
]
