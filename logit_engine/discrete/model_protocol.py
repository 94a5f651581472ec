"""What results need of a model, as a protocol: results and fitting know a model by this alone."""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.discrete.inputs import Inputs
from logit_engine.discrete.output_format import OutputFormat
from logit_engine.discrete.row_weights import RowWeights
from logit_engine.likelihoods import Likelihood
from logit_engine.objective.sample import SampleLikelihood

if TYPE_CHECKING:
    from logit_engine.discrete.formulas import FormulaView
    from logit_engine.discrete.results import DiscreteResults


class Model(Protocol):
    """Data with names, the likelihood at any parameters, and predictions; see `DiscreteModel`."""

    inputs: Inputs
    exog: Array
    endog: NDArray[np.float64] | NDArray[np.int64]
    weights: RowWeights
    sample: SampleLikelihood
    design: "FormulaView | None"
    formula: str | None
    check_rank: bool | str

    @property
    def likelihood(self) -> Likelihood: ...

    @property
    def has_data(self) -> bool: ...

    @property
    def endog_names(self) -> str: ...

    @property
    def exog_names(self) -> list[str]: ...

    @property
    def class_names(self) -> list[str]: ...

    @property
    def constraint_names(self) -> list[str]: ...

    @property
    def k_constant(self) -> int: ...

    @property
    def notes(self) -> list[str]: ...

    @property
    def output_format(self) -> OutputFormat: ...

    def names_in(self, hypothesis: object) -> list[str]: ...

    def flat_params(self, params: ArrayLike) -> Array: ...

    def loglike(self, params: ArrayLike) -> float: ...

    def score(self, params: ArrayLike) -> Array: ...

    def score_obs(self, params: ArrayLike) -> Array: ...

    def hessian(self, params: ArrayLike) -> Array: ...

    def information(self, params: ArrayLike) -> Array: ...

    def predict(
        self,
        params: ArrayLike,
        exog: object = None,
        which: str = "mean",
        offset: ArrayLike | None = None,
        linear: bool | None = None,
    ) -> Array: ...

    def prediction_rows(
        self, exog: object, offset: ArrayLike | None
    ) -> tuple[Array, Array | None]: ...

    def get_distribution(
        self,
        params: ArrayLike,
        exog: object = None,
        offset: ArrayLike | None = None,
    ) -> Any: ...

    def null_fit(self, **fit_keywords: Any) -> "DiscreteResults": ...

    def without_data(self) -> "Model": ...

    def to_content(self) -> dict[str, object]: ...
