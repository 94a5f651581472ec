"""Influence measures under statsmodels' names: the engine's, and what they are made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from logit_engine.columns import Array
from logit_engine.diagnostics.influence import Influence, influence, leverages
from logit_engine.errors import DataError, UsageError
from logit_engine.inference.covariance import Information, Kind
from logit_engine.objective.triangles import aliased, cholesky_factor, r_factor
from logit_engine.rows import one_blas_thread


@dataclass(frozen=True, slots=True)
class InfluenceResults:
    """One-step influence of each row on the estimates; arrays (n,), dfbetas (n, p)."""

    results: Any
    measures: Influence

    @staticmethod
    def of(results: Any) -> "InfluenceResults":
        """The influence of the rows of a fit. Raises DataError where the information is singular."""
        model = results.model
        expected = results.found.covariance.information is Information.EXPECTED
        factor = cholesky_factor(model.information(results._at) if expected else -model.hessian(results._at))
        if factor is None or not results.found.kept.all():
            raise DataError("influence needs all parameters identified: the information is singular at the estimates.")
        robust = results.found.covariance.kind is not Kind.NONROBUST
        sample = model.sample
        with one_blas_thread():  # the blocks are small: threads would fight
            found = influence(
                model.likelihood,
                sample.X,
                sample.y,
                results._at,
                factor,
                covariance=results._covariance if robust else None,
                offset=sample.offset,
                weight=sample.weight,
            )
        return InfluenceResults(results, found)

    # --- what they are made of ----------------------------------------------------------------------------------

    @property
    def model_class(self) -> type:
        """Of which model the fit is."""
        return type(self.results.model)

    @property
    def nobs(self) -> int:
        """Rows."""
        return int(self.exog.shape[0])

    @property
    def k_vars(self) -> int:
        """Columns of exog."""
        return int(self.exog.shape[1])

    @property
    def k_params(self) -> int:
        """Parameters."""
        return int(self.measures.params.size)

    @property
    def endog(self) -> Array:
        """The outcome, (n,)."""
        return self.results.model.endog  # type: ignore[no-any-return]

    @property
    def exog(self) -> Array:
        """The design, (n, p)."""
        return self.results.model.exog  # type: ignore[no-any-return]

    @property
    def scale(self) -> float:
        """1."""
        return float(self.results.scale)

    @property
    def cov_params(self) -> Array:
        """The covariance of the estimates, (p, p), of the fit's `cov_type`."""
        return np.asarray(self.results.cov_params())

    @property
    def hessian(self) -> Array:
        """The second derivative of the log-likelihood at the estimates, (p, p)."""
        return self.results.model.hessian(self.results._at)  # type: ignore[no-any-return]

    @property
    def score_obs(self) -> Array:
        """The rows' scores at the estimates, (n, p)."""
        return self.results.model.score_obs(self.results._at)  # type: ignore[no-any-return]

    @property
    def resid(self) -> Array:
        """Pearson residuals, (n,)."""
        return np.asarray(self.results.resid_pearson)

    # --- the measures -------------------------------------------------------------------------------------------

    @property
    def hat_matrix_exog_diag(self) -> Array:
        """Leverages of least squares on exog, (n,). Raises DataError for aliased columns."""
        factor = r_factor(np.array(self.exog, order="F"))  # of a copy: it is overwritten
        if aliased(factor, np.zeros(self.k_vars)).any():
            raise DataError("columns of exog are linear combinations of others: least squares has no leverages there.")
        return leverages(self.exog, factor)

    def resid_score_factor(self) -> Array:
        """Scores over the root of their curvature and sqrt(1 - leverage), (n,); nan where the curvature is negative."""
        return self.measures.score_residuals

    def resid_score(self, joint: bool = True, index: Any = None, studentize: bool = False) -> Array:
        """The rows' scores in the information: their squared length, (n,), or each over the root of its own, (n, m).

        index: which parameters; studentize: over sqrt(1 - leverage).
        """
        at = np.arange(self.k_params) if index is None else np.atleast_1d(np.asarray(index))
        score, information = self.score_obs[:, at], -self.hessian[np.ix_(at, at)]
        root = np.sqrt(1.0 - self.hat_matrix_diag) if studentize else np.ones(self.nobs)
        if not joint:
            return np.asarray(score / np.sqrt(np.diagonal(information)) / root[:, None])
        factor = cholesky_factor(information)
        if factor is None:
            raise DataError("the information of these parameters is singular at the estimates.")
        half = solve_triangular(factor, score.T, trans="T", check_finite=False)
        return np.asarray(np.einsum("ij,ij->j", half, half) / root)

    @property
    def hat_matrix_diag(self) -> Array:
        """Leverages: the derivative of each mean in its own y."""
        return self.measures.hat

    @property
    def resid_studentized(self) -> Array:
        """Pearson residuals over sqrt(1 - leverage)."""
        return self.measures.studentized

    @property
    def cooks_distance(self) -> tuple[Array, Array]:
        """Cook's distances, and their upper tails in F(p, n - p)."""
        return self.measures.cooks_distance, self.measures.cooks_p_values

    @property
    def d_params(self) -> Array:
        """The estimates less those without the row, (n, p)."""
        return self.measures.d_params

    @property
    def dfbetas(self) -> Array:
        """The same in standard errors, (n, p)."""
        return self.measures.dfbetas

    @property
    def params_one(self) -> Array:
        """The estimates without the row, (n, p)."""
        return self.measures.params_one

    @property
    def d_fittedvalues(self) -> Array:
        """The row's mean less what it is without the row."""
        return self.measures.d_fitted

    @property
    def d_fittedvalues_scaled(self) -> Array:
        """The same in standard errors."""
        return self.measures.dffits

    def plot_influence(
        self,
        external: bool | None = None,
        alpha: float = 0.05,
        criterion: str = "cooks",
        size: float = 48,
        plot_alpha: float = 0.75,
        ax: Any = None,
    ) -> Any:
        """Residuals against leverages, the points as large as the criterion, cooks or dffits; Matplotlib's figure.

        Rows with a residual beyond the two-sided alpha or a high leverage are labeled. Raises UsageError for external.
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
        """A measure of each row against its position; Matplotlib's figure, whose scatter takes keywords.

        y_var: cooks, hat, resid_studentized, dfbeta of parameter idx, or an attribute's name. threshold: rows beyond it are
        labeled, by default all.
        """
        from logit_engine.discrete.influence_plots import index_plot

        return index_plot(self, y_var, threshold, title, ax, idx, keywords)

    def summary_frame(self) -> Any:
        """dfbetas, Cook's distance, studentized residual, leverage and dffits of each row, as a table."""
        m = self.measures
        names = self.results.model.exog_names
        columns = {f"dfb_{name}": m.dfbetas[:, j] for j, name in enumerate(names)}
        columns |= {
            "cooks_d": m.cooks_distance,
            "standard_resid": m.studentized,
            "hat_diag": m.hat,
            "dffits_internal": m.dffits,
        }
        index = self.results._dress.index
        return self.results._dress.table(columns, np.arange(m.hat.size) if index is None else index, label="row")
