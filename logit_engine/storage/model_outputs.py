"""Outputs of a model for rows: linear predictors, probabilities and the predicted class.

They are made in steps, and a step reads columns of the one before it. As one expression each, the
outputs of k classes would hold x'theta some k^4 times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from logit_engine.likelihoods import Bernoulli, Likelihood
from logit_engine.links import LOGIT
from logit_engine.rows.frame_columns import by_name
from logit_engine.rows.labels import Label, label_column, label_text

# Names of columns between two steps begin with NUL, as no column of data does.
LARGEST, TOTAL = "\0largest", "\0total"


@dataclass(frozen=True, slots=True)
class RowOutputs:
    """What a model says of rows: its likelihood, classes by code, and threshold of two classes."""

    likelihood: Likelihood
    classes: tuple[Label, ...]
    threshold: float

    def select(
        self,
        rows: pl.LazyFrame,
        kept: Sequence[pl.Expr],
        predictors: Sequence[pl.Expr],
        wanted: Sequence[str],
    ) -> pl.LazyFrame:
        """The kept columns, then the wanted outputs, lazily.

        kept: each named by an alias. predictors: x'theta, one for two classes, else one per class
        without the base.
        """
        names = [f"\0{i}" for i, _ in enumerate(predictors)]
        named = [eta.alias(name) for eta, name in zip(predictors, names, strict=True)]
        etas = [by_name(name) for name in names]
        staged = rows.select(*kept, *named)
        if self._is_several:
            whole = (pl.lit(0.0), *etas)
            sizes = [(eta - by_name(LARGEST)).exp() for eta in whole]
            largest = pl.when(etas[0].is_not_null()).then(pl.max_horizontal(whole))
            staged = staged.with_columns(largest.alias(LARGEST))
            staged = staged.with_columns(pl.sum_horizontal(sizes).alias(TOTAL))
        outputs = [column for name in wanted for column in self._outputs(name, etas)]
        return staged.select(*(by_name(one.meta.output_name()) for one in kept), *outputs)

    @property
    def _is_several(self) -> bool:
        return not isinstance(self.likelihood, Bernoulli)

    def _outputs(self, name: str, etas: Sequence[pl.Expr]) -> list[pl.Expr]:
        """The columns of an output: of more than two classes one for each, as probability[a]."""
        if name == "predicted_class":
            return [self._predicted_class(etas).alias(name)]
        columns = etas if name == "linear_predictor" else self._probabilities(etas)
        if not self._is_several:
            return [columns[0].alias(name)]
        classes = self.classes[len(self.classes) - len(columns) :]
        return [
            column.alias(f"{name}[{label_text(label)}]")
            for column, label in zip(columns, classes, strict=True)
        ]

    def _probabilities(self, etas: Sequence[pl.Expr]) -> list[pl.Expr]:
        """P(positive) of two classes; else one per class, the base first, which sum to one."""
        if not isinstance(self.likelihood, Bernoulli):
            whole = (pl.lit(0.0), *etas)
            return [(eta - by_name(LARGEST)).exp() / by_name(TOTAL) for eta in whole]
        if self.likelihood.link is LOGIT:
            return [1.0 / (1.0 + (-etas[0]).exp())]
        cdf = self.likelihood.link.cdf
        probability = etas[0].map_batches(
            lambda eta: pl.Series(cdf(eta.to_numpy())),
            return_dtype=pl.Float64,
            is_elementwise=True,
        )
        # NumPy has no null.
        return [pl.when(etas[0].is_not_null()).then(probability)]

    def _predicted_class(self, etas: Sequence[pl.Expr]) -> pl.Expr:
        """The predicted class of each row, of the target's type: integers are Int64.

        Of two classes the positive one from the threshold on; of several the most probable, the
        first of equals.
        """
        if not self._is_several:
            is_positive = self._probabilities(etas)[0] >= self.threshold
            return _label_where(is_positive, self.classes[1], label_column(self.classes[0]))
        found = label_column(self.classes[-1])
        earlier = zip(self.classes[:-1], (pl.lit(0.0), *etas), strict=False)
        for label, eta in reversed(list(earlier)):
            found = _label_where(eta >= by_name(LARGEST), label, found)
        return found


def _label_where(where: pl.Expr, label: Label, otherwise: pl.Expr) -> pl.Expr:
    """The label where the condition holds; null where it cannot be told."""
    found = pl.when(where.is_null()).then(None).when(where).then(label_column(label))
    return found.otherwise(otherwise)
