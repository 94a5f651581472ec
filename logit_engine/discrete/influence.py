"""Influence measures under statsmodels' names."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_engine.blocks import one_blas_thread
from logit_engine.columns import Array
from logit_engine.diagnostics.influence import Influence, influence
from logit_engine.errors import DataError
from logit_engine.inference.covariance import Information, Kind
from logit_engine.triangles import cholesky_factor


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
