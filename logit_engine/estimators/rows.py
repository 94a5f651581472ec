"""X, y, sample_weight and class_weight of the estimators, checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
from logit_engine.estimators.base import HAVE_SKLEARN, checked_table
from logit_engine.estimators.classes import class_masses
from logit_engine.rows import arrays
from logit_engine.rows.alignment import refuse_other_rows, row_labels
from logit_engine.rows.column_numbers import refuse_times

Precision = type[np.float32] | type[np.float64]
BOTH_PRECISIONS: tuple[Precision, ...] = (np.float64, np.float32)


def check_row_labels(X: Any, **others: Any) -> None:
    """Raises DataError for pandas' labels that are not X's.

    scikit-learn's tools go by position, so rows are not matched by label.
    """
    for name, value in others.items():
        refuse_other_rows(value, row_labels(X), name)


def checked_rows(
    model: Any,
    X: Any,
    y: Any,
    precisions: tuple[Precision, ...] = BOTH_PRECISIONS,
    large_sparse: bool = True,
) -> tuple[Any, NDArray[Any]]:
    """X and y checked: by scikit-learn where it is installed, else by our own door.

    precisions: of X, the first for what is in none of them; large_sparse: whether sparse indices
    may have 64 bits.
    """
    refuse_times(X, "X")
    refuse_times(y, "y")
    if HAVE_SKLEARN:
        return _rows_by_sklearn(model, X, y, precisions, large_sparse)
    table = checked_table(X)
    labels = np.asarray(y)
    _check_labels(labels, table.shape[0])
    model.n_features_in_ = table.shape[1]
    names = getattr(X, "columns", None)
    vars(model).pop("feature_names_in_", None)  # of an earlier fit
    if names is not None and all(isinstance(name, str) for name in names):
        model.feature_names_in_ = np.asarray(names, dtype=object)
    return table, labels


def _rows_by_sklearn(
    model: Any, X: Any, y: Any, precisions: tuple[Precision, ...], large_sparse: bool
) -> tuple[Any, NDArray[Any]]:
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import column_or_1d, validate_data

    table, labels = validate_data(
        model,
        X,
        y,
        accept_sparse="csr",
        dtype=list(precisions),
        accept_large_sparse=large_sparse,
    )
    labels = column_or_1d(labels, warn=True)
    if not are_shares(labels):
        check_classification_targets(labels)
    if hasattr(table, "tocsr"):
        arrays.sparse_matrix(table, names=column_names(model))
    else:
        arrays.refuse_unusable(table, "X", column_names(model))
    return table, labels


def are_shares(labels: NDArray[Any]) -> bool:
    """Whether labels, (n,), are shares of events: numbers from 0 to 1, not all of them 0 or 1."""
    if labels.dtype.kind != "f":
        return False
    return bool(((labels >= 0.0) & (labels <= 1.0)).all() and not np.isin(labels, (0.0, 1.0)).all())


def _check_labels(labels: NDArray[Any], n: int) -> None:
    """Raises DataError for labels that are missing, not n, or numbers of a measurement."""
    if labels.shape != (n,):
        raise DataError(
            f"y has shape {labels.shape}; give one label for each of the {n} rows of X."
        )
    missing = np.array([_is_missing(label) for label in labels.tolist()], dtype=bool)
    if missing.any():
        raise DataError(
            f"y is missing in {int(missing.sum())} rows (first: row {int(missing.argmax())}); drop "
            "them."
        )
    if labels.dtype.kind == "O" and len({isinstance(label, str) for label in labels.tolist()}) > 1:
        raise DataError("y holds texts and other values; give labels of one kind.")
    if labels.dtype.kind == "f" and not are_shares(labels):
        broken = labels != np.floor(labels)
        if broken.any() or np.isinf(labels).any():
            row = int((broken | np.isinf(labels)).argmax())
            raise DataError(
                f"y is {labels[row]:g} in row {row}; it takes labels of classes, whole numbers or "
                "texts say, or shares of events from 0 to 1."
            )


def _is_missing(label: Any) -> bool:
    """Whether a label is None, or does not equal itself as NaN, NaT and pandas' NA do not."""
    same = label == label
    return label is None or not (isinstance(same, bool | np.bool_) and same)


def column_names(model: Any) -> tuple[str, ...]:
    """The names of the columns: those of the frame, else x0, x1, ... as scikit-learn has them."""
    return tuple(
        map(
            str, getattr(model, "feature_names_in_", [f"x{j}" for j in range(model.n_features_in_)])
        )
    )


def class_names(classes: NDArray[Any]) -> tuple[str, ...]:
    """The classes' names, where there are more than two."""
    return tuple(map(str, classes.tolist())) if classes.size > 2 else ()


def class_codes(labels: NDArray[Any]) -> tuple[Array, NDArray[Any]]:
    """Codes of the classes, or shares of events, (n,), and the classes in order.

    Raises DataError for a single class.
    """
    if are_shares(labels):
        return labels.astype(np.float64), np.array([0, 1])
    classes, codes = _classes_and_codes(labels)
    if classes.size < 2:
        raise DataError(
            "This solver needs samples of at least 2 classes in the data, but the data contains "
            f"only one class: {classes.tolist()[0]!r}"
        )
    return codes.astype(np.float64), classes


def _classes_and_codes(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The classes in order, (K,), and the place of each label, (n,).

    Two numbers are found without sorting.
    """
    if labels.dtype.kind in "iuf" and labels.size:
        low, high = labels.min(), labels.max()
        is_high = labels == high
        if low < high and bool((is_high | (labels == low)).all()):
            return np.array([low, high]), is_high.astype(np.intp)
    classes, codes = np.unique(labels, return_inverse=True)
    return classes, codes


def row_weights(
    asked: Any, codes: Array, classes: NDArray[Any], sample_weight: ArrayLike | None
) -> Array | None:
    """sample_weight times the weight of each row's class, (n,), or None. asked: class_weight.

    Raises DataError for negative weights, UsageError for a class_weight that names no class of y.
    """
    n = codes.size
    weight: Array | None = None
    if sample_weight is not None:
        given = np.asarray(sample_weight)
        weight = (
            np.full(n, float(given))
            if given.ndim == 0
            else arrays.row_weights(given, n, "sample_weight")
        )
    if asked is None:
        return weight
    if are_shares(codes):
        raise UsageError(
            "class_weight goes with labels, and y holds shares of events; give sample_weight."
        )
    own = np.ones(n) if weight is None else weight
    if isinstance(asked, Mapping):
        by_class = _weights_by_label(asked, classes)
    elif isinstance(asked, str) and asked == "balanced":
        mass = class_masses(codes, own, classes.size)
        by_class = np.divide(
            own.sum(), classes.size * mass, out=np.zeros(classes.size), where=mass > 0.0
        )
    else:
        shown = f"'{asked}'" if isinstance(asked, str) else repr(asked)
        raise UsageError(
            f"class_weight {shown} is not known; give 'balanced', or a dict of weights by label."
        )
    return np.asarray(own * by_class[codes.astype(np.intp)])


def _weights_by_label(asked: Mapping[Any, Any], classes: NDArray[Any]) -> Array:
    """The weight of each class, (K,), 1 for those not named.

    Raises UsageError for labels that y does not have.
    """
    labels = classes.tolist()
    unknown = [label for label in asked if label not in labels]
    if unknown:
        raise UsageError(
            f"class_weight names {', '.join(map(repr, unknown))}, which y does not have; its "
            f"labels are {', '.join(map(repr, labels[:8]))}{', ...' if len(labels) > 8 else ''}."
        )
    weights = np.ones(len(labels))
    for k, label in enumerate(labels):
        value: Any = asked.get(label, 1.0)
        is_number = np.isscalar(value) and not isinstance(value, str | bytes)
        if not is_number or not 0.0 <= float(value) < np.inf:
            raise UsageError(f"class_weight of {label!r} is {value!r}; it is a number from 0 on.")
        weights[k] = float(value)
    return weights
