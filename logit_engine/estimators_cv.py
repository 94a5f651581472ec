"""scikit-learn's `LogisticRegressionCV`: the strength of the penalty, chosen on folds along warm-started paths."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.blocks import one_blas_thread
from logit_engine.columns import Array
from logit_engine.errors import ConvergenceWarning, UsageError
from logit_engine.estimation import Task, Trace, Traced
from logit_engine.estimators import LogisticRegression
from logit_engine.estimators_base import HAVE_SKLEARN
from logit_engine.estimators_rows import (
    checked_rows,
    class_codes,
    class_names,
    column_names,
    row_weights,
    same_rows,
)
from logit_engine.fitting import cores
from logit_engine.result import FitResult


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
        same_rows(X, y=y, sample_weight=sample_weight, groups=groups)
        table, labels = checked_rows(self, X, y)
        outcome, self.classes_ = class_codes(labels)
        weight = row_weights(self, outcome, sample_weight)
        folds = list(check_cv(self.cv, labels, classifier=True).split(table, labels, groups))
        scorer = self._scorer()
        scored = None if sample_weight is None else np.broadcast_to(np.asarray(sample_weight), outcome.shape)

        codes = _codes(folds, outcome.size)

        def task(rows: Any, threads: int | None = None) -> Task:
            own, size, names = None if weight is None else weight[rows], self.classes_.size, column_names(self)
            return Task(
                table[rows], outcome[rows], own, None, size, self.fit_intercept, names, threads, class_names(self)
            )

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
        same_rows(X, y=y, sample_weight=sample_weight)
        options = {} if sample_weight is None else {"sample_weight": sample_weight}
        return float(self._scorer()(self, X, y, **options))

    def _scorer(self) -> Any:
        """scikit-learn's scorer; of the log-loss our own, which needs no class to be in every fold and never rounds to 0."""
        from sklearn.metrics import check_scoring

        if self.scoring == "neg_log_loss":
            return _neg_log_loss
        return check_scoring(_Scored(self.classes_), scoring=self.scoring)


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
