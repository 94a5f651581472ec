"""Results, first part: the estimates, their covariance, and how many there are."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.discrete.contrasts import (
    LinearConstraints,
)
from logit_engine.discrete.fitted import Fitted
from logit_engine.discrete.frames import Dress
from logit_engine.errors import UnavailableError
from logit_engine.fitting.result import FitResult
from logit_engine.inference.covariance import Kind, SmallSample
from logit_engine.inference.hypotheses import Contrasts

_ROWS = "Standard errors hold where the rows' variances differ from the model's"
DESCRIPTIONS = {
    Kind.NONROBUST: "Standard errors assume that the model is right.",
    Kind.HC0: f"{_ROWS} (HC0).",
    Kind.HC1: f"{_ROWS} (HC1).",
    Kind.HC2: f"{_ROWS} (HC2).",
    Kind.HC3: f"{_ROWS} (HC3).",
    Kind.CLUSTER: "Standard errors hold where rows of a cluster depend on each other.",
}


class EstimateResults:
    """What was estimated; see `DiscreteResults`."""

    def __init__(self, model: Any, found: Fitted, use_t: bool = False) -> None:
        self.model = model
        self.fit_result: FitResult = found.result
        self.found = found
        self.use_t = use_t
        self.scale = 1.0
        self.method = "MLE"
        self._null: float | None = None

    @property
    def _theta(self) -> Array:
        """All parameters, (q,): nan for aliased ones."""
        return self.found.spread(self.fit_result.estimates)

    @property
    def _limits(self) -> Array:
        """All parameters, (q,), infinite where they have no finite estimate, nan without a sign: for tables and tests."""
        return self.found.spread(self.fit_result.limits)

    @property
    def _are_infinite(self) -> NDArray[np.bool_]:
        """Which parameters have no finite estimate, (q,)."""
        signs = self.fit_result.infinite
        marks = np.zeros(self.fit_result.estimates.size) if signs is None else (signs != 0.0).astype(np.float64)
        return np.asarray(self.found.spread(marks, 0.0) != 0.0)

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

    def _labels(self) -> Any:
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
        unknown = np.isnan(np.diagonal(self._covariance))
        matrix = self.model.sample.covariance(self._at, ~unknown | self._are_infinite)
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

    @property
    def infinite(self) -> Any:
        """-1 or 1 for each parameter whose estimate is minus or plus infinity, nan if the data do not tell which, else 0."""
        signs = self.fit_result.infinite
        whole = np.zeros(self.fit_result.estimates.size) if signs is None else signs
        return self._shaped(self.found.spread(whole))

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
