"""What all results share: estimates with inference, fit, residuals, predictions, margins, tests and summaries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from time import strftime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.arrays import vector
from logit_engine.arrays_columns import library
from logit_engine.arrays_rows import aligned, row_labels
from logit_engine.columns import Array
from logit_engine.constraints import linear_equalities
from logit_engine.diagnostics.collinearity import variance_inflation
from logit_engine.diagnostics.residuals import Residuals, residuals
from logit_engine.discrete import saving
from logit_engine.discrete.contrasts import (
    ContrastResults,
    LinearConstraints,
    PairwiseResult,
    ScoreResult,
    TermTests,
    WaldResult,
)
from logit_engine.discrete.fitted import Fitted
from logit_engine.discrete.frames import Dress, framed
from logit_engine.discrete.hypotheses import term_tests, wald_result
from logit_engine.discrete.margins import MarginsResults, margins_of
from logit_engine.discrete.predictions import PredictionResults, prediction_of
from logit_engine.discrete.score_tests import score_result
from logit_engine.errors import UnavailableError, UsageError
from logit_engine.inference.covariance import Kind, SmallSample
from logit_engine.inference.hypotheses import Contrasts, contrasts
from logit_engine.inference.multiplicity import pairwise
from logit_engine.result import FitResult
from logit_engine.tables import Equation, Report, count, significant, summary, summary2
from logit_engine.triangles import r_factor

_ROWS = "Standard errors hold where the rows' variances differ from the model's"
DESCRIPTIONS = {
    Kind.NONROBUST: "Standard errors assume that the model is right.",
    Kind.HC0: f"{_ROWS} (HC0).",
    Kind.HC1: f"{_ROWS} (HC1).",
    Kind.HC2: f"{_ROWS} (HC2).",
    Kind.HC3: f"{_ROWS} (HC3).",
    Kind.CLUSTER: "Standard errors hold where rows of a cluster depend on each other.",
}


class DiscreteResults:
    """Results of a fit; arrays come in the kind that went into the model.

    Beyond statsmodels: `status` says in a sentence how the fit ended, `infinite` which parameters have no finite estimate,
    `odds_ratios`, `lincom`, `condition_number` and `vif`.
    """

    def __init__(self, model: Any, found: Fitted, use_t: bool = False) -> None:
        self.model = model
        self.fit_result: FitResult = found.result
        self.found = found
        self.use_t = use_t
        self.scale = 1.0
        self.method = "MLE"
        self._null: float | None = None

    # --- what was estimated -------------------------------------------------------------------------------------

    @property
    def _theta(self) -> Array:
        """All parameters, (q,): nan for aliased ones."""
        return self.found.spread(self.fit_result.estimates)

    @property
    def _limits(self) -> Array:
        """All parameters, (q,), infinite where they have no finite estimate: for tables and tests."""
        return self.found.spread(self.fit_result.limits)

    @property
    def _at(self) -> Array:
        """All parameters for predictions, (q,): aliased ones at zero."""
        return self.found.spread(self.fit_result.estimates, 0.0)

    @property
    def _covariance(self) -> Array:
        return self.found.spread(self.fit_result.covariance)

    @property
    def _known(self) -> Array:
        """The covariance for predictions, (q, q): zero for what is known to be zero or left out, nan for infinite ones."""
        covariance = self.found.spread(self.fit_result.covariance, 0.0)
        return covariance if self.found.alpha is None else np.nan_to_num(covariance)

    @property
    def _df_t(self) -> float | None:
        return self.df_resid_inference if self.use_t else None

    @property
    def _names(self) -> list[str]:
        """A name for each parameter in constraints, (q,)."""
        return list(self.model._names_of_constraints())

    @cached_property
    def _contrasts(self) -> Contrasts:
        """The parameters themselves as contrasts."""
        return Contrasts(self._limits, np.sqrt(np.diagonal(self._covariance)), np.zeros(self._theta.size), self._df_t)

    def _shaped(self, values: Array) -> Any:
        """One value for each parameter, (q,), in the caller's kind and shape."""
        return self._dress.vector(values, self.model.exog_names)

    @property
    def _dress(self) -> Dress:
        return self.model.dress  # type: ignore[no-any-return]

    @property
    def params(self) -> Any:
        """The estimates."""
        return self._shaped(self._theta)

    @property
    def bse(self) -> Any:
        """Their standard errors, of `cov_type`."""
        return self._shaped(self._contrasts.std_errors)

    @property
    def tvalues(self) -> Any:
        """Estimates in standard errors."""
        return self._shaped(self._contrasts.z)

    zvalues = tvalues

    @property
    def pvalues(self) -> Any:
        """Two-sided p-values, normal unless use_t."""
        return self._shaped(self._contrasts.p_values)

    def conf_int(self, alpha: float = 0.05) -> Any:
        """Wald intervals of the parameters."""
        return self._dress.matrix(self._contrasts.interval(1.0 - alpha), self.model.exog_names, [0, 1])

    def odds_ratios(self, alpha: float = 0.05) -> Any:
        """exp of the parameters with intervals, as a table: odds ratios of a logit, relative-risk ratios of an MNLogit."""
        found = self._contrasts.ratios(1.0 - alpha)
        columns = {"odds ratio": found.values, "lower": found.interval[:, 0], "upper": found.interval[:, 1]}
        return self._dress.table(columns, self._labels())

    def lincom(self, combination: Any) -> ContrastResults:
        """Linear combinations of parameters, as in "2 * x1 - x2"; `.odds_ratios()` gives them on the odds-ratio scale."""
        return self.t_test(combination)

    def cov_params(
        self, r_matrix: Any = None, column: Any = None, scale: Any = None, cov_p: Any = None, other: Any = None
    ) -> Any:
        """The covariance of the parameters, of some of them (column), or of r_matrix times them (with other: between)."""
        matrix = self._covariance if cov_p is None else np.asarray(cov_p, dtype=np.float64)
        matrix = matrix if scale is None else matrix * scale
        if column is not None:
            at = np.atleast_1d(np.asarray(column))
            return matrix[at[0], at[0]] if np.ndim(column) == 0 else matrix[np.ix_(at, at)]
        if r_matrix is not None:
            R = np.atleast_2d(np.asarray(r_matrix, dtype=np.float64))
            right = R if other is None else np.atleast_2d(np.asarray(other, dtype=np.float64))
            return R @ matrix @ right.T
        return matrix if cov_p is not None else self._square(matrix)

    def _square(self, matrix: Array) -> Any:
        labels = self._labels()
        return self._dress.matrix(matrix, labels, labels)

    def _labels(self) -> list[Any]:
        """A label for each parameter, (q,)."""
        return list(self.model.exog_names)

    @property
    def cov_params_default(self) -> Any:
        """The covariance of the parameters."""
        return self.cov_params()

    @cached_property
    def normalized_cov_params(self) -> Any:
        """The model's own covariance, whatever `cov_type` is: the inverse of the observed information."""
        if self.found.covariance.kind is Kind.NONROBUST:
            return self._square(self._covariance)
        unknown, infinite = np.isnan(np.diagonal(self._covariance)), np.isinf(self._limits)
        matrix = self.model.sample.covariance(self._at, ~unknown | infinite)
        matrix[unknown], matrix[:, unknown] = np.nan, np.nan
        return self._square(matrix)

    @property
    def cov_type(self) -> str:
        """Which covariance the standard errors are of."""
        return self.found.covariance.kind.value

    @property
    def cov_kwds(self) -> dict[str, Any]:
        """What that covariance rests on."""
        asked = self.found.covariance
        facts: dict[str, Any] = {"information": asked.information.value, "description": DESCRIPTIONS[asked.kind]}
        if asked.kind is not Kind.NONROBUST:
            facts |= {"use_t": self.use_t, "adjust_df": asked.kind is Kind.CLUSTER and self.found.df_correction}
            facts["scaling_factor"] = self.found.scaling
        if asked.kind is Kind.CLUSTER:
            facts |= {"groups": self.found.groups, "use_correction": asked.small_sample is not SmallSample.NONE}
            facts |= {"correction": asked.small_sample.value, "n_groups": self.fit_result.clusters}
        return facts

    @property
    def n_groups(self) -> int | tuple[int, ...]:
        """How many clusters, of two ways both numbers. Raises UnavailableError without clusters."""
        clusters = self.fit_result.clusters
        if not clusters:
            raise UnavailableError("n_groups belongs to a fit with cov_type='cluster'.")
        return clusters[0] if len(clusters) == 1 else clusters

    # --- how well it fits ---------------------------------------------------------------------------------------

    @property
    def llf(self) -> float:
        """The log-likelihood at the estimate, without the penalty."""
        return self.fit_result.loglik

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
        """Its upper chi-squared tail with df_model degrees of freedom; nan if there are none."""
        return float(special.chdtrc(self.df_model, max(self.llr, 0.0))) if self.df_model > 0 else float("nan")

    @property
    def prsquared(self) -> float:
        """McFadden's 1 - llf / llnull."""
        return 1.0 - self.llf / self.llnull

    @property
    def nobs(self) -> float:
        """How many rows the data stand for."""
        n = self.fit_result.observations
        return int(n) if float(n).is_integer() else n

    @property
    def k_constant(self) -> int:
        """1 if there is a constant, else 0."""
        return 1 if self.fit_result.free.any() else int(self.model.k_constant)

    @property
    def trimmed(self) -> NDArray[np.bool_]:
        """Which parameters an l1 penalty left at zero, (q,). Raises UnavailableError without one."""
        if self.found.alpha is None:
            raise UnavailableError("trimmed belongs to a fit with an l1 penalty, fit_regularized.")
        return np.asarray((self.fit_result.estimates == 0.0) & np.isnan(np.diagonal(self.fit_result.covariance)))

    @property
    def nnz_params(self) -> int:
        """How many parameters an l1 penalty left. Raises UnavailableError without one."""
        return int((~self.trimmed).sum())

    @property
    def constraints(self) -> LinearConstraints:
        """The equalities that the fit was made under. Raises UnavailableError without any."""
        found = self.found.equalities
        if found is None:
            raise UnavailableError("constraints belong to a fit under equalities, fit_constrained.")
        return LinearConstraints(found.R, found.q[:, None], found.names)

    @property
    def k_constr(self) -> int:
        """How many equalities. Raises UnavailableError without any."""
        return int(self.constraints.coefs.shape[0])

    @property
    def _k_params(self) -> float:
        """How many parameters were free: those not zero after a penalty, those left by constraints."""
        if self.found.alpha is not None:
            return float(self.nnz_params)
        return float(self.fit_result.estimates.size - self.fit_result.fixed)

    @property
    def df_model(self) -> float:
        """Free parameters beside the constants."""
        free = self.fit_result.free
        constants = free.sum() if free.any() else self.k_constant * self.model.likelihood.outputs
        return self._k_params - float(constants - self.fit_result.fixed_constants)

    @property
    def df_resid(self) -> float:
        """Rows less free parameters."""
        return float(self.fit_result.observations) - self._k_params

    @property
    def df_resid_inference(self) -> float:
        """Degrees of freedom of t and F: df_resid, but G - 1 of G clusters, of two ways the fewer."""
        clusters = self.fit_result.clusters
        return float(min(clusters) - 1) if clusters and self.found.df_correction else self.df_resid

    @property
    def aic(self) -> float:
        """-2 llf + 2 times the number of free parameters."""
        return -2.0 * self.llf + 2.0 * self._k_params

    @property
    def bic(self) -> float:
        """-2 llf + log(nobs) times the number of free parameters."""
        return -2.0 * self.llf + float(np.log(self.nobs)) * self._k_params

    def info_criteria(self, crit: str, dk_params: float = 0) -> float | tuple[float, float]:
        """aic, bic, tic (Takeuchi 1976) or gbic (Lv & Liu 2014; a pair with gbic_p), with dk_params more parameters."""
        more, crit = self._k_params + dk_params, str(crit).lower()
        if crit == "aic":
            return -2.0 * self.llf + 2.0 * more
        if crit == "bic":
            return -2.0 * self.llf + float(np.log(self.nobs)) * more
        ratio = self.im_ratio
        if crit == "tic":
            return -2.0 * self.llf + 2.0 * float(np.trace(ratio))
        if crit == "gbic":
            plain = -2.0 * self.llf + float(np.log(self.nobs)) * more - float(np.linalg.slogdet(ratio)[1])
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
    def infinite(self) -> Any:
        """-1 or 1 for each parameter whose estimate is minus or plus infinity, else 0."""
        signs = self.fit_result.infinite
        whole = np.zeros(self.fit_result.estimates.size) if signs is None else signs.astype(np.float64)
        return self._shaped(self.found.spread(whole))

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

    # --- the rows -----------------------------------------------------------------------------------------------

    @cached_property
    def _eta(self) -> Array:
        return self.model.sample.predictors(self._at)  # type: ignore[no-any-return]

    @cached_property
    def _residuals(self) -> Residuals:
        return residuals(self.model.likelihood, self._eta, self.model.sample.y, self.model.weights.precision)

    @property
    def fittedvalues(self) -> Any:
        """The linear predictor of each row."""
        return self._dress.rows(self._eta)

    @property
    def resid_response(self) -> Any:
        """y less its probability."""
        return self._dress.rows(self._residuals.response)

    @property
    def resid_pearson(self) -> Any:
        """The same in standard deviations."""
        return self._dress.rows(self._residuals.pearson)

    def predict(self, exog: Any = None, transform: bool = True, *args: Any, **kwargs: Any) -> Any:
        """The model's `predict` at the estimates; a frame is matched by name, and put through the formula, if any."""
        X, labels = self._encoded(exog, transform)
        found = self.model.predict(self._at, X, *args, **kwargs)
        if library(exog) == "pandas" and labels is not None:
            return Dress("pandas").rows(found, labels)
        return self._dress.rows(found) if exog is None else found

    def _encoded(self, exog: Any, transform: bool) -> tuple[Any, Any]:
        """exog through the formula, if the model has one, and pandas' labels of its rows."""
        labels = getattr(exog, "index", None) if library(exog) == "pandas" else None
        named = set(map(str, getattr(exog, "columns", exog if isinstance(exog, Mapping) else ())))
        if self.model.design is None and self.model.formula and named and not set(self.model.exog_names) <= named:
            raise UsageError(
                f"the formula '{self.model.formula}' was not stored with the fit; give its columns themselves: "
                f"{', '.join(self.model.exog_names)}."
            )
        if exog is None or self.model.design is None or not transform:
            return exog, labels
        X = self.model.design.encode(exog)
        return X if labels is None else framed(X, labels, self.model.exog_names), labels

    def get_prediction(
        self,
        exog: Any = None,
        transform: bool = True,
        which: str = "mean",
        row_labels: Any = None,
        average: bool = False,
        agg_weights: Any = None,
        y_values: Any = None,
        offset: Any = None,
    ) -> PredictionResults:
        """Predictions with standard errors and intervals: which is mean (probability) or linear; average over the rows."""
        if y_values is not None:
            raise UsageError("y_values are counts, which these models do not have; which='prob' has each class.")
        X, labels = self._encoded(exog, transform)
        rows, shift = self.model._rows_to_predict(X, offset)
        index = row_labels if row_labels is not None else labels if exog is not None else self._dress.index
        share = None if agg_weights is None else self._aggregation(agg_weights, exog, rows.shape[0])
        return prediction_of(self, rows, shift, which, average, share, index)

    def _aggregation(self, weights: Any, exog: Any, n: int) -> Array:
        """The weights of an average over rows, (n,); pandas' are matched by the label of exog, or of the data."""
        if exog is None:
            return self.model.inputs.of_rows(weights, "agg_weights")  # type: ignore[no-any-return]
        return vector(aligned(weights, row_labels(exog), "agg_weights", "exog"), n, "agg_weights")

    def get_distribution(self, exog: Any = None, transform: bool = True, **kwargs: Any) -> Any:
        """SciPy's frozen distribution of each row's outcome."""
        X, _ = self._encoded(exog, transform)
        return self.model.get_distribution(self._at, X, **kwargs)

    def get_margeff(
        self, at: str = "overall", method: str = "dydx", atexog: Any = None, dummy: bool = False, count: bool = False
    ) -> MarginsResults:
        """Marginal effects, with standard errors by the delta method; offsets are kept.

        at: overall, mean, median, zero or all; method: dydx, eyex, dyex or eydx; dummy: 0/1 columns by their discrete
        change; count: whole numbers by a change of one.
        """
        return margins_of(self, at, method, atexog, dummy, count)

    # --- tests --------------------------------------------------------------------------------------------------

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

    # --- out ----------------------------------------------------------------------------------------------------

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
                ("AIC:", f"{self.aic:.4f}"),
                ("BIC:", f"{self.bic:.4f}"),
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

        remove_data: forget the rows here, too.
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
