"""What the estimators stand on: scikit-learn's base classes where it is installed, else the little they need of them."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine import arrays
from logit_engine.columns import Array
from logit_engine.errors import DataError, UnavailableError

if TYPE_CHECKING:

    class Base:
        """What scikit-learn's base classes give, as far as the types go."""

        def decision_function(self, X: Any) -> Array: ...

        def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float: ...

    HAVE_SKLEARN = True
    NotFitted = UnavailableError
else:
    try:
        from sklearn.base import BaseEstimator
        from sklearn.exceptions import NotFittedError
        from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin

        class Base(LinearClassifierMixin, SparseCoefMixin, BaseEstimator):
            """scikit-learn's own base classes."""

        class NotFitted(UnavailableError, NotFittedError):
            """Before `fit`, as scikit-learn says it."""

        HAVE_SKLEARN = True
    except ImportError:
        HAVE_SKLEARN = False
        NotFitted = UnavailableError

        class Base:
            """Without scikit-learn: what a linear classifier does on arrays and frames."""

            def decision_function(self, X: Any) -> Array:
                """X w' + b, (n,), or (n, K) for more than two classes."""
                if not hasattr(self, "coef_"):
                    raise NotFitted("this LogisticRegression is not fitted yet; call fit first.")
                scores = matched_table(self, X) @ self.coef_.T + self.intercept_
                return scores[:, 0] if scores.shape[1] == 1 else scores

            def predict(self, X: Any) -> NDArray[Any]:
                """The most probable class of each row, (n,)."""
                scores = self.decision_function(X)
                return self.classes_[(scores > 0.0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

            def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
                """The share of rows whose class is predicted right."""
                return float(np.average(self.predict(X) == np.asarray(y), weights=sample_weight))


def matched_table(model: Any, X: Any) -> NDArray[Any]:
    """X with its columns in the order of the fit: by name where both sides have names."""
    fitted, names = getattr(model, "feature_names_in_", None), getattr(X, "columns", None)
    if fitted is not None and names is not None:
        lost = [name for name in fitted if name not in list(names)]
        if lost:
            raise DataError(f"X has no column '{lost[0]}'; the model was fitted with it.")
        X = X[list(fitted)]
    table = arrays.matrix(X)
    if table.shape[1] != model.n_features_in_:
        raise DataError(f"X has {table.shape[1]} features, but the model was fitted with {model.n_features_in_}.")
    return table
