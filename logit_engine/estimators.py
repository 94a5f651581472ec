"""scikit-learn's face: `LogisticRegression` with its names and its scaling of C, thin over the engine.

Where scikit-learn is installed (extra: sklearn) the class is one of its estimators: clone, pipelines, search, metadata
routing. Without it the class does the same for arrays and frames.
"""

from collections.abc import Mapping
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike

from logit_engine import arrays
from logit_engine.arrays_columns import refuse_times
from logit_engine.columns import Array
from logit_engine.errors import ConvergenceWarning, SeparationWarning, UnavailableError, UsageError
from logit_engine.estimation import Task
from logit_engine.estimators_base import Base, NotFitted
from logit_engine.estimators_rows import (
    checked_rows,
    class_codes,
    class_names,
    column_names,
    row_weights,
    same_rows,
)
from logit_engine.likelihoods import Multinomial
from logit_engine.links import LOGIT
from logit_engine.result import FitResult, Verdict

SOLVERS = ("auto", "lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga")
_said: set[str] = set()


class LogisticRegression(Base):
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
        same_rows(X, y=y, sample_weight=sample_weight, offset=offset)
        table, labels = checked_rows(self, X, y)
        outcome, self.classes_ = class_codes(labels)
        weight = row_weights(self, outcome, sample_weight)
        size, named = self.classes_.size, class_names(self)
        task = Task(table, outcome, weight, offset, size, self.fit_intercept, column_names(self), labels=named)
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
        same_rows(X, offset=offset)
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
        same_rows(X, y=y, sample_weight=sample_weight)
        return float(super().score(X, y, sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        return tags
