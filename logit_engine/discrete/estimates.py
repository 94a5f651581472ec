"""Estimates of a fit as arrays of the engine: what tables, tests, predictions and margins use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.constraints import linear_equalities
from logit_engine.discrete.fit_record import FitRecord
from logit_engine.discrete.model_protocol import Model
from logit_engine.errors import UnavailableError
from logit_engine.fitting.result import FitResult
from logit_engine.inference.covariance import Kind
from logit_engine.inference.hypotheses import Contrasts


@dataclass(frozen=True, slots=True)
class Estimates:
    """The q parameters of a fit and their covariance, one class after another.

    use_t: whether tests use Student's t and F in place of the normal and chi-squared distributions.
    """

    model: Model
    record: FitRecord
    use_t: bool

    @property
    def result(self) -> FitResult:
        """The engine's result."""
        return self.record.result

    @property
    def params(self) -> Array:
        """The estimates, (q,): nan for aliased columns."""
        return self.record.over_all_columns(self.result.estimates)

    @property
    def limits(self) -> Array:
        """The estimates for tables and tests, (q,).

        Infinite without a finite estimate, nan if the data do not tell the sign of infinity.
        """
        return self.record.over_all_columns(self.result.limits)

    @property
    def prediction_params(self) -> Array:
        """The estimates for predictions, (q,): zero for aliased columns."""
        return self.record.over_all_columns(self.result.estimates, 0.0)

    @property
    def signs_of_infinity(self) -> Array:
        """The sign of each infinite estimate, nan if the data do not tell it, 0 if finite, (q,)."""
        signs = self.result.infinite
        return np.zeros(self.result.estimates.size) if signs is None else signs

    @property
    def is_infinite(self) -> NDArray[np.bool_]:
        """Which parameters have no finite estimate, (q,)."""
        marks = (self.signs_of_infinity != 0.0).astype(np.float64)
        return np.asarray(self.record.over_all_columns(marks, 0.0) != 0.0)

    @property
    def covariance(self) -> Array:
        """The covariance of the estimates, (q, q): nan for aliased columns."""
        return self.record.over_all_columns(self.result.covariance)

    @property
    def prediction_covariance(self) -> Array:
        """The covariance for predictions, (q, q).

        Zero for aliased columns and for zeros of an l1 penalty, nan for infinite estimates.
        """
        covariance = self.record.over_all_columns(self.result.covariance, 0.0)
        return covariance if self.record.alpha is None else np.nan_to_num(covariance)

    @property
    def inverse_information(self) -> Array:
        """The inverse of the observed information, (q, q): nan for aliased columns."""
        if self.record.covariance.kind is Kind.NONROBUST:
            return self.covariance
        unknown = np.isnan(np.diagonal(self.covariance))
        among = ~unknown | self.is_infinite
        matrix = self.model.sample.covariance(self.prediction_params, among)
        matrix[unknown], matrix[:, unknown] = np.nan, np.nan
        return matrix

    @property
    def contrasts(self) -> Contrasts:
        """Each parameter tested against zero."""
        std_errors = np.sqrt(np.diagonal(self.covariance))
        return Contrasts(self.limits, std_errors, np.zeros(std_errors.size), self.test_df())

    @property
    def trimmed(self) -> NDArray[np.bool_]:
        """Which parameters an l1 penalty left at zero, (q,).

        Raises UnavailableError without a penalty.
        """
        if self.record.alpha is None:
            raise UnavailableError("trimmed belongs to a fit with an l1 penalty, fit_regularized.")
        unknown = np.isnan(np.diagonal(self.result.covariance))
        return np.asarray((self.result.estimates == 0.0) & unknown)

    @property
    def parameter_count(self) -> float:
        """How many parameters are free: neither zero by a penalty nor held by constraints."""
        if self.record.alpha is not None:
            return float((~self.trimmed).sum())
        return float(self.result.estimates.size - self.result.fixed)

    @property
    def k_constant(self) -> int:
        """1 if there is a constant, else 0."""
        return 1 if self.result.free.any() else int(self.model.k_constant)

    @property
    def df_model(self) -> float:
        """The number of free parameters beside the constants."""
        is_constant = self.result.free
        outputs = self.model.likelihood.outputs
        constants = is_constant.sum() if is_constant.any() else self.k_constant * outputs
        return self.parameter_count - float(constants - self.result.fixed_constants)

    @property
    def df_resid(self) -> float:
        """The number of rows less the number of free parameters."""
        return float(self.result.observations) - self.parameter_count

    @property
    def df_inference(self) -> float:
        """Degrees of freedom of t and F: df_resid, or the number of clusters less one.

        Of clusters in two ways, the fewer count.
        """
        clusters = self.result.clusters
        if clusters and self.record.df_correction:
            return float(min(clusters) - 1)
        return self.df_resid

    def test_df(self, use_df: bool | None = None) -> float | None:
        """Degrees of freedom of t, or of the denominator of F.

        None for the normal and chi-squared distributions. use_df: None as the fit's use_t.
        """
        return self.df_inference if (self.use_t if use_df is None else use_df) else None

    @property
    def constraint_names(self) -> list[str]:
        """A name for each parameter in constraints, (q,)."""
        return list(self.model.constraint_names)

    def hypotheses(self, r_matrix: object) -> tuple[Array, Array]:
        """R, (m, q), and the null values, (m,), of a matrix, a pair or a text such as "x1 = x2".

        Raises UsageError for a text that cannot be read.
        """
        equalities = linear_equalities(r_matrix, self.model.names_in(r_matrix))
        return equalities.R, equalities.q

    def covariance_or(self, cov_p: object) -> Array:
        """The covariance of the fit, (q, q), unless the caller gives another."""
        return self.covariance if cov_p is None else np.asarray(cov_p, dtype=np.float64)

    def terms(self) -> Mapping[str, Sequence[int]]:
        """The positions of each term's parameters, among all q."""
        names, outputs = self.model.exog_names, self.model.likelihood.outputs
        if self.model.design is None:
            columns: Mapping[str, Sequence[int]] = {name: [j] for j, name in enumerate(names)}
        else:
            columns = self.model.design.terms
        p = len(names)
        return {
            name: [a * p + j for a in range(outputs) for j in at] for name, at in columns.items()
        }
