"""The base of the estimators: scikit-learn's classes and warnings, or ours without it.

Without scikit-learn a user has arrays, frames and SciPy's matrices, no metadata routing and no
cross-validation.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine import errors
from logit_engine.columns import Array
from logit_engine.errors import DataError, UnavailableError
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import arrays

if TYPE_CHECKING:

    class Base:
        """What scikit-learn's base classes give, as far as the types go."""

        def decision_function(self, X: Any) -> Array: ...

        def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float: ...

    HAVE_SKLEARN = True
    UNUSED: str
    NotFitted = UnavailableError
    ConvergenceWarning = errors.ConvergenceWarning
    SeparationWarning = errors.SeparationWarning
else:
    try:
        from sklearn import exceptions
        from sklearn.base import BaseEstimator
        from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin
        from sklearn.utils.metadata_routing import (
            UNUSED,  # scikit-learn asks whether it is this very text
        )

        try:
            from sklearn.callback import CallbackSupportMixin
        except ImportError:  # before scikit-learn 1.9

            class CallbackSupportMixin:
                """No callbacks."""

        class Base(CallbackSupportMixin, LinearClassifierMixin, SparseCoefMixin, BaseEstimator):
            """scikit-learn's own base classes."""

            def set_callbacks(self, *callbacks):
                """Have callbacks told of the passes of `fit`; see scikit-learn's own."""
                if self.solver not in ("auto", "lbfgs"):
                    warn_caller(
                        f"Callbacks are only supported in {type(self).__name__} for "
                        "solver='lbfgs', and 'auto'. This "
                        f"estimator has solver='{self.solver}': they hear of the beginning and the "
                        "end of its fit alone."
                    )
                return super().set_callbacks(*callbacks)

        class NotFitted(UnavailableError, exceptions.NotFittedError):
            """Before `fit`, as scikit-learn says it."""

        class ConvergenceWarning(errors.ConvergenceWarning, exceptions.ConvergenceWarning):
            """The estimates that follow are not at the maximum; scikit-learn's warning too."""

        class SeparationWarning(errors.SeparationWarning, exceptions.ConvergenceWarning):
            """Some of the estimates do not exist; it is scikit-learn's ConvergenceWarning too."""

        HAVE_SKLEARN = True
    except ImportError:
        HAVE_SKLEARN, UNUSED = False, None
        NotFitted = UnavailableError
        ConvergenceWarning = errors.ConvergenceWarning
        SeparationWarning = errors.SeparationWarning

        class Base:
            """Without scikit-learn: what a linear classifier does on arrays and frames."""

            def decision_function(self, X: Any) -> Array:
                """X w' + b, (n,), or (n, K) for more than two classes."""
                if not hasattr(self, "coef_"):
                    raise NotFitted("this LogisticRegression is not fitted yet; call fit first.")
                scores = table_in_fit_order(self, X) @ self.coef_.T + self.intercept_
                return scores[:, 0] if scores.shape[1] == 1 else scores

            def predict(self, X: Any) -> NDArray[Any]:
                """The most probable class of each row, (n,)."""
                scores = self.decision_function(X)
                return self.classes_[
                    (scores > 0.0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
                ]

            def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
                """The share of rows whose class is predicted right."""
                return float(np.average(self.predict(X) == np.asarray(y), weights=sample_weight))


@contextmanager
def restored_on_error(model: Any) -> Iterator[None]:
    """A block whose changes of the model are undone if it raises."""
    before = dict(vars(model))
    try:
        yield
    except BaseException:
        vars(model).clear()
        vars(model).update(before)
        raise


def checked_table(X: Any) -> Any:
    """X as our own door takes it, dense or sparse, (n, p). Raises DataError."""
    return arrays.sparse_matrix(X) if hasattr(X, "tocsr") else arrays.number_matrix(X)


def table_in_fit_order(model: Any, X: Any) -> Any:
    """X with its columns in the order of the fit: by name where both sides have names."""
    fitted, names = getattr(model, "feature_names_in_", None), getattr(X, "columns", None)
    if fitted is not None and names is not None:
        lost = [name for name in fitted if name not in list(names)]
        if lost:
            raise DataError(f"X has no column '{lost[0]}'; the model was fitted with it.")
        X = X[list(fitted)]
    table = checked_table(X)
    if table.shape[1] != model.n_features_in_:
        raise DataError(
            f"X has {table.shape[1]} features, but the model was fitted with "
            f"{model.n_features_in_}."
        )
    return table
