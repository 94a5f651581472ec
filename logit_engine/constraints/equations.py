"""Linear constraints on named coefficients: values, how they are read from text, and the change of
variables they imply.

A constraint is a row r of R and a number q: r'theta = q, or r'theta >= q.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.constraints.parser import Parser, difference
from logit_engine.errors import UsageError

ROUNDING_LENGTH = 1e-11  # of a row of unit length: what is smaller counts as rounding


@dataclass(frozen=True, slots=True)
class Equalities:
    """R theta = q. R: (m, p); q: (m,); names: of the p coefficients."""

    R: Array
    q: Array
    names: tuple[str, ...]

    def text(self, i: int) -> str:
        """Row i as a person would write it."""
        return f"{_sum_text(self.R[i], self.names)} = {self.q[i]:g}"


@dataclass(frozen=True, slots=True)
class Inequalities:
    """lower <= theta <= upper, and R theta >= q for what concerns several coefficients at once.

    lower, upper: (p,), infinite where there is no bound; R: (m, p); q: (m,); names: of the p
    coefficients.
    """

    lower: Array
    upper: Array
    R: Array
    q: Array
    names: tuple[str, ...]

    @property
    def rows(self) -> Equalities:
        """All of them as rows of G theta >= h, bounds first; with equality in place of >=."""
        eye = np.eye(self.lower.size)
        below, above = np.isfinite(self.lower), np.isfinite(self.upper)
        G = np.vstack([eye[below], -eye[above], self.R])
        return Equalities(
            G, np.concatenate([self.lower[below], -self.upper[above], self.q]), self.names
        )


@dataclass(frozen=True, slots=True)
class NullSpace:
    """The directions that equalities leave free.

    basis: (p, r), orthonormal, R basis = 0; a coefficient that no constraint mentions has a column
    of its own. notes: a sentence for each constraint that follows from those before it.
    """

    basis: Array
    notes: tuple[str, ...] = ()

    @property
    def removed_count(self) -> int:
        """How many coefficients the equalities take away."""
        return int(self.basis.shape[0] - self.basis.shape[1])


def linear_equalities(spec: Any, names: Sequence[str]) -> Equalities:
    """Equalities from text, a list of texts, a mapping, a matrix R (then q = 0), or a pair (R, q).

    Text: "x1 = x2, 2*x3 - x4 = 1", "(x1 + x2)/2 = 0"; "x1" alone means x1 = 0, and "x1 = x2 = 0" is
    two constraints. A mapping: {"x1": 0.5, "x2 + x3": "x4"}, a key being a name, a sum, or a
    position. Raises UsageError with the text and the place where it cannot be read.
    """
    names = tuple(names)
    if isinstance(spec, Mapping) and spec:
        return Equalities(
            *_stacked([_entry(key, value, names) for key, value in spec.items()]), names
        )
    if (texts := _texts(spec)) is not None:
        return Equalities(
            *_stacked([row for text in texts for row in Parser(text, names, ("=",)).rows()]), names
        )
    return Equalities(*_matrices(spec, len(names)), names)


def linear_inequalities(spec: Any, names: Sequence[str]) -> Inequalities:
    """Inequalities from text ("x1 >= 0, x2 <= x3, 0 <= x4 <= 1"), a list of texts, or a pair (R, q)
    for R theta >= q.

    A row of one coefficient becomes a bound. Raises UsageError as `linear_equalities` does, and
    where the bounds of a coefficient contradict each other.
    """
    names = tuple(names)
    if (texts := _texts(spec)) is not None:
        R, q = _stacked([row for text in texts for row in Parser(text, names, (">=", "<=")).rows()])
    elif isinstance(spec, tuple):
        R, q = _matrices(spec, len(names))
    else:
        raise UsageError(
            "inequalities are text, a list of texts, or a pair (R, q) for R theta >= q."
        )
    lower, upper = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    single = np.count_nonzero(R, axis=1) == 1
    for row, value in zip(R[single], q[single], strict=True):
        j = int(np.flatnonzero(row)[0])
        if row[j] > 0.0:
            lower[j] = max(lower[j], value / row[j])
        else:
            upper[j] = min(upper[j], value / row[j] + 0.0)
        if lower[j] > upper[j]:
            raise UsageError(
                f"'{names[j]} >= {lower[j]:g}' and '{names[j]} <= {upper[j]:g}' contradict each "
                "other."
            )
    return Inequalities(lower, upper, R[~single], q[~single], names)


def null_space(equalities: Equalities) -> NullSpace:
    """The directions along which the equalities stay met.

    Raises UsageError naming constraints that contradict each other. Nocedal & Wright (2006), 15.3.
    """
    R, _, notes = independent(equalities)
    m, p = R.shape
    touched = (R != 0.0).any(axis=0)
    Q, _ = np.linalg.qr(R[:, touched].T, mode="complete")
    free = np.flatnonzero(~touched)
    basis = np.zeros((p, p - m))
    basis[free, np.arange(free.size)] = 1.0
    basis[touched, free.size :] = Q[:, m:]
    return NullSpace(basis, notes)


def independent(equalities: Equalities) -> tuple[Array, Array, tuple[str, ...]]:
    """The rows that do not follow from those before them, of unit length, and a sentence for
    each one dropped.
    """
    length = np.linalg.norm(equalities.R, axis=1)
    length[length == 0.0] = 1.0
    R, q = equalities.R / length[:, None], equalities.q / length
    kept: list[int] = []
    notes = []
    for i in range(q.size):
        share = np.linalg.lstsq(R[kept].T, R[i], rcond=None)[0]
        if np.linalg.norm(R[i] - share @ R[kept]) > ROUNDING_LENGTH:
            kept.append(i)
            continue
        causes = [
            (f"'{equalities.text(k)}'")
            for k, part in zip(kept, share, strict=True)
            if abs(part) > ROUNDING_LENGTH
        ]
        size = abs(q[i]) + np.abs(share) @ np.abs(q[kept])
        if abs(q[i] - share @ q[kept]) > ROUNDING_LENGTH * size:
            if not causes:
                raise UsageError(
                    f"the constraint '{equalities.text(i)}' holds for no coefficients; drop it."
                )
            raise UsageError(
                f"the constraint '{equalities.text(i)}' contradicts {' and '.join(causes)}; drop "
                "one of them."
            )
        reason = f"follows from {' and '.join(causes)}" if causes else "says nothing"
        notes.append(f"The constraint '{equalities.text(i)}' {reason} and was dropped.")
    return R[kept], q[kept], tuple(notes)


def _texts(spec: Any) -> list[str] | None:
    """The texts of a specification, or None where it is numbers."""
    if isinstance(spec, str):
        return [spec]
    if isinstance(spec, list | tuple) and spec and all(isinstance(text, str) for text in spec):
        return list(spec)
    return None


def _matrices(spec: Any, p: int) -> tuple[Array, Array]:
    """R (m, p) and q (m,) from a matrix or a pair; one row may be given flat, and q as one
    number.
    """
    if isinstance(spec, tuple) and len(spec) != 2:
        raise UsageError(
            f"a tuple of constraints is a pair (R, q); this one has {len(spec)} parts."
        )
    rows, values = spec if isinstance(spec, tuple) else (spec, 0.0)
    try:
        R, q = np.atleast_2d(np.array(rows, dtype=np.float64)), np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            "constraints are text, a mapping, a matrix R of numbers, or a pair (R, q)."
        ) from None
    if R.ndim != 2 or R.shape[1] != p or R.shape[0] == 0:
        raise UsageError(
            f"R has shape {R.shape}; one column for each of the {p} coefficients is needed."
        )
    q = np.full(R.shape[0], float(q.reshape(())[()])) if q.size == 1 else q.reshape(-1)
    if q.size != R.shape[0]:
        raise UsageError(
            f"q has {q.size} values; one for each of the {R.shape[0]} rows of R is needed."
        )
    if not (np.isfinite(R).all() and np.isfinite(q).all()):
        raise UsageError("R and q hold values that are not finite.")
    return R, q


def _entry(key: Any, value: Any, names: tuple[str, ...]) -> Array:
    """One entry of a mapping, {left side: right side}, as a row (p + 1,)."""
    if isinstance(key, int) and not 0 <= key < len(names):
        raise UsageError(
            f"there is no coefficient at position {key}; there are {len(names)}, counted from 0."
        )
    left = (
        np.eye(len(names) + 1)[key] if isinstance(key, int) else Parser(str(key), names).sum_alone()
    )
    if isinstance(value, str):
        return difference(left, Parser(value, names).sum_alone(), f"{key} = {value}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise UsageError(
            f"the constraint on '{key}' is {value!r}; give a finite number or a sum of "
            "coefficients."
        )
    return difference(left, np.append(np.zeros(len(names)), number), f"{key} = {value}")


def _stacked(rows: Sequence[Array]) -> tuple[Array, Array]:
    table = np.stack(rows)
    return table[:, :-1], table[:, -1]


def _sum_text(row: Array, names: tuple[str, ...]) -> str:
    """-x1 + 2*x2."""
    text = "".join(
        (" - " if row[j] < 0.0 else " + ")
        + ("" if abs(row[j]) == 1.0 else f"{abs(row[j]):g}*")
        + names[j]
        for j in np.flatnonzero(row)
    )
    return ("-" if text.startswith(" -") else "") + text[3:] or "0"
