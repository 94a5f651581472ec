"""The models: Logit, Probit and CLogLog of a binary outcome, MNLogit of several classes."""

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol

import numpy as np
from numpy.typing import ArrayLike

from logit_engine.columns import Array
from logit_engine.discrete.fit_record import FitRecord
from logit_engine.discrete.links import FamilyView, LinkView
from logit_engine.discrete.model import DiscreteModel
from logit_engine.discrete.results import BinaryResults, MultinomialResults
from logit_engine.errors import DataError, UsageError
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import CLOGLOG, LOGIT, PROBIT, Link
from logit_engine.objective.sample import SampleLikelihood, class_probabilities, variance
from logit_engine.rows import arrays
from logit_engine.rows.column_numbers import is_number, number_table

if TYPE_CHECKING:
    from logit_engine.design.formulas.design import FormulaDesign


class ClassLabel(Hashable, Protocol):
    """A text, a number, or another object that can be compared and hashed."""

    def __lt__(self, other: Any, /) -> bool: ...


class BinaryModel(DiscreteModel[BinaryResults]):
    """A binary outcome through a link.

    endog: 0 or 1, or a share of events, with var_weights the number of trials.
    """

    curve: ClassVar[Link]
    likelihood: Bernoulli

    def initialize(self) -> None:
        """Read the outcome; called once by the constructor.

        Raises DataError for values outside the unit interval.
        """
        self.likelihood = Bernoulli(self.curve)
        y = self.inputs.endog
        if y.dtype.kind == "O" and all(map(is_number, y.tolist())):
            y = number_table(y, "endog")
        if y.dtype.kind not in "fiu":
            raise DataError(
                f"endog '{self.endog_names}' holds {y.dtype} values ({y[0]!r}); give 0 and 1, as "
                f"in endog == {y[0]!r}."
            )
        low, high = float(y.min()), float(y.max())
        if low < 0.0 or high > 1.0:
            raise DataError(
                f"endog must be in the unit interval, but '{self.endog_names}' runs from {low:g} "
                f"to {high:g}; recode it to 0 and 1, or use MNLogit for more than two classes."
            )
        self.endog = outcome = y.astype(np.float64)
        offset = self.inputs.row_values.get("offset")
        offsets = None if offset is None else arrays.number_vector(offset, y.size, "offset")
        self.sample = SampleLikelihood(
            self.likelihood, self.exog, outcome, self.weights.whole, offsets
        )

    def _restore_outcome(self, content: Mapping[str, Any]) -> None:
        self.likelihood = Bernoulli(self.curve)

    @classmethod
    def formula_outcome(cls, design: "FormulaDesign") -> Array:
        """The outcome of a formula as numbers, (n,)."""
        return design.y

    @property
    def notes(self) -> list[str]:
        """A note if endog holds shares of events."""
        if not self.has_data:
            return []
        shares = int(((self.endog > 0.0) & (self.endog < 1.0)).sum())
        if not shares:
            return []
        is_given = self.weights.precision is not None
        trials = "var_weights" if is_given else "one trial a row, as no var_weights are given"
        return [f"{shares:,} rows of endog are shares of events; the number of trials is {trials}."]

    def cdf(self, X: ArrayLike) -> Array:
        """The probability at linear predictors X."""
        return self.curve.cdf(np.asarray(X, dtype=np.float64))

    def pdf(self, X: ArrayLike) -> Array:
        """The derivative of the probability at linear predictors X."""
        return np.exp(self.curve.log_pdf(np.asarray(X, dtype=np.float64)))

    @property
    def link(self) -> LinkView:
        """The link: link(p) is the linear predictor, link.inverse the probability."""
        return LinkView(self.curve)

    @property
    def family(self) -> FamilyView:
        """The binomial family with this link."""
        return FamilyView(self.link)

    def _prediction(self, eta: Array, which: str) -> Array:
        return _named_prediction(
            which,
            {
                "mean": lambda: self.curve.cdf(eta),
                "linear": lambda: eta,
                "var": lambda: variance(self.likelihood, eta),
                "prob": lambda: class_probabilities(self.likelihood, eta),
            },
        )

    def get_distribution(
        self,
        params: ArrayLike,
        exog: object = None,
        offset: ArrayLike | None = None,
    ) -> Any:
        """SciPy's frozen Bernoulli distribution of each row's outcome."""
        from scipy import stats

        return stats.bernoulli(self.predict(params, exog, offset=offset))

    def results_of(self, record: FitRecord, use_t: bool) -> BinaryResults:
        """The results of a fit."""
        return BinaryResults(self, record, use_t)


class Logit(BinaryModel):
    """Logistic regression: log(p / (1 - p)) is linear."""

    curve = LOGIT


class Probit(BinaryModel):
    """Probit regression: p is the standard normal distribution function of a linear predictor."""

    curve = PROBIT


class CLogLog(BinaryModel):
    """Complementary log-log regression: log(-log(1 - p)) is linear, as for grouped survival."""

    curve = CLOGLOG


class MNLogit(DiscreteModel[MultinomialResults]):
    """Multinomial logit: one linear predictor for each class but the base.

    endog: classes as integers, text or pandas' categories. base: the class that the others are
    compared with, by default the first in order. Params are (K, J - 1), of K columns and J classes.
    """

    likelihood: Multinomial
    classes: list[ClassLabel]
    J: int
    K: int

    def __init__(
        self,
        endog: object,
        exog: object,
        check_rank: bool | str = True,
        *,
        base: ClassLabel | None = None,
        **kwargs: Any,
    ) -> None:
        self._base = base
        self._categories = _declared_order(endog)
        super().__init__(endog, exog, check_rank=check_rank, **kwargs)

    def initialize(self) -> None:
        """Read the outcome's classes; called once by the constructor.

        Raises UsageError for a base that is no class, DataError for a single class.
        """
        values = self.inputs.endog
        classes = self._class_order(set(values.tolist()))
        codes = {label: code for code, label in enumerate(classes)}
        self.endog = np.array([codes[v] for v in values.tolist()], dtype=np.int64)
        self._set_classes(classes, self.exog.shape[1])
        k = self.J - 1
        offset = self.inputs.row_values.get("offset")
        if offset is None:
            offsets = None
        else:
            offsets = arrays.offset_values(_offset_columns(offset, k), values.size, k)
            offsets = offsets[:, None] if offsets.ndim == 1 else offsets
        y = self.endog.astype(np.float64)
        self.sample = SampleLikelihood(self.likelihood, self.exog, y, self.weights.whole, offsets)

    def _class_order(self, there: set[ClassLabel]) -> list[ClassLabel]:
        """The classes of the rows, the base first, else in their declared or natural order."""
        if self._categories:
            order = [label for label in self._categories if label in there]
        else:
            order = sorted(there)
        if self._base is not None:
            if self._base not in order:
                raise UsageError(
                    f"base is {self._base!r}, which is no class of '{self.endog_names}': "
                    f"{order[:8]}."
                )
            order = [self._base, *(label for label in order if label != self._base)]
        if len(order) < 2:
            raise DataError(
                f"endog '{self.endog_names}' is {order[0]!r} in every row; a model needs at least "
                "two classes."
            )
        return order

    def _set_classes(self, classes: list[ClassLabel], K: int) -> None:
        self.classes = classes
        self.J, self.K = len(classes), K
        self.likelihood = Multinomial(self.J - 1)

    def to_content(self) -> dict[str, object]:
        """What a fit needs of the model without its data, JSON-ready."""
        return {**super().to_content(), "classes": self.classes}

    def _restore_outcome(self, content: Mapping[str, Any]) -> None:
        self._set_classes(content["classes"], len(content["exog"]))

    def _constructor_settings(self) -> dict[str, Any]:
        return {"base": self.classes[0]}

    @classmethod
    def formula_outcome(cls, design: "FormulaDesign") -> object:
        """The outcome's classes of a formula, in their declared order if there is one, (n,)."""
        from logit_engine.discrete.formulas import declared_classes

        return declared_classes(design)

    @property
    def class_names(self) -> list[str]:
        """The classes as text, the base first."""
        return [
            str(int(label) if isinstance(label, float) and label.is_integer() else label)
            for label in self.classes
        ]

    @property
    def wendog(self) -> Array:
        """The indicator of each class, (n, J)."""
        return np.asarray(np.eye(self.J)[self.endog])

    @property
    def constraint_names(self) -> list[str]:
        """class_column for each parameter, (q,), one class after another."""
        return [f"{c}_{name}" for c in self.class_names[1:] for name in self.exog_names]

    def names_in(self, hypothesis: object) -> list[str]:
        """constraint_names, or statsmodels' names, with a y before them, if the text has these."""
        names = self.constraint_names
        with_y = [f"y{name}" for name in names]
        parts = hypothesis if isinstance(hypothesis, Mapping | list) else [hypothesis]
        is_text = isinstance(hypothesis, str | Mapping | list)
        text = " ".join(map(str, parts)) if is_text else ""
        uses_y = any(name in text and name not in names for name in with_y)
        return with_y if uses_y else names

    def cdf(self, X: ArrayLike) -> Array:
        """The probability of each class, (n, J), at linear predictors X, (n, J - 1)."""
        return self.likelihood.probabilities(np.asarray(X, dtype=np.float64))

    def pdf(self, eXB: ArrayLike) -> NoReturn:
        """Raises UsageError: a density is not defined for several classes."""
        raise UsageError(
            "a model of several classes has no density of a linear predictor; see cdf."
        )

    def loglikeobs(self, params: ArrayLike) -> Array:
        """The log-likelihood of each row in the column of its class, (n, J)."""
        return self.wendog * super().loglikeobs(params)[:, None]

    def loglike_and_score(self, params: ArrayLike) -> tuple[float, Array]:
        """The log-likelihood and its gradient, (q,)."""
        return self.loglike(params), self.score(params)

    def _prediction(self, eta: Array, which: str) -> Array:
        columns = eta if eta.ndim == 2 else eta[:, None]  # of two classes (n,)
        base = np.where(np.isnan(columns[:, 0]), np.nan, 0.0)
        return _named_prediction(
            which,
            {
                "mean": lambda: class_probabilities(self.likelihood, eta),
                "prob": lambda: class_probabilities(self.likelihood, eta),
                "linear": lambda: np.column_stack([base, columns]),
                "var": lambda: variance(self.likelihood, eta),
            },
        )

    def get_distribution(
        self,
        params: ArrayLike,
        exog: object = None,
        offset: ArrayLike | None = None,
    ) -> Any:
        """SciPy's frozen multinomial distribution of each row's class indicators."""
        from scipy import stats

        return stats.multinomial(1, self.predict(params, exog, offset=offset))

    def results_of(self, record: FitRecord, use_t: bool) -> MultinomialResults:
        """The results of a fit."""
        return MultinomialResults(self, record, use_t)


def _named_prediction(which: str, predictions: Mapping[str, Callable[[], Array]]) -> Array:
    """The prediction of that name. Raises UsageError for another name."""
    if which not in predictions:
        raise UsageError(f"which is '{which}'; it is one of {', '.join(predictions)}.")
    return predictions[which]()


def _declared_order(endog: Any) -> list[ClassLabel]:
    """The order of pandas' or Polars' categories, if the outcome has them."""
    column = endog.iloc[:, 0] if hasattr(endog, "iloc") and hasattr(endog, "columns") else endog
    dtype = str(getattr(column, "dtype", ""))
    if dtype == "category":
        return list(column.cat.categories if hasattr(column, "cat") else column.categories)
    if dtype.startswith("Enum"):
        return list(column.dtype.categories)
    return []


def _offset_columns(offset: Array, k: int) -> Array:
    """The offset of k linear predictors, (n, k), or (n,) of one. Raises UsageError for too few."""
    if offset.ndim == 1 and k > 1:
        raise UsageError(
            f"the offset of a model of {k + 1} classes has {k} columns, one for each but the base."
        )
    return offset[:, 0] if offset.ndim == 2 and offset.shape[1] == 1 else offset
