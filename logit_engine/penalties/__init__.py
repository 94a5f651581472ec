"""Penalties as values, in the user's coefficients."""

from collections.abc import Callable

from logit_engine.penalties.elastic_net import ElasticNet
from logit_engine.penalties.group_norms import Groups, groups_of
from logit_engine.penalties.l2 import L2
from logit_engine.penalties.lassos import group_lasso, group_lasso_of_target, lasso, lasso_of_target
from logit_engine.penalties.none import NONE, NoPenalty
from logit_engine.penalties.protocol import Penalty
from logit_engine.penalties.smoothing import differences
from logit_engine.penalties.target import PenaltyTarget

__all__ = [
    "L2",
    "NONE",
    "PENALTIES",
    "ElasticNet",
    "Groups",
    "NoPenalty",
    "Penalty",
    "PenaltyTarget",
    "differences",
    "group_lasso",
    "groups_of",
    "lasso",
]

PENALTIES: dict[str, Callable[[PenaltyTarget], Penalty]] = {
    "none": NoPenalty.of_target,
    "l1": lasso_of_target,
    "l2": L2.of_target,
    "elastic_net": ElasticNet.of_target,
    "group_lasso": group_lasso_of_target,
}
"""By its name in a config, what makes a penalty of strength one."""
