"""A sample newcomer among the terms of a design: one slope below the mean, another above.

To join the design a kind of term takes this file and one line in
`logit_engine/design/terms/registry.py`: "hinge": Hinge. The laws in `tests/laws/test_terms.py` then
run over it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from logit_engine.design.spec import Spec
from logit_engine.design.terms.base import Inputs, NumberColumns, Term, Training


@dataclass(frozen=True, slots=True)
class Hinge(Term):
    """min(x - knot, 0) and max(x - knot, 0), the knot at the mean of the training rows."""

    name: str
    knot: float

    @classmethod
    def inputs_of(cls, spec: Spec) -> Inputs:
        return Inputs(numbers=tuple(request.columns[0] for request in spec.requests_of("hinge")))

    @classmethod
    def learn(cls, training: Training) -> Sequence[Self]:
        names = cls.inputs_of(training.spec).numbers
        return [cls(name, training.survey.numbers[name].mean) for name in names]

    @property
    def column_names(self) -> tuple[str, ...]:
        return (f"hinge({self.name})[below]", f"hinge({self.name})[above]")

    @property
    def inputs(self) -> Inputs:
        return Inputs(numbers=(self.name,))

    def encoding(self, schema: pl.Schema) -> NumberColumns:
        return NumberColumns(self._values())

    def contribution(self, estimates: Sequence[float]) -> pl.Expr:
        below, above = self._values()
        return below * estimates[0] + above * estimates[1]

    def _values(self) -> tuple[pl.Expr, pl.Expr]:
        from_knot = pl.col(self.name).cast(pl.Float64).fill_nan(None) - self.knot
        return from_knot.clip(upper_bound=0.0), from_knot.clip(lower_bound=0.0)
