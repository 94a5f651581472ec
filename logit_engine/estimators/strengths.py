"""One set of rows, fitted at any inverse strength C: what the estimators ask of the engine."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array, Columns, Constant, Dense, SideBySide, Sparse
from logit_engine.constraints import Inequalities
from logit_engine.errors import UsageError
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.paths import MAX_PATH_PASSES, fit_path
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit_rows
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LOGIT
from logit_engine.penalties import NONE, ElasticNet, Groups, Penalty, groups_of
from logit_engine.rows import arrays
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.newton import Newton
from logit_engine.solvers.proximal import Proximal

FIT_RESIDUAL = 1e-12  # of a single fit
PATH_RESIDUAL = 1e-10  # of a path's points: coefficients are good to about nine digits
# Under a penalty a fit looks at gradient and curvature first; without one it ends with a look.
PASSES_WITHOUT_STEP = {True: 2, False: 1}


@dataclass(frozen=True, slots=True)
class TaskFit:
    """A fit of a task at one strength.

    coef: (1, p) or (K, p). intercept: (1,) or (K,). result: None if no step was allowed. solver:
    that ran.

    steps: passes over the rows, but for the first looks at gradient and curvature.
    """

    coef: Array
    intercept: Array
    result: FitResult | None
    solver: str
    steps: int


class PathTrace(NamedTuple):
    """A path over m values of C: coef (m, 1 or K, p), intercept (m, 1 or K), others (m,)."""

    coef: Array
    intercept: Array
    passes: NDArray[np.int64]
    converged: NDArray[np.bool_]

    def take(self, order: NDArray[np.intp]) -> "PathTrace":
        """The points in another order, (m,)."""
        return PathTrace(
            self.coef[order], self.intercept[order], self.passes[order], self.converged[order]
        )


@dataclass(frozen=True, slots=True)
class PathTraces:
    """The path of all rows, and those without the rows of each fold."""

    whole: PathTrace
    folds: tuple[PathTrace, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """One set of rows, to be fitted at any strength.

    X: (n, p). y: (n,), codes or shares of events. weight, offset: (n,).

    labels: of the classes, where each has a predictor of its own under a penalty: more than two, or
    what is left of them.
    """

    X: Any
    y: Array
    weight: Array | None
    offset: ArrayLike | None
    classes: int
    intercept: bool
    columns: tuple[str, ...]
    threads: int | None = None
    labels: tuple[str, ...] = ()

    @property
    def several_classes(self) -> bool:
        """Whether each class has coefficients of its own."""
        return self.classes > 2 or bool(self.labels)

    def of_rows(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Task":
        """The task of some rows alone."""
        return replace(
            self,
            X=self.X[rows],
            y=self.y[rows],
            weight=None if self.weight is None else self.weight[rows],
            offset=None if self.offset is None else np.asarray(self.offset)[rows],
        )

    def _predictor_count(self, penalized: bool) -> int:
        """How many predictors are fitted."""
        return 1 if not self.several_classes else self.classes if penalized else self.classes - 1

    def _likelihood(self, penalized: bool) -> Bernoulli | Multinomial:
        """Under a penalty no class is the base."""
        if not self.several_classes:
            return Bernoulli(LOGIT)
        return Multinomial(self._predictor_count(penalized), base=not penalized)

    def solve(
        self,
        C: float,
        l1_ratio: float,
        factor: ArrayLike | None = None,
        bounds: tuple[ArrayLike, ArrayLike] | None = None,
        max_iter: int = 100,
        start: Array | None = None,
        tolerance: float = FIT_RESIDUAL,
        *,
        groups: ArrayLike | None = None,
        naive: bool = False,
    ) -> TaskFit:
        """The fit at inverse strength C.

        max_iter: the most passes with a step. start: (K, p + 1), intercepts first. naive: with
        standard errors after a penalty. Of more than two classes each has a predictor of its own
        under a penalty; without one predictors are against the first class, then centered.
        """
        if max_iter == 0:
            return self._fit_of_zeros()
        penalized = bool(np.isfinite(C))
        outputs = self._predictor_count(penalized)
        limits = None if bounds is None else self._coefficient_limits(bounds)
        solver: Newton | Proximal = Newton(max_passes=max_iter + 1)
        penalty: Penalty = NONE
        if penalized:
            solver = Proximal(tolerance, max_iter + 1)
            penalty = self.unit(l1_ratio, factor, limits, outputs, groups).multiplied(1.0 / C)
        options = FitOptions(
            penalty=penalty,
            inequalities=None if penalized or limits is None else self._inequalities(*limits),
            allow_separation=True,
            threads=self.threads,
            solver=solver,
            naive=naive and penalized,
            start=None if start is None else self._flat_start(start, outputs),
        )
        result = fit_rows(self._memory_rows(), self._likelihood(penalized), options)
        return self._task_fit(result, penalized, penalty.kinked, max_iter)

    def _task_fit(self, result: FitResult, penalized: bool, kinked: bool, max_iter: int) -> TaskFit:
        """The fit by classes, with the algorithm's name and the passes that took a step."""
        outputs = self._predictor_count(penalized)
        coef, intercept = self._coefficients_by_class(result.estimates, outputs)
        ran = "quasi-newton" if penalized else "newton"
        name = f"proximal {ran}" if kinked else ran
        steps = result.passes - PASSES_WITHOUT_STEP[penalized]
        return TaskFit(coef, intercept, result, name, min(max(steps, 1), max_iter))

    def _fit_of_zeros(self) -> TaskFit:
        """What no pass finds."""
        rows = self.classes if self.several_classes else 1
        return TaskFit(np.zeros((rows, self.X.shape[1])), np.zeros(rows), None, "none", 0)

    def path(
        self,
        Cs: Array,
        l1_ratio: float,
        factor: ArrayLike | None = None,
        fold: NDArray[np.int64] | None = None,
        tolerance: float = PATH_RESIDUAL,
        *,
        groups: ArrayLike | None = None,
        bounds: tuple[ArrayLike, ArrayLike] | None = None,
        max_iter: int = MAX_PATH_PASSES,
    ) -> PathTraces:
        """The fits at rising C, (m,), of all rows and without each fold.

        fold: (n,) codes from 0, -1 for rows that every fit has. max_iter: the most passes at a C
        for each fit; they share most of them.
        """
        outputs = self._predictor_count(penalized=True)
        likelihood = self._likelihood(penalized=True)
        rows = replace(self._memory_rows(), fold=fold)
        folds = 0 if fold is None else int(fold.max()) + 1
        limits = None if bounds is None else self._coefficient_limits(bounds)
        unit = self.unit(l1_ratio, factor, limits, outputs, groups)
        found = fit_path(
            rows,
            likelihood,
            unit,
            1.0 / Cs,
            folds=folds,
            tolerance=tolerance,
            threads=self.threads,
            max_passes=max_iter * (folds + 1),
        )
        of_folds = found.folds.swapaxes(0, 1)
        traces = [
            PathTrace(*self._path_coefficients(points, outputs), found.passes, found.converged)
            for points in (found.estimates, *of_folds)
        ]
        return PathTraces(traces[0], tuple(traces[1:]))

    def _path_coefficients(self, estimates: Array, outputs: int) -> tuple[Array, Array]:
        """Coefficients (m, 1 or K, p) and intercepts (m, 1 or K) of a path's estimates, (m, q)."""
        points = [self._coefficients_by_class(point, outputs) for point in estimates]
        coef, intercept = zip(*points, strict=True)
        return np.stack(coef), np.stack(intercept)

    def _coefficients_by_class(self, estimates: Array, outputs: int) -> tuple[Array, Array]:
        """Coefficients (1 or K, p) and intercepts (1 or K,).

        They are centered over several classes if only differences count.
        """
        by_class = estimates.reshape(outputs, self.X.shape[1] + self.intercept)
        contrasts = self.several_classes and outputs < self.classes
        if contrasts:
            by_class = np.vstack([np.zeros(by_class.shape[1]), by_class])
        intercept = by_class[:, 0] if self.intercept else np.zeros(by_class.shape[0])
        coef = by_class[:, int(self.intercept) :]
        if self.several_classes:
            intercept = intercept - intercept.mean()
        return (coef - coef.mean(axis=0) if contrasts else coef.copy()), intercept.copy()

    def _memory_rows(self) -> MemoryRows:
        names = ("intercept",) * self.intercept + self.columns
        sparse = hasattr(self.X, "tocsr")
        columns: Columns = Sparse(self.X.tocsr()) if sparse else Dense(self.X)
        if self.intercept:
            columns = SideBySide((Constant(self.X.shape[0]), columns))
        if self.offset is not None and self.several_classes:
            raise UsageError("an offset goes with two classes; leave it out.")
        offset = (
            None
            if self.offset is None
            else arrays.number_vector(self.offset, self.y.size, "offset")
        )
        return MemoryRows(
            columns,
            self.y,
            names,
            self.weight,
            offset,
            intercept=self.intercept,
            classes=self.labels,
        )

    def unit(
        self,
        l1_ratio: float,
        factor: ArrayLike | None,
        limits: tuple[Array, Array] | None,
        outputs: int,
        groups: ArrayLike | None = None,
    ) -> ElasticNet:
        """The penalty of strength one.

        Of several classes only differences of intercepts count: the first is zero.

        groups: (p,), a label for each column, None or -1 for none; the norms of all classes'
        coefficients then stand in place of the l1.
        """
        p = self.X.shape[1]
        share = (
            np.ones(p)
            if factor is None
            else arrays.number_vector(factor, p, "penalty_factor", "columns")
        )
        if share.min(initial=0.0) < 0.0:
            raise UsageError(
                f"penalty_factor is {share.min():g} for column {int(share.argmin())}; it is from 0 "
                "on."
            )
        whole = np.tile(np.concatenate([np.zeros(int(self.intercept)), share]), outputs)
        norms = None if groups is None else self._group_norms(groups, share, outputs)
        grouped = groups is not None and l1_ratio > 0.0
        l1 = l1_ratio * (np.zeros_like(whole) if grouped else whole)
        if outputs > 1 and self.intercept:
            l1[0] = np.inf
        low, high = (
            (None, None) if limits is None else (np.tile(limit, outputs) for limit in limits)
        )
        own = norms.multiplied(l1_ratio) if norms is not None and grouped else None
        return ElasticNet(l1, (1.0 - l1_ratio) * whole, low, high, own)

    def _group_norms(self, groups: ArrayLike, share: Array, outputs: int) -> Groups | None:
        """Norms over columns with equal labels, as strong as the root of their number.

        None if no column has a label.
        """
        labels = np.asarray(groups, dtype=object)
        if labels.shape != share.shape:
            raise UsageError(
                f"penalty_groups has shape {labels.shape}; give one label for each of the "
                f"{share.size} columns."
            )
        inside = np.array(
            [not (label is None or label != label or label == -1) for label in labels], dtype=bool
        )
        first = {label: code for code, label in enumerate(dict.fromkeys(labels[inside].tolist()))}
        codes = np.array(
            [first[label] if there else -1 for label, there in zip(labels, inside, strict=True)]
        )
        free = int(self.intercept)
        one = groups_of(np.r_[np.full(free, -1), codes], np.r_[np.ones(free), share])
        if not one.strength.size:
            return None
        return Groups(np.tile(one.codes, outputs), one.strength, np.tile(one.weight, outputs))

    def _coefficient_limits(self, bounds: tuple[ArrayLike, ArrayLike]) -> tuple[Array, Array]:
        """The lowest and the highest coefficients of a class, (q,) each, the intercept free."""
        p = self.X.shape[1]
        try:
            given_low, given_high = bounds
            low, high = (
                np.broadcast_to(np.asarray(given, dtype=np.float64), (p,))
                for given in (given_low, given_high)
            )
        except (TypeError, ValueError):
            raise UsageError(
                f"bounds is {bounds!r}; it is a pair, the lowest and the highest coefficients, "
                f"each a number or {p} numbers."
            ) from None
        if (low > high).any():
            raise UsageError(
                f"bounds: the lowest coefficient of column {int((low > high).argmax())} is above "
                "the highest."
            )
        free = np.full(int(self.intercept), np.inf)
        return np.concatenate([-free, low]), np.concatenate([free, high])

    def _inequalities(self, lower: Array, upper: Array) -> Inequalities:
        if self.several_classes:
            raise UsageError(
                "bounds of several classes go with a penalty, without which only contrasts are "
                "known; set C."
            )
        names = ("intercept",) * self.intercept + self.columns
        return Inequalities(lower, upper, np.zeros((0, lower.size)), np.zeros(0), names)

    def _flat_start(self, start: Array, outputs: int) -> Array | None:
        by_class = start if self.intercept else start[:, 1:]
        if self.several_classes and outputs == self.classes - 1:
            by_class = by_class[1:] - by_class[0]
        return np.asarray(by_class.reshape(-1)) if by_class.shape[0] == outputs else None
