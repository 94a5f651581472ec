"""Results: the fit as a table, in statsmodels' two layouts."""

from collections.abc import Sequence
from time import strftime

from logit_engine.discrete.results_part import ResultsPart
from logit_engine.reporting.layouts import summary2_report, summary_report
from logit_engine.reporting.number_formats import count_text, fixed_decimals, significant_digits
from logit_engine.reporting.tables import Report

SURVEY_NOTE = (
    "Sampling weights make the log-likelihood a pseudo one, whose size depends on the scale of the "
    "weights: the LLR p-value, AIC and BIC are not given, and likelihood-ratio tests do not hold. "
    "Wald and score tests do."
)
NO_CONSTANT_NOTE = (
    "There is no constant, so the constants alone are no special case of this model: the LLR "
    "p-value is not given."
)


class TableResults(ResultsPart):
    """The fit as a table in text, HTML, LaTeX and CSV; see `DiscreteResults`."""

    def summary(
        self,
        yname: str | None = None,
        xname: Sequence[str] | None = None,
        title: str | None = None,
        alpha: float = 0.05,
        yname_list: Sequence[str] | None = None,
    ) -> Report:
        """The fit in the layout of statsmodels' summary.

        yname, xname, yname_list: names of the outcome, of the columns, and of the linear predictors
        of several classes. alpha: one less the level of the intervals. Raises UsageError for
        another number of names.
        """
        statistics, model_name = self._statistics, type(self.model).__name__
        return summary_report(
            title or f"{model_name} Regression Results",
            [
                ("Dep. Variable:", str(yname or self.model.endog_names)),
                ("Model:", model_name),
                ("Method:", self.method),
                ("Date:", strftime("%a, %d %b %Y")),
                ("Time:", strftime("%H:%M:%S")),
                ("converged:", str(self.fit_result.converged)),
                ("Covariance Type:", self.record.covariance.kind.value),
            ],
            [
                ("No. Observations:", count_text(self.fit_result.observations)),
                ("Df Residuals:", count_text(self._estimates.df_resid)),
                ("Df Model:", count_text(self._estimates.df_model)),
                ("Pseudo R-squ.:", significant_digits(statistics.mcfadden_r2, 4)),
                ("Log-Likelihood:", significant_digits(statistics.loglik, 5)),
                ("LL-Null:", significant_digits(statistics.null_loglik, 5)),
                ("LLR p-value:", significant_digits(statistics.likelihood_ratio_p_value, 4)),
            ],
            self._equations(xname, yname_list, alpha),
            alpha=alpha,
            letter="t" if self.use_t else "z",
            notes=self._table_notes(),
        )

    def summary2(
        self,
        yname: str | None = None,
        xname: Sequence[str] | None = None,
        title: str | None = None,
        alpha: float = 0.05,
        float_format: str = "%.4f",
    ) -> Report:
        """The fit in the layout of statsmodels' summary2; float_format: of the parameters."""
        statistics, model_name = self._statistics, type(self.model).__name__
        return summary2_report(
            title or f"Results: {model_name}",
            [
                ("Model:", model_name),
                ("Dependent Variable:", str(yname or self.model.endog_names)),
                ("Date:", strftime("%Y-%m-%d %H:%M")),
                ("No. Observations:", count_text(self.fit_result.observations)),
                ("Df Model:", count_text(self._estimates.df_model)),
                ("Df Residuals:", count_text(self._estimates.df_resid)),
                ("Converged:", f"{float(self.fit_result.converged):.4f}"),
                ("No. Iterations:", f"{float(self.fit_result.passes):.4f}"),
            ],
            [
                ("Method:", self.method),
                ("Pseudo R-squared:", f"{statistics.mcfadden_r2:.3f}"),
                ("AIC:", fixed_decimals(statistics.aic, 4)),
                ("BIC:", fixed_decimals(statistics.bic, 4)),
                ("Log-Likelihood:", significant_digits(statistics.loglik, 5)),
                ("LL-Null:", significant_digits(statistics.null_loglik, 5)),
                ("LLR p-value:", significant_digits(statistics.likelihood_ratio_p_value, 5)),
                ("Scale:", f"{self.scale:.4f}"),
            ],
            self._equations(xname, None, alpha),
            alpha=alpha,
            float_format=float_format,
            letter="t" if self.use_t else "z",
            notes=self._table_notes(),
        )

    def _table_notes(self) -> list[str]:
        """What a reader of the table must know of the fit and of its data."""
        result, inputs = self.fit_result, self.model.inputs
        notes = [] if result.converged else [result.status.sentence]
        notes += [*result.notes, *self.model.notes]
        if self.record.survey:
            notes.append(SURVEY_NOTE)
        if not self._statistics.has_nested_null:
            notes.append(NO_CONSTANT_NOTE)
        if inputs.dropped:
            left_out = int((~inputs.kept).sum())
            where = ", ".join(f"{name} ({n:,})" for name, n in inputs.dropped.items())
            notes.append(f"{left_out:,} rows with missing values were left out: {where}.")
        columns = zip(self.model.exog_names, self.record.kept, strict=True)
        aliased = [name for name, keep in columns if not keep]
        if aliased:
            notes.append(
                f"Aliased columns were left out, their parameters are nan: {', '.join(aliased)}."
            )
        return notes
