"""Results: the estimates, their covariance and their number, under statsmodels' names."""

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.discrete.contrasts import LinearConstraints
from logit_engine.discrete.output_format import Table, Vector
from logit_engine.discrete.results_part import ResultsPart
from logit_engine.errors import UnavailableError
from logit_engine.inference.covariance import Kind, SmallSample

_ROBUST = "Standard errors hold where the rows' variances differ from the model's"
DESCRIPTIONS = {
    Kind.NONROBUST: "Standard errors assume that the model is right.",
    Kind.HC0: f"{_ROBUST} (HC0).",
    Kind.HC1: f"{_ROBUST} (HC1).",
    Kind.HC2: f"{_ROBUST} (HC2).",
    Kind.HC3: f"{_ROBUST} (HC3).",
    Kind.CLUSTER: "Standard errors hold where rows of a cluster depend on each other.",
}


class EstimateResults(ResultsPart):
    """What was estimated; see `DiscreteResults`."""

    @property
    def params(self) -> Vector:
        """The estimates, (p,), or (K, J - 1) of several classes."""
        return self._param_vector(self._estimates.params)

    @property
    def bse(self) -> Vector:
        """The standard errors of the estimates, of `cov_type`; the shape of params."""
        return self._param_vector(self._estimates.contrasts.std_errors)

    @property
    def tvalues(self) -> Vector:
        """The estimates in standard errors; the shape of params."""
        return self._param_vector(self._estimates.contrasts.z)

    zvalues = tvalues

    @property
    def pvalues(self) -> Vector:
        """Two-sided p-values, normal unless use_t; the shape of params."""
        return self._param_vector(self._estimates.contrasts.p_values)

    def conf_int(self, alpha: float = 0.05) -> Table:
        """Wald intervals of the parameters at level 1 - alpha, (p, 2)."""
        interval = self._estimates.contrasts.interval(1.0 - alpha)
        return self._output_format.matrix(interval, self.model.exog_names, [0, 1])

    def odds_ratios(self, alpha: float = 0.05) -> Table:
        """exp of the parameters with intervals at level 1 - alpha, as a table.

        They are odds ratios of a logit, and relative-risk ratios of an MNLogit.
        """
        ratios = self._estimates.contrasts.ratios(1.0 - alpha)
        lower, upper = ratios.interval.T
        columns = {"odds ratio": ratios.values, "lower": lower, "upper": upper}
        return self._output_format.table(columns, self._param_labels())

    @property
    def infinite(self) -> Vector:
        """Which estimates are infinite; the shape of params.

        -1 or 1 for minus or plus infinity, nan if the data do not tell which, 0 for a finite one.
        """
        signs = self._estimates.signs_of_infinity
        return self._param_vector(self.record.over_all_columns(signs))

    def cov_params(
        self,
        r_matrix: ArrayLike | None = None,
        column: ArrayLike | None = None,
        scale: float | None = None,
        cov_p: object = None,
        other: ArrayLike | None = None,
    ) -> Table:
        """The covariance of the parameters, (q, q).

        column: of some parameters alone, by position. r_matrix: (m, q), of these combinations;
        with other, (m, q), the covariance between both. cov_p: (q, q), in place of the fit's.
        scale: a factor.
        """
        matrix = self._estimates.covariance_or(cov_p)
        matrix = matrix if scale is None else matrix * scale
        if column is not None:
            at = np.atleast_1d(np.asarray(column))
            return matrix[at[0], at[0]] if np.ndim(column) == 0 else matrix[np.ix_(at, at)]
        if r_matrix is not None:
            R = np.atleast_2d(np.asarray(r_matrix, dtype=np.float64))
            right = R if other is None else np.atleast_2d(np.asarray(other, dtype=np.float64))
            return R @ matrix @ right.T
        return matrix if cov_p is not None else self._labeled_square(matrix)

    def _labeled_square(self, matrix: Array) -> Table:
        labels = self._param_labels()
        return self._output_format.matrix(matrix, labels, labels)

    @property
    def cov_params_default(self) -> Table:
        """The covariance of the parameters, (q, q)."""
        return self.cov_params()

    @cached_property
    def normalized_cov_params(self) -> Table:
        """The inverse of the observed information, (q, q), whatever `cov_type` is."""
        return self._labeled_square(self._estimates.inverse_information)

    @property
    def cov_type(self) -> str:
        """The kind of the covariance."""
        return self.record.covariance.kind.value

    @property
    def cov_kwds(self) -> dict[str, object]:
        """What the covariance rests on, by statsmodels' names."""
        asked = self.record.covariance
        facts: dict[str, object] = {
            "information": asked.information.value,
            "description": DESCRIPTIONS[asked.kind],
        }
        is_cluster = asked.kind is Kind.CLUSTER
        if asked.kind is not Kind.NONROBUST:
            facts["use_t"] = self.use_t
            facts["adjust_df"] = is_cluster and self.record.df_correction
            facts["scaling_factor"] = self.record.scaling
        if is_cluster:
            facts["groups"] = self.record.groups
            facts["use_correction"] = asked.small_sample is not SmallSample.NONE
            facts["correction"] = asked.small_sample.value
            facts["n_groups"] = self.fit_result.clusters
        return facts

    @property
    def n_groups(self) -> int | tuple[int, ...]:
        """The number of clusters; of two ways both numbers.

        Raises UnavailableError without clusters.
        """
        clusters = self.fit_result.clusters
        if not clusters:
            raise UnavailableError("n_groups belongs to a fit with cov_type='cluster'.")
        return clusters[0] if len(clusters) == 1 else clusters

    @property
    def nobs(self) -> float:
        """The number of rows that the data stand for."""
        n = self.fit_result.observations
        return int(n) if float(n).is_integer() else n

    @property
    def k_constant(self) -> int:
        """1 if there is a constant, else 0."""
        return self._estimates.k_constant

    @property
    def df_model(self) -> float:
        """The number of free parameters beside the constants."""
        return self._estimates.df_model

    @property
    def df_resid(self) -> float:
        """The number of rows less the number of free parameters."""
        return self._estimates.df_resid

    @property
    def df_resid_inference(self) -> float:
        """Degrees of freedom of t and F: df_resid, or the number of clusters less one.

        Of clusters in two ways, the fewer count.
        """
        return self._estimates.df_inference

    @property
    def trimmed(self) -> NDArray[np.bool_]:
        """Which parameters an l1 penalty left at zero, (q,).

        Raises UnavailableError without a penalty.
        """
        return self._estimates.trimmed

    @property
    def nnz_params(self) -> int:
        """How many parameters an l1 penalty left. Raises UnavailableError without one."""
        return int((~self.trimmed).sum())

    @property
    def constraints(self) -> LinearConstraints:
        """The equalities that hold in the fit. Raises UnavailableError without any."""
        equalities = self.record.equalities
        if equalities is None:
            raise UnavailableError("constraints belong to a fit under equalities, fit_constrained.")
        return LinearConstraints(equalities.R, equalities.q[:, None], equalities.names)

    @property
    def k_constr(self) -> int:
        """How many equalities hold in the fit. Raises UnavailableError without any."""
        return int(self.constraints.coefs.shape[0])
