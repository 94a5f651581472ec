"""Models from formulas: the design a formula learns, attached to the model that is fitted on it."""

from typing import Any

from logit_engine.errors import UsageError


def model_of_formula(cls: Any, formula: str, data: Any, subset: Any, drop_cols: Any, *args: Any, **kwargs: Any) -> Any:
    """The model of a formula; see `DiscreteModel.from_formula`."""
    raise UsageError("formulas are on their way")
