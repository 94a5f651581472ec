"""The data of a model: arrays with names, weights, and a copy of the model that needs no rows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.discrete.inputs import Inputs, is_constant, read_inputs
from logit_engine.discrete.output_format import OutputFormat
from logit_engine.discrete.row_weights import RowWeights
from logit_engine.errors import KeywordError, UnavailableError, UsageError
from logit_engine.likelihoods import Likelihood
from logit_engine.objective.sample import SampleLikelihood

if TYPE_CHECKING:
    from logit_engine.design.formulas.design import FormulaDesign
    from logit_engine.discrete.formulas import FormulaView

WEIGHTS_ADVICE = (
    "freq_weights (equal rows), var_weights (precision, trials) or sampling_weights "
    "(survey weights)"
)
SPAN_ROUNDING = 1e-9  # of a column of ones: a smaller rest is rounding
NEEDS_ROWS = ("exog", "endog", "sample", "weights")


class ModelData(ABC):
    """Data with names, and what is known of them; see `DiscreteModel`."""

    likelihood: Likelihood
    inputs: Inputs
    exog: Array
    endog: NDArray[np.float64] | NDArray[np.int64]
    weights: RowWeights
    sample: SampleLikelihood
    design: "FormulaView | None"
    formula: str | None = None
    hasconst: bool | None = None
    check_rank: bool | str
    missing: str

    def __init__(
        self,
        endog: object,
        exog: object,
        offset: object = None,
        check_rank: bool | str = True,
        missing: str = "none",
        freq_weights: object = None,
        var_weights: object = None,
        sampling_weights: object = None,
        **unknown: Any,
    ) -> None:
        self.hasconst = unknown.pop("hasconst", None)
        _refuse_unknown(unknown)
        self.inputs = read_inputs(
            endog,
            exog,
            missing,
            offset=offset,
            freq_weights=freq_weights,
            var_weights=var_weights,
            sampling_weights=sampling_weights,
        )
        self.check_rank = check_rank
        self.missing = missing
        self.design = None
        self.exog = self.inputs.exog
        self.weights = RowWeights.of_rows(self.inputs.row_values, self.exog.shape[0])
        self.initialize()

    @abstractmethod
    def initialize(self) -> None:
        """Read the outcome; called once by the constructor."""

    @classmethod
    @abstractmethod
    def formula_outcome(cls, design: "FormulaDesign") -> object:
        """The outcome of a formula as this model takes it."""

    def null_model(self) -> Self:
        """The model of the same outcome, weights and offset with a constant alone."""
        ones = np.ones((self.exog.shape[0], 1))
        return type(self)(
            self.inputs.endog, ones, **{**self.inputs.row_values, **self._constructor_settings()}
        )

    def _constructor_settings(self) -> dict[str, Any]:
        """Arguments of the constructor that are no data."""
        return {}

    # --- a model without rows -----------------------------------------------------------------

    def to_content(self) -> dict[str, object]:
        """What a fit needs of the model without its data, JSON-ready.

        `from_content` is the inverse.
        """
        return {
            "endog": self.endog_names,
            "exog": self.exog_names,
            "library": self.inputs.library,
            "dropped": dict(self.inputs.dropped),
            "rows": int(self.inputs.kept.size),
            "formula": self.formula,
            "constant": self._spans_constant,
            "offset": self._has_offset,
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """A model without data: it predicts and tells its names; what needs rows is refused."""
        model = object.__new__(cls)
        model.inputs = Inputs(
            endog=np.empty(0),
            exog=np.empty((0, len(content["exog"]))),
            endog_name=content["endog"],
            exog_names=tuple(content["exog"]),
            library=content["library"],
            labels=None,
            row_values={},
            dropped=content["dropped"],
            kept=np.ones(content["rows"], dtype=bool),
        )
        model.check_rank, model.missing, model.design = True, "none", None
        model.formula = content["formula"]
        vars(model)["_stored_offset"] = content.get("offset", False)
        if "constant" in content:  # not in files of earlier versions
            vars(model)["_spans_constant"] = content["constant"]
        model._restore_outcome(content)
        return model

    @abstractmethod
    def _restore_outcome(self, content: Mapping[str, Any]) -> None:
        """Set what `initialize` sets, as far as it needs no rows."""

    def without_data(self) -> Self:
        """A copy that has forgotten the rows."""
        model = self.from_content(self.to_content())
        model.design = None if self.design is None else replace(self.design, rows=None)
        return model

    @property
    def has_data(self) -> bool:
        """Whether the rows are there: not after `remove_data`, nor in results that were loaded."""
        return "sample" in vars(self)

    if not TYPE_CHECKING:  # else every attribute would have a type

        def __getattr__(self, name: str) -> NoReturn:
            if not self.has_data and (name in NEEDS_ROWS or hasattr(type(self), name)):
                raise UnavailableError(
                    f"this model has no data ('{name}'): its results were loaded, or their data "
                    "removed."
                )
            raise AttributeError(f"'{type(self).__name__}' has no attribute '{name}'")

    # --- names and counts ---------------------------------------------------------------------

    @property
    def endog_names(self) -> str:
        """The name of the outcome."""
        return self.inputs.endog_name

    @property
    def exog_names(self) -> list[str]:
        """The names of the columns of exog."""
        return list(self.inputs.exog_names)

    @property
    def class_names(self) -> list[str]:
        """The names of several classes, the base first; none of a binary outcome."""
        return []

    @property
    def constraint_names(self) -> list[str]:
        """A name for each parameter in constraints, (q,)."""
        return self.exog_names

    def names_in(self, hypothesis: object) -> list[str]:
        """A name for each parameter, (q,), as this hypothesis uses them."""
        return self.constraint_names

    @property
    def notes(self) -> list[str]:
        """What a reader of the results must know of the data."""
        return []

    @property
    def output_format(self) -> OutputFormat:
        """How arrays become objects of the caller's library."""
        return OutputFormat(self.inputs.library, self.inputs.index)

    @property
    def nobs(self) -> float:
        """The number of rows that the data stand for; frequency weights count."""
        return self.weights.observations

    @property
    def k_constant(self) -> int:
        """1 if a combination of exog's columns is constant, else 0; the caller's hasconst wins.

        Such a combination is a column of ones, or the sum of all dummies.
        """
        return int(self._spans_constant if self.hasconst is None else self.hasconst)

    @cached_property
    def _spans_constant(self) -> bool:
        if is_constant(self.exog).any():
            return True
        lengths = np.linalg.norm(self.exog, axis=0)
        X = self.exog / np.where(lengths > 0.0, lengths, 1.0)
        ones = np.ones(self.exog.shape[0])
        rest = ones - X @ np.linalg.lstsq(X, ones)[0]
        return bool(np.linalg.norm(rest) <= SPAN_ROUNDING * np.sqrt(ones.size))

    @property
    def df_model(self) -> float:
        """The number of parameters beside the constants."""
        return float((self.exog.shape[1] - self.k_constant) * self.likelihood.outputs)

    @property
    def df_resid(self) -> float:
        """The number of rows less the number of parameters."""
        return self.nobs - float(self.exog.shape[1] * self.likelihood.outputs)

    @property
    def offset(self) -> Array | None:
        """The offset of each row, (n,) or (n, J - 1), or None."""
        return self.sample.offset

    @property
    def _has_offset(self) -> bool:
        """Whether the fit had an offset; known without the data too."""
        return self.offset is not None if self.has_data else bool(vars(self)["_stored_offset"])

    def flat_params(self, params: ArrayLike) -> Array:
        """Parameters as the engine has them, (q,): one class after another.

        params: (q,), or (K, J - 1) of several classes. Raises UsageError for another shape and for
        infinite values.
        """
        values = np.asarray(params, dtype=np.float64)
        flat = values.T.reshape(-1) if values.ndim == 2 else values
        expected = len(self.exog_names) * self.likelihood.outputs
        if flat.shape != (expected,):
            raise UsageError(
                f"params has shape {values.shape}; this model has {expected} parameters."
            )
        if np.isinf(flat).any():
            raise UsageError("params holds an infinite value; give finite ones.")
        return flat


def _refuse_unknown(unknown: Mapping[str, object]) -> None:
    """Raises KeywordError for a keyword that no model takes."""
    if "weights" in unknown:
        raise KeywordError(f"weights can mean three things; say {WEIGHTS_ADVICE}.")
    if "exposure" in unknown:
        raise KeywordError(
            "'exposure' is not an argument of this model, but of models of counts. Give its "
            "logarithm, offset=np.log(exposure): under CLogLog it then multiplies the hazard, "
            "under Logit the odds."
        )
    for name in unknown:
        raise KeywordError(
            f"'{name}' is not an argument of this model; weights are {WEIGHTS_ADVICE}."
        )
