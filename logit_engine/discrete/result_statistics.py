"""Results: how well a model fits, and how the fit ended, under statsmodels' names."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.diagnostics.collinearity import variance_inflation
from logit_engine.discrete.output_format import Vector
from logit_engine.discrete.results_part import ResultsPart
from logit_engine.objective.triangles import r_factor

if TYPE_CHECKING:
    from logit_engine.discrete.results import DiscreteResults


class StatisticResults(ResultsPart):
    """How well the model fits, and how the fit ended; see `DiscreteResults`."""

    res_null: "DiscreteResults"

    @property
    def llf(self) -> float:
        """The log-likelihood at the estimates, without the penalty."""
        return self._statistics.loglik

    @property
    def llnull(self) -> float:
        """The log-likelihood of the constants alone, unless `set_null_options` set another."""
        return self._statistics.null_loglik

    def set_null_options(
        self,
        llnull: float | None = None,
        attach_results: bool = True,
        **kwargs: Any,
    ) -> None:
        """Set the log-likelihood that llr and prsquared compare with.

        llnull: the log-likelihood; without it the null model is fitted with these keywords, and
        attach_results keeps its results as `res_null`.
        """
        self._null_loglik = llnull
        if attach_results and llnull is None:
            self.res_null = self.model.null_fit(**{"disp": False, **kwargs})
            self._null_loglik = self.res_null.llf

    @property
    def llr(self) -> float:
        """The likelihood-ratio statistic against the null model."""
        return self._statistics.likelihood_ratio

    @property
    def llr_pvalue(self) -> float:
        """The upper chi-squared tail of llr with df_model degrees of freedom.

        nan without degrees of freedom, with sampling weights, and without a constant: then the null
        model is no special case of this one.
        """
        return self._statistics.likelihood_ratio_p_value

    @property
    def prsquared(self) -> float:
        """McFadden's pseudo R-squared, 1 - llf / llnull."""
        return self._statistics.mcfadden_r2

    @property
    def aic(self) -> float:
        """-2 llf + 2 times the number of free parameters; nan with sampling weights."""
        return self._statistics.aic

    @property
    def bic(self) -> float:
        """-2 llf + log(nobs) times the number of free parameters; nan with sampling weights."""
        return self._statistics.bic

    def info_criteria(self, crit: str, dk_params: float = 0) -> float | tuple[float, float]:
        """aic, bic, tic (Takeuchi 1976), or gbic (Lv & Liu 2014; a pair with gbic_p).

        dk_params: parameters to count beside those of the fit. nan with sampling weights. Raises
        UsageError for another criterion.
        """
        return self._statistics.criterion(str(crit).lower(), dk_params)

    @property
    def im_ratio(self) -> Array:
        """White's ratio, (q, q): the inverse information times the sum of squared scores."""
        return self._statistics.information_ratio

    @property
    def converged(self) -> bool:
        """Whether the maximum was certified to exist and was reached."""
        return self.fit_result.converged

    @property
    def status(self) -> str:
        """How the fit ended, in a sentence that says what to do if something is to be done."""
        return self.fit_result.status.sentence

    @property
    def condition_number(self) -> float:
        """The condition number of the centered, weighted columns at unit length."""
        return self.fit_result.condition

    @property
    def vif(self) -> Vector:
        """The variance inflation of each column beside the constant."""
        X = self.model.exog[:, self.record.kept]
        names = self.record.kept_names(self.model.exog_names)
        is_constant = self.fit_result.free[: X.shape[1]]
        slopes = X[:, ~is_constant]
        centered = slopes - (slopes.mean(axis=0) if is_constant.any() else 0.0)
        inflation = variance_inflation(r_factor(np.asfortranarray(centered)))
        listed = zip(names, is_constant, strict=True)
        return self._output_format.vector(
            inflation, [name for name, constant in listed if not constant]
        )

    @cached_property
    def mle_retvals(self) -> dict[str, Any]:
        """How the method ended, by statsmodels' names.

        fopt, score and Hessian are of the objective that statsmodels minimizes: minus the mean
        log-likelihood.
        """
        answers: dict[str, Any] = dict(self.record.answers)
        if not self.model.has_data:
            return answers
        method, n = self.record.settings["optimizer"], float(self.fit_result.observations)
        params = self._estimates.prediction_params
        if self.record.alpha is not None:
            answers["fopt"] += float(self.record.alpha @ np.abs(params)) / n
            answers |= {"gopt": np.nan, "hopt": np.nan, "trimmed": self._estimates.trimmed}
            answers["warnflag"] = f"{answers['warnflag']} {answers['status']}"
            return answers
        score = -self.model.score(params) / n
        if method == "newton":
            return {**answers, "score": score, "Hessian": -self.model.hessian(params) / n}
        if method == "bfgs":
            answers["Hinv"] = n * self._estimates.inverse_information
        return {**answers, "gopt": score} if method in ("bfgs", "lbfgs") else answers

    @property
    def mle_settings(self) -> dict[str, object]:
        """What was asked of the method, by statsmodels' names."""
        return dict(self.record.settings)
