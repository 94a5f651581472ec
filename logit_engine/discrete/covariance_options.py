"""statsmodels' cov_type and cov_kwds as one value of the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from logit_engine.discrete.inputs import Inputs
from logit_engine.errors import KeywordError, UsageError
from logit_engine.inference.covariance import Covariance, InformationKind, Kind, SmallSample

Member = TypeVar("Member", bound=Enum)


@dataclass(frozen=True, slots=True)
class CovarianceChoice:
    """A covariance, and the clusters of the rows that are in the fit, (n, ways), or None."""

    covariance: Covariance
    groups: NDArray[np.int64] | None


def covariance_choice(
    cov_type: str | None,
    cov_kwds: Mapping[str, object],
    inputs: Inputs,
    survey: bool,
) -> CovarianceChoice:
    """The covariance of statsmodels' name with its keywords. survey: of rows with sampling weights.

    Raises UsageError if name, keywords and weights do not fit together, KeywordError for an unknown
    keyword.
    """
    kind = _covariance_kind(cov_type, survey)
    given = dict(cov_kwds)
    groups = given.pop("groups", None)
    information = given.pop("information", "observed")
    default = "stata" if given.pop("use_correction", True) else "none"
    correction = given.pop("correction", default)
    covariance = Covariance(
        kind,
        _named_member("information", information, InformationKind),
        _named_member("correction", correction, SmallSample),
    )
    for name in given:
        raise KeywordError(
            f"cov_kwds holds '{name}'; it takes groups, correction, use_correction, "
            "df_correction, scaling_factor and information."
        )
    if groups is None and kind is Kind.CLUSTER:
        raise UsageError(
            "cov_type 'cluster' needs the clusters of the rows: cov_kwds={'groups': labels}."
        )
    if groups is not None and kind is not Kind.CLUSTER:
        raise UsageError(
            f"cov_kwds has groups, which cov_type '{kind.value}' does not use; "
            "choose cov_type='cluster'."
        )
    return CovarianceChoice(covariance, None if groups is None else inputs.clusters(groups))


def scaling_factor(factor: object, cov_type: str | None, survey: bool) -> float:
    """The factor of a robust covariance; one without a factor.

    Raises UsageError unless the factor is a number above zero, and for a covariance that is not
    robust.
    """
    if factor is None:
        return 1.0
    if not survey and (cov_type or "nonrobust").lower() == "nonrobust":
        raise UsageError(
            "cov_kwds has scaling_factor, which cov_type 'nonrobust' does not use; "
            "choose HC0 to HC3 or cluster."
        )
    if not isinstance(factor, int | float | np.number) or not 0.0 < float(factor) < np.inf:
        raise UsageError(f"cov_kwds scaling_factor is {factor!r}; it is a number above zero.")
    return float(factor)


def _covariance_kind(cov_type: str | None, survey: bool) -> Kind:
    name = cov_type or ("HC0" if survey else "nonrobust")
    known = {kind.value.lower(): kind for kind in Kind}
    if name.lower() not in known:
        raise UsageError(
            f"cov_type '{name}' is not known; choose one of {', '.join(k.value for k in Kind)}."
        )
    kind = known[name.lower()]
    if survey and kind is Kind.NONROBUST:
        raise UsageError(
            "sampling_weights give robust covariances only: choose HC0 to HC3 or cluster."
        )
    return kind


def _named_member(key: str, value: object, members: type[Member]) -> Member:
    """The member of an enumeration that has this value. Raises UsageError for another value."""
    for member in members:
        if member.value == value:
            return member
    known = ", ".join(str(member.value) for member in members)
    raise UsageError(f"cov_kwds {key} is {value!r}; it is one of {known}.")
