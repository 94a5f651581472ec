"""Rows: blocks, the fixed tree of sums, and where rows come from."""

from logit_engine.rows.blas_threads import blas_builds, cores, one_blas_thread
from logit_engine.rows.block import BLOCK_ROWS, MIN_PIECE_ROWS, Block, block_count
from logit_engine.rows.protocol import (
    Rows,
    RowsShape,
    RowsWrapper,
    SummingRows,
    Sums,
    coefficient_names,
)
from logit_engine.rows.tree_of_sums import Maximum, QuietFunction, total

__all__ = [
    "BLOCK_ROWS",
    "MIN_PIECE_ROWS",
    "Block",
    "Maximum",
    "QuietFunction",
    "Rows",
    "RowsShape",
    "RowsWrapper",
    "SummingRows",
    "Sums",
    "blas_builds",
    "block_count",
    "coefficient_names",
    "cores",
    "one_blas_thread",
    "total",
]
