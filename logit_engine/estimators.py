"""scikit-learn's face: `LogisticRegression` with its names and its scaling of C, thin over the engine.

It does not need scikit-learn. Where that is installed, the class is one of its estimators (clone, pipelines, scoring).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine import arrays
from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
from logit_engine.fitting import fit
from logit_engine.links import LOGIT
from logit_engine.penalties import L2, NONE
from logit_engine.sources.arrays import array_rows

if TYPE_CHECKING:

    class _Base:
        """What scikit-learn's base classes give, as far as the types go."""

else:
    try:
        from sklearn.base import BaseEstimator, ClassifierMixin

        class _Base(ClassifierMixin, BaseEstimator):
            """scikit-learn's own base classes."""
    except ImportError:

        class _Base:
            """Without scikit-learn: an object with a constructor."""


class LogisticRegression(_Base):
    """Binary logistic regression with an L2 penalty, minimizing |w|^2 / 2 + C * sum of the rows' log-losses.

    C: inverse strength of the penalty; infinity for none. The intercept is never penalized. After `fit`: `classes_` (2,),
    `coef_` (1, p), `intercept_` (1,), `n_iter_` (1,), `n_features_in_`. Hastie, Tibshirani & Friedman (2009), 4.4.
    """

    def __init__(self, C: float = 1.0, *, fit_intercept: bool = True) -> None:
        self.C = C
        self.fit_intercept = fit_intercept

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> "LogisticRegression":
        """Fit on X, (n, p), and labels y, (n,), of two classes; sample_weight: (n,). Raises DataError on bad input.

        Without a penalty, separated classes raise SeparationError.
        """
        if not self.C > 0.0:
            raise UsageError(
                f"C is {self.C}; it is the inverse of the penalty's strength, above 0 (infinity for none)."
            )
        table = arrays.matrix(X)
        labels = np.asarray(y)
        if labels.ndim != 1:
            raise DataError(f"y has shape {labels.shape}; give one label for each row.")
        self.classes_ = np.unique(labels)
        if self.classes_.size != 2:
            raise DataError(f"y has {self.classes_.size} classes; this model needs two.")
        rows = array_rows(
            table, (labels == self.classes_[1]).astype(float), intercept=self.fit_intercept, weight=sample_weight
        )
        result = fit(rows, penalty=NONE if np.isinf(self.C) else L2(1.0 / self.C))
        self.intercept_ = result.estimates[:1] if self.fit_intercept else np.zeros(1)
        self.coef_ = result.estimates[int(self.fit_intercept) :][None, :]
        self.n_iter_ = np.array([result.passes])
        self.n_features_in_ = table.shape[1]
        names = getattr(X, "columns", None)
        vars(self).pop("feature_names_in_", None)  # of an earlier fit
        if names is not None and all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.asarray(names, dtype=object)
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        """The log-odds of the second class, (n,)."""
        if not hasattr(self, "coef_"):
            raise UsageError("this LogisticRegression is not fitted yet; call fit first.")
        return np.asarray(self._matched(X) @ self.coef_[0] + self.intercept_[0], dtype=np.float64)

    def predict_proba(self, X: ArrayLike) -> Array:
        """Probabilities of both classes, (n, 2); each row sums to one."""
        eta = self.decision_function(X)
        return np.stack([LOGIT.cdf(-eta), LOGIT.cdf(eta)], axis=1)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class whose probability is above one half, (n,)."""
        second = self.decision_function(X) > 0.0
        return np.asarray(self.classes_[second.astype(int)])

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The share of rows whose class is predicted right."""
        return float(np.average(self.predict(X) == np.asarray(y), weights=_optional(sample_weight)))

    def _matched(self, X: ArrayLike) -> NDArray[np.floating | np.integer]:
        """X with its columns in the order of the fit: by name where both sides have names."""
        table = arrays.matrix(X)
        fitted: Sequence[str] | None = getattr(self, "feature_names_in_", None)
        names = getattr(X, "columns", None)
        if fitted is not None and names is not None:
            missing = [name for name in fitted if name not in list(names)]
            if missing:
                raise DataError(f"column '{missing[0]}', which the model was fitted on, is not in X.")
            return table[:, [list(names).index(name) for name in fitted]]
        if table.shape[1] != self.n_features_in_:
            raise DataError(f"X has {table.shape[1]} columns; the model was fitted on {self.n_features_in_}.")
        return table


def _optional(values: ArrayLike | None) -> Array | None:
    return None if values is None else np.asarray(values, dtype=np.float64)
