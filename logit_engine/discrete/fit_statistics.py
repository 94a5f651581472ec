"""Statistics of how well a model fits: log-likelihoods, their ratio, and information criteria."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.discrete.estimates import Estimates
from logit_engine.errors import UsageError

MOST_ROUNDINGS = 8.0  # by which two sums of the same rows may differ


def fit_loglik(estimates: Estimates) -> float:
    """The log-likelihood at the estimates, without the penalty.

    It is the sum of the rows' log-likelihoods if that differs from the engine's by rounding alone,
    so that both have the same bits.
    """
    loglik = estimates.result.loglik
    if not estimates.model.has_data or not estimates.record.kept.all():
        return loglik
    of_rows = float(estimates.model.loglike(estimates.prediction_params))
    rounding = MOST_ROUNDINGS * np.finfo(np.float64).eps * abs(loglik)
    return of_rows if abs(of_rows - loglik) <= rounding else loglik


@dataclass(frozen=True, slots=True)
class FitStatistics:
    """The log-likelihood of a fit, and what is computed from it.

    null_loglik_given: the log-likelihood to compare with, or None for that of the constants alone.
    """

    estimates: Estimates
    loglik: float
    null_loglik_given: float | None = None

    @property
    def null_loglik(self) -> float:
        """The log-likelihood of the null model."""
        given = self.null_loglik_given
        return self.estimates.result.null_loglik if given is None else given

    @property
    def has_nested_null(self) -> bool:
        """Whether the null model is a special case of this one; one that is given counts so."""
        return bool(self.estimates.k_constant) or self.null_loglik_given is not None

    @property
    def likelihood_ratio(self) -> float:
        """Twice the log-likelihood less that of the null model."""
        return 2.0 * (self.loglik - self.null_loglik)

    @property
    def likelihood_ratio_p_value(self) -> float:
        """The upper chi-squared tail of the ratio with df_model degrees of freedom.

        nan without degrees of freedom, with sampling weights, and without a nested null model.
        """
        df = self.estimates.df_model
        if df <= 0 or not self.has_nested_null or self.estimates.record.survey:
            return float("nan")
        return float(special.chdtrc(df, max(self.likelihood_ratio, 0.0)))

    @property
    def mcfadden_r2(self) -> float:
        """1 - loglik / null_loglik. McFadden (1974)."""
        return 1.0 - self.loglik / self.null_loglik

    @property
    def information_ratio(self) -> Array:
        """White's ratio, (q, q): the inverse information times the sum of squared scores."""
        return self.estimates.model.sample.information_ratio(self.estimates.prediction_params)

    def criterion(self, name: str, more_params: float = 0.0) -> float | tuple[float, float]:
        """An information criterion: aic, bic, tic (Takeuchi 1976), or gbic (Lv & Liu 2014).

        gbic is a pair with gbic_p. more_params: parameters to count beside those of the fit. nan
        with sampling weights. Raises UsageError for another name.
        """
        count = self.estimates.parameter_count + more_params
        log_n = float(np.log(self.estimates.result.observations))
        if name == "aic":
            return self._with_cost(2.0 * count)
        if name == "bic":
            return self._with_cost(log_n * count)
        if name == "tic":
            return self._with_cost(2.0 * float(np.trace(self.information_ratio)))
        if name == "gbic":
            ratio = self.information_ratio
            gbic = self._with_cost(log_n * count - float(np.linalg.slogdet(ratio)[1]))
            return gbic, gbic + float(np.trace(ratio))
        raise UsageError(f"crit is '{name}'; it is aic, bic, tic or gbic.")

    @property
    def aic(self) -> float:
        """-2 loglik + 2 times the number of free parameters; nan with sampling weights."""
        return self._with_cost(2.0 * self.estimates.parameter_count)

    @property
    def bic(self) -> float:
        """-2 loglik + log n times the number of free parameters; nan with sampling weights."""
        log_n = float(np.log(self.estimates.result.observations))
        return self._with_cost(log_n * self.estimates.parameter_count)

    def _with_cost(self, cost: float) -> float:
        """-2 loglik + cost; nan with sampling weights, whose scale would change it."""
        return float("nan") if self.estimates.record.survey else -2.0 * self.loglik + cost
