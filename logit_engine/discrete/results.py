"""What a fit found, under statsmodels' names: results of binary models, and of several classes."""

from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.diagnostics import metrics
from logit_engine.diagnostics.residuals import misclassified
from logit_engine.discrete.frames import two_levels
from logit_engine.discrete.influence import InfluenceResults
from logit_engine.discrete.result import DiscreteResults
from logit_engine.errors import UsageError
from logit_engine.reporting.tables import Equation, Report


class BinaryResults(DiscreteResults):
    """Results of Logit, Probit and CLogLog."""

    @property
    def resid_dev(self) -> Any:
        """The signed roots of the rows' deviances."""
        return self._dress.rows(self._residuals.deviance)

    @property
    def resid_generalized(self) -> Any:
        """The rows' scores in the linear predictor."""
        return self._dress.rows(self._residuals.generalized)

    def pred_table(self, threshold: float = 0.5) -> Array:
        """(2, 2): rows observed i and predicted j, by weight."""
        counted = metrics.confusion(
            self.model.endog, self.model.predict(self._at), threshold=threshold, weight=self.model.sample.weight
        )
        return np.array(
            [[counted.true_negative, counted.false_positive], [counted.false_negative, counted.true_positive]]
        )

    def get_influence(self) -> InfluenceResults:
        """Leverages, Cook's distances, dfbetas and studentized residuals of the rows."""
        return InfluenceResults.of(self)

    def _equations(self, xname: Any, yname_list: Any, alpha: float) -> list[Equation]:
        names = self._row_names(xname)
        c = self._contrasts
        return [Equation("", names, c.effects, c.std_errors, c.z, c.p_values, c.interval(1.0 - alpha))]


class MultinomialResults(DiscreteResults):
    """Results of MNLogit: parameters are (K, J - 1)."""

    @property
    def J(self) -> int:
        """How many classes."""
        return int(self.model.J)

    @property
    def K(self) -> int:
        """How many columns."""
        return int(self.model.K)

    def _shaped(self, values: Array) -> Any:
        return self._dress.matrix(values.reshape(self.J - 1, self.K).T, self.model.exog_names, list(range(self.J - 1)))

    def _labels(self) -> Any:
        return two_levels(self.model.class_names[1:], self.model.exog_names, (self.model.endog_names, None))

    def conf_int(self, alpha: float = 0.05) -> Any:
        """Wald intervals, (J - 1, K, 2); as a table for pandas and Polars."""
        interval = self._contrasts.interval(1.0 - alpha)
        if self._dress.library == "numpy":
            return interval.reshape(self.J - 1, self.K, 2)
        return self._dress.matrix(interval, self._labels(), ["lower", "upper"])

    @property
    def resid_misclassified(self) -> Any:
        """1 where another class is more probable than the row's own, else 0."""
        return self._dress.rows(misclassified(self._eta, self.model.sample.y))

    def pred_table(self) -> Array:
        """(J, J): rows observed i whose most probable class is j, by weight."""
        predicted = self.model.predict(self._at).argmax(axis=1)
        joint = self.model.endog * self.J + predicted
        return np.bincount(joint, self.model.sample.weight, self.J * self.J).reshape(self.J, self.J).astype(np.float64)

    def summary2(self, alpha: float = 0.05, float_format: str = "%.4f") -> Report:  # type: ignore[override]
        """The fit in statsmodels' second layout, a table for each class."""
        return super().summary2(alpha=alpha, float_format=float_format)

    def get_influence(self) -> Any:
        """Not defined for several classes. Raises UsageError."""
        raise UsageError("influence measures are of one linear predictor; fit each class against the base by Logit.")

    def margeff(self) -> Any:
        """Raises UsageError: the method is called get_margeff."""
        raise UsageError("margeff is not a method; use get_margeff.")

    def _equations(self, xname: Any, yname_list: Any, alpha: float) -> list[Equation]:
        names = self._row_names(xname)
        labels = yname_list or [f"{self.model.endog_names}={c}" for c in self.model.class_names[1:]]
        c = self._contrasts
        b, se, z, p = (v.reshape(self.J - 1, self.K) for v in (c.effects, c.std_errors, c.z, c.p_values))
        interval = c.interval(1.0 - alpha).reshape(self.J - 1, self.K, 2)
        return [Equation(label, names, b[a], se[a], z[a], p[a], interval[a]) for a, label in enumerate(labels)]
