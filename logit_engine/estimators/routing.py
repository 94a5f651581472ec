"""Metadata through `LogisticRegressionCV`, by scikit-learn's routing if it is switched on.

Where it is not, sample weights go to the scorer and `groups` to the splitter; more is refused, as
scikit-learn refuses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.errors import UsageError
from logit_engine.estimators.scoring import scorer_of


@dataclass(frozen=True, slots=True)
class RoutedMetadata:
    """What the splitter's `split` and the scorer are given besides X and y."""

    splitter: Mapping[str, Any]
    scorer: Mapping[str, Any]

    def held_out(self, X: Any, rows: NDArray[np.intp]) -> dict[str, Any]:
        """The scorer's part of some rows: what has a value a row is cut to them."""
        from sklearn.utils.validation import _check_method_params

        return dict(_check_method_params(X=X, params=dict(self.scorer), indices=rows))


def router_of(model: Any) -> Any:
    """scikit-learn's description of where metadata go."""
    from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

    to_scorer = (
        MethodMapping().add(caller="score", callee="score").add(caller="fit", callee="score")
    )
    return (
        MetadataRouter(owner=model)
        .add_self_request(model)
        .add(splitter=model.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
        .add(scorer=scorer_of(model.scoring), method_mapping=to_scorer)
    )


def routed_to_fit(
    model: Any, sample_weight: ArrayLike | None, params: Mapping[str, Any]
) -> RoutedMetadata:
    """What splitter and scorer are given in `fit`.

    Raises ValueError or TypeError for what nobody asks for.
    """
    if _routing_enabled():
        from sklearn.utils.metadata_routing import process_routing

        found = process_routing(model, "fit", sample_weight=sample_weight, **params)
        return RoutedMetadata(found.splitter.split, found.scorer.score)
    groups = {name: params[name] for name in ("groups",) if params.get(name) is not None}
    _refuse_metadata(
        {name: value for name, value in params.items() if name != "groups"}, model, "fit"
    )
    return RoutedMetadata(groups, _scorer_weights(sample_weight))


def routed_to_score(
    model: Any, sample_weight: ArrayLike | None, params: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What the scorer is given in `score`. Raises as `routed_to_fit` does."""
    if _routing_enabled():
        from sklearn.utils.metadata_routing import process_routing

        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        routed: Mapping[str, Any] = process_routing(
            model, "score", **weights, **params
        ).scorer.score
        return routed
    _refuse_metadata(params, model, "score")
    return _scorer_weights(sample_weight)


def _scorer_weights(sample_weight: ArrayLike | None) -> dict[str, Any]:
    """The scorer's weights: one number for all rows changes no score."""
    weights = np.asarray(0.0 if sample_weight is None else sample_weight)
    return {} if weights.ndim == 0 else {"sample_weight": weights.ravel()}


def _routing_enabled() -> bool:
    from sklearn import get_config

    return bool(get_config().get("enable_metadata_routing", False))


def _refuse_metadata(params: Mapping[str, Any], model: Any, method: str) -> None:
    """Raises ValueError for metadata without routing, in scikit-learn's words."""
    if params:
        raise UsageError(
            f"[{', '.join(sorted(params))}] were passed to {type(model).__name__}.{method}, which "
            "is only supported if enable_metadata_routing=True; see sklearn.set_config."
        )
