"""Classes without a row of weight: the fit of the other classes, and the limit for these.

If no row with weight belongs to a class, nothing holds its intercept back: the probability of the
class falls to 0 everywhere. The limit of such fits is known. The other classes are fitted as if the
class were not there; its intercept is minus infinity, and its coefficients are 0, where every
penalty wants them. If two classes are left under a penalty, each keeps a predictor of its own.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.estimators.strengths import Task


def class_masses(codes: Array, weight: Array | None, classes: int) -> Array:
    """The weight of each class, (classes,); of shares, (n,), that of non-events and of events."""
    own = np.ones(codes.size) if weight is None else weight
    if classes == 2:
        # No product of BLAS, whose threads would linger.
        return np.array([float((own * (1.0 - codes)).sum()), float((own * codes).sum())])
    return np.asarray(np.bincount(codes.astype(np.intp), own, minlength=classes), dtype=np.float64)


def task_of_classes(task: Task, present: NDArray[np.bool_]) -> Task:
    """The task of the rows whose classes are present, coded anew; itself if all are.

    present: (K,), two of them or more.
    """
    if present.all():
        return task
    codes = task.y.astype(np.intp)
    rows = present[codes]
    coded = (np.cumsum(present) - 1)[codes[rows]].astype(np.float64)
    labels = tuple(
        label for label, there in zip(task.labels, present.tolist(), strict=True) if there
    )
    return replace(task.of_rows(rows), y=coded, classes=int(present.sum()), labels=labels)


def with_absent_classes(
    coef: Array, intercept: Array, present: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Coefficients (..., K, p) and intercepts (..., K) of all classes from the present ones."""
    if present.all():
        return coef, intercept
    whole = np.zeros((*coef.shape[:-2], present.size, coef.shape[-1]))
    constants = np.full((*intercept.shape[:-1], present.size), -np.inf)
    whole[..., present, :], constants[..., present] = coef, intercept
    return whole, constants


def limit_of_one_class(present: NDArray[np.bool_], p: int) -> tuple[Array, Array]:
    """The limit if one class alone is present: coefficients (1 or K, p), intercepts (1 or K,)."""
    if present.size == 2:
        return np.zeros((1, p)), np.array([np.inf if present[1] else -np.inf])
    return np.zeros((present.size, p)), np.where(present, 0.0, -np.inf)


def weightless_sentence(labels: NDArray[np.generic], present: NDArray[np.bool_]) -> str:
    """The classes without weight by their labels, (K,), in a sentence."""
    absent = [
        repr(label)
        for label, there in zip(labels.tolist(), present.tolist(), strict=True)
        if not there
    ]
    several = "classes" if len(absent) > 1 else "class"
    return f"y has no row with a weight above 0 in {several} {', '.join(absent)}."
