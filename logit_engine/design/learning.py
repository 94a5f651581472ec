"""Learning a Design: one survey of the training rows, from which each kind of term learns."""

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.columns.moments import MIN_SQUARABLE_SIZE
from logit_engine.design.spec import Spec
from logit_engine.design.survey import NumberSummary, Survey, column_values, survey_rows
from logit_engine.design.table_design import Design
from logit_engine.design.terms.base import (
    Term,
    Training,
    huge_numbers_error,
    infinite_numbers_error,
)
from logit_engine.design.terms.levels import check_recode
from logit_engine.design.terms.registry import TERM_KINDS
from logit_engine.errors import DataError, LogitEngineError, Reason, UsageError, joint_error
from logit_engine.rows.arrays import refuse_repeated_names
from logit_engine.rows.row_names import row_positions
from logit_engine.rows.table_frames import Frames, MemoryFrames

# The digits of a double are 1e16 apart: beside larger numbers the others keep less than three.
MAX_SPREAD_RATIO = 1e13
LEVEL_TYPES = (pl.String, pl.Boolean, pl.Categorical, pl.Enum, pl.Date, pl.Datetime)


def learn(
    rows: pl.DataFrame | Frames,
    spec: Spec,
    row_names: Callable[[NDArray[np.intp]], str] = row_positions,
) -> tuple[Design, tuple[str, ...]]:
    """The design of these training rows, and a sentence for everything imputed, pooled or merged.

    row_names: the text of rows given by position, (m,), for messages. Statistics are summed by
    NumPy over blocks in row order, so they are the same bits in every run and however the rows
    come. A median or a quartile takes its column whole, one column at a time.
    Raises DataError for columns that are constant, of the wrong type, missing without a rule, or
    infinite; UsageError for an unknown reference level or kind. All problems are raised as one
    error, whose parts they are.
    """
    rows = MemoryFrames(rows) if isinstance(rows, pl.DataFrame) else rows
    _check_kinds(spec)
    check_recode(spec)
    problems = _type_problems(rows.schema, *_columns_read(spec))
    readable = spec.without(problems)
    survey = survey_rows(rows, *_columns_read(readable))
    problems |= _number_problems(rows, survey, row_names)
    training = Training(rows, rows.schema, survey, readable.without(problems))
    terms = _learnt_terms(training)
    if problems or training.problems:
        raise joint_error([*problems.values(), *training.problems])
    if not terms and training.notes:
        raise DataError("every column is constant in the training rows; a model needs one more.")
    design = Design(tuple(terms))
    refuse_repeated_names(design.names, "terms")
    return design, tuple(training.notes)


def _learnt_terms(training: Training) -> list[Term]:
    """The terms of every kind; an error that a kind raises joins the problems."""
    terms: list[Term] = []
    for kind in TERM_KINDS.values():
        try:
            terms += kind.learn(training)
        except (DataError, UsageError) as error:
            training.problems.append(error)
    return terms


def _columns_read(spec: Spec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The data columns that are read as numbers, and as levels, each once."""
    inputs = [kind.inputs_of(spec) for kind in TERM_KINDS.values()]
    numbers = dict.fromkeys(name for one in inputs for name in one.numbers)
    levels = dict.fromkeys(name for one in inputs for name in one.levels)
    return tuple(numbers), tuple(levels)


def _check_kinds(spec: Spec) -> None:
    for request in spec.requests:
        if request.kind not in TERM_KINDS:
            known = ", ".join(TERM_KINDS)
            raise UsageError(f"there is no kind of term '{request.kind}'; choose one of {known}.")


def _type_problems(
    schema: pl.Schema, numbers: Iterable[str], levels: Iterable[str]
) -> dict[str, LogitEngineError]:
    """The error of each column whose type does not fit what is read of it."""
    problems: dict[str, LogitEngineError] = {}
    for name in numbers:
        dtype = schema[name]
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            problems[name] = DataError(
                f"column '{name}' holds {dtype} values; ask for it as a categorical, or convert "
                "it.",
                reason=Reason.NOT_NUMERIC,
                names={"column": name},
            )
    for name in levels:
        dtype = schema[name]
        if not (dtype.is_integer() or dtype in LEVEL_TYPES):
            problems[name] = DataError(
                f"column '{name}' holds {dtype} values; a categorical holds text, integers, "
                "booleans, dates or datetimes.",
                names={"column": name},
            )
    return problems


def _number_problems(
    rows: Frames, survey: Survey, row_names: Callable[[NDArray[np.intp]], str]
) -> dict[str, LogitEngineError]:
    """The error of each column of numbers that no statistic can be made of."""
    problems: dict[str, LogitEngineError] = {}
    for name, numbers in survey.numbers.items():
        error = _unusable_numbers_error(name, numbers, row_names)
        if error is None and _largest(numbers) > MAX_SPREAD_RATIO * numbers.spread > 0.0:
            error = _lone_numbers_error(rows, name, numbers, row_names)
        if error is not None:
            problems[name] = error
    return problems


def _largest(numbers: NumberSummary) -> float:
    """The magnitude of a column's largest number."""
    return max(abs(numbers.low), abs(numbers.high))


def _lone_numbers_error(
    rows: Frames,
    name: str,
    numbers: NumberSummary,
    row_names: Callable[[NDArray[np.intp]], str],
) -> DataError:
    """The error of a column with a few numbers beside which all others lose their digits."""
    is_far = np.abs(column_values(rows, name)) > MAX_SPREAD_RATIO * numbers.spread
    far = np.flatnonzero(is_far)
    return DataError(
        f"column '{name}' holds numbers up to {_largest(numbers):g} in {far.size:,} of "
        f"{numbers.rows:,} rows ({row_names(far)}), beside which the others, with quartiles "
        f"{numbers.spread:.3g} apart, lose their digits; make these values missing, or "
        "drop the column.",
        names={"column": name},
    )


def _unusable_numbers_error(
    name: str, numbers: NumberSummary, row_names: Callable[[NDArray[np.intp]], str]
) -> DataError | None:
    """The error of a column with numbers that are infinite, too large or too small, or None."""
    first = row_names(np.array(numbers.unusable, dtype=np.intp)) if numbers.unusable else ""
    where = f"{numbers.rows:,} rows ({first})"
    if numbers.infinite:
        return infinite_numbers_error(name, numbers.infinite, where)
    if numbers.huge:
        return huge_numbers_error(name, numbers.huge, where)
    largest = _largest(numbers)
    if numbers.present and 0.0 < largest < MIN_SQUARABLE_SIZE:
        return DataError(
            f"column '{name}' holds no number beyond {largest:g}, too small to be squared; "
            "multiply it by a power of ten.",
            names={"column": name},
        )
    return None
