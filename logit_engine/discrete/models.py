"""The models: Logit, Probit and CLogLog of a binary outcome, MNLogit of several classes."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.discrete.fitted import Fitted
from logit_engine.discrete.links import FamilyView, LinkView
from logit_engine.discrete.model import DiscreteModel
from logit_engine.discrete.results import BinaryResults, MultinomialResults
from logit_engine.errors import DataError, UsageError
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import CLOGLOG, LOGIT, PROBIT, Link
from logit_engine.objective.sample import Sample, class_probabilities, variance
from logit_engine.rows import arrays
from logit_engine.rows.column_numbers import is_number, table


class BinaryModel(DiscreteModel):
    """A binary outcome through a link: endog is 0 or 1, or a share of events (with var_weights the number of trials)."""

    curve: ClassVar[Link]

    def _restore(self, content: Mapping[str, Any]) -> None:
        self.likelihood = Bernoulli(self.curve)

    def initialize(self) -> None:
        """Read the outcome; called once by the constructor."""
        self.likelihood = Bernoulli(self.curve)
        y = self.inputs.endog
        if y.dtype.kind == "O" and all(map(is_number, y.tolist())):
            y = table(y, "endog")
        if y.dtype.kind not in "fiu":
            raise DataError(
                f"endog '{self.endog_names}' holds {y.dtype} values ({y[0]!r}); give 0 and 1, as in endog == {y[0]!r}."
            )
        low, high = float(y.min()), float(y.max())
        if low < 0.0 or high > 1.0:
            raise DataError(
                f"endog must be in the unit interval, but '{self.endog_names}' runs from {low:g} to {high:g}; recode it "
                "to 0 and 1, or use MNLogit for more than two classes."
            )
        self.endog = y.astype(np.float64)
        offset = self.inputs.others.get("offset")
        shift = None if offset is None else arrays.vector(offset, y.size, "offset")
        self.sample = Sample(self.likelihood, self.exog, self.endog, self.weights.whole, shift)

    @property
    def notes(self) -> list[str]:
        """That endog holds shares, if it does."""
        shares = int(((self.endog > 0.0) & (self.endog < 1.0)).sum()) if "endog" in vars(self) else 0
        if not shares:
            return []
        trials = "var_weights" if self.weights.precision is not None else "one trial a row, as no var_weights are given"
        return [f"{shares:,} rows of endog are shares of events; the number of trials is {trials}."]

    def cdf(self, X: Any) -> Array:
        """The probability at a linear predictor."""
        return self.curve.cdf(np.asarray(X, dtype=np.float64))

    def pdf(self, X: Any) -> Array:
        """Its derivative."""
        return np.exp(self.curve.log_pdf(np.asarray(X, dtype=np.float64)))

    @property
    def link(self) -> LinkView:
        """The link: link(p) is the linear predictor, link.inverse the probability."""
        return LinkView(self.curve)

    @property
    def family(self) -> FamilyView:
        """The binomial family with this link."""
        return FamilyView(self.link)

    def _predicted(self, eta: Array, which: str) -> Array:
        answers: dict[str, Callable[[], Array]] = {
            "mean": lambda: self.curve.cdf(eta),
            "linear": lambda: eta,
            "var": lambda: variance(self.likelihood, eta),
            "prob": lambda: class_probabilities(self.likelihood, eta),
        }
        if which not in answers:
            raise UsageError(f"which is '{which}'; it is one of {', '.join(answers)}.")
        return answers[which]()

    def get_distribution(self, params: Any, exog: Any = None, offset: Any = None) -> Any:
        """SciPy's frozen Bernoulli distribution of each row's outcome."""
        from scipy import stats

        return stats.bernoulli(self.predict(params, exog, offset=offset))

    def _results(self, found: Fitted, use_t: bool) -> BinaryResults:
        return BinaryResults(self, found, use_t)


class Logit(BinaryModel):
    """Logistic regression: log(p / (1 - p)) is linear."""

    curve = LOGIT


class Probit(BinaryModel):
    """Probit regression: p is the standard normal distribution function of a linear predictor."""

    curve = PROBIT


class CLogLog(BinaryModel):
    """Complementary log-log regression: log(-log(1 - p)) is linear, as for grouped survival times."""

    curve = CLOGLOG


class MNLogit(DiscreteModel):
    """Multinomial logit: one linear predictor for each class but the base, probabilities that sum to one.

    endog: classes as integers, text or pandas' categories; base: the class that the others are compared with, by default
    the first in order. Params are (K, J - 1).
    """

    def __init__(
        self, endog: Any, exog: Any, check_rank: bool | str = True, *, base: Any = None, **kwargs: Any
    ) -> None:
        self._base = base
        self._categories = _categories(endog)
        super().__init__(endog, exog, check_rank=check_rank, **kwargs)

    def to_content(self) -> dict[str, Any]:
        """What a fit needs of the model without its data, JSON-ready."""
        return {**super().to_content(), "classes": self.classes}

    def _restore(self, content: Mapping[str, Any]) -> None:
        self.classes = content["classes"]
        self.J, self.K = len(self.classes), len(content["exog"])
        self.likelihood = Multinomial(self.J - 1)

    def _settings(self) -> dict[str, Any]:
        return {"base": self.classes[0]}

    def initialize(self) -> None:
        """Read the outcome's classes; called once by the constructor."""
        values = self.inputs.endog
        there = set(values.tolist())
        order = [c for c in self._categories if c in there] if self._categories else sorted(there)
        if self._base is not None:
            if self._base not in order:
                raise UsageError(f"base is {self._base!r}, which is no class of '{self.endog_names}': {order[:8]}.")
            order = [self._base, *(c for c in order if c != self._base)]
        if len(order) < 2:
            raise DataError(
                f"endog '{self.endog_names}' is {order[0]!r} in every row; a model needs at least two classes."
            )
        position = {c: code for code, c in enumerate(order)}
        self.endog = np.array([position[v] for v in values.tolist()], dtype=np.int64)
        self.classes = order
        self.J, self.K = len(order), self.exog.shape[1]
        self.likelihood = Multinomial(self.J - 1)
        offset = self.inputs.others.get("offset")
        shift = None if offset is None else arrays.offsets(_wide(offset, self.J - 1), values.size, self.J - 1)
        if shift is not None and shift.ndim == 1:
            shift = shift[:, None]
        self.sample = Sample(self.likelihood, self.exog, self.endog.astype(np.float64), self.weights.whole, shift)

    @property
    def class_names(self) -> list[str]:
        """The classes as text, the base first."""
        return [str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in self.classes]

    @property
    def wendog(self) -> Array:
        """The indicator of each class, (n, J)."""
        return np.asarray(np.eye(self.J)[self.endog])

    def _names_of_constraints(self) -> list[str]:
        """class_term for each parameter, one class after another."""
        return [f"{c}_{name}" for c in self.class_names[1:] for name in self.exog_names]

    def _names_in(self, spec: Any) -> list[str]:
        """Those names, or statsmodels', which have a y before them, where the text uses these."""
        names = self._names_of_constraints()
        theirs = [f"y{name}" for name in names]
        text = " ".join(map(str, [spec] if isinstance(spec, str) else spec if isinstance(spec, Mapping | list) else []))
        return theirs if any(name in text and name not in names for name in theirs) else names

    def cdf(self, X: Any) -> Array:
        """The probability of each class, (n, J), at linear predictors, (n, J - 1)."""
        return Multinomial(self.J - 1).probabilities(np.asarray(X, dtype=np.float64))

    def pdf(self, eXB: Any) -> Array:
        """Not defined for several classes. Raises UsageError."""
        raise UsageError("a model of several classes has no density of a linear predictor; see cdf.")

    def loglikeobs(self, params: Any) -> Array:
        """The log-likelihood of each row in the column of its class, (n, J)."""
        return self.wendog * super().loglikeobs(params)[:, None]

    def loglike_and_score(self, params: Any) -> tuple[float, Array]:
        """Both."""
        return self.loglike(params), self.score(params)

    def _predicted(self, eta: Array, which: str) -> Array:
        answers: dict[str, Callable[[], Array]] = {
            "mean": lambda: class_probabilities(self.likelihood, eta),
            "prob": lambda: class_probabilities(self.likelihood, eta),
            "linear": lambda: np.column_stack([np.where(np.isnan(eta[:, 0]), np.nan, 0.0), eta]),
            "var": lambda: variance(self.likelihood, eta),
        }
        if which not in answers:
            raise UsageError(f"which is '{which}'; it is one of {', '.join(answers)}.")
        return answers[which]()

    def get_distribution(self, params: Any, exog: Any = None, offset: Any = None) -> Any:
        """SciPy's frozen multinomial distribution of each row's class indicators."""
        from scipy import stats

        return stats.multinomial(1, self.predict(params, exog, offset=offset))

    def _results(self, found: Fitted, use_t: bool) -> MultinomialResults:
        return MultinomialResults(self, found, use_t)


def _categories(endog: Any) -> list[Any]:
    """The order of pandas' or Polars' categories, if the outcome has them."""
    column = endog.iloc[:, 0] if hasattr(endog, "iloc") and hasattr(endog, "columns") else endog
    if str(getattr(column, "dtype", "")) == "category":
        return list(column.cat.categories if hasattr(column, "cat") else column.categories)
    if str(getattr(column, "dtype", "")).startswith("Enum"):
        return list(column.dtype.categories)
    return []


def _wide(offset: NDArray[Any], outputs: int) -> Array:
    values = np.asarray(offset, dtype=np.float64)
    if values.ndim == 1 and outputs > 1:
        raise UsageError(
            f"the offset of a model of {outputs + 1} classes has {outputs} columns, one for each but the base."
        )
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
