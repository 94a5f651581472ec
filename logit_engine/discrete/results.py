"""Results of a fit, put together from their parts: of binary models, and of several classes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from logit_engine.columns import Array
from logit_engine.diagnostics import metrics
from logit_engine.diagnostics.residuals import misclassified
from logit_engine.discrete import saving
from logit_engine.discrete.influence import InfluenceResults, fit_influence
from logit_engine.discrete.model_protocol import Model
from logit_engine.discrete.output_format import Table, Vector, are_names, two_levels
from logit_engine.discrete.result_estimates import EstimateResults
from logit_engine.discrete.result_rows import RowResults
from logit_engine.discrete.result_statistics import StatisticResults
from logit_engine.discrete.result_tables import TableResults
from logit_engine.discrete.result_tests import TestResults
from logit_engine.errors import UsageError
from logit_engine.reporting.layouts import Equation
from logit_engine.reporting.tables import Report

COMPUTED_NAMES = ("_loglik", "_eta", "_residuals", "normalized_cov_params", "mle_retvals")


class DiscreteResults(EstimateResults, StatisticResults, RowResults, TestResults, TableResults):
    """Results of a fit; arrays come in the kind that went into the model.

    Beyond statsmodels: `status` says in a sentence how the fit ended, `infinite` which parameters
    have no finite estimate; there are `odds_ratios`, `lincom`, `condition_number` and `vif`.
    """

    def save(self, fname: str | PathLike[str], remove_data: bool = False) -> None:
        """Write the fit, without its data, as a Parquet file with JSON in its metadata.

        `load` reads it. The file holds what a formula learnt: levels, knots and centers. Only
        levels that are texts, numbers or booleans can be stored; a warning names the others, such
        as intervals. remove_data: forget the rows here, too. Raises ArtifactError without a folder.
        """
        saving.save_results(self._estimates, self._loglik, fname)
        if remove_data:
            self.remove_data()

    @classmethod
    def load(cls, fname: str | PathLike[str]) -> "DiscreteResults":
        """Read what `save` wrote. Raises ArtifactError for any other file."""
        return saving.load(fname)

    def remove_data(self) -> None:
        """Forget the rows: what needs them is refused from here on."""
        self.mle_retvals  # noqa: B018  (cached, as it needs the rows)
        for name in ("_eta", "_residuals"):
            vars(self).pop(name, None)
        self.model = self.model.without_data()
        self.record = replace(self.record, groups=None)

    def initialize(self, model: Model, params: ArrayLike, **kwargs: object) -> None:
        """Take another model and parameters for the same results; kwargs: attributes to set."""
        for name in COMPUTED_NAMES:
            vars(self).pop(name, None)
        vars(self).update(kwargs)
        self.model = model
        estimates, loglik = model.flat_params(params), model.loglike(params)
        result = replace(self.fit_result, estimates=estimates, loglik=loglik)
        self.record = replace(self.record, result=result)


class BinaryResults(DiscreteResults):
    """Results of Logit, Probit and CLogLog."""

    @property
    def resid_dev(self) -> Table:
        """The signed root of each row's deviance, (n,)."""
        return self._output_format.rows(self._residuals.deviance)

    @property
    def resid_generalized(self) -> Table:
        """The score of each row in its linear predictor, (n,)."""
        return self._output_format.rows(self._residuals.generalized)

    def pred_table(self, threshold: float = 0.5) -> Array:
        """The weight of rows observed i and predicted j, (2, 2)."""
        predicted = self.model.predict(self._estimates.prediction_params)
        weight = self.model.sample.weight
        counts = metrics.confusion(self.model.endog, predicted, threshold=threshold, weight=weight)
        return np.array(
            [
                [counts.true_negative, counts.false_positive],
                [counts.false_negative, counts.true_positive],
            ]
        )

    def get_influence(self) -> InfluenceResults:
        """Leverages, Cook's distances, dfbetas and studentized residuals of the rows.

        Raises DataError if the information is singular at the estimates.
        """
        return InfluenceResults(self, self._estimates, fit_influence(self._estimates))


class MultinomialResults(DiscreteResults):
    """Results of MNLogit: params are (K, J - 1)."""

    @property
    def J(self) -> int:
        """The number of classes."""
        return len(self.model.class_names)

    @property
    def K(self) -> int:
        """The number of columns."""
        return len(self.model.exog_names)

    def conf_int(self, alpha: float = 0.05) -> Table:
        """Wald intervals at level 1 - alpha, (J - 1, K, 2); a table for pandas and Polars."""
        interval = self._estimates.contrasts.interval(1.0 - alpha)
        if self._output_format.library == "numpy":
            return interval.reshape(self.J - 1, self.K, 2)
        return self._output_format.matrix(interval, self._param_labels(), ["lower", "upper"])

    @property
    def resid_misclassified(self) -> Table:
        """1 if another class is more probable than the row's own, else 0, (n,)."""
        return self._output_format.rows(misclassified(self._eta, self.model.sample.y))

    def pred_table(self) -> Array:
        """The weight of rows observed i whose most probable class is j, (J, J)."""
        J, sample = self.J, self.model.sample
        predicted = self.model.predict(self._estimates.prediction_params).argmax(axis=1)
        joint = self.model.endog.astype(np.int64) * J + predicted
        return np.bincount(joint, sample.weight, J * J).reshape(J, J).astype(np.float64)

    def summary2(  # type: ignore[override]  # statsmodels' signature
        self,
        alpha: float = 0.05,
        float_format: str = "%.4f",
    ) -> Report:
        """The fit in the layout of statsmodels' summary2, a table for each class."""
        return super().summary2(alpha=alpha, float_format=float_format)

    def get_influence(self) -> NoReturn:
        """Raises UsageError: influence is not defined for several classes."""
        raise UsageError(
            "influence measures are of one linear predictor; fit each class against the base by "
            "Logit."
        )

    def margeff(self) -> NoReturn:
        """Raises UsageError: the method is called get_margeff."""
        raise UsageError("margeff is not a method; use get_margeff.")

    def _param_vector(self, values: Array) -> Vector:
        matrix = values.reshape(self.J - 1, self.K).T
        return self._output_format.matrix(matrix, self.model.exog_names, list(range(self.J - 1)))

    def _param_labels(self) -> Iterable[object]:
        levels = (self.model.endog_names, None)
        return two_levels(self.model.class_names[1:], self.model.exog_names, levels)

    def _equations(
        self,
        xname: Sequence[str] | None,
        yname_list: Sequence[str] | None,
        alpha: float,
    ) -> list[Equation]:
        names, labels = self._column_names(xname), self._class_labels(yname_list)
        contrasts = self._estimates.contrasts
        interval = contrasts.interval(1.0 - alpha).reshape(self.J - 1, self.K, 2)
        b, se, z, p = (
            values.reshape(self.J - 1, self.K)
            for values in (contrasts.effects, contrasts.std_errors, contrasts.z, contrasts.p_values)
        )
        return [
            Equation(label, names, b[a], se[a], z[a], p[a], interval[a])
            for a, label in enumerate(labels)
        ]

    def _class_labels(self, yname_list: Sequence[str] | None) -> list[str]:
        """A label for each class but the base, unless the caller gives others."""
        classes = self.model.class_names[1:]
        if yname_list is None:
            return [f"{self.model.endog_names}={name}" for name in classes]
        if not are_names(yname_list, len(classes)):
            raise UsageError(
                f"yname_list is {yname_list!r}; give a name for each of {len(classes)} classes: "
                f"{', '.join(classes)}."
            )
        return list(yname_list)
