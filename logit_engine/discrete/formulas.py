"""Models from formulas: the design that a formula learns, attached to the model of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.design.formulas.design import FormulaDesign, FormulaSpec, formula_design
from logit_engine.discrete.inputs import refuse_column_name
from logit_engine.discrete.output_format import pandas_frame
from logit_engine.errors import UsageError
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import arrays
from logit_engine.rows.alignment import aligned_rows, row_labels
from logit_engine.rows.column_numbers import library_of, number_table

if TYPE_CHECKING:
    import pandas as pd

    from logit_engine.design.formulas.changes import FormulaChanges
    from logit_engine.discrete.model_data import ModelData

M = TypeVar("M", bound="ModelData")

ROW_VALUES = ("offset", "freq_weights", "var_weights", "sampling_weights")


@dataclass(frozen=True, slots=True)
class FormulaView:
    """A learnt formula: how other rows become exog, and which columns each of its terms has.

    rows: pandas' frame of the columns that the formula read, of the model's rows; None once the
    rows are forgotten.
    """

    spec: FormulaSpec
    rows: "pd.DataFrame | None" = None

    def to_content(self) -> dict[str, object] | None:
        """The learnt formula, JSON-ready; `from_content` is the inverse.

        None, with a warning, if JSON cannot hold it.
        """
        from logit_engine.design.formulas.storage import formula_content

        try:
            return formula_content(self.spec)
        except UsageError as error:
            warn_caller(
                f"the formula is not stored: {error} Results that are loaded predict from exog's "
                "columns only."
            )
            return None

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "FormulaView | None":
        """The formula of that content.

        None without formulaic, and for a text that says more than a formula may.
        """
        from logit_engine.design.formulas.storage import formula_of

        try:
            return cls(formula_of(content))
        except UsageError:
            return None

    @property
    def changes(self) -> "FormulaChanges":
        """How the matrix changes with the formula's variables."""
        from logit_engine.design.formulas.changes import FormulaChanges

        return FormulaChanges(self.spec)

    def encode(self, data: Any) -> Array:
        """exog of other rows, (m, p), nan in rows with a gap. data: a frame, or a dict of columns.

        Raises DataError for unseen levels.
        """
        if isinstance(data, dict):
            import pandas as pd

            data = pd.DataFrame({key: np.atleast_1d(value) for key, value in data.items()})
        return self.spec.encode(data, missing="none")

    @property
    def terms(self) -> dict[str, list[int]]:
        """The positions of each term's columns."""
        return self.spec.terms

    def levels(self, term: str) -> tuple[list[str], bool]:
        """The levels of a categorical term, the reference first, and whether it has a reference.

        Raises UsageError for other terms.
        """
        _, state = self.spec.model.encoder_state.get(term, (None, {}))
        if "categories" not in state:
            raise UsageError(f"'{term}' is no categorical term, so it has no levels to compare.")
        levels = [str(level) for level in state["categories"]]
        columns = [self.spec.names[j] for j in self.terms[term]]
        if not all("[T." in name for name in columns):
            return levels, len(columns) < len(levels)
        coded = [name.removeprefix(f"{term}[T.").removesuffix("]") for name in columns]
        return [*(level for level in levels if level not in coded), *coded], True


def model_of_formula(
    model_class: type[M],
    formula: str,
    data: Any,
    subset: object,
    drop_cols: Any,
    *args: Any,
    **kwargs: Any,
) -> M:
    """The model of a formula; see `DiscreteModel.from_formula`."""
    design = formula_design(formula, data, subset, drop_cols, kwargs.pop("missing", "drop"))
    chosen = _subset_positions(data, subset)
    for name in ROW_VALUES:
        if kwargs.get(name) is not None:
            of_rows = _subset_values(kwargs[name], name, row_labels(data), chosen, len(data))
            flat = of_rows.reshape(of_rows.shape[0], -1)
            in_fit = np.where(design.kept[:, None], flat, 0.0)
            arrays.refuse_unusable(in_fit, name)  # it names a row of the data, not of the fit
            kwargs[name] = of_rows[design.kept]
    labels = None if row_labels(data) is None else row_labels(data)[chosen]
    endog, exog = _endog_and_exog(data, labels, design, model_class.formula_outcome(design))
    model = model_class(endog, exog, *args, **kwargs)
    model.inputs = replace(
        model.inputs,
        labels=labels,
        dropped=design.dropped,
        kept=design.kept,
        endog_name=design.outcome_name,
    )
    model.design, model.formula = FormulaView(design.spec, design.rows), formula
    return model


def _subset_positions(data: Any, subset: Any) -> NDArray[np.intp]:
    """The positions of the subset's rows in the data, (rows of the subset,)."""
    every = np.arange(len(data))
    if subset is None:
        return every
    if library_of(data) != "pandas":
        return np.asarray(every[np.asarray(subset)])
    import pandas as pd

    return np.asarray(pd.Series(every, index=data.index).loc[subset])


def _subset_values(
    value: Any,
    name: str,
    labels: "pd.Index | None",
    chosen: NDArray[np.intp],
    total: int,
) -> NDArray[Any]:
    """Values of the subset's rows, given for these or for all rows of the data.

    labels: pandas' labels of the data, by which pandas' values are matched. chosen: the positions
    of the subset among the `total` rows. Raises UsageError for another number of values.
    """
    refuse_column_name(value, name)
    if len(value) not in (chosen.size, total):
        raise UsageError(f"{name} has {len(value):,} values; the data have {chosen.size:,} rows.")
    if len(value) == chosen.size:
        of_subset = None if labels is None else labels[chosen]
        return np.asarray(number_table(aligned_rows(value, of_subset, name, "data"), name))
    return np.asarray(number_table(aligned_rows(value, labels, name, "data"), name)[chosen])


def declared_classes(design: FormulaDesign) -> Any:
    """The outcome's classes, in their declared order if there is one."""
    if design.levels is None:
        return design.outcome
    import pandas as pd

    return pd.Categorical(design.outcome, categories=list(design.levels))


def _endog_and_exog(
    data: Any,
    labels: "pd.Index | None",
    design: FormulaDesign,
    outcome: Any,
) -> tuple[Any, Any]:
    """endog and exog in the library of the data. labels: pandas' labels of the subset's rows."""
    if library_of(data) == "polars":
        import polars as pl

        column = pl.Series(design.outcome_name, np.asarray(outcome).tolist())
        return column, pl.DataFrame(design.X, schema=list(design.names), orient="row")
    import pandas as pd

    assert labels is not None  # as of all data of pandas
    index = labels[design.kept]
    column = pd.Series(outcome, index=index, name=design.outcome_name)
    return column, pandas_frame(design.X, index, design.names)
