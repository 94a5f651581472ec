"""Models from formulas: the design a formula learns, attached to the model that is fitted on it."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.inputs import library
from logit_engine.errors import UsageError
from logit_engine.formulas import FormulaSpec, formula_design

ROW_WISE = ("offset", "freq_weights", "var_weights", "sampling_weights")


@dataclass(frozen=True, slots=True)
class FormulaView:
    """A learnt formula: how other rows become exog, and which columns each of its terms made."""

    spec: FormulaSpec

    def encode(self, data: Any) -> Array:
        """exog of other rows; a mapping of columns will do. Raises DataError for unseen levels and missing values."""
        if isinstance(data, dict):
            import pandas as pd

            data = pd.DataFrame({key: np.atleast_1d(value) for key, value in data.items()})
        return self.spec.encode(data)

    @property
    def terms(self) -> dict[str, list[int]]:
        """The columns of each term, by position."""
        found: dict[str, list[int]] = {}
        for j, name in enumerate(self.spec.names):
            found.setdefault(re.sub(r"\[[^\[\]]*\]", "", name), []).append(j)
        return found

    def levels(self, term: str) -> tuple[list[str], bool]:
        """A categorical term's levels, the reference first, and whether it has one. Raises UsageError for other terms."""
        _, state = self.spec.model.encoder_state.get(term, (None, {}))
        if "categories" not in state:
            raise UsageError(f"'{term}' is no categorical term, so it has no levels to compare.")
        levels = [str(level) for level in state["categories"]]
        columns = [self.spec.names[j] for j in self.terms[term]]
        if not all("[T." in name for name in columns):
            return levels, len(columns) < len(levels)
        kept = [name.rsplit("[T.", 1)[1].rstrip("]") for name in columns]
        return [*(level for level in levels if level not in kept), *kept], True


def model_of_formula(cls: Any, formula: str, data: Any, subset: Any, drop_cols: Any, *args: Any, **kwargs: Any) -> Any:
    """The model of a formula; see `DiscreteModel.from_formula`."""
    design = formula_design(formula, data, subset, drop_cols, kwargs.pop("missing", "drop"))
    for name in ROW_WISE:
        if kwargs.get(name) is not None:
            kwargs[name] = _kept(kwargs[name], design.kept, name)
    outcome = design.y if hasattr(cls, "curve") else _classes(design.outcome, design.levels)
    endog, exog = _framed(data, subset, design, outcome)
    model = cls(endog, exog, *args, **kwargs)
    model.inputs = replace(model.inputs, dropped=design.dropped, kept=design.kept, endog_name=design.outcome_name)
    model.design, model.formula = FormulaView(design.spec), formula
    return model


def _kept(values: Any, kept: Any, name: str) -> Any:
    """The values of the rows that the formula kept."""
    array = values.to_numpy() if library(values) != "numpy" else np.asarray(values)
    if array.shape[:1] != kept.shape:
        raise UsageError(f"{name} has {array.shape[0]:,} values; the data have {kept.size:,} rows.")
    return array[kept]


def _classes(outcome: Any, levels: Any) -> Any:
    """The outcome's classes, in their declared order if there is one."""
    if levels is None:
        return outcome
    import pandas as pd

    return pd.Categorical(outcome, categories=list(levels))


def _framed(data: Any, subset: Any, design: Any, outcome: Any) -> tuple[Any, Any]:
    """endog and exog in the library of the data."""
    if library(data) == "polars":
        import polars as pl

        column = pl.Series(design.outcome_name, np.asarray(outcome).tolist())
        return column, pl.DataFrame(design.X, schema=list(design.names), orient="row")
    import pandas as pd

    rows = data if subset is None else data[subset] if np.asarray(subset).dtype == bool else data.loc[subset]
    index = rows.index[design.kept]
    exog = pd.DataFrame(design.X, index=index, columns=list(design.names))
    return pd.Series(outcome, index=index, name=design.outcome_name), exog
