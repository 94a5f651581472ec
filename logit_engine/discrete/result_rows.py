"""Results: residuals, predictions and margins, all made of rows, under statsmodels' names."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from logit_engine.columns import Array
from logit_engine.diagnostics.residuals import Residuals, residuals
from logit_engine.discrete.margins import MarginsResults, margins_of_fit
from logit_engine.discrete.output_format import OutputFormat, Table, pandas_frame
from logit_engine.discrete.predictions import PredictionResults, prediction_result
from logit_engine.discrete.results_part import ResultsPart
from logit_engine.errors import UsageError
from logit_engine.rows.alignment import aligned_rows, row_labels
from logit_engine.rows.arrays import number_vector

if TYPE_CHECKING:
    import pandas as pd


class RowResults(ResultsPart):
    """Residuals, predictions and margins; see `DiscreteResults`."""

    @cached_property
    def _eta(self) -> Array:
        return self.model.sample.predictors(self._estimates.prediction_params)

    @cached_property
    def _residuals(self) -> Residuals:
        model = self.model
        return residuals(model.likelihood, self._eta, model.sample.y, model.weights.precision)

    @property
    def fittedvalues(self) -> Table:
        """The linear predictor of each row, (n,) or (n, J - 1)."""
        return self._output_format.rows(self._eta)

    @property
    def resid_response(self) -> Table:
        """The outcome less its probability, of each row."""
        return self._output_format.rows(self._residuals.response)

    @property
    def resid_pearson(self) -> Table:
        """resid_response in standard deviations of the outcome."""
        return self._output_format.rows(self._residuals.pearson)

    def predict(
        self,
        exog: Any = None,
        transform: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> Table:
        """The model's `predict` at the estimates, with these arguments.

        exog: a frame is matched by name, and encoded by the formula if there is one, unless
        transform is False.
        """
        X, labels = self._encoded_rows(exog, transform)
        predicted = self.model.predict(self._estimates.prediction_params, X, *args, **kwargs)
        if labels is not None:
            return OutputFormat("pandas").rows(predicted, labels)
        return self._output_format.rows(predicted) if exog is None else predicted

    def get_prediction(
        self,
        exog: Any = None,
        transform: bool = True,
        which: str = "mean",
        row_labels: "pd.Index | None" = None,
        average: bool = False,
        agg_weights: object = None,
        y_values: object = None,
        offset: ArrayLike | None = None,
    ) -> PredictionResults:
        """Predictions with standard errors and intervals.

        which: mean or prob (probabilities), or linear. average: one prediction, averaged over the
        rows with agg_weights, (n,). Raises UsageError for y_values, which are counts.
        """
        if y_values is not None:
            raise UsageError(
                "y_values are counts, which these models do not have; which='prob' has each class."
            )
        X, labels = self._encoded_rows(exog, transform)
        rows, offsets = self.model.prediction_rows(X, offset)
        if row_labels is None:
            row_labels = self._output_format.index if exog is None else labels
        weights = None
        if agg_weights is not None:
            weights = self._averaging_weights(agg_weights, exog, rows.shape[0])
        return prediction_result(
            self._estimates, rows, offsets, which, average, weights, row_labels
        )

    def get_distribution(self, exog: Any = None, transform: bool = True, **kwargs: Any) -> Any:
        """SciPy's frozen distribution of each row's outcome."""
        X, _ = self._encoded_rows(exog, transform)
        return self.model.get_distribution(self._estimates.prediction_params, X, **kwargs)

    def get_margeff(
        self,
        at: str = "overall",
        method: str = "dydx",
        atexog: object = None,
        dummy: bool = False,
        count: bool = False,
    ) -> MarginsResults:
        """Marginal effects, with standard errors by the delta method; offsets are kept.

        at: overall, mean, median, zero or all. method: dydx, eyex, dyex or eydx. atexog: values to
        hold columns at, by name or position. dummy: columns of 0 and 1 by their discrete change.
        count: whole numbers by a change of one.
        """
        found, names = margins_of_fit(self._estimates, at, method, atexog, dummy, count)
        return MarginsResults(self, found, {"at": at, "method": method}, names)

    def _encoded_rows(self, exog: Any, transform: bool) -> "tuple[Any, pd.Index | None]":
        """exog, encoded by the formula if the model has one, and pandas' labels of its rows.

        Raises UsageError if the model's formula was not stored and exog lacks the model's columns.
        """
        labels = row_labels(exog)
        design, formula = self.model.design, self.model.formula
        names = set(map(str, getattr(exog, "columns", exog if isinstance(exog, Mapping) else ())))
        if design is None and formula and names and not set(self.model.exog_names) <= names:
            raise UsageError(
                f"the formula '{formula}' was not stored with the fit (its levels are no texts or "
                "numbers, the file is of an earlier version, or formulaic is not installed); give "
                f"its columns themselves: {', '.join(self.model.exog_names)}."
            )
        if exog is None or design is None or not transform:
            return exog, labels
        X = design.encode(exog)
        return X if labels is None else pandas_frame(X, labels, self.model.exog_names), labels

    def _averaging_weights(self, weights: object, exog: Any, n: int) -> Array:
        """The weights of an average over n rows, (n,).

        pandas' weights are matched by the labels of exog, or of the data.
        """
        if exog is None:
            return self.model.inputs.of_rows(weights, "agg_weights")
        of_exog = aligned_rows(weights, row_labels(exog), "agg_weights", "exog")
        return number_vector(of_exog, n, "agg_weights")
