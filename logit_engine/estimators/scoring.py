"""Scorers of `LogisticRegressionCV`: told the labels, given their metadata, fold by fold.

A fold may lack a class, and labels may be texts. scikit-learn therefore tells a scorer that takes
`labels` all of them, and of two classes that the second is the event. Our own log-loss needs
neither, and is exact where probabilities round to 0.
"""

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError
from logit_engine.estimators.classifier import LogisticRegression

LOG_OF_ZERO = float(np.log(np.finfo(float).eps))  # of a probability, as scikit-learn takes it


def scorer_of(scoring: Any) -> Any:
    """scikit-learn's scorer of a name or a callable; of None the accuracy.

    Raises ValueError for what is neither.
    """
    from sklearn.metrics import get_scorer

    return get_scorer("accuracy" if scoring is None else scoring)


def fold_scorer(scoring: Any, classes: NDArray[Any]) -> Any:
    """The scorer of folds, which may lack a class: told all labels, and the event."""
    if isinstance(scoring, str) and scoring == "neg_log_loss":
        return neg_log_loss
    scorer = scorer_of(scoring)
    takes = _parameters(scorer)
    told = {"labels": classes} if "labels" in takes else {}
    return _with_arguments(
        scorer, told | _event_argument(scorer, classes, always="labels" in takes)
    )


def whole_scorer(scoring: Any, classes: NDArray[Any]) -> Any:
    """The scorer behind `score`, told the event of two classes if its own is no label."""
    if isinstance(scoring, str) and scoring == "neg_log_loss":
        return neg_log_loss
    scorer = scorer_of(scoring)
    return _with_arguments(scorer, _event_argument(scorer, classes, always=False))


def _parameters(scorer: Any) -> Mapping[str, Parameter]:
    """What the function behind a scorer takes; nothing of a callable of the user's own."""
    return signature(scorer._score_func).parameters if hasattr(scorer, "_score_func") else {}


def _event_argument(scorer: Any, classes: NDArray[Any], *, always: bool) -> dict[str, Any]:
    """pos_label: the second of two classes, always or if the function's default is no label."""
    takes = _parameters(scorer)
    if classes.size != 2 or "pos_label" not in takes:
        return {}
    default = takes["pos_label"].default
    return {"pos_label": classes[1]} if always or default not in classes.tolist() else {}


def _with_arguments(scorer: Any, told: Mapping[str, Any]) -> Any:
    """The scorer with more arguments of its function; what the user gave it stays."""
    from sklearn.metrics import make_scorer

    if not told:
        return scorer
    return make_scorer(
        scorer._score_func,
        greater_is_better=scorer._sign == 1,
        response_method=scorer._response_method,
        **{**told, **scorer._kwargs},
    )


def path_scores(
    scorer: Any,
    classes: NDArray[Any],
    X: Any,
    y: NDArray[Any],
    coef: Array,
    intercept: Array,
    told: Mapping[str, Any],
) -> list[float]:
    """The scores of a path's points on rows that were held out.

    coef: (m, 1 or K, p). intercept: (m, 1 or K).
    """
    return [
        float(scorer(_fitted_point(classes, *at), X, y, **told))
        for at in zip(coef, intercept, strict=True)
    ]


def _fitted_point(classes: NDArray[Any], coef: Array, intercept: Array) -> LogisticRegression:
    """A point of a path, as a scorer wants it: a fitted estimator."""
    model: Any = LogisticRegression()
    model.classes_, model.coef_, model.intercept_, model.n_features_in_ = (
        classes,
        coef,
        intercept,
        coef.shape[1],
    )
    return model  # type: ignore[no-any-return]


def neg_log_loss(model: Any, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The mean log-probability of the rows' own classes.

    A class that was never trained has LOG_OF_ZERO.
    """
    labels = np.asarray(y)
    unknown = ~np.isin(labels, model.classes_)
    if unknown.any():
        raise DataError(
            f"y has {labels[unknown][:1].tolist()[0]!r}, which is no class of the model; leave its "
            "rows out."
        )
    code = np.searchsorted(model.classes_, labels)
    found = model.predict_log_proba(X)[np.arange(code.size), code]
    found = np.where(np.isneginf(found), LOG_OF_ZERO, found)
    return float(
        np.average(found, weights=None if sample_weight is None else np.asarray(sample_weight))
    )
