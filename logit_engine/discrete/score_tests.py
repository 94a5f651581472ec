"""Score tests as statsmodels' callers ask for them, resolved to the engine's tests."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.discrete.covariance_options import CovarianceChoice, covariance_choice
from logit_engine.discrete.estimates import Estimates
from logit_engine.discrete.joint_tests import ScoreResult
from logit_engine.errors import UsageError
from logit_engine.inference.covariance import Covariance, Kind
from logit_engine.inference.score_tests import ScoreTest, score_test, whole_score_test


@dataclass(frozen=True, slots=True)
class ScoreQuestion:
    """Where and how to test: the restricted estimate, (q,), the covariance and the information.

    observed: whether the information is the observed one, not the expected one.
    """

    estimates: Estimates
    restricted: Array
    choice: CovarianceChoice
    observed: bool

    @property
    def covariance(self) -> Covariance:
        """The covariance of the scores."""
        return self.choice.covariance

    def of_columns(self, exog_extra: object) -> ScoreTest:
        """The test of leaving columns out. exog_extra: (n,) or (n, e).

        Raises UsageError for a fit under constraints.
        """
        if self.estimates.record.equalities is not None:
            raise UsageError(
                "exog_extra is not tested beside constraints; write its columns into exog, and "
                "fix them at zero."
            )
        model, kept = self.estimates.model, self.estimates.record.kept
        extra = model.inputs.of_rows(exog_extra, "exog_extra")
        restricted = self.restricted[np.tile(kept, model.likelihood.outputs)]
        columns = extra.reshape(model.sample.y.size, -1)
        return self._score_test(model.sample.X[:, kept], restricted, extra=columns)

    def of_restrictions(self, r_matrix: object, k_constraints: int | None) -> ScoreTest:
        """The test of R theta = q, or, by the number of restrictions alone, of the whole score.

        Raises UsageError without restrictions, and for a robust test of the whole score.
        """
        equalities = self.estimates.record.equalities
        if r_matrix is not None:
            R: Array = self.estimates.hypotheses(r_matrix)[0]
        elif equalities is not None:
            R = equalities.R
        else:
            return self._whole_test(k_constraints)
        return self._score_test(self.estimates.model.sample.X, self.restricted, R=R)

    def _score_test(
        self,
        X: Array,
        restricted: Array,
        R: Array | None = None,
        extra: Array | None = None,
    ) -> ScoreTest:
        model, sample = self.estimates.model, self.estimates.model.sample
        return score_test(
            model.likelihood,
            X,
            sample.y,
            restricted,
            R=R,
            extra=extra,
            kind=self.covariance.kind,
            observed=self.observed,
            groups=self.choice.groups,
            small_sample=self.covariance.small_sample,
            offset=sample.offset,
            weight=sample.weight,
            precision=model.weights.precision,
        )

    def _whole_test(self, k_constraints: int | None) -> ScoreTest:
        if k_constraints is None:
            raise UsageError(
                "a score test needs exog_extra, r_matrix, k_constraints, or a fit under "
                "constraints whose restrictions it tests."
            )
        if self.covariance.kind is not Kind.NONROBUST:
            raise UsageError(
                f"a {self.covariance.kind.value} score test needs the restrictions themselves; "
                "give r_matrix."
            )
        sample = self.estimates.model.sample
        return whole_score_test(
            self.estimates.model.likelihood,
            sample.X,
            sample.y,
            self.restricted,
            k_constraints,
            observed=self.observed,
            offset=sample.offset,
            weight=sample.weight,
        )


def score_result(
    estimates: Estimates,
    exog_extra: object,
    params_constrained: ArrayLike | None,
    hypothesis: str,
    cov_type: str | None,
    cov_kwds: Mapping[str, object] | None,
    k_constraints: int | None,
    observed: bool,
    r_matrix: object,
) -> ScoreResult:
    """The score test of a fit; see `DiscreteResults.score_test`.

    Raises UsageError for arguments that do not fit together.
    """
    if hypothesis not in ("joint", "separate"):
        raise UsageError(f"hypothesis is '{hypothesis}'; it is 'joint' or 'separate'.")
    restricted = estimates.prediction_params
    if params_constrained is not None:
        restricted = estimates.model.flat_params(params_constrained)
    choice = _score_covariance(estimates, cov_type, cov_kwds)
    question = ScoreQuestion(estimates, restricted, choice, observed)
    if exog_extra is not None:
        test = question.of_columns(exog_extra)
    else:
        test = question.of_restrictions(r_matrix, k_constraints)
    count = int(test.joint.df)
    if k_constraints is not None and k_constraints != count:
        raise UsageError(
            f"k_constraints is {k_constraints}, but the test is of {count} restrictions; "
            "leave it out."
        )
    if hypothesis == "separate":
        return ScoreResult(test.z, test.p_values, "norm")
    joint = test.joint
    return ScoreResult(np.float64(joint.statistic), np.float64(joint.p_value), "chi2", count)


def _score_covariance(
    estimates: Estimates,
    cov_type: str | None,
    cov_kwds: Mapping[str, object] | None,
) -> CovarianceChoice:
    """The fit's covariance and clusters, unless the caller asks for others.

    Raises UsageError for a covariance that a score test does not have.
    """
    record = estimates.record
    own = record.covariance
    groups: NDArray[np.int64] | None = record.groups
    if cov_type is not None or cov_kwds:
        name = own.kind.value if cov_type is None else cov_type
        choice = covariance_choice(name, cov_kwds or {}, estimates.model.inputs, False)
    elif own.kind is Kind.CLUSTER and groups is None:
        raise UsageError(
            "the clusters were not stored with the fit; give cov_kwds={'groups': labels}."
        )
    else:
        choice = CovarianceChoice(own, groups)
    kind = choice.covariance.kind
    if kind in (Kind.HC1, Kind.HC2, Kind.HC3):
        raise UsageError(
            f"a score test has no {kind.value} covariance; choose cov_type='HC0', 'nonrobust' or "
            "'cluster'."
        )
    return choice
