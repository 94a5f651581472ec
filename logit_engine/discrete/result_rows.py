"""Results, third part: residuals, predictions and margins, all made of rows."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from logit_engine.columns import Array
from logit_engine.diagnostics.residuals import Residuals, residuals
from logit_engine.discrete.frames import Dress, framed
from logit_engine.discrete.margins import MarginsResults, margins_of
from logit_engine.discrete.predictions import PredictionResults, prediction_of
from logit_engine.discrete.result_likelihood import LikelihoodResults
from logit_engine.errors import UsageError
from logit_engine.rows.alignment import aligned, row_labels
from logit_engine.rows.arrays import vector
from logit_engine.rows.column_numbers import library


class RowResults(LikelihoodResults):
    """Residuals, predictions and margins; see `DiscreteResults`."""

    @cached_property
    def _eta(self) -> Array:
        return self.model.sample.predictors(self._at)  # type: ignore[no-any-return]

    @cached_property
    def _residuals(self) -> Residuals:
        return residuals(self.model.likelihood, self._eta, self.model.sample.y, self.model.weights.precision)

    @property
    def fittedvalues(self) -> Any:
        """The linear predictor of each row."""
        return self._dress.rows(self._eta)

    @property
    def resid_response(self) -> Any:
        """y less its probability."""
        return self._dress.rows(self._residuals.response)

    @property
    def resid_pearson(self) -> Any:
        """The same in standard deviations."""
        return self._dress.rows(self._residuals.pearson)

    def predict(self, exog: Any = None, transform: bool = True, *args: Any, **kwargs: Any) -> Any:
        """The model's `predict` at the estimates; a frame is matched by name, and put through the formula, if any."""
        X, labels = self._encoded(exog, transform)
        found = self.model.predict(self._at, X, *args, **kwargs)
        if library(exog) == "pandas" and labels is not None:
            return Dress("pandas").rows(found, labels)
        return self._dress.rows(found) if exog is None else found

    def _encoded(self, exog: Any, transform: bool) -> tuple[Any, Any]:
        """exog through the formula, if the model has one, and pandas' labels of its rows."""
        labels = getattr(exog, "index", None) if library(exog) == "pandas" else None
        named = set(map(str, getattr(exog, "columns", exog if isinstance(exog, Mapping) else ())))
        if self.model.design is None and self.model.formula and named and not set(self.model.exog_names) <= named:
            raise UsageError(
                f"the formula '{self.model.formula}' was not stored with the fit (its levels are no texts or numbers, "
                "the file is of an earlier version, or formulaic is not installed); give its columns themselves: "
                f"{', '.join(self.model.exog_names)}."
            )
        if exog is None or self.model.design is None or not transform:
            return exog, labels
        X = self.model.design.encode(exog)
        return X if labels is None else framed(X, labels, self.model.exog_names), labels

    def get_prediction(
        self,
        exog: Any = None,
        transform: bool = True,
        which: str = "mean",
        row_labels: Any = None,
        average: bool = False,
        agg_weights: Any = None,
        y_values: Any = None,
        offset: Any = None,
    ) -> PredictionResults:
        """Predictions with standard errors and intervals: which is mean (probability) or linear; average over the rows."""
        if y_values is not None:
            raise UsageError("y_values are counts, which these models do not have; which='prob' has each class.")
        X, labels = self._encoded(exog, transform)
        rows, shift = self.model._rows_to_predict(X, offset)
        index = row_labels if row_labels is not None else labels if exog is not None else self._dress.index
        share = None if agg_weights is None else self._aggregation(agg_weights, exog, rows.shape[0])
        return prediction_of(self, rows, shift, which, average, share, index)

    def _aggregation(self, weights: Any, exog: Any, n: int) -> Array:
        """The weights of an average over rows, (n,); pandas' are matched by the label of exog, or of the data."""
        if exog is None:
            return self.model.inputs.of_rows(weights, "agg_weights")  # type: ignore[no-any-return]
        return vector(aligned(weights, row_labels(exog), "agg_weights", "exog"), n, "agg_weights")

    def get_distribution(self, exog: Any = None, transform: bool = True, **kwargs: Any) -> Any:
        """SciPy's frozen distribution of each row's outcome."""
        X, _ = self._encoded(exog, transform)
        return self.model.get_distribution(self._at, X, **kwargs)

    def get_margeff(
        self, at: str = "overall", method: str = "dydx", atexog: Any = None, dummy: bool = False, count: bool = False
    ) -> MarginsResults:
        """Marginal effects, with standard errors by the delta method; offsets are kept.

        at: overall, mean, median, zero or all; method: dydx, eyex, dyex or eydx; dummy: 0/1 columns by their discrete
        change; count: whole numbers by a change of one.
        """
        return margins_of(self, at, method, atexog, dummy, count)
