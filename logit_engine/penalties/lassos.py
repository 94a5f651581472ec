"""The lasso and the group lasso: elastic nets without a ridge."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.penalties.elastic_net import ElasticNet
from logit_engine.penalties.group_norms import groups_of
from logit_engine.penalties.target import PenaltyTarget


def lasso_of_target(target: PenaltyTarget) -> ElasticNet:
    """The lasso of strength one on the coefficients of a target."""
    return ElasticNet.of_target(replace(target, l1_ratio=1.0))


def group_lasso_of_target(target: PenaltyTarget) -> ElasticNet:
    """The group lasso of strength one on the coefficients of a target."""
    groups = groups_of(target.labels, target.weights)
    nothing = np.zeros_like(target.weights)
    return ElasticNet(
        nothing, nothing, groups=groups if groups.strength.size else None, smooth=target.smooth
    )


def lasso(strength: Array) -> ElasticNet:
    """The sum of strength_j |theta_j|, strength: (q,)."""
    return ElasticNet(strength, np.zeros_like(strength))


def group_lasso(labels: Sequence[int], strength: float = 1.0) -> ElasticNet:
    """strength * the sum over groups of root(size) * norm, from a label for each coefficient, (q,),
    -1 for none.

    Raises UsageError for labels that are not whole numbers from -1 on, for no group at all, and for
    a negative strength.
    """
    given = np.asarray(labels)
    if (
        given.ndim != 1
        or given.dtype.kind not in "iu"
        or given.min(initial=0) < -1
        or not (given >= 0).any()
    ):
        raise UsageError(
            "the labels of group_lasso are one whole number for each coefficient, from 0 on, or "
            "-1 for one in no group; some are in a group."
        )
    if not 0.0 < strength < np.inf:
        raise UsageError(f"the strength of group_lasso is {strength!r}; it is above 0, and finite.")
    nothing = np.zeros(len(labels))
    return ElasticNet(nothing, nothing, groups=groups_of(given.astype(np.intp))).multiplied(
        strength
    )
