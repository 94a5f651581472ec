"""Predictions with intervals as statsmodels hands them out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.discrete.frames import Dress, two_levels
from logit_engine.errors import UsageError
from logit_engine.inference.prediction import Prediction, average, predict_linear, predict_mean


@dataclass(frozen=True, slots=True)
class PredictionResults:
    """Predicted values with standard errors and intervals; several classes have a column each.

    classes: their names, the base first; none for a binary outcome. outcome: the outcome's name.
    """

    prediction: Prediction
    dress: Dress
    row_labels: Any
    classes: tuple[str, ...] = ()
    outcome: str = "class"

    @property
    def predicted(self) -> Array:
        """The predictions."""
        return self.prediction.predicted

    @property
    def se(self) -> Array:
        """Their standard errors."""
        return self.prediction.std_errors

    @property
    def var_pred(self) -> Array:
        """Squared standard errors."""
        return np.square(self.se)

    @property
    def tvalues(self) -> Array:
        """Predictions in standard errors."""
        return self.predicted / self.se

    @property
    def pvalues(self) -> Array:
        """Two-sided p-values of the predictions being zero."""
        return self.t_test()[1]

    def t_test(self, value: float = 0.0, alternative: str = "two-sided") -> tuple[Array, Array]:
        """z and p-value of the predictions being some value; alternative: two-sided, larger or smaller."""
        z = (self.predicted - value) / self.se
        tails = {"two-sided": -np.abs(z), "larger": -z, "smaller": z}
        if alternative not in tails:
            raise UsageError(f"alternative is '{alternative}'; it is one of {', '.join(tails)}.")
        df, sides = self.prediction.df, 2.0 if alternative == "two-sided" else 1.0
        tail = special.ndtr(tails[alternative]) if df is None else special.stdtr(df, tails[alternative])
        return z, np.asarray(sides * tail)

    def conf_int(self, method: str = "endpoint", alpha: float = 0.05) -> Array:
        """Intervals: endpoint carries over those of the linear predictor (binary probabilities), delta is symmetric."""
        if method not in ("endpoint", "delta"):
            raise UsageError(f"method is '{method}'; it is endpoint or delta.")
        return self.prediction.interval(1.0 - alpha, delta=method == "delta")

    def summary_frame(self, alpha: float = 0.05) -> Any:
        """Predictions, standard errors and intervals as a table; with several classes a row of it for each row and class."""
        interval = self.conf_int(alpha=alpha)
        flat = self.predicted.size
        columns = {
            "predicted": self.predicted.reshape(flat),
            "se": self.se.reshape(flat),
            "ci_lower": interval[..., 0].reshape(flat),
            "ci_upper": interval[..., 1].reshape(flat),
        }
        labels, label = self._labels()
        return self.dress.table(columns, labels, label=label)

    def _labels(self) -> tuple[Any, str]:
        """A label for each prediction, of its row, its class or both, and the heading of the labels."""
        shape = self.predicted.shape
        classes = self.classes[len(self.classes) - shape[-1] :]
        if self.classes and len(shape) == 1:  # an average
            return classes, self.outcome
        fits = self.row_labels is not None and len(self.row_labels) == shape[0]
        rows = list(self.row_labels) if fits else list(range(shape[0]))
        return (two_levels(rows, classes, ("row", self.outcome)) if self.classes else rows), "row"


def prediction_of(
    results: Any, X: Array, offset: Array | None, which: str, averaged: bool, weights: Array | None, labels: Any
) -> PredictionResults:
    """Predictions of rows X. Raises UsageError for a `which` that has no standard errors."""
    if which not in ("mean", "linear", "prob"):
        raise UsageError(f"which is '{which}'; predictions with standard errors are mean, prob or linear.")
    likelihood, at = results.model.likelihood, results._at
    covariance = results._known
    if averaged:
        found = average(likelihood, X, at, covariance, offset, weights, which == "linear")
    else:
        predict = predict_linear if which == "linear" else predict_mean
        found = predict(likelihood, X, at, covariance, offset)
    classes = tuple(getattr(results.model, "class_names", ()))
    return PredictionResults(found.with_df(results._df_t), results._dress, labels, classes, results.model.endog_names)
