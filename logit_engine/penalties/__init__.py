"""Penalties as values, in the user's coefficients."""

from logit_engine.penalties.group_norms import groups_of
from logit_engine.penalties.norms import L2, NONE, ElasticNet, differences, group_lasso, lasso

__all__ = ["L2", "NONE", "ElasticNet", "differences", "group_lasso", "groups_of", "lasso"]
