"""Influence measures under statsmodels' names: the engine's, and what they are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.diagnostics.influence import Influence, influence, leverages
from logit_engine.discrete.estimates import Estimates
from logit_engine.discrete.output_format import Table
from logit_engine.errors import DataError, UsageError
from logit_engine.inference.covariance import InformationKind, Kind
from logit_engine.likelihoods import Bernoulli
from logit_engine.objective.triangles import aliased, cholesky_factor, r_factor
from logit_engine.rows import one_blas_thread

if TYPE_CHECKING:
    from logit_engine.discrete.results import BinaryResults


def fit_influence(estimates: Estimates) -> Influence:
    """The influence of the rows of a fit.

    Raises DataError if the information is singular at the estimates.
    """
    model, sample = estimates.model, estimates.model.sample
    params, asked = estimates.prediction_params, estimates.record.covariance
    is_expected = asked.information is InformationKind.EXPECTED
    assert isinstance(model.likelihood, Bernoulli)  # of BinaryResults
    with one_blas_thread():  # the blocks are small: threads would fight
        information = model.information(params) if is_expected else -model.hessian(params)
        factor = cholesky_factor(information)
        if factor is None or not estimates.record.kept.all():
            raise DataError(
                "influence needs all parameters identified: the information is singular at the "
                "estimates."
            )
        return influence(
            model.likelihood,
            sample.X,
            sample.y,
            params,
            factor,
            covariance=None if asked.kind is Kind.NONROBUST else estimates.covariance,
            offset=sample.offset,
            weight=sample.weight,
        )


@dataclass(frozen=True, slots=True)
class InfluenceResults:
    """One-step influence of each of n rows on the p estimates."""

    results: "BinaryResults"
    estimates: Estimates
    measures: Influence

    # --- what the measures are computed from --------------------------------------------------

    @property
    def model_class(self) -> type:
        """The class of the model."""
        return type(self.results.model)

    @property
    def nobs(self) -> int:
        """The number of rows."""
        return int(self.exog.shape[0])

    @property
    def k_vars(self) -> int:
        """The number of columns of exog."""
        return int(self.exog.shape[1])

    @property
    def k_params(self) -> int:
        """The number of parameters."""
        return int(self.measures.params.size)

    @property
    def endog(self) -> Array:
        """The outcome, (n,)."""
        return np.asarray(self.results.model.endog, dtype=np.float64)

    @property
    def exog(self) -> Array:
        """The columns of the model, (n, p)."""
        return self.results.model.exog

    @property
    def scale(self) -> float:
        """The scale of the likelihood: one."""
        return self.results.scale

    @property
    def cov_params(self) -> Array:
        """The covariance of the estimates, (p, p), of the fit's `cov_type`."""
        return self.estimates.covariance

    @property
    def hessian(self) -> Array:
        """The second derivative of the log-likelihood at the estimates, (p, p)."""
        return self.results.model.hessian(self.estimates.prediction_params)

    @property
    def score_obs(self) -> Array:
        """The score of each row at the estimates, (n, p)."""
        return self.results.model.score_obs(self.estimates.prediction_params)

    @property
    def resid(self) -> Array:
        """Pearson residuals, (n,)."""
        return np.asarray(self.results.resid_pearson)

    # --- the measures -------------------------------------------------------------------------

    @property
    def hat_matrix_diag(self) -> Array:
        """Leverages, (n,): the derivative of each row's mean in its own outcome."""
        return self.measures.hat

    @property
    def hat_matrix_exog_diag(self) -> Array:
        """Leverages of least squares on exog, (n,). Raises DataError for aliased columns."""
        factor = r_factor(np.array(self.exog, order="F"))  # of a copy: it is overwritten
        if aliased(factor, np.zeros(self.k_vars)).any():
            raise DataError(
                "columns of exog are linear combinations of others: least squares has no "
                "leverages there."
            )
        return leverages(self.exog, factor)

    @property
    def resid_studentized(self) -> Array:
        """Pearson residuals over sqrt(1 - leverage), (n,)."""
        return self.measures.studentized

    def resid_score_factor(self) -> Array:
        """Scores over the root of their curvature and over sqrt(1 - leverage), (n,).

        nan if a row's curvature is negative.
        """
        return self.measures.score_residuals

    def resid_score(
        self,
        joint: bool = True,
        index: int | Sequence[int] | None = None,
        studentize: bool = False,
    ) -> Array:
        """The size of each row's score, measured by the information.

        joint: the squared length of the score of all parameters, (n,); else the score of each
        parameter over the root of its information, (n, m). index: positions of m parameters, by
        default all. studentize: over sqrt(1 - leverage). Raises DataError if the information of
        these parameters is singular.
        """
        at = np.arange(self.k_params) if index is None else np.atleast_1d(np.asarray(index))
        score, information = self.score_obs[:, at], -self.hessian[np.ix_(at, at)]
        root = np.sqrt(1.0 - self.hat_matrix_diag) if studentize else np.ones(self.nobs)
        if not joint:
            return np.asarray(score / np.sqrt(np.diagonal(information)) / root[:, None])
        factor = cholesky_factor(information)
        if factor is None:
            raise DataError("the information of these parameters is singular at the estimates.")
        whitened = solve_triangular(factor, score.T, trans="T", check_finite=False)
        return np.asarray(np.einsum("ij,ij->j", whitened, whitened) / root)

    @property
    def cooks_distance(self) -> tuple[Array, Array]:
        """Cook's distances, and their upper tails in F(p, n - p), (n,) each."""
        return self.measures.cooks_distance, self.measures.cooks_p_values

    @property
    def d_params(self) -> Array:
        """The estimates less those without the row, (n, p)."""
        return self.measures.d_params

    @property
    def dfbetas(self) -> Array:
        """d_params in standard errors, (n, p)."""
        return self.measures.dfbetas

    @property
    def params_one(self) -> Array:
        """The estimates without the row, (n, p)."""
        return self.measures.params_one

    @property
    def d_fittedvalues(self) -> Array:
        """The row's mean less its mean without the row, (n,)."""
        return self.measures.d_fitted

    @property
    def d_fittedvalues_scaled(self) -> Array:
        """d_fittedvalues in standard errors, (n,)."""
        return self.measures.dffits

    # --- tables and plots ---------------------------------------------------------------------

    def summary_frame(self) -> Table:
        """A table of dfbetas, Cook's distance, residual, leverage and dffits of each row."""
        m, output = self.measures, self.results.model.output_format
        names = [f"dfb_{name}" for name in self.results.model.exog_names]
        columns = dict(zip(names, m.dfbetas.T, strict=True))
        columns |= {
            "cooks_d": m.cooks_distance,
            "standard_resid": m.studentized,
            "hat_diag": m.hat,
            "dffits_internal": m.dffits,
        }
        labels = np.arange(m.hat.size) if output.index is None else output.index
        return output.table(columns, labels, label="row")

    def plot_influence(
        self,
        external: bool | None = None,
        alpha: float = 0.05,
        criterion: str = "cooks",
        size: float = 48,
        plot_alpha: float = 0.75,
        ax: Any = None,
    ) -> Any:
        """Residuals against leverages, the points as large as the criterion; Matplotlib's figure.

        Rows with a residual beyond the two-sided alpha, or with a high leverage, have labels.
        criterion: cooks or dffits. size: of the largest point. plot_alpha: opacity of the points.
        Raises UsageError for external, which needs a fit without each row.
        """
        from logit_engine.discrete.influence_plots import influence_plot

        if external:
            raise UsageError("external residuals need a fit without each row; leave external out.")
        return influence_plot(self, alpha, criterion, size, plot_alpha, ax)

    def plot_index(
        self,
        y_var: str = "cooks",
        threshold: float | str | None = None,
        title: str | None = None,
        ax: Any = None,
        idx: int | None = None,
        **keywords: Any,
    ) -> Any:
        """A measure of each row against the row's position; Matplotlib's figure.

        y_var: cooks, hat, resid_studentized, dfbeta of parameter idx, or an attribute's name.
        threshold: rows beyond it have labels, by default all. keywords: of Matplotlib's scatter.
        Raises UsageError for another y_var.
        """
        from logit_engine.discrete.influence_plots import index_plot

        return index_plot(self, y_var, threshold, title, ax, idx, keywords)
