"""Linear constraints on named coefficients: text, matrices, null space."""

from logit_engine.constraints.equations import (
    Equalities,
    Inequalities,
    linear_equalities,
    linear_inequalities,
)

__all__ = ["Equalities", "Inequalities", "linear_equalities", "linear_inequalities"]
