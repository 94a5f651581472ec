"""scikit-learn's face: `LogisticRegression` with its names and its scaling of C, thin over the engine.

Where scikit-learn is installed (extra: sklearn) the class is one of its estimators: clone, pipelines, search, metadata
routing. Without it the class does the same for arrays and frames.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine import arrays
from logit_engine.arrays_columns import refuse_times
from logit_engine.arrays_rows import refuse_other_rows, row_labels
from logit_engine.blocks import one_blas_thread
from logit_engine.columns import Array
from logit_engine.errors import ConvergenceWarning, DataError, SeparationWarning, UnavailableError, UsageError
from logit_engine.estimation import Task, Trace, Traced
from logit_engine.fitting import cores
from logit_engine.likelihoods import Multinomial
from logit_engine.links import LOGIT
from logit_engine.result import FitResult, Verdict

if TYPE_CHECKING:

    class _Base:
        """What scikit-learn's base classes give, as far as the types go."""

        def decision_function(self, X: Any) -> Array: ...

        def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float: ...

    HAVE_SKLEARN = True
    NotFitted = UnavailableError
else:
    try:
        from sklearn.base import BaseEstimator
        from sklearn.exceptions import NotFittedError
        from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin

        class _Base(LinearClassifierMixin, SparseCoefMixin, BaseEstimator):
            """scikit-learn's own base classes."""

        class NotFitted(UnavailableError, NotFittedError):
            """Before `fit`, as scikit-learn says it."""

        HAVE_SKLEARN = True
    except ImportError:
        HAVE_SKLEARN = False
        NotFitted = UnavailableError

        class _Base:
            """Without scikit-learn: what a linear classifier does on arrays and frames."""

            def decision_function(self, X: Any) -> Array:
                """X w' + b, (n,), or (n, K) for more than two classes."""
                if not hasattr(self, "coef_"):
                    raise NotFitted("this LogisticRegression is not fitted yet; call fit first.")
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
    by, 0 for a column that is never penalized. penalty_groups: (p,), a label for each column; the sum over labels of
    root(columns) * |w| then stands in place of |w|_1, so that the columns of a label, of all classes, are zero together; a
    column labeled None or -1 is in no group, and only the l2 touches it.
    bounds: a pair of arrays or numbers, lowest and highest coefficients (without a penalty for two classes).
    naive_inference: give `inference_` after a penalty too, as if it did not bias and its zeros had been known. solver:
    "auto"; scikit-learn's names are accepted, and `solver_` tells what ran: Newton's method, or quasi-Newton steps under a
    penalty, to rounding, so that tol, dual, intercept_scaling and random_state have nothing to do.

    After `fit`: `classes_` (K,), `coef_` (1, p) or (K, p), `intercept_` (1,) or (K,), `n_iter_` (1,), `n_features_in_`,
    `solver_`, and `inference_` without a penalty. Hastie, Tibshirani & Friedman (2009), 4.4.
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
        penalty_groups: ArrayLike | None = None,
        bounds: tuple[ArrayLike, ArrayLike] | None = None,
        naive_inference: bool = False,
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
        self.penalty_groups = penalty_groups
        self.bounds = bounds
        self.naive_inference = naive_inference

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None
    ) -> "LogisticRegression":
        """Fit on X, (n, p), dense or sparse, and labels y, (n,); shares of events between 0 and 1 are taken as such.

        sample_weight, offset: (n,); an offset is for two classes. Raises DataError or UsageError on bad input; warns where
        separated classes have no finite estimate, and where max_iter stopped the solver.
        """
        C, l1_ratio = self._strength()
        _refuse_other_rows(X, y=y, sample_weight=sample_weight, offset=offset)
        table, labels = _read(self, X, y)
        outcome, self.classes_ = _classes(labels)
        weight = _row_weights(self, outcome, sample_weight)
        size, named = self.classes_.size, _labels(self)
        task = Task(table, outcome, weight, offset, size, self.fit_intercept, _columns(self), labels=named)
        start = self._warm(table.shape[1]) if self.warm_start else None
        found = task.solve(C, l1_ratio, max_iter=self.max_iter, start=start, naive=self.naive_inference, **self._asked)
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

    @property
    def _asked(self) -> dict[str, Any]:
        """What is asked of single coefficients."""
        return {"factor": self.penalty_factor, "groups": self.penalty_groups, "bounds": self.bounds}

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

        Of more than two classes its estimates are contrasts with `classes_[0]`, where `coef_` is centered over the classes.
        Raises UnavailableError, a UsageError and AttributeError, after a penalty, unless naive_inference asked for it: a
        penalty biases the estimates, and an l1 chose them by the same data.
        """
        return self._inference("there is no inference after a penalty, which biases the estimates; fit with C=inf")

    def _inference(self, refusal: str) -> FitResult:
        result: FitResult | None = getattr(self, "_result", None)
        if result is None:
            raise NotFitted(f"this {type(self).__name__} is not fitted yet; call fit first.")
        if result.penalty_strength and not self.naive_inference:
            raise UnavailableError(f"{refusal}, or with naive_inference=True to take it all the same.")
        if result.penalty_strength and np.isnan(result.covariance).all():
            raise UnavailableError(
                "the information is singular where the penalty left off, so there is no naive inference."
            )
        return result

    def decision_function(self, X: Any, offset: ArrayLike | None = None) -> Array:
        """The log-odds of the second class, (n,), or a score for each class, (n, K)."""
        refuse_times(X, "X")
        _refuse_other_rows(X, offset=offset)
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

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The share of rows, by weight, whose class is predicted right."""
        _refuse_other_rows(X, y=y, sample_weight=sample_weight)
        return float(super().score(X, y, sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        return tags


def _refuse_other_rows(X: Any, **others: Any) -> None:
    """Raises DataError for labels of pandas that are not X's: scikit-learn's tools go by position, so none is matched."""
    for name, value in others.items():
        refuse_other_rows(value, row_labels(X), name)


def _read(model: Any, X: Any, y: Any) -> tuple[Any, NDArray[Any]]:
    """X and y checked: by scikit-learn where it is installed, else by our own door."""
    refuse_times(X, "X")
    refuse_times(y, "y")
    if HAVE_SKLEARN:
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import column_or_1d, validate_data

        shares = np.asarray(y).dtype.kind == "f" and np.asarray(y).ndim == 1
        table, labels = validate_data(model, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        labels = column_or_1d(labels, warn=True)
        inside = shares and ((labels >= 0.0) & (labels <= 1.0)).all() and not np.isin(labels, (0.0, 1.0)).all()
        if not inside:
            check_classification_targets(labels)
        if hasattr(table, "tocsr"):
            arrays.sparse(table, names=_columns(model))
        else:
            arrays.refuse_unusable(table, "X", _columns(model))
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


def _columns(model: Any) -> tuple[str, ...]:
    """The names of the columns: those of the frame, else x0, x1, ... as scikit-learn has them."""
    return tuple(map(str, getattr(model, "feature_names_in_", [f"x{j}" for j in range(model.n_features_in_)])))


def _labels(model: Any) -> tuple[str, ...]:
    """The classes' names, where there are more than two."""
    return tuple(map(str, model.classes_.tolist())) if model.classes_.size > 2 else ()


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
    counts = np.bincount(codes.astype(np.intp), own, minlength=model.classes_.size)
    if isinstance(model.class_weight, str):
        if model.class_weight != "balanced":
            raise UsageError(f"class_weight '{model.class_weight}' is not known; give 'balanced' or a mapping.")
        by_class = own.sum() / (counts.size * counts)
    else:
        by_class = np.array([float(model.class_weight.get(label, 1.0)) for label in model.classes_.tolist()])
    return np.asarray(own * by_class[codes.astype(np.intp)])


def _codes(folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]], n: int) -> NDArray[np.int64] | None:
    """The fold that holds each row, (n,), -1 for none; None where folds overlap or leave rows out on both sides."""
    codes = np.full(n, -1, dtype=np.int64)
    for k, (train, held) in enumerate(folds):
        if train.size + held.size != n or (codes[held] >= 0).any():
            return None
        codes[held] = k
        if np.isin(held, train).any():
            return None
    return codes


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


class LogisticRegressionCV(LogisticRegression):
    """LogisticRegression whose C and l1_ratio are chosen by cross-validation along warm-started paths.

    Cs: a number of values between 1e-4 and 1e4, or the values; l1_ratios: the values tried; cv: a number of stratified folds
    (default 5) or one of scikit-learn's splitters; scoring: one of its scorers; rule: "best", or "one_standard_error", the
    strongest penalty whose mean score is within one standard error of the best. refit: on all rows at the chosen values,
    else the mean of the folds' best. Needs scikit-learn.

    After `fit`, beside LogisticRegression's: `Cs_` and `l1_ratios_` as tried, `C_` and `l1_ratio_` as chosen, `scores_`,
    (folds, l1_ratios, Cs), and `coefs_paths_`, (folds, l1_ratios, Cs, classes, p), intercepts last where there are any.
    """

    def __init__(
        self,
        *,
        Cs: int | ArrayLike = 10,
        l1_ratios: ArrayLike = (0.0,),
        fit_intercept: bool = True,
        cv: Any = None,
        dual: bool = False,
        scoring: Any = "neg_log_loss",
        solver: str = "auto",
        tol: float = 1e-4,
        max_iter: int = 100,
        class_weight: Mapping[Any, float] | str | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        refit: bool = True,
        intercept_scaling: float = 1.0,
        random_state: Any = None,
        use_legacy_attributes: bool = False,
        penalty_factor: ArrayLike | None = None,
        penalty_groups: ArrayLike | None = None,
        bounds: tuple[ArrayLike, ArrayLike] | None = None,
        rule: str = "best",
        naive_inference: bool = False,
    ) -> None:
        self.Cs = Cs
        self.l1_ratios = l1_ratios
        self.fit_intercept = fit_intercept
        self.cv = cv
        self.dual = dual
        self.scoring = scoring
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.refit = refit
        self.intercept_scaling = intercept_scaling
        self.random_state = random_state
        self.use_legacy_attributes = use_legacy_attributes
        self.penalty_factor = penalty_factor
        self.penalty_groups = penalty_groups
        self.bounds = bounds
        self.rule = rule
        self.naive_inference = naive_inference

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> "LogisticRegressionCV":
        """Choose on folds, then fit on all rows. X (n, p); y, sample_weight, groups (for the splitter): (n,)."""
        if not HAVE_SKLEARN:
            raise UsageError("LogisticRegressionCV needs the extra: pip install 'logit-engine[sklearn]'.")
        from sklearn.model_selection import check_cv

        self._checked()
        _refuse_other_rows(X, y=y, sample_weight=sample_weight, groups=groups)
        table, labels = _read(self, X, y)
        outcome, self.classes_ = _classes(labels)
        weight = _row_weights(self, outcome, sample_weight)
        folds = list(check_cv(self.cv, labels, classifier=True).split(table, labels, groups))
        scorer = self._scorer()
        scored = None if sample_weight is None else np.broadcast_to(np.asarray(sample_weight), outcome.shape)

        codes = _codes(folds, outcome.size)

        def task(rows: Any, threads: int | None = None) -> Task:
            own, size, names = None if weight is None else weight[rows], self.classes_.size, _columns(self)
            return Task(table[rows], outcome[rows], own, None, size, self.fit_intercept, names, threads, _labels(self))

        def scores(held: NDArray[np.intp], coef: Array, intercept: Array) -> list[float]:
            options = {} if scored is None else {"sample_weight": scored[held]}
            rows, own = table[held], labels[held]
            return [
                float(scorer(_Scored(self.classes_, c, b), rows, own, **options))
                for c, b in zip(coef, intercept, strict=True)
            ]

        def own_path(ratio: float, fold: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Traced:
            return task(fold[0], 1).path(self.Cs_, ratio, **self._asked)

        by_ratio = []
        with ThreadPoolExecutor(min(len(folds), cores())) as pool, one_blas_thread():
            for ratio in self.l1_ratios_.tolist():
                if codes is not None:  # all folds in the same passes over the rows
                    paths = list(task(slice(None)).path(self.Cs_, ratio, fold=codes, **self._asked).folds)
                else:
                    paths = [traced.whole for traced in pool.map(partial(own_path, ratio), folds)]
                found = list(pool.map(lambda fold, path: scores(fold[1], path.coef, path.intercept), folds, paths))
                by_ratio.append((paths, found))
        self.scores_ = np.array([found for _, found in by_ratio]).swapaxes(0, 1)
        self.n_iter_ = np.array([[path.passes for path in paths] for paths, _ in by_ratio], dtype=np.int32).swapaxes(
            0, 1
        )
        self.coefs_paths_ = np.array([[self._whole(path) for path in paths] for paths, _ in by_ratio]).swapaxes(0, 1)
        short = [~np.all([path.converged for path in paths], axis=0) for paths, _ in by_ratio]
        if np.any(short):
            shown = ", ".join(f"{C:.4g}" for C in self.Cs_[np.any(short, axis=0)])
            warn(
                f"the folds' fits at C = {shown} are not converged; drop these, or scale the columns.",
                ConvergenceWarning,
                stacklevel=2,
            )
        self._choose()
        if self.refit:
            final = task(slice(None)).solve(
                self.C_, self.l1_ratio_, max_iter=self.max_iter, naive=self.naive_inference, **self._asked
            )
            self.coef_, self.intercept_, self.solver_, self._result = (
                final.coef,
                final.intercept,
                final.solver,
                final.result,
            )
            self._say(final.result)
        return self

    def _checked(self) -> None:
        """The values to try. Raises UsageError where they make no sense."""
        Cs = (
            np.logspace(-4, 4, int(self.Cs))
            if isinstance(self.Cs, int | np.integer)
            else np.sort(np.asarray(self.Cs, float))
        )
        if Cs.ndim != 1 or Cs.size == 0 or not ((Cs > 0.0) & (Cs < np.inf)).all() or np.unique(Cs).size < Cs.size:
            raise UsageError(
                "Cs is a number of values, or some values above 0, finite and each once; without a penalty nothing is "
                "to be chosen: fit LogisticRegression(C=inf)."
            )
        ratios = np.atleast_1d(np.asarray(self.l1_ratios, dtype=np.float64))
        if ratios.size == 0 or not ((ratios >= 0.0) & (ratios <= 1.0)).all():
            raise UsageError("l1_ratios are values between 0 (l2) and 1 (l1).")
        if self.rule not in ("best", "one_standard_error"):
            raise UsageError(f"rule is '{self.rule}'; it is 'best' or 'one_standard_error'.")
        if self.use_legacy_attributes:
            raise UsageError("use_legacy_attributes is False here: scores_ and coefs_paths_ are arrays.")
        self.penalty, self.l1_ratio, self.C, self.warm_start = "deprecated", 0.0, 1.0, False
        self._strength()
        for name in ("penalty", "l1_ratio", "C", "warm_start"):
            delattr(self, name)
        self.Cs_, self.l1_ratios_ = Cs, ratios

    def _whole(self, path: Trace) -> Array:
        return np.concatenate([path.coef, path.intercept[..., None]], axis=-1) if self.fit_intercept else path.coef

    def _choose(self) -> None:
        """C_ and l1_ratio_, and without a refit the mean of the folds' coefficients at their own best."""
        mean = self.scores_.mean(axis=0)
        if not self.refit:
            best = [np.unravel_index(np.argmax(fold), fold.shape) for fold in self.scores_]
            self.C_ = float(np.mean([self.Cs_[c] for _, c in best]))
            self.l1_ratio_ = float(np.mean([self.l1_ratios_[r] for r, _ in best]))
            whole = np.mean([self.coefs_paths_[i, r, c] for i, (r, c) in enumerate(best)], axis=0)
            p = whole.shape[1] - self.fit_intercept
            self.coef_, self.intercept_ = whole[:, :p], whole[:, p] if self.fit_intercept else np.zeros(whole.shape[0])
            self.solver_ = "mean of folds"
            return
        ratio, at = np.unravel_index(np.argmax(mean), mean.shape)
        if self.rule == "one_standard_error":
            error = self.scores_[:, ratio, at].std(ddof=1) / np.sqrt(self.scores_.shape[0])
            at = np.flatnonzero(mean[ratio] >= mean[ratio, at] - error)[0]
        self.C_, self.l1_ratio_ = float(self.Cs_[at]), float(self.l1_ratios_[ratio])

    @property
    def inference_(self) -> FitResult:
        """As LogisticRegression's: refused unless it was asked for as naive, for C was chosen on the same rows too."""
        return self._inference(
            "there is no inference after a penalty chosen by cross-validation; fit LogisticRegression(C=inf)"
        )

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The score by `scoring`."""
        _refuse_other_rows(X, y=y, sample_weight=sample_weight)
        options = {} if sample_weight is None else {"sample_weight": sample_weight}
        return float(self._scorer()(self, X, y, **options))

    def _scorer(self) -> Any:
        """scikit-learn's scorer; of the log-loss our own, which needs no class to be in every fold and never rounds to 0."""
        from sklearn.metrics import check_scoring

        if self.scoring == "neg_log_loss":
            return _neg_log_loss
        return check_scoring(_Scored(self.classes_), scoring=self.scoring)


class _Scored(LogisticRegression):
    """A point of a path, as a scorer wants it: fitted, with classes and coefficients."""

    def __init__(self, classes: NDArray[Any], coef: Array | None = None, intercept: Array | None = None) -> None:
        super().__init__()
        self.classes_ = classes
        if coef is not None and intercept is not None:
            self.coef_, self.intercept_ = coef, intercept
            self.n_features_in_ = coef.shape[1]


def _neg_log_loss(model: Any, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The mean log-probability of the rows' own classes."""
    code = np.searchsorted(model.classes_, np.asarray(y))
    found = model.predict_log_proba(X)[np.arange(code.size), code]
    return float(np.average(found, weights=None if sample_weight is None else np.asarray(sample_weight)))
