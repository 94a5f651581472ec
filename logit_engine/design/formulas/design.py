"""Design matrices from formulas, with patsy's names; nothing is dropped or zeroed in silence."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.errors import DataError, UsageError
from logit_engine.rows import arrays


@dataclass(frozen=True, slots=True)
class FormulaSpec:
    """How columns become X, learnt on the training rows.

    names: of the p columns of X; columns, outcome_columns: of the data, read by the right side and
    by the left; chosen: where X's columns are in formulaic's matrix.
    """

    formula: str
    names: tuple[str, ...]
    columns: tuple[str, ...]
    outcome_columns: tuple[str, ...]
    chosen: tuple[int, ...]
    model: Any

    @property
    def terms(self) -> dict[str, list[int]]:
        """The columns of X of each term, by position, under the term's name as patsy prints it."""
        _, _, printed = _formulaic_modules()
        place = {index: j for j, index in enumerate(self.chosen)}
        found = {
            printed.term_name(term, self.formula): [place[i] for i in indices if i in place]
            for term, indices in self.model.term_indices.items()
        }
        return dict(
            sorted(((name, at) for name, at in found.items() if at), key=lambda item: item[1][0])
        )

    def encode(self, data: Any, missing: Literal["raise", "none"] = "raise") -> Array:
        """X of other rows, (n, p); a row with a null is refused, or ("none") is nan.

        Raises DataError naming columns that the data lack, unseen levels with their rows, and nulls
        by column.
        """
        frames, matrices, _ = _formulaic_modules()
        absent = [name for name in self.columns if name not in frames.column_names(data)]
        if absent:
            raise DataError(
                f"the data lack {_quoted_names(absent)}, which the formula '{self.formula}' reads."
            )
        null = frames.null_masks(data, self.columns)
        keep = _complete_rows(null, len(data), missing)
        if not keep.any():
            return np.full((len(data), len(self.names)), np.nan)
        X = matrices.encode(self.model, frames.complete_rows(data, self.columns, keep))
        return _with_gaps(X[:, self.chosen], keep)


@dataclass(frozen=True, slots=True)
class FormulaDesign:
    """What a formula makes of data.

    X: (n, p), with its constant column; outcome: (n,), the left side's values as they are, with
    `levels` in their declared order where it is categorical; kept: (rows of the subset,), which
    rows X holds; dropped: nulls by column, where there are any; rows: the columns that X was made
    of, complete, as a frame of pandas.
    """

    X: Array
    outcome: NDArray[Any]
    outcome_name: str
    levels: tuple[Any, ...] | None
    kept: NDArray[np.bool_]
    dropped: dict[str, int]
    spec: FormulaSpec
    rows: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the p columns of X."""
        return self.spec.names

    @property
    def y(self) -> Array:
        """A binary outcome, (n,) in [0, 1].

        Raises DataError for texts and categories, and for other numbers.
        """
        if self.levels is None and self.outcome.dtype.kind in "biuf":
            return arrays.binary_outcome(self.outcome, self.outcome.size)
        name = self.outcome_name[2:-1] if self.outcome_name.startswith("C(") else self.outcome_name
        levels = self.levels or tuple(sorted(set(self.outcome.tolist()), key=str))
        shown = ", ".join(repr(level) for level in levels[:5]) + ", ..." * (len(levels) > 5)
        raise DataError(
            f"the outcome '{name}' is one of {shown}, and a binary model needs 0 and 1; say which "
            "level is modeled, as in "
            f"I({name} == {levels[-1]!r}) ~ ..., or fit a multinomial model."
        )

    @property
    def note(self) -> str:
        """A sentence on the rows that were left out; empty if none were."""
        gone = self.kept.size - int(self.kept.sum())
        by_column = ", ".join(f"{name} in {count:,}" for name, count in self.dropped.items())
        return (
            f"{gone:,} of {self.kept.size:,} rows were left out for nulls ({by_column})."
            if gone
            else ""
        )


def formula_design(
    formula: str,
    data: Any,
    subset: Any = None,
    drop_cols: Collection[str] | None = None,
    missing: Literal["drop", "raise", "none"] = "drop",
) -> FormulaDesign:
    """The design of a formula such as "y ~ x1 + C(x2)" over a pandas or Polars frame.

    A row is complete if no column that the formula reads is null in it; others are dropped,
    refused, or ("none") kept and nan. Levels, knots and centers are learnt on the complete rows.
    drop_cols: columns of X to leave out. Names and order are patsy's (Smith 2011). Raises
    UsageError for a formula that cannot be read, or that says more than `language.py` lists, and
    without formulaic; DataError for data that do not fit it, such as a level without rows.
    """
    if missing not in ("drop", "raise", "none"):
        raise UsageError(f"missing is 'drop', 'raise' or 'none', not {missing!r}.")
    frames, matrices, _ = _formulaic_modules()
    names = frames.column_names(data)
    parsed = matrices.parse(formula, names)
    data = data if subset is None else frames.rows_of(data, subset)
    read = tuple(dict.fromkeys((*parsed.outcome_columns, *parsed.columns)))
    null = frames.null_masks(data, read)
    keep = _complete_rows(null, len(data), missing)
    if not keep.any():
        raise DataError(f"no row is complete in the columns that the formula '{formula}' reads.")
    rows = frames.complete_rows(data, read, keep)
    spec, X = _learn_spec(matrices, parsed, rows, drop_cols or ())
    values = matrices.outcome(parsed, rows)
    levels = tuple(values.cat.categories) if hasattr(values, "cat") else None
    outcome = np.asarray(values)
    if missing == "none":
        X, outcome = _with_gaps(X, keep), _with_gaps(outcome, keep)
        keep = np.ones(keep.size, dtype=bool)
    dropped = {name: int(mask.sum()) for name, mask in null.items() if mask.any()}
    return FormulaDesign(
        X, outcome, parsed.outcome, levels, keep, dropped, spec, rows[list(parsed.columns)]
    )


def _learn_spec(
    matrices: ModuleType, parsed: Any, rows: Any, drop_cols: Collection[str]
) -> tuple[FormulaSpec, Array]:
    """The formula learnt on complete rows, and their X. Raises UsageError if X has no column."""
    model, matrix, order, printed = matrices.learn(parsed, rows)
    chosen = _chosen_columns(order, printed, drop_cols)
    if not chosen:
        raise UsageError(f"the formula '{parsed.text}' leaves X without columns; give it a term.")
    names = tuple(printed[i] for i in chosen)
    columns, outcome_columns = parsed.columns, parsed.outcome_columns
    spec = FormulaSpec(parsed.text, names, columns, outcome_columns, chosen, model)
    return spec, matrix[:, chosen]


def _formulaic_modules() -> tuple[ModuleType, ModuleType, ModuleType]:
    """The modules that need pandas and formulaic, imported when the first formula is met."""
    try:
        from logit_engine.design.formulas import frames, matrices, names
    except ModuleNotFoundError as absent:
        raise UsageError(
            "formulas need the extra: pip install 'logit-engine[formula]'."
        ) from absent
    return frames, matrices, names


def _complete_rows(null: dict[str, NDArray[np.bool_]], n: int, missing: str) -> NDArray[np.bool_]:
    """Which rows have no null, (n,). Raises DataError naming the columns that have, if asked to."""
    keep = np.ones(n, dtype=bool)
    for mask in null.values():
        keep &= ~mask
    if missing == "raise" and not keep.all():
        counts = ", ".join(
            f"'{name}' in {mask.sum():,}" for name, mask in null.items() if mask.any()
        )
        raise DataError(
            f"{n - keep.sum():,} of {n:,} rows have nulls ({counts}; first: row "
            f"{int(keep.argmin())}); drop or impute them."
        )
    return keep


def _chosen_columns(order: list[int], printed: list[str], drop: Collection[str]) -> tuple[int, ...]:
    """The columns of formulaic's matrix in our order, without those to drop.

    Raises UsageError for an unknown name.
    """
    for name in drop:
        if name not in printed:
            near = get_close_matches(name, printed, 1, cutoff=0.0)
            hint = f"did you mean '{near[0]}'?" if near else "X has no columns."
            raise UsageError(f"drop_cols names '{name}', which is no column of X; {hint}")
    return tuple(i for i in order if printed[i] not in drop)


def _with_gaps(values: NDArray[Any], keep: NDArray[np.bool_]) -> NDArray[Any]:
    """The values at the rows kept, and nan (None among texts) at the others."""
    number = values.dtype.kind in "biuf"
    out = np.full(
        (keep.size, *values.shape[1:]),
        np.nan if number else None,
        dtype=np.float64 if number else object,
    )
    out[keep] = values
    return out


def _quoted_names(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
