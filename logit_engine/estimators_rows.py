"""Rows, labels and weights as the estimators take them: X, y, sample_weight and class_weight, checked."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine import arrays
from logit_engine.arrays_columns import refuse_times
from logit_engine.arrays_rows import refuse_other_rows, row_labels
from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
from logit_engine.estimators_base import HAVE_SKLEARN


def same_rows(X: Any, **others: Any) -> None:
    """Raises DataError for labels of pandas that are not X's: scikit-learn's tools go by position, so none is matched."""
    for name, value in others.items():
        refuse_other_rows(value, row_labels(X), name)


def checked_rows(model: Any, X: Any, y: Any) -> tuple[Any, NDArray[Any]]:
    """X and y checked: by scikit-learn where it is installed, else by our own door."""
    refuse_times(X, "X")
    refuse_times(y, "y")
    if HAVE_SKLEARN:
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import column_or_1d, validate_data

        shares = np.asarray(y).dtype.kind == "f" and np.asarray(y).ndim == 1
        table, labels = validate_data(model, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        labels = column_or_1d(labels, warn=True)
        inside = shares and ((labels >= 0.0) & (labels <= 1.0)).all() and not np.isin(labels, (0.0, 1.0)).all()
        if not inside:
            check_classification_targets(labels)
        if hasattr(table, "tocsr"):
            arrays.sparse(table, names=column_names(model))
        else:
            arrays.refuse_unusable(table, "X", column_names(model))
        return table, labels
    table = arrays.matrix(X)
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise DataError(f"y has shape {labels.shape}; give one label for each row.")
    model.n_features_in_ = table.shape[1]
    names = getattr(X, "columns", None)
    vars(model).pop("feature_names_in_", None)  # of an earlier fit
    if names is not None and all(isinstance(name, str) for name in names):
        model.feature_names_in_ = np.asarray(names, dtype=object)
    return table, labels


def column_names(model: Any) -> tuple[str, ...]:
    """The names of the columns: those of the frame, else x0, x1, ... as scikit-learn has them."""
    return tuple(map(str, getattr(model, "feature_names_in_", [f"x{j}" for j in range(model.n_features_in_)])))


def class_names(model: Any) -> tuple[str, ...]:
    """The classes' names, where there are more than two."""
    return tuple(map(str, model.classes_.tolist())) if model.classes_.size > 2 else ()


def class_codes(labels: NDArray[Any]) -> tuple[Array, NDArray[Any]]:
    """Codes of the classes, or shares of events, (n,), and the classes in order. Raises DataError for a single class."""
    if labels.dtype.kind == "f" and not (labels == np.floor(labels)).all():
        return labels.astype(np.float64), np.array([0, 1])
    classes, codes = np.unique(labels, return_inverse=True)
    if classes.size < 2:
        raise DataError(
            "This solver needs samples of at least 2 classes in the data, but the data contains only one class: "
            f"{classes[0]!r}"
        )
    return codes.astype(np.float64), classes


def row_weights(model: Any, codes: Array, sample_weight: ArrayLike | None) -> Array | None:
    """sample_weight times the weight of each row's class, (n,), or None. Raises DataError for negative weights."""
    n = codes.size
    weight: Array | None = None
    if sample_weight is not None:
        given = np.asarray(sample_weight)
        weight = np.full(n, float(given)) if given.ndim == 0 else arrays.weights(given, n, "sample_weight")
    if model.class_weight is None:
        return weight
    own = np.ones(n) if weight is None else weight
    counts = np.bincount(codes.astype(np.intp), own, minlength=model.classes_.size)
    if isinstance(model.class_weight, str):
        if model.class_weight != "balanced":
            raise UsageError(f"class_weight '{model.class_weight}' is not known; give 'balanced' or a mapping.")
        by_class = own.sum() / (counts.size * counts)
    else:
        by_class = np.array([float(model.class_weight.get(label, 1.0)) for label in model.classes_.tolist()])
    return np.asarray(own * by_class[codes.astype(np.intp)])
