"""Penalties as values, in the user's coefficients."""

from collections.abc import Callable

from logit_engine.penalties.elastic_net import ElasticNet, group_lasso, lasso
from logit_engine.penalties.group_norms import Groups, groups_of
from logit_engine.penalties.l2 import L2
from logit_engine.penalties.none import NONE, NoPenalty
from logit_engine.penalties.protocol import Penalty
from logit_engine.penalties.smoothing import differences

__all__ = [
    "L2",
    "NONE",
    "ElasticNet",
    "Groups",
    "NoPenalty",
    "Penalty",
    "differences",
    "group_lasso",
    "groups_of",
    "lasso",
]

PENALTIES: dict[str, Callable[..., Penalty]] = {"none": NoPenalty, "l2": L2}
