"""Learning a Design from training rows: levels and pooling, imputed values, centers and scales, each choice said."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.design import (
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
    is_missing,
)
from logit_engine.errors import DataError, UsageError


def learn(frame: pl.DataFrame, spec: Spec) -> tuple[Design, tuple[str, ...]]:
    """The design of these training rows, and a sentence for everything imputed, pooled or merged.

    Statistics are summed by NumPy in row order, so they are the same bits in every run. Raises DataError for a column
    that is constant, of the wrong type, missing without a rule, or infinite; UsageError for an unknown reference level.
    """
    notes: list[str] = []
    numeric = tuple(_numeric(frame[name], spec, notes) for name in spec.numeric)
    indicators = _indicators(frame, spec, notes) if spec.add_indicator else ()
    categorical = tuple(_categorical(frame[name], spec, notes) for name in spec.categorical)
    return Design(numeric, indicators, categorical), tuple(notes)


def _numeric(column: pl.Series, spec: Spec, notes: list[str]) -> Numeric:
    name = column.name
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise DataError(
            f"column '{name}' holds {column.dtype} values; list it under features.categorical, or convert it."
        )
    x = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    present = x[~np.isnan(x)]
    if not np.isfinite(present).all():
        raise DataError(f"column '{name}' is infinite in {np.isinf(present).sum():,} of {x.size:,} rows.")
    missing = x.size - present.size
    if present.size == 0:
        raise DataError(f"column '{name}' is missing in all {x.size:,} training rows; drop it.")
    fill = _fill(present, spec)
    if missing:
        if fill is None:
            raise DataError(
                f"column '{name}' is missing in {missing:,} of {x.size:,} rows; "
                "set features.impute.numeric, or drop these rows."
            )
        notes.append(
            f"{name}: {missing:,} of {x.size:,} values were missing and became {fill:.6g} ({spec.impute_numeric})."
        )
        x = np.where(np.isnan(x), fill, x)
    center, scale = _center_scale(x, spec.normalize, name)
    return Numeric(name, fill, center, scale)


def _fill(present: Array, spec: Spec) -> float | None:
    match spec.impute_numeric:
        case Impute.MEAN:
            return float(present.mean())
        case Impute.MEDIAN:
            return float(np.median(present))
        case Impute.CONSTANT:
            return spec.constant
    return None


def _center_scale(x: Array, normalize: Normalize, name: str) -> tuple[float, float]:
    match normalize:
        case Normalize.STANDARD:
            center, scale = float(x.mean()), float(x.std())
        case Normalize.MINMAX:
            center, scale = float(x.min()), float(x.max() - x.min())
        case Normalize.ROBUST:
            first, center, third = (float(q) for q in np.percentile(x, [25, 50, 75]))
            scale = third - first
            if scale == 0.0 and x.min() < x.max():
                raise DataError(
                    f"column '{name}' has the same first and third quartile ({first:g}), so normalize: robust "
                    "has no scale for it; use standard or minmax."
                )
        case _:
            center, scale = 0.0, 1.0
    if x.min() == x.max():
        raise DataError(f"column '{name}' is {x[0]:g} in all {x.size:,} training rows; drop it.")
    return center, scale


def _indicators(frame: pl.DataFrame, spec: Spec, notes: list[str]) -> tuple[Indicator, ...]:
    """One indicator for each pattern of missing rows, named after all columns that share it."""
    patterns: dict[bytes, list[str]] = {}
    counts: dict[bytes, int] = {}
    for name in spec.numeric:
        mask = frame.select(is_missing(name)).to_series().to_numpy()
        if mask.any():
            key = np.packbits(mask).tobytes()
            patterns.setdefault(key, []).append(name)
            counts[key] = int(mask.sum())
    found = []
    for key, names in patterns.items():
        indicator = Indicator(tuple(names))
        if counts[key] < spec.min_frequency:
            notes.append(f"{', '.join(names)}: missing in {counts[key]:,} rows, too few for an indicator of their own.")
        else:
            found.append(indicator)
    return tuple(found)


def _categorical(column: pl.Series, spec: Spec, notes: list[str]) -> Categorical:
    name = column.name
    if not (column.dtype.is_integer() or column.dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum)):
        raise DataError(f"column '{name}' holds {column.dtype} values; a categorical holds text, integers or booleans.")
    as_level = spec.impute_categorical is Impute.LEVEL
    missing = column.null_count()
    if missing and not as_level:
        raise DataError(
            f"column '{name}' is missing in {missing:,} of {column.len():,} rows; "
            "set features.impute.categorical to {strategy: level}, or drop these rows."
        )
    labels = column.cast(pl.String).fill_null(MISSING)
    for taken, used in ((MISSING, as_level), (POOLED, spec.min_frequency > 1)):
        if used and (labels == taken).sum() > (missing if taken == MISSING else 0):
            raise DataError(f"column '{name}' has a level '{taken}', a name that the design gives itself; rename it.")
    table = labels.value_counts()
    counts = dict(zip(table[name].to_list(), table["count"].to_list(), strict=True))
    if missing:
        notes.append(f"{name}: {missing:,} of {column.len():,} values were missing and became the level {MISSING}.")
    known = _ordered(counts, column.dtype.is_integer())
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
