"""What all results share. The parts below hold estimates, likelihood and rows; here are tests and summaries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import strftime
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.constraints.equations import linear_equalities
from logit_engine.discrete import saving
from logit_engine.discrete.contrasts import (
    ContrastResults,
    PairwiseResult,
    ScoreResult,
    TermTests,
    WaldResult,
)
from logit_engine.discrete.hypotheses import term_tests, wald_result
from logit_engine.discrete.result_rows import RowResults
from logit_engine.discrete.score_tests import score_result
from logit_engine.errors import UsageError
from logit_engine.inference.hypotheses import contrasts
from logit_engine.inference.multiplicity import pairwise
from logit_engine.reporting.tables import Equation, Report, count, fixed_decimals, significant, summary, summary2

SURVEY_NOTE = (
    "Sampling weights make the log-likelihood a pseudo one, whose size depends on the scale of the weights: the LLR "
    "p-value, AIC and BIC are not given, and likelihood-ratio tests do not hold. Wald and score tests do."
)

NO_CONSTANT_NOTE = (
    "There is no constant, so the constants alone are no special case of this model: the LLR p-value is not given."
)


class DiscreteResults(RowResults):
    """Results of a fit; arrays come in the kind that went into the model.

    Beyond statsmodels: `status` says in a sentence how the fit ended, `infinite` which parameters have no finite estimate,
    `odds_ratios`, `lincom`, `condition_number` and `vif`.
    """

    def lincom(self, combination: Any) -> ContrastResults:
        """Linear combinations of parameters, as in "2 * x1 - x2"; `.odds_ratios()` gives them on the odds-ratio scale."""
        return self.t_test(combination)

    def _hypotheses(self, r_matrix: Any) -> tuple[Array, Array]:
        found = linear_equalities(r_matrix, self.model._names_in(r_matrix))
        return found.R, found.q

    def t_test(self, r_matrix: Any, cov_p: Any = None, use_t: bool | None = None) -> ContrastResults:
        """Each row of R theta = q by itself; r_matrix: a matrix, (R, q), or text such as "x1 = x2"."""
        R, q = self._hypotheses(r_matrix)
        covariance = self._covariance if cov_p is None else np.asarray(cov_p, dtype=np.float64)
        df = self.df_resid_inference if (self.use_t if use_t is None else use_t) else None
        names = tuple(f"c{i}" for i in range(R.shape[0]))
        return ContrastResults(contrasts(self._limits, covariance, R, q, df), names, self._dress)

    def wald_test(
        self,
        r_matrix: Any,
        cov_p: Any = None,
        invcov: Any = None,
        use_f: bool | None = None,
        df_constraints: Any = None,
        scalar: bool = True,
    ) -> WaldResult:
        """All rows of R theta = q together, chi-squared or F.

        invcov: (m, m), the inverse covariance of R theta, in place of that of the fit. df_constraints: the degrees of
        freedom, in place of the rank. scalar: the statistic as a number, not as an array (1, 1).
        """
        return wald_result(self, r_matrix, cov_p, invcov, use_f, df_constraints, scalar)

    def f_test(self, r_matrix: Any, cov_p: Any = None, invcov: Any = None) -> WaldResult:
        """All rows of R theta = q together, by the F distribution."""
        return wald_result(self, r_matrix, cov_p, invcov, True, None, True)

    def _f_df(self, use_f: bool | None) -> float | None:
        return self.df_resid_inference if (self.use_t if use_f is None else use_f) else None

    def wald_test_terms(
        self, skip_single: bool = False, extra_constraints: Any = None, combine_terms: Any = None, scalar: bool = True
    ) -> TermTests:
        """One Wald test for each term: of all the columns a formula made of it, else of each column.

        combine_terms: one more for all terms with each of these texts in their names; extra_constraints: one more for each
        pair of a name and a hypothesis.
        """
        return term_tests(self, skip_single, extra_constraints, combine_terms, scalar)

    def _terms(self) -> Mapping[str, Sequence[int]]:
        """The parameters of each term, by position, (q,)."""
        outputs, p = self.model.likelihood.outputs, len(self.model.exog_names)
        if self.model.design is None:
            spans: dict[str, list[int]] = {name: [j] for j, name in enumerate(self.model.exog_names)}
        else:
            spans = {name: list(at) for name, at in self.model.design.terms.items()}
        return {name: [a * p + j for a in range(outputs) for j in at] for name, at in spans.items()}

    def t_test_pairwise(
        self, term_name: str, method: str = "hs", alpha: float = 0.05, factor_labels: Any = None
    ) -> PairwiseResult:
        """All differences between the levels of a formula's categorical term, with adjusted p-values."""
        if self.model.design is None:
            raise UsageError("pairwise tests need a model fitted by a formula, whose terms have levels.")
        terms = self._terms()
        if term_name not in terms:
            raise UsageError(f"'{term_name}' is not a term of the formula; there are {', '.join(terms)}.")
        levels, with_reference = self.model.design.levels(term_name)
        found = pairwise(
            self._limits,
            self._covariance,
            terms[term_name],
            list(levels) if factor_labels is None else list(factor_labels),
            with_reference,
            method,
            self._df_t,
        )
        return PairwiseResult(found, method, alpha, self._dress, term_name)

    def score_test(
        self,
        exog_extra: Any = None,
        params_constrained: Any = None,
        hypothesis: str = "joint",
        cov_type: str | None = None,
        cov_kwds: Any = None,
        k_constraints: int | None = None,
        observed: bool = True,
        return_object: bool | None = None,
        r_matrix: Any = None,
    ) -> ScoreResult:
        """Rao's test of leaving out exog_extra, or of linear restrictions, from the restricted fit alone.

        params_constrained: the restricted estimate, where this fit is not it; with k_constraints alone the whole score is
        tested. hypothesis: "joint", or "separate" for each restriction by itself. cov_type: nonrobust, HC0 or cluster
        with cov_kwds, by default the fit's own. observed: the information, not the expected one. return_object: as there,
        without effect.
        """
        return score_result(
            self, exog_extra, params_constrained, hypothesis, cov_type, cov_kwds, k_constraints, observed, r_matrix
        )

    def summary(
        self,
        yname: Any = None,
        xname: Any = None,
        title: str | None = None,
        alpha: float = 0.05,
        yname_list: Any = None,
    ) -> Report:
        """The fit as a table, in text, HTML, LaTeX and CSV."""
        return summary(
            title or f"{type(self.model).__name__} Regression Results",
            [
                ("Dep. Variable:", str(yname or self.model.endog_names)),
                ("Model:", type(self.model).__name__),
                ("Method:", self.method),
                ("Date:", strftime("%a, %d %b %Y")),
                ("Time:", strftime("%H:%M:%S")),
                ("converged:", str(self.converged)),
                ("Covariance Type:", self.cov_type),
            ],
            [
                ("No. Observations:", count(self.nobs)),
                ("Df Residuals:", count(self.df_resid)),
                ("Df Model:", count(self.df_model)),
                ("Pseudo R-squ.:", significant(self.prsquared, 4)),
                ("Log-Likelihood:", significant(self.llf, 5)),
                ("LL-Null:", significant(self.llnull, 5)),
                ("LLR p-value:", significant(self.llr_pvalue, 4)),
            ],
            self._equations(xname, yname_list, alpha),
            alpha=alpha,
            letter="t" if self.use_t else "z",
            notes=self._notes(),
        )

    def summary2(
        self,
        yname: Any = None,
        xname: Any = None,
        title: str | None = None,
        alpha: float = 0.05,
        float_format: str = "%.4f",
    ) -> Report:
        """The fit in statsmodels' second layout."""
        return summary2(
            title or f"Results: {type(self.model).__name__}",
            [
                ("Model:", type(self.model).__name__),
                ("Dependent Variable:", str(yname or self.model.endog_names)),
                ("Date:", strftime("%Y-%m-%d %H:%M")),
                ("No. Observations:", count(self.nobs)),
                ("Df Model:", count(self.df_model)),
                ("Df Residuals:", count(self.df_resid)),
                ("Converged:", f"{float(self.converged):.4f}"),
                ("No. Iterations:", f"{float(self.fit_result.passes):.4f}"),
            ],
            [
                ("Method:", self.method),
                ("Pseudo R-squared:", f"{self.prsquared:.3f}"),
                ("AIC:", fixed_decimals(self.aic, 4)),
                ("BIC:", fixed_decimals(self.bic, 4)),
                ("Log-Likelihood:", significant(self.llf, 5)),
                ("LL-Null:", significant(self.llnull, 5)),
                ("LLR p-value:", significant(self.llr_pvalue, 5)),
                ("Scale:", f"{self.scale:.4f}"),
            ],
            self._equations(xname, None, alpha),
            alpha=alpha,
            float_format=float_format,
            letter="t" if self.use_t else "z",
            notes=self._notes(),
        )

    def _notes(self) -> list[str]:
        """What a reader of the table must know: how it ended, if not well, and what was dropped."""
        notes = [] if self.converged else [self.status]
        notes += list(self.fit_result.notes)
        notes += self.model.notes
        if self.found.survey:
            notes.append(SURVEY_NOTE)
        if not self._has_nested_null:
            notes.append(NO_CONSTANT_NOTE)
        dropped = self.model.inputs.dropped
        if dropped:
            left = int((~self.model.inputs.kept).sum())
            where = ", ".join(f"{name} ({count:,})" for name, count in dropped.items())
            notes.append(f"{left:,} rows with missing values were left out: {where}.")
        lost = [name for name, keep in zip(self.model.exog_names, self.found.kept, strict=True) if not keep]
        if lost:
            notes.append(f"Aliased columns were left out, their parameters are nan: {', '.join(lost)}.")
        return notes

    def _equations(self, xname: Any, yname_list: Any, alpha: float) -> list[Equation]:
        raise NotImplementedError

    def _row_names(self, xname: Any) -> list[str]:
        """The names of a table's rows, as they are or as given. Raises UsageError if their number is wrong."""
        names = list(self.model.exog_names)
        if xname is None:
            return names
        if len(xname) != len(names):
            raise UsageError(f"xname has {len(xname)} names; the model has {len(names)} columns: {', '.join(names)}.")
        return list(xname)

    def save(self, fname: Any, remove_data: bool = False) -> None:
        """Write the fit, without its data, as a Parquet file with JSON in its metadata; `load` reads it.

        It holds what a formula learnt: levels, knots and centers. Only levels that are texts, numbers or booleans can be
        stored; for others, such as intervals, a warning says so. remove_data: forget the rows here, too.
        """
        saving.save(self, fname)
        if remove_data:
            self.remove_data()

    @classmethod
    def load(cls, fname: Any) -> Any:
        """Read what `save` wrote. Raises ArtifactError for anything else."""
        return saving.load(fname)

    def remove_data(self) -> None:
        """Forget the rows: what needs them is refused from here on."""
        self.mle_retvals  # noqa: B018  (kept, as it needs the rows)
        for name in ("_eta", "_residuals"):
            vars(self).pop(name, None)
        self.model = self.model.without_data()
        self.found = replace(self.found, groups=None)

    def initialize(self, model: Any, params: Any, **kwargs: Any) -> None:
        """Take another model and parameters for the same results."""
        vars(self).pop("mle_retvals", None)
        vars(self).update(kwargs)
        self.model = model
        self.found = replace(self.found, result=replace(self.fit_result, estimates=model._params(params)))
        self.fit_result = self.found.result
