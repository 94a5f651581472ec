"""An indicator of missing values: columns that were missing in the same training rows share one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from logit_engine.design.survey import missing_values
from logit_engine.design.terms.base import Inputs, NumberColumns, Term, Training
from logit_engine.design.terms.naming import listed_text, missing_text


@dataclass(frozen=True, slots=True)
class Indicator(Term):
    """1 where any of the sources is missing, else 0; in training they were missing together."""

    sources: tuple[str, ...]

    @classmethod
    def learn(cls, training: Training) -> Sequence[Self]:
        """One indicator for each pattern of missing rows that is frequent enough."""
        spec, indicators = training.spec, []
        for names in training.survey.missing_together if spec.add_indicator else ():
            rows = training.survey.numbers[names[0]].missing
            if rows == training.survey.rows:
                continue  # it would be constant, as these columns are
            if rows < spec.min_frequency:
                training.notes.append(
                    f"{listed_text(names)}: missing in {rows:,} rows, too few for an indicator of "
                    "their own."
                )
            else:
                indicators.append(cls(names))
        return indicators

    @property
    def column_names(self) -> tuple[str, ...]:
        """missing[a, b]."""
        return (missing_text(self.sources),)

    @property
    def inputs(self) -> Inputs:
        """The sources, read as numbers."""
        return Inputs(numbers=self.sources)

    @property
    def replaces_missing(self) -> bool:
        """A missing value is what it indicates."""
        return True

    def encoding(self, schema: pl.Schema) -> NumberColumns:
        """1.0 or 0.0."""
        return NumberColumns((self._value(),))

    def contribution(self, estimates: Sequence[float]) -> pl.Expr:
        """The estimate where a source is missing, else 0."""
        return self._value() * estimates[0]

    def _value(self) -> pl.Expr:
        return pl.any_horizontal([missing_values(name) for name in self.sources]).cast(pl.Float64)
