"""Results, second part: how well a model fits, and how the fit ended."""

from functools import cached_property
from typing import Any

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.diagnostics.collinearity import variance_inflation
from logit_engine.discrete.result_estimates import EstimateResults
from logit_engine.errors import UsageError
from logit_engine.objective.triangles import r_factor

ROUNDINGS = 8.0  # two sums of the same rows may differ by as many roundings


class LikelihoodResults(EstimateResults):
    """The log-likelihood and what is made of it; see `DiscreteResults`."""

    @cached_property
    def llf(self) -> float:
        """The log-likelihood at the estimate, without the penalty; the sum of `loglikeobs` if rounding alone differs."""
        fitted = self.fit_result.loglik
        if not self.model.has_data or not self.found.kept.all():
            return fitted
        summed = float(self.model.loglike(self._at))
        return summed if abs(summed - fitted) <= ROUNDINGS * np.finfo(np.float64).eps * abs(fitted) else fitted

    @property
    def llnull(self) -> float:
        """The log-likelihood of the constants alone."""
        return self.fit_result.null_loglik if self._null is None else self._null

    def set_null_options(self, llnull: float | None = None, attach_results: bool = True, **kwargs: Any) -> None:
        """Set the log-likelihood that llr and prsquared compare with; attach_results: keep the null model's fit too."""
        self._null = llnull
        if attach_results and llnull is None:
            self.res_null = self.model.null().fit(**{"disp": False, **kwargs})
            self._null = self.res_null.llf

    @property
    def llr(self) -> float:
        """The likelihood-ratio statistic against the constants alone."""
        return 2.0 * (self.llf - self.llnull)

    @property
    def llr_pvalue(self) -> float:
        """Its upper chi-squared tail with df_model degrees of freedom.

        nan without degrees of freedom, with sampling weights, and if the null model is no special case of this one: if
        there is no constant.
        """
        if self.df_model <= 0 or not self._has_nested_null or self.found.survey:
            return float("nan")
        return float(special.chdtrc(self.df_model, max(self.llr, 0.0)))

    @property
    def _has_nested_null(self) -> bool:
        """Whether the null model is a special case of this one; what `set_null_options` sets counts as one."""
        return bool(self.k_constant) or self._null is not None

    @property
    def prsquared(self) -> float:
        """McFadden's 1 - llf / llnull."""
        return 1.0 - self.llf / self.llnull

    @property
    def aic(self) -> float:
        """-2 llf + 2 times the number of free parameters; nan with sampling weights."""
        return self._criterion(2.0 * self._k_params)

    @property
    def bic(self) -> float:
        """-2 llf + log(nobs) times the number of free parameters; nan with sampling weights."""
        return self._criterion(float(np.log(self.nobs)) * self._k_params)

    def _criterion(self, cost: float) -> float:
        """-2 llf + cost; nan with sampling weights, whose scale would change it."""
        return float("nan") if self.found.survey else -2.0 * self.llf + cost

    def info_criteria(self, crit: str, dk_params: float = 0) -> float | tuple[float, float]:
        """aic, bic, tic (Takeuchi 1976) or gbic (Lv & Liu 2014; a pair with gbic_p), with dk_params more parameters.

        nan with sampling weights.
        """
        more, crit = self._k_params + dk_params, str(crit).lower()
        if crit == "aic":
            return self._criterion(2.0 * more)
        if crit == "bic":
            return self._criterion(float(np.log(self.nobs)) * more)
        ratio = self.im_ratio
        if crit == "tic":
            return self._criterion(2.0 * float(np.trace(ratio)))
        if crit == "gbic":
            plain = self._criterion(float(np.log(self.nobs)) * more - float(np.linalg.slogdet(ratio)[1]))
            return plain, plain + float(np.trace(ratio))
        raise UsageError(f"crit is '{crit}'; it is aic, bic, tic or gbic.")

    @property
    def im_ratio(self) -> Array:
        """White's ratio of both informations, (q, q): the inverse Hessian times the sum of squared scores."""
        return self.model.sample.information_ratio(self._at)  # type: ignore[no-any-return]

    @property
    def converged(self) -> bool:
        """Whether the maximum was certified to exist and was reached."""
        return self.fit_result.converged

    @property
    def status(self) -> str:
        """How the fit ended, in a sentence that says what to do where something is to be done."""
        return self.fit_result.status.sentence

    @property
    def condition_number(self) -> float:
        """Of the centered, weighted columns at unit length."""
        return self.fit_result.condition

    @property
    def vif(self) -> Any:
        """Variance inflation of each column beside the constant."""
        X = self.model.exog[:, self.found.kept]
        names = [name for name, keep in zip(self.model.exog_names, self.found.kept, strict=True) if keep]
        free = self.fit_result.free[: X.shape[1]]
        centered = X[:, ~free] - (X[:, ~free].mean(axis=0) if free.any() else 0.0)
        inflation = variance_inflation(r_factor(np.asfortranarray(centered)))
        return self._dress.vector(inflation, [name for name, constant in zip(names, free, strict=True) if not constant])

    @cached_property
    def mle_retvals(self) -> dict[str, Any]:
        """How the method ended, by statsmodels' names; of the objective that it minimizes, minus the mean log-likelihood."""
        answers, method = dict(self.found.answers), self.found.settings["optimizer"]
        if not self.model.has_data:
            return answers
        n = float(self.fit_result.observations)
        score = -self.model.score(self._at) / n
        if self.found.alpha is not None:
            penalty = float(self.found.alpha @ np.abs(self._at)) / n
            found = {"fopt": answers["fopt"] + penalty, "gopt": np.nan, "hopt": np.nan, "trimmed": self.trimmed}
            return {**answers, **found, "warnflag": f"{answers['warnflag']} {answers['status']}"}
        if method == "newton":
            return {**answers, "score": score, "Hessian": -self.model.hessian(self._at) / n}
        if method == "bfgs":
            answers["Hinv"] = n * np.asarray(self.normalized_cov_params)
        return {**answers, "gopt": score} if method in ("bfgs", "lbfgs") else answers

    @property
    def mle_settings(self) -> dict[str, Any]:
        """What the solver was asked."""
        return dict(self.found.settings)
