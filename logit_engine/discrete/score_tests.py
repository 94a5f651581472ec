"""Score tests as statsmodels hands them out: what a call asks for, resolved to the engine's tests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.discrete.contrasts import ScoreResult
from logit_engine.discrete.fitted import covariance_asked
from logit_engine.errors import UsageError
from logit_engine.inference.covariance import Covariance, Kind
from logit_engine.inference.score_tests import ScoreTest, score_test, whole_score_test


def score_result(
    results: Any,
    exog_extra: Any,
    params_constrained: Any,
    hypothesis: str,
    cov_type: str | None,
    cov_kwds: Mapping[str, Any] | None,
    k_constraints: int | None,
    observed: bool,
    r_matrix: Any,
) -> ScoreResult:
    """The score test of a fit; see `DiscreteResults.score_test`. Raises UsageError for what does not fit together."""
    if hypothesis not in ("joint", "separate"):
        raise UsageError(f"hypothesis is '{hypothesis}'; it is 'joint' or 'separate'.")
    at = results._at if params_constrained is None else results.model._params(params_constrained)
    wanted, groups = _covariance(results, cov_type, cov_kwds)
    if exog_extra is not None:
        found = _of_columns(results, at, exog_extra, wanted, groups, observed)
    else:
        found = _of_restrictions(results, at, r_matrix, k_constraints, wanted, groups, observed)
    count = int(found.joint.df)
    if k_constraints is not None and k_constraints != count:
        raise UsageError(f"k_constraints is {k_constraints}, but the test is of {count} restrictions; leave it out.")
    if hypothesis == "joint":
        return ScoreResult(np.float64(found.joint.statistic), np.float64(found.joint.p_value), "chi2", count)
    return ScoreResult(found.z, found.p_values, "norm")


def _covariance(
    results: Any, cov_type: str | None, cov_kwds: Mapping[str, Any] | None
) -> tuple[Covariance, NDArray[np.int64] | None]:
    """The fit's own covariance and clusters, unless others are asked for."""
    own = results.found.covariance
    model = results.model
    if cov_type is None and not cov_kwds:
        if own.kind is Kind.CLUSTER and results.found.groups is None:
            raise UsageError("the clusters were not stored with the fit; give cov_kwds={'groups': labels}.")
        wanted, groups = own, results.found.groups
    else:
        name = own.kind.value if cov_type is None else cov_type
        wanted, groups = covariance_asked(name, cov_kwds or {}, model.inputs, False)
    if wanted.kind in (Kind.HC1, Kind.HC2, Kind.HC3):
        raise UsageError(
            f"a score test has no {wanted.kind.value} covariance; choose cov_type='HC0', 'nonrobust' or 'cluster'."
        )
    return wanted, groups


def _of_columns(
    results: Any, at: Array, exog_extra: Any, wanted: Covariance, groups: NDArray[np.int64] | None, observed: bool
) -> ScoreTest:
    if results.found.equalities is not None:
        raise UsageError(
            "exog_extra is not tested beside constraints; write its columns into exog, and fix them at zero."
        )
    model, sample, kept = results.model, results.model.sample, results.found.kept
    extra = model.inputs.of_rows(exog_extra, "exog_extra").reshape(sample.y.size, -1)
    return score_test(
        model.likelihood,
        sample.X[:, kept],
        sample.y,
        at[np.tile(kept, model.likelihood.outputs)],
        extra=extra,
        kind=wanted.kind,
        observed=observed,
        groups=groups,
        small_sample=wanted.small_sample,
        offset=sample.offset,
        weight=sample.weight,
        precision=model.weights.precision,
    )


def _of_restrictions(
    results: Any,
    at: Array,
    r_matrix: Any,
    k_constraints: int | None,
    wanted: Covariance,
    groups: NDArray[np.int64] | None,
    observed: bool,
) -> ScoreTest:
    model, sample, equalities = results.model, results.model.sample, results.found.equalities
    rows = {"offset": sample.offset, "weight": sample.weight}
    if r_matrix is None and equalities is None:
        if k_constraints is None:
            raise UsageError(
                "a score test needs exog_extra, r_matrix, k_constraints, or a fit under constraints whose restrictions it "
                "tests."
            )
        if wanted.kind is not Kind.NONROBUST:
            raise UsageError(f"a {wanted.kind.value} score test needs the restrictions themselves; give r_matrix.")
        return whole_score_test(model.likelihood, sample.X, sample.y, at, k_constraints, observed=observed, **rows)
    R = equalities.R if r_matrix is None else results._hypotheses(r_matrix)[0]
    return score_test(
        model.likelihood,
        sample.X,
        sample.y,
        at,
        R=R,
        kind=wanted.kind,
        observed=observed,
        groups=groups,
        small_sample=wanted.small_sample,
        precision=model.weights.precision,
        **rows,
    )
