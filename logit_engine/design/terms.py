"""A Design is how columns become X: learnt on the training rows alone, frozen, and the same for training and scoring.

It holds the terms of X in order: the intercept, numeric columns (imputed, normalized), one indicator for each pattern of
columns missing together, and categoricals as level codes. `encode` gives the columns of a frame for a fit, and
`linear_predictor` the same sum as one Polars expression for the score. A design is learnt by `logit_engine.design.learning`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl

from logit_engine.columns import Array, Coded, Columns, Constant, Coordinates, Dense, SideBySide
from logit_engine.errors import DataError

MISSING = "(missing)"
POOLED = "(pooled)"


class Normalize(StrEnum):
    """Center and scale of numeric columns: mean and standard deviation, minimum and range, median and quartile range."""

    STANDARD = "standard"
    MINMAX = "minmax"
    ROBUST = "robust"
    NONE = "none"


class Impute(StrEnum):
    """What stands in for a missing value: nothing (an error), a number learnt or given, or a level of its own."""

    ERROR = "error"
    MEAN = "mean"
    MEDIAN = "median"
    CONSTANT = "constant"
    LEVEL = "level"


class Unknown(StrEnum):
    """What a level unseen in training counts as."""

    ERROR = "error"
    REFERENCE = "reference"
    POOLED = "pooled"


@dataclass(frozen=True, slots=True)
class Spec:
    """What is asked of a design. reference: baseline level by column; constant: the number for Impute.CONSTANT."""

    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    reference: Mapping[str, str] = ()  # type: ignore[assignment]
    impute_numeric: Impute = Impute.ERROR
    constant: float | None = None
    add_indicator: bool = False
    impute_categorical: Impute = Impute.ERROR
    min_frequency: int = 1
    unknown: Unknown = Unknown.ERROR
    normalize: Normalize = Normalize.STANDARD


@dataclass(frozen=True, slots=True)
class Numeric:
    """A numeric column: (x - center) / scale, with `fill` for a missing x (None: missing is an error)."""

    name: str
    fill: float | None
    center: float
    scale: float

    def expression(self) -> pl.Expr:
        """The column as it enters X, before center and scale: null where it is missing and nothing stands in."""
        value = pl.col(self.name).cast(pl.Float64).fill_nan(None)
        return value if self.fill is None else value.fill_null(self.fill)

    def normalized(self, dtype: pl.DataType) -> pl.Expr:
        """The column of that type as it is in X, where nothing is missing that has no fill."""
        plain = (self.center, self.scale) == (0.0, 1.0)
        if plain and self.fill is None and dtype == pl.Float32:
            return pl.col(self.name)
        value = pl.col(self.name).cast(pl.Float64) if self.fill is None else self.expression()
        return value if plain else (value - self.center) / self.scale


@dataclass(frozen=True, slots=True)
class Indicator:
    """1 where any of the source columns is missing; in training they were missing together."""

    sources: tuple[str, ...]

    @property
    def name(self) -> str:
        """missing[a, b]."""
        return f"missing[{', '.join(self.sources)}]"

    def expression(self) -> pl.Expr:
        """1.0 or 0.0."""
        return pl.any_horizontal([is_missing(name) for name in self.sources]).cast(pl.Float64)


@dataclass(frozen=True, slots=True)
class Categorical:
    """A categorical column: its levels known from training, and the code of each.

    known: the levels, ordered. codes: of each known level, its column among `columns`, or len(columns) for the reference.
    columns: the levels that have a coefficient, "pooled" among them where rare levels share one. other: the code of a
    level unseen in training (None: an error). missing_as_level: a missing value is the level "(missing)".
    """

    name: str
    known: tuple[str, ...]
    codes: tuple[int, ...]
    columns: tuple[str, ...]
    reference: str
    other: int | None
    missing_as_level: bool

    def label(self) -> pl.Expr:
        """The level's name, as text; null where it is missing and that is no level."""
        text = pl.col(self.name).cast(pl.String)
        return text.fill_null(MISSING) if self.missing_as_level else text

    def lookup(self, values: Sequence[Any], other: Any, dtype: type[pl.DataType]) -> pl.Expr:
        """values[i] for known level i, `other` (None: null) for an unseen one, null for a missing one that is no level."""
        table = pl.Series(values, dtype=dtype)
        position = self.label().cast(pl.Enum(self.known), strict=False).to_physical().cast(pl.UInt32)
        found = pl.lit(table).gather(position)
        if other is not None:
            found = found.fill_null(other)
        return found if self.missing_as_level else pl.when(pl.col(self.name).is_null()).then(None).otherwise(found)


@dataclass(frozen=True, slots=True)
class Design:
    """The terms of X in order: intercept, numeric, indicators, categoricals. Made by `learn`."""

    numeric: tuple[Numeric, ...]
    indicators: tuple[Indicator, ...]
    categorical: tuple[Categorical, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the p columns of X."""
        levels = [f"{c.name}[{level}]" for c in self.categorical for level in c.columns]
        return ("intercept", *(t.name for t in self.numeric), *(t.name for t in self.indicators), *levels)

    @property
    def groups(self) -> tuple[int, ...]:
        """A label for each of the p columns: the levels of a categorical share one, the intercept has -1."""
        single = len(self.numeric) + len(self.indicators)
        levels = [single + i for i, c in enumerate(self.categorical) for _ in c.columns]
        return (-1, *range(single), *levels)

    def ordered(self, name: str) -> tuple[int, ...]:
        """The columns of a categorical's levels in order, -1 for the reference; pooled and missing ones have no place."""
        at = 1 + len(self.numeric) + len(self.indicators)
        for c in self.categorical:
            if c.name == name:
                own = {level: at + i for i, level in enumerate(c.columns)}
                return tuple(own.get(level, -1) for level in self.ordered_levels(name))
            at += len(c.columns)
        raise KeyError(name)

    def ordered_levels(self, name: str) -> tuple[str, ...]:
        """A categorical's levels in order, the reference among them; pooled and missing ones have no place."""
        c = next(c for c in self.categorical if c.name == name)
        own = {*c.columns, c.reference} - {POOLED, MISSING}
        return tuple(level for level in c.known if level in own)

    @property
    def sources(self) -> tuple[str, ...]:
        """The data columns it reads."""
        return (*(t.name for t in self.numeric), *(c.name for c in self.categorical))

    @property
    def units(self) -> Coordinates:
        """The change from coefficients of normalized columns to coefficients in original units."""
        p = len(self.names)
        center, scale = np.zeros(p), np.ones(p)
        k = len(self.numeric)
        center[1 : k + 1] = [t.center for t in self.numeric]
        scale[1 : k + 1] = [t.scale for t in self.numeric]
        return Coordinates(center, scale, 0, 1.0, np.zeros(p))

    def encode(self, frame: pl.DataFrame) -> Columns:
        """The columns of X for these rows: dense numbers in Fortran order, categoricals as codes.

        Raises DataError where a value is missing, infinite or unseen and the design has no rule for it.
        """
        self.check(frame.lazy())
        return self.columns(frame)

    def columns(self, frame: pl.DataFrame) -> Columns:
        """The columns of X for rows that `check` has passed."""
        schema = frame.schema
        dense = [t.normalized(schema[t.name]) for t in self.numeric]
        dense += [t.expression().alias(t.name) for t in self.indicators]
        codes = [
            c.lookup(c.codes, -1 if c.other is None else c.other, pl.Int32).alias(c.name) for c in self.categorical
        ]
        parts: list[Columns] = [Constant(frame.height)]
        if dense:
            parts.append(Dense(frame.select(dense).to_numpy(order="fortran")))
        coded = frame.select(codes)
        parts += [
            Coded(coded[:, i].to_numpy(), len(c.columns)) for i, c in enumerate(self.categorical) if len(c.columns) > 0
        ]
        return SideBySide(tuple(parts))

    def linear_predictor(self, estimates: Array) -> pl.Expr:
        """x'theta as one expression, with estimates (p,) on the scale of X; null wherever a term has no rule."""
        values = estimates.tolist()
        total = pl.lit(values[0])
        at = 1
        for t in self.numeric:
            total = total + (t.expression() - t.center) * (values[at] / t.scale)
            at += 1
        for i in self.indicators:
            total = total + i.expression() * values[at]
            at += 1
        for c in self.categorical:
            own = [*values[at : at + len(c.columns)], 0.0]
            other = None if c.other is None else own[c.other]
            total = total + c.lookup([own[code] for code in c.codes], other, pl.Float64)
            at += len(c.columns)
        return total

    def predictors(self, frame: pl.DataFrame, estimates: Array) -> Array:
        """x'theta of the rows for one predictor, (n,), or for several one after another, (n, k).

        estimates: (p,) or (k p,), on the scale of X. Raises DataError as `check` does.
        """
        if frame.height:
            self.check(frame.lazy())
        return self.linear_predictors(frame, estimates)

    def linear_predictors(self, frame: pl.DataFrame, estimates: Array) -> Array:
        """`predictors` of rows whose check is the caller's: nan wherever a term has no rule."""
        by_predictor = estimates.reshape(-1, len(self.names))
        columns = frame.select(
            self.linear_predictor(theta).alias(str(i)) for i, theta in enumerate(by_predictor)
        ).to_numpy()
        return np.asarray(columns[:, 0] if columns.shape[1] == 1 else columns)

    def check(self, frame: pl.LazyFrame) -> "Audit":
        """Counts what the rows hold that is missing or unseen. Raises DataError if a term has no rule for it."""
        return self.refuse(self.audit(frame))

    def audit(self, frame: pl.LazyFrame) -> "Audit":
        """Counts what the rows hold that is missing, infinite or unseen."""
        found = frame.select(
            pl.len().alias("rows"),
            *(is_missing(t.name).sum().alias(f"missing {t.name}") for t in self.numeric),
            *(pl.col(t.name).cast(pl.Float64).is_infinite().sum().alias(f"infinite {t.name}") for t in self.numeric),
            *(pl.col(c.name).is_null().sum().alias(f"missing {c.name}") for c in self.categorical),
            *(
                c.label().filter(~c.label().is_in(c.known)).value_counts(sort=True).implode().alias(f"unseen {c.name}")
                for c in self.categorical
            ),
        ).collect()
        row = found.row(0, named=True)
        missing = {name: int(row[f"missing {name}"]) for name in self.sources}
        infinite = {t.name: int(row[f"infinite {t.name}"]) for t in self.numeric}
        unseen = {
            c.name: {str(v[c.name]): int(v["count"]) for v in row[f"unseen {c.name}"] or []} for c in self.categorical
        }
        return Audit(
            int(row["rows"]),
            {name: n for name, n in missing.items() if n},
            {name: levels for name, levels in unseen.items() if levels},
            {name: n for name, n in infinite.items() if n},
        )

    def refuse(self, audit: "Audit") -> "Audit":
        """The audit itself. Raises DataError if a term has no rule for what it counts."""
        for t in self.numeric:
            if t.name in audit.infinite:
                raise DataError(
                    f"column '{t.name}' is infinite in {audit.infinite[t.name]:,} of {audit.rows:,} rows; "
                    "make these values missing or finite."
                )
            if t.name in audit.missing and t.fill is None:
                raise DataError(
                    f"column '{t.name}' is missing in {audit.missing[t.name]:,} of {audit.rows:,} rows; "
                    "set features.impute.numeric, or drop these rows."
                )
        for c in self.categorical:
            if c.name in audit.missing and not c.missing_as_level:
                raise DataError(
                    f"column '{c.name}' is missing in {audit.missing[c.name]:,} of {audit.rows:,} rows; "
                    "set features.impute.categorical to {strategy: level}, or drop these rows."
                )
            if c.name in audit.unseen and c.other is None:
                listed = ", ".join(f"{level} ({n:,} rows)" for level, n in list(audit.unseen[c.name].items())[:5])
                raise DataError(
                    f"column '{c.name}' has levels that were not in the training rows: {listed}; "
                    "set features.handle_unknown to reference or pooled, or retrain."
                )
        return audit

    def to_content(self) -> dict[str, Any]:
        """JSON-ready content; `from_content` is its inverse."""
        return asdict(self)

    @staticmethod
    def from_content(content: Mapping[str, Any]) -> "Design":
        """The design of that content."""
        return Design(
            tuple(Numeric(**t) for t in content["numeric"]),
            tuple(Indicator(tuple(t["sources"])) for t in content["indicators"]),
            tuple(
                Categorical(**{**t, **{key: tuple(t[key]) for key in ("known", "codes", "columns")}})
                for t in content["categorical"]
            ),
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """What some rows hold that the design had to stand in for: missing values and unseen levels by column; and infinities.

    Audits of rows one after another add up.
    """

    rows: int
    missing: dict[str, int]
    unseen: dict[str, dict[str, int]]
    infinite: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: "Audit") -> "Audit":
        names = self.unseen | other.unseen
        unseen = {name: _added(self.unseen.get(name, {}), other.unseen.get(name, {})) for name in names}
        return Audit(
            self.rows + other.rows,
            _added(self.missing, other.missing),
            {name: dict(sorted(levels.items(), key=lambda pair: -pair[1])) for name, levels in unseen.items()},
            _added(self.infinite, other.infinite),
        )


def _added(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return {key: left.get(key, 0) + right.get(key, 0) for key in left | right}


def is_missing(name: str) -> pl.Expr:
    """Null, or not a number."""
    return pl.col(name).is_null() | pl.col(name).cast(pl.Float64).is_nan().fill_null(False)
