"""scikit-learn's face: `LogisticRegression` with its names and its scaling of C, thin over the engine.

Where scikit-learn is installed (extra: sklearn) the class is one of its estimators: clone, pipelines, search, metadata
routing. Without it the class does the same for arrays and frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine import arrays
from logit_engine.columns import Array, Columns, Dense, SideBySide, Sparse
from logit_engine.constraints import Equalities, Inequalities
from logit_engine.errors import ConvergenceWarning, DataError, SeparationWarning, UsageError
from logit_engine.fitting import fit
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LOGIT
from logit_engine.penalties import NONE, ElasticNet, Penalty
from logit_engine.result import FitResult, Verdict
from logit_engine.solvers.newton import Newton
from logit_engine.solvers.proximal import Proximal
from logit_engine.sources.arrays import MemoryRows

if TYPE_CHECKING:

    class _Base:
        """What scikit-learn's base classes give, as far as the types go."""

        def decision_function(self, X: Any) -> Array: ...

    HAVE_SKLEARN = True
else:
    try:
        from sklearn.base import BaseEstimator
        from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin

        class _Base(LinearClassifierMixin, SparseCoefMixin, BaseEstimator):
            """scikit-learn's own base classes."""

        HAVE_SKLEARN = True
    except ImportError:
        HAVE_SKLEARN = False

        class _Base:
            """Without scikit-learn: what a linear classifier does on arrays and frames."""

            def decision_function(self, X: Any) -> Array:
                """X w' + b, (n,), or (n, K) for more than two classes."""
                if not hasattr(self, "coef_"):
                    raise UsageError("this LogisticRegression is not fitted yet; call fit first.")
                scores = _matched(self, X) @ self.coef_.T + self.intercept_
                return scores[:, 0] if scores.shape[1] == 1 else scores

            def predict(self, X: Any) -> NDArray[Any]:
                """The most probable class of each row, (n,)."""
                scores = self.decision_function(X)
                return self.classes_[(scores > 0.0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

            def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
                """The share of rows whose class is predicted right."""
                return float(np.average(self.predict(X) == np.asarray(y), weights=sample_weight))


SOLVERS = ("auto", "lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga")
_said: set[str] = set()


class LogisticRegression(_Base):
    """Logistic regression of two or more classes, minimizing C * sum of the rows' log-losses + penalty.

    The penalty is (1 - l1_ratio) |w|^2 / 2 + l1_ratio |w|_1 over the coefficients of all classes; C is its inverse strength,
    infinity for none; the intercepts are never penalized. penalty_factor: (p,), what each column's penalty is multiplied
    by, 0 for a column that is never penalized. bounds: a pair of arrays or numbers, lowest and highest coefficients (two
    classes, l1_ratio 0). solver: "auto"; scikit-learn's names are accepted, and `solver_` tells what ran: Newton's method, or
    proximal Newton for l1, both to rounding, so that tol, dual, intercept_scaling and random_state have nothing to do.

    After `fit`: `classes_` (K,), `coef_` (1, p) or (K, p), `intercept_` (1,) or (K,), `n_iter_` (1,), `n_features_in_`,
    `solver_`, and without a penalty `inference_`. Hastie, Tibshirani & Friedman (2009), 4.4.
    """

    def __init__(
        self,
        penalty: str | None = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float = 0.0,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: Any = None,
        solver: str = "auto",
        max_iter: int = 100,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
        penalty_factor: ArrayLike | None = None,
        bounds: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.penalty_factor = penalty_factor
        self.bounds = bounds

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None
    ) -> "LogisticRegression":
        """Fit on X, (n, p), dense or sparse, and labels y, (n,); shares of events between 0 and 1 are taken as such.

        sample_weight, offset: (n,); an offset is for two classes. Raises DataError or UsageError on bad input; warns where
        separated classes have no finite estimate, and where max_iter stopped the solver.
        """
        C, l1_ratio = self._strength()
        table, labels = _read(self, X, y)
        outcome, self.classes_ = _classes(labels)
        weight = _row_weights(self, outcome, sample_weight)
        task = Task(table, outcome, weight, offset, self.classes_.size, self.fit_intercept)
        start = self._warm(table.shape[1]) if self.warm_start else None
        found = task.solve(C, l1_ratio, self.penalty_factor, self.bounds, self.max_iter, start)
        self.coef_, self.intercept_ = found.coef, found.intercept
        self.n_iter_ = np.array([found.result.passes], dtype=np.int32)
        self.solver_ = found.solver
        self._result = found.result
        self._say(found.result)
        return self

    def _strength(self) -> tuple[float, float]:
        """C and l1_ratio, with what the deprecated penalty says of them. Raises UsageError for values out of range."""
        if self.solver not in SOLVERS:
            raise UsageError(f"solver '{self.solver}' is not known; choose one of {', '.join(SOLVERS)}.")
        C, ratio = self.C, 0.0 if self.l1_ratio is None else self.l1_ratio
        if self.penalty != "deprecated":
            warn(
                "penalty is deprecated; say l1_ratio (0 for l2, 1 for l1), and C=inf for none.",
                FutureWarning,
                stacklevel=3,
            )
            known = {"l2": 0.0, "l1": 1.0, "elasticnet": ratio, None: ratio}
            if self.penalty not in known:
                raise UsageError(f"penalty '{self.penalty}' is not known; choose l1, l2, elasticnet or None.")
            C, ratio = np.inf if self.penalty is None else C, known[self.penalty]
        if isinstance(C, bool) or not isinstance(C, int | float | np.number) or not C > 0.0:
            raise UsageError(f"C is {C!r}; it is the inverse of the penalty's strength, above 0 (infinity for none).")
        if not 0.0 <= ratio <= 1.0:
            raise UsageError(f"l1_ratio is {ratio!r}; it is between 0 (l2) and 1 (l1).")
        if not isinstance(self.max_iter, int | np.integer) or self.max_iter < 1:
            raise UsageError(f"max_iter is {self.max_iter!r}; it is a number of iterations from 1 on.")
        return float(C), float(ratio)

    def _warm(self, p: int) -> Array | None:
        """The last fit as a start, (K, p + 1), if it fits these data."""
        coef = getattr(self, "coef_", None)
        if coef is None or coef.shape[1] != p:
            return None
        dense = coef.toarray() if hasattr(coef, "toarray") else coef
        return np.column_stack([self.intercept_, dense])

    def _say(self, result: FitResult) -> None:
        """What ran in place of the solver that was named, once; and how it ended, if not well."""
        if self.solver not in ("auto", "newton-cholesky") and self.solver not in _said:
            _said.add(self.solver)
            warn(
                f"solver '{self.solver}' is not here; {self.solver_} solves the same problem to rounding.", stacklevel=3
            )
        if result.status.verdict is Verdict.SEPARATED:
            warn(result.status.sentence, SeparationWarning, stacklevel=3)
        elif not result.converged:
            warn(result.status.sentence, ConvergenceWarning, stacklevel=3)

    @property
    def inference_(self) -> FitResult:
        """Standard errors, intervals and p-values of an unpenalized fit, the intercept first.

        Raises UsageError after a penalty: it biases the estimates, and an l1 chose them by the same data.
        """
        result: FitResult | None = getattr(self, "_result", None)
        if result is None:
            raise UsageError("this LogisticRegression is not fitted yet; call fit first.")
        if result.penalty_strength:
            raise UsageError("there is no inference after a penalty, which biases the estimates; fit with C=inf.")
        return result

    def decision_function(self, X: Any, offset: ArrayLike | None = None) -> Array:
        """The log-odds of the second class, (n,), or a score for each class, (n, K)."""
        scores = super().decision_function(X)
        return scores if offset is None else np.asarray(scores + arrays.vector(offset, scores.shape[0], "offset"))

    def predict_proba(self, X: Any, offset: ArrayLike | None = None) -> Array:
        """Probabilities of the classes, (n, K); each row sums to one."""
        scores = self.decision_function(X, offset)
        if scores.ndim == 1:
            return np.stack([LOGIT.cdf(-scores), LOGIT.cdf(scores)], axis=1)
        return Multinomial(scores.shape[1], base=False).probabilities(scores)

    def predict_log_proba(self, X: Any, offset: ArrayLike | None = None) -> Array:
        """Their logarithms, (n, K), finite where the probabilities round to zero."""
        scores = self.decision_function(X, offset)
        if scores.ndim == 1:
            return np.stack([LOGIT.log_cdf(-scores), LOGIT.log_cdf(scores)], axis=1)
        return Multinomial(scores.shape[1], base=False).log_probabilities(scores)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        return tags


@dataclass(frozen=True, slots=True)
class Found:
    """coef: (1, p) or (K, p); intercept: (1,) or (K,); solver: what ran."""

    coef: Array
    intercept: Array
    result: FitResult
    solver: str


@dataclass(frozen=True, slots=True)
class Task:
    """One set of rows, to be fitted at any strength: X (n, p), codes or shares y (n,), weights and offsets (n,)."""

    X: Any
    y: Array
    weight: Array | None
    offset: ArrayLike | None
    classes: int
    intercept: bool

    def solve(
        self,
        C: float,
        l1_ratio: float,
        factor: ArrayLike | None = None,
        bounds: tuple[ArrayLike, ArrayLike] | None = None,
        max_iter: int = 100,
        start: Array | None = None,
    ) -> Found:
        """The fit at inverse strength C; start: (K, p + 1), intercepts first.

        Of more than two classes with a penalty, every class has a predictor of its own; without one they are those against
        the first, centered.
        """
        penalized = np.isfinite(C)
        several = self.classes > 2
        outputs = 1 if not several else self.classes if penalized else self.classes - 1
        likelihood = Multinomial(outputs, base=not penalized) if several else Bernoulli(LOGIT)
        p, q = self.X.shape[1], self.X.shape[1] + self.intercept
        penalty = self._penalty(C, l1_ratio, factor, outputs) if penalized else NONE
        kinked = isinstance(penalty, ElasticNet) and bool((penalty.l1 > 0.0).any())
        names = tuple(["intercept"] * self.intercept + [f"x{j}" for j in range(p)])
        result = fit(
            self._rows(names),
            likelihood,
            penalty=penalty,
            equalities=_one_scale(outputs, q, kinked) if several and penalized and self.intercept else None,
            inequalities=None if bounds is None else self._bounds(bounds, kinked),
            allow_separation=True,
            solver=Proximal(max_passes=max_iter) if kinked else Newton(max_passes=max_iter),
            start=None if start is None else self._start(start, outputs),
        )
        by_class = result.estimates.reshape(outputs, q)
        if several and not penalized:
            by_class = np.vstack([np.zeros(q), by_class])
        intercept = by_class[:, 0] if self.intercept else np.zeros(by_class.shape[0])
        coef = by_class[:, int(self.intercept) :]
        if several:
            intercept = intercept - intercept.mean()
            coef = coef if penalized else coef - coef.mean(axis=0)
        return Found(coef.copy(), intercept.copy(), result, "proximal newton" if kinked else "newton")

    def _rows(self, names: tuple[str, ...]) -> MemoryRows:
        sparse = hasattr(self.X, "tocsr")
        columns: Columns = Sparse(self.X.tocsr()) if sparse else Dense(self.X)
        if self.intercept:
            columns = SideBySide((Dense(np.ones((self.X.shape[0], 1))), columns))
        if self.offset is not None and self.classes > 2:
            raise UsageError("an offset goes with two classes; leave it out.")
        offset = None if self.offset is None else arrays.vector(self.offset, self.y.size, "offset")
        return MemoryRows(columns, self.y, names, self.weight, offset, intercept=self.intercept)

    def _penalty(self, C: float, l1_ratio: float, factor: ArrayLike | None, outputs: int) -> Penalty:
        p = self.X.shape[1]
        share = np.ones(p) if factor is None else arrays.vector(factor, p, "penalty_factor")
        if share.min() < 0.0:
            raise UsageError(f"penalty_factor is {share.min():g} for column {int(share.argmin())}; it is from 0 on.")
        whole = np.concatenate([np.zeros(int(self.intercept)), share])
        l1, l2 = np.tile(whole * (l1_ratio / C), outputs), np.tile(whole * ((1.0 - l1_ratio) / C), outputs)
        if outputs > 1 and self.intercept and l1_ratio > 0.0:
            l1[0] = np.inf  # only differences of intercepts count: the first class's stays at zero
        return ElasticNet(l1, l2)

    def _bounds(self, bounds: tuple[ArrayLike, ArrayLike], kinked: bool) -> Inequalities:
        if kinked or self.classes > 2:
            raise UsageError("bounds go with two classes and l1_ratio 0; leave them out.")
        p = self.X.shape[1]
        low, high = (np.broadcast_to(np.asarray(b, dtype=np.float64), (p,)) for b in bounds)
        if (low > high).any():
            raise UsageError(
                f"bounds: the lowest coefficient of column {int((low > high).argmax())} is above the highest."
            )
        free = np.full(int(self.intercept), np.inf)
        lower, upper = np.concatenate([-free, low]), np.concatenate([free, high])
        names = tuple(f"x{j}" for j in range(lower.size))
        return Inequalities(lower, upper, np.zeros((0, lower.size)), np.zeros(0), names)

    def _start(self, start: Array, outputs: int) -> Array | None:
        by_class = start if self.intercept else start[:, 1:]
        if self.classes > 2 and outputs == self.classes - 1:
            by_class = by_class[1:] - by_class[0]
        elif self.classes > 2 and self.intercept:
            by_class = by_class - np.eye(1, by_class.shape[1]) * by_class[0, 0]
        return np.asarray(by_class.reshape(-1)) if by_class.shape[0] == outputs else None


def _one_scale(outputs: int, q: int, kinked: bool) -> Equalities | None:
    """The intercepts sum to zero: only their differences count. (A kinked penalty pins the first one instead.)"""
    if kinked:
        return None
    row = np.tile(np.eye(1, q)[0], outputs)
    return Equalities(row[None], np.zeros(1), tuple(f"b{j}" for j in range(row.size)))


def _read(model: Any, X: Any, y: Any) -> tuple[Any, NDArray[Any]]:
    """X and y checked: by scikit-learn where it is installed, else by our own door."""
    if HAVE_SKLEARN:
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import column_or_1d, validate_data

        shares = np.asarray(y).dtype.kind == "f" and np.asarray(y).ndim == 1
        table, labels = validate_data(model, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        labels = column_or_1d(labels, warn=True)
        inside = shares and ((labels >= 0.0) & (labels <= 1.0)).all() and not np.isin(labels, (0.0, 1.0)).all()
        if not inside:
            check_classification_targets(labels)
        return table, labels
    table = arrays.matrix(X)
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise DataError(f"y has shape {labels.shape}; give one label for each row.")
    model.n_features_in_ = table.shape[1]
    names = getattr(X, "columns", None)
    vars(model).pop("feature_names_in_", None)  # of an earlier fit
    if names is not None and all(isinstance(name, str) for name in names):
        model.feature_names_in_ = np.asarray(names, dtype=object)
    return table, labels


def _classes(labels: NDArray[Any]) -> tuple[Array, NDArray[Any]]:
    """Codes of the classes, or shares of events, (n,), and the classes in order. Raises DataError for a single class."""
    if labels.dtype.kind == "f" and not (labels == np.floor(labels)).all():
        return labels.astype(np.float64), np.array([0, 1])
    classes, codes = np.unique(labels, return_inverse=True)
    if classes.size < 2:
        raise DataError(
            "This solver needs samples of at least 2 classes in the data, but the data contains only one class: "
            f"{classes[0]!r}"
        )
    return codes.astype(np.float64), classes


def _row_weights(model: LogisticRegression, codes: Array, sample_weight: ArrayLike | None) -> Array | None:
    """sample_weight times the weight of each row's class, (n,), or None. Raises DataError for negative weights."""
    n = codes.size
    weight: Array | None = None
    if sample_weight is not None:
        given = np.asarray(sample_weight)
        weight = np.full(n, float(given)) if given.ndim == 0 else arrays.weights(given, n, "sample_weight")
    if model.class_weight is None:
        return weight
    own = np.ones(n) if weight is None else weight
    counts = np.bincount(codes.astype(np.intp), minlength=model.classes_.size)
    if isinstance(model.class_weight, str):
        if model.class_weight != "balanced":
            raise UsageError(f"class_weight '{model.class_weight}' is not known; give 'balanced' or a mapping.")
        by_class = n / (counts.size * counts)
    else:
        by_class = np.array([float(model.class_weight.get(label, 1.0)) for label in model.classes_.tolist()])
    return np.asarray(own * by_class[codes.astype(np.intp)])


def _matched(model: Any, X: Any) -> NDArray[Any]:
    """X with its columns in the order of the fit: by name where both sides have names."""
    fitted, names = getattr(model, "feature_names_in_", None), getattr(X, "columns", None)
    if fitted is not None and names is not None:
        lost = [name for name in fitted if name not in list(names)]
        if lost:
            raise DataError(f"X has no column '{lost[0]}'; the model was fitted with it.")
        X = X[list(fitted)]
    table = arrays.matrix(X)
    if table.shape[1] != model.n_features_in_:
        raise DataError(f"X has {table.shape[1]} features, but the model was fitted with {model.n_features_in_}.")
    return table
