"""scikit-learn's `LogisticRegressionCV`: the penalty's strength, chosen on folds."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
from logit_engine.estimators.base import (
    HAVE_SKLEARN,
    UNUSED,
    ConvergenceWarning,
    SeparationWarning,
    restored_on_error,
)
from logit_engine.estimators.classes import task_of_classes, weightless_sentence
from logit_engine.estimators.classifier import LogisticRegression
from logit_engine.estimators.folds import Folds, folds_of
from logit_engine.estimators.legacy import legacy_attributes
from logit_engine.estimators.routing import (
    RoutedMetadata,
    routed_to_fit,
    routed_to_score,
    router_of,
)
from logit_engine.estimators.rows import are_shares, check_row_labels
from logit_engine.estimators.scoring import fold_scorer, neg_log_loss, path_scores, whole_scorer
from logit_engine.estimators.settings import (
    check_passes,
    penalty_kind,
    requested_ratios,
    solver_contract,
)
from logit_engine.estimators.strengths import PathTrace, Task
from logit_engine.fitting.result import FitResult
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import cores, one_blas_thread

SELECTION_RULES = ("best", "one_standard_error")


def _sklearn_check_cv() -> Any:
    if not HAVE_SKLEARN:
        raise UsageError(
            "LogisticRegressionCV needs the extra: pip install 'logit-engine[sklearn]'."
        )
    from sklearn.model_selection import check_cv

    return check_cv


def _refuse_shares(task: Task) -> None:
    if are_shares(task.y):
        raise DataError(
            "y holds shares of events, which no scorer takes; give labels, and rows twice if need "
            "be."
        )


class LogisticRegressionCV(LogisticRegression):
    """LogisticRegression with C and l1_ratio chosen by cross-validation along warm-started paths.

    Cs: a number of values between 1e-4 and 1e4, or the values; l1_ratios: the values tried; cv: a
    number of stratified folds (default 5) or one of scikit-learn's splitters; scoring: one of its
    scorers; rule: "best", or "one_standard_error", the strongest penalty whose mean score is within
    one standard error of the best. refit: on all rows at the chosen values, else the mean of the
    folds' best. Needs scikit-learn.

    metadata: `fit` and `score` route them as scikit-learn does. A scorer that takes labels is told
    all of them, and of two classes that the second is the event.

    After `fit`, beside LogisticRegression's: `Cs_` and `l1_ratios_` as tried, in their order, `C_`
    and `l1_ratio_` as chosen, `scores_`, (folds, l1_ratios, Cs), and `coefs_paths_`, (folds,
    l1_ratios, Cs, classes, p), intercepts last if there are any; all in float64.
    use_legacy_attributes: give these as scikit-learn 1.9 does, in dictionaries by label.
    """

    # scikit-learn reads this from the class. Without routing, 1.9 takes sample_weight in `score`;
    # with routing, the scorer is given what it asks for.
    __metadata_request__score = {"sample_weight": UNUSED}  # noqa: RUF012

    def __init__(
        self,
        *,
        Cs: int | ArrayLike = 10,
        l1_ratios: ArrayLike | None = None,
        fit_intercept: bool = True,
        cv: Any = None,
        dual: bool = False,
        penalty: str = "deprecated",
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
        self.penalty = penalty
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

    def fit(  # type: ignore[override]  # offsets are for a single fit
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, **params: Any
    ) -> "LogisticRegressionCV":
        """Choose on folds, then fit on all rows. X: (n, p); y, sample_weight: (n,).

        params: `groups` for the splitter, (n,); with scikit-learn's metadata routing whatever
        splitter and scorer ask for. Raises DataError or UsageError on bad input; warns where folds
        lack a class, and of fits that have not converged.
        """
        check_cv = _sklearn_check_cv()
        with restored_on_error(self):
            routed = routed_to_fit(self, sample_weight, params)
            ratios = requested_ratios(self)
            self.Cs_, self.l1_ratios_ = self._requested_Cs(), ratios
            contract = solver_contract(self.solver, penalty_kind(1.0, ratios), self.dual)
            check_passes(self.max_iter)
            check_row_labels(X, y=y, sample_weight=sample_weight, **params)
            task, present, labels = self._checked_problem(
                X, y, sample_weight, None, contract, (np.float64,)
            )
            _refuse_shares(task)
            splitter = check_cv(self.cv, labels, classifier=True)
            folds = folds_of(task, splitter.split(task.X, labels, **routed.splitter))
            paths = [
                folds.paths(self.Cs_, ratio, self.max_iter or 1, self._coefficient_options)
                for ratio in ratios.tolist()
            ]
            scores = self._scores(folds, paths, labels, routed)
            self._take_paths(paths, scores)
            self._choose_strength(task.X.shape[1])
            if self.refit:
                self._fit_all_rows(task, present)
            if self.use_legacy_attributes:
                vars(self).update(legacy_attributes(self, self.l1_ratios is not None))
            self._warn_of_folds(folds, paths, np.asarray(np.isnan(scores).any(axis=(1, 2))))
            if self.refit:
                self._warn_of_outcome()
        return self

    def _fit_all_rows(self, task: Task, present: NDArray[np.bool_]) -> None:
        """The fit of all rows at the values chosen; `n_iter_` stays that of the paths."""
        passes = self.n_iter_
        found = task_of_classes(task, present).solve(
            self.C_,
            self.l1_ratio_,
            max_iter=self.max_iter,
            naive=self.naive_inference,
            **self._coefficient_options,
        )
        self._take_fit(found, present, np.float64)
        self.n_iter_ = passes

    def _requested_Cs(self) -> Array:
        """The values of C to try, in their order.

        Raises UsageError where they make no sense, or the rule is not known.
        """
        given: Any = self.Cs
        is_count = isinstance(given, int | np.integer) and not isinstance(given, bool)
        Cs = np.logspace(-4, 4, int(given)) if is_count else np.asarray(given, dtype=np.float64)
        if (
            Cs.ndim != 1
            or Cs.size == 0
            or not ((Cs > 0.0) & (Cs < np.inf)).all()
            or np.unique(Cs).size < Cs.size
        ):
            raise UsageError(
                "Cs is a number of values, or some values above 0, finite and each once; without a "
                "penalty nothing is to be chosen: fit LogisticRegression(C=inf)."
            )
        if self.rule not in SELECTION_RULES:
            raise UsageError(f"rule is '{self.rule}'; it is 'best' or 'one_standard_error'.")
        return Cs

    def _scores(
        self,
        folds: Folds,
        paths: list[list[PathTrace]],
        labels: NDArray[Any],
        routed: RoutedMetadata,
    ) -> Array:
        """The scores of all points on the rows that their fold held out, (folds, l1_ratios, Cs)."""
        scorer = fold_scorer(self.scoring, self.classes_)
        table = folds.task.X

        def of_fold(k: int) -> list[list[float]]:
            held = folds.splits[k][1]
            told = routed.held_out(table, held)
            return [
                path_scores(
                    scorer,
                    self.classes_,
                    table[held],
                    labels[held],
                    path[k].coef,
                    path[k].intercept,
                    told,
                )
                for path in paths
            ]

        every = range(len(folds.splits))
        # A scorer of the user's may count its calls, and reads settings of its thread.
        if scorer is not neg_log_loss:
            return np.array([of_fold(k) for k in every])
        with ThreadPoolExecutor(min(len(every), cores())) as pool, one_blas_thread():
            return np.array(list(pool.map(of_fold, every)))

    def _take_paths(self, paths: list[list[PathTrace]], scores: Array) -> None:
        """Take the scores, passes and coefficients of all points, folds first."""
        self.scores_ = scores
        passes = np.array(
            [[trace.passes for trace in path] for path in paths], dtype=np.int32
        ).swapaxes(0, 1)
        self.n_iter_ = np.minimum(passes, self.max_iter, dtype=np.int32)
        self.coefs_paths_ = np.array(
            [[self._with_intercept(trace) for trace in path] for path in paths]
        ).swapaxes(0, 1)

    def _with_intercept(self, path: PathTrace) -> Array:
        return (
            np.concatenate([path.coef, path.intercept[..., None]], axis=-1)
            if self.fit_intercept
            else path.coef
        )

    def _choose_strength(self, p: int) -> None:
        """Choose C_ and l1_ratio_; without a refit take the mean of the folds' best coefficients.

        Of equal scores the first C counts, then the first l1_ratio, as in scikit-learn. Folds with
        a score that is no number have no say. Raises DataError if no other is left.
        """
        known = np.flatnonzero(~np.isnan(self.scores_).any(axis=(1, 2)))
        if not known.size:
            raise DataError(
                "every fold has a score that is no number, so there is nothing to choose by; "
                "change scoring."
            )
        scores = self.scores_[known]
        if not self.refit:
            best = [np.unravel_index(np.argmax(fold.T), fold.T.shape) for fold in scores]
            self.C_ = float(np.mean([self.Cs_[c] for c, _ in best]))
            self.l1_ratio_ = float(np.mean([self.l1_ratios_[r] for _, r in best]))
            whole = np.mean(
                [self.coefs_paths_[k, r, c] for k, (c, r) in zip(known, best, strict=True)], axis=0
            )
            self.coef_, self.intercept_ = (
                whole[:, :p],
                whole[:, p] if self.fit_intercept else np.zeros(whole.shape[0]),
            )
            self.solver_, self._result = "mean of folds", None
            return
        total = scores.sum(axis=0)
        at, ratio = np.unravel_index(np.argmax(total.T), total.T.shape)
        if self.rule == "one_standard_error":
            mean = scores[:, ratio].mean(axis=0)
            error = (
                scores[:, ratio, at].std(ddof=1) / np.sqrt(known.size) if known.size > 1 else 0.0
            )
            near = np.flatnonzero(mean >= mean[at] - error)
            at = near[self.Cs_[near].argmin()]
        self.C_, self.l1_ratio_ = float(self.Cs_[at]), float(self.l1_ratios_[ratio])

    def _warn_of_folds(
        self, folds: Folds, paths: list[list[PathTrace]], unscored: NDArray[np.bool_]
    ) -> None:
        """Warn of folds without a score or without a class, and of fits that have not converged."""
        if unscored.any():
            numbers = ", ".join(str(k + 1) for k in np.flatnonzero(unscored).tolist())
            warn_caller(
                f"fold {numbers} of the cross-validation has scores that are no numbers; the "
                "others choose."
            )
        lacking = np.flatnonzero(~folds.present.all(axis=1))
        if lacking.size:
            sentence = weightless_sentence(self.classes_, np.asarray(folds.present.all(axis=0)))
            warn_caller(
                f"fold {', '.join(str(k + 1) for k in lacking.tolist())} of the cross-validation "
                "trains without a class: "
                f"{sentence} Its probability is 0 there, and is scored so. Use fewer or stratified "
                "folds.",
                SeparationWarning,
            )
        short = [~np.all([trace.converged for trace in path], axis=0) for path in paths]
        if np.any(short):
            shown = ", ".join(f"{C:.4g}" for C in self.Cs_[np.any(short, axis=0)])
            warn_caller(
                f"the folds' fits at C = {shown} are not converged; drop these, or scale the "
                "columns.",
                ConvergenceWarning,
            )

    @property
    def inference_(self) -> FitResult:
        """LogisticRegression's; refused unless naive, as C was chosen on the same rows."""
        return self._inference(
            "there is no inference after a penalty chosen by cross-validation; fit "
            "LogisticRegression(C=inf)"
        )

    def score(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, **params: Any
    ) -> float:
        """The score by `scoring`. params: with metadata routing whatever the scorer asks for."""
        check_row_labels(X, y=y, sample_weight=sample_weight)
        told = routed_to_score(self, sample_weight, params)
        return float(whole_scorer(self.scoring, self.classes_)(self, X, y, **told))

    def get_metadata_routing(self) -> Any:
        """Where metadata go: to the splitter of `cv`, and to the scorer in `fit` and `score`."""
        return router_of(self)
