"""The state that all parts of the results share, and the values that they are made of."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from logit_engine.columns import Array
from logit_engine.discrete.estimates import Estimates
from logit_engine.discrete.fit_record import FitRecord
from logit_engine.discrete.fit_statistics import FitStatistics, fit_loglik
from logit_engine.discrete.model_protocol import Model
from logit_engine.discrete.output_format import OutputFormat, Vector, are_names
from logit_engine.errors import UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.reporting.layouts import Equation


class ResultsPart:
    """A model, the record of its fit, and how parameters are laid out in tables.

    Each part gives statsmodels' names of one kind. A part knows this class and no other part.
    """

    def __init__(self, model: Model, record: FitRecord, use_t: bool = False) -> None:
        self.model = model
        self.record = record
        self.use_t = use_t
        self.scale = 1.0
        self.method = "MLE"
        self._null_loglik: float | None = None

    @property
    def fit_result(self) -> FitResult:
        """The engine's result."""
        return self.record.result

    @property
    def _estimates(self) -> Estimates:
        return Estimates(self.model, self.record, self.use_t)

    @cached_property
    def _loglik(self) -> float:
        return fit_loglik(self._estimates)

    @property
    def _statistics(self) -> FitStatistics:
        return FitStatistics(self._estimates, self._loglik, self._null_loglik)

    @property
    def _output_format(self) -> OutputFormat:
        return self.model.output_format

    def _param_vector(self, values: Array) -> Vector:
        """One value for each parameter, (q,), in the caller's kind and shape."""
        return self._output_format.vector(values, self.model.exog_names)

    def _param_labels(self) -> Iterable[object]:
        """A label for each parameter, (q,)."""
        return list(self.model.exog_names)

    def _equations(
        self,
        xname: Sequence[str] | None,
        yname_list: Sequence[str] | None,
        alpha: float,
    ) -> list[Equation]:
        """The parameters of each linear predictor, as tables show them.

        xname: names of the columns. yname_list: names of the linear predictors of several classes.
        Raises UsageError for another number of names, and for yname_list of a binary outcome.
        """
        if yname_list is not None:
            raise UsageError("yname_list names classes of an MNLogit; leave it out, or give yname.")
        contrasts = self._estimates.contrasts
        return [
            Equation(
                label="",
                names=self._column_names(xname),
                estimate=contrasts.effects,
                std_error=contrasts.std_errors,
                z=contrasts.z,
                p_value=contrasts.p_values,
                interval=contrasts.interval(1.0 - alpha),
            )
        ]

    def _column_names(self, xname: Sequence[str] | None) -> list[str]:
        """The names of the columns, unless the caller gives others."""
        names = list(self.model.exog_names)
        if xname is None:
            return names
        if not are_names(xname, len(names)):
            found = f"has {len(xname)} names" if isinstance(xname, list) else f"is {xname!r}"
            raise UsageError(
                f"xname {found}; the model has {len(names)} columns: {', '.join(names)}."
            )
        return list(xname)
