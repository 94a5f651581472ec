"""Predictions with standard errors and intervals, as statsmodels hands them out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.discrete.estimates import Estimates
from logit_engine.discrete.output_format import OutputFormat, Table, two_levels
from logit_engine.errors import UsageError
from logit_engine.inference.prediction import (
    Prediction,
    average_prediction,
    predict_linear,
    predict_mean,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PredictionResults:
    """Predictions with standard errors and intervals, (n,), or (n, C) of several classes.

    classes: the names of the classes, the base first; none of a binary outcome. outcome: its name.
    """

    prediction: Prediction
    output_format: OutputFormat
    row_labels: "pd.Index | None"
    classes: tuple[str, ...] = ()
    outcome: str = "class"

    @property
    def predicted(self) -> Array:
        """The predictions."""
        return self.prediction.predicted

    @property
    def se(self) -> Array:
        """The standard errors of the predictions."""
        return self.prediction.std_errors

    @property
    def var_pred(self) -> Array:
        """The squared standard errors."""
        return np.square(self.se)

    @property
    def tvalues(self) -> Array:
        """The predictions in standard errors."""
        return self.predicted / self.se

    @property
    def pvalues(self) -> Array:
        """Two-sided p-values of the hypothesis that a prediction is zero."""
        return self.t_test()[1]

    def t_test(self, value: float = 0.0, alternative: str = "two-sided") -> tuple[Array, Array]:
        """z and p-value of the hypothesis that a prediction has this value.

        alternative: two-sided, larger or smaller. Raises UsageError for another.
        """
        z = (self.predicted - value) / self.se
        tails = {"two-sided": -np.abs(z), "larger": -z, "smaller": z}
        if alternative not in tails:
            raise UsageError(f"alternative is '{alternative}'; it is one of {', '.join(tails)}.")
        df, at = self.prediction.df, tails[alternative]
        tail = special.ndtr(at) if df is None else special.stdtr(df, at)
        return z, np.asarray((2.0 if alternative == "two-sided" else 1.0) * tail)

    def conf_int(self, method: str = "endpoint", alpha: float = 0.05) -> Array:
        """Intervals at level 1 - alpha, (n, 2) or (n, C, 2).

        method: endpoint carries the interval of the linear predictor over (binary probabilities),
        delta is symmetric. Raises UsageError for another method.
        """
        if method not in ("endpoint", "delta"):
            raise UsageError(f"method is '{method}'; it is endpoint or delta.")
        return self.prediction.interval(1.0 - alpha, delta=method == "delta")

    def summary_frame(self, alpha: float = 0.05) -> Table:
        """A table of predictions, standard errors and intervals at level 1 - alpha.

        Several classes have a line for each row and class.
        """
        interval = self.conf_int(alpha=alpha)
        columns = {
            "predicted": self.predicted.ravel(),
            "se": self.se.ravel(),
            "ci_lower": interval[..., 0].ravel(),
            "ci_upper": interval[..., 1].ravel(),
        }
        labels, heading = self._line_labels()
        return self.output_format.table(columns, labels, label=heading)

    def _line_labels(self) -> tuple[Iterable[object], str]:
        """A label for each prediction, of its row, its class or both, and the labels' heading."""
        shape = self.predicted.shape
        classes: Sequence[str] = self.classes[len(self.classes) - shape[-1] :]
        if self.classes and len(shape) == 1:  # an average
            return classes, self.outcome
        n = shape[0]
        labels = self.row_labels
        rows = list(range(n)) if labels is None or len(labels) != n else list(labels)
        return (two_levels(rows, classes, ("row", self.outcome)) if self.classes else rows), "row"


def prediction_result(
    estimates: Estimates,
    X: Array,
    offset: Array | None,
    which: str,
    averaged: bool,
    weights: Array | None,
    row_labels: "pd.Index | None",
) -> PredictionResults:
    """Predictions of rows X, (n, p); see `DiscreteResults.get_prediction`.

    weights: (n,), of the average. Raises UsageError for a `which` without standard errors.
    """
    if which not in ("mean", "linear", "prob"):
        raise UsageError(
            f"which is '{which}'; predictions with standard errors are mean, prob or linear."
        )
    model, is_linear = estimates.model, which == "linear"
    params, covariance = estimates.prediction_params, estimates.prediction_covariance
    if averaged:
        found = average_prediction(
            model.likelihood, X, params, covariance, offset, weights, is_linear
        )
    else:
        predict = predict_linear if is_linear else predict_mean
        found = predict(model.likelihood, X, params, covariance, offset)
    return PredictionResults(
        found.with_df(estimates.test_df()),
        model.output_format,
        row_labels,
        tuple(model.class_names),
        model.endog_names,
    )
