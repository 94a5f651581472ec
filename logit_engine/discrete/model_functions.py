"""The functions of a model at any parameters: the log-likelihood, its derivatives, predictions."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from logit_engine.columns import Array
from logit_engine.discrete.model_data import ModelData
from logit_engine.discrete.prediction_inputs import matched_exog
from logit_engine.objective.sample import linear_predictor
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import arrays
from logit_engine.rows.alignment import aligned_rows, row_labels
from logit_engine.rows.column_numbers import number_table


class ModelFunctions(ModelData):
    """Functions of the q parameters, (q,), or (K, J - 1) of several classes; see `DiscreteModel`.

    Weights of rows multiply each row's log-likelihood.
    """

    def loglike(self, params: ArrayLike) -> float:
        """The log-likelihood."""
        return self.sample.loglike(self.flat_params(params))

    def loglikeobs(self, params: ArrayLike) -> Array:
        """The log-likelihood of each row, (n,)."""
        return self.sample.terms(self.flat_params(params)).loglik

    def score(self, params: ArrayLike) -> Array:
        """The gradient of the log-likelihood, (q,)."""
        return self.sample.score(self.flat_params(params))

    def score_obs(self, params: ArrayLike) -> Array:
        """The gradient of each row's log-likelihood, (n, q)."""
        return self.sample.score_rows(self.flat_params(params))

    def score_factor(self, params: ArrayLike) -> Array:
        """The derivative of each row's log-likelihood in its linear predictors.

        (n,), or (n, J - 1) of several classes.
        """
        return self.sample.terms(self.flat_params(params)).score

    def hessian(self, params: ArrayLike) -> Array:
        """The second derivative of the log-likelihood, (q, q), negative definite."""
        return self.sample.hessian(self.flat_params(params))

    def hessian_factor(self, params: ArrayLike) -> Array:
        """The second derivative of each row's log-likelihood in its linear predictors.

        (n,), or (n, J - 1, J - 1) of several classes.
        """
        return -self.sample.terms(self.flat_params(params)).curvature

    def information(self, params: ArrayLike) -> Array:
        """The Fisher information, (q, q): minus the expected second derivative."""
        return self.sample.information(self.flat_params(params))

    def predict(
        self,
        params: ArrayLike,
        exog: object = None,
        which: str = "mean",
        offset: ArrayLike | None = None,
        linear: bool | None = None,
    ) -> Array:
        """A prediction for each row.

        exog: other rows, matched by name if they have names; by default the model's own rows with
        their offset. which: mean (probability), linear (predictor), var (of the outcome), or prob
        (of each class). Raises UsageError for another `which`, DataError for columns that do not
        match.
        """
        if linear is not None:
            warn_caller("linear= is deprecated; say which='linear'.", FutureWarning)
            which = "linear" if linear else which
        X, offsets = self.prediction_rows(exog, offset)
        eta = linear_predictor(self.likelihood, X, self.flat_params(params), offsets)
        return self._prediction(eta, which)

    def prediction_rows(self, exog: object, offset: ArrayLike | None) -> tuple[Array, Array | None]:
        """exog, (m, p), and offset, (m,) or (m, J - 1), of rows to predict; a gap in either is nan.

        Raises DataError for columns and offsets that do not match.
        """
        X = self.exog if exog is None else matched_exog(exog, self.inputs.exog_names)
        if offset is None:
            if exog is None:
                return X, self.offset
            if self._has_offset:
                warn_caller(
                    "the model was fitted with an offset; other rows are predicted with 0 unless "
                    "offset= is given."
                )
            return X, None
        if np.ndim(offset) == 0:
            return X, np.full(X.shape[0], np.asarray(offset, dtype=np.float64))
        if exog is None:
            values = self.inputs.of_rows(offset, "offset")
        else:
            of_exog = aligned_rows(offset, row_labels(exog), "offset", "exog")
            values = np.asarray(number_table(of_exog, "offset"), dtype=np.float64)
        gaps = np.isnan(values)
        filled = np.where(gaps, 0.0, values)
        checked = arrays.offset_values(filled, X.shape[0], self.likelihood.outputs)
        return X, np.where(gaps, np.nan, checked)

    @abstractmethod
    def _prediction(self, eta: Array, which: str) -> Array:
        """The prediction of that name at linear predictors, (m,) or (m, J - 1)."""

    @abstractmethod
    def get_distribution(
        self,
        params: ArrayLike,
        exog: object = None,
        offset: ArrayLike | None = None,
    ) -> Any:
        """SciPy's frozen distribution of each row's outcome."""
