"""scikit-learn's `LogisticRegression`: its names and its scaling of C, thin over the engine.

Where scikit-learn is installed (extra: sklearn) the class is one of its estimators: clone,
pipelines, search, metadata routing. Without it the class does the same for arrays and frames.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError, UnavailableError
from logit_engine.estimators.base import (
    Base,
    ConvergenceWarning,
    NotFitted,
    SeparationWarning,
    restored_on_error,
)
from logit_engine.estimators.callbacks import solve_watched
from logit_engine.estimators.classes import (
    class_masses,
    task_of_classes,
    weightless_sentence,
    with_absent_classes,
)
from logit_engine.estimators.rows import (
    BOTH_PRECISIONS,
    Precision,
    check_row_labels,
    checked_rows,
    class_codes,
    class_names,
    column_names,
    row_weights,
)
from logit_engine.estimators.settings import (
    SOLVERS,
    SolverContract,
    check_data,
    check_intercept,
    check_passes,
    penalty_kind,
    requested_strength,
    solver_contract,
    warn_unused_jobs,
)
from logit_engine.estimators.strengths import Task, TaskFit
from logit_engine.fitting.result import FitResult, Verdict
from logit_engine.likelihoods import Multinomial
from logit_engine.links import LOGIT
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import arrays
from logit_engine.rows.column_numbers import refuse_times

_announced_solvers: set[str] = set()


class FitProblem(NamedTuple):
    """What an estimator fits: the rows, which classes have weight, (K,), the labels, (n,)."""

    task: Task
    present: NDArray[np.bool_]
    labels: NDArray[Any]


class LogisticRegression(Base):
    """Logistic regression of two or more classes: C * sum of the rows' log-losses + penalty.

    The penalty is (1 - l1_ratio) |w|^2 / 2 + l1_ratio |w|_1 over the coefficients of all classes; C
    is its inverse strength, infinity for none; the intercepts are never penalized. penalty_factor:
    (p,), what each column's penalty is multiplied by, 0 for a column that is never penalized.
    penalty_groups: (p,), a label for each column; the sum over labels of root(columns) * |w| then
    stands in place of |w|_1, so that the columns of a label, of all classes, are zero together; a
    column labeled None or -1 is in no group, and only the l2 touches it. bounds: a pair of arrays
    or numbers, lowest and highest coefficients (without a penalty for two classes).
    naive_inference: give `inference_` after a penalty too, as if it did not bias and its zeros had
    been known. solver: "auto"; scikit-learn's names are accepted for what they take there.
    `solver_` tells what ran: Newton's method, or quasi-Newton steps under a penalty, to rounding.
    So tol, dual, intercept_scaling and random_state have nothing to do. max_iter: the most passes
    over the rows that take a step. A class whose rows have no weight gets probability 0.

    After `fit`: `classes_` (K,), `coef_` (1, p) or (K, p), `intercept_` (1,) or (K,), `n_iter_`
    (1,), `n_features_in_`, `solver_`, and `inference_` without a penalty. What is estimated or
    predicted has the precision of X, `inference_` float64. Hastie, Tibshirani & Friedman (2009),
    4.4.
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
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> "LogisticRegression":
        """Fit on X, (n, p), dense or sparse, and labels or shares of events y, (n,).

        sample_weight, offset: (n,); an offset is for two classes. Raises DataError or UsageError on
        bad input; warns where separated classes have no finite estimate, and where max_iter stopped
        the solver.
        """
        with restored_on_error(self):
            C, l1_ratio = requested_strength(self)
            contract = solver_contract(self.solver, penalty_kind(C, l1_ratio), self.dual)
            check_passes(self.max_iter)
            warn_unused_jobs(self.n_jobs)
            check_row_labels(X, y=y, sample_weight=sample_weight, offset=offset)
            task, present, labels = self._checked_problem(X, y, sample_weight, offset, contract)
            solve = partial(
                task_of_classes(task, present).solve,
                C,
                l1_ratio,
                start=self._warm_start_point(task.X.shape[1]) if self.warm_start else None,
                naive=self.naive_inference,
                **self._coefficient_options,
            )
            precision = task.X.dtype if contract.single_precision else np.float64
            told = {} if sample_weight is None else {"sample_weight": sample_weight}
            take = partial(self._take_fit, present=present, precision=precision)
            solve_watched(self, task.X, labels, told, solve, take)
            self._has_offset = offset is not None
            self._warn_of_outcome()
        return self

    def _checked_problem(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        offset: ArrayLike | None,
        contract: SolverContract,
        precisions: tuple[Precision, ...] = BOTH_PRECISIONS,
    ) -> FitProblem:
        """The checked rows as a task, with what is fitted of the classes."""
        table, labels = checked_rows(self, X, y, precisions, contract.large_sparse)
        outcome, self.classes_ = class_codes(labels)
        size, names = self.classes_.size, class_names(self.classes_)
        check_data(self.solver, size, table)
        weight = row_weights(self.class_weight, outcome, self.classes_, sample_weight)
        task = Task(
            table,
            outcome,
            weight,
            offset,
            size,
            check_intercept(self.fit_intercept),
            column_names(self),
            labels=names,
        )
        return FitProblem(
            task, self._classes_with_weight(class_masses(outcome, weight, size)), labels
        )

    def _classes_with_weight(self, masses: Array) -> NDArray[np.bool_]:
        """Which classes have rows with weight, (K,).

        Raises DataError where they are less than two.
        """
        present = masses > 0.0
        if present.sum() < 2:
            raise DataError(
                f"{weightless_sentence(self.classes_, present)} A model needs two classes with "
                "weight."
            )
        return present

    def _take_fit(self, found: TaskFit, present: NDArray[np.bool_], precision: Any) -> None:
        """Take what a fit of the classes with weight found, in the precision of X."""
        coef, intercept = with_absent_classes(found.coef, found.intercept, present)
        single = precision == np.float32
        self.coef_ = coef.astype(np.float32 if single else np.float64)
        self.intercept_ = intercept.astype(self.coef_.dtype)
        self.n_iter_ = np.array([found.steps], dtype=np.int32)
        self.solver_ = found.solver
        self._result, self._steps, self._present = found.result, found.steps, present

    @property
    def _coefficient_options(self) -> dict[str, Any]:
        """What is asked of single coefficients."""
        return {"factor": self.penalty_factor, "groups": self.penalty_groups, "bounds": self.bounds}

    def _warm_start_point(self, p: int) -> Array | None:
        """The last fit as a start, (K, p + 1), if it fits these data and is finite."""
        coef = getattr(self, "coef_", None)
        if coef is None or coef.shape[1] != p:
            return None
        dense = coef.toarray() if hasattr(coef, "toarray") else coef
        start = np.column_stack([self.intercept_, dense]).astype(np.float64)
        return start if np.isfinite(start).all() else None

    def _warn_of_outcome(self) -> None:
        """What ran in place of the solver that was named, once; and how it ended, if not well."""
        if self.solver not in ("auto", "newton-cholesky") and self.solver not in _announced_solvers:
            _announced_solvers.add(self.solver)
            warn_caller(
                f"solver '{self.solver}' is not here; {self.solver_} solves the same problem to "
                "rounding."
            )
        if not self._present.all():
            sentence = weightless_sentence(self.classes_, self._present)
            warn_caller(
                f"{sentence} Its probability is 0 everywhere. Drop its rows, or give them weight.",
                SeparationWarning,
            )
        result = self._result
        if result is None:
            warn_caller(
                self._out_of_passes("max_iter is 0: nothing is fitted; give passes."),
                ConvergenceWarning,
            )
        elif result.status.verdict is Verdict.SEPARATED:
            warn_caller(result.status.sentence, SeparationWarning)
        elif not result.converged:
            warn_caller(self._out_of_passes(result.status.sentence), ConvergenceWarning)

    def _out_of_passes(self, sentence: str) -> str:
        """Our sentence, after that of the scikit-learn solver that was named."""
        theirs = SOLVERS[self.solver].out_of_passes.format(passes=self._steps)
        return f"{theirs.rstrip('.')}. {sentence}" if theirs else sentence

    @property
    def inference_(self) -> FitResult:
        """Standard errors, intervals and p-values of an unpenalized fit, the intercept first.

        Of more than two classes its estimates are contrasts with `classes_[0]`, where `coef_` is
        centered over the classes. Raises UnavailableError, a UsageError and AttributeError, after a
        penalty, unless naive_inference asked for it: a penalty biases the estimates, and an l1
        chose them by the same data.
        """
        return self._inference(
            "there is no inference after a penalty, which biases the estimates; fit with C=inf"
        )

    def _inference(self, refusal: str) -> FitResult:
        result: FitResult | None = getattr(self, "_result", None)
        if result is None and hasattr(self, "coef_"):
            raise UnavailableError(
                "there is no inference where nothing was fitted: max_iter=0 or refit=False."
            )
        if result is None:
            raise NotFitted(f"this {type(self).__name__} is not fitted yet; call fit first.")
        if result.penalty_strength and not self.naive_inference:
            raise UnavailableError(
                f"{refusal}, or with naive_inference=True to take it all the same."
            )
        if result.penalty_strength and not result.errors_known:
            raise UnavailableError(
                "the information is singular where the penalty left off, so there is no naive "
                "inference."
            )
        return result

    def decision_function(self, X: Any, offset: ArrayLike | None = None) -> Array:
        """The log-odds of the second class, (n,), or a score for each class, (n, K)."""
        refuse_times(X, "X")
        check_row_labels(X, offset=offset)
        if offset is None and getattr(self, "_has_offset", False):
            warn_caller(
                "the model was fitted with an offset; rows are predicted with 0 unless "
                "decision_function or predict_proba is given offset=."
            )
        scores = super().decision_function(X)
        return (
            scores
            if offset is None
            else np.asarray(scores + arrays.number_vector(offset, scores.shape[0], "offset"))
        )

    def predict_proba(self, X: Any, offset: ArrayLike | None = None) -> Array:
        """Probabilities of the classes, (n, K); each row sums to one."""
        scores = self.decision_function(X, offset)
        if scores.ndim == 1:
            return np.stack([LOGIT.cdf(-scores), LOGIT.cdf(scores)], axis=1).astype(scores.dtype)
        return Multinomial(scores.shape[1], base=False).probabilities(scores).astype(scores.dtype)

    def predict_log_proba(self, X: Any, offset: ArrayLike | None = None) -> Array:
        """Their logarithms, (n, K), finite where the probabilities round to zero."""
        scores = self.decision_function(X, offset)
        if scores.ndim == 1:
            return np.stack([LOGIT.log_cdf(-scores), LOGIT.log_cdf(scores)], axis=1).astype(
                scores.dtype
            )
        return (
            Multinomial(scores.shape[1], base=False).log_probabilities(scores).astype(scores.dtype)
        )

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The share of rows, by weight, whose class is predicted right."""
        check_row_labels(X, y=y, sample_weight=sample_weight)
        return float(super().score(X, y, sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        return tags
