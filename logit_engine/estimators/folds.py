"""The paths of a cross-validation: folds that share passes over the rows, and others.

Why. A cross-validation fits a path for all rows and one per fold; five folds fitted one by one read
the rows five times as often.

How. If each row is held out by one fold at most, a fold's sums are those of all rows without its
own. So one pass serves the fits of all folds (`fitting/paths.py`), by one fold code per row. Folds
of a splitter that repeats rows or leaves some out are fitted on their own rows, side by side on
threads; so are folds that train on no row of some class, for which the limit is known
(`classes.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from logit_engine.columns import Array
from logit_engine.estimators.classes import (
    class_masses,
    limit_of_one_class,
    task_of_classes,
    with_absent_classes,
)
from logit_engine.estimators.strengths import PathTrace, PathTraces, Task
from logit_engine.rows import cores, one_blas_thread

Split = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Folds:
    """A task, the rows of each fold to train on and to hold out, and the classes that it trains on.

    present: (folds, K).
    """

    task: Task
    splits: Sequence[Split]
    present: NDArray[np.bool_]

    def paths(
        self, Cs: Array, l1_ratio: float, max_iter: int, asked: Mapping[str, Any]
    ) -> list[PathTrace]:
        """The path over Cs, (m,) in any order, of each fold.

        asked: `factor`, `groups` and `bounds` of `Task.path`.
        """
        order = np.argsort(Cs)

        def path(task: Task, fold: NDArray[np.int64] | None = None) -> PathTraces:
            return task.path(Cs[order], l1_ratio, fold=fold, max_iter=max_iter, **asked)

        whole = np.flatnonzero(self.present.all(axis=1)).tolist()
        codes = fold_codes([self.splits[k] for k in whole], self.task.y.size)
        rest = (
            range(len(self.splits))
            if codes is None
            else np.flatnonzero(~self.present.all(axis=1)).tolist()
        )
        with ThreadPoolExecutor(cores()) as pool, one_blas_thread():
            shared = () if codes is None else path(self.task, codes).folds
            traces = dict(zip(whole, shared, strict=True)) if shared else {}
            traces |= zip(
                rest, pool.map(partial(self._path_of_fold, path, Cs.size), rest), strict=True
            )
        back = np.argsort(order)
        return [traces[k].take(back) for k in range(len(self.splits))]

    def _path_of_fold(self, path: Callable[[Task], PathTraces], m: int, k: int) -> PathTrace:
        """The path of one fold, by its own rows."""
        present = self.present[k]
        if present.sum() == 1:
            coef, intercept = limit_of_one_class(present, self.task.X.shape[1])
            points = np.repeat(coef[None], m, axis=0), np.repeat(intercept[None], m, axis=0)
            return PathTrace(*points, np.zeros(m, dtype=np.int64), np.ones(m, dtype=bool))
        trace = path(
            task_of_classes(replace(self.task.of_rows(self.splits[k][0]), threads=1), present)
        ).whole
        return PathTrace(
            *with_absent_classes(trace.coef, trace.intercept, present),
            trace.passes,
            trace.converged,
        )


def folds_of(task: Task, splits: Iterable[tuple[ArrayLike, ArrayLike]]) -> Folds:
    """The folds of a splitter, by row numbers or masks, with the classes that each trains on."""
    held = [(_row_numbers(train), _row_numbers(test)) for train, test in splits]
    parts = [task.of_rows(train) for train, _ in held]
    return Folds(
        task,
        held,
        np.array([class_masses(part.y, part.weight, part.classes) > 0.0 for part in parts]),
    )


def _row_numbers(rows: ArrayLike) -> NDArray[np.intp]:
    found = np.asarray(rows)
    return np.flatnonzero(found) if found.dtype == bool else found.astype(np.intp)


def fold_codes(splits: Sequence[Split], n: int) -> NDArray[np.int64] | None:
    """The fold that holds each row, (n,), -1 for none.

    None if folds overlap, or leave rows out on both sides.
    """
    codes = np.full(n, -1, dtype=np.int64)
    for k, (train, held) in enumerate(splits):
        if train.size + held.size != n or (codes[held] >= 0).any():
            return None
        codes[held] = k
        if np.isin(held, train).any():
            return None
    return codes if splits else None
