"""Columns of X as values: one kind each, with its products, moments and inner coordinates."""

from logit_engine.columns.arrays import Array, Real
from logit_engine.columns.coded import Coded
from logit_engine.columns.constant import Constant
from logit_engine.columns.coordinates import Coordinates
from logit_engine.columns.dense import Dense
from logit_engine.columns.moments import Moments, Ranges
from logit_engine.columns.protocol import Columns, dense_array
from logit_engine.columns.side_by_side import SideBySide, one_array
from logit_engine.columns.sparse import Sparse

__all__ = [
    "Array",
    "Coded",
    "Columns",
    "Constant",
    "Coordinates",
    "Dense",
    "Moments",
    "Ranges",
    "Real",
    "SideBySide",
    "Sparse",
    "dense_array",
    "one_array",
]
