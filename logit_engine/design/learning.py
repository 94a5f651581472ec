"""Learning a Design: one survey of the training rows, from which each kind of term learns."""

from collections.abc import Iterable

import polars as pl

from logit_engine.design.spec import Spec
from logit_engine.design.survey import survey_rows
from logit_engine.design.table_design import Design
from logit_engine.design.terms.base import Training
from logit_engine.design.terms.registry import TERM_KINDS
from logit_engine.errors import DataError, Reason, UsageError
from logit_engine.rows.arrays import refuse_repeated_names
from logit_engine.rows.table_frames import Frames, MemoryFrames


def learn(rows: pl.DataFrame | Frames, spec: Spec) -> tuple[Design, tuple[str, ...]]:
    """The design of these training rows, and a sentence for everything imputed, pooled or merged.

    Statistics are summed by NumPy over blocks in row order, so they are the same bits in every run
    and however the rows come. A median or a quartile takes its column whole, one column at a time.
    Raises DataError for a column that is constant, of the wrong type, missing without a rule, or
    infinite; UsageError for an unknown reference level or kind.
    """
    rows = MemoryFrames(rows) if isinstance(rows, pl.DataFrame) else rows
    _check_kinds(spec)
    inputs = [kind.inputs_of(spec) for kind in TERM_KINDS.values()]
    numbers = tuple(dict.fromkeys(name for one in inputs for name in one.numbers))
    levels = tuple(dict.fromkeys(name for one in inputs for name in one.levels))
    schema = rows.schema
    _check_types(schema, numbers, levels)
    training = Training(rows, schema, survey_rows(rows, numbers, levels), spec)
    design = Design(tuple(term for kind in TERM_KINDS.values() for term in kind.learn(training)))
    refuse_repeated_names(design.names, "terms")
    return design, tuple(training.notes)


def _check_kinds(spec: Spec) -> None:
    for request in spec.requests:
        if request.kind not in TERM_KINDS:
            known = ", ".join(TERM_KINDS)
            raise UsageError(f"there is no kind of term '{request.kind}'; choose one of {known}.")


def _check_types(schema: pl.Schema, numbers: Iterable[str], levels: Iterable[str]) -> None:
    for name in numbers:
        dtype = schema[name]
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            raise DataError(
                f"column '{name}' holds {dtype} values; ask for it as a categorical, or convert "
                "it.",
                reason=Reason.NOT_NUMERIC,
                names={"column": name},
            )
    for name in levels:
        dtype = schema[name]
        if not (dtype.is_integer() or dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum)):
            raise DataError(
                f"column '{name}' holds {dtype} values; a categorical holds text, integers or "
                "booleans."
            )
