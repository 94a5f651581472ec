"""Learning a Design from training rows: levels and pooling, imputed values, centers and scales, each choice said."""

import math
from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.design.learning_sums import Numbers, Survey, numbers_of, survey
from logit_engine.design.terms import (
    MISSING,
    POOLED,
    Categorical,
    Design,
    Impute,
    Indicator,
    Normalize,
    Numeric,
    Spec,
    Unknown,
)
from logit_engine.errors import DataError, UsageError
from logit_engine.rows.arrays import distinct
from logit_engine.rows.table_frames import Frames, MemoryFrames


def learn(rows: pl.DataFrame | Frames, spec: Spec) -> tuple[Design, tuple[str, ...]]:
    """The design of these training rows, and a sentence for everything imputed, pooled or merged.

    Statistics are summed by NumPy over blocks in row order, so they are the same bits in every run and however the rows
    come. A median or a quartile takes its column whole, one column at a time. Raises DataError for a column that is
    constant, of the wrong type, missing without a rule, or infinite; UsageError for an unknown reference level.
    """
    rows = MemoryFrames(rows) if isinstance(rows, pl.DataFrame) else rows
    schema = rows.schema
    _check_types(schema, spec)
    found = survey(rows, spec.numeric, spec.categorical)
    notes: list[str] = []
    numeric = tuple(_numeric(rows, name, found.numbers[name], spec, notes) for name in spec.numeric)
    indicators = _indicators(found, spec, notes) if spec.add_indicator else ()
    categorical = tuple(_categorical(name, found, schema[name].is_integer(), spec, notes) for name in spec.categorical)
    design = Design(numeric, indicators, categorical)
    distinct(design.names, "terms")
    return design, tuple(notes)


def _check_types(schema: pl.Schema, spec: Spec) -> None:
    for name in spec.numeric:
        dtype = schema[name]
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            raise DataError(f"column '{name}' holds {dtype} values; list it under features.categorical, or convert it.")
    for name in spec.categorical:
        dtype = schema[name]
        if not (dtype.is_integer() or dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum)):
            raise DataError(f"column '{name}' holds {dtype} values; a categorical holds text, integers or booleans.")


def _numeric(rows: Frames, name: str, numbers: Numbers, spec: Spec, notes: list[str]) -> Numeric:
    if numbers.present == 0:
        raise DataError(f"column '{name}' is missing in all {numbers.rows:,} training rows; drop it.")
    ordered = spec.impute_numeric is Impute.MEDIAN or spec.normalize is Normalize.ROBUST
    x = numbers_of(rows, name) if ordered else np.empty(0)
    fill = _fill(x, numbers, spec)
    if numbers.missing:
        if fill is None:
            raise DataError(
                f"column '{name}' is missing in {numbers.missing:,} of {numbers.rows:,} rows; "
                "set features.impute.numeric, or drop these rows."
            )
        notes.append(
            f"{name}: {numbers.missing:,} of {numbers.rows:,} values were missing and became {fill:.6g} "
            f"({spec.impute_numeric})."
        )
        numbers = numbers.filled(fill)
        x[np.isnan(x)] = fill
    center, scale = _center_scale(x, numbers, spec.normalize, name)
    return Numeric(name, fill, center, scale)


def _fill(x: Array, numbers: Numbers, spec: Spec) -> float | None:
    match spec.impute_numeric:
        case Impute.MEAN:
            return numbers.mean
        case Impute.MEDIAN:
            return float(np.nanmedian(x))
        case Impute.CONSTANT:
            return spec.constant
    return None


def _center_scale(x: Array, numbers: Numbers, normalize: Normalize, name: str) -> tuple[float, float]:
    match normalize:
        case Normalize.STANDARD:
            center, scale = numbers.mean, math.sqrt(numbers.square / numbers.rows)
        case Normalize.MINMAX:
            center, scale = numbers.low, numbers.high - numbers.low
        case Normalize.ROBUST:
            first, center, third = (float(q) for q in np.percentile(x, [25, 50, 75]))
            scale = third - first
            if scale == 0.0 and numbers.low < numbers.high:
                raise DataError(
                    f"column '{name}' has the same first and third quartile ({first:g}), so normalize: robust "
                    "has no scale for it; use standard or minmax."
                )
        case _:
            center, scale = 0.0, 1.0
    if numbers.low == numbers.high:
        raise DataError(f"column '{name}' is {numbers.low:g} in all {numbers.rows:,} training rows; drop it.")
    return center, scale


def _indicators(found: Survey, spec: Spec, notes: list[str]) -> tuple[Indicator, ...]:
    """One indicator for each pattern of missing rows, named after all columns that share it."""
    indicators = []
    for names in found.together:
        rows = found.numbers[names[0]].missing
        if rows < spec.min_frequency:
            notes.append(f"{', '.join(names)}: missing in {rows:,} rows, too few for an indicator of their own.")
        else:
            indicators.append(Indicator(names))
    return tuple(indicators)


def _categorical(name: str, found: Survey, integers: bool, spec: Spec, notes: list[str]) -> Categorical:
    as_level = spec.impute_categorical is Impute.LEVEL
    counts, missing = dict(found.levels[name]), found.nulls[name]
    if missing and not as_level:
        raise DataError(
            f"column '{name}' is missing in {missing:,} of {found.rows:,} rows; "
            "set features.impute.categorical to {strategy: level}, or drop these rows."
        )
    for taken, used in ((MISSING, as_level), (POOLED, spec.min_frequency > 1)):
        if used and taken in counts:
            raise DataError(f"column '{name}' has a level '{taken}', a name that the design gives itself; rename it.")
    if missing:
        counts[MISSING] = missing
        notes.append(f"{name}: {missing:,} of {found.rows:,} values were missing and became the level {MISSING}.")
    known = _ordered(counts, integers)
    reference = _reference(name, known, counts, spec)
    rare = tuple(v for v in known if counts[v] < spec.min_frequency and v != reference)
    pooled_rows = sum(counts[v] for v in rare)
    own_pool = bool(rare) and pooled_rows >= spec.min_frequency
    columns = tuple(v for v in known if v not in rare and v != reference) + ((POOLED,) if own_pool else ())
    if rare:
        _say_pooled(name, rare, pooled_rows, own_pool, reference, spec.min_frequency, notes)
    if not columns:
        raise DataError(f"column '{name}' has one level ('{reference}') in the training rows; drop it.")
    position = {level: i for i, level in enumerate(columns)}
    pool = position[POOLED] if own_pool else len(columns)
    codes = tuple(len(columns) if v == reference else pool if v in rare else position[v] for v in known)
    other = {Unknown.ERROR: None, Unknown.REFERENCE: len(columns), Unknown.POOLED: pool}[spec.unknown]
    return Categorical(name, known, codes, columns, reference, other, as_level)


def _ordered(levels: Sequence[str] | dict[str, int], integers: bool) -> tuple[str, ...]:
    if integers:
        return tuple(sorted(levels, key=lambda v: (v == MISSING, int(v) if v != MISSING else 0)))
    return tuple(sorted(levels, key=lambda v: (v == MISSING, v)))


def _reference(name: str, known: tuple[str, ...], counts: dict[str, int], spec: Spec) -> str:
    asked = dict(spec.reference).get(name)
    if asked is None:
        return max(known, key=lambda v: counts[v])
    if asked not in counts:
        near = get_close_matches(asked, known, 1) or [max(known, key=lambda v: counts[v])]
        raise UsageError(
            f"features.reference: '{asked}' is not a level of '{name}' in the training rows; did you mean '{near[0]}'?"
        )
    return asked


def _say_pooled(
    name: str, rare: tuple[str, ...], rows: int, own: bool, reference: str, least: int, notes: list[str]
) -> None:
    listed = ", ".join(rare[:8]) + (f" and {len(rare) - 8} more" if len(rare) > 8 else "")
    levels = "1 level" if len(rare) == 1 else f"{len(rare)} levels"
    verb, join = ("is", "joins") if len(rare) == 1 else ("are", "join")
    fate = "pooled." if own else f"too rare even when pooled and {join} the reference level {reference}."
    notes.append(f"{name}: {levels} with fewer than {least:,} rows ({listed}), {rows:,} rows in all, {verb} {fate}")
