"""Models from formulas: the design a formula learns, attached to the model that is fitted on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.design.formulas.design import FormulaSpec, formula_design
from logit_engine.discrete.frames import framed
from logit_engine.discrete.inputs import refuse_name
from logit_engine.errors import UsageError
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import arrays
from logit_engine.rows.alignment import aligned, row_labels
from logit_engine.rows.column_numbers import library, table

ROW_WISE = ("offset", "freq_weights", "var_weights", "sampling_weights")


@dataclass(frozen=True, slots=True)
class FormulaView:
    """A learnt formula: how other rows become exog, and which columns each of its terms made.

    rows: the data's columns that it read, of the rows of the model; None once these are forgotten.
    """

    spec: FormulaSpec
    rows: Any = None

    def to_content(self) -> dict[str, Any] | None:
        """The learnt formula, JSON-ready; `from_content` is the inverse. None, with a warning, if JSON cannot hold it."""
        from logit_engine.design.formulas.storage import formula_content

        try:
            return formula_content(self.spec)
        except UsageError as error:
            warn_caller(f"the formula is not stored: {error} Results that are loaded predict from exog's columns only.")
            return None

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "FormulaView | None":
        """The formula of that content; None without formulaic, and for a text that says more than a formula may."""
        from logit_engine.design.formulas.storage import formula_of

        try:
            return cls(formula_of(content))
        except UsageError:
            return None

    @property
    def changes(self) -> Any:
        """How the matrix changes with the formula's variables, a `FormulaChanges`."""
        from logit_engine.design.formulas.changes import FormulaChanges

        return FormulaChanges(self.spec)

    def encode(self, data: Any) -> Array:
        """exog of other rows, nan in rows with a gap; a mapping of columns will do. Raises DataError for unseen levels."""
        if isinstance(data, dict):
            import pandas as pd

            data = pd.DataFrame({key: np.atleast_1d(value) for key, value in data.items()})
        return self.spec.encode(data, missing="none")

    @property
    def terms(self) -> dict[str, list[int]]:
        """The columns of each term, by position."""
        return self.spec.terms

    def levels(self, term: str) -> tuple[list[str], bool]:
        """A categorical term's levels, the reference first, and whether it has one. Raises UsageError for other terms."""
        _, state = self.spec.model.encoder_state.get(term, (None, {}))
        if "categories" not in state:
            raise UsageError(f"'{term}' is no categorical term, so it has no levels to compare.")
        levels = [str(level) for level in state["categories"]]
        columns = [self.spec.names[j] for j in self.terms[term]]
        if not all("[T." in name for name in columns):
            return levels, len(columns) < len(levels)
        kept = [name.removeprefix(f"{term}[T.").removesuffix("]") for name in columns]
        return [*(level for level in levels if level not in kept), *kept], True


def model_of_formula(cls: Any, formula: str, data: Any, subset: Any, drop_cols: Any, *args: Any, **kwargs: Any) -> Any:
    """The model of a formula; see `DiscreteModel.from_formula`."""
    design = formula_design(formula, data, subset, drop_cols, kwargs.pop("missing", "drop"))
    chosen = _positions(data, subset)
    for name in ROW_WISE:
        if kwargs.get(name) is not None:
            values = _row_wise(kwargs[name], name, row_labels(data), chosen, len(data))
            held = values.reshape(values.shape[0], -1)
            arrays.refuse_unusable(np.where(design.kept[:, None], held, 0.0), name)  # by the rows of the data
            kwargs[name] = values[design.kept]
    outcome = design.y if hasattr(cls, "curve") else _classes(design.outcome, design.levels)
    labels = None if row_labels(data) is None else row_labels(data)[chosen]
    endog, exog = _framed(data, labels, design, outcome)
    model = cls(endog, exog, *args, **kwargs)
    model.inputs = replace(
        model.inputs, labels=labels, dropped=design.dropped, kept=design.kept, endog_name=design.outcome_name
    )
    model.design, model.formula = FormulaView(design.spec, design.rows), formula
    return model


def _positions(data: Any, subset: Any) -> NDArray[np.intp]:
    """Where the rows of the subset lie in the data, (rows of the subset,)."""
    every = np.arange(len(data))
    if subset is None:
        return every
    if library(data) != "pandas":
        return np.asarray(every[np.asarray(subset)])
    import pandas as pd

    return np.asarray(pd.Series(every, index=data.index).loc[subset])


def _row_wise(value: Any, name: str, labels: Any, chosen: NDArray[np.intp], total: int) -> NDArray[Any]:
    """Values of the rows of the subset, given for these or for all rows of the data; pandas' are matched by label."""
    refuse_name(value, name)
    if len(value) not in (chosen.size, total):
        raise UsageError(f"{name} has {len(value):,} values; the data have {chosen.size:,} rows.")
    if len(value) == chosen.size:
        return np.asarray(table(aligned(value, None if labels is None else labels[chosen], name, "data"), name))
    return np.asarray(table(aligned(value, labels, name, "data"), name)[chosen])


def _classes(outcome: Any, levels: Any) -> Any:
    """The outcome's classes, in their declared order if there is one."""
    if levels is None:
        return outcome
    import pandas as pd

    return pd.Categorical(outcome, categories=list(levels))


def _framed(data: Any, labels: Any, design: Any, outcome: Any) -> tuple[Any, Any]:
    """endog and exog in the library of the data. labels: pandas' of the rows of the subset."""
    if library(data) == "polars":
        import polars as pl

        column = pl.Series(design.outcome_name, np.asarray(outcome).tolist())
        return column, pl.DataFrame(design.X, schema=list(design.names), orient="row")
    import pandas as pd

    index = labels[design.kept]
    return pd.Series(outcome, index=index, name=design.outcome_name), framed(design.X, index, design.names)
